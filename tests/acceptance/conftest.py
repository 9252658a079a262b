"""Workers for this test process, once; a fund of its own for each test."""

import itertools
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
import pytest_asyncio
from temporalio.client import Client

from activities.law.calendars import shanghai_today
from models.bootstrap import DatabaseUrls
from runtime.devstack import Addresses
from runtime.seed import open_fund
from runtime.settings import checkout
from runtime.wiring import Services
from tests.acceptance.fund.fund import TestedFund
from tests.blank_press import BlankServices
from tests.services_of_tests import services_on, working

_NUMBERS = itertools.count(1)
SOMEBODY = """
[[person]]
id = "meng.qn"
name = "孟全能"
organisation = "东海县晶源产业投资服务有限公司"
roles = ["maker", "checker", "cashier"]
"""


@pytest.fixture(scope="session")
def services(stack: Addresses, database: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """This test process's own database, queues and simulated bank; papers are blank outside their own room."""
    with services_on(stack, database, tmp_path_factory.mktemp("house"), "test", BlankServices) as services:
        yield services


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(services: Services) -> AsyncIterator[Client]:
    """A client, while workers of all queues run."""
    async with working(services) as connected:
        yield connected


@pytest_asyncio.fixture(loop_scope="session")
async def fund(services: Services, client: Client, tmp_path: Path) -> AsyncIterator[TestedFund]:
    """A fund with 20,000,000 yuan under the measure of Donghai, looked through after the test."""
    opened = a_fund(services, client, tmp_path)
    yield opened
    await looked_through(opened)


@pytest_asyncio.fixture(loop_scope="session")
async def counter_fund(services: Services, client: Client, tmp_path: Path) -> AsyncIterator[TestedFund]:
    """The same fund, paying at the counter."""
    opened = a_fund(services, client, tmp_path, {'gateway = "simulated"': 'gateway = "counter"'})
    yield opened
    await looked_through(opened)


@pytest_asyncio.fixture(loop_scope="session")
async def fund_under(services: Services, client: Client, tmp_path: Path) -> AsyncIterator[Callable[..., TestedFund]]:
    """Opens the same fund under another overlay, or otherwise: told which texts of the two are replaced by what."""
    opened = []

    def open_it(overlay: Mapping[str, str], changed: Mapping[str, str] = MappingProxyType({})) -> TestedFund:
        opened.append(a_fund(services, client, tmp_path, changed, overlay))
        return opened[-1]

    yield open_it
    for fund in opened:
        await looked_through(fund)


async def looked_through(fund: TestedFund) -> None:
    """After every test: nothing is wrong that must never be, the bank paid no case twice, and the stories replay."""
    await fund.settle()
    assert fund.what_is_wrong() == []
    await fund.replay()


def changed_text(path: Path, changed: Mapping[str, str]) -> str:
    """The text of a file with some of its parts replaced; each must be there."""
    text = path.read_text(encoding="utf-8")
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    return text


def a_fund(
    services: Services,
    client: Client,
    folder: Path,
    changed: Mapping[str, str] = MappingProxyType({}),
    overlay: Mapping[str, str] = MappingProxyType({}),
) -> TestedFund:
    """Open a fund like the example's under a code of its own; the mappings replace texts of its file and overlay."""
    code = f"T{os.getpid() % 10_000:04d}{next(_NUMBERS):02d}"
    examples = (checkout() or Path.cwd()) / "examples"
    own = {'code = "DH"': f'code = "{code}"', "0000 2025": f"9{code[1:5]} {code[5:]}"}
    text = changed_text(examples / "fund.toml", {**own, **changed})
    (folder / "fund.toml").write_text(text + SOMEBODY, encoding="utf-8")
    (folder / "operator.toml").write_text(changed_text(examples / "operator.toml", overlay), encoding="utf-8")
    with services.sessions.begin() as session:
        open_fund(session, folder / "fund.toml", shanghai_today())
    return TestedFund(services, client, code)
