"""A fund of the example's with its desk, on the real database."""

import itertools
import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from activities.books import desk as book_desk
from activities.books.desk import Doors
from models.books import acts as book_acts
from models.books import ledger
from models.books.acts import BookActRow
from models.books.statements import InFile, add_line
from models.database import sessions
from models.funds.artificial_time import play_business_day, play_day
from models.funds.funds import business_date
from rulebook.books import postings
from rulebook.books.acts import BookAct, CapitalOut, Payee
from rulebook.books.postings import Account, Subject
from rulebook.books.statements import StatementLine
from rulebook.books.steps import NextStep
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from runtime.seed import open_fund
from runtime.settings import checkout

FIRST_DAY = date(2026, 3, 2)
MAKER, CHECKER, CASHIER, BOTH = "li.jing", "wang.he", "zhao.na", "sun.shen"
PAPER = "e" * 64
PAYEE = Payee(name="晶都石英有限公司", number="32050165863600002025", branch="晶都农村商业银行")
LIMITED = '[fund]\nspending_limit = "20%"\nspending_on = ["税费", "追偿诉讼费用"]\n\n[release]'
_numbers = itertools.count(1)


@dataclass
class Desk:
    """One fund of the example's with its desk; money came in when it was opened."""

    app: Engine
    doors: Doors
    fund: str

    def propose(self, act: BookAct, *, by: str = MAKER, key: str = "", book: str = "") -> BookActRow:
        key = key or f"key {next(_numbers)}"
        return book_desk.propose(self.doors, key=key, book=book or self.fund, act=act, evidence=PAPER, maker=by)

    def approve(self, row: BookActRow, *, by: str = CHECKER) -> BookActRow:
        assert row.number is not None
        return book_desk.approve(self.doors, row.number, checker=by)

    def paid(self, row: BookActRow, reference: str = "TK-1", *, by: str = CASHIER) -> BookActRow:
        assert row.number is not None
        return book_desk.paid(self.doors, row.number, reference=reference, cashier=by)

    def allowed(self, act: BookAct) -> BookActRow:
        """Proposed by one and allowed by another."""
        return self.approve(self.propose(act))

    def take_back(self, row: BookActRow, *, by: str = CHECKER, reason: str = "不再需要") -> BookActRow:
        assert row.number is not None
        return book_desk.reject(self.doors, row.number, by=by, reason=reason)

    def row(self, row: BookActRow) -> BookActRow:
        """The act as it stands now."""
        assert row.number is not None
        with self.doors.books() as session:
            found = book_acts.book_act(session, row.number)
            session.expunge(found)
            return found

    def next_step(self, row: BookActRow) -> NextStep | None:
        """Who must do what next with an act, as it stands now."""
        with self.doors.books() as session:
            (step,) = book_desk.next_steps(session, [self.row(row)])
        return step

    def fees(self, amount: int, reference: str = "F1") -> None:
        """A fee came in, as a case's receipt books it."""
        with self.doors.books() as session:
            ledger.post(
                session,
                postings.receive(
                    self.fund, "a case", "return", fee_fen=amount, reference=reference, on=self.today, actor_id="x"
                ),
            )

    def reserve(self, amount: int) -> str:
        """So much of the pool is set aside for a case; the key of what was asked."""
        asked = postings.reserve(
            self.fund, "a case", amount, attempt=1, terms_digest="t", on=self.today, actor_id=CHECKER
        )
        with self.doors.books() as session:
            ledger.post(session, asked)
        return asked.key

    def release(self, hold: str) -> None:
        with self.doors.books() as session:
            asked = postings.release_hold(self.fund, "a case", attempt=1, hold=hold, on=self.today, actor_id=CHECKER)
            ledger.post(session, asked)

    def unmatched(self, amount: int, line: str) -> None:
        with self.doors.books() as session:
            ledger.post(
                session, postings.unmatched_receipt(self.fund, amount, reference=line, on=self.today, actor_id="x")
            )

    def import_line(self, name: str, amount: int) -> None:
        """A line of the bank's statement, as an import keeps it; what came in is positive."""
        line = StatementLine(on=self.today, amount_fen=amount, reference=name)
        place = InFile(digest=PAPER, sheet="", row=1, by=MAKER)
        with self.doors.books() as session:
            add_line(session, self.fund, name, line, place)

    def new_day(self, day: date) -> None:
        with self.doors.books() as session:
            play_business_day(session, self.fund, day)

    @property
    def today(self) -> date:
        with self.doors.books() as session:
            return business_date(session, self.fund)

    def balance(self, subject: Subject, dimension: str, book: str = "") -> int:
        """Debit less credit, in fen."""
        account = Account(subject=subject, dimension=dimension)
        with self.doors.books() as session:
            lines = [line for voucher in ledger.vouchers(session, book or self.fund) for line in voucher.lines]
        came = sum(line.amount_fen for line in lines if line.debit == account)
        return came - sum(line.amount_fen for line in lines if line.credit == account)

    def faults(self) -> list[str]:
        with sessions(self.app)() as session:
            return [str(fault) for fault in ledger.check_books(session, self.fund)]


def open_desk(app_engine: Engine, desk_engine: Engine, folder: Path, overlay: str) -> Desk:
    """A fund with 20,000,000.00 yuan; ``overlay`` stands where the operator's own choices begin."""
    code = f"D{os.getpid() % 10_000:04d}{next(_numbers):03d}"
    examples = (checkout() or Path.cwd()) / "examples"
    file = (examples / "fund.toml").read_text(encoding="utf-8").replace('code = "DH"', f'code = "{code}"')
    chosen = (examples / "operator.toml").read_text(encoding="utf-8").replace("[release]", overlay)
    (folder / "fund.toml").write_text(file.replace("0000 2025", f"7{code[1:]}"), encoding="utf-8")
    (folder / "operator.toml").write_text(chosen, encoding="utf-8")
    with sessions(app_engine).begin() as session:
        play_day(session, code, FIRST_DAY)
        open_fund(session, folder / "fund.toml", FIRST_DAY)
    return Desk(app_engine, Doors(sessions(desk_engine).begin, sessions(app_engine).begin), code)


def refused(doing: "object", *args: object, **kwargs: object) -> XuqiaoError:
    with pytest.raises(XuqiaoError) as caught:
        doing(*args, **kwargs)  # type: ignore[operator]
    return caught.value


def capital_out(amount: int = yuan(1_000_000)) -> CapitalOut:
    """Some of the money of the one contributor."""
    return CapitalOut(amount_fen=amount, contributor="东海县财政局")


def with_roles(owner: Engine, fund: str, person: str, roles: str) -> None:
    """Somebody has these parts in a fund from now on, whatever he had before."""
    row = {"id": person, "fund": fund, "roles": roles.split(), "day": FIRST_DAY}
    with owner.begin() as connection:
        connection.execute(text("INSERT INTO person VALUES (:id, '全能', '承办公司') ON CONFLICT DO NOTHING"), row)
        connection.execute(text("DELETE FROM role_held WHERE fund = :fund AND person = :id"), row)
        connection.execute(
            text(
                "INSERT INTO role_held (fund, person, role, from_day) "
                "SELECT :fund, :id, r, :day FROM unnest(CAST(:roles AS text[])) AS r"
            ),
            row,
        )


class Broken(Exception):
    """The database is gone in the middle."""


def nobody_opens() -> AbstractContextManager[Session]:
    """A door that does not open."""
    raise Broken
