"""What is made of what: the settings become engines, gateways, activities and workers."""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy.exc import DBAPIError
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor, Worker

from activities.bank.opinion import BankOpinions
from activities.bank.payments import Payments, PaymentSlips
from activities.books.ledger import Books
from activities.books.standing import Standing
from activities.cases.case_file import CaseFile
from activities.cases.notices import Notices
from activities.cases.terms import Terms
from activities.contracts import Queue, queue_name
from activities.heartbeats import BEAT_SECONDS
from activities.papers.drawing_up import Papers
from activities.papers.press.office import read_office
from activities.papers.press.pool import PressPool
from gateways.bank import BankGateway
from gateways.bulkhead import Bulkhead
from gateways.counter import CounterGateway
from gateways.simulated import SimulatedBank
from models.database import HELD_AT_MOST_SECONDS
from rulebook.errors import XuqiaoError
from runtime.press import press_pool
from runtime.records import Records
from runtime.settings import Settings
from runtime.temporal import build_id, client_beside, sandbox
from workflows.recovery import Recovery
from workflows.renewal import Renewal

THREADS = 8
STORIES_PER_CORE = 3
"""Stories that move at once: more of them only share a core, until none answers within its time."""
STORIES_KEPT = 400
"""Stories kept in memory, 0.25 MB each; another one is replayed when something comes for it."""
DRAIN = timedelta(seconds=10)
"""What a worker that is told to stop may still finish."""
Activities = Sequence[Callable[..., Any]]


class Services(Records):
    """Everything one process needs, made when it is first asked for: the records, and the world around them."""

    held_at_most = HELD_AT_MOST_SECONDS

    @cached_property
    def simulated_bank(self) -> SimulatedBank:
        """The simulated bank with its own log."""
        return SimulatedBank(self.settings.simulator_path)

    @cached_property
    def gateways(self) -> dict[str, BankGateway]:
        """The ways to pay, by the name a fund's record uses."""
        slips = PaymentSlips(self.sessions.begin)
        ways: dict[str, BankGateway] = {"counter": CounterGateway(slips)}
        if "simulated" in self.settings.gateways:
            ways["simulated"] = Bulkhead(self.simulated_bank)
        return ways

    @cached_property
    def press(self) -> PressPool:
        """The presses, warm and in processes of their own."""
        return press_pool(self.settings.papers)

    def close(self) -> None:
        """Let go of the connections, the presses and the bank; the next use opens the connections again."""
        if "press" in self.__dict__:
            self.__dict__.pop("press").close()
        super().close()
        if "simulated_bank" in self.__dict__:
            self.simulated_bank.close()

    async def client(self, lazy: bool = False) -> Client:
        """A client of the Temporal service; a lazy one connects when it is first used, and serves no worker."""
        return await client_beside(self, lazy)

    def activities_on(self, queue: Queue) -> Activities:
        """The activities that a worker of one queue runs: all of the objects whose work it is."""
        begin = self.sessions.begin
        match queue:
            case Queue.CASES:
                case_file = CaseFile(begin, read_office(self.settings.papers.office_dir))
                return activities_of(case_file, Terms(begin), BankOpinions(begin, self.gateways), Notices(begin))
            case Queue.MONEY:
                return activities_of(Books(begin), Standing(begin), Payments(begin, self.gateways))
            case _:
                return activities_of(Papers(begin, self.press))

    def worker(self, client: Client, queue: Queue, activities: Activities | None = None) -> Worker:
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
            build_id=build_id(),
            activities=self.activities_on(queue) if activities is None else activities,
            activity_executor=ThreadPoolExecutor(at_once),
            max_concurrent_activities=at_once,
            max_concurrent_workflow_tasks=STORIES_PER_CORE * (os.cpu_count() or 1),
            max_cached_workflows=STORIES_KEPT,
            graceful_shutdown_timeout=DRAIN,
            interceptors=[ErrorsByCode()],
            max_heartbeat_throttle_interval=timedelta(seconds=BEAT_SECONDS),
        )


def activities_of(*objects: object) -> list[Callable[..., Any]]:
    """All activities of some objects."""
    found = [getattr(holder, name) for holder in objects for name in dir(holder) if not name.startswith("_")]
    return [method for method in found if hasattr(method, "__temporal_activity_definition")]


MOST_SAID = 1_000
"""Characters of a failure's message: Temporal keeps so much and no more, and says nothing at all of what is longer."""


class ErrorsByCode(Interceptor):
    """What was refused appears in Temporal under its own code, with its parameters; what failed, in few words."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _ByCode(next)


class _ByCode(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        try:
            return await super().execute_activity(input)
        except XuqiaoError as error:
            raise ApplicationError(str(error)[:MOST_SAID], error.params, type=error.code) from error
        except DBAPIError as error:
            raise _in_few_words(error.orig or error) from None
        except Exception as error:
            if len(str(error)) <= MOST_SAID:
                raise
            raise _in_few_words(error) from None


def _in_few_words(error: BaseException) -> ApplicationError:
    """The first line of what went wrong, without the statement and its values; of a database, with its SQLSTATE."""
    kind, state = type(error).__name__, getattr(error, "sqlstate", None)
    first = str(error).strip().partition("\n")[0]
    return ApplicationError(f"{f'[{state}] ' if state else ''}{first}"[:MOST_SAID], type=kind)


def stop_on_signal() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    return stop


async def serve_queues(settings: Settings, queues: Sequence[Queue]) -> None:
    """Work on the given queues until told to stop.

    Args:
        queues: of ``Queue``; each gets its own worker in this process.
    """
    stop = stop_on_signal()
    services = Services(settings)
    client = await services.client()
    async with AsyncExitStack() as workers:
        for queue in queues:
            await workers.enter_async_context(services.worker(client, queue))
        await stop.wait()
