"""A worker is killed after it has written a step with its papers, before Temporal hears of it: it is written once."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select
from sqlmodel import Session

from activities.contracts import Queue
from activities.papers.drawing_up import Papers
from models.base import table
from models.cases.case_file import Event
from rulebook.events import EventKind
from rulebook.stages import CaseStage
from runtime.settings import Settings
from runtime.wiring import Services, activities_of
from tests.acceptance.fund import offices
from tests.acceptance.fund.fund import TestedFund
from tests.acceptance.fund.offices import BEFORE_PAYMENT, FIVE_MILLION, Serving, reserved
from tests.builders import a_micro_manufacturer
from workflows.policies import PAPERS_HEARTBEAT

serving, fund = offices.an_office, offices.its_fund

KILLED_WITHIN = 60.0
BROKEN = "{% if %}"


def events_of(session: Session, case: str) -> int:
    """How many lines the log of a case has."""
    return session.scalar(select(func.count()).where(table(Event).c.case_no == case)) or 0


def draw_once_and_die(settings: Settings, case: str) -> None:
    """What the process does: it commits what it was asked to write of a case, and is killed before it can say so."""
    services = Services(settings)

    @contextmanager
    def and_die() -> Iterator[Session]:
        with services.sessions.begin() as session:
            before = events_of(session, case)
            yield session
            wrote = events_of(session, case) > before
        if wrote:
            os.kill(os.getpid(), signal.SIGKILL)

    async def work() -> None:
        async with services.worker(
            await services.client(), Queue.PAPERS, activities_of(Papers(and_die, services.press))
        ):
            await asyncio.Event().wait()

    asyncio.run(work())


async def killed_after_a_commit(serving: Serving, case: str) -> None:
    """One such process has begun, and is gone."""
    process = multiprocessing.get_context("spawn").Process(target=draw_once_and_die, args=(serving.settings, case))
    process.start()
    await asyncio.to_thread(process.join, KILLED_WITHIN)
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.timeout(300)
async def test_what_a_killed_worker_wrote_is_neither_lost_nor_written_again(fund: TestedFund, serving: Serving) -> None:
    serving.breaks("refusal_notice", BROKEN)
    await serving.restart()
    refused = await reserved(fund)
    drawn = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.bank_promises(drawn)
    await serving.restart(draws=False)
    await fund.approve_bridge(drawn, FIVE_MILLION)
    assert fund.pool().reserved_fen == 2 * FIVE_MILLION

    await killed_after_a_commit(serving, drawn)
    papers, events = fund.papers_of(drawn), fund.events(drawn)
    assert set(papers) == BEFORE_PAYMENT
    assert events[-1] == EventKind.PAPERS_DRAWN_UP
    fund.busy_seconds = PAPERS_HEARTBEAT.seconds + KILLED_WITHIN
    told = asyncio.create_task(fund.not_renewing(refused))
    await killed_after_a_commit(serving, refused)
    assert fund.events(refused)[-1] == EventKind.PAPERS_NOT_DRAWN
    pool = fund.pool()
    assert pool.reserved_fen == FIVE_MILLION

    await serving.draw()
    await told
    await fund.settle()
    assert (fund.papers_of(drawn), fund.events(drawn)) == (papers, events)
    assert fund.events(refused).count(EventKind.PAPERS_NOT_DRAWN) == 1
    assert fund.pool() == pool
    await fund.sign(drawn)
    serving.mends("refusal_notice")
    await serving.restart()
    await fund.draw_again(refused)
    assert (fund.stage_of(drawn), fund.stage_of(refused)) == (CaseStage.DISBURSEMENT, CaseStage.REFUSED)
    assert fund.pool() == pool
