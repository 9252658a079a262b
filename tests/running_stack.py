"""A running stack for benchmarks and fault tests: the real servers and the product's own processes.

Cases settle within minutes on whatever day it is: every day of the calendar works and the cut-off is just before
midnight. Nothing else differs from production.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from activities.law.calendars import shanghai_today
from models.funds import calendar
from rulebook.calendar import CalendarDay
from runtime.devstack.stack import DevStack
from runtime.seed import open_fund
from runtime.settings import Settings, checkout
from runtime.supervisor import Child, Supervisor
from runtime.wiring import Services

FUND = "ST"


def settings_for(folder: Path) -> Settings:
    """Settings of a stack: everything in its own folder."""
    return Settings(var=folder, simulator_path=folder / "bank.sqlite")


def open_for_business(services: Services, folder: Path) -> None:
    """The example's fund, with a cut-off just before midnight and a calendar in which every day works."""
    examples = (checkout() or Path.cwd()) / "examples"
    overlay = (examples / "operator.toml").read_text(encoding="utf-8")
    (folder / "operator.toml").write_text(overlay.replace('cut_off = "16:30"', 'cut_off = "23:59"'), encoding="utf-8")
    fund = (examples / "fund.toml").read_text(encoding="utf-8")
    own = fund.replace('code = "DH"', f'code = "{FUND}"').replace("0000 2025", "0000 2026")  # an account of its own
    (folder / "fund.toml").write_text(own, encoding="utf-8")
    today = shanghai_today()
    with services.sessions.begin() as session:
        open_fund(session, folder / "fund.toml", today)
        every_day = (today + timedelta(days=n) for n in range(-30, 300))
        calendar.store_days(session, (CalendarDay(day, works=True, official=True) for day in every_day), "test")


@contextmanager
def running_stack(folder: Path, processes: Sequence[Child]) -> Iterator[Services]:
    """Servers and processes for one run; the folder's data goes with it."""
    stack, supervisor = DevStack(folder), Supervisor(folder / "log")
    services = Services(settings_for(folder))
    stack.start()
    try:
        open_for_business(services, folder)
        for child in processes:
            supervisor.add(child)
        supervisor.start()
        yield services
    finally:
        supervisor.stop()
        services.close()
        stack.remove()
