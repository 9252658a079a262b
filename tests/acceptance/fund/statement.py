"""The statement of a fund's ring-fenced account, as the bank writes it and the book desk takes it in."""

from datetime import date
from pathlib import Path

import pytest

from activities.books import reconciliation
from activities.books.reconciliation import DayEnd, Matched
from activities.books.statement import taking_in
from activities.books.statement.taking_in import RowResult
from models.books import statements
from models.cases.applications import Application
from rulebook.errors import XuqiaoError
from rulebook.money import format_yuan, yuan
from tests.acceptance.fund.fund import CHECKER, MAKER, TestedFund


class Statement:
    """The bank's statement of a fund, written line by line; the capital stands in it from the beginning."""

    def __init__(self, fund: TestedFund, folder: Path) -> None:
        self.fund, self._path = fund, folder / "statement.csv"
        self._rows: list[str] = []
        fund.on_statement = False  # what stands on it the test says itself
        self._balance = 0
        self.add("2025-CZ-0817", yuan(20_000_000), on=date(2025, 8, 17))

    def add(self, reference: str, amount: int, *, account: str = "", on: date | None = None, summary: str = "") -> None:
        self._balance += amount
        out, came = (format_yuan(-amount), "") if amount < 0 else ("", format_yuan(amount))
        balance = format_yuan(self._balance)
        self._rows.append(f"{on or self.fund.today},{reference},{out},{came},{balance},某某,{account},{summary}")

    def take_in(self) -> dict[str | None, RowResult]:
        headings = "日期,流水号,借方,贷方,余额,对方户名,对方账号,摘要"
        self._path.write_text("\n".join([headings, *self._rows]), encoding="utf-8")
        with self.fund.services.sessions.begin() as session:
            report = taking_in.import_statement(session, self.fund.code, self._path.read_bytes(), MAKER)
        assert report.whole, [report.breaks, report.sums, [r for r in report.rows if r.reason]]
        return {row.name: row for row in report.rows}

    def match(self, line: str, case: str, *, principal: int | None = None, fee: int | None = None) -> Matched:
        with self.fund.services.sessions.begin() as session:
            return reconciliation.match_line(session, line, case, MAKER, CHECKER, principal_fen=principal, fee_fen=fee)

    def refused(self, line: str, case: str, *, principal: int | None = None, fee: int | None = None) -> str:
        with pytest.raises(XuqiaoError) as refusal:
            self.match(line, case, principal=principal, fee=fee)
        return refusal.value.code

    def day_end(self) -> DayEnd:
        with self.fund.services.sessions.begin() as session:
            return reconciliation.reconcile_day(session, self.fund.code, self.fund.today, MAKER)

    def waiting(self) -> dict[str, int]:
        with self.fund.services.sessions() as session:
            return {each.name: each.left_fen for each in statements.suspense(session, self.fund.code)}


def account_of(fund: TestedFund, case: str) -> str:
    with fund.services.sessions() as session:
        return session.get_one(Application, case).account_number
