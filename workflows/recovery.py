"""The story of money that did not come back in time: people pursue it until nothing is owed."""

from temporalio import workflow

from rulebook.bridges import Bridge
from rulebook.calendar import WorkCalendar
from rulebook.errors import XuqiaoError
from rulebook.measure import Measure
from rulebook.messages import BankMessage, ConcludeRecovery, OfficerAct, Receipt
from rulebook.money import format_yuan
from rulebook.stages import ActKind, CaseStage
from rulebook.values import Value
from workflows.case import Wait
from workflows.money_out import MoneyOut


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

    @workflow.init
    def __init__(self, start: RecoveryStart) -> None:
        super().__init__(start.case_no, start.fund, start.queues, CaseStage.RECOVERY)
        self._bridge, self._measure, self._calendar = start.bridge, start.measure, start.calendar
        self._booked |= set(start.booked)
        self._desk.keep(start.kept)

    @workflow.run
    async def run(self, start: RecoveryStart) -> CaseStage:
        """Receipts are booked as they come; the officer concludes when nothing is owed."""
        wait = self._pursuit()
        while True:
            match await self._next(wait):
                case BankMessage(body=Receipt() as receipt) as message:
                    await self._book(message, receipt, wait)
                case OfficerAct(body=ConcludeRecovery()):
                    await self._close()
                    await self._leave()
                    return CaseStage.CLOSED
                case None:
                    wait = self._pursuit()

    def _pursuit(self) -> Wait:
        """The manual task, looked at again after each period."""
        review = self._in_workdays(self._measure.deadlines.referral)
        return Wait(ActKind.CONCLUDE_RECOVERY, review, review)

    def _check(self, act: OfficerAct) -> None:
        if isinstance(act.body, ConcludeRecovery) and self._owed:
            raise XuqiaoError("act.still_owed", amount=format_yuan(self._owed, grouped=True))
