"""The payment through a bank; what became of it is learnt by asking, never assumed."""

from collections.abc import Mapping
from datetime import date

from sqlmodel import Session
from temporalio import activity

from activities.books.breaker import breaker_of
from activities.contracts import PayOut, PayOutResult, RecordPaymentMark
from activities.store import SYSTEM, Begin
from gateways.bank import BankGateway, BankUnreachable, PaymentOrder, PaymentReport, PaymentStatus
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
from rulebook.books.breaker import CIRCUIT_BREAKER, Breaker
from rulebook.calendar import LAW_ZONE
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.messages import body_hash
from rulebook.steps import Step

Gateways = Mapping[str, BankGateway]
"""The ways to a bank, by the name a fund's record uses."""


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
        so asks. A bank that does not find it may still pay until its cut-off of the next working day has passed: what a
        person says of it is evidence, and ends it sooner only by a line of the statement that brings the money back.
        While the fund's circuit breaker is open nothing new leaves: the payment is rejected before it is sent, its
        money stays set aside, and it may be released again.
        """
        with self._begin() as session:
            gateway = gateway_of(session, self._gateways, request.step.fund)
            order = _payment_order(session, request)
            payment, first = _intend(session, request, order)
            paid_on = the_case(session, request.step.case_no).paid_on
            known_open = event_kind(session, request.step.case_no, request.step.cause) is EventKind.PAYMENT_PENDING
            late = business_date(session, request.step.fund) > _day_of(request.step)
            breaker = breaker_of(session, request.step.fund) if first else None
        if payment.decided_at is not None:
            paid = payment.state == PaymentState.PAID
            return PayOutResult(paid=paid, paid_on=paid_on if paid else None)
        if known_open:  # this very call was answered before and only its reply was lost: the next one asks again
            return PayOutResult(paid=None)
        if first and late:  # nothing worked until the release day was over: the money may no longer leave
            report = PaymentReport(status=PaymentStatus.REJECTED, reason="release_day_over")
        elif breaker is not None and breaker.is_open:
            report = PaymentReport(status=PaymentStatus.REJECTED, reason=CIRCUIT_BREAKER)
            request = _rejected_by(request, breaker)
        else:
            report = _send_or_ask(gateway, order, first)
        with self._begin() as session:
            missing_for_good = request.step.at > request.not_found_final_at or _came_back(session, payment, order)
            if report.status is PaymentStatus.NOT_FOUND and missing_for_good:
                report = PaymentReport(status=PaymentStatus.REJECTED, reason="not_found")
            return _book(session, request, order, report)

    @activity.defn
    def record_payment_mark(self, request: RecordPaymentMark) -> None:
        """What the cashier, or the person with the statement, noted on the slip."""
        step = request.step
        assert step.actor is not None, "a mark has its writer"
        key = postings.leg_key(step.fund, step.case_no, "disburse", request.payment)
        if request.receipt_serial:
            marks: dict[str, object] = {
                "receipt_serial": request.receipt_serial,
                "sent_by": step.actor.id,
                "sent_on": _day_of(step),
            }
        else:
            marks = {
                "statement_reference": request.statement_reference,
                "confirmed_by": step.actor.id,
                "returned": request.returned,
            }
        with self._begin() as session:
            if commit_step(session, step):
                payments.mark(session, key, **marks)


def gateway_of(session: Session, gateways: Gateways, code: str) -> BankGateway:
    """The way to a fund's bank that the fund's record names.

    Raises:
        XuqiaoError: ``bank.no_gateway``.
    """
    name = fund(session, code).gateway
    if name not in gateways:
        raise XuqiaoError("bank.no_gateway", fund=code, gateway=name, known=", ".join(gateways))
    return gateways[name]


def _send_or_ask(gateway: BankGateway, order: PaymentOrder, first: bool) -> PaymentReport:
    try:
        return gateway.send(order) if first else gateway.ask(order)
    except BankUnreachable:
        return PaymentReport(status=PaymentStatus.PENDING)


def _came_back(session: Session, payment: Payment, order: PaymentOrder) -> bool:
    """Whether the line that a person named as the payment's return is on the imported statement, and is that."""
    if not payment.returned or not payment.statement_reference:
        return False
    line = statements.line_of(session, order.fund, payment.statement_reference)
    return line is not None and (line.amount_fen, line.payer_account) == (order.amount_fen, order.payee_account)


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


def _intend(session: Session, request: PayOut, order: PaymentOrder) -> tuple[Payment, bool]:
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
            if not _paid(session, request, order, report.reference, on, paid_on):
                return PayOutResult(paid=None)
            return PayOutResult(paid=True, paid_on=paid_on)
        case PaymentStatus.REJECTED:
            payments.decide_payment(session, order.key, PaymentState.REJECTED, report.reference, report.reason, on)
            if commit_step(session, request.step_if_rejected):
                ledger.post(session, _failure(session, request, on))
            return PayOutResult(paid=False)
        case _:
            commit_step(session, request.step_if_pending)
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
