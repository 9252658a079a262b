"""While no money is out a case can still end quietly: what can happen at any time, whatever is waited for."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import NamedTuple

from activities import contracts
from rulebook.acts import ALWAYS_HEARD, Proposal
from rulebook.cases import BankAnswer, Promise, Route
from rulebook.events import EventKind
from rulebook.findings import Findings
from rulebook.messages import (
    ApproveMeasure,
    BankMessage,
    NotRenewing,
    OfficerAct,
    Opinion,
    PromiseGiven,
    PromiseWithdrawn,
    ProposeMeasure,
    Withdraw,
)
from rulebook.money import format_yuan
from rulebook.stages import NOT_DONE, ActKind, CaseStage, EndReason, MessageKind
from workflows.case import Wait
from workflows.measure_change import MeasureChange, MeasureChanged


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


class BeforeMoney(MeasureChange):
    """What a case relies on before money leaves, and its waiting."""

    _last_call: datetime

    def __init__(self, case_no: str, fund: str, queues: str, stage: CaseStage) -> None:
        super().__init__(case_no, fund, queues, stage)
        self._answer: BankAnswer | None = None
        self._promise: Promise | None = None
        self._proposal: Proposal | None = None

    def _open_wait(self, awaits: ActKind | MessageKind | None, workdays: int) -> Wait:
        """Due in so many working days; given up when the money could no longer leave in time."""
        return self._waiting(awaits, self._in_workdays(workdays), self._last_call)

    async def _before_money(
        self, wait: Wait, only: Collection[ActKind | MessageKind] | None = None
    ) -> OfficerAct | BankMessage:
        """The next act or message while the case can still end quietly; raises as ``_before_money_or``."""
        got = await self._before_money_or(lambda: False, wait, only)
        assert got is not None, "nothing else ends this wait"
        return got

    async def _before_money_or(
        self, or_when: Callable[[], bool], wait: Wait, only: Collection[ActKind | MessageKind] | None = None
    ) -> OfficerAct | BankMessage | None:
        """The next act or message, or None once ``or_when`` holds.

        Raises:
            CaseOver: the borrower withdrew, the bank does not renew after all, or the last call passed.
            ApprovalVoid: the promise or the law that a proposal stands on has changed.
        """
        while True:
            got = await self._next(wait, only and {*only, *ALWAYS_HEARD}, or_when)
            if got is None and or_when():
                return None
            match got.body if got else None:
                case None:
                    raise CaseOver(CaseStage.LAPSED, NOT_DONE[wait.awaits])
                case Withdraw(reason=reason):
                    raise CaseOver(CaseStage.WITHDRAWN, reason)
                case NotRenewing():
                    self._answer = BankAnswer.NO_RENEWAL
                    raise CaseOver(CaseStage.REFUSED, EndReason.BANK_WILL_NOT_RENEW)
                case Opinion() as opinion if self._answer is not None and MessageKind.OPINION not in (only or ()):
                    self._another_opinion(opinion)
                case PromiseGiven(promise=promise) if self._stands_on(promise):
                    await self._record_rung(promise, wait)
                case (PromiseGiven() | PromiseWithdrawn()) as change if self._desk.stage is not CaseStage.BANK_OPINION:
                    raise ApprovalVoid(change)
                case ProposeMeasure() as proposal:
                    await self._measure_is_proposed(proposal, wait)
                case ApproveMeasure() as approval:
                    if changed := await self._judged_anew(approval, wait):
                        await self._under_another_measure(changed, wait)
                case _:
                    return got

    async def _under_another_measure(self, changed: MeasureChanged, wait: Wait) -> None:
        """Before there is a promise nothing rests on the law yet; afterwards everything is weighed anew.

        Raises:
            ApprovalVoid: there is a promise.
        """
        if self._promise is not None:
            raise ApprovalVoid(changed)
        await self._change_measure(changed, self._desk.stage, wait, None)

    def _another_opinion(self, opinion: Opinion) -> None:
        """The bank has answered before: a no counts at any time; what else changes, it says by its promise.

        Raises:
            CaseOver: it does not renew.
        """
        if opinion.answer.route is Route.NONE:
            self._answer = opinion.answer
            raise CaseOver(CaseStage.REFUSED, EndReason.BANK_WILL_NOT_RENEW)
        assert isinstance(self._in_hand, BankMessage)
        self._desk.refuse_message(self._in_hand, "message.opinion_given", answer=str(self._answer))

    def _stands_on(self, promise: Promise) -> bool:
        """Whether a firm promise of the same terms is already relied on."""
        if self._desk.stage is CaseStage.BANK_OPINION or self._promise is None:
            return False
        return promise.terms == self._promise.terms

    async def _record_rung(self, promise: Promise, wait: Wait) -> None:
        """The same promise, a rung higher or lower: no approval depends on that."""
        self._promise = promise
        step = self._step(EventKind.PROMISE_RECORDED, wait=wait, told=told_of(promise))
        await self._commit(contracts.record_promise, contracts.RecordPromise(step=step, promise=promise), step)


def told_of(promise: Promise | None) -> dict[str, str]:
    """What an event says of a promise."""
    if promise is None:
        return {}
    return {"promised": format_yuan(promise.amount_fen), "rung": promise.rung, "valid_until": str(promise.valid_until)}
