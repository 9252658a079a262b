"""A bridge that is out: what has come back, what is owed, and how money that comes in is divided."""

from collections.abc import Iterator
from datetime import date

from rulebook.fees import FeeTerms, Outstanding, days_out, usage_fee
from rulebook.messages import Receipt, ReceiptPurpose
from rulebook.money import Fen
from rulebook.values import Value


class Return(Value):
    """Principal that came back on one day."""

    on: date
    principal_fen: int


class Division(Value):
    """One receipt, divided: principal, fee, and what is more than was owed."""

    principal_fen: int
    fee_fen: int
    excess_fen: int


class Bridge(Value):
    """The fund's money with one borrower.

    Attributes:
        amount_fen: principal paid out.
        paid_on: accounting date of the payment.
        due_on: last day of the term under the pack.
        returns: principal that came back, in order of time.
        fee_received_fen: usage fee received so far.
    """

    amount_fen: int
    paid_on: date
    due_on: date
    returns: tuple[Return, ...] = ()
    fee_received_fen: int = 0

    @property
    def outstanding_fen(self) -> Fen:
        """Principal still out."""
        return Fen(self.amount_fen - sum(part.principal_fen for part in self.returns))

    def segments(self, on: date, terms: FeeTerms) -> Iterator[Outstanding]:
        """Principal and the days it was out, up to a day, or up to the day the last of it came back."""
        principal, counted = self.amount_fen, 0
        for part in self.returns:
            days = days_out(self.paid_on, part.on, terms)
            yield Outstanding(principal_fen=principal, days=days - counted)
            principal, counted = principal - part.principal_fen, days
        if principal and on >= self.paid_on:
            yield Outstanding(principal_fen=principal, days=max(0, days_out(self.paid_on, on, terms) - counted))

    def days(self, on: date, terms: FeeTerms) -> int:
        """Fee days of the bridge so far."""
        return sum(segment.days for segment in self.segments(on, terms))

    def fee_fen(self, on: date, terms: FeeTerms) -> Fen:
        """Usage fee for the time up to a day, whether received or not."""
        return usage_fee(tuple(self.segments(on, terms)), terms)

    def owed_fen(self, on: date, terms: FeeTerms) -> Fen:
        """Principal and fee still to come, in fen."""
        return Fen(self.outstanding_fen + max(0, self.fee_fen(on, terms) - self.fee_received_fen))

    def divide(self, receipt: Receipt, terms: FeeTerms) -> Division:
        """Divide a receipt by its tags: the entrusted return is principal, the fee comes from own funds.

        Neither purpose fills the other; what exceeds its own purpose is owed back to the payer.
        """
        came = dict.fromkeys(ReceiptPurpose, 0)
        for line in receipt.lines:
            came[line.purpose] += line.amount_fen
        principal = min(came[ReceiptPurpose.PRINCIPAL], self.outstanding_fen)
        with_principal = self.model_copy(
            update={"returns": (*self.returns, Return(on=receipt.received_on, principal_fen=principal))}
        )
        fee_open = max(0, with_principal.fee_fen(receipt.received_on, terms) - self.fee_received_fen)
        fee = min(came[ReceiptPurpose.FEE], fee_open)
        return Division(principal_fen=principal, fee_fen=fee, excess_fen=sum(came.values()) - principal - fee)

    def after(self, division: Division, on: date) -> "Bridge":
        """The bridge once a divided receipt is booked."""
        returns = self.returns
        if division.principal_fen:
            returns = (*returns, Return(on=on, principal_fen=division.principal_fen))
        return self.model_copy(
            update={"returns": returns, "fee_received_fen": self.fee_received_fen + division.fee_fen}
        )
