"""The relay: takes what PostgreSQL decided to Temporal, as often as it needs; no door ever waits for either."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.cases.troubles import look, look_for_lost_approvals
from activities.contracts import Queue, queue_name
from models.cases.acts import ActState, decide
from models.cases.case_file import routes_of
from models.cases.troubles import TroubleKind, notice, over
from models.database import listening_url
from models.outbox import CHANNEL, DeliveryKind, Outbox, Taken, give_back, is_still_mine, put_off, settle, take
from rulebook.errors import XuqiaoError
from rulebook.stages import ENDS, CaseStage
from runtime.daily import open_due_days
from runtime.logs import configure
from runtime.settings import load_settings
from runtime.wiring import Services, stop_on_signal
from workflows.policies import BANK, CASE_NUMBER, FUND, STAGE
from workflows.recovery import Recovery, RecoveryStart
from workflows.renewal import CaseStart, Renewal

log = logging.getLogger(__name__)

BATCH = 64
LOOK_AGAIN_SECONDS = 1.0
PAUSE_SECONDS = 0.5
RPC_TIME = timedelta(seconds=10)
BATCH_TIME = 15.0
"""Seconds for one batch, from before its cases are taken in hand: the others' receipts wait as long."""
LET_GO_SECONDS = 5.0
"""So long before a case may be another's does a relay let go of it, also one that was frozen meanwhile."""
APPROVALS_SECONDS = 60.0
STORIES_SECONDS = 600.0
"""Between two looks: one reads the database alone, the other asks Temporal about every open case."""

_MOST_SHOWN = 60
AWAY = frozenset(
    {
        *(RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED),
        *(RPCStatusCode.RESOURCE_EXHAUSTED, RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.PERMISSION_DENIED),
    }
)
"""What a server says that is away, busy or not ours: it may pass, and the delivery itself is well."""
REFUSED = frozenset(
    {
        *(RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.OUT_OF_RANGE),
        *(RPCStatusCode.ALREADY_EXISTS, RPCStatusCode.UNIMPLEMENTED),
    }
)
"""What a server says of the delivery itself, and would say again; whatever else it says may pass."""
SAY_SO_AFTER = 5
"""Tries after which people are told of a delivery that fails, and one that Temporal refuses is given up."""


class Undeliverable(XuqiaoError):
    """The delivery can never arrive: its case is not there any more."""


class StoryGone(XuqiaoError):
    """The case has not ended and its workflow has: what is meant for it waits until people have mended that."""


class StoryTaken(XuqiaoError):
    """Another workflow stands where the case's own should begin: it waits until people have mended that."""


_OF_PEOPLE: Mapping[type[Exception], TroubleKind] = {
    StoryGone: TroubleKind.STORY_GONE,
    StoryTaken: TroubleKind.STORY_TAKEN,
}
"""What people are told of at once, and what is tried again until they have mended it."""


@dataclass
class Delivered:
    """What became of the deliveries of one case: ``stopped`` is the first that failed, and those behind it wait."""

    arrived: list[int] = field(default_factory=list)
    never: dict[int, Undeliverable] = field(default_factory=dict)
    stopped: Outbox | None = None
    by: Exception | None = None

    @property
    def server_away(self) -> bool:
        """Whether nothing arrived for a reason that says nothing of the case."""
        away = isinstance(self.by, TimeoutError) or (isinstance(self.by, RPCError) and self.by.status in AWAY)
        return away and not self.arrived and not self.never


class Relay:
    """Delivers the outbox in order for each case, and several cases at a time; any number of relays may run.

    Args:
        services: where the outbox is.
        client: of the Temporal service.
    """

    batch_time = BATCH_TIME

    def __init__(self, services: Services, client: Client) -> None:
        self._services = services
        self._client = client
        self._next: dict[str, float] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until told to stop, open each business day, and look for cases whose story is gone.

        Servers that are away are waited for. Whatever else goes wrong in one of these is logged and tried again: none
        of them may keep the others from their work.
        """
        while not stop.is_set():
            try:
                async with await self._listen() as bell:
                    while not stop.is_set():
                        await self._try("the business day", self._open_days)
                        while await self.deliver_some():
                            pass
                        await self._try("the look at approvals", self._look_at_approvals)
                        await self._try("the look at stories", self._look_at_stories)
                        async for _ in bell.notifies(timeout=LOOK_AGAIN_SECONDS, stop_after=1):
                            pass
            except (psycopg.Error, DBAPIError, RPCError, TimeoutError) as away:
                log.warning("relay waits: %s", type(away).__name__)
                await asyncio.sleep(PAUSE_SECONDS)
            except Exception:
                log.exception("relay goes on")
                await asyncio.sleep(PAUSE_SECONDS)

    async def _try(self, what: str, do: Callable[[], Awaitable[None]]) -> None:
        try:
            await do()
        except (psycopg.Error, DBAPIError, RPCError):
            raise
        except Exception:
            log.exception("relay goes on without %s", what)

    async def _open_days(self) -> None:
        with self._services.sessions.begin() as session:
            open_due_days(session)

    async def _look_at_approvals(self) -> None:
        if self._is_time_for("approvals", APPROVALS_SECONDS):
            await asyncio.to_thread(look_for_lost_approvals, self._services.sessions.begin, None)

    async def _look_at_stories(self) -> None:
        if self._is_time_for("stories", STORIES_SECONDS):
            await look(self._services.sessions.begin, self._client)

    def _is_time_for(self, what: str, every: float) -> bool:
        now = asyncio.get_running_loop().time()
        if now < self._next.get(what, 0.0):
            return False
        self._next[what] = now + every
        return True

    async def deliver_some(self) -> int:
        """Deliver one batch. What fails is put off for its own case alone.

        Returns:
            how many deliveries were settled.
        Raises:
            RPCError, TimeoutError: Temporal is away; what was not settled stays open.
        """
        until = asyncio.get_running_loop().time() + self.batch_time
        cases, routes = await asyncio.to_thread(self._take)
        if not cases:
            return 0
        results = await asyncio.gather(
            *(self._deliver(taken.deliveries, routes.get(taken.case_no), until) for taken in cases)
        )
        if all(result.server_away for result in results):
            await asyncio.to_thread(self._give_back, cases)
            assert results[0].by is not None, "that is why"
            raise results[0].by
        return await asyncio.to_thread(self._settle, cases, results)

    def _take(self) -> tuple[list[Taken], dict[str, dict[str, str]]]:
        """Cases to deliver to, with their routes; no transaction lasts for as long as Temporal takes to answer."""
        with self._services.sessions.begin() as session:
            cases = take(session, BATCH, self.batch_time + LET_GO_SECONDS)
            return cases, routes_of(session, {taken.case_no for taken in cases})

    def _give_back(self, cases: list[Taken]) -> None:
        with self._services.sessions.begin() as session:
            for taken in cases:
                give_back(session, taken)

    def _settle(self, cases: list[Taken], results: list[Delivered]) -> int:
        """Put on record what became of deliveries; how many are settled."""
        settled = 0
        with self._services.sessions.begin() as session:
            for taken, result in zip(cases, results, strict=True):
                # Whoever took the case over delivers what did not arrive, and what did arrive once more.
                if result.stopped is not None and is_still_mine(session, taken):
                    self._put_off(session, result, result.stopped)
                settle(session, result.arrived, {each: refusal.code for each, refusal in result.never.items()})
                for delivery in taken.deliveries:
                    assert delivery.id is not None
                    if delivery.id in result.never and delivery.message_id:
                        refusal = result.never[delivery.id].as_data()
                        decide(session, delivery.message_id, ActState.REFUSED, refusal, message=True)
                    if delivery.tries and delivery.id in result.arrived:
                        for kind in (*_OF_PEOPLE.values(), TroubleKind.UNDELIVERABLE):
                            over(session, delivery.case_no, kind)
                settled += len(result.arrived) + len(result.never)
        return settled

    def _put_off(self, session: Session, result: Delivered, delivery: Outbox) -> None:
        """One case's failure is that case's: it waits longer each time, and people are told before long.

        What Temporal itself refuses again and again, or cannot even be sent, is given up, with the reason on its row.
        """
        assert delivery.id is not None
        error, case_no = result.by, delivery.case_no
        tries = put_off(session, delivery.id)
        log.warning("delivery %s of %s failed: %s", delivery.id, case_no, type(error).__name__)
        if isinstance(error, StoryGone | StoryTaken):
            notice(session, case_no, _OF_PEOPLE[type(error)], **error.params)
            return
        if tries < SAY_SO_AFTER:
            return
        reason = str(error).partition("\n")[0][:200]
        notice(session, case_no, TroubleKind.UNDELIVERABLE, reason=reason)
        if error.status in REFUSED if isinstance(error, RPCError) else not isinstance(error, TimeoutError):
            result.never[delivery.id] = Undeliverable("message.undeliverable", case=case_no, reason=reason)

    async def _deliver(self, deliveries: list[Outbox], route: dict[str, str] | None, until: float) -> Delivered:
        """Deliver what waits for one case, in order, up to the first that fails, or until a moment of the loop."""
        done = Delivered()
        try:
            async with asyncio.timeout_at(until):
                for delivery in deliveries:
                    done.stopped = delivery
                    if asyncio.get_running_loop().time() >= until:  # before a word leaves, not when it is on its way
                        raise TimeoutError
                    await self._deliver_one(delivery, route, done)
        except Exception as error:  # whatever it is, it is this case's and no other's
            done.by = error
        else:
            done.stopped = None
        return done

    async def _deliver_one(self, delivery: Outbox, route: dict[str, str] | None, done: Delivered) -> None:
        assert delivery.id is not None
        try:
            if route is None:
                raise Undeliverable("message.unknown_case", case=delivery.case_no)
            match DeliveryKind(delivery.errand):
                case DeliveryKind.START:
                    await self._start(delivery, route)
                case DeliveryKind.PURSUE:
                    await self._pursue(delivery, route)
                case DeliveryKind.SIGNAL:
                    await self._signal(delivery, route)
            done.arrived.append(delivery.id)
        except Undeliverable as never:
            done.never[delivery.id] = never

    async def _start(self, delivery: Outbox, route: dict[str, str]) -> None:
        start = CaseStart.model_validate(delivery.payload)
        about = f"{start.case_no} {route['bank']}"
        once = WorkflowIDReusePolicy.REJECT_DUPLICATE
        await self._begin(Beginning(Renewal.run, start, CaseStage.INTAKE, about, once), route)

    async def _pursue(self, delivery: Outbox, route: dict[str, str]) -> None:
        """Start the pursuit of money whose own story is lost; an earlier pursuit of it has ended."""
        start = RecoveryStart.model_validate(delivery.payload)
        about = f"{start.case_no} recovery"
        again = WorkflowIDReusePolicy.ALLOW_DUPLICATE
        await self._begin(Beginning(Recovery.run, start, CaseStage.RECOVERY, about, again), route)

    async def _begin(self, beginning: "Beginning", route: dict[str, str], delay: timedelta | None = None) -> None:
        start = beginning.start
        try:
            await self._client.start_workflow(
                beginning.run,
                start,
                id=route["workflow_id"],
                task_queue=queue_name(start.queues, Queue.CASES),
                id_reuse_policy=beginning.reuse,
                start_delay=delay,
                rpc_timeout=RPC_TIME,
                static_summary=beginning.about,
                search_attributes=_attributes(start.case_no, start.fund, route["bank"], beginning.stage),
            )
        except WorkflowAlreadyStartedError:  # delivered before, nearly always
            begun = await self._begun_with(route["workflow_id"])
            if any(begun.get(name) != getattr(start, name) for name in ("case_no", "fund", "queues")):
                told = {"workflow": route["workflow_id"], "of": str(begun.get("case_no", "?"))[:_MOST_SHOWN]}
                raise StoryTaken("case.story_taken", case=start.case_no, **told) from None

    async def _begun_with(self, workflow_id: str) -> Mapping[str, Any]:
        """What a workflow began with; nothing where that is none of our stories' beginnings."""
        asked = GetWorkflowExecutionHistoryRequest(
            namespace=self._client.namespace,
            execution=WorkflowExecution(workflow_id=workflow_id),
            maximum_page_size=1,
        )
        page = await self._client.workflow_service.get_workflow_execution_history(asked, timeout=RPC_TIME)
        held = page.history.events[0].workflow_execution_started_event_attributes.input.payloads
        with suppress(Exception):  # whatever it is, it is not what a story of ours begins with
            (begun,) = await self._client.data_converter.decode(held)
            if isinstance(begun, Mapping):
                return begun
        return {}

    async def _signal(self, delivery: Outbox, route: dict[str, str]) -> None:
        assert delivery.signal is not None
        handle: Any = self._client.get_workflow_handle(route["workflow_id"])
        try:
            await handle.signal(delivery.signal, delivery.payload, rpc_timeout=RPC_TIME)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            now = (await asyncio.to_thread(self._routes, delivery.case_no))[delivery.case_no]
            if now["workflow_id"] == route["workflow_id"]:
                if CaseStage(now["stage"]) not in ENDS:
                    told = {"stage": now["stage"], "status": await self._status(handle)}
                    raise StoryGone("case.story_gone", case=delivery.case_no, **told) from error
                raise Undeliverable("message.case_ended", case=delivery.case_no, stage=now["stage"]) from error
            await self._signal(delivery, now)  # the case was handed over meanwhile

    async def _status(self, handle: Any) -> str:
        try:
            return str((await handle.describe(rpc_timeout=RPC_TIME)).status.name).lower()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return "missing"

    def _routes(self, case_no: str) -> dict[str, dict[str, str]]:
        with self._services.sessions() as session:
            return routes_of(session, {case_no})

    async def _listen(self) -> psycopg.AsyncConnection[Any]:
        url = listening_url(self._services.listen_url)
        bell = await psycopg.AsyncConnection.connect(url, autocommit=True)
        await bell.execute(f"LISTEN {CHANNEL}")
        return bell


class Beginning(NamedTuple):
    """A story about to begin: with what, at which stage, what its page says, and whether its id may come again."""

    run: Any  # each story's own method; the client's overloads know no common type of them
    start: CaseStart | RecoveryStart
    stage: CaseStage
    about: str
    reuse: WorkflowIDReusePolicy


def _attributes(case_no: str, fund: str, bank: str, stage: CaseStage) -> TypedSearchAttributes:
    return TypedSearchAttributes(
        [
            SearchAttributePair(CASE_NUMBER, case_no),
            SearchAttributePair(FUND, fund),
            SearchAttributePair(BANK, bank),
            SearchAttributePair(STAGE, stage.value),
        ]
    )


async def main() -> None:
    """The relay as a process of its own, until it is told to stop."""
    configure("relay")
    with closing(Services(load_settings())) as services:
        await Relay(services, await services.client()).run(stop_on_signal())


if __name__ == "__main__":
    asyncio.run(main())
