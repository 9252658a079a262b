"""One case on its way: its inbox, its clock, its one state, and the steps it commits."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar, overload

from temporalio import workflow

from activities import contracts
from activities.contracts import Commitment, Contract, Request, Result, queue_name
from rulebook.acts import DATE_CORRECTIONS, DateProposal, judge
from rulebook.bridges import Bridge
from rulebook.calendar import LAW_ZONE
from rulebook.calendars.in_order import misdated
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.law.fees import Tariff
from rulebook.messages import Actor, ApproveDate, BankMessage, OfficerAct, ProposeDate, Receipt, kinds_of
from rulebook.money import Fen, format_yuan
from rulebook.stages import ActKind, CaseStage, Kind
from rulebook.steps import REFUSAL, Outcome, Step
from rulebook.values import Value
from workflows.clock import Clock, today
from workflows.inbox import UNREADABLE, Inbox, Reminder
from workflows.policies import HEARTBEATS, STAGE, TASK_DUE, TIMEOUTS, UNTIL_IT_WORKS
from workflows.state import CaseState, RecoveryState, RenewalState

FIGURES = ("amount", "promised", "principal", "fee", "balance", "owed")
"""What of a step's detail stands in the summary of its activity."""


State = TypeVar("State", bound=CaseState)
Body = TypeVar("Body", bound=Value)


@dataclass
class Wait:
    """What a stage waits for: an act or message, due at a moment, and given up at the last call.

    A change of the calendar moves it where it is heard, and so for whoever holds it.
    """

    awaits: Kind | None
    due: datetime
    last_call: datetime

    def move(self, moved: Callable[[datetime], datetime]) -> None:
        """Go by another calendar: what was due by the last call still is."""
        in_time = self.due <= self.last_call
        self.due, self.last_call = moved(self.due), moved(self.last_call)
        if in_time:
            self.due = min(self.due, self.last_call)


def wait_until(awaits: Kind | None, due: datetime, last_call: datetime) -> Wait:
    """Wait for something until it is due, or until the last call where that comes first."""
    return Wait(awaits, min(due, last_call), last_call)


class Case(Generic[State]):
    """What a story and its stages act through.

    Args:
        queues: prefix of the task queues.
        stage: where the case stands.
    Attributes:
        state: what is known of the case; the stage that opens it sets it, the stages after it change it.
        in_hand: the act or message taken up last, until a step that takes it is committed.
    """

    state: State

    def __init__(self, case_no: str, fund: str, queues: str, stage: CaseStage) -> None:
        self.case_no = case_no
        self.fund = fund
        self.queues = queues
        self.inbox = Inbox(stage, self._judge)
        self.in_hand: OfficerAct | BankMessage | None = None
        self._while_undrawn: Collection[Kind] | None = None
        self._due_told: datetime | None = None
        self.inbox.listen()

    @property
    def stage(self) -> CaseStage:
        """Where the case stands."""
        return self.inbox.stage

    @property
    def clock(self) -> Clock:
        """Deadlines by the law that the case is under now."""
        return Clock(self.state.measure, self.state.calendar)

    @property
    def actor(self) -> Actor:
        """Who said what is in hand."""
        return self._taken_up.actor

    @property
    def act_id(self) -> str:
        """The id of what is in hand: of its row, and of its update or message."""
        return self._taken_up.id

    @property
    def _taken_up(self) -> OfficerAct | BankMessage:
        assert self.in_hand is not None, "asked only about what was just taken up"
        return self.in_hand

    # Money out --------------------------------------------------------------------------------------------------

    @property
    def bridge(self) -> Bridge:
        """The fund's money, in stages that are entered only once it is out."""
        assert self.state.bridge is not None, "no money is out"
        return self.state.bridge

    @property
    def tariff(self) -> Tariff:
        """What the bridge costs, by a calendar that reaches today however long the money is out.

        Past its own calendar a case pays by the week, as the case file reckons too: a fee must not change with a
        program's edition.
        """
        return self.state.measure.tariff(self.state.calendar.reaching(today(), decreed=False))

    @property
    def owed_fen(self) -> Fen:
        """Principal and fee still to come today; nothing where no money is out."""
        return self.bridge.owed_fen(today(), self.tariff) if self.state.bridge else Fen(0)

    # Rules ------------------------------------------------------------------------------------------------------

    def _judge(self, act: OfficerAct) -> None:
        try:
            judge(act, self.stage, self._while_undrawn, self.state.standing(self.owed_fen), today())
        except XuqiaoError as refusal:
            if refusal.code not in ("act.date_too_early", "act.date_too_late") or _judges_dates():
                raise

    def _misdated(self, message: BankMessage) -> XuqiaoError | None:
        """What cannot be of a message's dates; those of money that came in are judged where it is booked."""
        if isinstance(message.body, Receipt):
            return None
        occurred_on = message.occurred_at.astimezone(LAW_ZONE).date()
        refusal = misdated(message.body, self.state.known_days(today()), occurred_on)
        return refusal if refusal and _judges_dates() else None

    # Waiting ---------------------------------------------------------------------------------------------------

    @overload
    async def hear(self, wait: Wait, wanted: type[Body], /) -> Body | None: ...

    @overload
    async def hear(self, wait: Wait, /, *wanted: type[Value]) -> Value | None: ...

    async def hear(self, wait: Wait, /, *wanted: type[Value]) -> Value | None:
        """Take up the next act or message of the kinds asked for; None when the last call has passed."""
        return await self.hear_or(lambda: False, wait, *wanted)

    async def hear_or(self, or_when: Callable[[], bool], wait: Wait, /, *wanted: type[Value]) -> Value | None:
        """Take up the next act or message, with a reminder before it is due and an escalation when it was not done.

        Args:
            or_when: something else that ends the wait.
            wanted: bodies to take up; acts and messages of other kinds stay in the inbox.
        Returns:
            the body of what came, which is now in hand; None when the last call has passed or ``or_when`` holds.
        """
        only = kinds_of(wanted)
        self.in_hand = None
        self._while_undrawn = only if wait.awaits is ActKind.DRAW_AGAIN else None
        if self._while_undrawn is None:
            only |= kinds_of(DATE_CORRECTIONS)
        while True:
            got = await self.inbox.next(
                self._reminders(wait),
                only,
                or_when=lambda: or_when() or self.inbox.has_news,
            )
            if isinstance(got, Reminder):
                if got.at >= wait.last_call:
                    return None
                await self._tell_people(wait, got)
            elif got is None and self.inbox.refused:
                await self.record_refused(wait)
            elif got is None and self.inbox.calendar_changed:
                await self._take_calendar(wait)
            elif got is None and self.inbox.books_moved and not or_when():
                await self.read_books(wait)
            elif got is None:
                return None
            elif isinstance(got, BankMessage) and (refusal := self._misdated(got)):
                self.inbox.refuse_message(got.id, refusal.code, **refusal.params)
            else:
                self.in_hand = got
                if not isinstance(got.body, DATE_CORRECTIONS):
                    return got.body
                await self._hear_date(got.body, wait)

    async def _hear_date(self, correction: ProposeDate | ApproveDate, wait: Wait) -> None:
        """A recorded date was wrong: one person proposes, another approves; the case goes on meanwhile, and afterwards
        by the true one."""
        state, detail = self.state, correction.correction.model_dump(mode="json")
        if isinstance(correction, ProposeDate):
            by = self.actor
            await self.record(self.step(EventKind.DATE_PROPOSED, wait=wait, detail=detail, reason=correction.reason))
            state.date_proposed = DateProposal(correction.correction, correction.reason, by.id, by.name)
            return
        assert state.date_proposed is not None, "what is approved was proposed"
        why = {"reason": state.date_proposed.reason, "proposed_by": state.date_proposed.maker_name}
        step = self.step(EventKind.DATE_CORRECTED, wait=wait, detail={**detail, **why})
        corrected = await self.commit(
            contracts.correct_date, contracts.CorrectDate(step=step, correction=correction.correction)
        )
        if corrected.refused:
            self.in_hand = None
            self.inbox.put_back_refused(step.refused)
            self.inbox.refuse_act(corrected.refused)
            return
        state.date_proposed = None
        state.redate(correction)
        if state.bridge is not None:
            state.bridge = state.bridge.model_copy(update={"returns": corrected.returns})

    async def _take_calendar(self, wait: Wait) -> None:
        """Days have become worked or off: what lies ahead is as many working days away as before, by the new days."""
        because, self.inbox.calendar_changed = self.inbox.calendar_changed, ""
        before, was_due = self.clock, wait.due
        calendar = await self.do(contracts.read_calendar, contracts.ReadCalendar(case_no=self.case_no))
        days = self.state.take_calendar(calendar)
        wait.move(lambda at: before.moved(at, self.clock, dict(days.values())))
        told = {name: f"{was} → {now}" for name, (was, now) in days.items() if was != now}
        if wait.due != was_due:
            told["due"] = " → ".join(f"{at.astimezone(LAW_ZONE):%Y-%m-%d %H:%M}" for at in (was_due, wait.due))
        if told:
            cause, detail = moment_of(EventKind.DEADLINES_MOVED), {**told, "notice": because}
            await self.record(self.step(EventKind.DEADLINES_MOVED, cause=cause, wait=wait, detail=detail))

    async def read_books(self, wait: Wait) -> None:
        """What the case knows of its money becomes what the books say: a line bore it out, or it was taken back."""
        self.inbox.books_moved = ""
        before = self.state.bridge
        self.look_at(await self.do(contracts.read_books_of_case, self._money_out))
        if self.state.bridge is not before:
            self.state.booked = (
                set()
            )  # a line that was taken back may be booked as what it is; the books know the others
            cause = moment_of(EventKind.RETURN_REVERSED)
            owed = format_yuan(self.owed_fen)
            await self.record(self.step(EventKind.RETURN_REVERSED, cause=cause, wait=wait, owed=owed))

    def look_at(self, books: contracts.BooksOfCase) -> None:
        """Keep what the books say; the days on which money came back stay those that the bank named, where they can."""
        self.state.provisional = books.provisional
        own, theirs = self.state.bridge, books.bridge
        if theirs and (own is None or _sums(own) != _sums(theirs)):
            self.state.bridge = theirs

    @property
    def _money_out(self) -> contracts.ReadMoneyOut:
        return contracts.ReadMoneyOut(case_no=self.case_no, fund=self.fund)

    def refuse(self, code: str, **params: str) -> None:
        """Refuse the message in hand; the next step puts the reason on its row."""
        self.inbox.refuse_message(self.act_id, code, **params)

    def _reminders(self, wait: Wait) -> list[Reminder]:
        before = -self.state.measure.deadlines.remind_before
        remind_on = self.clock.workday(wait.due.astimezone(LAW_ZONE).date(), before)
        reminders = [
            Reminder(self.clock.close_of(remind_on), f"remind: {wait.awaits}"),
            Reminder(wait.due, f"due: {wait.awaits}"),
            Reminder(wait.last_call, f"last call: {wait.awaits}"),
        ]
        now = workflow.now()
        return [each for each in reminders[:-1] if now < each.at < wait.last_call] + reminders[-1:]

    async def _tell_people(self, wait: Wait, reminder: Reminder) -> None:
        event = EventKind.ESCALATED if reminder.at >= wait.due else EventKind.REMINDED
        cause = f"{event}/{wait.awaits}/{reminder.at:%Y-%m-%d}"
        await self.do(contracts.remind, self.step(event, cause=cause, wait=wait))

    # Committing ------------------------------------------------------------------------------------------------

    def step(
        self,
        event: EventKind,
        *,
        stage: CaseStage | None = None,
        wait: Wait | None = None,
        cause: str | None = None,
        detail: Mapping[str, object] | None = None,
        **figures: object,
    ) -> Step:
        """Write down the step that the act or message in hand leaves in the case file.

        Args:
            stage: where the case stands after it; where it stands now, if none is given.
            wait: what it waits for from then on.
            cause: a named cause leaves what is in hand for a later step; without either, the event itself is the cause.
            detail, figures: what the event's sentence needs, shown as text.
        """
        taken = self.in_hand if cause is None else None
        return Step(
            case_no=self.case_no,
            fund=self.fund,
            cause=cause or (taken.id if taken else event.value),
            at=workflow.now(),
            event=event,
            stage=stage or self.stage,
            awaits=wait.awaits if wait else None,
            due=wait.due if wait else None,
            actor=taken.actor if taken else None,
            detail={name: str(value) for name, value in {**(detail or {}), **figures}.items()},
            taken=(taken.id,) if taken else (),
            refused=self.inbox.take_refused(),
        )

    async def record(self, step: Step) -> None:
        """Commit a step with which nothing else is written."""
        await self.commit(contracts.record_step, step)

    async def record_refused(self, wait: Wait | None = None) -> None:
        """Put on record what was refused and would wait too long for the next step."""
        first = self.inbox.refused[0]
        why = {}
        if first.code == UNREADABLE:  # it has no row: the log alone says why
            why = {REFUSAL: first.code, **{f"{REFUSAL}.{name}": value for name, value in first.params.items()}}
        await self.record(self.step(EventKind.MESSAGE_REFUSED, cause=f"refused/{first.id}", wait=wait, detail=why))

    async def commit(self, contract: Commitment[Request, Result], request: Request) -> Result:
        """Run the activity that writes a step, then let people see it."""
        result = await self.do(contract, request)
        if step := contract.written(request, result):
            self._show(step)
        return result

    async def do(self, contract: Contract[Request, Result], request: Request) -> Result:
        """Run an activity until it succeeds."""
        return await workflow.execute_activity(
            contract.stub,
            request,
            task_queue=queue_name(self.queues, contract.queue),
            start_to_close_timeout=TIMEOUTS[contract.queue],
            heartbeat_timeout=HEARTBEATS.get(contract.queue),
            retry_policy=UNTIL_IT_WORKS,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=_summary(contracts.step_of(request)),
        )

    def _show(self, step: Step) -> None:
        """Stage and task become visible outside: to those who acted, in the list of workflows and on its page."""
        if self.in_hand and self.in_hand.id in step.taken:
            self.in_hand = None
        moved = step.stage is not self.stage
        self.inbox.move_to(step.stage)
        self.inbox.answer(step.taken, Outcome(stage=step.stage, event=step.event))
        if step.stage is CaseStage.RECOVERY and not moved:
            self.tell_due(step.due)
        if moved:
            due = TASK_DUE.value_set(step.due) if step.due else TASK_DUE.value_unset()
            workflow.upsert_search_attributes([STAGE.value_set(step.stage.value), due])
        workflow.set_current_details(_details(step))

    def tell_due(self, due: datetime | None) -> None:
        """When the task of a pursuit is due, in the list of workflows: no change of stage tells it there."""
        if due is not None and due != self._due_told and workflow.patched("due-of-a-pursuit"):
            self._due_told = due
            workflow.upsert_search_attributes([TASK_DUE.value_set(due)])


def _judges_dates() -> bool:
    """Whether dates are held against their bounds: cases that took one up before they were go on as they did."""
    return workflow.unsafe.is_read_only() or workflow.patched("dates-in-order")


RenewalCase = Case[RenewalState]
RecoveryCase = Case[RecoveryState]


def moment_of(event: EventKind) -> str:
    """A cause of its own for each time that an event happens which nobody's act or message causes."""
    return f"{event}/{workflow.now():%Y-%m-%dT%H:%M:%S.%f}"


def _sums(bridge: Bridge) -> tuple[int, int]:
    return bridge.outstanding_fen, bridge.fee_received_fen


def _summary(step: Step | None) -> str:
    """What an activity does, for the page of the workflow: the event it writes, where that leads, with its figures."""
    if step is None:
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
