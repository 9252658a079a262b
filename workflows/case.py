"""What every story of a case does alike: wait with reminders, commit a step, show where the case stands."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from temporalio import workflow

from activities import contracts
from rulebook.acts import check_drawing
from rulebook.calendar import LAW_ZONE, WorkCalendar
from rulebook.events import EventKind
from rulebook.law.measure import Measure
from rulebook.messages import BankMessage, OfficerAct
from rulebook.stages import ActKind, CaseStage, MessageKind
from rulebook.steps import Outcome, Step
from rulebook.values import Value
from workflows.desk import CaseDesk, Knock
from workflows.policies import (
    BANK_TIMEOUT,
    DATABASE_TIMEOUT,
    PAPERS_HEARTBEAT,
    PAPERS_TIMEOUT,
    STAGE,
    TASK_DUE,
    UNTIL_IT_WORKS,
    Queue,
    queue_name,
)

Result = TypeVar("Result")


FIGURES = ("amount", "promised", "principal", "fee", "balance", "owed")
"""What of a step's detail stands in the summary of its activity."""


ROOM = timedelta(days=14)
"""More than any one working day can be away."""


class Wait(NamedTuple):
    """What a stage waits for: an act or message, due at a moment, and given up at the last call."""

    awaits: ActKind | MessageKind | None
    due: datetime
    last_call: datetime


class Case:
    """One case on its way; the stories of renewal and of recovery derive from it."""

    _measure: Measure
    _calendar: WorkCalendar

    def __init__(self, case_no: str, fund: str, queues: str, stage: CaseStage) -> None:
        self._case_no = case_no
        self._fund = fund
        self._queues = queues
        self._desk = CaseDesk(stage, self._check_any)
        self._in_hand: OfficerAct | BankMessage | None = None
        self._while_undrawn: Collection[ActKind | MessageKind] | None = None
        self._desk.listen()

    def _check_any(self, act: OfficerAct) -> None:
        check_drawing(act, self._while_undrawn)
        self._check(act)

    def _check(self, act: OfficerAct) -> None:
        """The story's own rules for an act, beyond stage and role; raises XuqiaoError."""

    # Time ------------------------------------------------------------------------------------------------------

    @property
    def _today(self) -> date:
        return workflow.now().astimezone(LAW_ZONE).date()

    def _in_workdays(self, days: int) -> datetime:
        """The close of business so many working days from today."""
        return self._close_of(self._workday(self._today, days))

    def _workday(self, day: date, count: int) -> date:
        """So many working days on, however long the money is out: a pursuit may last longer than the calendar."""
        return self._calendar.reaching(day + ROOM * (abs(count) + 1)).add_workdays(day, count)

    @property
    def _review_period(self) -> int:
        """Working days after which a task nobody did is looked at again.

        One at least, whatever the measure says: a wait that is over when it begins would begin again without end.
        """
        return max(1, self._measure.deadlines.referral)

    def _close_of(self, day: date) -> datetime:
        return self._calendar.moment(day, self._measure.cut_off)

    # Waiting ---------------------------------------------------------------------------------------------------

    def _waiting(self, awaits: ActKind | MessageKind | None, due: datetime, last_call: datetime) -> Wait:
        return Wait(awaits, min(due, last_call), last_call)

    async def _next(
        self,
        wait: Wait,
        only: Collection[ActKind | MessageKind] | None = None,
        or_when: Callable[[], bool] = lambda: False,
    ) -> OfficerAct | BankMessage | None:
        """The next act or message, with a reminder before it is due and an escalation when it was not done.

        Returns:
            what came, now in hand; None when the last call has passed or ``or_when`` holds.
        """
        self._in_hand = None
        self._while_undrawn = (only or ()) if wait.awaits is ActKind.DRAW_AGAIN else None
        while True:
            got = await self._desk.next(
                self._knocks(wait), only=only, or_when=lambda: or_when() or bool(self._desk.refused)
            )
            if isinstance(got, Knock):
                if got.at >= wait.last_call:
                    return None
                await self._tell_people(wait, got)
            elif got is None and self._desk.refused:
                refused = self._desk.refused[0]
                await self._record(self._step(EventKind.MESSAGE_REFUSED, cause=f"refused/{refused.id}", wait=wait))
            else:
                self._in_hand = got
                return got

    def _knocks(self, wait: Wait) -> list[Knock]:
        remind_on = self._workday(wait.due.astimezone(LAW_ZONE).date(), -self._measure.deadlines.remind_before)
        knocks = [
            Knock(self._close_of(remind_on), f"remind: {wait.awaits}"),
            Knock(wait.due, f"due: {wait.awaits}"),
            Knock(wait.last_call, f"last call: {wait.awaits}"),
        ]
        now = workflow.now()
        return [knock for knock in knocks[:-1] if now < knock.at < wait.last_call] + knocks[-1:]

    async def _tell_people(self, wait: Wait, knock: Knock) -> None:
        event = EventKind.ESCALATED if knock.at >= wait.due else EventKind.REMINDED
        await self._do(
            contracts.remind, self._step(event, cause=f"{event}/{wait.awaits}/{knock.at:%Y-%m-%d}", wait=wait)
        )

    # Committing ------------------------------------------------------------------------------------------------

    def _step(
        self,
        event: EventKind,
        *,
        stage: CaseStage | None = None,
        wait: Wait | None = None,
        cause: str | None = None,
        told: Mapping[str, object] | None = None,
        **detail: object,
    ) -> Step:
        """The step that the act or message in hand leaves in the case file.

        A named cause leaves what is in hand for a later step; without either, the event itself is the cause.
        """
        taken = (self._in_hand.id,) if self._in_hand and cause is None else ()
        return Step(
            case_no=self._case_no,
            fund=self._fund,
            cause=cause or (self._in_hand.id if self._in_hand else event.value),
            at=workflow.now(),
            event=event,
            stage=stage or self._desk.stage,
            awaits=wait.awaits if wait else None,
            due=wait.due if wait else None,
            actor=self._in_hand.actor if taken and self._in_hand else None,
            detail={name: str(value) for name, value in {**(told or {}), **detail}.items()},
            taken=taken,
            refused=self._desk.take_refused(),
        )

    async def _record(self, step: Step) -> None:
        await self._commit(contracts.record_step, step, step)

    async def _commit(
        self,
        contract: Callable[[Any], Result],
        request: Value,
        step: Step | Callable[[Result], Step],
        queue: str = Queue.CASES,
    ) -> Result:
        """Run the activity that writes the step, then let people see it.

        Where the activity decides between steps, ``step`` says which one its result means.
        """
        result = await self._do(contract, request, queue=queue)
        self._show(step if isinstance(step, Step) else step(result))
        return result

    async def _do(self, contract: Callable[[Any], Result], request: Value, queue: str = Queue.CASES) -> Result:
        timeout = {Queue.PAPERS: PAPERS_TIMEOUT, Queue.MONEY: BANK_TIMEOUT}.get(queue, DATABASE_TIMEOUT)
        return await workflow.execute_activity(
            contract,
            request,
            task_queue=queue_name(self._queues, queue),
            start_to_close_timeout=timeout,
            heartbeat_timeout=PAPERS_HEARTBEAT if queue == Queue.PAPERS else None,
            retry_policy=UNTIL_IT_WORKS,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=_summary(request),
        )

    def _show(self, step: Step) -> None:
        """Stage and task become visible outside: to those who acted, in the list of workflows and on its page."""
        if self._in_hand and self._in_hand.id in step.taken:
            self._in_hand = None
        moved = step.stage is not self._desk.stage
        self._desk.move_to(step.stage)
        self._desk.answer(step.taken, Outcome(stage=step.stage, event=step.event))
        if moved:
            due = TASK_DUE.value_set(step.due) if step.due else TASK_DUE.value_unset()
            workflow.upsert_search_attributes([STAGE.value_set(step.stage.value), due])
        workflow.set_current_details(_details(step))


def _summary(request: Value) -> str:
    """What an activity does, for the page of the workflow: the event it writes, where that leads, with its figures."""
    step = request if isinstance(request, Step) else getattr(request, "step", None)
    if not isinstance(step, Step):
        return ""
    figures = " ".join(f"{name} {value}" for name, value in step.detail.items() if name in FIGURES)
    return f"{step.event} → {step.stage} {figures}".rstrip()


def _details(step: Step) -> str:
    lines = [f"**{step.stage}** since {step.at.astimezone(LAW_ZONE):%Y-%m-%d %H:%M} ({step.event})"]
    if step.actor:
        lines.append(f"- last act: {step.actor.role}, {step.actor.organisation}")
    if step.awaits and step.due:
        lines.append(f"- waits for **{step.awaits}** until {step.due.astimezone(LAW_ZONE):%Y-%m-%d %H:%M}")
    lines += [f"- {name}: {value}" for name, value in step.detail.items()]
    return "\n".join(lines)
