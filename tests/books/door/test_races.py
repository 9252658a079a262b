"""Many callers at once, and many events in any order."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from models.books import ledger
from models.database import sessions
from rulebook.books.postings import LedgerRequest
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from tests.books.conftest import Books

CALLERS = 32


def all_at_once(books: Books, requests: list[LedgerRequest]) -> Counter[str]:
    """What every caller heard, counted."""
    start = Barrier(len(requests))

    def call(request: LedgerRequest) -> str:
        start.wait()
        try:
            return "replayed" if books.post(request).replayed else "posted"
        except XuqiaoError as refused:
            return refused.code

    with ThreadPoolExecutor(len(requests)) as callers:
        return Counter(callers.map(call, requests))


def test_of_thirty_two_racing_for_the_last_money_exactly_those_win_who_fit(books: Books) -> None:
    heard = all_at_once(books, [books.reserve(f"L-{n}", yuan(3_000_000)) for n in range(CALLERS)])
    assert heard == {"posted": 6, "ledger.pool_short": 26}
    assert books.pool.available_fen == yuan(2_000_000)
    assert books.faults() == []


def test_one_key_from_thirty_two_callers_is_one_voucher(books: Books) -> None:
    heard = all_at_once(books, [books.reserve("L-1", yuan(3_000_000))] * CALLERS)
    assert heard == {"posted": 1, "replayed": 31}
    assert books.pool.reserved_fen == yuan(3_000_000)
    assert books.faults() == []


def test_paid_out_or_failed_but_never_both(books: Books) -> None:
    books.post(books.reserve("L-1", yuan(3_000_000)))
    books.send("L-1", yuan(3_000_000))
    heard = all_at_once(books, [books.disburse("L-1", yuan(3_000_000)), books.fail("L-1", yuan(3_000_000))] * 8)
    assert heard["posted"] == 1
    assert heard["replayed"] == 7
    assert heard["ledger.hold_resolved"] == 8
    assert books.faults() == []


@pytest.mark.parametrize("already_reading", [False, True])
def test_books_that_are_being_written_still_check_right(books: Books, already_reading: bool) -> None:
    def write(of: int) -> None:
        for n in range(25):
            books.lend(f"L-{of}-{n}", 1)

    with ThreadPoolExecutor(4) as writers:
        busy = [writers.submit(write, of) for of in range(4)]
        while not all(writer.done() for writer in busy):
            with sessions(books.engine)() as session:
                if already_reading:
                    ledger.pool(session, books.fund)
                assert ledger.check_books(session, books.fund) == []
        for writer in busy:
            writer.result()
    assert books.pool.out_fen == 100
