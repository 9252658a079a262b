"""A fund with its ring-fenced account, and the bank's statements of it."""

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session

from activities.books import reconciliation
from activities.books.reconciliation import DayEnd
from activities.books.statement import taking_in
from activities.books.statement.taking_in import ImportReport, LineState
from models.books import ledger, statements
from models.books.statements import StatementDifference
from models.database import sessions
from models.funds.artificial_time import play_business_day, play_day
from models.funds.funds import Fund
from rulebook.books import postings
from rulebook.books.postings import Approval, PostingKind
from rulebook.books.postings_of_the_year import Record, reverse
from rulebook.books.statements import KnownLine
from runtime.seed import open_fund, read_fund_file
from runtime.settings import checkout

FIRST_DAY, NEXT_DAY = date(2026, 3, 2), date(2026, 3, 3)
EXAMPLES = (checkout() or Path.cwd()) / "examples"
OWN_ACCOUNT = "3205 0165 8636 0000 2025"
HEADINGS = "日期,流水号,借方,贷方,余额,对方户名,对方账号,摘要"
CAPITAL = "2025-08-17,2025-CZ-0817,,20000000.00,20000000.00,东海县财政局,,拨款"
_numbers = itertools.count(1)


@dataclass
class Account:
    """A fund of the example's, 20,000,000 yuan in its ring-fenced account since 2025-08-17."""

    app: Engine
    desk: Engine
    fund: str
    folder: Path

    def session(self) -> Session:
        return sessions(self.app)()

    def file(self, *rows: str, headings: str = HEADINGS) -> Path:
        path = self.folder / f"{next(_numbers)}.csv"
        path.write_text("\n".join([headings, *rows]), encoding="utf-8")
        return path

    def take_in(self, *rows: str) -> ImportReport:
        return self.take_in_file(self.file(*rows))

    def take_in_file(self, path: Path) -> ImportReport:
        with sessions(self.app).begin() as session:
            return taking_in.import_statement(session, self.fund, path.read_bytes(), "li.jing")

    def day_end(self, on: date = FIRST_DAY) -> DayEnd:
        with sessions(self.app).begin() as session:
            return reconciliation.reconcile_day(session, self.fund, on, "li.jing")

    def post(self, request: postings.LedgerRequest) -> None:
        with sessions(self.app).begin() as session:
            ledger.post(session, request)

    def open_day(self, day: date) -> None:
        with sessions(self.app).begin() as session:
            play_business_day(session, self.fund, day)

    def record(self, on: date = FIRST_DAY) -> Record:
        return Record(fund=self.fund, on=on, actor_id="li.jing")

    def waiting(self) -> dict[str, int]:
        """待确认来款 by line, in fen."""
        with self.session() as session:
            return {each.name: each.left_fen for each in statements.suspense(session, self.fund)}

    def tasks(self, *, resolved: bool = False) -> list[StatementDifference]:
        with self.session() as session:
            return statements.differences(session, self.fund, resolved=resolved)

    def faults(self) -> list[str]:
        with self.session() as session:
            return ledger.check_books(session, self.fund)

    def take_back(self, key: str) -> None:
        """Reverse a journal by two people."""
        with self.session() as session:
            (voucher,) = (each for each in ledger.vouchers(session, self.fund) if each.key == key)
        amount = sum(line.amount_fen for line in voucher.lines)
        approval = Approval(
            book=self.fund,
            key=f"{key}/approval",
            kind=PostingKind.REVERSE,
            amount_fen=amount,
            about=key,
            maker="li.jing",
            checker="wang.he",
        )
        with sessions(self.desk).begin() as session:
            ledger.approve(session, approval)
        self.post(reverse(self.record(), key, voucher.lines, approval=approval.key))

    @property
    def lines(self) -> Sequence[KnownLine]:
        """All lines on record, in order of time."""
        with self.session() as session:
            return statements.lines_of(session, self.fund)


def open_account(
    app: Engine, desk: Engine, folder: Path, *, number: str = OWN_ACCOUNT, on: date = FIRST_DAY
) -> Account:
    """A fund whose ring-fenced account is the one given; its first business day is open."""
    code = f"S{os.getpid() % 10_000:04d}{next(_numbers):02d}"
    described = (EXAMPLES / "fund.toml").read_text(encoding="utf-8").replace(OWN_ACCOUNT, number)
    (folder / "fund.toml").write_text(described.replace('code = "DH"', f'code = "{code}"'), encoding="utf-8")
    (folder / "operator.toml").write_bytes((EXAMPLES / "operator.toml").read_bytes())
    with sessions(app).begin() as session:
        session.add(
            Fund(**read_fund_file(folder / "fund.toml").fund.model_dump())
        )  # past the rule of one account, one fund
        session.flush()
        play_day(session, code, on)
        open_fund(session, folder / "fund.toml", on)
    return Account(app, desk, code, folder)


def states(report: ImportReport) -> dict[str | None, LineState | None]:
    return {row.name: row.state for row in report.rows}


def faults(report: ImportReport) -> list[tuple[int, str]]:
    return [(row.row, row.reason.code) for row in report.rows if row.reason]
