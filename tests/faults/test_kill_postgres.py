"""PostgreSQL killed again and again under eight writers: what was acknowledged is there, once, without a gap."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from models.books import ledger
from models.database import engine_for, plain_url, sessions
from rulebook.books import postings
from rulebook.books.postings import LedgerRequest
from runtime.devstack.postgres import answers
from runtime.devstack.stack import DevStack

T = TypeVar("T")
FUND = "KP"
WRITERS = 8
ROUNDS = 6
BETWEEN_SECONDS = 0.7
BACK_WITHIN = 30.0
BRIDGE = 100
ON = date(2026, 3, 2)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[tuple[DevStack, Engine, Engine, str]]:
    """Servers of this test's own, with the application's and the desk's way in."""
    servers = DevStack(tmp_path / "var")
    found = servers.start()
    app, desk = engine_for(found.app_url, pool_size=WRITERS + 1), engine_for(found.desk_url, pool_size=WRITERS)
    yield servers, app, desk, found.app_url
    app.dispose()
    desk.dispose()
    servers.remove()


class Writer:
    """Lends one case after another; each leg is sent until it is acknowledged, as an activity is retried."""

    def __init__(self, number: int, app: Engine, desk: Engine, over: threading.Event) -> None:
        self._name, self._app, self._desk, self._over = f"W{number}", app, desk, over
        self.acknowledged: dict[str, int] = {}
        self.lost_replies = 0

    def run(self) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            case = f"{self._name}-{number}"
            self._post(postings.reserve(FUND, case, BRIDGE, attempt=1, terms_digest="t", on=ON, actor_id="checker"))
            self._until_done(self._desk, partial(ledger.approve, approval=_approval(case)))
            self._post(_intent(case))
            self._post(_payment(case))
            self._post(
                postings.receive(
                    FUND, case, "return", principal_fen=BRIDGE, fee_fen=1, reference=f"LS-{case}", on=ON, actor_id="m"
                )
            )

    def _post(self, request: LedgerRequest) -> None:
        posted = self._until_done(self._app, lambda session: ledger.post(session, request))
        self.acknowledged[request.key] = posted.voucher
        self.lost_replies += posted.replayed

    def _until_done(self, engine: Engine, act: Callable[[Session], T]) -> T:
        until = time.monotonic() + BACK_WITHIN
        while True:
            try:
                with sessions(engine).begin() as session:
                    return act(session)
            except DBAPIError:  # the server is away; its reply may have been lost with it
                assert time.monotonic() < until, "the server did not come back"
                time.sleep(0.02)


def _approval(case: str) -> postings.Approval:
    return postings.approval_of_bridge(
        FUND, case, BRIDGE, attempt=1, payee="p", terms_digest="t", maker="maker", checker="checker"
    )


def _intent(case: str) -> LedgerRequest:
    return postings.intend_payment(
        FUND,
        case,
        BRIDGE,
        payment=1,
        attempt=1,
        hold=postings.leg_key(FUND, case, "reserve"),
        payee="p",
        terms_digest="t",
        on=ON,
        actor_id="cashier",
    )


def _payment(case: str) -> LedgerRequest:
    return postings.disburse(FUND, case, BRIDGE, f"ZF-{case}", payment=1, terms_digest="t", on=ON, actor_id="cashier")


def kill_and_wait(servers: DevStack, url: str) -> None:
    """SIGKILL to the postmaster; back when another one takes connections."""
    victim = servers.pids()["postgres"]
    os.kill(victim, signal.SIGKILL)
    until = time.monotonic() + BACK_WITHIN
    while servers.pids()["postgres"] == victim or not answers(plain_url(url)):
        assert time.monotonic() < until, "the server did not come back"
        time.sleep(0.02)


@pytest.mark.timeout(180)
def test_nothing_acknowledged_is_lost_and_nothing_is_written_twice(
    stack: tuple[DevStack, Engine, Engine, str],
) -> None:
    servers, app, desk, url = stack
    with sessions(app).begin() as session:
        capital = postings.capital_in(FUND, "市财政", 10_000, reference="ZB-1", on=ON, actor_id="maker")
        ledger.post(session, capital)
    over = threading.Event()
    writers = [Writer(number, app, desk, over) for number in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS) as threads:
        running = [threads.submit(writer.run) for writer in writers]
        try:
            for _ in range(ROUNDS):
                time.sleep(BETWEEN_SECONDS)
                before = [len(writer.acknowledged) for writer in writers]
                kill_and_wait(servers, url)
                assert sum(before), "nobody wrote anything"
        finally:
            over.set()
        for writer in running:
            writer.result()

    with sessions(app)() as session:
        vouchers = ledger.vouchers(session, FUND)
        faults = ledger.check_books(session, FUND)
        pool = ledger.pool(session, FUND)
    acknowledged = {key: number for writer in writers for key, number in writer.acknowledged.items()}
    written = {voucher.key: voucher.number for voucher in vouchers}
    assert faults == []
    assert acknowledged.items() <= written.items(), "what was acknowledged is there, under the number that was said"
    assert written.keys() - acknowledged.keys() == {capital.key}, "and nothing else"
    assert [voucher.number for voucher in vouchers] == list(range(1, len(vouchers) + 1))
    legs = Counter((voucher.kind, voucher.case_no) for voucher in vouchers)
    assert set(legs.values()) == {1}
    assert (pool.available_fen, pool.out_fen, pool.reserved_fen) == (10_000, 0, 0)
    assert len(vouchers) > ROUNDS * WRITERS
    print(f"{len(vouchers)} vouchers, {sum(writer.lost_replies for writer in writers)} replies lost with the server")
