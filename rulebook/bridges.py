"""A bridge that is out: what has come back, what is owed, and how money that comes in is divided."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from rulebook.law.fees import Outstanding, Tariff, course_of, days_out, usage_fee
from rulebook.messages import Receipt, ReceiptPurpose
from rulebook.money import Fen, format_yuan
from rulebook.values import Value

_TURN = {ReceiptPurpose.PRINCIPAL: 0, ReceiptPurpose.GUARANTOR: 1, ReceiptPurpose.FEE: 2}
"""Principal first: the fee of a day is known once all principal that came back on it is."""


def mixed_references(receipt: Receipt) -> tuple[str, ...]:
    """Lines of the statement that are said to be the guarantor's and the borrower's at once: each has one payer."""
    of_guarantor, of_borrower = (
        {line.reference for line in receipt.lines if (line.purpose is ReceiptPurpose.GUARANTOR) is guarantors}
        for guarantors in (True, False)
    )
    return tuple(sorted(of_guarantor & of_borrower))


def fee_told_otherwise(told_fen: int, due_fen: int, received_fen: int) -> dict[str, str]:
    """What an event says where the fee is another than everybody was told until then; empty where it is not.

    Args:
        told_fen, due_fen: the fee as it was told, and as it is.
        received_fen: what of it has come in: beyond what is due it is owed back.

    >>> fee_told_otherwise(150_000, 30_000, 100_000)
    {'fee_told': '1500.00', 'fee_due': '300.00', 'fee_overpaid': '700.00'}
    """
    if told_fen == due_fen:
        return {}
    said = {"fee_told": format_yuan(told_fen), "fee_due": format_yuan(due_fen)}
    if received_fen > due_fen:
        said["fee_overpaid"] = format_yuan(received_fen - due_fen)
    return said


class Return(Value):
    """Principal that came back on one day."""

    on: date
    principal_fen: int


class Division(Value):
    """One receipt, divided: principal, fee, and what is more than was owed."""

    principal_fen: int
    fee_fen: int
    excess_fen: int

    def plus(self, other: "Division") -> "Division":
        """Both together."""
        return Division(
            principal_fen=self.principal_fen + other.principal_fen,
            fee_fen=self.fee_fen + other.fee_fen,
            excess_fen=self.excess_fen + other.excess_fen,
        )


class Part(Value):
    """What came in under one reference of the statement, divided; ``guarantor``: the fund's own guarantor paid it."""

    reference: str
    division: Division
    guarantor: bool = False


class Bridge(Value):
    """The fund's money with one borrower.

    Attributes:
        amount_fen: principal paid out.
        paid_on: accounting date of the payment.
        due_on: last day under the pack, extension included.
        term_ends: last day of the term, where the bridge was extended beyond it.
        returns: principal that came back, in order of time.
        fee_received_fen: usage fee received so far.
    """

    amount_fen: int
    paid_on: date
    due_on: date
    term_ends: date | None = None
    returns: tuple[Return, ...] = ()
    fee_received_fen: int = 0

    @property
    def outstanding_fen(self) -> Fen:
        """Principal still out."""
        return Fen(self.amount_fen - sum(part.principal_fen for part in self.returns))

    def segments(self, on: date, tariff: Tariff) -> Iterator[Outstanding]:
        """Principal and the days it was out, up to a day, or up to the day the last of it came back."""
        principal, counted = self.amount_fen, 0
        for part in self.returns:
            days = days_out(self.paid_on, part.on, tariff.day_count, tariff.calendar)
            yield Outstanding(principal_fen=principal, days=days - counted)
            principal, counted = principal - part.principal_fen, days
        if principal and on >= self.paid_on:
            yield Outstanding(
                principal_fen=principal,
                days=max(0, days_out(self.paid_on, on, tariff.day_count, tariff.calendar) - counted),
            )

    def days(self, on: date, tariff: Tariff) -> int:
        """Fee days of the bridge so far."""
        return sum(segment.days for segment in self.segments(on, tariff))

    def fee_fen(self, on: date, tariff: Tariff) -> Fen:
        """Usage fee for the time up to a day, whether received or not."""
        last = max((self.paid_on, *(part.on for part in self.returns)))
        through = max(on, last) if self.outstanding_fen else last
        course = course_of(self.paid_on, through, tariff, due_on=self.due_on, term_ends=self.term_ends)
        return usage_fee(tuple(self.segments(on, tariff)), tariff.terms, course)

    def fee_owed_fen(self, on: date, tariff: Tariff) -> Fen:
        """Usage fee for the time up to a day that is still to come, in fen."""
        return Fen(max(0, self.fee_fen(on, tariff) - self.fee_received_fen))

    def owed_fen(self, on: date, tariff: Tariff) -> Fen:
        """Principal and fee still to come, in fen."""
        return Fen(self.outstanding_fen + self.fee_owed_fen(on, tariff))

    def divide(self, receipt: Receipt, tariff: Tariff) -> Division:
        """Divide a receipt by its tags: the entrusted return is principal, the fee comes from own funds.

        Neither purpose fills the other; what exceeds its own purpose is owed back to the payer. The guarantor's money
        pays what is left of the principal, then the fee.
        """
        came = dict.fromkeys(ReceiptPurpose, 0)
        for line in receipt.lines:
            came[line.purpose] += line.amount_fen
        entrusted = min(came[ReceiptPurpose.PRINCIPAL], self.outstanding_fen)
        guaranteed = min(came[ReceiptPurpose.GUARANTOR], self.outstanding_fen - entrusted)
        principal = entrusted + guaranteed
        returns = self._returns_with(receipt.received_on, principal)
        with_principal = self.model_copy(update={"returns": returns})
        fee_open = max(0, with_principal.fee_fen(receipt.received_on, tariff) - self.fee_received_fen)
        fee = min(came[ReceiptPurpose.FEE] + came[ReceiptPurpose.GUARANTOR] - guaranteed, fee_open)
        return Division(principal_fen=principal, fee_fen=fee, excess_fen=sum(came.values()) - principal - fee)

    def divide_by_reference(self, receipt: Receipt, tariff: Tariff) -> tuple[Part, ...]:
        """The same, one line of the statement at a time, as the books keep them; the parts add up to the whole.

        What is one line of the statement has one payer: see ``mixed_references``. The fee is reckoned once, with all
        principal of the receipt back: only then is anything left for it.
        """
        divided: dict[str, Division] = {}
        guaranteed = {line.reference for line in receipt.lines if line.purpose is ReceiptPurpose.GUARANTOR}
        whole = self.divide(receipt, tariff)
        principal_left, fee_left = whole.principal_fen, whole.fee_fen
        for line in sorted(receipt.lines, key=lambda line: _TURN[line.purpose]):
            principal = 0 if line.purpose is ReceiptPurpose.FEE else min(line.amount_fen, principal_left)
            rest = line.amount_fen - principal
            fee = 0 if line.purpose is ReceiptPurpose.PRINCIPAL else min(rest, fee_left)
            principal_left, fee_left = principal_left - principal, fee_left - fee
            division = Division(principal_fen=principal, fee_fen=fee, excess_fen=rest - fee)
            divided[line.reference] = divided[line.reference].plus(division) if line.reference in divided else division
        return tuple(
            Part(reference=reference, division=division, guarantor=reference in guaranteed)
            for reference, division in divided.items()
        )

    def after(self, division: Division, on: date) -> "Bridge":
        """The bridge once a divided receipt is booked."""
        return self.model_copy(
            update={
                "returns": self._returns_with(on, division.principal_fen),
                "fee_received_fen": self.fee_received_fen + division.fee_fen,
            }
        )

    def _returns_with(self, on: date, principal_fen: int) -> tuple[Return, ...]:
        """One more return in its place in time: the bank may tell of an earlier one later."""
        if not principal_fen:
            return self.returns
        return tuple(sorted((*self.returns, Return(on=on, principal_fen=principal_fen)), key=lambda part: part.on))


class ExpectedUse(NamedTuple):
    """What an approved bridge comes to that is paid on its last day for it, and out to the end of its term.

    Attributes:
        pay_by: the last day on which it may be paid.
        days: fee days; ``fee_fen`` the usage fee for them, in fen.
    """

    pay_by: date
    days: int
    fee_fen: Fen


def expected_use(bridge: Bridge, tariff: Tariff) -> ExpectedUse:
    """Reckon it, for the story and for every paper alike.

    Args:
        bridge: paid on the last day for it, nothing of it back.
    """
    return ExpectedUse(bridge.paid_on, bridge.days(bridge.due_on, tariff), bridge.fee_fen(bridge.due_on, tariff))


class SettledUse(NamedTuple):
    """What a bridge came to that is home: amount and fee in fen, and its fee days."""

    amount_fen: int
    paid_on: date | None
    returned_on: date | None
    days: int
    fee_fen: int
