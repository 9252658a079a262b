"""A program that is frozen (SIGSTOP) while it decides over a fund's pool holds up the fund for a bounded time only."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from activities.books import ledger
from activities.books.ledger import POOL_WAIT_SECONDS, lock_pool
from models.bootstrap import IDLE_IN_TRANSACTION_SECONDS, DatabaseUrls
from models.database import sessions
from rulebook.errors import XuqiaoError
from workflows.policies import DATABASE_TIMEOUT

FUND = "FROZEN"
SERVED_WITHIN = 60.0
BOUND_HERE = "3s"
"""For this test's program; every program of ours has the bound of its role."""
_HOLDER = """
import sys, time
from activities.books.ledger import lock_pool
from models.database import engine_for, sessions
with sessions(engine_for(sys.argv[1])).begin() as session:
    lock_pool(session, sys.argv[2])
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def frozen(database: DatabaseUrls) -> Iterator[subprocess.Popen[str]]:
    """A program that took the pool's lock, and was frozen with it."""
    sooner = {**os.environ, "PGOPTIONS": f"-c idle_in_transaction_session_timeout={BOUND_HERE}"}
    holder = [sys.executable, "-c", _HOLDER, database.app, FUND]
    with subprocess.Popen(holder, stdout=subprocess.PIPE, text=True, env=sooner) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "held\n"
        os.kill(program.pid, signal.SIGSTOP)
        yield program
        program.kill()


def is_free(session: Session) -> bool:
    key = {"pool": f"pool/{FUND}"}
    return bool(session.execute(text("SELECT pg_try_advisory_xact_lock(hashtextextended(:pool, 0))"), key).scalar())


def test_22_the_pool_of_a_frozen_program_is_decided_over_again_within_a_minute(
    app_engine: Engine, frozen: subprocess.Popen[str]
) -> None:
    with sessions(app_engine).begin() as session:
        assert not is_free(session), "the frozen program holds the lock"
    begun = time.monotonic()
    with sessions(app_engine).begin() as session:
        lock_pool(session, FUND)
    assert time.monotonic() - begun < SERVED_WITHIN
    assert frozen.poll() is None, "and it is frozen still"


def test_22_who_waits_for_the_pool_learns_who_has_it(
    app_engine: Engine, frozen: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "POOL_WAIT_SECONDS", 1)
    with sessions(app_engine).begin() as session, pytest.raises(XuqiaoError) as refused:
        lock_pool(session, FUND)
    told = refused.value.params
    assert (refused.value.code, told["fund"], told["program"]) == ("fund.pool_held", FUND, "xuqiao")
    assert told["state"] == "idle in transaction"
    assert told["pid"].isdigit()
    assert DATABASE_TIMEOUT.total_seconds() > POOL_WAIT_SECONDS


def test_22_every_program_of_ours_has_a_bound(app_engine: Engine, desk_engine: Engine) -> None:
    for engine in (app_engine, desk_engine):
        with engine.connect() as connection:
            bound = connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar()
        assert bound == f"{IDLE_IN_TRANSACTION_SECONDS}s"
    assert IDLE_IN_TRANSACTION_SECONDS < SERVED_WITHIN
