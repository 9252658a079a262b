"""A pooler in transaction mode between every process and PostgreSQL: cases go on as without it.

It gives each transaction to another connection of the server, so nothing may be kept on one: no prepared statement, no
setting, no lock. Notifications alone are heard past it. Skipped where Debian's pgbouncer is not installed.
"""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from sqlalchemy import text

from models.books import ledger
from models.cases.case_file import cases_of
from models.database import plain_url
from rulebook.calendar import LAW_ZONE
from rulebook.stages import CaseStage
from runtime.devstack import Addresses
from runtime.devstack.stack import DevStack
from runtime.settings import Settings, load_settings
from runtime.supervisor import Supervisor
from runtime.wiring import Services
from runtime.workers import relay_child, worker_children
from tests.blank_press import blank_papers_child
from tests.driver import Driver
from tests.running_stack import FUND, open_for_business

POOLER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CASES = 20
WITHIN_SECONDS = 240.0
SERVER_CONNECTIONS = 8
"""Fewer than the processes keep open: no connection of the server is anybody's own."""
CONFIG = """
[databases]
{database} = host={host} port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {folder}/users
admin_users = xuqiao_app
pool_mode = transaction
server_reset_query_always = 1
default_pool_size = {connections}
max_client_conn = 200
"""

pytestmark = pytest.mark.skipif(POOLER is None, reason="pgbouncer is not installed (Debian: apt-get install pgbouncer)")


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Addresses]:
    """Servers of this test's own, on real time, for ``serve``-like processes."""
    servers = DevStack(tmp_path / "var")
    yield servers.start()
    servers.remove()


@contextmanager
def pooled(folder: Path, stack: Addresses) -> Iterator[int]:
    """PgBouncer in transaction mode before the stack's PostgreSQL; its port."""
    assert POOLER is not None
    app, desk = (conninfo_to_dict(plain_url(url)) for url in (stack.app_url, stack.desk_url))
    port, folder = _free_port(), folder / "pooler"
    folder.mkdir()
    users = "".join(f'"{each["user"]}" "{each["password"]}"\n' for each in (app, desk))
    (folder / "users").write_text(users)
    config = CONFIG.format(
        database=app["dbname"],
        host=app["host"],
        server=app["port"],
        port=port,
        folder=folder,
        connections=SERVER_CONNECTIONS,
    )
    (folder / "pgbouncer.ini").write_text(config)
    with (folder / "log").open("wb") as log:
        program = subprocess.Popen([POOLER, *_as_nobody(folder), folder / "pgbouncer.ini"], stdout=log, stderr=log)
    try:
        _await_open(program, port)
        yield port
    finally:
        program.terminate()
        program.wait(timeout=10)


def _as_nobody(folder: Path) -> tuple[str, ...]:
    """It does not run as root; whom it becomes must be able to read its files."""
    if os.geteuid() != 0:
        return ()
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.iterdir()):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    for above in folder.parents:
        if above.stat().st_uid == 0 and not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o011)
    return ("--user", nobody.pw_name)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_open(program: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        assert program.poll() is None, "pgbouncer ended before it listened"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("pgbouncer did not listen in time")


def by(port: int, url: str) -> str:
    """The same address by way of the pooler."""
    direct = plain_url(url)
    return direct.replace(f":{conninfo_to_dict(direct)['port']}/", f":{port}/")


@contextmanager
def at_work(settings: Settings) -> Iterator[Services]:
    """The product's own processes, all with these settings; the papers are blank."""
    supervisor = Supervisor(settings.var / "log")
    supervisor.add(next(child for child in worker_children(settings) if child.name == "worker"))
    supervisor.add(blank_papers_child(settings))
    supervisor.add(relay_child(settings))
    with closing(Services(settings)) as services:
        open_for_business(services, settings.var)
        supervisor.start()
        try:
            yield services
        finally:
            supervisor.stop()


def await_a_day_that_lasts() -> None:
    """The loans are released today: a run that begins minutes before midnight waits for the new day."""
    while (now := datetime.now(LAW_ZONE)).hour == 23 and now.minute >= 50:
        time.sleep(1)


@pytest.mark.timeout(420)
def test_twenty_cases_behind_a_pooler_in_transaction_mode_end_without_an_error(
    own_stack: Addresses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await_a_day_that_lasts()
    with pooled(tmp_path, own_stack) as port:
        monkeypatch.setenv("XUQIAO_VAR", str(tmp_path / "var"))
        monkeypatch.setenv("XUQIAO_SIMULATOR", "true")
        monkeypatch.setenv("XUQIAO_DATABASE__URL", by(port, own_stack.app_url))
        monkeypatch.setenv("XUQIAO_DATABASE__DESK_URL", by(port, own_stack.desk_url))
        monkeypatch.setenv("XUQIAO_DATABASE__LISTEN_URL", own_stack.app_url)
        with at_work(load_settings()) as services:
            asyncio.run(settle(services))
            with services.sessions() as session:
                stages = Counter(case.stage for case in cases_of(session, FUND))
                faults = ledger.check_books(session, FUND)
                ours = text("SELECT count(*) FROM pg_stat_activity WHERE usename IN ('xuqiao_app', 'xuqiao_desk')")
                on_the_server = session.connection().execute(ours).scalar_one()
            clients = len(shown(port, own_stack, "CLIENTS"))
            transactions = sum(row["total_xact_count"] for row in shown(port, own_stack, "STATS"))
            paid = Counter(payment.case_no for payment in services.simulated_bank.payments())
    assert stages == {CaseStage.CLOSED: CASES}
    assert set(paid.values()) == {1}
    assert len(paid) == CASES
    assert faults == []
    assert clients > SERVER_CONNECTIONS, "connections of the server were shared"
    assert on_the_server <= 2 * SERVER_CONNECTIONS + 1, "and only the relay's bell goes past the pooler"
    assert transactions > CASES * 20
    assert errors_in(tmp_path / "var" / "log", "worker", "papers", "relay") == []
    assert errors_in(tmp_path / "pooler") == []


async def settle(services: Services) -> None:
    """All cases to their ends; an act that is refused, or an error here, stops it."""
    driver = Driver(services, await services.client(), early=False)
    await driver.settle(total=CASES, in_flight=CASES, within=WITHIN_SECONDS)
    await asyncio.sleep(0.1)


def shown(port: int, stack: Addresses, what: str) -> list[dict[str, Any]]:
    """What the pooler says of itself."""
    console = make_conninfo(by(port, stack.app_url), dbname="pgbouncer")
    with psycopg.connect(console, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        return connection.cursor(row_factory=dict_row).execute(f"SHOW {what}").fetchall()


def errors_in(folder: Path, *names: str) -> list[str]:
    """Lines of these logs that tell of an error."""
    logs = [folder / f"{name}.log" for name in names] or [folder / "log"]
    bad = ("ERROR", "Traceback", "prepared statement", "FATAL")
    return [line for log in logs for line in log.read_text().splitlines() if any(word in line for word in bad)]
