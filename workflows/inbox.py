"""The inbox of one case: where acts and messages arrive and wait until the story takes them up."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import NamedTuple, NoReturn, TypeVar

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from rulebook.errors import XuqiaoError
from rulebook.messages import BankMessage, OfficerAct
from rulebook.stages import ActKind, CaseStage, Fit, Kind, MessageKind, fit
from rulebook.steps import (
    BOOKS_MOVED,
    CALENDAR_CHANGED,
    POOL_GRANTED,
    BooksMoved,
    CalendarChanged,
    Outcome,
    PoolGranted,
    Refusal,
)
from rulebook.values import Value

MOST_WAITING = 500
"""Messages that may lie in one inbox for a later stage; the doors let in fewer."""
MOST_HANDED_OVER = 20
"""Of them go along when another workflow is started; the others follow it one by one, for a start has little room."""
MOST_REMEMBERED = 500
"""Ids of messages that a story takes along when it begins anew."""
UNREADABLE = "message.unreadable"

Signalled = TypeVar("Signalled", bound=Value)


class Reminder(NamedTuple):
    """A moment on the way to a deadline at which somebody is told."""

    at: datetime
    summary: str


class Inbox:
    """Acts and messages of one case, in the order they came.

    Handlers only put things down here; the story's one loop takes them up.

    Args:
        stage: where the case stands.
        judge: whether an act can be done where the case stands; raises XuqiaoError.
    """

    def __init__(self, stage: CaseStage, judge: Callable[[OfficerAct], None]) -> None:
        self.stage = stage
        self.granted: set[int] = set()
        self.books_moved = ""
        self.calendar_changed = ""
        self.refused: list[Refusal] = []
        self._waiting = False
        self._closed = False
        self._judge = judge
        self._unjudged = False
        self._acts: list[OfficerAct] = []
        self._answers: dict[str, Outcome | XuqiaoError] = {}
        self._messages: list[BankMessage] = []
        self._seen: dict[str, None] = {}

    def listen(self) -> None:
        """Open the doors: one Update for each act, one Signal for each message."""
        for act in ActKind:
            workflow.set_update_handler(act.value, self._act_arrives, validator=self._may_act)
        for message in MessageKind:
            workflow.set_signal_handler(message.value, self._takes(message, BankMessage, self._message_arrives))
        workflow.set_signal_handler(POOL_GRANTED, self._takes(POOL_GRANTED, PoolGranted, self._pool_grants))
        workflow.set_signal_handler(BOOKS_MOVED, self._takes(BOOKS_MOVED, BooksMoved, self._books_move))
        changed = self._takes(CALENDAR_CHANGED, CalendarChanged, self._calendar_changes)
        workflow.set_signal_handler(CALENDAR_CHANGED, changed)

    # Arrival ---------------------------------------------------------------------------------------------------

    def _takes(
        self, signal: str, kind: type[Signalled], arrives: Callable[[Signalled], None]
    ) -> Callable[[RawValue], None]:
        """A handler that hands on what it can read.

        Whatever else stands in a signal is refused once, with what was wrong with it: a handler that fails would fail
        the case's every turn from then on.
        """

        def take_in(raw: RawValue) -> None:
            try:
                read = workflow.payload_converter().from_payload(raw.payload, kind)
                wrong = "" if isinstance(read, kind) else type(read).__name__
            except Exception as error:  # of any kind: what a converter raises is its own affair
                wrong = str(error).partition("\n")[0][:200]
            if wrong:
                self._refuse_unreadable(signal, wrong)
            else:
                arrives(read)

        return take_in

    def _refuse_unreadable(self, signal: str, wrong: str) -> None:
        """It has no row on which its reason could stand, and so it stands in the log: once, however many come."""
        named = f"unreadable/{signal}"
        if named not in self._seen:
            self._seen[named] = None
            self.refuse_message(named, UNREADABLE, signal=signal, reason=wrong)

    def _may_act(self, act: OfficerAct) -> None:
        """Refuse at once what cannot be.

        While the story is at work on a step, people may see its stage before it does: the act is judged when it is
        taken up.
        """
        if not isinstance(act, OfficerAct):  # null reaches a handler as it is
            refuse_update(XuqiaoError("act.unreadable"))
        if self._closed:
            refuse_update(self._nobody_takes(act))
        if not self._waiting:
            return
        try:
            self._judge(act)
        except XuqiaoError as error:
            refuse_update(error)

    async def _act_arrives(self, act: OfficerAct) -> Outcome:
        self._acts.append(act)
        self._unjudged = True
        await workflow.wait_condition(lambda: act.id in self._answers)
        answer = self._answers[act.id]
        if isinstance(answer, XuqiaoError):
            refuse_update(answer)
        return answer

    def _message_arrives(self, message: BankMessage) -> None:
        if message.id in self._seen:
            return
        self._seen[message.id] = None
        if fit(self.stage, message.body.kind) is Fit.IMPOSSIBLE:
            self._too_late(message)
        elif len(self._messages) >= MOST_WAITING:
            self.refuse_message(message.id, "message.too_many", count=str(MOST_WAITING), most=str(MOST_WAITING))
        else:
            self._messages.append(message)

    def _pool_grants(self, grant: PoolGranted) -> None:
        self.granted.add(grant.attempt)

    def _books_move(self, move: BooksMoved) -> None:
        self.books_moved = move.because

    def _calendar_changes(self, change: CalendarChanged) -> None:
        self.calendar_changed = change.because

    # Taking up -------------------------------------------------------------------------------------------------

    def take(self, only: Collection[Kind]) -> OfficerAct | BankMessage | None:
        """The first message or act that the stage can take now; an act that has meanwhile become wrong is refused.

        What the bank has told comes first: no officer decides on a promise that is already taken back.
        """
        for message in self._messages:
            if self._is_due(message, only):
                self._messages.remove(message)
                return message
        for act in tuple(self._acts):
            if not self._still_fits(act):
                self._acts.remove(act)
            elif act.body.kind in only:
                self._acts.remove(act)
                return act
        self._unjudged = False
        return None

    async def next(
        self,
        reminders: Sequence[Reminder],
        only: Collection[Kind],
        or_when: Callable[[], bool] = lambda: False,
    ) -> OfficerAct | BankMessage | Reminder | None:
        """Wait for the next act or message, or for the first of the given moments.

        Args:
            reminders: moments in rising order; the first that lies ahead ends the wait and is returned.
            only: kinds to take up; others stay in the inbox.
            or_when: something else that ends the wait, with None.
        """

        def something() -> bool:
            return or_when() or self._unjudged or any(self._is_due(m, only) for m in self._messages)

        while True:
            if taken := self.take(only):
                return taken
            if or_when():
                return None
            reminder = reminders[0]
            seconds = (reminder.at - workflow.now()).total_seconds()
            if seconds <= 0:
                return reminder
            self._waiting = True
            try:
                await workflow.wait_condition(something, timeout=seconds, timeout_summary=reminder.summary)
            except TimeoutError:
                return reminder
            finally:
                self._waiting = False

    def _still_fits(self, act: OfficerAct) -> bool:
        try:
            self._judge(act)
        except XuqiaoError as error:
            self._answers[act.id] = error
            return False
        return True

    def _is_due(self, message: BankMessage, only: Collection[Kind]) -> bool:
        kind = message.body.kind
        return fit(self.stage, kind) is Fit.DUE and kind in only

    # Answering -------------------------------------------------------------------------------------------------

    def answer(self, ids: Collection[str], outcome: Outcome) -> None:
        """What was committed is now known to those who acted."""
        for act_id in ids:
            self._answers[act_id] = outcome

    def refuse_act(self, refusal: Refusal) -> None:
        """What was taken up could not be committed; whoever acted learns why."""
        self._answers[refusal.id] = XuqiaoError(refusal.code, **refusal.params)

    def move_to(self, stage: CaseStage) -> None:
        """The case stands in another stage: a message that can no longer mean anything is refused, with its reason.

        Acts are judged when the story takes up the next one, and not before: only then does it know all that the step
        has changed.
        """
        self.stage = stage
        for message in [m for m in self._messages if fit(stage, m.body.kind) is Fit.IMPOSSIBLE]:
            self._messages.remove(message)
            self._too_late(message)

    def close(self) -> None:
        """The story is over: acts that nobody takes up any more are refused."""
        self._closed = True
        for act in self._acts:
            self._answers[act.id] = self._nobody_takes(act)
        self._acts.clear()

    def _nobody_takes(self, act: OfficerAct) -> XuqiaoError:
        return XuqiaoError("act.not_in_stage", act=act.body.kind, stage=self.stage, open="-")

    def hand_over(self) -> tuple[BankMessage, ...]:
        """The first messages that wait for a stage of another workflow of the same case; they leave this inbox."""
        left, self._messages = tuple(self._messages[:MOST_HANDED_OVER]), self._messages[MOST_HANDED_OVER:]
        return left

    def hand_over_news(self) -> list[tuple[str, BooksMoved | CalendarChanged]]:
        """What was said of the books and the calendar and not taken in yet, by signal; it leaves this inbox."""
        news: list[tuple[str, BooksMoved | CalendarChanged]] = []
        if self.calendar_changed:
            news.append((CALENDAR_CHANGED, CalendarChanged(because=self.calendar_changed)))
        if self.books_moved:
            news.append((BOOKS_MOVED, BooksMoved(because=self.books_moved)))
        self.calendar_changed = self.books_moved = ""
        return news

    def keep_on(self, messages: Collection[BankMessage]) -> None:
        """Messages that could not be handed over lie here as before."""
        self._messages[:0] = messages

    def remember(self, ids: Collection[str]) -> None:
        """What an earlier run of the same story has heard is not heard again."""
        self._seen = {**dict.fromkeys(ids), **self._seen}

    @property
    def lately_heard(self) -> tuple[str, ...]:
        """Ids of the latest messages: a delivery that is repeated comes soon, or its row answers."""
        return tuple(self._seen)[-MOST_REMEMBERED:]

    @property
    def has_news(self) -> bool:
        """Whether the books, the calendar or a refusal ask for a step of their own."""
        return bool(self.books_moved or self.refused or self.calendar_changed)

    @property
    def is_idle(self) -> bool:
        """Whether nothing lies here that somebody waits for, and nothing that must still go on record."""
        return not (self._acts or self._messages or self.has_news)

    @property
    def holds_messages(self) -> bool:
        """Whether messages lie here that nobody has taken up."""
        return bool(self._messages)

    def take_refused(self) -> tuple[Refusal, ...]:
        """Refusals not yet on record; the next step records them."""
        refused, self.refused = tuple(self.refused), []
        return refused

    def put_back_refused(self, refused: Collection[Refusal]) -> None:
        """The step that should have recorded them was not committed."""
        self.refused[:0] = refused

    def keep(self, messages: Collection[BankMessage]) -> None:
        """Messages handed over by an earlier workflow of the same case."""
        for message in messages:
            self._message_arrives(message)

    def refuse_message(self, message_id: str, code: str, **params: str) -> None:
        """The message cannot be taken; the next step puts the reason on its row."""
        self.refused.append(Refusal(id=message_id, code=code, params=params))

    def _too_late(self, message: BankMessage) -> None:
        self.refuse_message(message.id, "message.impossible", kind=message.body.kind.value, stage=self.stage.value)


def refuse_update(error: XuqiaoError) -> NoReturn:
    """Refuse an act: the code is the failure's type, the parameters its details."""
    raise ApplicationError(str(error), error.params, type=error.code, non_retryable=True) from error
