"""``xuqiao serve``: servers, workers and relay of one machine, kept running until Ctrl-C."""

import asyncio
import json
from contextlib import ExitStack, closing
from pathlib import Path

from rich.console import Console
from sqlmodel import Session, select

from activities.law.calendars import shanghai_today
from activities.words import say
from models.funds.artificial_time import time_is_artificial
from models.funds.funds import Fund
from models.installation import Identity, identity_of
from models.migrate import upgrade
from rulebook.errors import XuqiaoError
from runtime.devstack.stack import DevStack
from runtime.namespace import ensure_one_piece, ensure_search_attributes
from runtime.seed import open_fund, read_fund_file
from runtime.settings import Settings, checkout
from runtime.supervisor import Supervisor
from runtime.temporal import SDK_SETTLES_SECONDS, client_beside
from runtime.wiring import Services
from runtime.workers import relay_child, worker_children


def main(settings: Settings, *, with_example: bool = False) -> int:
    """Serve until told to stop.

    With nothing configured the embedded servers of ``var`` are started first. With an outside PostgreSQL or Temporal
    only what is not outside is started.

    Args:
        with_example: open the demonstration fund, its people and its money, where there is no fund yet.
    Returns:
        0 after an orderly stop.
    Raises:
        XuqiaoError: area ``setup``; ``setup.example_outside``, ``setup.example_beside`` where the demonstration fund
            has no place.
    """
    if with_example and not settings.embedded_database:
        raise XuqiaoError("setup.example_outside")
    console = Console(stderr=True, highlight=False)
    with ExitStack() as running:
        ui_url = ""
        if settings.embedded_database or settings.embedded_temporal:
            ui_url = running.enter_context(DevStack(settings.var)).ui_url
        if settings.database.owner_url:
            upgrade(settings.database.owner_url.get_secret_value())
        refuse_played_time(settings)
        with closing(Services(settings)) as services:
            with services.sessions.begin() as session:
                if with_example:
                    open_demonstration_fund(session)
                records = identity_of(session)
                without_fund = session.exec(select(Fund)).first() is None
            asyncio.run(_prepare_temporal(services, records))
        supervisor = Supervisor(settings.var / "log", Pids(settings.var / "serve.json").note)
        for child in (*worker_children(settings), relay_child(settings)):
            supervisor.add(child)
        supervisor.start()
        console.print(say("cli.serve.ready", ui_url=ui_url or settings.temporal.address))
        if without_fund:
            console.print(say("cli.serve.no_fund"))
        supervisor.run_until_signal()
        console.print(say("cli.serve.stopping"))
    return 0


async def _prepare_temporal(services: Services, records: Identity) -> None:
    """An outside Temporal needs the attributes by which cases are found; where it refuses, its console makes them."""
    client = await client_beside(services)
    if not services.settings.embedded_temporal:
        await ensure_search_attributes(client)
    await ensure_one_piece(client, records)
    await asyncio.sleep(SDK_SETTLES_SECONDS)


def refuse_played_time(settings: Settings) -> None:
    """No real money meets a database whose days are played.

    Raises:
        XuqiaoError: ``setup.artificial_time``.
    """
    with closing(Services(settings)) as services, services.sessions() as session:
        if time_is_artificial(session):
            raise XuqiaoError("setup.artificial_time")


class Pids:
    """The process ids of what is served, in a file, for people and tools that look after this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pids: dict[str, int] = {}

    def note(self, name: str, pid: int) -> None:
        """A process was started, or started again."""
        self._pids[name] = pid
        self._path.write_text(json.dumps(self._pids), encoding="utf-8")


def open_demonstration_fund(session: Session) -> None:
    """The example's fund, so that there is something to try; once, and never beside a true one."""
    top = checkout()
    if top is None:
        raise XuqiaoError("setup.example_outside")
    example = top / "examples" / "fund.toml"
    there = session.exec(select(Fund.code)).all()
    if not there:
        open_fund(session, example, shanghai_today())
    elif read_fund_file(example).fund.code not in there:
        raise XuqiaoError("setup.example_beside", funds=", ".join(there))
