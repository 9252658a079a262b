"""The register of partner banks: what an application may name, for whom a clerk speaks, and what two people change."""

from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from activities.law.calendars import shanghai_today
from activities.workbook.applications import write_template
from activities.workbook.columns import COLUMNS
from activities.workbook.intake import GivenFile, Reception, import_workbook
from models.cases.applications import file_application
from models.funds.banks import banks_of, check_ceiling
from rulebook.applications import bank_called
from rulebook.errors import XuqiaoError
from runtime.seed import read_fund_file
from runtime.wiring import Services
from tests.builders import a_micro_manufacturer
from tests.cli.conftest import EXAMPLES, Cli

PROPOSED = text("""
    INSERT INTO approval (
        case_no, attempt, amount_fen, ceiling_fen, bound_by, terms_digest, findings, maker, proposed_at
    ) VALUES (:case, 1, :fen, :fen, 'cap', 't', '[]', 'li.jing', now())
""")
APPROVED = text("UPDATE approval SET checker = 'wang.he', approved_at = now() WHERE case_no = :case")
WHY = ("--reason", "协议续签")


def with_bank(path: Path, name: str) -> Path:
    """The example's applications, all of them of a bank that goes by this name."""
    book = load_workbook(EXAMPLES / "applications.xlsx")
    sheet = next(
        each for each in book.worksheets if any("贷款银行" in str(c.value) for r in each.iter_rows() for c in r)
    )
    (heading,) = (c for row in sheet.iter_rows() for c in row if str(c.value).startswith("贷款银行"))
    at, first = heading.column, int(heading.row or 0) + 2
    for row in sheet.iter_rows(min_row=first, min_col=at, max_col=at):
        if row[0].value:
            row[0].value = name
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("written", "nearest"),
    [("晶都农业银行", "晶都农村商业银行"), ("平安银行", "晶都农村商业银行"), ("海洲湾银行", "海州湾银行股份有限公司")],
)
def test_50_a_misspelt_or_invented_bank_opens_no_case(
    cli: Cli, fund_code: str, tmp_path: Path, written: str, nearest: str
) -> None:
    file = with_bank(tmp_path / "a.xlsx", written)
    ran = cli("import", file, "--fund", fund_code, "--as", "li.jing", "--json")
    assert (ran.code, ran.data["opened"]) == (1, 0)
    of_banks = [fault for fault in ran.data["faults"] if fault["code"] == "workbook.unknown_bank"]
    assert of_banks
    assert nearest in of_banks[0]["message"]


def test_50_the_forms_own_example_names_a_bank_of_the_examples_register(tmp_path: Path) -> None:
    write_template(tmp_path / "form.xlsx")
    sample = next(str(column.sample) for column in COLUMNS if column.field == "bank")
    banks = [each.bank() for each in read_fund_file(EXAMPLES / "fund.toml").bank]
    assert bank_called(sample, banks) is not None


def test_50_two_people_register_a_bank_and_change_one(cli: Cli, fund_code: str, services: Services) -> None:
    new = ("banks", "set", "LYGB", "--name", "连云银行", "--alias", "连银", "--agreement", "晶转合〔2026〕4号")
    days = ("--from", "2026-01-01", "--ceiling", "5000000", "--fund", fund_code, *WHY)
    number = cli(*new, *days, "--as", "li.jing", "--json").data["number"]
    with services.sessions() as session:
        assert bank_called("连银", banks_of(session, fund_code)) is None
    assert cli("changes", "approve", number, "--as", "wang.he").code == 0
    with services.sessions() as session:
        found = bank_called("连银", banks_of(session, fund_code))
    assert found is not None
    assert (found.code, found.ceiling_fen) == ("LYGB", 500_000_000)
    like = cli("banks", "set", "OTHER", "--name", "连银", "--agreement", "x", *days, "--as", "li.jing", "--json")
    assert like.error["code"] == "bank.called_like"
    assert "连云银行" in cli("banks", "list", "--fund", fund_code).out


def test_50_a_bank_whose_agreement_has_ended_gets_no_new_case(cli: Cli, fund_code: str, services: Services) -> None:
    over = (
        "banks",
        "set",
        "JDRCB",
        "--name",
        "晶都农村商业银行股份有限公司",
        "--alias",
        "晶都农村商业银行",
        "--alias",
        "晶都农商行",
        "--agreement",
        "晶转合〔2025〕1号",
    )
    days = ("--from", "2025-08-17", "--until", "2025-12-31", "--fund", fund_code, *WHY)
    number = cli(*over, *days, "--as", "li.jing", "--json").data["number"]
    assert cli("changes", "approve", number, "--as", "wang.he").code == 0
    reception = Reception(services.sessions.begin, fund_code, "li.jing", services.settings.queues.prefix)
    read = import_workbook(reception, GivenFile("a.xlsx", (EXAMPLES / "applications.xlsx").read_bytes()))
    reasons = {row.reason["code"] for row in read.rows if row.reason}
    if read.rows:  # by the day on which this runs, loans of the example may have fallen due
        assert "bank.agreement_not_in_force" in reasons


def test_50_a_fund_says_in_its_file_with_which_banks_it_works(cli: Cli, fund_code: str, tmp_path: Path) -> None:
    text = (tmp_path / "fund.toml").read_text(encoding="utf-8").replace(f'"{fund_code}"', '"NB"')
    text = text.replace(f"8{fund_code[1:]}", f"6{fund_code[1:]}")
    head, _, rest = text.partition("[[bank]]")
    without = head + rest[rest.index("[[person]]") :]
    (tmp_path / "nb.toml").write_text(without, encoding="utf-8")
    assert cli("funds", "open", tmp_path / "nb.toml", "--json").error["code"] == "fund.file_without_banks"
    (tmp_path / "nb.toml").write_text(without.replace("[measure]", "any_bank = true\n\n[measure]"), encoding="utf-8")
    assert read_fund_file(tmp_path / "nb.toml").fund.any_bank
    clerk = text.replace('organisation = "海州湾银行"', 'organisation = "不知名银行"')
    (tmp_path / "nb.toml").write_text(clerk, encoding="utf-8")
    assert cli("funds", "open", tmp_path / "nb.toml", "--json").error["code"] == "fund.file_clerk_without_bank"


def test_50_a_clerk_speaks_for_his_bank_alone_by_any_of_its_names(cli: Cli, fund_code: str, services: Services) -> None:
    today = shanghai_today()
    row = a_micro_manufacturer(maturity=today + timedelta(days=20), bank="HZWB", bank_name="海州湾银行")
    with services.sessions.begin() as session:
        case = file_application(
            session, fund_code, row, received_on=today, filed_by="li.jing", source="test", queues="nobody"
        ).case_no
    opinion = ("bank", "opinion", case, "--answer", "repay_then_lend", "--json")
    other = cli(*opinion, "--as", "qian.jd")
    assert (other.code, other.error["code"]) == (1, "message.other_bank")
    assert cli(*opinion, "--as", "zhou.hz").code == 0, "his house is written 海州湾银行, the register's name is longer"


def test_50_what_is_approved_for_one_bank_stays_under_its_ceiling(cli: Cli, fund_code: str, services: Services) -> None:
    low = (
        "banks",
        "set",
        "JDRCB",
        "--name",
        "晶都农村商业银行股份有限公司",
        "--agreement",
        "1",
        "--from",
        "2025-08-17",
    )
    number = cli(*low, "--ceiling", "5000000", "--fund", fund_code, *WHY, "--as", "li.jing", "--json").data["number"]
    assert cli("changes", "approve", number, "--as", "wang.he").code == 0
    today, cases = shanghai_today(), []
    for note in ("A1", "A2"):
        row = a_micro_manufacturer(maturity=today + timedelta(days=20), loan_note=note + fund_code)
        with services.sessions.begin() as session:
            filed = file_application(
                session, fund_code, row, received_on=today, filed_by="li.jing", source="test", queues="nobody"
            )
            cases.append(filed.case_no)
            proposed = {"case": filed.case_no, "fen": 300_000_000}
            session.execute(PROPOSED, proposed)
    with services.sessions.begin() as session:
        check_ceiling(session, cases[1])
        session.execute(APPROVED, {"case": cases[0]})
        with pytest.raises(XuqiaoError, match=r"bank\.over_ceiling"):
            check_ceiling(session, cases[1])


def test_50_a_ceiling_or_a_last_day_of_nothing_is_not_without_end(cli: Cli, fund_code: str) -> None:
    bank = ("banks", "set", "LYGB", "--name", "连云银行", "--agreement", "1", "--from", "2026-01-01", *WHY)
    for option in ("--until", "--ceiling"):
        ran = cli(*bank, option, "", "--fund", fund_code, "--as", "li.jing", "--json")
        assert (ran.code, option in ran.error["message"]) == (2, True)
    for command in ("grant", "take"):
        asked = ("people", command, "sun.shen", "--role", "checker", "--until", "", "--fund", fund_code, *WHY)
        ran = cli(*asked, "--as", "li.jing", "--json")
        assert (ran.code, "--until" in ran.error["message"]) == (2, True)
