"""Which way the money of each line went: by sides, by signs, by marks, or as the balances prove it; never by guess."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from activities.books.statement.cells import Amount
from rulebook.books.running_balance import balance_breaks, directions_by_balance, is_proven
from rulebook.books.statements import StatementLine
from rulebook.errors import XuqiaoError

Side = tuple[str, str]
"""Name and account."""


class Written(NamedTuple):
    """A line as it is written: the amount before it is known which way it went.

    Attributes:
        row: of the file, from 1.
        mark: 1 for in, -1 for out, where the bank has a column for it.
        hint: what a column that nobody knows as a mark says like one.
        other: the other side, where the bank writes only that one.
        payer, payee: where it writes both.
    """

    row: int
    on: date
    amount: Amount
    mark: int | None
    hint: int | None
    balance_fen: int | None
    reference: str
    other: Side
    payer: Side
    payee: Side
    summary: str

    def other_side(self, amount_fen: int) -> Side:
        """Name and account of whom the money came from or went to."""
        of_two = self.payer if amount_fen > 0 else self.payee
        return self.other[0] or of_two[0], self.other[1] or of_two[1]

    def own_side(self, amount_fen: int) -> str:
        """The fund's own account, where payer and payee are both written."""
        return (self.payee if amount_fen > 0 else self.payer)[1]


Directed = list[tuple[Written, StatementLine]]


def directed(written: Sequence[Written], opening_fen: int | None) -> tuple[Directed, list[tuple[int, XuqiaoError]]]:
    """The lines with their signs, and by row those whose direction nothing says.

    Args:
        written: in the order of the file.
        opening_fen: the balance before the first in time, where the statement says it.
    Raises:
        XuqiaoError: ``statement.sign_unknown`` for amounts without sign and mark that no balances prove;
            ``statement.sign_twice`` for a minus beside the mark 'out' that could mean either.
    """
    if not any(each.amount.signed for each in written) and not all(each.mark for each in written):
        return _by_balance(written, opening_fen)
    if not any(each.mark for each in written):
        signed = [(each, _line(each, each.amount.fen)) for each in written]
        against = next((each for each in written if each.hint and each.hint * each.amount.fen < 0), None)
        if against and not _runs(signed, opening_fen):
            raise XuqiaoError("statement.sign_unknown", row=against.row)
        return signed, []
    taken_back = [(each, _line(each, each.amount.fen * (each.mark or 1))) for each in written]
    if not any(_says_out_twice(each) for each in written):
        return taken_back, []
    repeated = [
        (each, _line(each, -abs(each.amount.fen) if _says_out_twice(each) else each.amount.fen * (each.mark or 1)))
        for each in written
    ]
    return _of_two(written, taken_back, repeated, opening_fen), []


def _says_out_twice(written: Written) -> bool:
    """A minus in the column of what went out, or beside such a mark."""
    return written.amount.fen < 0 and written.mark == -1


def _of_two(written: Sequence[Written], taken_back: Directed, repeated: Directed, opening_fen: int | None) -> Directed:
    """Whether a minus takes a line back (红字), or says again that money went out: balances tell, or else the others.

    Where nothing is proven a few among many are taken back; that is what the colour is for.
    """
    runs = [each for each in (taken_back, repeated) if _runs(each, opening_fen)]
    if len(runs) == 1:
        return runs[0]
    outs = [each for each in written if each.mark == -1]
    minuses = [each for each in outs if each.amount.fen < 0]
    if 2 * len(minuses) >= len(outs):
        raise XuqiaoError("statement.sign_twice", row=minuses[0].row)
    return taken_back


def _by_balance(written: Sequence[Written], opening_fen: int | None) -> tuple[Directed, list[tuple[int, XuqiaoError]]]:
    amounts, balances = [each.amount.fen for each in written], [each.balance_fen for each in written]
    newest_first = None if not written or written[0].on == written[-1].on else written[0].on > written[-1].on
    signs = directions_by_balance(amounts, balances, opening_fen, newest_first=newest_first) if written else []
    if signs is None or (signs and not any(signs)):
        raise XuqiaoError("statement.sign_unknown", row=written[0].row)
    known = [(each, _line(each, each.amount.fen * sign)) for each, sign in zip(written, signs, strict=True) if sign]
    unknown = [each.row for each, sign in zip(written, signs, strict=True) if not sign]
    return known, [(row, XuqiaoError("statement.sign_unproven")) for row in unknown]


def _runs(lines: Directed, opening_fen: int | None) -> bool:
    in_file = [line for _, line in lines]
    if opening_fen is not None and all(line.balance_fen is not None for line in in_file):
        return not (balance_breaks(in_file, opening_fen) and balance_breaks(in_file[::-1], opening_fen))
    return is_proven(in_file)


def _line(written: Written, amount_fen: int) -> StatementLine:
    return StatementLine(
        on=written.on,
        amount_fen=amount_fen,
        balance_fen=written.balance_fen,
        reference=written.reference,
        summary=written.summary,
    )
