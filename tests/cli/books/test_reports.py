"""Reports on the books at the command line and in Excel: the same figures, which can be added up again."""

import json
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import text

from activities.law.calendars import shanghai_today
from activities.law.measures import measure_from
from models.books import ledger
from models.cases.applications import file_application
from models.cases.case_file import commit_step
from models.funds.funds import keep_measure, measure_in_force
from rulebook.books import postings, postings_of_the_year
from rulebook.books.postings import LedgerRequest
from rulebook.events import EventKind
from rulebook.money import yuan
from rulebook.stages import CaseStage
from rulebook.steps import Step
from runtime.wiring import Services
from tests.builders import a_micro_manufacturer
from tests.cli.conftest import Cli

TODAY = shanghai_today()
PAID_ON = TODAY - timedelta(days=1)
FORMULA = "=cmd|' /C calc'!A0"
LENT = yuan("5000000.01")


def post(services: Services, *requests: LedgerRequest) -> None:
    with services.sessions.begin() as session:
        for request in requests:
            ledger.post(session, request)


def allow(services: Services, approval: postings.Approval) -> None:
    with services.desk_sessions.begin() as session:
        ledger.approve(session, approval)


def file_case(services: Services, fund: str, paid_on: date) -> str:
    """A case whose bridge was paid out on a day, under the fund's measure."""
    row = a_micro_manufacturer(maturity=TODAY + timedelta(days=20))
    with services.sessions.begin() as session:
        case: str = file_application(
            session, fund, row, received_on=TODAY, filed_by="li.jing", source="test", queues="nobody"
        ).case_no
        law = measure_in_force(session, fund, TODAY)
        measure = measure_from(law.pack, law.overlay)
        keep_measure(session, measure)
        at = house_now(services)
        step = Step(case_no=case, fund=fund, cause="r", at=at, event=EventKind.RECEIVED, stage=CaseStage.INTAKE)
        commit_step(session, step, paid_on=paid_on, measure_digest=measure.digest, amount_fen=LENT)
    return case


def house_now(services: Services) -> Any:
    with services.sessions() as session:
        return session.connection().scalar(text("SELECT now()"))


@pytest.fixture
def lent(services: Services, fund_code: str) -> str:
    """A case with 5,000,000.01 out since yesterday, of a fund with some fees, and a contributor with an evil name."""
    case = file_case(services, fund_code, PAID_ON)
    terms: dict[str, Any] = {"terms_digest": "t1", "on": PAID_ON, "actor_id": "zhao.na"}
    post(services, postings.reserve(fund_code, case, LENT, attempt=1, **terms))
    allow(
        services,
        postings.approval_of_bridge(
            fund_code, case, LENT, attempt=1, payee="p", terms_digest="t1", maker="li.jing", checker="wang.he"
        ),
    )
    hold = postings.leg_key(fund_code, case, "reserve")
    record = postings_of_the_year.Record(fund=fund_code, on=TODAY, actor_id="li.jing")
    post(
        services,
        postings.intend_payment(fund_code, case, LENT, payment=1, attempt=1, hold=hold, payee="p", **terms),
        postings.disburse(fund_code, case, LENT, "ZF-1", payment=1, **terms),
        postings.capital_in(fund_code, FORMULA, 7, reference="+1", on=TODAY, actor_id="li.jing"),
        postings.receive(
            fund_code,
            case,
            "return",
            principal_fen=1,
            fee_fen=yuan("0.30"),
            reference="LS-1",
            on=TODAY,
            actor_id="li.jing",
        ),
        postings_of_the_year.interest(record, yuan("1409.57"), reference="@SUM(A1)"),
    )
    return case


def test_the_trial_balance_is_shown_in_yuan_with_its_source(cli: Cli, fund_code: str, lent: str) -> None:
    data = cli("ledger", "trial-balance", "--fund", fund_code, "--on", TODAY, "--json").data
    totals = data["totals"]
    assert totals["closing_debit_yuan"] == totals["closing_credit_yuan"] == "20001409.94"
    assert totals["debit_yuan"] == totals["credit_yuan"]
    assert {line["code"]: line["closing_debit_yuan"] for line in data["lines"]}["1221.01"] == "5000000.00"
    assert data["source"]["period"] == {"first": TODAY.replace(day=1).isoformat(), "last": TODAY.isoformat()}
    assert (data["source"]["voucher"], len(data["source"]["digest"])) == (7, 64)

    shown = cli("ledger", "trial-balance", "--fund", fund_code, "--chart", "government").out
    assert "财会〔2017〕25号" in shown
    assert "截至第 7 号凭证" in shown
    assert data["source"]["digest"][:12] in shown
    assert "1218.01" in shown
    assert "20,001,409.94" in shown
    assert "已预留" in shown


def test_the_operators_own_accounts_come_from_the_settings(
    cli: Cli, fund_code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[[account]]\nsubject = "contribution"\ncode = "4001.01"\nname = "出资"\nstandard = "4001 实收资本"\n'
    )
    monkeypatch.setenv("XUQIAO_CHART_FILE", str(own))
    month = ("ledger", "trial-balance", "--fund", fund_code)
    assert "4001.01" in cli(*month).out
    assert "own.toml" in cli(*month).out
    assert "4001.01" not in cli(*month, "--chart", "government").out
    own.write_text("[[account]]\nsubject = 'cash'\n")
    refused = cli(*month, "--json")
    assert (refused.code, refused.error["code"]) == (1, "chart.wrong")


def test_an_account_is_found_by_code_word_or_name(cli: Cli, fund_code: str, lent: str) -> None:
    about = ("ledger", "statement", "--fund", fund_code, "--from", PAID_ON, "--json", "--account")
    for typed in (f"应收周转款/{lent}", f"bridge_receivable/{lent}", "1221.01", "应收周转款"):
        found = cli(*about, typed).data
        assert [line["balance_yuan"] for line in found["lines"]] == ["5000000.01", "5000000.00"], typed
    pool = cli(*about, "1002.01").data
    assert pool["dimension"] == "pool"
    assert pool["lines"][-1]["balance_yuan"] == pool["closing_yuan"]
    assert cli(*about, "应急周转专户/可贷资金").data["closing_yuan"] == pool["closing_yuan"]
    assert cli(*about, "应急周转专户/金库").error["code"] == "chart.no_part"
    assert cli(*about, "现金").code == 2
    shown = cli("ledger", "statement", "--fund", fund_code, "--from", PAID_ON, "--account", "1221.01").out
    assert "期初余额" in shown
    assert "放款" in shown


def test_a_voucher_shows_who_allowed_it(cli: Cli, fund_code: str, lent: str) -> None:
    shown = cli("ledger", "voucher", 3, "--fund", fund_code).out
    assert "付款指令（了结第2号）" in shown
    assert "li.jing / wang.he" in shown
    assert "5,000,000.01" in shown
    (sheet,) = cli("ledger", "voucher", 3, "--fund", fund_code, "--json").data["vouchers"]
    assert (sheet["approval"]["amount_yuan"], sheet["held_yuan"]) == ("5000000.01", "5000000.01")
    entry = cli("ledger", "voucher", 4, "--fund", fund_code, "--lang", "en").out
    assert f"1221.01 其他应收款—应收周转款（{lent}）" in entry
    listed = cli("ledger", "voucher", "--fund", fund_code, "--from", PAID_ON, "--json").data["vouchers"]
    assert [voucher["number"] for voucher in listed] == [2, 3, 4, 5, 6, 7]
    missing = cli("ledger", "voucher", 70, "--fund", fund_code, "--json")
    assert (missing.code, missing.error["code"]) == (1, "reports.no_voucher")


def test_the_book_of_a_sub_fund_has_reports_of_its_own(cli: Cli, services: Services, fund_code: str) -> None:
    book = f"{fund_code}-RC"
    refused = cli("ledger", "report", "--fund", book, "--json")
    assert (refused.code, refused.error["code"]) == (1, "fund.unknown"), "before any money is in it"
    post(services, postings.capital_in(book, "省财政", yuan(300), reference="1", on=TODAY, actor_id="li.jing"))
    assert cli("ledger", "trial-balance", "--fund", book, "--json").data["totals"]["closing_debit_yuan"] == "300.00"
    told = cli("ledger", "report", "--fund", book, "--json").data
    assert (told["source"]["fund_name"], told["fees"]["limit_ppm"]) == ("东海县企业转贷应急资金", None)
    assert "省财政" in cli("ledger", "report", "--fund", book).out


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("trial-balance", "--month", "2026-13"), 2, "cli.usage.bad_value"),
        (("trial-balance", "--month", "2099-01"), 1, "reports.day_ahead"),
        (("trial-balance", "--on", "2099-01-01"), 1, "reports.day_ahead"),
        (("trial-balance", "--on", "2026-01-01", "--month", "2026-01"), 2, "reports.day_or_month"),
        (("voucher", "--from", "2026-02-02", "--to", "2026-02-01"), 2, "cli.usage.bad_value"),
        (("report", "--chart", "swiss"), 1, "chart.unknown"),
        (("report", "--xlsx", "/nowhere/at/all.xlsx"), 2, "cli.usage.cannot_write"),
    ],
)
def test_what_cannot_be_reported_is_refused(
    cli: Cli, fund_code: str, words: tuple[str, ...], code: int, reason: str
) -> None:
    ran = cli("ledger", *words, "--fund", fund_code, "--json")
    assert (ran.code, ran.error["code"]) == (code, reason)


def test_returns_are_expected_on_their_due_day(cli: Cli, services: Services, fund_code: str, lent: str) -> None:
    """东海's measure as the demo's operator completed it: the money is due some days after it was paid out."""
    page = cli("pool", "--fund", fund_code, "--json").data
    (expected,) = page["expected"]
    assert (expected["amount_yuan"], expected["cases"]) == ("5000000.00", [lent])
    assert PAID_ON < date.fromisoformat(expected["day"]) <= PAID_ON + timedelta(days=20)
    assert expected["day"] in cli("pool", "--fund", fund_code).out

    told = cli("ledger", "report", "--fund", fund_code, "--json").data
    assert told["expected"] == page["expected"]
    assert (told["overdue"]["cases"], told["without_due_day_yuan"]) == ([], "0.00")
    assert told["bridges"]["closing_yuan"] == "5000000.00"


def test_money_past_its_day_is_overdue_and_no_longer_expected(
    cli: Cli, services: Services, fund_code: str, lent: str
) -> None:
    with services.sessions.begin() as session:
        paid_on = TODAY - timedelta(days=60)
        session.connection().execute(
            text("UPDATE renewal_case SET paid_on = :on WHERE case_no = :case"), {"on": paid_on, "case": lent}
        )
    told = cli("ledger", "report", "--fund", fund_code, "--json").data
    assert (told["overdue"]["cases"], told["overdue"]["amount_yuan"], told["expected"]) == ([lent], "5000000.00", [])
    assert [age["cases"] for age in told["overdue"]["ageing"]] == [0, 1, 0]
    assert "已逾期" in cli("pool", "--fund", fund_code).out
    shown = cli("ledger", "report", "--fund", fund_code).out
    assert "31–90 天" in shown


def test_the_fund_report_prints_how_the_turnover_was_reckoned(cli: Cli, fund_code: str, lent: str) -> None:
    shown = cli("ledger", "report", "--fund", fund_code, "--month", f"{TODAY:%Y-%m}").out
    told = cli("ledger", "report", "--fund", fund_code, "--json").data
    assert f"= {told['turnover']['times']} 次" in shown
    assert told["fees"]["received_yuan"] == "0.30"
    assert "支出限额：办法未作规定" in shown
    for lang in ("zh", "en"):
        assert cli("ledger", "report", "--fund", fund_code, "--lang", lang).code == 0


# Excel -----------------------------------------------------------------------------------------------------------


def table_of(sheet: Worksheet, first_heading: str) -> list[dict[str, Cell | MergedCell]]:
    """The rows below the headings that begin with one, down to the first empty line."""
    rows = list(sheet.iter_rows())
    at = next(n for n, row in enumerate(rows) if row[0].value == first_heading)
    headings = [str(cell.value) for cell in rows[at] if cell.value is not None]
    found = []
    for row in rows[at + 1 :]:
        if all(cell.value in (None, "") for cell in row):
            break
        found.append(dict(zip(headings, row, strict=False)))
    return found


def fen(cell: Cell | MergedCell) -> int:
    """A cell's amount in fen: it must be a number that is a whole number of fen."""
    if cell.value is None:
        return 0
    assert cell.data_type == "n", cell.coordinate
    assert cell.number_format.startswith("#,##0.00"), cell.coordinate
    amount = round(float(cell.value) * 100)  # type: ignore[arg-type]
    assert float(cell.value) == amount / 100  # type: ignore[arg-type]
    return amount


@pytest.fixture
def workbook(cli: Cli, fund_code: str, lent: str, tmp_path: Path) -> openpyxl.Workbook:
    ran = cli("ledger", "report", "--fund", fund_code, "--xlsx", tmp_path / "report.xlsx")
    assert ran.code == 0, ran.err
    assert "report.xlsx" in ran.out
    return openpyxl.load_workbook(tmp_path / "report.xlsx")


def test_the_workbook_adds_up_again(workbook: openpyxl.Workbook) -> None:
    assert workbook.sheetnames == ["科目余额表", "明细账", "记账凭证", "基金月报", "数据字典"]
    trial = table_of(workbook["科目余额表"], "科目编码")
    lines = [row for row in trial if row["科目编码"].value]
    (total,) = (row for row in trial if row["科目名称"].value == "合计")
    for debit, credit in (("期初借方", "期初贷方"), ("借方", "贷方"), ("期末借方", "期末贷方")):
        assert fen(total[debit]) == fen(total[credit]) == sum(fen(row[debit]) for row in lines)
        assert fen(total[credit]) == sum(fen(row[credit]) for row in lines)
    for row in lines:
        before, moved, after = (fen(row[f"{when}借方"]) - fen(row[f"{when}贷方"]) for when in ("期初", "", "期末"))
        assert before + moved == after

    ledgers: dict[str, list[dict[str, Cell | MergedCell]]] = defaultdict(list)
    for row in table_of(workbook["明细账"], "科目编码"):
        ledgers[str(row["科目编码"].value)].append(row)
    for line in lines:
        opening, *entries, closing = ledgers.pop(str(line["科目编码"].value))
        assert (opening["摘要"].value, closing["摘要"].value) == ("期初余额", "本期合计及期末余额")
        assert sum(fen(row["借方"]) for row in entries) == fen(closing["借方"]) == fen(line["借方"])
        assert sum(fen(row["贷方"]) for row in entries) == fen(closing["贷方"]) == fen(line["贷方"])
        assert abs(fen(closing["余额"])) == fen(line["期末借方"]) + fen(line["期末贷方"])
    assert not ledgers

    *vouchers, sums = table_of(workbook["记账凭证"], "凭证")
    assert sum(fen(row["金额（元）"]) for row in vouchers) == fen(sums["金额（元）"]) == fen(total["借方"])
    numbers = [row["凭证"].value for row in vouchers]
    assert numbers == sorted(numbers, key=lambda number: int(str(number)))


def test_the_workbook_tells_what_the_report_tells(cli: Cli, fund_code: str, workbook: openpyxl.Workbook) -> None:
    told = cli("ledger", "report", "--fund", fund_code, "--json").data
    sheet = workbook["基金月报"]
    items = {str(row[0].value): row[1] for row in sheet.iter_rows(min_row=6)}
    assert fen(items["期末未收回本金"]) == yuan(told["bridges"]["closing_yuan"])
    assert fen(items["收到使用费（含税）"]) == yuan("0.30")
    assert items["放款笔数"].value == told["bridges"]["lent_cases"]
    assert items["本期周转率"].value == told["turnover"]["times"]
    top = "\n".join(str(sheet.cell(row, 1).value) for row in range(1, 6))
    assert told["source"]["digest"][:12] in top
    assert "财会〔2006〕18号" in top


def test_every_sheet_can_be_printed_and_read(workbook: openpyxl.Workbook) -> None:
    for sheet in workbook.worksheets:
        assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.freeze_panes == ("A7" if sheet in workbook.worksheets[:3] else "A6"), sheet.title
        widths = {
            column: group.width
            for group in sheet.column_dimensions.values()
            for column in range(group.min or 0, (group.max or 0) + 1)
        }
        for row in sheet.iter_rows(min_row=6):
            for cell in row:
                if isinstance(cell.value, int | float) and "0.00" in cell.number_format:
                    assert widths[cell.column] > len(f"{cell.value:,.2f}"), (
                        f"{sheet.title} {cell.coordinate} is not seen whole"
                    )
    rows = workbook["数据字典"].iter_rows(min_row=6, values_only=True)
    said = {(row[0], row[1]): row[2] for row in rows if row[2]}
    for sheet in workbook.worksheets[:3]:
        headings = next(row for row in sheet.iter_rows(min_row=6, values_only=True) if row[0])
        assert all(said[sheet.title, heading] for heading in headings if heading)


def test_hostile_text_stays_text(workbook: openpyxl.Workbook, tmp_path: Path) -> None:
    hostile = [
        cell
        for sheet in workbook.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith(("=", "@"))
    ]
    assert {cell.value for cell in hostile} >= {FORMULA, "@SUM(A1)"}
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in hostile)
    with ZipFile(tmp_path / "report.xlsx") as parts:
        sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/")]
    assert not any(b"<f>" in sheet for sheet in sheets)


def test_one_report_alone_can_be_written_too(cli: Cli, fund_code: str, lent: str, tmp_path: Path) -> None:
    for name, *more in (
        ("trial-balance", "--month", f"{TODAY:%Y-%m}"),
        ("statement", "--account", "1002.01", "--from", str(PAID_ON)),
        ("voucher", "--from", str(PAID_ON)),
    ):
        out = tmp_path / f"{name}.xlsx"
        ran = cli("ledger", name, *more, "--fund", fund_code, "--xlsx", out, "--json", "--lang", "en")
        assert json.loads(ran.out)["source"]["voucher"] == 7
        book = openpyxl.load_workbook(out)
        assert book.sheetnames[1] == "Data dictionary"
