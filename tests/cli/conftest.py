"""The command as people call it, against real servers: what it prints, what it leaves, how it ends."""

import asyncio
import itertools
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client

from activities import words
from activities.law.calendars import shanghai_today
from models.bootstrap import DatabaseUrls
from runtime.cli import main
from runtime.devstack import Addresses
from runtime.seed import open_fund
from runtime.settings import checkout
from runtime.wiring import Services
from tests.acceptance.fund.fund import TestedFund
from tests.blank_press import BlankServices
from tests.services_of_tests import services_on, working

_NUMBERS = itertools.count(1)
EXAMPLES = (checkout() or Path.cwd()) / "examples"


@dataclass(frozen=True)
class Ran:
    """One call of the command, ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The one JSON document that was printed."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """What it says about what went wrong."""
        return self.data["error"]


Cli = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No settings but those of the test; a code without words is an error."""
    for name in [name for name in os.environ if name.startswith("XUQIAO_") and name != "XUQIAO_TEST_FOLDER"]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XUQIAO_VAR", str(tmp_path / "var"))
    words.be_strict()
    yield
    words.be_strict(False)
    words.set_language("zh")


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Calls the command in this process."""

    def call(*argv: object) -> Ran:
        capsys.readouterr()
        code = main([str(word) for word in argv])
        shown = capsys.readouterr()
        return Ran(code, shown.out, shown.err)

    return call


@pytest.fixture(scope="session")
def services(stack: Addresses, database: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """This test process's database, with queues and a simulated bank of the command's tests; workers draw blanks."""
    with services_on(stack, database, tmp_path_factory.mktemp("cli"), "cli", BlankServices) as services:
        yield services


@pytest.fixture
def fund_code(services: Services, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A fund of the test's own, like the example's, and settings that lead to it."""
    settings = services.settings
    assert settings.database.url is not None
    assert settings.database.desk_url is not None
    monkeypatch.setenv("XUQIAO_DATABASE__URL", settings.database.url.get_secret_value())
    monkeypatch.setenv("XUQIAO_SIMULATOR", "true")
    monkeypatch.setenv("XUQIAO_DATABASE__DESK_URL", settings.database.desk_url.get_secret_value())
    monkeypatch.setenv("XUQIAO_TEMPORAL__ADDRESS", settings.temporal.address or "")
    monkeypatch.setenv("XUQIAO_QUEUES__PREFIX", settings.queues.prefix)
    code = f"C{os.getpid() % 10_000:04d}{next(_NUMBERS):02d}"
    text = (EXAMPLES / "fund.toml").read_text(encoding="utf-8")
    (tmp_path / "fund.toml").write_text(
        text.replace('code = "DH"', f'code = "{code}"').replace("0000 2025", f"8{code[1:]}"), encoding="utf-8"
    )
    (tmp_path / "operator.toml").write_bytes((EXAMPLES / "operator.toml").read_bytes())
    with services.sessions.begin() as session:
        open_fund(session, tmp_path / "fund.toml", shanghai_today())
    return code


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(services: Services) -> AsyncIterator[Client]:
    """A client, while workers of all queues run."""
    async with working(services) as connected:
        yield connected


@pytest_asyncio.fixture(loop_scope="session")
async def fund(services: Services, client: Client, fund_code: str) -> TestedFund:
    """The same fund with its cases at work."""
    return TestedFund(services, client, fund_code)


@pytest.fixture
def acting(cli: Cli) -> Callable[..., Any]:
    """Calls the command beside the workers, which go on in this thread."""

    async def call(*argv: object) -> Ran:
        return await asyncio.to_thread(cli, *argv)

    return call
