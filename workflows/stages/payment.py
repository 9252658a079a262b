"""The payment (放款): released on its day, sent once, and asked about until its fate is known."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from temporalio import workflow

from activities import contracts
from activities.contracts import PayOutResult
from rulebook.bridges import Bridge
from rulebook.events import EventKind
from rulebook.messages import ConfirmPayment, MarkSent, Release
from rulebook.money import format_yuan
from rulebook.stages import ActKind, CaseStage, MessageKind
from rulebook.steps import Step
from workflows.case import RenewalCase, Wait, wait_until
from workflows.clock import Clock, today
from workflows.policies import ASK_PAYMENT_AGAIN
from workflows.stages.agreement import release_wait
from workflows.stages.before_money import hear


class Paid(NamedTuple):
    """The money is out; ``settlement``: how long the bank has to deduct it."""

    bridge: Bridge
    settlement: Wait


async def pay_out(case: RenewalCase) -> Paid:
    """Release the money by the release-day checklist, and send it; what the bank sent back needs a new release.

    An unknown payment is asked about, never sent again blindly.
    """
    state = case.state
    while True:
        await hear(case, release_wait(case), Release)
        state.payment += 1
        state.in_flight, state.sent_by, state.found_by = True, "", ""
        not_found_final_at = case.clock.in_workdays(1)
        paid = await _until_its_fate_is_known(case, not_found_final_at)
        state.in_flight = False
        if paid is not None:
            state.bridge = paid.bridge
            return paid


async def _until_its_fate_is_known(case: RenewalCase, not_found_final_at: datetime) -> Paid | None:
    """Send, then ask: after minutes and hours, then daily, then less and less. None: it came back."""
    tries = 0
    while True:
        settlement = _settlement_wait(case)
        result = await _send_or_ask(case, settlement, not_found_final_at)
        if result.paid is not None:
            return _money_is_out(case, result.paid_on, settlement) if result.paid_on else None
        delay = ASK_PAYMENT_AGAIN[min(tries, len(ASK_PAYMENT_AGAIN) - 1)]
        tries += 1
        await _watch_payment(case, workflow.now() + delay)


async def _send_or_ask(case: RenewalCase, settlement: Wait, not_found_final_at: datetime) -> PayOutResult:
    """Intend, ask, send, confirm and post, as far as the bank's answer goes."""
    state, amount = case.state, case.state.proposed.amount_fen
    fate = f"payment/{state.payment}"
    paid = case.step(
        EventKind.PAID_OUT,
        stage=CaseStage.OLD_LOAN_SETTLEMENT,
        wait=settlement,
        cause=None if case.in_hand else f"{fate}/paid",
        amount=format_yuan(amount),
    )
    watch = Wait(ActKind.CONFIRM_PAYMENT, state.last_call, state.last_call)
    request = contracts.PayOut(
        step=paid,
        step_if_pending=_stayed(case, paid, EventKind.PAYMENT_PENDING, watch, f"{fate}/pending"),
        step_if_rejected=_stayed(case, paid, EventKind.PAYMENT_REJECTED, release_wait(case), f"{fate}/rejected"),
        attempt=state.attempt,
        payment=state.payment,
        amount_fen=amount,
        not_found_final_at=not_found_final_at,
    )
    return await case.commit(contracts.pay_out, request)


def _settlement_wait(case: RenewalCase) -> Wait:
    """Were the money paid today: the bank deducts at once, and the wait ends at the latest with the bridge's term."""
    due = case.clock.in_workdays(case.state.measure.deadlines.settlement)
    term = case.state.measure.due_on(today(), case.state.calendar)
    return wait_until(MessageKind.OLD_LOAN_SETTLED, due, close_of_term(case.clock, term))


def _money_is_out(case: RenewalCase, paid_on: date, settlement: Wait) -> Paid:
    due_on = case.state.measure.due_on(paid_on, case.state.calendar)
    bridge = Bridge(amount_fen=case.state.proposed.amount_fen, paid_on=paid_on, due_on=due_on)
    return Paid(bridge, settlement._replace(last_call=close_of_term(case.clock, due_on)))


def close_of_term(clock: Clock, due_on: date) -> datetime:
    """The close of business on the last day of a bridge's term; money cannot come back on a day off."""
    return clock.close_of(clock.workday(due_on, 0))


async def _watch_payment(case: RenewalCase, ask_again_at: datetime) -> None:
    """At a counter people move the payment; the bank is asked when one has found it, or else after a while."""
    state = case.state
    overdue = case.clock.in_workdays(1) if ask_again_at - workflow.now() > timedelta(days=1) else ask_again_at
    wait = Wait(ActKind.CONFIRM_PAYMENT, min(overdue, ask_again_at), ask_again_at)
    while True:
        match await case.hear(wait, MarkSent, ConfirmPayment):
            case MarkSent(receipt_serial=serial):
                state.sent_by = case.actor.id
                await _record_mark(case, wait, receipt_serial=serial)
            case ConfirmPayment(statement_reference=reference, paid=found):
                state.found_by = case.actor.id
                return await _record_mark(case, wait, statement_reference=reference, returned=not found)
            case _:
                return None


async def _record_mark(
    case: RenewalCase, wait: Wait, *, receipt_serial: str = "", statement_reference: str = "", returned: bool = False
) -> None:
    mark = contracts.RecordPaymentMark(
        step=case.step(EventKind.PAYMENT_MARKED, wait=wait),
        payment=case.state.payment,
        receipt_serial=receipt_serial,
        statement_reference=statement_reference,
        returned=returned,
    )
    await case.commit(contracts.record_payment_mark, mark)


def _stayed(case: RenewalCase, step: Step, event: EventKind, wait: Wait, cause: str) -> Step:
    """The same step had it not left its stage; a step that takes an act up keeps that as its cause."""
    return step.model_copy(
        update={
            "event": event,
            "stage": case.stage,
            "awaits": wait.awaits,
            "due": wait.due,
            "cause": step.cause if step.taken else cause,
        }
    )
