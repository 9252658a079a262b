"""What is missing on this machine, each with its cure."""

import asyncio
import ctypes
import os
import pwd
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import psycopg
from sqlalchemy.exc import DBAPIError
from temporalio.service import RPCError

from activities.cases.troubles import look, look_for_lost_approvals
from activities.papers.press.libraries import PACKAGES
from activities.words import Lang, say, say_error
from models.cases.troubles import troubles
from models.database import plain_url
from rulebook.errors import XuqiaoError
from runtime.devstack import addresses_of, postgres, temporal
from runtime.devstack.state import HOST, choose_ports
from runtime.records import Records
from runtime.settings import Settings, load_settings
from runtime.temporal import SDK_SETTLES_SECONDS, client_beside

OLDEST_PYTHON = (3, 11)
ROOM_MB = 500
REACH_SECONDS = 5.0


_DAYS = """
    SELECT f.code, max(d.business_date), fund_today(f.code) FROM fund AS f LEFT JOIN fund_day AS d ON d.fund = f.code
    GROUP BY f.code ORDER BY f.code
"""


class Check(NamedTuple):
    """One thing looked at, in the reader's language.

    Attributes:
        name: what was looked for.
        ok: whether it is as it should be.
        found: what was found there.
        cure: what to do, if it is not.
    """

    name: str
    ok: bool
    found: str
    cure: str


class _Finding(NamedTuple):
    """Before it is put into words: ``cure`` holds what the sentence of the cure needs."""

    ok: bool
    found: str | XuqiaoError
    cure: dict[str, object]


def examine(settings: Settings | None = None, lang: Lang | None = None) -> list[Check]:
    """Look at everything that a case needs: libraries, fonts, servers, ports, room.

    Args:
        settings: as loaded; None loads them, and a fault in them becomes the only finding.
        lang: language of the findings; None is the settings' own.
    Returns:
        every check, good or not, in the order in which cures should be applied.
    """
    try:
        settings = settings or load_settings()
    except XuqiaoError as error:
        return [Check(say("setup.check.settings", lang), False, say_error(error, lang), "xuqiao.toml, XUQIAO_…")]
    language: Lang = lang or settings.lang
    looks: list[tuple[str, dict[str, object], _Finding]] = [("python", {}, _python())]
    looks += [("library", {"package": package}, _library(name, package)) for name, package in PACKAGES.items()]
    looks.append(("fonts", {}, _fonts()))
    looks.append(("room", {"folder": settings.var}, _room(settings.var)))
    looks += _database(settings) + _days(settings) + _engine(settings) + _troubles(settings)
    if settings.embedded_database or settings.embedded_temporal:
        looks.append(("ports", {}, _ports(settings.var)))
    return [
        Check(
            name=say(f"setup.check.{name}", language, **about),
            ok=finding.ok,
            found=finding.found if isinstance(finding.found, str) else say_error(finding.found, language),
            cure="" if finding.ok else say(f"setup.cure.{name}", language, **about, **finding.cure),
        )
        for name, about, finding in looks
    ]


def as_lines(checks: list[Check]) -> list[str]:
    """The checks for a terminal, one line each, a cure on the line below."""
    lines = []
    for check in checks:
        lines.append(f"{'✓' if check.ok else '✗'} {check.name}: {check.found}")
        if not check.ok:
            lines.append(f"    → {check.cure}")
    return lines


def _python() -> _Finding:
    return _Finding(sys.version_info >= OLDEST_PYTHON, sys.version.split()[0], {})


def _library(name: str, package: str) -> _Finding:
    try:
        ctypes.CDLL(name)
    except OSError as error:
        return _Finding(False, str(error), {"command": f"apt-get install -y --no-install-recommends {package}"})
    return _Finding(True, name, {})


def _fonts() -> _Finding:
    folder = files("templates") / "agreements" / "fonts"
    fonts = [file.name for file in folder.iterdir() if file.name.endswith((".otf", ".ttf"))] if folder.is_dir() else []
    return _Finding(bool(fonts), ", ".join(sorted(fonts)) or "—", {"folder": folder})


def _room(var: Path) -> _Finding:
    nearest = next(folder for folder in (var, *var.parents) if folder.is_dir())
    free = shutil.disk_usage(nearest).free // 2**20
    writable = os.access(nearest, os.W_OK)
    return _Finding(writable and free >= ROOM_MB, f"{free} MB" if writable else "—", {"needed": ROOM_MB})


def _database(settings: Settings) -> list[tuple[str, dict[str, object], _Finding]]:
    if settings.database.url is not None:
        url = plain_url(settings.database.url.get_secret_value())
        shown = settings.masked()["database"]["url"]
        return [("database", {"url": shown}, _answer(lambda: _postgres_version(url)))]
    looks: list[tuple[str, dict[str, object], _Finding]] = [
        ("postgres", {}, _answer(lambda: _version_of(postgres.wheel() / "bin" / "postgres")))
    ]
    if os.geteuid() == 0:
        looks.append(("account", {"account": postgres.ACCOUNT}, _account()))
    return looks


def _days(settings: Settings) -> list[tuple[str, dict[str, object], _Finding]]:
    """Whether each fund's business day is the clock's; nothing where no database of ours answers."""
    running = addresses_of(settings.var) if settings.embedded_database else None
    url = running.app_url if running else settings.database.url and settings.database.url.get_secret_value()
    if not url:
        return []
    try:
        with psycopg.connect(plain_url(url), connect_timeout=int(REACH_SECONDS)) as connection:
            found = connection.execute(_DAYS).fetchall()
            played = connection.execute("SELECT FROM artificial_time").fetchone() is not None
    except psycopg.Error:
        return []  # said where the database itself is looked at, or it has no tables yet
    wrong = [f"{fund} {day} ≠ {today}" for fund, day, today in found if day != today]
    looks: list[tuple[str, dict[str, object], _Finding]] = []
    if found:
        said = ", ".join(wrong or [f"{fund} {day}" for fund, day, _ in found])
        looks.append(("days", {}, _Finding(not wrong, said, {})))
    return [*looks, ("played_time", {}, _Finding(False, "artificial_time", {}))] if played else looks


def _engine(settings: Settings) -> list[tuple[str, dict[str, object], _Finding]]:
    address = settings.temporal.address
    if settings.embedded_temporal:
        return [("temporal", {}, _answer(lambda: _version_of(temporal.program())))]
    if address is None:  # named by a profile, which the client itself reads
        return []
    return [("engine", {"address": address}, _answer(lambda: _reached(address)))]


def _troubles(settings: Settings) -> list[tuple[str, dict[str, object], _Finding]]:
    """Cases whose story is gone, looked for now, and whatever else stands open; nothing where no service runs."""
    if settings.database.url is None and addresses_of(settings.var) is None:
        return []

    async def ask(records: Records) -> None:
        client = await client_beside(records)
        look_for_lost_approvals(records.sessions.begin, None)
        await look(records.sessions.begin, client)
        await asyncio.sleep(SDK_SETTLES_SECONDS)

    def found() -> str:
        with closing(Records(settings)) as records:
            with suppress(RuntimeError, RPCError):  # the engine has a line of its own
                asyncio.run(ask(records))
            with records.sessions() as session:
                return ", ".join(sorted({each.case_no for each in troubles(session)}))

    finding = _answer(found)
    if not finding.ok:
        return []  # the database has a line of its own
    return [("troubles", {}, finding._replace(ok=not finding.found, found=finding.found or "—"))]


def _ports(var: Path) -> _Finding:
    running = addresses_of(var)
    if running is not None:
        return _Finding(True, f"{running.temporal_address}, {running.ui_url}", {})
    return _answer(lambda: ", ".join(f"{HOST}:{port}" for port in vars(choose_ports(var)).values()))


def _account() -> _Finding:
    """The account of the embedded PostgreSQL: there, or root can make it at the first start."""
    try:
        return _Finding(True, str(pwd.getpwnam(postgres.ACCOUNT).pw_uid), {})
    except KeyError:
        makers = [found for name in ("useradd", "adduser") if (found := shutil.which(name))]
        return _Finding(bool(makers), ", ".join(makers) or "—", {})


def _answer(look: Callable[[], str]) -> _Finding:
    """What the look brings; a failure of any of the kinds that looking has is a finding, not an error."""
    try:
        return _Finding(True, look(), {})
    except XuqiaoError as error:
        return _Finding(False, error, {})
    except (OSError, subprocess.SubprocessError, psycopg.Error, DBAPIError) as error:
        return _Finding(False, str(error).strip().splitlines()[0], {})


def _version_of(program: Path) -> str:
    done = subprocess.run([program, "--version"], check=True, capture_output=True, text=True, timeout=REACH_SECONDS)
    return done.stdout.strip()


def _postgres_version(url: str) -> str:
    with psycopg.connect(url, connect_timeout=int(REACH_SECONDS)) as connection:
        return f"PostgreSQL {connection.info.server_version // 10000}"


def _reached(address: str) -> str:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise XuqiaoError("setup.settings_wrong", name="temporal.address", reason="host:port")
    socket.create_connection((host.strip("[]"), int(port)), timeout=REACH_SECONDS).close()
    return address
