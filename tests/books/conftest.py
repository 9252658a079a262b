"""A fund's books on the real database, seen by the application's role."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url

from models.books import ledger
from models.bootstrap import DatabaseUrls
from models.database import engine_for, sessions
from rulebook.books import postings
from rulebook.books.postings import Approval, LedgerRequest, Pool, Position, Posted, PostingKind, Subject
from rulebook.books.postings_of_the_year import Record, reverse
from rulebook.errors import XuqiaoError
from rulebook.money import format_yuan, yuan
from runtime.devstack import Addresses
from tests.books.desk.desk import Desk, open_desk

TODAY = date(2026, 3, 2)
_serial = itertools.count(1)
BALANCES = text("""
    SELECT a.subject, a.dimension,
           CASE b.side WHEN 'D' THEN b.debit_fen - b.credit_fen ELSE b.credit_fen - b.debit_fen END AS net
    FROM ledger.account AS a JOIN ledger.balance AS b ON b.account = a.id WHERE a.book = :b
""")
_NET = text(f"SELECT net FROM ({BALANCES.text}) AS t WHERE subject = :s AND dimension = :d")


@dataclass
class Books:
    """One fund with 20,000,000.00 yuan, or as much as the test says; the desk beside it has its own way in."""

    engine: Engine
    desk: Engine
    fund: str

    def post(self, request: LedgerRequest) -> Posted:
        with sessions(self.engine).begin() as session:
            return ledger.post(session, request)

    def refused(self, request: LedgerRequest) -> XuqiaoError:
        """The refusal a request meets."""
        with pytest.raises(XuqiaoError) as caught:
            self.post(request)
        return caught.value

    def allow(self, approval: Approval) -> Approval:
        """What two people allowed, put in by the desk."""
        with sessions(self.desk).begin() as session:
            ledger.approve(session, approval)
        return approval

    def allow_event(
        self, kind: PostingKind, amount_fen: int, about: str = "", case: str | None = None, name: str = "1"
    ) -> str:
        """Allow an event beside lending; the approval's key."""
        key = f"{self.fund}/approval/{kind}/{case}/{about}/{name}"
        return self.allow(
            Approval(
                book=self.fund,
                key=key,
                kind=kind,
                case_no=case,
                amount_fen=amount_fen,
                about=about,
                maker="maker",
                checker="checker",
            )
        ).key

    def close(self, through: date) -> int:
        with sessions(self.desk).begin() as session:
            return ledger.close_books(session, self.fund, through, "checker")

    def capital(self, amount_fen: int, reference: str = "ZB-1") -> Posted:
        return self.post(
            postings.capital_in(self.fund, "市财政", amount_fen, reference=reference, on=TODAY, actor_id="maker")
        )

    def lend(self, case: str, amount_fen: int) -> None:
        """All of it: reserved, approved, on its way, paid."""
        self.post(self.reserve(case, amount_fen))
        self.send(case, amount_fen)
        self.post(self.disburse(case, amount_fen))

    def send(self, case: str, amount_fen: int) -> None:
        """Approved, and on its way."""
        self.allow(self.approval(case, amount_fen))
        self.post(self.intend(case, amount_fen))

    def reserve(self, case: str, amount_fen: int, attempt: int = 1, on: date = TODAY) -> LedgerRequest:
        return postings.reserve(
            self.fund, case, amount_fen, attempt=attempt, terms_digest="t1", on=on, actor_id="checker"
        )

    def approval(self, case: str, amount_fen: int, attempt: int = 1, payee: str = "p1") -> Approval:
        return postings.approval_of_bridge(
            self.fund,
            case,
            amount_fen,
            attempt=attempt,
            payee=payee,
            terms_digest="t1",
            maker="maker",
            checker="checker",
        )

    def release(self, case: str, attempt: int = 1, hold: str | None = None) -> LedgerRequest:
        return postings.release_hold(
            self.fund,
            case,
            attempt=attempt,
            hold=hold or self.key(case, "reserve", attempt),
            on=TODAY,
            actor_id="checker",
        )

    def intend(
        self, case: str, amount_fen: int, attempt: int = 1, payment: int = 1, hold: str | None = None
    ) -> LedgerRequest:
        """Take up the hold of the approval's reservation, unless another is named."""
        return postings.intend_payment(
            self.fund,
            case,
            amount_fen,
            payment=payment,
            attempt=attempt,
            hold=hold or self.key(case, "reserve", attempt),
            payee="p1",
            terms_digest="t1",
            on=TODAY,
            actor_id="cashier",
        )

    def fail(self, case: str, amount_fen: int, payment: int = 1) -> LedgerRequest:
        return postings.payment_failed(
            self.fund, case, amount_fen, payment=payment, terms_digest="t1", on=TODAY, actor_id="cashier"
        )

    def disburse(self, case: str, amount_fen: int, payment: int = 1, reference: str | None = None) -> LedgerRequest:
        return postings.disburse(
            self.fund,
            case,
            amount_fen,
            reference or f"ZF-{case}-{payment}",
            payment=payment,
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

    def reverse(self, request: LedgerRequest, approval: str) -> LedgerRequest:
        """What takes a journal back."""
        return reverse(self.record(), request.key, request.lines, approval=approval, case=request.case_no)

    def key(self, case: str, leg: str, attempt: int = 1) -> str:
        return postings.leg_key(self.fund, case, leg, attempt)

    def record(self, on: date = TODAY) -> Record:
        """What journals beside lending say of themselves."""
        return Record(fund=self.fund, on=on, actor_id="maker")

    def net(self, subject: Subject, dimension: str) -> int:
        """What stands on an account, on its own side, in fen."""
        with sessions(self.engine)() as session:
            found = session.connection().execute(_NET, {"b": self.fund, "s": subject.value, "d": dimension}).scalar()
        return int(found or 0)

    def balances(self) -> dict[tuple[str, str], int]:
        """Everything that stands on an account, by subject and dimension, in fen."""
        with sessions(self.engine)() as session:
            rows = session.connection().execute(BALANCES, {"b": self.fund})
            return {(row.subject, row.dimension): row.net for row in rows if row.net}

    def entries(self) -> list[str]:
        """The entries of the last voucher, as an accountant reads them."""
        with sessions(self.engine)() as session:
            last = ledger.vouchers(session, self.fund)[-1]
        return [
            f"{line.debit.subject}/{line.debit.dimension} {line.credit.subject}/{line.credit.dimension} "
            f"{format_yuan(line.amount_fen)}"
            for line in last.lines
        ]

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
def new_books(app_engine: Engine, desk_engine: Engine) -> Callable[[], Books]:
    """Opens a book of its own each time it is called."""
    return lambda: Books(app_engine, desk_engine, f"L{next(_serial)}")


@pytest.fixture
def books(new_books: Callable[[], Books]) -> Books:
    fund = new_books()
    fund.capital(yuan(20_000_000))
    return fund


OpenDesk = Callable[[str], Desk]


@pytest.fixture
def opened_desk(app_engine: Engine, desk_engine: Engine, tmp_path: Path) -> Iterator[OpenDesk]:
    """Opens a fund with its desk each time it is called; at the end all their books are right."""
    opened: list[Desk] = []

    def open_it(overlay: str) -> Desk:
        opened.append(open_desk(app_engine, desk_engine, tmp_path, overlay))
        return opened[-1]

    yield open_it
    for each in opened:
        assert each.faults() == []


@pytest.fixture
def desk(opened_desk: OpenDesk) -> Desk:
    return opened_desk("[release]")


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
