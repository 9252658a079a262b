"""The story of money that did not come back in time: people pursue it until nothing is owed, or give it up."""

from datetime import datetime
from functools import partial

from temporalio import workflow

from activities import contracts
from rulebook.acts import DateProposal, WriteOffProposal
from rulebook.books.provisional import ProvisionalReceipt
from rulebook.bridges import Bridge, Division
from rulebook.calendar import WorkCalendar
from rulebook.events import EventKind
from rulebook.law.measure import Measure
from rulebook.messages import (
    ApproveWriteOff,
    BankMessage,
    ConcludeRecovery,
    ConfirmReceipt,
    ProposeWriteOff,
    Receipt,
)
from rulebook.money import format_yuan
from rulebook.stages import ActKind, CaseStage
from rulebook.values import Value
from workflows.case import Case, Wait, moment_of
from workflows.stages import closing, receipts
from workflows.state import RecoveryState

MANY_REVIEWS = 8
"""Looks that nobody answered; from then on people are asked four times less often. It may last years."""


class RecoveryStart(Value):
    """What the renewal hands over: the bridge as it stands, and the law and calendar it was made under.

    ``provisional`` is what of the money that came in nothing bears out yet.

    What follows it a pursuit hands on to itself when its history has become long: what it waits for, what it has heard,
    the proposal that waits for a checker, and how often nobody answered a look.
    """

    case_no: str
    fund: str
    queues: str
    bridge: Bridge
    measure: Measure
    calendar: WorkCalendar
    kept: tuple[BankMessage, ...] = ()
    booked: tuple[str, ...] = ()
    provisional: tuple[ProvisionalReceipt, ...] = ()
    waits: tuple[ActKind, datetime, datetime] | None = None
    heard: tuple[str, ...] = ()
    write_off: WriteOffProposal | None = None
    write_off_reason: str = ""
    unheeded: int = 0
    date_proposed: DateProposal | None = None


@workflow.defn(name="Recovery")
class Recovery:
    """One pursued bridge; it may last years."""

    @workflow.init
    def __init__(self, start: RecoveryStart) -> None:
        self._case = Case[RecoveryState](start.case_no, start.fund, start.queues, CaseStage.RECOVERY)
        self._case.state = RecoveryState(
            bridge=start.bridge,
            measure=start.measure,
            calendar=start.calendar,
            booked=set(start.booked),
            date_proposed=start.date_proposed,
            provisional=start.provisional,
        )
        state = self._case.state
        if start.write_off is not None:
            state.write_off, state.write_off_reason = start.write_off, start.write_off_reason
        self._unheeded = start.unheeded
        self._case.inbox.remember(start.heard)
        self._case.inbox.keep(start.kept)

    @workflow.run
    async def run(self, start: RecoveryStart) -> CaseStage:
        """Receipts are booked as they come; the officers conclude when nothing is owed, or write off what is lost."""
        case = self._case
        wait = Wait(*start.waits) if start.waits else self._review()
        case.tell_due(wait.due)
        while True:
            if workflow.info().is_continue_as_new_suggested() and workflow.patched("begins-anew"):
                self._begin_anew_when_idle(start, wait)
            heard = (Receipt, ConfirmReceipt, ProposeWriteOff, ApproveWriteOff, ConcludeRecovery)
            match await case.hear_or(partial(self._is_borne_out, wait), wait, *heard):
                case Receipt() as receipt:
                    wait = await self._stand_on_statement(await self._book(receipt, wait))
                case ConfirmReceipt() as confirmed:
                    await receipts.confirm(case, confirmed, wait)
                case ProposeWriteOff() as proposal:
                    wait = await self._propose_write_off(proposal)
                case ApproveWriteOff() as approval:
                    await self._give_up(approval)
                    await closing.leave(case)
                    return CaseStage.WRITTEN_OFF
                case ConcludeRecovery():
                    # What was waited for may have come in this very moment.
                    wait = self._review() if self._is_borne_out(wait) and _keeps_bearing_out() else wait
                    wait = await self._stand_on_statement(wait, by_act=True)
                    if wait.awaits is not ActKind.CONFIRM_RECEIPT:
                        await closing.certify(case)
                        await closing.leave(case)
                        return CaseStage.CLOSED
                case _ if self._is_borne_out(wait):
                    wait = self._review()
                    await case.record(case.step(EventKind.BORNE_OUT, cause=moment_of(EventKind.BORNE_OUT), wait=wait))
                case _:
                    self._unheeded += 1
                    wait = self._again(wait)

    def _again(self, wait: Wait) -> Wait:
        """What nobody did is waited for anew; whoever must bear money out keeps that task until it is borne out."""
        if wait.awaits is ActKind.CONFIRM_RECEIPT and _keeps_bearing_out():
            return receipts.bearing_out(self._case)
        return self._decision() if self._is_proposed else self._review()

    def _review(self) -> Wait:
        """The manual task, looked at again after each period."""
        period = self._case.clock.review_period
        if self._unheeded >= MANY_REVIEWS and workflow.patched("fewer-reviews"):
            period *= 4
        review = self._case.clock.in_workdays(period)
        return Wait(ActKind.CONCLUDE_RECOVERY, review, review)

    def _begin_anew_when_idle(self, start: RecoveryStart, wait: Wait) -> None:
        """Go on in a run of its own with what must be remembered: a history has room for so much.

        Acts are not recognised by their ids across runs: those that were committed their rows answer, and a step that
        is repeated is known by its cause.
        """
        case = self._case
        if not (case.inbox.is_idle and workflow.all_handlers_finished() and isinstance(wait.awaits, ActKind)):
            return
        state = case.state
        workflow.continue_as_new(
            start.model_copy(
                update={
                    "bridge": case.bridge,
                    "kept": (),
                    "booked": receipts.carried(state.booked),
                    "calendar": state.calendar,
                    "provisional": state.provisional,
                    "waits": (wait.awaits, wait.due, wait.last_call),
                    "heard": case.inbox.lately_heard,
                    "write_off": state.write_off,
                    "write_off_reason": state.write_off_reason,
                    "unheeded": self._unheeded,
                    "date_proposed": state.date_proposed,
                }
            )
        )

    async def _book(self, receipt: Receipt, wait: Wait) -> Wait:
        """Book what came in; principal makes a proposal to write off void, and the bridge is pursued as before."""

        def then(division: Division) -> Wait:
            return self._review() if self._is_proposed and division.principal_fen else wait

        return await receipts.book(self._case, receipt, wait, then)

    async def _stand_on_statement(self, wait: Wait, *, by_act: bool = False) -> Wait:
        """Once nothing is owed, all that came in must be borne out before people conclude.

        Args:
            by_act: what is in hand asked for it.
        """
        case = self._case
        if case.owed_fen or not workflow.patched("stands-on-statement"):
            return wait
        awaited = receipts.bearing_out(case)
        await receipts.ask_the_books(case, awaited, None if by_act else moment_of(EventKind.STATEMENT_AWAITED))
        return awaited if case.state.provisional or case.owed_fen else wait

    def _is_borne_out(self, wait: Wait) -> bool:
        """Whether what was waited for has come: a line for each receipt, or people who bear them out."""
        return wait.awaits is ActKind.CONFIRM_RECEIPT and not self._case.state.provisional

    # Giving up ---------------------------------------------------------------------------------------------------

    @property
    def _is_proposed(self) -> bool:
        """Whether a proposal to write off still fits: it holds for one amount of principal."""
        state = self._case.state
        return state.write_off is not None and state.write_off.amount_fen == self._case.bridge.outstanding_fen

    def _decision(self) -> Wait:
        """Another person's task; after each period somebody is told that it still waits."""
        clock = self._case.clock
        period = clock.review_period
        return Wait(ActKind.APPROVE_WRITE_OFF, clock.in_workdays(period), clock.in_workdays(2 * period))

    async def _propose_write_off(self, proposal: ProposeWriteOff) -> Wait:
        """The maker's proposal waits for another person; it takes the place of an earlier one."""
        case, wait, maker = self._case, self._decision(), self._case.actor.id
        step = case.step(
            EventKind.WRITE_OFF_PROPOSED,
            wait=wait,
            decision=proposal.decision,
            amount=format_yuan(proposal.amount_fen),
            reason=proposal.reason,
        )
        await case.record(step)
        case.state.write_off = WriteOffProposal(proposal.decision, proposal.amount_fen, maker)
        case.state.write_off_reason = proposal.reason
        return wait

    async def _give_up(self, approval: ApproveWriteOff) -> None:
        """The approval is on record, and by the desk in the books; on it, and not before, the loss is posted.

        The checker's task stays open until then: were his approval lost on its way into the books, his act sent again
        puts it there.
        """
        case, approver, act_id = self._case, self._case.actor.id, self._case.act_id
        given_up = {"decision": approval.decision, "amount": format_yuan(approval.amount_fen)}
        await case.record(case.step(EventKind.WRITE_OFF_APPROVED, wait=self._decision(), detail=given_up))
        step = case.step(
            EventKind.WRITTEN_OFF,
            stage=CaseStage.WRITTEN_OFF,
            detail=given_up,
            reason=case.state.write_off_reason,
        )
        request = contracts.WriteOff(
            step=step,
            amount_fen=approval.amount_fen,
            decision=approval.decision,
            approved_by=approver,
            evidence=act_id,
        )
        await case.commit(contracts.write_off, request)


def _keeps_bearing_out() -> bool:
    """Whether money that nothing bears out keeps its task, and is asked about at once by who concludes.

    Pursuits from before that was so go on as they did. The first editions of which it was so left no marker of it, yet
    one of the task in the list of workflows, from the beginning of each run.
    """
    marked = workflow.patched("keeps-bearing-out")
    return workflow.patched("due-of-a-pursuit") or marked
