"""The way of small funds: the cashier pays at the counter or by web bank, and another person matches the statement."""

from datetime import date
from typing import Protocol

from pydantic import Field

from gateways.bank import OpinionRequest, PaymentOrder
from rulebook.books.payments import PaymentReport, PaymentStatus
from rulebook.errors import XuqiaoError
from rulebook.values import Value


class Slip(Value):
    """One payment slip on the cashier's desk, and what people have noted on it.

    Attributes:
        receipt_serial, sent_by, sent_on: the cashier's note: serial number of the bank's receipt, who paid, and when.
        statement_reference, confirmed_by: another person's note: the payment's line on the statement, and who found it.
    """

    key: str
    amount_fen: int = Field(gt=0)
    receipt_serial: str | None = None
    sent_by: str | None = None
    sent_on: date | None = None
    statement_reference: str | None = None
    confirmed_by: str | None = None


class SlipBook(Protocol):
    """Where slips lie; kept by the case file."""

    def find(self, key: str) -> Slip | None:
        """The slip of a payment, or None when none was laid."""

    def lay(self, order: PaymentOrder) -> None:
        """Lay a slip for the cashier; once by key, even when two call at the same time."""


class CounterGateway:
    """Payments through people's hands: sending lays a slip, asking reads it.

    A slip says that a payment was made, never that it was not: that is weighed by ``rulebook.books.payments``.
    """

    by_hand = True

    def __init__(self, slips: SlipBook) -> None:
        self._slips = slips

    def ask_opinion(self, request: OpinionRequest) -> None:
        """Nothing to transmit: the letter goes by hand, and the case's own task asks for its answer."""

    def ready(self, order: PaymentOrder) -> None:
        """People are always there to be handed a slip."""

    def send(self, order: PaymentOrder) -> PaymentReport:
        """Lay the slip unless it lies there already; money moves only by the cashier's hand.

        Returns:
            pending, or what the slip already says.
        Raises:
            XuqiaoError: as ``ask``.
        """
        if self._slips.find(order.key) is None:
            self._slips.lay(order)
        return self.ask(order)

    def ask(self, order: PaymentOrder) -> PaymentReport:
        """Read the slip.

        Returns:
            paid with the statement's reference once one person has sent it and another has found it; pending before;
            not found without a slip.
        Raises:
            XuqiaoError: ``bank.key_conflict`` when the slip is for another amount, ``bank.same_person`` when
                sender and finder are one, ``bank.confirmed_before_sent`` when it was found but never sent.
        """
        slip = self._slips.find(order.key)
        if slip is None:
            return PaymentReport(status=PaymentStatus.NOT_FOUND)
        if slip.amount_fen != order.amount_fen:
            raise XuqiaoError("bank.key_conflict", key=order.key)
        if slip.confirmed_by is None or not slip.statement_reference:
            return PaymentReport(status=PaymentStatus.PENDING)
        _refuse_one_pair_of_eyes(slip)
        return PaymentReport(status=PaymentStatus.PAID, reference=slip.statement_reference, paid_on=slip.sent_on)


def _refuse_one_pair_of_eyes(slip: Slip) -> None:
    """Whoever paid must not be the one who finds the payment on the statement."""
    if slip.sent_by is None or not slip.receipt_serial:
        raise XuqiaoError("bank.confirmed_before_sent", key=slip.key)
    if slip.sent_by == slip.confirmed_by:
        raise XuqiaoError("bank.same_person", key=slip.key, person=slip.sent_by)
