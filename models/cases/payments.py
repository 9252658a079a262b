"""Payments out of the ring-fenced account: intended once, sent once, and decided by the bank's final answer."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, func, select, text, update
from sqlmodel import Field, Session, SQLModel

from models.base import fen, insert_new, moment, table, words
from rulebook.errors import XuqiaoError


class PaymentState(StrEnum):
    """From the intent on a payment counts as sent; its fate is open until the bank's final answer."""

    SENT = "sent"
    PAID = "paid"
    REJECTED = "rejected"


class Payment(SQLModel, table=True):
    """One payment order; at a counter it is also the cashier's slip."""

    __table_args__ = (
        CheckConstraint("confirmed_by <> sent_by", name="sender_does_not_confirm"),
        ForeignKeyConstraint(
            ["case_no", "attempt"], ["approval.case_no", "approval.attempt"], name="payment_of_an_approval"
        ),
        Index("one_payment_at_a_time", "case_no", unique=True, postgresql_where=text("state <> 'rejected'")),
    )

    key: str = words(primary_key=True)
    case_no: str = words(foreign_key="application.case_no", index=True)
    fund: str = words()
    number: int
    attempt: int
    amount_fen: int = fen()
    order_digest: str = words()
    state: str = words(default=PaymentState.SENT.value)
    intended_at: datetime = moment()
    reference: str | None = words(nullable=True, default=None)
    reason: str | None = words(nullable=True, default=None)
    decided_at: datetime | None = moment(nullable=True, default=None)
    decided_on: date | None = None
    receipt_serial: str | None = words(nullable=True, default=None)
    sent_by: str | None = words(nullable=True, default=None)
    sent_on: date | None = None
    statement_reference: str | None = words(nullable=True, default=None)
    confirmed_by: str | None = words(nullable=True, default=None)
    returned: bool = Field(default=False)


def intend(
    session: Session, key: str, *, case_no: str, fund: str, number: int, attempt: int, amount_fen: int, digest: str
) -> tuple[Payment, bool]:
    """Write the intent to pay before anything is sent.

    Returns:
        the payment, and whether this call is the first: only then may it be sent.
    Raises:
        XuqiaoError: ``payment.other_order`` when the key stands for another order, ``payment.another_open`` when an
            earlier payment of the case was not rejected.
    """
    row = {
        "key": key,
        "case_no": case_no,
        "fund": fund,
        "number": number,
        "attempt": attempt,
        "amount_fen": amount_fen,
        "order_digest": digest,
        "intended_at": func.now(),
        "state": PaymentState.SENT.value,
        "returned": False,
    }
    first = insert_new(session, Payment, row)
    payment = session.get(Payment, key)
    if payment is None:
        raise XuqiaoError("payment.another_open", key=key, case=case_no)
    if payment.order_digest != digest:
        raise XuqiaoError("payment.other_order", key=key)
    return payment, first


def decide_payment(
    session: Session, key: str, state: PaymentState, reference: str | None, reason: str | None, on: date
) -> None:
    """Write the bank's final answer and its accounting date; the first one stands."""
    payment = table(Payment)
    session.connection().execute(
        update(payment)
        .where(payment.c.key == key, payment.c.decided_at.is_(None))
        .values(state=state.value, reference=reference, reason=reason, decided_at=func.now(), decided_on=on)
    )


def mark(session: Session, key: str, **marks: object) -> None:
    """What people at the counter noted on the slip."""
    payment = table(Payment)
    session.connection().execute(update(payment).where(payment.c.key == key).values(**marks))


def payments_of(session: Session, case_no: str) -> list[Payment]:
    """All payments of a case, in order."""
    column = table(Payment).c
    return list(session.scalars(select(Payment).where(column.case_no == case_no).order_by(column.number)))
