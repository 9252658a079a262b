"""``xuqiao serve``: servers, workers and relay of one machine, kept running until Ctrl-C."""

import asyncio
import json
from contextlib import ExitStack, closing
from pathlib import Path

from rich.console import Console
from sqlmodel import Session, select

from activities.law.calendars import shanghai_today
from activities.words import say
from models.funds.funds import Fund
from models.migrate import upgrade
from runtime.devstack.stack import DevStack
from runtime.search_attributes import ensure_search_attributes
from runtime.seed import open_fund
from runtime.settings import Settings, checkout
from runtime.supervisor import Supervisor
from runtime.temporal import SDK_SETTLES_SECONDS, connect
from runtime.wiring import Services
from runtime.workers import relay_child, worker_children


def main(settings: Settings) -> int:
    """Serve until told to stop.

    With nothing configured the embedded servers of ``var`` are started first, and an empty house opens the
    demonstration fund. With an outside PostgreSQL or Temporal only what is not outside is started.

    Returns:
        0 after an orderly stop.
    """
    console = Console(stderr=True, highlight=False)
    with ExitStack() as running:
        ui_url = ""
        if settings.embedded_database or settings.embedded_temporal:
            ui_url = running.enter_context(DevStack(settings.var)).ui_url
        if settings.database.owner_url:
            upgrade(settings.database.owner_url.get_secret_value())
        if not settings.embedded_temporal:
            asyncio.run(_prepare_temporal(settings))
        if settings.embedded_database:
            with closing(Services(settings)) as services, services.sessions.begin() as session:
                _open_demonstration_fund(session)
        supervisor = Supervisor(settings.var / "log", Pids(settings.var / "serve.json").note)
        for child in (*worker_children(settings), relay_child(settings)):
            supervisor.add(child)
        supervisor.start()
        console.print(say("cli.serve.ready", ui_url=ui_url or settings.temporal.address))
        supervisor.run_until_signal()
        console.print(say("cli.serve.stopping"))
    return 0


async def _prepare_temporal(settings: Settings) -> None:
    """An outside Temporal needs the attributes by which cases are found; where it refuses, its console makes them."""
    await ensure_search_attributes(await connect(settings.temporal))
    await asyncio.sleep(SDK_SETTLES_SECONDS)


class Pids:
    """The process ids of what is served, in a file, for people and tools that look after this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pids: dict[str, int] = {}

    def note(self, name: str, pid: int) -> None:
        """A process was started, or started again."""
        self._pids[name] = pid
        self._path.write_text(json.dumps(self._pids), encoding="utf-8")


def _open_demonstration_fund(session: Session) -> None:
    """A house without a fund gets the example's, so that there is something to try."""
    top = checkout()
    if top is not None and session.exec(select(Fund)).first() is None:
        open_fund(session, top / "examples" / "fund.toml", shanghai_today())
