"""The story of money that did not come back in time: people pursue it until nothing is owed, or give it up."""

from temporalio import workflow

from activities import contracts
from rulebook.acts import RecoveryStanding, WriteOffProposal, check_recovery
from rulebook.bridges import Bridge, Division
from rulebook.calendar import WorkCalendar
from rulebook.events import EventKind
from rulebook.law.measure import Measure
from rulebook.messages import (
    ApproveWriteOff,
    BankMessage,
    ConcludeRecovery,
    OfficerAct,
    ProposeWriteOff,
    Receipt,
)
from rulebook.money import format_yuan
from rulebook.stages import ActKind, CaseStage
from rulebook.values import Value
from workflows.case import Wait
from workflows.money_out import MoneyOut
from workflows.policies import Queue


class RecoveryStart(Value):
    """What the renewal hands over: the bridge as it stands, and the law and calendar it was made under."""

    case_no: str
    fund: str
    queues: str
    bridge: Bridge
    measure: Measure
    calendar: WorkCalendar
    kept: tuple[BankMessage, ...] = ()
    booked: tuple[str, ...] = ()


@workflow.defn(name="Recovery")
class Recovery(MoneyOut):
    """One pursued bridge; it may last years."""

    _bridge: Bridge

    @workflow.init
    def __init__(self, start: RecoveryStart) -> None:
        super().__init__(start.case_no, start.fund, start.queues, CaseStage.RECOVERY)
        self._bridge, self._measure, self._calendar = start.bridge, start.measure, start.calendar
        self._write_off: WriteOffProposal | None = None
        self._reason = ""
        self._booked |= set(start.booked)
        self._desk.keep(start.kept)

    @workflow.run
    async def run(self, start: RecoveryStart) -> CaseStage:
        """Receipts are booked as they come; the officers conclude when nothing is owed, or write off what is lost."""
        wait = self._pursuit()
        while True:
            match await self._next(wait):
                case BankMessage(body=Receipt() as receipt) as message:
                    wait = await self._book(message, receipt, wait)
                case OfficerAct(body=ProposeWriteOff() as proposal) as act:
                    wait = await self._propose_write_off(act, proposal)
                case OfficerAct(body=ApproveWriteOff() as approval) as act:
                    await self._give_up(act, approval)
                    return await self._ended(CaseStage.WRITTEN_OFF)
                case OfficerAct(body=ConcludeRecovery()):
                    await self._close()
                    return await self._ended(CaseStage.CLOSED)
                case None:
                    wait = self._decision() if self._is_proposed else self._pursuit()

    def _pursuit(self) -> Wait:
        """The manual task, looked at again after each period."""
        review = self._in_workdays(self._review_period)
        return Wait(ActKind.CONCLUDE_RECOVERY, review, review)

    async def _ended(self, end: CaseStage) -> CaseStage:
        await self._leave()
        return end

    # Giving up ---------------------------------------------------------------------------------------------------

    @property
    def _is_proposed(self) -> bool:
        """Whether a proposal to write off still fits: it holds for one amount of principal."""
        return self._write_off is not None and self._write_off.amount_fen == self._bridge.outstanding_fen

    def _decision(self) -> Wait:
        """Another person's task; after each period somebody is told that it still waits."""
        period = self._review_period
        return Wait(ActKind.APPROVE_WRITE_OFF, self._in_workdays(period), self._in_workdays(2 * period))

    def _waits_after(self, division: Division, wait: Wait) -> Wait:
        """Principal that comes in makes a proposal to write off void: the bridge is pursued as before."""
        return self._pursuit() if self._is_proposed and division.principal_fen else wait

    async def _propose_write_off(self, act: OfficerAct, proposal: ProposeWriteOff) -> Wait:
        """The maker's proposal waits for another person; it takes the place of an earlier one."""
        wait = self._decision()
        step = self._step(
            EventKind.WRITE_OFF_PROPOSED,
            wait=wait,
            decision=proposal.decision,
            amount=format_yuan(proposal.amount_fen),
            reason=proposal.reason,
        )
        await self._record(step)
        self._write_off = WriteOffProposal(proposal.decision, proposal.amount_fen, act.actor.id)
        self._reason = proposal.reason
        return wait

    async def _give_up(self, act: OfficerAct, approval: ApproveWriteOff) -> None:
        """The approval is on record, and by the desk in the books; on it, and not before, the loss is posted.

        The checker's task stays open until then: were his approval lost on its way into the books, his act sent again
        puts it there.
        """
        given_up = {"decision": approval.decision, "amount": format_yuan(approval.amount_fen)}
        await self._record(self._step(EventKind.WRITE_OFF_APPROVED, wait=self._decision(), told=given_up))
        step = self._step(EventKind.WRITTEN_OFF, stage=CaseStage.WRITTEN_OFF, told=given_up, reason=self._reason)
        request = contracts.WriteOff(
            step=step,
            amount_fen=approval.amount_fen,
            decision=approval.decision,
            approved_by=act.actor.id,
            evidence=act.id,
        )
        await self._commit(contracts.write_off, request, step, queue=Queue.MONEY)

    def _check(self, act: OfficerAct) -> None:
        check_recovery(act, RecoveryStanding(self._bridge.outstanding_fen, self._owed, self._write_off))
