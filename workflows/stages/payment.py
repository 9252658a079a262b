"""The payment (放款): released on its day, sent once, and asked about until its fate is known."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from temporalio import workflow

from activities import contracts
from activities.contracts import PayOutResult
from rulebook.books.payments import BANKS_TIME_WORKDAYS
from rulebook.bridges import Bridge
from rulebook.calendar import LAW_ZONE
from rulebook.events import EventKind
from rulebook.messages import ConfirmPayment, MarkSent, Release
from rulebook.money import format_yuan
from rulebook.stages import ActKind, CaseStage, MessageKind
from rulebook.steps import Step
from workflows.case import RenewalCase, Wait, wait_until
from workflows.clock import JUST_AFTER, Clock, today
from workflows.policies import ASK_PAYMENT_AGAIN, ASK_WHAT_IS_NOT_FOUND_WORKDAYS
from workflows.stages.agreement import mended_in_time, release_wait
from workflows.stages.before_money import CaseOver, hear
from workflows.stages.drawing import draw

A_DAY = timedelta(days=1)


class Paid(NamedTuple):
    """The money is out; ``settlement``: how long the bank has to deduct it."""

    bridge: Bridge
    settlement: Wait


class Until(NamedTuple):
    """How long the bank may still pay what nobody finds: by its cut-off, and by what experience teaches."""

    people_final_at: datetime
    bank_final_at: datetime


def _until(case: RenewalCase) -> Until:
    """As the calendar is now: it may have changed since the release."""
    state, clock = case.state, case.clock
    assert state.released_on is not None, "a payment was released"
    people, bank = (
        clock.workday(state.released_on, days)
        for days in (BANKS_TIME_WORKDAYS, BANKS_TIME_WORKDAYS + ASK_WHAT_IS_NOT_FOUND_WORKDAYS)
    )
    return Until(clock.close_of(people), clock.close_of(bank))


async def pay_out(case: RenewalCase) -> Paid:
    """Release the money by the release-day checklist, and send it; what the bank sent back needs a new release.

    An unknown payment is asked about, never sent again blindly.
    """
    state = case.state
    while True:
        if _draws_papers_of_the_release():
            await _draw_release_papers(case)
        await hear(case, release_wait(case), Release)
        state.payment += 1
        state.in_flight, state.by_hand, state.released_by = True, None, case.actor.id
        state.sent_by, state.not_sent_by, state.found_by = "", "", ""
        state.give_the_bank_time(today())
        paid = await _until_its_fate_is_known(case)
        state.in_flight = False
        if paid is not None:
            state.bridge = paid.bridge
            return paid


def _draws_papers_of_the_release() -> bool:
    """Whether papers are drawn for the release itself: payments of cases that began before that was so have none."""
    return workflow.patched("papers-of-the-release")


async def _draw_release_papers(case: RenewalCase) -> None:
    """On the release day and before the money leaves: what people sign to let it leave is dated on that day.

    Each release has papers of its own: an instruction serves for one payment only.

    Raises:
        CaseOver, ApprovalVoid: as ``hear_or``; ``ApprovalVoid`` where they shall be drawn from other templates, too.
    """
    state = case.state
    await _until_release_day(case)
    if workflow.now() >= state.last_call:
        return  # sent back when it was too late for another

    def papers(cause: str | None) -> contracts.DrawReleasePapers:
        step = case.step(EventKind.RELEASE_PAPERS_DRAWN, wait=release_wait(case), cause=cause)
        return contracts.DrawReleasePapers(step=step, template_digest=state.template_digest)

    async def mended(wait: Wait) -> None:
        await mended_in_time(case, wait)

    cause = f"release_papers/{state.attempt}/{state.payment + 1}"
    await draw(case, contracts.draw_release_papers, papers, cause, mended, lambda: state.last_call)


async def _until_release_day(case: RenewalCase) -> None:
    """Whatever ends a case before its money leaves is heard meanwhile; the day itself may move by the calendar."""
    begins = datetime.combine(case.state.last_call.astimezone(LAW_ZONE).date(), time(), LAW_ZONE)
    if workflow.now() >= begins:
        return
    try:
        await hear(case, Wait(ActKind.RELEASE, case.state.last_call, begins))
    except CaseOver as over:
        if over.end is not CaseStage.LAPSED or workflow.now() >= case.state.last_call:
            raise  # else only this wait is over


async def _until_its_fate_is_known(case: RenewalCase) -> Paid | None:
    """Send, then ask: after minutes and hours, then daily, then less and less. None: it came back."""
    tries = 0
    while True:
        settlement = _settlement_wait(case)
        result = await _send_or_ask(case, settlement)
        case.state.by_hand = result.by_hand
        if result.paid is not None:
            return _money_is_out(case, result.paid_on, settlement) if result.paid_on else None
        await _watch_payment(case, _ask_again_at(case, tries))
        tries += 1


def _ask_again_at(case: RenewalCase, tries: int) -> datetime:
    """When the bank is asked next; at a counter nobody is asked before the bank's time is over."""
    if case.state.by_hand and workflow.now() < (final_at := _until(case).people_final_at):
        return final_at + JUST_AFTER
    delay = ASK_PAYMENT_AGAIN[min(tries, len(ASK_PAYMENT_AGAIN) - 1)]
    if delay > A_DAY and not _asks_less_and_less():
        delay = A_DAY
    return workflow.now() + delay


def _asks_less_and_less() -> bool:
    """Whether a bank that does not know is asked less than daily: payments from before that was so go on as they did.

    The first editions that asked less left no marker of it, yet one of the papers of the release, which those that
    asked daily do not have.
    """
    marked = workflow.patched("asked-less-and-less")
    return _draws_papers_of_the_release() or marked


async def _send_or_ask(case: RenewalCase, settlement: Wait) -> PayOutResult:
    """Intend, ask, send, confirm and post, as far as the bank's answer goes."""
    state, amount, until = case.state, case.state.proposed.amount_fen, _until(case)
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
        not_found_final_at=until.people_final_at,
        asked_until=until.bank_final_at,
        leaves_by=state.last_call,
        step_if_by_hand=_while_in_peoples_hands(case, paid),
    )
    return await case.commit(contracts.pay_out, request)


def _while_in_peoples_hands(case: RenewalCase, step: Step) -> Step:
    """At a counter the cashier has a task until he has paid or said that he could not; then another person has one."""
    wait, fate = _by_hand_wait(case), f"payment/{case.state.payment}"
    if wait.awaits is ActKind.MARK_SENT:
        to_make = _stayed(case, step, EventKind.PAYMENT_TO_MAKE, wait, f"{fate}/to_make")
        until_when = f"{wait.due.astimezone(LAW_ZONE):%Y-%m-%d %H:%M}"
        return to_make.model_copy(update={"detail": {**to_make.detail, "pay_by": until_when}})
    return _stayed(case, step, EventKind.PAYMENT_PENDING, wait, f"{fate}/pending")


def _by_hand_wait(case: RenewalCase) -> Wait:
    state, final_at = case.state, _until(case).people_final_at
    if not state.sent_by and not state.not_sent_by and workflow.now() <= final_at:
        return Wait(ActKind.MARK_SENT, state.last_call, state.last_call)
    return Wait(ActKind.CONFIRM_PAYMENT, final_at, final_at)


def _settlement_wait(case: RenewalCase) -> Wait:
    """Were the money paid today: the bank deducts at once, and the wait ends at the latest with the bridge's term."""
    due = case.clock.in_workdays(case.state.measure.deadlines.settlement)
    term = case.state.measure.due_on(today(), case.state.calendar)
    return wait_until(MessageKind.OLD_LOAN_SETTLED, due, close_of_term(case.clock, term))


def _money_is_out(case: RenewalCase, paid_on: date, settlement: Wait) -> Paid:
    due_on = case.state.measure.due_on(paid_on, case.state.calendar)
    bridge = Bridge(amount_fen=case.state.proposed.amount_fen, paid_on=paid_on, due_on=due_on)
    return Paid(bridge, replace(settlement, last_call=close_of_term(case.clock, due_on)))


def close_of_term(clock: Clock, due_on: date) -> datetime:
    """The close of business on the last day of a bridge's term; money cannot come back on a day off."""
    return clock.close_of(clock.workday(due_on, 0))


async def _watch_payment(case: RenewalCase, ask_again_at: datetime) -> None:
    """At a counter people move the payment; the bank is asked when one has looked for it, or else after a while."""
    state = case.state
    overdue = case.clock.in_workdays(1) if ask_again_at - workflow.now() > A_DAY else ask_again_at
    until_asked = Wait(ActKind.CONFIRM_PAYMENT, min(overdue, ask_again_at), ask_again_at)
    while True:
        wait = replace(_by_hand_wait(case), last_call=until_asked.last_call) if state.by_hand else until_asked
        heard = await case.hear(wait, MarkSent, ConfirmPayment)
        until_asked.last_call = wait.last_call
        match heard:
            case MarkSent(not_sent_because=reason) if reason:
                state.not_sent_by = case.actor.id
                await _record_mark(case, wait, not_sent=reason)
                if _with_what_was_found(case):
                    return None
            case MarkSent(receipt_serial=serial):
                state.sent_by = case.actor.id
                await _record_mark(case, wait, receipt_serial=serial)
                if _with_what_was_found(case):
                    return None
            case ConfirmPayment(statement_reference=reference, paid=found):
                state.found_by = case.actor.id
                return await _record_mark(case, wait, statement_reference=reference, returned=not found)
            case _:
                return None


def _with_what_was_found(case: RenewalCase) -> bool:
    """Whether the cashier's word comes to one who has looked already: the two together may decide, in either order."""
    return bool(case.state.found_by) and workflow.patched("weighs-a-later-mark")


async def _record_mark(
    case: RenewalCase,
    wait: Wait,
    *,
    receipt_serial: str = "",
    statement_reference: str = "",
    returned: bool = False,
    not_sent: str = "",
) -> None:
    if case.state.by_hand:
        wait = _by_hand_wait(case)
    said = {"not_sent": not_sent} if not_sent else {}
    mark = contracts.RecordPaymentMark(
        step=case.step(EventKind.PAYMENT_MARKED, wait=wait, detail=said),
        payment=case.state.payment,
        receipt_serial=receipt_serial,
        statement_reference=statement_reference,
        returned=returned,
        not_sent=not_sent,
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
