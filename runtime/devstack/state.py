"""What the embedded stack remembers between starts, in its folder: ports, passwords, who runs.

Everything here is readable by its owner only. A lock on one file says whether a stack runs: the kernel drops it with
the process, however that ends, so it never goes stale as a process id can.
"""

import fcntl
import json
import os
import random
import secrets
import signal
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from models.bootstrap import RolePasswords, database_urls
from rulebook.errors import XuqiaoError
from runtime.settings import PASSWORDS_NAME

DATABASE = "xuqiao"
HOST = "127.0.0.1"

# Below the range from which the kernel picks ports for outgoing connections: nobody takes the port of a fallen server
# in the moment before it is back.
_PORTS = range(20_000, 32_000)


@dataclass(frozen=True)
class Addresses:
    """Where a running stack is; the database addresses carry passwords and stay out of the repr."""

    owner_url: str = field(repr=False)
    app_url: str = field(repr=False)
    desk_url: str = field(repr=False)
    superuser_url: str = field(repr=False)
    temporal_address: str = ""
    ui_url: str = ""


@dataclass(frozen=True)
class Ports:
    """The loopback ports of one stack, kept from its first start on."""

    postgres: int
    temporal: int
    ui: int


@dataclass(frozen=True)
class Passwords:
    """Made at the first start, never printed."""

    superuser: str = field(repr=False)
    owner: str = field(repr=False)
    app: str = field(repr=False)
    desk: str = field(repr=False)

    @property
    def roles(self) -> RolePasswords:
        """Those of the roles that the bootstrap makes."""
        return RolePasswords(owner=self.owner, app=self.app, desk=self.desk)


def addresses(ports: Ports, passwords: Passwords) -> Addresses:
    """The addresses that follow from ports and passwords."""
    superuser_url = f"postgresql://postgres:{passwords.superuser}@{HOST}:{ports.postgres}/postgres"
    urls = database_urls(superuser_url, DATABASE, passwords.roles)
    return Addresses(
        owner_url=urls.owner,
        app_url=urls.app,
        desk_url=urls.desk,
        superuser_url=superuser_url,
        temporal_address=f"{HOST}:{ports.temporal}",
        ui_url=f"http://{HOST}:{ports.ui}",
    )


def addresses_of(var: Path) -> Addresses | None:
    """Where the stack of this folder runs, for any other process of the same owner; None if none runs."""
    if not _lock_held(var / "stack.lock"):
        return None
    state, passwords = read_state(var), read_passwords(var)
    if state is None or passwords is None or not state.get("ready"):
        return None
    return addresses(_ports_in(state), passwords)


def read_passwords(var: Path) -> Passwords | None:
    """The passwords of this folder's stack, if it was ever started."""
    path = var / PASSWORDS_NAME
    if not path.exists():
        return None
    kept = json.loads(path.read_text())
    if "desk" not in kept:  # a stack of before there was a desk's role; the bootstrap makes it
        kept["desk"] = secrets.token_urlsafe(24)
        write_private(path, kept)
    return Passwords(**kept)


def make_passwords(var: Path) -> Passwords:
    """New random passwords, kept in a file for its owner alone."""
    passwords = Passwords(*(secrets.token_urlsafe(24) for _ in range(4)))
    write_private(var / PASSWORDS_NAME, vars(passwords))
    return passwords


def read_state(var: Path) -> dict[str, object] | None:
    """``stack.json`` as the last start left it; None if there is none or it is not whole."""
    try:
        state = json.loads((var / "stack.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return state if isinstance(state, dict) and "ports" in state else None


def write_state(var: Path, ports: Ports, pids: Mapping[str, int], ready: bool) -> None:
    """Write ``stack.json``: ports, and the children with their start times so that no stranger is taken for one."""
    children = {name: {"pid": pid, "started": started_at(pid)} for name, pid in pids.items()}
    write_private(var / "stack.json", {"pid": os.getpid(), "ready": ready, "ports": vars(ports), "children": children})


def choose_ports(var: Path) -> Ports:
    """The ports of the last start where they are still free, new ones otherwise."""
    state = read_state(var)
    if state is not None:
        before = _ports_in(state)
        if all(_free(port) for port in vars(before).values()):
            return before
    free = [port for port in random.SystemRandom().sample(_PORTS, 60) if _free(port)]
    if len(free) < len(Ports.__dataclass_fields__):
        raise XuqiaoError("setup.no_free_port", first=_PORTS.start, last=_PORTS.stop - 1)
    return Ports(*free[:3])


def end_orphans(var: Path, marks: Mapping[str, str]) -> list[str]:
    """End what an earlier run left behind: children in ``stack.json`` that are still the same processes.

    Args:
        var: the stack's folder.
        marks: for each child's name, a text that its command line must hold.
    Returns:
        the names of those ended.
    """
    state = read_state(var)
    children = state.get("children") if state else None
    ended = []
    for name, child in children.items() if isinstance(children, dict) else ():
        pid = int(child["pid"])
        if started_at(pid) == child["started"] and marks.get(name, "\0") in command_line(pid):
            _end(pid, int(child["started"]))
            ended.append(name)
    return ended


def started_at(pid: int) -> int | None:
    """When a process started, in kernel ticks since boot; None if there is no such process (or only its remains)."""
    try:
        # The second field, the program's name in brackets, may hold blanks and brackets of its own.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else int(fields[19])


def command_line(pid: int) -> str:
    """Program and arguments of a process, joined by blanks; empty if there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


class StackLock:
    """Held while a stack runs; ``with StackLock(var)`` refuses a second one.

    Raises:
        XuqiaoError: ``setup.stack_running``, when another process runs the stack of this folder.
    """

    def __init__(self, var: Path) -> None:
        self._path = var / "stack.lock"
        self._handle: int | None = None

    def __enter__(self) -> "StackLock":
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise XuqiaoError("setup.stack_running", folder=self._path.parent) from None
        self._handle = handle
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _lock_held(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _ports_in(state: Mapping[str, object]) -> Ports:
    ports = state["ports"]
    if not isinstance(ports, dict):
        raise TypeError("ports")
    return Ports(**ports)


def write_private(path: Path, content: object) -> None:
    """A file for its owner alone, whole or not at all."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump(content, out)
        out.flush()
        os.fsync(out.fileno())
    new.replace(path)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a port just left is free
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _end(pid: int, started: int) -> None:
    for number, seconds in ((signal.SIGINT, 5.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if started_at(pid) != started:
                return
            time.sleep(0.02)
