"""The bank's statement (对账单) of a ring-fenced account: what its lines are called, how untagged money divides.

What came in is positive, what went out negative, all in fen. Pure. How lines and books fit stands in
``rulebook/books/reconciling.py``.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from pydantic import Field

from rulebook.errors import XuqiaoError
from rulebook.messages import ReceiptPurpose, digest_of
from rulebook.money import MOST_FEN, format_yuan
from rulebook.values import Value

INTEREST = ("结息", "利息")
RETURNED = ("退汇", "退回", "退票", "冲正")
"""How a bank says in the summary that a payment came back."""


class StatementLine(Value):
    """One line as the bank wrote it.

    Attributes:
        on: the bank's day of booking.
        amount_fen: in fen; above zero came in, below zero went out.
        balance_fen: of the account after this line, where the statement has it.
        reference: the bank's number of the line (流水号); empty where it has none.
        payer_name, payer_account: the other side (对方户名, 对方账号); the account as digits.
        summary: 摘要, with 用途 and 附言 where there are such columns.
    """

    on: date
    amount_fen: int = Field(ge=-MOST_FEN, le=MOST_FEN)
    balance_fen: int | None = None
    reference: str = ""
    payer_name: str = ""
    payer_account: str = ""
    summary: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the whole line as the bank wrote it."""
        return digest_of(self.model_dump(mode="json", exclude={"name"}))

    @property
    def is_bank_interest(self) -> bool:
        """Interest on the account itself: nobody's money but the fund's, and booked as such by an officer."""
        return self.amount_fen > 0 and not self.payer_account and any(word in self.summary for word in INTEREST)

    @property
    def is_return(self) -> bool:
        """A payment that the bank sent back (退汇)."""
        return self.amount_fen > 0 and any(word in self.summary for word in RETURNED)


class KnownLine(StatementLine):
    """A line on record; ``name`` is its reference in the books, and unique in its fund."""

    name: str


def names_of(lines: Sequence[StatementLine]) -> list[str]:
    """What each line of one file is called: the bank's reference, or else a digest of the whole line.

    Two equal lines without a reference are two lines: the second of one file has a name of its own, so that the same
    file read again gives the same names.
    """
    seen: Counter[str] = Counter()
    names = []
    for line in lines:
        name = line.reference or f"DZ-{line.digest[:20]}"
        if not line.reference:
            seen[name] += 1
            name += f"-{seen[name]}" if seen[name] > 1 else ""
        names.append(name)
    return names


# The running balance -------------------------------------------------------------------------------------------


class Break(Value):
    """A line whose balance is not that of the line before and its own amount; ``place`` counts from 0."""

    place: int
    expected_fen: int
    stated_fen: int


def balance_breaks(lines: Sequence[StatementLine]) -> list[Break]:
    """Where the running balance does not run; lines without one are passed over.

    >>> day = date(2026, 3, 2)
    >>> lines = [StatementLine(on=day, amount_fen=a, balance_fen=b) for a, b in ((100, 100), (-30, 70), (5, 80))]
    >>> balance_breaks(lines)
    [Break(place=2, expected_fen=75, stated_fen=80)]
    """
    found = []
    running: int | None = None
    for place, line in enumerate(lines):
        expected = None if running is None else running + line.amount_fen
        if line.balance_fen is not None and expected is not None and expected != line.balance_fen:
            found.append(Break(place=place, expected_fen=expected, stated_fen=line.balance_fen))
        running = expected if line.balance_fen is None else line.balance_fen
    return found


def is_newest_first(lines: Sequence[StatementLine]) -> bool:
    """Whether a statement begins with its last line, as many banks' exports do."""
    if not lines or lines[0].on != lines[-1].on:
        return bool(lines) and lines[0].on > lines[-1].on
    breaks = balance_breaks(lines)
    return len(balance_breaks(lines[::-1])) < len(breaks)


def are_sides_swapped(lines: Sequence[StatementLine]) -> bool:
    """Whether what is called 借 came in and 贷 went out, as in the account holder's own books, not the bank's.

    Args:
        lines: in order of time.
    Returns:
        True when no step of the running balance fits, and every one would with the sides exchanged.
    """
    steps = sum(1 for line in lines[1:] if line.balance_fen is not None)
    turned = [line.model_copy(update={"amount_fen": -line.amount_fen}) for line in lines]
    return steps > 0 and len(balance_breaks(lines)) == steps and not balance_breaks(turned)


# Money that names no purpose -----------------------------------------------------------------------------------


def divide_untagged(
    amount_fen: int, order: Sequence[ReceiptPurpose] | None, *, outstanding_fen: int, fee_owed_fen: int
) -> dict[ReceiptPurpose, int]:
    """Divide money that names no purpose in the measure's order; each but the last purpose takes what is owed to it.

    Args:
        amount_fen: what came in, in fen.
        order: what the measure says such money pays first; None where it is silent.
        outstanding_fen, fee_owed_fen: principal and usage fee still to come, in fen.
    Returns:
        fen by purpose; they add up to the amount.
    Raises:
        XuqiaoError: ``statement.order_silent`` where the measure does not say enough: a person must.

    >>> both = (ReceiptPurpose.PRINCIPAL, ReceiptPurpose.FEE)
    >>> [fen for fen in divide_untagged(120, both, outstanding_fen=100, fee_owed_fen=15).values()]
    [100, 20]
    """
    owed = {ReceiptPurpose.PRINCIPAL: outstanding_fen, ReceiptPurpose.FEE: max(0, fee_owed_fen)}
    divided = dict.fromkeys(owed, 0)
    left = amount_fen
    for purpose in order or ():
        divided[purpose] = min(left, owed[purpose])
        left -= divided[purpose]
    if left and set(order or ()) == set(owed):
        divided[(order or ())[-1]] += left
        left = 0
    if left:
        raise XuqiaoError("statement.order_silent", amount=format_yuan(amount_fen, grouped=True))
    return divided
