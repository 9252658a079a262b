"""While no money is out a case can still end quietly: what can happen at any time, whatever is waited for."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar, overload

from activities import contracts
from rulebook.acts import ALWAYS_HEARD, PROMISES
from rulebook.cases import BankAnswer, Promise, Route
from rulebook.events import EventKind
from rulebook.findings import Findings
from rulebook.messages import (
    ApproveCorrection,
    ApproveMeasure,
    NotRenewing,
    Opinion,
    PromiseGiven,
    PromiseWithdrawn,
    ProposeCorrection,
    ProposeMeasure,
    Withdraw,
)
from rulebook.money import format_yuan
from rulebook.stages import NOT_DONE, CaseStage, EndReason, Kind
from rulebook.values import Value
from workflows.case import Body, RenewalCase, Wait, wait_until
from workflows.stages import correction, measure_change
from workflows.stages.measure_change import MeasureChanged

Other = TypeVar("Other", bound=Value)


class CaseOver(Exception):
    """The case ends before money went out, for a reason of ours or in the words of whoever ended it."""

    def __init__(self, end: CaseStage, reason: EndReason | str, findings: Findings | None = None) -> None:
        super().__init__(reason)
        self.end, self.reason, self.findings = end, reason, findings


class TemplatesChanged(NamedTuple):
    """The digest of the templates that the papers of a case are drawn from, once it is approved with them."""

    digest: str


Change = PromiseGiven | PromiseWithdrawn | MeasureChanged | TemplatesChanged


class ApprovalVoid(Exception):
    """The bank's promise, the law or the templates have changed: what was approved on them no longer holds."""

    def __init__(self, change: Change) -> None:
        super().__init__(type(change).__name__)
        self.change = change


def wait_for(case: RenewalCase, awaits: Kind | None, workdays: int) -> Wait:
    """Wait for so many working days, and no longer than the money could still leave in time."""
    return wait_until(awaits, case.clock.in_workdays(workdays), case.state.last_call)


@overload
async def hear(case: RenewalCase, wait: Wait, wanted: type[Body], /) -> Body: ...


@overload
async def hear(case: RenewalCase, wait: Wait, wanted: type[Body], or_else: type[Other], /) -> Body | Other: ...


@overload
async def hear(case: RenewalCase, wait: Wait, /, *wanted: type[Value]) -> Value: ...


async def hear(case: RenewalCase, wait: Wait, /, *wanted: type[Value]) -> Value:
    """Take up the next act or message of the kinds asked for, while the case can still end quietly.

    Raises:
        CaseOver, ApprovalVoid: as ``hear_or``.
    """
    body = await hear_or(case, lambda: False, wait, *wanted)
    assert body is not None, "nothing else ends this wait"
    return body


async def hear_or(case: RenewalCase, or_when: Callable[[], bool], wait: Wait, /, *wanted: type[Value]) -> Value | None:
    """Take up the next act or message of the kinds asked for, or None once ``or_when`` holds.

    A change of the promise is heard wherever something rests on it: in every stage after the bank's opinion.

    Raises:
        CaseOver: the borrower withdrew, the bank does not renew after all, or the last call passed.
        ApprovalVoid: the promise or the law that a proposal stands on has changed.
    """
    rests_on_promise = case.stage is not CaseStage.BANK_OPINION
    heard = (*wanted, *ALWAYS_HEARD, *(PROMISES if rests_on_promise else ()))
    while True:
        body = await case.hear_or(or_when, wait, *heard)
        if body is None and or_when():
            return None
        match body:
            case None:
                raise CaseOver(CaseStage.LAPSED, NOT_DONE[wait.awaits])
            case Withdraw(reason=reason):
                raise CaseOver(CaseStage.WITHDRAWN, reason)
            case NotRenewing(reason=reason):
                case.state.answer, case.state.bank_reason = BankAnswer.NO_RENEWAL, reason
                raise CaseOver(CaseStage.REFUSED, EndReason.BANK_WILL_NOT_RENEW)
            case Opinion() as opinion if Opinion not in wanted:
                _another_opinion(case, opinion)
            case PromiseGiven(promise=promise) if _stands_on(case, promise):
                await _record_rung(case, promise, wait)
            case (PromiseGiven() | PromiseWithdrawn()) as change if rests_on_promise:
                raise ApprovalVoid(change)
            case ApproveCorrection(reason=reason):
                raise CaseOver(CaseStage.WITHDRAWN, reason)
            case ProposeCorrection() as corrected:
                await correction.propose(case, corrected, wait)
            case ProposeMeasure() as proposal:
                await measure_change.propose(case, proposal, wait)
            case ApproveMeasure() as approval:
                if changed := await measure_change.judge_anew(case, approval, wait):
                    await _under_another_measure(case, changed, wait)
            case _:
                return body


async def _under_another_measure(case: RenewalCase, changed: MeasureChanged, wait: Wait) -> None:
    """Before there is a promise nothing rests on the law yet; afterwards everything is weighed anew.

    Raises:
        ApprovalVoid: there is a promise.
    """
    if case.state.promise is not None:
        raise ApprovalVoid(changed)
    await measure_change.change(case, changed, case.stage, wait, None)


def _another_opinion(case: RenewalCase, opinion: Opinion) -> None:
    """The bank has answered before: a no counts at any time; what else changes, it says by its promise.

    Raises:
        CaseOver: it does not renew.
    """
    if opinion.answer.route is Route.NONE:
        case.state.answer, case.state.bank_reason = opinion.answer, opinion.reason
        raise CaseOver(CaseStage.REFUSED, EndReason.BANK_WILL_NOT_RENEW)
    case.refuse("message.opinion_given", answer=str(case.state.answer))


def _stands_on(case: RenewalCase, promise: Promise) -> bool:
    """Whether a firm promise of the same terms is already relied on."""
    relied_on = case.state.promise
    return case.stage is not CaseStage.BANK_OPINION and relied_on is not None and promise.terms == relied_on.terms


async def _record_rung(case: RenewalCase, promise: Promise, wait: Wait) -> None:
    """The same promise, a rung higher or lower: no approval depends on that."""
    case.state.promise = promise
    step = case.step(EventKind.PROMISE_RECORDED, wait=wait, detail=detail_of(promise))
    await case.commit(contracts.record_promise, contracts.RecordPromise(step=step, promise=promise))


def detail_of(promise: Promise | None) -> dict[str, str]:
    """What an event says of a promise."""
    if promise is None:
        return {}
    return {"promised": format_yuan(promise.amount_fen), "rung": promise.rung, "valid_until": str(promise.valid_until)}
