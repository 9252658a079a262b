"""One case told on the real Temporal server with skipped time; its activities are played, so no database is needed."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from inspect import isawaitable
from typing import Any, TypeVar, get_type_hints

import pytest
from temporalio import activity
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities import contracts
from activities.contracts import Commitment, Contract, Queue, Request, Result, queue_name
from activities.law.calendars import shanghai_today
from activities.law.measures import measure_from
from rulebook.calendar import LAW_ZONE, CalendarDay, WorkCalendar, calendar_from_days
from rulebook.cases import BankAnswer, CaseFacts, Promise, PromiseRung, renewal_id
from rulebook.law.measure import Measure
from rulebook.messages import (
    ActBody,
    Actor,
    Approve,
    BankMessage,
    ChecklistItem,
    MessageBody,
    OfficerAct,
    Opinion,
    Propose,
    RecordSigning,
    Release,
)
from rulebook.money import yuan
from rulebook.stages import ACT_ROLES, CaseStage, Role
from rulebook.steps import Outcome, Step
from runtime.temporal import sandbox
from tests.builders import a_micro_manufacturer
from tests.rulebook.standings import OPERATOR
from workflows.recovery import Recovery
from workflows.renewal import CaseStart, Renewal

FUND = "DH"
AMOUNT = yuan(5_000_000)
OPENING = time(9)
IDLE_TIMES = 2
ENDS_WITHIN_SECONDS = 30
CONTRACTS = tuple(each for each in vars(contracts).values() if isinstance(each, Contract))
BANK = Actor(id="qian", name="钱贷", role=Role.BANK_CLERK, organisation="晶都农村商业银行")

Ended = TypeVar("Ended")
_NUMBERS = itertools.count(1)


def next_monday() -> date:
    """The first day of the stories: the Monday after today."""
    today = shanghai_today()
    return today + timedelta(days=7 - today.weekday())


def weekdays(*off: date, worked: Collection[date] = ()) -> WorkCalendar:
    """A calendar in which Monday to Friday work, but for some days off and some worked, far enough on both sides."""
    first = next_monday().toordinal()
    days = (date.fromordinal(first + n) for n in range(-60, 200))
    return calendar_from_days(
        CalendarDay(day, works=day in worked or (day.weekday() < 5 and day not in off), official=True) for day in days
    )


def a_promise(**changed: Any) -> Promise:
    """A firm promise of six million."""
    terms: dict[str, Any] = {
        "rung": PromiseRung.APPROVED,
        "amount_fen": yuan(6_000_000),
        "valid_until": next_monday() + timedelta(days=60),
        "reference": "承〔2026〕1号",
        "signatory": "沈喆 副行长",
        "authority_fen": yuan(10_000_000),
    }
    return Promise.model_validate(terms | changed)


class Story:
    """A renewal that begins on a Monday morning; its loan falls due on the Friday of that week, unless said.

    Args:
        facts: what was filed.
    Attributes:
        asked: every activity that was called, by name, with its request.
        answers: what an activity answers in place of what all is well would answer; at once, or when it is awaited.
    """

    def __init__(self, server: WorkflowEnvironment, facts: CaseFacts | None = None) -> None:
        self._server = server
        self.case_no = f"DH-T-{next(_NUMBERS)}"
        self._queues = f"story-{id(self)}"
        self._acts = itertools.count(1)
        self.measure: Measure = measure_from("donghai/2025-08-17", OPERATOR.read_text(encoding="utf-8"))
        self.monday = next_monday()
        maturity = self.monday + timedelta(days=4)
        self.facts = facts or a_micro_manufacturer(maturity=maturity).facts(shanghai_today())
        self.asked: list[tuple[str, Any]] = []
        self.answers: dict[str, Callable[[Any], Any]] = {
            "open_case": lambda _: contracts.OpenedCase(
                facts=self.facts, measure=self.measure, calendar=weekdays(), template_digest="templates"
            ),
            "read_measure": lambda _: self.measure,
            "read_templates": lambda _: "templates",
            "approve_and_reserve": lambda _: contracts.Reservation(granted=True),
            "pay_out": lambda request: contracts.PayOutResult(paid=True, paid_on=day_of(request.step)),
            "book_return": lambda _: contracts.Booking(),
            "stand_on_statement": lambda _: contracts.BooksOfCase(bridge=None),
            "read_books_of_case": lambda _: contracts.BooksOfCase(bridge=None),
        }

    @asynccontextmanager
    async def told(self) -> AsyncIterator["Story"]:
        """The story with its workers at work, begun on its Monday at nine."""
        workers = [self._worker(queue) for queue in Queue]
        for worker in workers:
            await worker.__aenter__()
        try:
            opening = datetime.combine(self.monday, OPENING, LAW_ZONE) - datetime.now(LAW_ZONE)
            self.handle: WorkflowHandle[Any, Any] = await self._server.client.start_workflow(
                Renewal.run,
                CaseStart(case_no=self.case_no, fund=FUND, queues=self._queues),
                id=renewal_id(FUND, self.case_no),
                task_queue=queue_name(self._queues, Queue.CASES),
                start_delay=opening,
            )
            await self.passes(opening)
            async with asyncio.timeout(ENDS_WITHIN_SECONDS):
                while not self.asked:  # a start that was put off is handed on by the server in its own time
                    await asyncio.sleep(0.01)
            await self.quiet()
            yield self
        finally:
            for worker in workers:
                await worker.__aexit__(None, None, None)

    def _worker(self, queue: Queue) -> Worker:
        return Worker(
            self._server.client,
            task_queue=queue_name(self._queues, queue),
            workflows=[Renewal, Recovery] if queue is Queue.CASES else [],
            workflow_runner=sandbox(),
            activities=[self._played(contract) for contract in CONTRACTS if contract.queue is queue],
        )

    def _played(self, contract: Contract[Request, Result]) -> Callable[..., Any]:
        async def play(request: Any) -> Any:
            self.asked.append((contract.name, request))
            answer = self.answers.get(contract.name)
            given = answer(request) if answer else None
            return await given if isawaitable(given) else given

        play.__annotations__ = get_type_hints(contract.stub)
        return activity.defn(name=contract.name)(play)

    # What people and banks do -----------------------------------------------------------------------------------

    async def act(self, body: ActBody, by: str | None = None) -> Outcome:
        """An officer's act; every role is another person, unless one is named."""
        role = ACT_ROLES[body.kind]
        actor = Actor(id=by or role.value, name=by or role.value, role=role, organisation="承办主体")
        act = OfficerAct(id=f"{self.case_no}/{next(self._acts)}", actor=actor, body=body)
        outcome: Outcome = await self.handle.execute_update(body.kind.value, act, id=act.id, result_type=Outcome)
        await self.quiet()
        return outcome

    async def refused(self, body: ActBody, by: str | None = None) -> str:
        """The code with which an act is refused."""
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await self.act(body, by)
        assert isinstance(failed.value.cause, ApplicationError)
        return failed.value.cause.type or ""

    async def tell(self, body: MessageBody) -> str:
        """A bank's message; returns its id."""
        message = BankMessage(
            id=f"{self.case_no}/m{next(self._acts)}", actor=BANK, occurred_at=datetime.now(LAW_ZONE), body=body
        )
        await self.handle.signal(body.kind.value, message)
        await self.quiet()
        return message.id

    async def passes(self, span: timedelta) -> None:
        """Let time pass for this case."""
        await self._server.fast_forward(self.handle, span)
        await self.quiet()

    async def outcome(self, kind: type[Ended]) -> Ended:
        """What the story ends with; it must have come to its end."""
        handle = self._server.client.get_workflow_handle(self.handle.id, result_type=kind)
        return await asyncio.wait_for(handle.result(), ENDS_WITHIN_SECONDS)

    def goes_on_as(self, workflow_id: str) -> None:
        """From here on acts and messages go to another workflow of the same case."""
        self.handle = self._server.client.get_workflow_handle(workflow_id)

    async def quiet(self) -> None:
        """Wait until the case has done all that it can do without more; idle twice, for it may just be handed on."""
        idle = 0
        while idle < IDLE_TIMES:
            idle = 0 if await self._at_work() else idle + 1
            await asyncio.sleep(0.01)

    async def _at_work(self) -> bool:
        raw = (await self.handle.describe()).raw_description
        return raw.HasField("pending_workflow_task") or bool(raw.pending_activities)

    # The way there ----------------------------------------------------------------------------------------------

    async def promised(self) -> None:
        """The bank answers that it lends anew once it is repaid, and promises it."""
        await self.tell(Opinion(answer=BankAnswer.REPAY_THEN_LEND, promise=a_promise()))

    async def approved(self) -> None:
        """Promised, proposed by the maker, approved by the checker."""
        await self.promised()
        await self.act(Propose(amount_fen=AMOUNT))
        await self.act(Approve(terms_digest=self.last(contracts.record_proposal).terms_digest))

    async def ready(self) -> None:
        """Approved, signed, and the release day has come."""
        await self.approved()
        await self.act(RecordSigning(signed_on=self.monday, return_path_confirmed=True))
        await self.passes(timedelta(days=3))

    async def paid(self) -> None:
        """Ready, and released by the cashier."""
        await self.ready()
        await self.act(Release(confirmed=tuple(ChecklistItem), balance_fen=self.facts.loan.balance_fen))

    # What was done ----------------------------------------------------------------------------------------------

    def all(self, contract: Contract[Request, Result]) -> list[Request]:
        """Every request of one activity."""
        return [request for name, request in self.asked if name == contract.name]

    def last(self, contract: Contract[Request, Result]) -> Request:
        """The last request of one activity."""
        return self.all(contract)[-1]

    @property
    def steps(self) -> list[Step]:
        """Every step that was committed, in order; of a payment or papers, the step for when all goes well."""
        committing = {each.name for each in CONTRACTS if isinstance(each, Commitment)}
        found = [contracts.step_of(request) for name, request in self.asked if name in committing]
        return [step for step in found if step is not None]

    @property
    def events(self) -> list[str]:
        """The events of those steps."""
        return [step.event.value for step in self.steps]

    def stage(self) -> CaseStage:
        """Where the case stands after the last of them."""
        return self.steps[-1].stage


def day_of(step: Step) -> date:
    """The law's day of a step."""
    return step.at.astimezone(LAW_ZONE).date()
