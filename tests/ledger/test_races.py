"""Many callers at once, and many events in any order."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import ledger
from models.database import sessions
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from rulebook.postings import LedgerRequest

from .conftest import Books

CALLERS = 16


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


def test_of_sixteen_racing_for_the_last_money_exactly_those_win_who_fit(books: Books) -> None:
    heard = all_at_once(books, [books.reserve(f"L-{n}", yuan(3_000_000)) for n in range(CALLERS)])
    assert heard == {"posted": 6, "ledger.pool_short": 10}
    assert books.pool.available_fen == yuan(2_000_000)
    assert books.faults() == []


def test_one_key_from_sixteen_callers_is_one_voucher(books: Books) -> None:
    heard = all_at_once(books, [books.reserve("L-1", yuan(3_000_000))] * CALLERS)
    assert heard == {"posted": 1, "replayed": 15}
    assert books.pool.reserved_fen == yuan(3_000_000)
    assert books.faults() == []


def test_paid_out_or_released_but_never_both(books: Books) -> None:
    books.post(books.reserve("L-1", yuan(3_000_000)))
    heard = all_at_once(books, [books.disburse("L-1", yuan(3_000_000)), books.release("L-1")] * 8)
    assert heard["posted"] == 1
    assert heard["replayed"] == 7
    assert heard["ledger.hold_resolved"] == 8
    assert books.faults() == []


@pytest.mark.parametrize("already_reading", [False, True])
def test_books_that_are_being_written_still_check_right(books: Books, already_reading: bool) -> None:
    def write(of: int) -> None:
        for n in range(25):
            books.post(books.reserve(f"L-{of}-{n}", 1))
            books.post(books.disburse(f"L-{of}-{n}", 1))

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


class Model:
    """The same book in a few lines of arithmetic, independent of the database; each event says whether it is taken."""

    def __init__(self, capital: int) -> None:
        self.available = capital
        self.held: dict[tuple[str, int], int] = {}
        self.ended: dict[tuple[str, int], str] = {}
        self.lent: set[str] = set()
        self.owed: dict[str, int] = {}

    def reserve(self, case: str, attempt: int, amount: int) -> bool:
        if (case, attempt) in self.held:
            return self.held[case, attempt] == amount
        live = any(of == case and (of, nth) not in self.ended for of, nth in self.held)
        if live or case in self.lent or amount > self.available:
            return False
        self.held[case, attempt] = amount
        self.available -= amount
        return True

    def release(self, case: str, attempt: int) -> bool:
        if not self._end(case, attempt, "released"):
            return self.ended.get((case, attempt)) == "released"
        self.available += self.held[case, attempt]
        return True

    def disburse(self, case: str, attempt: int, amount: int) -> bool:
        if self.held.get((case, attempt)) != amount:
            return False
        if not self._end(case, attempt, "paid"):
            return self.ended[case, attempt] == "paid"
        self.lent.add(case)
        self.owed[case] = amount
        return True

    def receive(self, case: str, amount: int) -> bool:
        if amount > self.owed.get(case, 0):
            return False
        self.owed[case] -= amount
        self.available += amount
        return True

    def _end(self, case: str, attempt: int, how: str) -> bool:
        """Whether this event is the one that ends the reservation."""
        if (case, attempt) not in self.held or (case, attempt) in self.ended:
            return False
        self.ended[case, attempt] = how
        return True


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "release", "disburse", "receive"]),
        st.sampled_from(["A", "B", "C"]),
        st.integers(1, 2),
        st.sampled_from([100, 250, 400]),
    ),
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_in_whatever_order_events_come_the_books_agree_with_the_model(
    new_books: Callable[[], Books], events: list[tuple[str, str, int, int]]
) -> None:
    books, model = new_books(), Model(600)
    books.capital(600)
    for number, (event, case, attempt, amount) in enumerate(events):
        match event:
            case "reserve":
                request, fits = books.reserve(case, amount, attempt), model.reserve(case, attempt, amount)
            case "release":
                request, fits = books.release(case, attempt), model.release(case, attempt)
            case "disburse":
                request, fits = books.disburse(case, amount, attempt), model.disburse(case, attempt, amount)
            case _:
                request = books.receive(case, principal_fen=amount, reference=f"R{number}")
                fits = model.receive(case, amount)
        try:
            books.post(request)
            written = True
        except XuqiaoError:
            written = False
        assert written is fits, (number, event, case, attempt, amount)
        assert books.pool.available_fen == model.available
    assert books.pool.out_fen == sum(model.owed.values())
    assert books.faults() == []
