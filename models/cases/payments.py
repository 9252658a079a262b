"""Payments out of the ring-fenced account: intended once, sent once, and decided by the bank's final answer."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, func, select, text, update
from sqlmodel import Field, Session, SQLModel

from models.base import fen, insert_new, moment, table, words
from models.cases.acts import SETTLED
from rulebook.books.payments import NEVER_LEFT, NotPaid, Rival
from rulebook.errors import XuqiaoError


class PaymentState(StrEnum):
    """From the intent on a payment counts as sent; its fate is open until the bank's final answer."""

    SENT = "sent"
    PAID = "paid"
    REJECTED = "rejected"


class Payment(SQLModel, table=True):
    """One payment order; at a counter (``by_hand``) it is also the cashier's slip.

    ``final_at`` is when the bank's time is over, as it was reckoned at the release: until then an order that nobody
    finds may still be paid. A calendar that changes moves it, and not this row.
    """

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
    by_hand: bool = Field(default=False)
    final_at: datetime | None = moment(nullable=True, default=None)
    released_by: str | None = words(nullable=True, default=None)
    not_sent_by: str | None = words(nullable=True, default=None)
    not_sent_reason: str | None = words(nullable=True, default=None)


class PaymentDenial(SQLModel, table=True):
    """One person's word that a payment was not made or came back, and the line of the statement named for it."""

    __tablename__ = "payment_denial"

    key: str = words(primary_key=True, foreign_key="payment.key")
    cause: str = words(primary_key=True)
    person: str = words()
    at: datetime = moment()
    statement_reference: str = words()


# Whatever stage its case has come to: money has arrived where it settled the old loan, and nowhere else for certain.
_RIVALS = text(f"""
    SELECT (o.intended_at AT TIME ZONE 'Asia/Shanghai')::date AS ordered_on,
           CASE WHEN o.reason = 'returned' THEN o.reference END AS returned_by
    FROM payment AS p JOIN application AS a USING (case_no)
    JOIN payment AS o ON o.fund = p.fund AND o.amount_fen = p.amount_fen AND o.key <> p.key
    JOIN application AS b ON b.case_no = o.case_no
    WHERE p.key = :key
      AND (o.state <> 'paid' OR NOT EXISTS (SELECT FROM bank_message AS m WHERE m.case_no = o.case_no AND {SETTLED}))
      AND (o.state <> 'rejected' OR coalesce(o.reason, '') <> ALL(:never_left))
      AND regexp_replace(a.account_number, '[^0-9]', '', 'g') = regexp_replace(b.account_number, '[^0-9]', '', 'g')
""")


def intend(
    session: Session,
    key: str,
    *,
    case_no: str,
    fund: str,
    number: int,
    attempt: int,
    amount_fen: int,
    digest: str,
    by_hand: bool = False,
    final_at: datetime | None = None,
    released_by: str | None = None,
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
        "by_hand": by_hand,
        "final_at": final_at,
        "released_by": released_by,
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
    returned = state is PaymentState.REJECTED and reason == NotPaid.RETURNED
    session.connection().execute(
        update(payment)
        .where(payment.c.key == key, payment.c.decided_at.is_(None))
        .values(
            state=state.value,
            reference=reference,
            reason=reason,
            returned=returned,
            decided_at=func.now(),
            decided_on=on,
        )
    )


def mark(session: Session, key: str, **marks: object) -> None:
    """What people at the counter noted on the slip."""
    payment = table(Payment)
    session.connection().execute(update(payment).where(payment.c.key == key).values(**marks))


def deny(session: Session, key: str, *, cause: str, person: str, at: datetime, statement_reference: str) -> None:
    """Put one person's word on record that a payment was not made or came back; once for each act."""
    row = {"key": key, "cause": cause, "person": person, "at": at, "statement_reference": statement_reference}
    insert_new(session, PaymentDenial, row)


def denials_of(session: Session, key: str) -> list[PaymentDenial]:
    """Who said that a payment was not made or came back, in order."""
    column = table(PaymentDenial).c
    return list(session.scalars(select(PaymentDenial).where(column.key == key).order_by(column.at, column.cause)))


def rivals_of(session: Session, payment: Payment) -> list[Rival]:
    """The fund's other payments of a payment's sum to its account that a line could have brought back as well.

    Those whose old loan is settled have arrived.
    """
    known = {"key": payment.key, "never_left": [reason.value for reason in NEVER_LEFT]}
    rows = session.connection().execute(_RIVALS, known)
    return [Rival(row.ordered_on, row.returned_by) for row in rows]


def payments_of(session: Session, case_no: str) -> list[Payment]:
    """All payments of a case, in order."""
    column = table(Payment).c
    return list(session.scalars(select(Payment).where(column.case_no == case_no).order_by(column.number)))
