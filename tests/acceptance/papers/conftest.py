"""Cases whose papers are drawn and read."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from temporalio.client import Client

from models.bootstrap import DatabaseUrls
from runtime.devstack import Addresses
from runtime.wiring import Services
from tests.services_of_tests import services_on, working


@pytest.fixture(scope="session")
def services(stack: Addresses, database: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Queues and a simulated bank of this room's own, with a press that prints."""
    with services_on(stack, database, tmp_path_factory.mktemp("papers"), "drawn") as services:
        yield services


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(services: Services) -> AsyncIterator[Client]:
    """A client, while workers of all its queues run."""
    async with working(services) as connected:
        yield connected
