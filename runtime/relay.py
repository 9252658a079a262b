"""The relay: takes what PostgreSQL decided to Temporal, as often as it needs; no door ever waits for either."""

import asyncio
import logging
from collections import defaultdict
from contextlib import closing, suppress
from datetime import timedelta
from typing import Any

import psycopg
from sqlalchemy.exc import DBAPIError
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.contracts import Queue, queue_name
from models.cases.acts import ActState, decide
from models.cases.case_file import routes_of
from models.database import listening_url
from models.outbox import CHANNEL, DeliveryKind, Outbox, settle, undelivered
from rulebook.errors import XuqiaoError
from runtime.daily import open_due_days
from runtime.logs import configure
from runtime.settings import load_settings
from runtime.wiring import Services, stop_on_signal
from workflows.policies import BANK, CASE_NUMBER, FUND, STAGE
from workflows.renewal import CaseStart, Renewal

log = logging.getLogger(__name__)

BATCH = 64
LOOK_AGAIN_SECONDS = 1.0
PAUSE_SECONDS = 0.5
RPC_TIME = timedelta(seconds=10)


class Undeliverable(XuqiaoError):
    """The delivery can never arrive: its case is not there any more."""


class Relay:
    """Delivers the outbox in order for each case, and several cases at a time; any number of relays may run.

    Args:
        services: where the outbox is.
        client: of the Temporal service.
    """

    def __init__(self, services: Services, client: Client) -> None:
        self._services = services
        self._client = client

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until told to stop, and open each business day; servers that are away are waited for."""
        while not stop.is_set():
            try:
                async with await self._listen() as bell:
                    while not stop.is_set():
                        with self._services.sessions.begin() as session:
                            open_due_days(session)
                        while await self.deliver_some():
                            pass
                        async for _ in bell.notifies(timeout=LOOK_AGAIN_SECONDS, stop_after=1):
                            pass
            except (psycopg.Error, DBAPIError, RPCError) as away:
                log.warning("relay waits: %s", type(away).__name__)
                await asyncio.sleep(PAUSE_SECONDS)

    async def deliver_some(self) -> int:
        """Deliver one batch.

        Returns:
            how many deliveries were settled.
        Raises:
            RPCError: Temporal is away; what was not settled stays open.
        """
        with self._services.sessions.begin() as session:
            deliveries = undelivered(session, BATCH)
            if not deliveries:
                return 0
            routes = routes_of(session, {delivery.case_no for delivery in deliveries})
            by_case: dict[str, list[Outbox]] = defaultdict(list)
            for delivery in deliveries:
                by_case[delivery.case_no].append(delivery)
            delivered: list[int] = []
            failed: dict[int, Undeliverable] = {}
            results = await asyncio.gather(
                *(self._deliver(batch, routes.get(case_no), delivered, failed) for case_no, batch in by_case.items()),
                return_exceptions=True,
            )
            settle(session, delivered, {delivery: refusal.code for delivery, refusal in failed.items()})
            for delivery in deliveries:
                if delivery.id in failed and delivery.message_id:
                    decide(session, delivery.message_id, ActState.REFUSED, failed[delivery.id].as_data(), message=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return len(delivered) + len(failed)

    async def _deliver(
        self,
        deliveries: list[Outbox],
        route: dict[str, str] | None,
        delivered: list[int],
        failed: dict[int, Undeliverable],
    ) -> None:
        for delivery in deliveries:
            assert delivery.id is not None
            try:
                if route is None:
                    raise Undeliverable("message.unknown_case", case=delivery.case_no)
                await (
                    self._start(delivery, route)
                    if delivery.errand == DeliveryKind.START
                    else self._signal(delivery, route)
                )
                delivered.append(delivery.id)
            except Undeliverable as never:
                failed[delivery.id] = never

    async def _start(self, delivery: Outbox, route: dict[str, str], delay: timedelta | None = None) -> None:
        start = CaseStart.model_validate(delivery.payload)
        with suppress(WorkflowAlreadyStartedError):
            await self._client.start_workflow(
                Renewal.run,
                start,
                id=route["workflow_id"],
                task_queue=queue_name(start.queues, Queue.CASES),
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                start_delay=delay,
                rpc_timeout=RPC_TIME,
                static_summary=f"{start.case_no} {route['bank']}",
                search_attributes=TypedSearchAttributes(
                    [
                        SearchAttributePair(CASE_NUMBER, start.case_no),
                        SearchAttributePair(FUND, start.fund),
                        SearchAttributePair(BANK, route["bank"]),
                        SearchAttributePair(STAGE, "intake"),
                    ]
                ),
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
                raise Undeliverable("message.case_ended", case=delivery.case_no, stage=now["stage"]) from error
            await self._signal(delivery, now)  # the case was handed over meanwhile

    async def _listen(self) -> psycopg.AsyncConnection[Any]:
        url = listening_url(self._services.listen_url)
        bell = await psycopg.AsyncConnection.connect(url, autocommit=True)
        await bell.execute(f"LISTEN {CHANNEL}")
        return bell


async def main() -> None:
    """The relay as a process of its own, until it is told to stop."""
    configure("relay")
    with closing(Services(load_settings())) as services:
        await Relay(services, await services.client()).run(stop_on_signal())


if __name__ == "__main__":
    asyncio.run(main())
