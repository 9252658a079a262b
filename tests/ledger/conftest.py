"""A fund's books on the real database, seen by the application's role."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import make_url

from models import ledger
from models.bootstrap import DatabaseUrls
from models.database import engine_for, sessions
from rulebook import postings
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from rulebook.postings import LedgerRequest, Pool, Position, Posted
from runtime.devstack import Addresses

TODAY = date(2026, 3, 2)
_serial = itertools.count(1)


@dataclass
class Books:
    """One fund with 20,000,000.00 yuan, or as much as the test says."""

    engine: Engine
    fund: str

    def post(self, request: LedgerRequest) -> Posted:
        with sessions(self.engine).begin() as session:
            return ledger.post(session, request)

    def refused(self, request: LedgerRequest) -> XuqiaoError:
        """The refusal a request meets."""
        with pytest.raises(XuqiaoError) as caught:
            self.post(request)
        return caught.value

    def capital(self, amount_fen: int, reference: str = "ZB-1") -> Posted:
        return self.post(
            postings.capital_in(self.fund, "市财政", amount_fen, reference=reference, on=TODAY, actor_id="maker")
        )

    def reserve(self, case: str, amount_fen: int, attempt: int = 1, on: date = TODAY) -> LedgerRequest:
        return postings.reserve(
            self.fund, case, amount_fen, attempt=attempt, terms_digest="t1", on=on, actor_id="checker"
        )

    def release(self, case: str, attempt: int = 1) -> LedgerRequest:
        return postings.release_hold(self.fund, case, attempt=attempt, on=TODAY, actor_id="checker")

    def disburse(self, case: str, amount_fen: int, attempt: int = 1, reference: str | None = None) -> LedgerRequest:
        return postings.disburse(
            self.fund,
            case,
            amount_fen,
            reference or f"ZF-{case}-{attempt}",
            attempt=attempt,
            terms_digest="t1",
            on=TODAY,
            actor_id="cashier",
        )

    def receive(
        self, case: str, principal_fen: int = 0, fee_fen: int = 0, excess_fen: int = 0, reference: str = "LS-1"
    ) -> LedgerRequest:
        return postings.receive(
            self.fund,
            case,
            "return",
            principal_fen=principal_fen,
            fee_fen=fee_fen,
            excess_fen=excess_fen,
            reference=f"{case}-{reference}",
            on=TODAY,
            actor_id="maker",
        )

    @property
    def pool(self) -> Pool:
        with sessions(self.engine)() as session:
            return ledger.pool(session, self.fund)

    def position(self, case: str) -> Position:
        with sessions(self.engine)() as session:
            return ledger.position(session, self.fund, case)

    def faults(self) -> list[str]:
        with sessions(self.engine)() as session:
            return ledger.check_books(session, self.fund)


@pytest.fixture
def new_books(app_engine: Engine) -> Callable[[], Books]:
    """Opens a book of its own each time it is called."""
    return lambda: Books(app_engine, f"L{next(_serial)}")


@pytest.fixture
def books(new_books: Callable[[], Books]) -> Books:
    fund = new_books()
    fund.capital(yuan(20_000_000))
    return fund


@pytest.fixture
def superuser(stack: Addresses, database: DatabaseUrls) -> Iterator[Connection]:
    """The database's administrator, who can do anything; what he did is rolled back."""
    name = make_url(database.owner).database
    url = make_url(stack.superuser_url).set(database=name).render_as_string(hide_password=False)
    engine = engine_for(url, pool_size=1)
    with engine.connect() as connection:
        yield connection
        connection.rollback()
        connection.invalidate()  # what he set for his session must not outlive it
    engine.dispose()
