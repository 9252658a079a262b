"""The bank's opinion (银行意见): it is asked first, and its answer decides the route; then its promise is followed."""

from activities import contracts
from rulebook.cases import Promise, Route
from rulebook.events import EventKind
from rulebook.law import eligibility
from rulebook.messages import Opinion, PromiseGiven, PromiseWithdrawn
from rulebook.stages import ActKind, CaseStage, EndReason, MessageKind
from workflows.case import RenewalCase, Wait
from workflows.clock import today
from workflows.stages import measure_change
from workflows.stages.before_money import (
    CaseOver,
    Change,
    TemplatesChanged,
    detail_of,
    hear,
    wait_for,
)
from workflows.stages.measure_change import MeasureChanged


async def ask(case: RenewalCase, once_more: bool = False) -> Opinion:
    """Ask the bank what it can do.

    Args:
        once_more: a direct renewal that it had promised was not signed in time.
    Raises:
        CaseOver: it does not renew, or promises again what it did not sign.
    """
    state = case.state
    wait = wait_for(case, MessageKind.OPINION, state.measure.deadlines.opinion)
    event = EventKind.DIRECT_RENEWAL_MISSED if once_more else EventKind.BANK_ASKED
    step = case.step(event, stage=CaseStage.BANK_OPINION, wait=wait)
    direct = eligibility.judge_direct(state.facts, today())
    asked = contracts.RecordFindings(step=step, findings=state.findings, direct=direct)
    await case.commit(contracts.ask_bank_opinion, asked)
    opinion = await hear(case, wait, Opinion)
    state.answer = opinion.answer
    if opinion.answer.route is Route.NONE:
        state.bank_reason = opinion.reason
        raise CaseOver(CaseStage.REFUSED, EndReason.BANK_WILL_NOT_RENEW)
    if opinion.answer.route is Route.DIRECT and once_more:
        raise CaseOver(CaseStage.LAPSED, EndReason.DIRECT_RENEWAL_NOT_SIGNED)
    return opinion


async def firm_promise(case: RenewalCase, change: Opinion | Change) -> None:
    """Follow the ladder until the bank's promise has reached the rung the pack asks for.

    Args:
        change: what the promise is weighed anew for; an approval on what it was before is void.
    """
    state = case.state
    void = state.attempt if state.proposal else None
    while True:
        promise = _promise_after(state.promise, change)
        measure = change.measure if isinstance(change, MeasureChanged) else state.measure
        firm = promise is not None and promise.rung.height >= measure.rung_before_release.height
        wait = (
            wait_for(case, ActKind.PROPOSE, state.measure.deadlines.approval)
            if firm
            else wait_for(case, MessageKind.PROMISE, state.measure.deadlines.promise)
        )
        stage = CaseStage.APPROVAL if firm else CaseStage.BANK_OPINION
        if isinstance(change, MeasureChanged):
            await measure_change.change(case, change, stage, wait, void)
        else:
            await _record_promise(case, change, promise, stage, wait, void)
        state.promise, state.proposal = promise, None
        if isinstance(change, TemplatesChanged):
            state.template_digest = change.digest
        if firm:
            return
        void = None
        change = await hear(case, wait, PromiseGiven, PromiseWithdrawn)


def _promise_after(promise: Promise | None, change: Opinion | Change) -> Promise | None:
    """The bank's promise as it stands: another law or other templates do not touch it."""
    match change:
        case MeasureChanged() | TemplatesChanged():
            return promise
        case PromiseWithdrawn():
            return None
        case _:
            return change.promise


async def _record_promise(
    case: RenewalCase,
    change: Opinion | PromiseGiven | PromiseWithdrawn | TemplatesChanged,
    promise: Promise | None,
    stage: CaseStage,
    wait: Wait,
    void: int | None,
) -> None:
    answer = change.answer if isinstance(change, Opinion) else None
    request = contracts.RecordPromise(
        step=case.step(_event_of(change), stage=stage, wait=wait, detail=detail_of(promise)),
        answer=answer,
        route=answer.route if answer else None,
        promise=None if isinstance(change, TemplatesChanged) else promise,
        void_attempt=void,
    )
    await case.commit(contracts.record_promise, request)


def _event_of(change: Opinion | PromiseGiven | PromiseWithdrawn | TemplatesChanged) -> EventKind:
    match change:
        case Opinion():
            return EventKind.BANK_ANSWERED
        case PromiseGiven():
            return EventKind.PROMISE_RECORDED
        case PromiseWithdrawn():
            return EventKind.PROMISE_WITHDRAWN
        case TemplatesChanged():
            return EventKind.TEMPLATES_CHANGED
