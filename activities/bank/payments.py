"""The payment through a bank; what became of it is learnt by asking, never assumed."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session
from temporalio import activity

from activities.books.breaker import breaker_of
from activities.books.ledger import lock_pool
from activities.contracts import PayOut, PayOutResult, RecordPaymentMark
from activities.store import SYSTEM, Begin
from gateways.bank import BankGateway, BankUnreachable, PaymentOrder
from gateways.counter import Slip
from models.books import ledger, statements
from models.cases import approvals, payments
from models.cases.applications import Application, Loan
from models.cases.approvals import Approval
from models.cases.case_file import commit_step, event_kind, the_case
from models.cases.payments import Payment, PaymentState
from models.funds.funds import business_date, fund
from rulebook.applications import payee_digest
from rulebook.books import postings
from rulebook.books.breaker import Breaker
from rulebook.books.payments import (
    Denial,
    Evidence,
    NotPaid,
    PaymentReport,
    PaymentStatus,
    Rival,
    brought_back_by,
    digits_of,
    what_became_of,
    why_held_back,
)
from rulebook.books.reconciling import NEAR, Movement, booked_as
from rulebook.books.same_line import named_on
from rulebook.calendar import LAW_ZONE
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.messages import body_hash
from rulebook.steps import Step

Gateways = Mapping[str, BankGateway]
"""The ways to a bank, by the name a fund's record uses."""
_STILL_OPEN = (EventKind.PAYMENT_PENDING, EventKind.PAYMENT_TO_MAKE)
"""What a call leaves in the log that found a payment's fate open."""


class Payments:
    """Activities that pay through a bank, or note what the people did who pay at its counter.

    Args:
        begin: opens a session that commits at the end of its block.
        gateways: the ways to pay.
    """

    def __init__(self, begin: Begin, gateways: Gateways) -> None:
        self._begin = begin
        self._gateways = gateways

    @activity.defn
    def pay_out(self, request: PayOut) -> PayOutResult:
        """Intend, then send once; every later call only asks. Posted when, and only when, the bank says paid.

        The intent is committed before anything leaves. Who finds it there already cannot know whether it was sent, and
        so asks. What became of it is decided by ``rulebook.books.payments.what_became_of`` from all that is known.
        What may not leave any more, or not now, is rejected before it is sent: its money stays set aside, and it may
        be released again.
        """
        entered = time.monotonic()
        with self._begin() as session:
            gateway = gateway_of(session, self._gateways, request.step.fund)
            order = _payment_order(session, request)
            payment, first = _intend(session, request, order, by_hand=gateway.by_hand)
            paid_on = the_case(session, request.step.case_no).paid_on
            known_open = event_kind(session, request.step.case_no, request.step.cause) in _STILL_OPEN
            if first and (held_back := _why_held_back(session, request, entered)):
                # With its intent in one transaction: an intent that is left alone may be paid, at a counter by anybody.
                return _never_left(session, request, order, held_back, by_hand=payment.by_hand)
            if first:
                gateway.ready(order)  # else the intent is undone with this transaction, and the whole tried again
        if payment.decided_at is not None:
            paid = payment.state == PaymentState.PAID
            return PayOutResult(paid=paid, paid_on=paid_on if paid else None, by_hand=payment.by_hand)
        if known_open:  # this very call was answered before and only its reply was lost: the next one asks again
            return PayOutResult(paid=None, by_hand=payment.by_hand)
        too_late = request.leaves_by is not None and _leaving_at(request.step.at, entered) > request.leaves_by
        report = send_or_ask(gateway, order, first=first, too_late=too_late)
        with self._begin() as session:
            fate = what_became_of(_evidence(session, request, payment.key, order, report))
            return _book(session, request, order, fate).model_copy(update={"by_hand": payment.by_hand})

    @activity.defn
    def record_payment_mark(self, request: RecordPaymentMark) -> None:
        """What the cashier, or the person with the statement, noted of a payment."""
        step = request.step
        assert step.actor is not None, "a mark has its writer"
        key, person = postings.leg_key(step.fund, step.case_no, "disburse", request.payment), step.actor.id
        with self._begin() as session:
            if not commit_step(session, step):
                return
            if request.not_sent:
                payments.mark(session, key, not_sent_by=person, not_sent_reason=request.not_sent)
            elif request.receipt_serial:
                payments.mark(
                    session, key, receipt_serial=request.receipt_serial, sent_by=person, sent_on=_day_of(step)
                )
            elif request.returned:
                line = request.statement_reference
                payments.deny(session, key, cause=step.cause, person=person, at=step.at, statement_reference=line)
            else:
                payments.mark(session, key, statement_reference=request.statement_reference, confirmed_by=person)


def gateway_of(session: Session, gateways: Gateways, code: str) -> BankGateway:
    """The way to a fund's bank that the fund's record names.

    Raises:
        XuqiaoError: ``bank.no_gateway``.
    """
    name = fund(session, code).gateway
    if name not in gateways:
        raise XuqiaoError("bank.no_gateway", fund=code, gateway=name, known=", ".join(gateways))
    return gateways[name]


def send_or_ask(gateway: BankGateway, order: PaymentOrder, *, first: bool, too_late: bool) -> PaymentReport:
    """Send an order that cannot have left yet, or ask about it.

    Args:
        first: nobody can have sent it before; at a counter its slip lies with the cashier all the same.
        too_late: the cut-off passed between the intent and the sending: a bank's system is not told any more.
    Returns:
        pending where no answer came: it may have been paid.
    """
    if first and too_late and not gateway.by_hand:
        return PaymentReport(status=PaymentStatus.REJECTED, reason=NotPaid.CUT_OFF_PASSED)
    try:
        return gateway.send(order) if first else gateway.ask(order)
    except BankUnreachable:
        return PaymentReport(status=PaymentStatus.PENDING)


def _why_held_back(session: Session, request: PayOut, entered: float) -> NotPaid | None:
    step, breaker = request.step, breaker_of(session, request.step.fund)
    earlier = payments.payments_of(session, step.case_no)
    return why_held_back(
        _leaving_at(step.at, entered),
        request.leaves_by,
        [each.reason for each in earlier if each.number < request.payment],
        day_over=business_date(session, step.fund) > _day_of(step),
        breaker_open=breaker is not None and breaker.is_open,
    )


def _never_left(
    session: Session, request: PayOut, order: PaymentOrder, held_back: NotPaid, *, by_hand: bool
) -> PayOutResult:
    breaker = breaker_of(session, request.step.fund)
    if held_back is NotPaid.CIRCUIT_BREAKER and breaker is not None:
        request = _rejected_by(request, breaker)
    report = PaymentReport(status=PaymentStatus.REJECTED, reason=held_back)
    return _book(session, request, order, report).model_copy(update={"by_hand": by_hand})


def _leaving_at(released_at: datetime, entered: float) -> datetime:
    """The moment by the case's clock: how long the order waited for a worker, by the server's, comes on top.

    Args:
        released_at: when the story asked for it.
        entered: when this attempt began, by this machine's monotonic clock.
    """
    here = timedelta(seconds=time.monotonic() - entered)
    if not activity.in_activity():
        return released_at + here
    info = activity.info()
    return released_at + max(timedelta(), info.started_time - info.scheduled_time) + here


def _evidence(session: Session, request: PayOut, key: str, order: PaymentOrder, report: PaymentReport) -> Evidence:
    """What is known of a payment now, from its row and from the statement as it is on record."""
    payment, denials = session.get_one(Payment, key), payments.denials_of(session, key)
    session.refresh(payment)
    approval = approvals.current_approval(session, request.step.case_no)
    named = [each.statement_reference for each in denials]
    return Evidence(
        report=report,
        at=request.step.at,
        people_final_at=request.not_found_final_at,
        bank_final_at=request.asked_until or request.not_found_final_at,
        by_hand=payment.by_hand,
        released_by=payment.released_by or "",
        sent_by=payment.sent_by or "",
        not_sent_by=payment.not_sent_by or "",
        approver=(approval.checker or "") if approval else "",
        denials=tuple(Denial(by=each.person, at=each.at) for each in denials),
        returned_by=_came_back(session, payment, order, named),
    )


def _came_back(session: Session, payment: Payment, order: PaymentOrder, named: Sequence[str]) -> str:
    """The line of the imported statement that somebody named as this payment's return and that is it.

    Whoever books, or decides on another payment, waits: one line is used once, and what is booked brings nothing back.
    """
    if not named:
        return ""
    lock_pool(session, order.fund)
    lines, ordered_on = statements.lines_of(session, order.fund), payment.intended_at.astimezone(LAW_ZONE).date()
    movements = statements.movements_of_account(session, order.fund)
    booked = booked_as(lines, movements, statements.pairs_of(session, order.fund))
    waiting = statements.suspense(session, order.fund)
    suspended = {each.name for each in waiting if each.left_fen == each.amount_fen}
    return brought_back_by(
        [line for line in lines if line.name not in booked or line.name in suspended],
        named,
        [*payments.rivals_of(session, payment), *_told_without_line(order, ordered_on, movements, booked.values())],
        suspended,
        ordered_on=ordered_on,
        account=order.payee_account,
        amount_fen=order.amount_fen,
    )


def _told_without_line(
    order: PaymentOrder, ordered_on: date, movements: Iterable[Movement], on_lines: Iterable[Movement]
) -> list[Rival]:
    """Returns of other cases that are booked and stand on no line yet: any line of their sum may be theirs."""
    digits, found = digits_of(order.payee_account), {each.reference for each in on_lines}
    return [
        Rival(max(ordered_on, each.on), None)
        for each in movements
        if (each.account, each.amount_fen) == (digits, order.amount_fen)
        and each.reference not in found
        and each.on >= ordered_on - NEAR
    ]


def _saying_why(step: Step, reason: str | None) -> Step:
    return step.model_copy(update={"detail": {"reason": reason, **step.detail}}) if reason else step


def _rejected_by(request: PayOut, breaker: Breaker) -> PayOut:
    """The same request whose rejection says why, with the figures of that moment."""
    rejected = request.step_if_rejected
    detail = {**rejected.detail, **breaker.detail()}
    return request.model_copy(update={"step_if_rejected": rejected.model_copy(update={"detail": detail})})


class PaymentSlips:
    """The cashier's slips are the payments of the case file; a ``SlipBook``."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    def find(self, key: str) -> Slip | None:
        """The slip of a payment, with what people noted on it."""
        with self._begin() as session:
            payment = session.get(Payment, key)
            return None if payment is None else Slip(**payment.model_dump(include=set(Slip.model_fields)))

    def lay(self, order: PaymentOrder) -> None:
        """The intent, committed before any gateway is called, is the slip."""
        raise XuqiaoError("bank.no_slip", key=order.key)


def _payment_order(session: Session, request: PayOut) -> PaymentOrder:
    step = request.step
    application = session.get_one(Application, step.case_no)
    loan = session.get_one(Loan, application.loan)
    return PaymentOrder(
        key=postings.leg_key(step.fund, step.case_no, "disburse", request.payment),
        case_no=step.case_no,
        fund=step.fund,
        bank=loan.bank,
        loan_note=loan.note,
        amount_fen=request.amount_fen,
        payee_name=application.account_name,
        payee_account=application.account_number,
        payee_branch=application.account_branch,
    )


def _intend(session: Session, request: PayOut, order: PaymentOrder, *, by_hand: bool) -> tuple[Payment, bool]:
    """The intent to pay rests on an approval of this very amount and on money set aside for it."""
    step = request.step
    approval = approvals.current_approval(session, step.case_no)
    approved = approval is not None and approval.checker is not None and approval.attempt == request.attempt
    if approval is None or not approved or approval.amount_fen != request.amount_fen:
        raise XuqiaoError("payment.not_approved", case=step.case_no)
    payment, first = payments.intend(
        session,
        order.key,
        case_no=step.case_no,
        fund=step.fund,
        number=request.payment,
        attempt=request.attempt,
        amount_fen=order.amount_fen,
        digest=body_hash(order),
        by_hand=by_hand,
        final_at=request.not_found_final_at,
        released_by=step.actor.id if step.actor else None,
    )
    if first:
        _set_on_its_way(session, request, approval, order)
    return payment, first


def _set_on_its_way(session: Session, request: PayOut, approval: Approval, order: PaymentOrder) -> None:
    """The books consume the approval before anything is sent: without it, or for another account, they refuse."""
    step = request.step
    hold = ledger.open_hold(session, step.fund, step.case_no)
    if hold is None:
        raise XuqiaoError("payment.not_reserved", case=step.case_no)
    intent = postings.intend_payment(
        step.fund,
        step.case_no,
        order.amount_fen,
        payment=request.payment,
        attempt=request.attempt,
        hold=hold,
        payee=payee_digest(order.payee_name, order.payee_account, order.payee_branch),
        terms_digest=approval.terms_digest,
        on=business_date(session, step.fund),
        actor_id=step.actor.id if step.actor else SYSTEM,
        evidence=step.cause,
    )
    ledger.post(session, intent)


def _book(session: Session, request: PayOut, order: PaymentOrder, report: PaymentReport) -> PayOutResult:
    on = business_date(session, request.step.fund)
    match report.status:
        case PaymentStatus.PAID:
            assert report.reference, "the bank names what it paid"
            paid_on = min(report.paid_on or on, on)  # the fee runs from the day the money left, whenever it is learnt
            # What people name is the line itself; a bank's system says its own number, as its statement does.
            by_hand = session.get_one(Payment, order.key).by_hand
            reference = report.reference if by_hand else named_on(paid_on, report.reference)
            if not _paid(session, request, order, reference, on, paid_on):
                return PayOutResult(paid=None)
            return PayOutResult(paid=True, paid_on=paid_on)
        case PaymentStatus.REJECTED:
            payments.decide_payment(session, order.key, PaymentState.REJECTED, report.reference, report.reason, on)
            if commit_step(session, _saying_why(request.step_if_rejected, report.reason)):
                ledger.post(session, _failure(session, request, on))
            return PayOutResult(paid=False)
        case _:
            commit_step(session, request.step_while_open(by_hand=session.get_one(Payment, order.key).by_hand))
            return PayOutResult(paid=None)


def _paid(session: Session, request: PayOut, order: PaymentOrder, reference: str, on: date, paid_on: date) -> bool:
    """Book the payment; False when its line of the statement is booked for another, so that it must be found anew."""
    step = request.step
    try:
        with session.begin_nested():
            payments.decide_payment(session, order.key, PaymentState.PAID, reference, None, on)
            if commit_step(session, step, paid_on=paid_on):
                ledger.post(session, _disbursement(session, request, reference, on))
    except XuqiaoError as refusal:
        if refusal.code != "ledger.reference_used":
            raise
        payments.mark(session, order.key, statement_reference=None, confirmed_by=None)
        pending = request.step_if_pending
        cause = pending.cause if pending.taken else f"{pending.cause}/{reference}"
        detail = {**pending.detail, "reference_used": reference}
        commit_step(session, pending.model_copy(update={"cause": cause, "detail": detail}))
        return False
    return True


def _disbursement(session: Session, request: PayOut, reference: str, on: date) -> postings.LedgerRequest:
    approval = approvals.current_approval(session, request.step.case_no)
    assert approval is not None, "money was paid on an approval"
    return postings.disburse(
        request.step.fund,
        request.step.case_no,
        request.amount_fen,
        reference,
        payment=request.payment,
        terms_digest=approval.terms_digest,
        on=on,
        actor_id=request.step.actor.id if request.step.actor else SYSTEM,
        evidence=request.step.cause,
    )


def _failure(session: Session, request: PayOut, on: date) -> postings.LedgerRequest:
    approval = approvals.current_approval(session, request.step.case_no)
    assert approval is not None, "a payment rests on an approval"
    return postings.payment_failed(
        request.step.fund,
        request.step.case_no,
        request.amount_fen,
        payment=request.payment,
        terms_digest=approval.terms_digest,
        on=on,
        actor_id=request.step.actor.id if request.step.actor else SYSTEM,
    )


def _day_of(step: Step) -> date:
    return step.at.astimezone(LAW_ZONE).date()
