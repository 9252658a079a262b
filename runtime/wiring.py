"""What is made of what: the settings become engines, gateways, activities and workers."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    Worker,
)

from activities.bank.payments import Bank, PaymentSlips
from activities.books.ledger import Books
from activities.cases.case_file import CaseFile
from activities.cases.notices import Notices
from activities.heartbeats import BEAT_SECONDS
from activities.papers.press.office import read_office
from gateways.bank import BankGateway
from gateways.counter import CounterGateway
from gateways.simulated import SimulatedBank
from models.database import engine_for, sessions
from rulebook.errors import XuqiaoError
from runtime.devstack import addresses_of
from runtime.settings import Settings
from runtime.temporal import connect, sandbox
from workflows.policies import Queue, queue_name
from workflows.recovery import Recovery
from workflows.renewal import Renewal

if TYPE_CHECKING:
    from activities.papers.press.pool import PressPool

THREADS = 8
DESK_CONNECTIONS = 2
Activities = Sequence[Callable[..., Any]]


class House:
    """Everything one process needs, made when it is first asked for.

    Args:
        settings: what holds for this process; where they name no outside servers, the embedded ones of ``var``.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def engine(self) -> Engine:
        """Connections as the application's role."""
        url = self.settings.database.url
        return engine_for(url.get_secret_value() if url else self._embedded.app_url, pool_size=THREADS * 2)

    @cached_property
    def desk_engine(self) -> Engine:
        """Connections as the desk's role; only processes in which people decide open them.

        Raises:
            XuqiaoError: ``setup.desk_missing`` where an outside database is set without the desk's way into it.
        """
        url = self.settings.database.desk_url
        if url is None and self.settings.database.url is not None:
            raise XuqiaoError("setup.desk_missing")
        return engine_for(url.get_secret_value() if url else self._embedded.desk_url, pool_size=DESK_CONNECTIONS)

    @cached_property
    def desk_sessions(self) -> sessionmaker[Session]:
        """Sessions of the desk."""
        return sessions(self.desk_engine)

    @cached_property
    def sessions(self) -> sessionmaker[Session]:
        """Sessions; ``sessions.begin()`` commits at the end of its block."""
        return sessions(self.engine)

    @cached_property
    def simulated_bank(self) -> SimulatedBank:
        """The simulated bank with its own log."""
        return SimulatedBank(self.settings.simulator_path)

    @cached_property
    def gateways(self) -> dict[str, BankGateway]:
        """The ways to pay, by the name a fund's record uses."""
        slips = PaymentSlips(self.sessions.begin)
        return {"counter": CounterGateway(slips), "simulated": self.simulated_bank}

    @cached_property
    def press(self) -> "PressPool":
        """The presses, warm and in processes of their own."""
        # Imported only where papers are made.
        from activities.papers.press.pool import PressPool

        papers = self.settings.papers
        return PressPool(papers.workers, papers.office_dir, papers.check_url, papers.seconds)

    def close(self) -> None:
        """Let go of the connections and the presses; the next use opens the connections again."""
        if "press" in self.__dict__:
            self.__dict__.pop("press").close()
        for engine in ("engine", "desk_engine"):
            if engine in self.__dict__:
                self.__dict__[engine].dispose()
        if "simulated_bank" in self.__dict__:
            self.simulated_bank.close()

    async def client(self, lazy: bool = False) -> Client:
        """A client of the Temporal service; a lazy one connects when it is first used, and serves no worker."""
        temporal = self.settings.temporal
        if self.settings.embedded_temporal:
            temporal = temporal.model_copy(update={"address": self._embedded.temporal_address})
        return await connect(temporal, lazy)

    def activities_on(self, queue: str) -> Activities:
        """The activities that a worker of one queue runs."""
        begin = self.sessions.begin
        match queue:
            case Queue.CASES:
                books, bank = Books(begin), Bank(begin, self.gateways)
                office = read_office(self.settings.papers.office_dir)
                case_file = activities_of(CaseFile(begin, office), Notices(begin))
                return [*case_file, books.record_promise, books.record_measure, bank.ask_bank_opinion]
            case Queue.MONEY:
                books, bank = Books(begin), Bank(begin, self.gateways)
                return [
                    books.approve_and_reserve,
                    books.book_return,
                    books.end_case,
                    books.put_first,
                    books.write_off,
                    bank.pay_out,
                    bank.record_payment_mark,
                ]
            case _:
                from activities.papers.drawing_up import Papers

                return activities_of(Papers(begin, self.press))

    def worker(self, client: Client, queue: str, activities: Activities | None = None) -> Worker:
        """A worker of one queue; the stories run on that of the cases.

        Args:
            activities: in place of the queue's own, for what is measured or broken on purpose.
        """
        at_once = self.settings.papers.workers if queue == Queue.PAPERS else THREADS
        return Worker(
            client,
            task_queue=queue_name(self.settings.queues.prefix, queue),
            workflows=[Renewal, Recovery] if queue == Queue.CASES else [],
            workflow_runner=sandbox(),
            activities=self.activities_on(queue) if activities is None else activities,
            activity_executor=ThreadPoolExecutor(at_once),
            max_concurrent_activities=at_once,
            interceptors=[ErrorsByCode()],
            max_heartbeat_throttle_interval=timedelta(seconds=BEAT_SECONDS),
        )

    @cached_property
    def _embedded(self) -> Any:
        found = addresses_of(self.settings.var)
        if found is None:
            raise XuqiaoError("stack.not_running", var=self.settings.var)
        return found


def activities_of(*objects: object) -> list[Callable[..., Any]]:
    """All activities of some objects."""
    found = [getattr(holder, name) for holder in objects for name in dir(holder) if not name.startswith("_")]
    return [method for method in found if hasattr(method, "__temporal_activity_definition")]


class ErrorsByCode(Interceptor):
    """What was refused appears in Temporal under its own code, with its parameters."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _ByCode(next)


class _ByCode(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        try:
            return await super().execute_activity(input)
        except XuqiaoError as error:
            raise ApplicationError(str(error), error.params, type=error.code) from error


def stop_on_signal() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    for told in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(told, stop.set)
    return stop


async def serve_queues(settings: Settings, queues: Sequence[str]) -> None:
    """Work on the given queues until told to stop.

    Args:
        queues: of ``Queue``; each gets its own worker in this process.
    """
    stop = stop_on_signal()
    house = House(settings)
    client = await house.client()
    async with AsyncExitStack() as workers:
        for queue in queues:
            await workers.enter_async_context(house.worker(client, queue))
        await stop.wait()
