"""The relay: takes what PostgreSQL decided to Temporal, as often as it needs; no door ever waits for either."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
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
from models.outbox import CHANNEL, DeliveryKind, Outbox, put_off, settle, undelivered
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
"""Seconds for the deliveries of one case in a batch: its locks are held as long, and the others' receipts wait."""
APPROVALS_SECONDS = 60.0
STORIES_SECONDS = 600.0
"""Between two looks: one reads the database alone, the other asks Temporal about every open case."""

AWAY = frozenset(
    {
        *(RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED),
        *(RPCStatusCode.RESOURCE_EXHAUSTED, RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.PERMISSION_DENIED),
    }
)
"""What a server says that is away, busy or not ours: it may pass, and the delivery itself is well."""
SAY_SO_AFTER = 5
"""Tries after which people are told of a delivery that fails, and one that Temporal refuses is given up."""


class Undeliverable(XuqiaoError):
    """The delivery can never arrive: its case is not there any more."""


class StoryGone(XuqiaoError):
    """The case has not ended and its workflow has: what is meant for it waits until people have mended that."""


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
        with self._services.sessions.begin() as session:
            deliveries = undelivered(session, BATCH)
            if not deliveries:
                return 0
            routes = routes_of(session, {delivery.case_no for delivery in deliveries})
            by_case: dict[str, list[Outbox]] = defaultdict(list)
            for delivery in deliveries:
                by_case[delivery.case_no].append(delivery)
            results = await asyncio.gather(
                *(self._deliver(batch, routes.get(case_no)) for case_no, batch in by_case.items())
            )
            if all(result.server_away for result in results):
                assert results[0].by is not None, "that is why"
                raise results[0].by
            arrived = [delivery for result in results for delivery in result.arrived]
            for result in results:
                if result.stopped is not None:
                    self._put_off(session, result, result.stopped)
            never = {delivery: refusal for result in results for delivery, refusal in result.never.items()}
            settle(session, arrived, {delivery: refusal.code for delivery, refusal in never.items()})
            for delivery in deliveries:
                if delivery.id in never and delivery.message_id:
                    decide(session, delivery.message_id, ActState.REFUSED, never[delivery.id].as_data(), message=True)
                if delivery.tries and delivery.id in arrived:
                    over(session, delivery.case_no, TroubleKind.STORY_GONE)
                    over(session, delivery.case_no, TroubleKind.UNDELIVERABLE)
        return len(arrived) + len(never)

    def _put_off(self, session: Session, result: Delivered, delivery: Outbox) -> None:
        """One case's failure is that case's: it waits longer each time, and people are told before long.

        What Temporal itself refuses again and again, or cannot even be sent, is given up, with the reason on its row.
        """
        assert delivery.id is not None
        error, case_no = result.by, delivery.case_no
        tries = put_off(session, delivery.id)
        log.warning("delivery %s of %s failed: %s", delivery.id, case_no, type(error).__name__)
        if isinstance(error, StoryGone):
            notice(session, case_no, TroubleKind.STORY_GONE, **error.params)
            return
        if tries < SAY_SO_AFTER:
            return
        reason = str(error).partition("\n")[0][:200]
        notice(session, case_no, TroubleKind.UNDELIVERABLE, reason=reason)
        if not (isinstance(error, TimeoutError) or (isinstance(error, RPCError) and error.status in AWAY)):
            result.never[delivery.id] = Undeliverable("message.undeliverable", case=case_no, reason=reason)

    async def _deliver(self, deliveries: list[Outbox], route: dict[str, str] | None) -> Delivered:
        """Deliver what waits for one case, in order, up to the first that fails."""
        done = Delivered()
        try:
            async with asyncio.timeout(self.batch_time):
                for delivery in deliveries:
                    done.stopped = delivery
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
        with suppress(WorkflowAlreadyStartedError):
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

    async def _signal(self, delivery: Outbox, route: dict[str, str]) -> None:
        assert delivery.signal is not None
        handle: Any = self._client.get_workflow_handle(route["workflow_id"])
        try:
            await handle.signal(delivery.signal, delivery.payload, rpc_timeout=RPC_TIME)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            with self._services.sessions() as session:
                now = routes_of(session, {delivery.case_no})[delivery.case_no]
            if now["workflow_id"] == route["workflow_id"]:
                if CaseStage(now["stage"]) not in ENDS:
                    raise StoryGone("case.story_gone", case=delivery.case_no, stage=now["stage"]) from error
                raise Undeliverable("message.case_ended", case=delivery.case_no, stage=now["stage"]) from error
            await self._signal(delivery, now)  # the case was handed over meanwhile

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
