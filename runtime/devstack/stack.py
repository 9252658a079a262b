"""Start, keep and stop both embedded servers, and leave a migrated database behind."""

import asyncio
import logging
import shutil
import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from temporalio.client import Client

from models.bootstrap import bootstrap
from models.funds.artificial_time import declare_artificial_time
from models.migrate import upgrade
from rulebook.errors import XuqiaoError
from runtime.devstack import postgres, temporal
from runtime.devstack.state import (
    DATABASE,
    Addresses,
    Passwords,
    StackLock,
    addresses,
    choose_ports,
    end_orphans,
    make_passwords,
    read_passwords,
    write_state,
)
from runtime.namespace import ensure_retention, ensure_search_attributes
from runtime.supervisor import Supervisor

log = logging.getLogger(__name__)


class DevStack:
    """PostgreSQL and Temporal of one folder, restarted on the same ports when they fall; ``with DevStack(var)``.

    If this process is killed, the kernel ends its servers; the next start waits for them to be gone, and finds the
    data as it was.

    Args:
        var: the folder for ports, passwords, logs and (unless run by root) data; made if missing.
        time_skipping: lets workflows that ask for it skip time; for tests and the demo.
    """

    def __init__(self, var: Path, time_skipping: bool = False) -> None:
        self._var = var.resolve()
        self._time_skipping = time_skipping
        self._held = ExitStack()
        self._pids: dict[str, int] = {}

    def start(self) -> Addresses:
        """Start both, make and migrate the database, and come back when everything can be used.

        Returns:
            the addresses; the same as at the last start of this folder, unless a port was taken meanwhile.
        Raises:
            XuqiaoError: a stack of this folder runs already, or a server did not start (area ``setup``).
        """
        self._var.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as undo:
            undo.enter_context(StackLock(self._var))
            server = postgres.server(self._var)
            passwords = self._passwords(server)
            self._end_orphans(server)
            found = self._run(undo, server, passwords)
            self._held = undo.pop_all()
        return found

    def stop(self) -> None:
        """End both within seconds; harmless when repeated."""
        self._held.close()

    def remove(self) -> None:
        """Stop, and delete the folder and its data; for stacks made for one test run."""
        self.stop()
        home = postgres.home_of(self._var)
        shutil.rmtree(self._var, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)

    def pids(self) -> dict[str, int]:
        """Process ids of the two servers, as last started."""
        return dict(self._pids)

    def __enter__(self) -> Addresses:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, undo: ExitStack, server: postgres.Server, passwords: Passwords) -> Addresses:
        ports = choose_ports(self._var)
        found = addresses(ports, passwords)
        ready = threading.Event()
        self._pids = {}

        def on_started(name: str, pid: int) -> None:
            self._pids[name] = pid
            write_state(self._var, ports, self._pids, ready.is_set())

        supervisor = Supervisor(self._var / "log", on_started)
        supervisor.add(temporal.child(self._var / "temporal", ports, self._time_skipping))
        supervisor.add(server.child(ports.postgres, found.superuser_url))
        supervisor.start()
        undo.callback(supervisor.stop)
        bootstrap(found.superuser_url, DATABASE, passwords.roles)
        upgrade(found.owner_url)
        if self._time_skipping:
            declare_artificial_time(found.owner_url)
        _in_a_loop_of_its_own(found.temporal_address)
        ready.set()
        write_state(self._var, ports, self._pids, ready=True)
        return found

    def _passwords(self, server: postgres.Server) -> Passwords:
        """The passwords of the data, or new ones for new data; what belongs to histories that are kept is never new."""
        passwords = read_passwords(self._var)
        histories = temporal.store(self._var / "temporal").exists()
        if passwords is None and histories and server.data.exists():
            raise XuqiaoError("setup.passwords_gone", folder=self._var, data=server.data)
        if passwords is not None and histories and not server.data.exists():
            raise XuqiaoError("setup.data_gone", folder=self._var, data=server.data)
        if passwords is None:
            aside = postgres.set_aside(server.data)
            if aside is not None:
                log.warning("data of an earlier stack, whose passwords are gone, now lie in %s", aside)
            passwords = make_passwords(self._var)
        if not server.data.exists():
            server.initialise(passwords.superuser)
        return passwords

    def _end_orphans(self, server: postgres.Server) -> None:
        marks = {"postgres": str(server.data), "temporal": str(temporal.store(self._var / "temporal"))}
        for name in end_orphans(self._var, marks):
            log.warning("%s of an earlier run was still there and has been ended", name)
        server.forget_stale_pid()


def _in_a_loop_of_its_own(address: str) -> None:
    """Prepare the namespace from a thread, so that ``start`` may also be called where an event loop runs."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(_prepare(address))
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run, name="prepare-namespace")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


async def _prepare(address: str) -> None:
    client = await Client.connect(address)
    await ensure_search_attributes(client)
    await ensure_retention(client, temporal.RETENTION)
    await asyncio.sleep(0.05)  # the client's own threads must settle, or a process that ends now can abort
