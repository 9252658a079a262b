"""The real servers, once for a whole test run, and a database for each test process.

The process that leads the run starts them as soon as the first test asks, and ends them with the run; the test
processes of xdist only learn where they are. Tests of pure rules start nothing.
"""

import os
import re
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from activities.papers import check
from activities.papers.strict.bounds import BOUNDS
from models.bootstrap import OWNER, DatabaseUrls, RolePasswords, bootstrap
from models.database import engine_for
from runtime.devstack import Addresses, addresses_of
from runtime.devstack.stack import DevStack
from tests.looked_at import look_here

TESTS = Path(__file__).parent
FOLDER = "XUQIAO_TEST_FOLDER"
START_SECONDS = 90

FIXTURES_OF_TIER = {
    "servers": {"stack", "temporal"},
    "press": {"press", "drawing", "pool"},
    "browser": {"browser"},
    "slow": {"own_stack", "own_programs", "many_examples", "walk_folder"},
    "walk": {"walk_folder"},
}
"""A test's markers come from the fixtures it uses, however indirectly: ``./run quick`` leaves these out."""

FOLDERS_OF_TIER = {"servers": ("acceptance",), "press": ("papers",), "slow": ("benchmarks", "faults")}
"""And from where it stands: a room that a run leaves out as a whole is not even read."""

# The machine is shared and slow at times: an example that takes long says nothing about the rule.
hypothesis_settings.register_profile("house", deadline=None)
hypothesis_settings.register_profile("quick", deadline=None, max_examples=10)  # ./run quick; ./run test tries all
hypothesis_settings.load_profile("house")


class ServersOnDemand:
    """Waits, in the leading process, for the first test that wants servers."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="xuqiao-test-"))
        self._stack = DevStack(self.folder / "var", time_skipping=True)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="servers-on-demand", daemon=True)
        self._thread.start()

    def close(self) -> None:
        os.environ.pop(FOLDER, None)
        self._over.set()
        self._thread.join()
        self._stack.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _watch(self) -> None:
        while not (self.folder / "wanted").exists():
            if self._over.wait(0.05):
                return
        try:
            do_not_wait_for_the_disk(self._stack.start())
        except BaseException as failure:
            (self.folder / "failure").write_text(repr(failure))


def do_not_wait_for_the_disk(addresses: Addresses) -> None:
    """Commit into the system's memory: no test turns the machine off, and the data ends with the run.

    Servers that tests kill are others, and wait.
    """
    with psycopg.connect(addresses.superuser_url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and FOLDER not in os.environ:
        servers = ServersOnDemand()
        os.environ[FOLDER] = str(servers.folder)
        config.add_cleanup(servers.close)


def _room(item: pytest.Item) -> str:
    """The folder of the tests in which a test stands; that of the rules' doctests is none of them."""
    return item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    left_out = re.findall(r"not (\w+)", config.option.markexpr)
    rooms = {TESTS / folder for tier in left_out for folder in FOLDERS_OF_TIER.get(tier, ())}
    return True if collection_path in rooms else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        tiers = {tier for tier, fixtures in FIXTURES_OF_TIER.items() if used & fixtures}
        tiers |= {tier for tier, folders in FOLDERS_OF_TIER.items() if _room(item) in folders}
        for tier in sorted(tiers):
            item.add_marker(tier)
    # A long test that begins last leaves the other process idle until it is over.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine is shared and slow at times: that a file was not read within eight seconds says nothing about it."""
    monkeypatch.setitem(BOUNDS, "seconds", 60)


@pytest.fixture
def apart() -> None:
    """Asked for by a test of the process that looks at files; for others they are looked at in the test's own."""


@pytest.fixture(autouse=True)
def _looked_at_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same look at each file, without a process for each: to start one takes longer than the look."""
    if "apart" not in request.fixturenames:
        monkeypatch.setattr(check, "look_at", look_here)


@pytest.fixture
def many_examples() -> None:
    """Asked for by a test that takes half a minute because it tries thousands of invented things."""


@pytest.fixture
def own_programs() -> None:
    """Asked for by a test that starts programs or servers of its own, which alone take seconds."""


@pytest.fixture(scope="session")
def stack() -> Addresses:
    """The running servers; time is skipped only for workflows that ask for it."""
    folder = Path(os.environ[FOLDER])
    (folder / "wanted").touch()
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        found = addresses_of(folder / "var")
        if found is not None:
            return found
        if (folder / "failure").exists():
            raise RuntimeError((folder / "failure").read_text())
        time.sleep(0.05)
    raise TimeoutError(f"no servers after {START_SECONDS} s; their logs are in {folder / 'var' / 'log'}")


@pytest.fixture(scope="session")
def database(stack: Addresses) -> DatabaseUrls:
    """A migrated, empty database of this test process's own."""
    return new_database(stack)


@pytest.fixture(scope="session")
def owner_engine(database: DatabaseUrls) -> Iterator[Engine]:
    """Its owner's connections, who may change everything that triggers do not guard."""
    engine = engine_for(database.owner, prepares=True)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def app_engine(database: DatabaseUrls) -> Iterator[Engine]:
    """The application's connections, with what the migrations grant and no more."""
    engine = engine_for(database.app, pool_size=40, prepares=True)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def desk_engine(database: DatabaseUrls) -> Iterator[Engine]:
    """The desk's connections: it puts decisions on record and works no case."""
    engine = engine_for(database.desk, prepares=True)
    yield engine
    engine.dispose()


def new_database(stack: Addresses) -> DatabaseUrls:
    """A copy of the migrated database that the stack starts with."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    template = make_url(stack.owner_url)
    passwords = [str(make_url(url).password) for url in (stack.owner_url, stack.app_url, stack.desk_url)]
    with psycopg.connect(stack.superuser_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {name} OWNER {owner} TEMPLATE {template}").format(
                name=sql.Identifier(name),
                owner=sql.Identifier(OWNER),
                template=sql.Identifier(template.database or ""),
            )
        )
    # A copy has the tables and their grants, but not the privileges on the database itself.
    return bootstrap(stack.superuser_url, name, RolePasswords(*passwords))
