"""Fifty open cases while the worker, then Temporal, then PostgreSQL are killed: every case ends, each is paid once."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import cycle
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models.books import ledger
from models.cases.case_file import cases_of
from rulebook.books.postings import PostingKind
from rulebook.calendar import LAW_ZONE
from rulebook.stages import CaseStage
from runtime.devstack import addresses_of
from runtime.devstack.stack import DevStack
from runtime.wiring import Services
from tests.driver import AMOUNT, Driver
from tests.running_stack import FUND, open_for_business, settings_for

CASES = 50
PAUSES = {
    "opinion": CaseStage.BANK_OPINION,
    "approve": CaseStage.APPROVAL,
    "release": CaseStage.DISBURSEMENT,
    "old_loan_settled": CaseStage.OLD_LOAN_SETTLEMENT,
    "receipt": CaseStage.REPAYMENT,
}
MIXED = Counter({stage.value: CASES // len(PAUSES) for stage in PAUSES.values()})
READY_WITHIN = 60.0
SETTLED_WITHIN = 240.0


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that is gone afterwards, servers' data included."""
    place = tmp_path / "var"
    place.mkdir(mode=0o700)
    yield place
    DevStack(place).remove()


@pytest.fixture
def serving(folder: Path) -> Iterator[Services]:
    """``xuqiao serve``, in a process of its own; the papers are blank, since nobody reads two hundred and fifty."""
    settings = settings_for(folder)
    command = [sys.executable, "-m", "tests.serving_blanks"]
    process = subprocess.Popen(command, env=settings.for_children(), cwd=Path(__file__).parents[2])
    until = time.monotonic() + READY_WITHIN
    while not (addresses_of(folder) and {"worker", "papers", "relay"} <= pids(folder).keys()):
        assert process.poll() is None, "serve ended before it was ready"
        assert time.monotonic() < until, "serve was not ready in time"
        time.sleep(0.2)
    services = Services(settings)
    yield services
    services.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0


def pids(folder: Path) -> dict[str, int]:
    """Process ids of everything served, as last started."""
    servers = json.loads((folder / "stack.json").read_text(encoding="utf-8"))["children"]
    served = folder / "serve.json"
    processes = json.loads(served.read_text(encoding="utf-8")) if served.exists() else {}
    return {name: child["pid"] for name, child in servers.items()} | processes


def stages(services: Services) -> Counter[str]:
    """How many cases stand in each stage."""
    with services.sessions() as session:
        rows = session.connection().execute(text("SELECT stage FROM renewal_case WHERE fund = :f"), {"f": FUND})
        return Counter(row.stage for row in rows)


async def drive_until(driver: Driver, reached: Callable[[], bool]) -> None:
    """Officers and banks go on, through servers that are away, until something is reached."""
    until = time.monotonic() + SETTLED_WITHIN
    while True:
        try:
            driver.look()
            if reached():
                return
        except DBAPIError:
            await asyncio.sleep(0.2)
        if time.monotonic() > until:
            pytest.fail(f"only {stages(driver.services)} within {SETTLED_WITHIN} s")
        await asyncio.sleep(0.05)


@pytest.mark.timeout(420)
def test_every_case_reaches_its_end_and_is_paid_once_through_three_kills(serving: Services, folder: Path) -> None:
    await_a_day_that_lasts()
    open_for_business(serving, folder)

    async def story() -> None:
        driver = Driver(serving, await serving.client(), early=False)
        driver.file(CASES)
        driver.pauses = dict(zip(driver.cases, cycle(PAUSES), strict=False))
        await drive_until(driver, lambda: stages(serving) == MIXED)
        driver.pauses.clear()
        for ended, victim in ((0, "worker"), (12, "temporal"), (25, "postgres")):
            await drive_until(driver, lambda: stages(serving)[CaseStage.CLOSED] >= ended)  # noqa: B023
            assert stages(serving)[CaseStage.CLOSED] < CASES, f"{victim} was to be killed while cases are open"
            os.kill(pids(folder)[victim], signal.SIGKILL)
        await drive_until(driver, lambda: stages(serving)[CaseStage.CLOSED] == CASES)
        await asyncio.sleep(0.05)

    asyncio.run(story())
    with serving.sessions() as session:
        ends = Counter(case.stage for case in cases_of(session, FUND))
        disbursed = [v for v in ledger.vouchers(session, FUND) if v.kind is PostingKind.DISBURSE]
        faults = ledger.check_books(session, FUND)
        pool = ledger.pool(session, FUND)
    paid = serving.simulated_bank.payments()
    assert ends == {CaseStage.CLOSED: CASES}
    assert Counter(p.case_no for p in paid) == Counter(v.case_no for v in disbursed)
    assert set(Counter(p.case_no for p in paid).values()) == {1}
    assert {p.amount_fen for p in paid} == {AMOUNT}
    assert {p.reference for p in paid} == {v.reference for v in disbursed}
    assert faults == []
    assert pool.available_fen == pool.total_fen


def await_a_day_that_lasts() -> None:
    """Its loans are released today: a run that begins minutes before midnight waits for the new day."""
    while (now := datetime.now(LAW_ZONE)).hour == 23 and now.minute >= 50:
        time.sleep(1)
