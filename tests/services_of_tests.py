"""The services of one test process: its own database, queues and simulated bank."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from pydantic import SecretStr
from temporalio.client import Client

from activities.contracts import Queue
from models.bootstrap import DatabaseUrls
from runtime.devstack import Addresses
from runtime.settings import DatabaseSettings, PaperSettings, QueueSettings, Settings, TemporalSettings
from runtime.wiring import Services


@contextmanager
def services_on(
    stack: Addresses, database: DatabaseUrls, folder: Path, kind: str, of: type[Services] = Services
) -> Iterator[Services]:
    """The wiring of the product on the test servers.

    Args:
        folder: for the simulated bank's log.
        kind: begins the names of its task queues, since workers of two kinds of tests may run in one process.
        of: such as ``BlankServices``, where nobody looks at papers: drawing them takes most of a case's time.
    """
    process = f"{os.environ.get('PYTEST_XDIST_WORKER', 'gw')}-{os.getpid()}"
    services = of(
        Settings(
            database=DatabaseSettings(url=SecretStr(database.app), desk_url=SecretStr(database.desk), prepare=True),
            temporal=TemporalSettings(address=stack.temporal_address),
            queues=QueueSettings(prefix=f"{kind}-{process}"),
            papers=PaperSettings(workers=1),
            var=folder,
            simulator_path=folder / "bank.sqlite",
            simulator=True,
        )
    )
    try:
        yield services
    finally:
        services.close()


@asynccontextmanager
async def working(services: Services) -> AsyncIterator[Client]:
    """A client, while workers of all queues run."""
    connected = await services.client()
    async with (
        services.worker(connected, Queue.CASES),
        services.worker(connected, Queue.MONEY),
        services.worker(connected, Queue.PAPERS),
    ):
        yield connected
