"""Applications come in row by row: the good ones open cases, the others say which cell, which value, which rule."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select, text

from activities.law.calendars import shanghai_today
from activities.wording import masked
from activities.workbook.applications import write_template
from models.base import table
from models.cases.applications import Application, Enterprise
from rulebook.applications import ApplicationRow
from rulebook.money import yuan
from runtime.wiring import Services
from tests.builders import a_micro_manufacturer
from tests.cli.conftest import Cli
from tests.names import HARD_NAMES

pytestmark = pytest.mark.usefixtures("_on_queues_where_nobody_works")
BY = ("--as", "li.jing")


@pytest.fixture
def _on_queues_where_nobody_works(fund_code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is only filed here is not worked on, and takes nobody's turn to begin."""
    monkeypatch.setenv("XUQIAO_QUEUES__PREFIX", "nobody-works-here")


def a_workbook(path: Path, *rows: ApplicationRow) -> Path:
    write_template(path, rows)
    return path


def spoil(path: Path, heading: str, row: int, value: str | float | date) -> None:
    """Write something into a cell, found by its heading; rows count from the first application."""
    book = load_workbook(path)
    sheet = book.worksheets[0]
    column = next(index for index, cell in enumerate(sheet[3], start=1) if str(cell.value).startswith(heading))
    sheet.cell(row=4 + row, column=column, value=value)
    book.save(path)


def an_application() -> ApplicationRow:
    return a_micro_manufacturer(maturity=shanghai_today() + timedelta(days=20))


def count_of(services: Services, fund: str) -> int:
    with services.sessions() as session:
        column = table(Application).c
        return int(session.connection().scalar(select(func.count()).where(column.fund == fund)) or 0)


def test_a_good_workbook_opens_a_case_for_every_row_and_a_second_time_changes_nothing(
    cli: Cli, services: Services, fund_code: str, tmp_path: Path
) -> None:
    file = a_workbook(tmp_path / "a.xlsx", an_application(), an_application(), an_application())

    first = cli("import", file, "--fund", fund_code, *BY, "--json")

    assert first.code == 0
    assert (first.data["opened"], first.data["known"], first.data["refused"], first.data["faults"]) == (3, 0, 0, [])
    opened = [row["case_no"] for row in first.data["rows"]]
    assert len(set(opened)) == 3
    assert "未经身份验证" in first.err

    again = cli("import", file, "--fund", fund_code, *BY, "--json")

    assert again.code == 0
    assert (again.data["opened"], again.data["known"]) == (0, 3)
    assert [row["case_no"] for row in again.data["rows"]] == opened
    assert count_of(services, fund_code) == 3
    shown = cli("case", "show", opened[0].lower(), "--json").data
    assert shown["source"] == f"file:{first.data['sha256']}"
    assert shown["filed_by"] == "li.jing"
    assert shown["received_on"] == shanghai_today().isoformat()


def test_a_broken_workbook_is_reported_cell_by_cell_and_its_good_rows_go_in(
    cli: Cli, services: Services, fund_code: str, tmp_path: Path
) -> None:
    rows = [an_application() for _ in range(5)]
    file = a_workbook(tmp_path / "a.xlsx", *rows)
    spoil(file, "贷款余额", 2, "陆佰万")
    spoil(file, "统一社会信用代码", 3, rows[2].uscc[:-1] + ("A" if rows[2].uscc[-1] != "A" else "B"))
    spoil(file, "申请金额", 4, 500.0000001)
    spoil(file, "到期日", 4, shanghai_today() - timedelta(days=1))

    ran = cli("import", file, "--fund", fund_code, *BY, "--json")

    assert ran.code == 1
    assert ran.data["opened"] == 2
    assert [row["row"] for row in ran.data["rows"]] == [5, 9]
    assert [(fault["row"], fault["code"]) for fault in ran.data["faults"]] == [
        (6, "workbook.not_a_number"),
        (7, "workbook.uscc_check"),
        (8, "workbook.maturity_past"),
        (8, "workbook.too_many_decimals"),
    ]
    assert all(fault["cell"] and fault["value"] and fault["message"] for fault in ran.data["faults"])
    assert count_of(services, fund_code) == 2

    for lang, words in (("zh", "陆佰万"), ("en", "Row 6, fault:")):
        shown = cli("import", file, "--fund", fund_code, *BY, "--lang", lang)
        assert shown.code == 1
        assert words in shown.out


def test_a_loan_that_is_live_under_another_fund_is_refused_with_its_case(
    cli: Cli, services: Services, fund_code: str, tmp_path: Path
) -> None:
    bridged_elsewhere, free = an_application(), an_application()
    cli("import", a_workbook(tmp_path / "a.xlsx", bridged_elsewhere), "--fund", fund_code, *BY)
    elsewhere = cli("case", "list", "--fund", fund_code, "--json").data[0]["case_no"]
    other = fund_code[:-2] + "ZZ"
    text_of = (tmp_path / "fund.toml").read_text(encoding="utf-8").replace(fund_code, other)
    text_of = text_of.replace(f"8{fund_code[1:]}", f"6{fund_code[1:]}")  # an account of its own
    (tmp_path / "other.toml").write_text(text_of, encoding="utf-8")
    assert cli("funds", "open", tmp_path / "other.toml").code == 0

    ran = cli(
        "import", a_workbook(tmp_path / "b.xlsx", bridged_elsewhere, free), "--fund", other, "--as", "li.jing", "--json"
    )

    assert ran.code == 1
    refused, opened = ran.data["rows"]
    assert (refused["result"], refused["reason"]["code"]) == ("refused", "case.loan_live")
    assert refused["reason"]["params"] == {"note": bridged_elsewhere.loan_note, "case": elsewhere}
    assert elsewhere in refused["reason"]["message"]
    assert opened["result"] == "opened"
    assert count_of(services, other) == 1


@pytest.mark.parametrize("content", [b"", b"not a workbook", None])
def test_a_file_that_is_no_workbook_says_so(cli: Cli, fund_code: str, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "x.xlsx"
    if content is not None:
        file.write_bytes(content)
    ran = cli("import", file, "--fund", fund_code, *BY, "--json")
    assert ran.code == 1
    (fault,) = ran.data["faults"]
    assert fault["code"] == ("workbook.not_found" if content is None else "workbook.not_xlsx")


def test_only_a_known_maker_imports_and_only_into_a_fund_that_is_there(
    cli: Cli, fund_code: str, tmp_path: Path
) -> None:
    file = a_workbook(tmp_path / "a.xlsx", an_application())
    assert cli("import", file, "--fund", fund_code, "--as", "nobody", "--json").error["code"] == "person.unknown"
    assert cli("import", file, "--fund", fund_code, "--as", "zhao.na", "--json").error["code"] == "person.not_in_role"
    assert cli("import", file, "--fund", "NONE", *BY, "--json").error["code"] == "fund.unknown"
    assert cli("case", "list", "--fund", fund_code, "--json").data == []


def test_53_somebody_answers_for_what_is_taken_in(cli: Cli, fund_code: str, tmp_path: Path) -> None:
    file = a_workbook(tmp_path / "a.xlsx", an_application())
    for asked in (
        ("import", file),
        ("ledger", "import-statement", file),
        ("ledger", "reconcile", "--on", "2026-01-05"),
    ):
        refused = cli(*asked, "--fund", fund_code, "--lang", "en")
        assert (refused.code, "--as" in refused.err) == (2, True)
    assert cli("case", "list", "--fund", fund_code, "--json").data == []


def test_the_empty_form_is_written_and_is_itself_readable(cli: Cli, fund_code: str, tmp_path: Path) -> None:
    assert cli("import", "--template", tmp_path / "form.xlsx").code == 0
    ran = cli("import", tmp_path / "form.xlsx", "--fund", fund_code, *BY, "--json")
    assert (ran.code, ran.data["rows"], ran.data["faults"]) == (0, [], [])
    assert cli("import", "--template", tmp_path / "absent" / "form.xlsx").code == 2


def typed(row: ApplicationRow, **changed: object) -> list[object]:
    """A good application as somebody types it."""
    options: dict[str, object] = {
        "--applicant-name": row.applicant_name,
        "--uscc": row.uscc,
        "--kind": "企业",
        "--legal-representative": row.legal_representative,
        "--phone": row.phone,
        "--industry": row.industry,
        "--employees": 12,
        "--bank": row.bank_name,
        "--loan-note": row.loan_note,
        "--loan-kind": "working_capital",
        "--balance": "6000000.00",
        "--maturity": row.maturity,
        "--risk-class": "pass",
        "--asked": "5,000,000",
        "--own-contribution": "1000000",
        "--account-name": row.account_name,
        "--account-number": row.account_number,
        "--account-branch": row.account_branch,
        "--litigation": "no",
        **{"--" + name.replace("_", "-"): value for name, value in changed.items()},
    }
    return [word for pair in options.items() if pair[1] is not None for word in pair]


def test_one_application_is_typed_and_passes_the_same_door(cli: Cli, fund_code: str) -> None:
    row = an_application()
    submit = ("case", "submit", "--fund", fund_code, "--as", "li.jing", "--json")

    filed = cli(*submit, *typed(row))

    assert filed.code == 0
    assert filed.data["result"] == "opened"
    shown = cli("case", "show", filed.data["case_no"], "--json").data
    assert shown["facts"]["asked_yuan"] == "5000000.00"
    assert shown["loan_balance_yuan"] == "6000000.00"
    assert shown["facts"]["standing"]["litigation"] is False
    assert shown["facts"]["standing"]["unpaid_wages"] is None, "what was not said is not known"
    again = cli(*submit, *typed(row))
    assert (again.data["result"], again.data["case_no"]) == ("known", filed.data["case_no"])


def test_a_case_that_no_worker_has_opened_has_no_papers_and_says_so(cli: Cli, fund_code: str, tmp_path: Path) -> None:
    file = a_workbook(tmp_path / "a.xlsx", an_application())
    [filed] = cli("import", file, "--fund", fund_code, *BY, "--json").data["rows"]
    asked = cli("documents", "render", filed["case_no"], "payment_reminder", "--as", "li.jing", "--json")
    assert (asked.code, asked.error["code"]) == (1, "case.not_opened")


def test_what_is_wrong_with_a_typed_application_is_said_all_at_once(cli: Cli, fund_code: str) -> None:
    wrong: dict[str, Any] = {"balance": "6000000.005", "asked": "viel", "phone": None}

    ran = cli("case", "submit", "--fund", fund_code, "--as", "li.jing", "--json", *typed(an_application(), **wrong))

    assert ran.code == 1
    assert {(fault["option"], fault["code"]) for fault in ran.data["faults"]} == {
        ("--phone", "workbook.required"),
        ("--balance", "workbook.too_many_decimals"),
        ("--asked", "workbook.not_a_number"),
    }
    assert cli("case", "list", "--fund", fund_code, "--json").data == []


@pytest.mark.parametrize(
    "given", [(), ("--phone", "1"), ("--applicant-name", "合计"), ("--applicant-name", "（示例）甲")]
)
def test_54_whatever_was_typed_is_an_application_and_says_what_it_lacks(
    cli: Cli, fund_code: str, given: tuple[str, ...]
) -> None:
    """Rows of a workbook may be blank, totals, notes or the form's example; what somebody types is none of these."""
    ran = cli("case", "submit", "--fund", fund_code, "--as", "li.jing", "--json", *given)
    assert ran.code == 1
    lacking = {fault["option"] for fault in ran.data["faults"] if fault["code"] == "workbook.required"}
    assert {"--uscc", "--loan-note", "--balance", "--account-number"} <= lacking


def test_text_that_looks_like_a_formula_stays_text(cli: Cli, fund_code: str) -> None:
    row = typed(an_application(), guarantor="=1+1", collateral="http://x")
    ran = cli("case", "submit", "--fund", fund_code, "--as", "li.jing", "--json", *row)
    shown = cli("case", "show", ran.data["case_no"], "--json").data
    assert (shown["guarantors"], shown["collateral"]) == (["=1+1"], "http://x")


def test_13_two_hundred_hard_names_stand_in_the_case_file_and_in_the_export_as_written(
    cli: Cli, services: Services, fund_code: str, tmp_path: Path
) -> None:
    rows = [
        an_application().model_copy(
            update=dict.fromkeys(
                ("applicant_name", "legal_representative", "account_name", "account_branch", "guarantor"), name
            )
        )
        for name in HARD_NAMES
    ]
    ran = cli("import", a_workbook(tmp_path / "names.xlsx", *rows), "--fund", fund_code, *BY, "--json")

    assert (ran.code, ran.data["opened"], ran.data["faults"]) == (0, len(HARD_NAMES), [])
    assert [row["applicant_name"] for row in ran.data["rows"]] == list(HARD_NAMES)
    cases = [row["case_no"] for row in ran.data["rows"]]
    listed = cli("case", "list", "--fund", fund_code, "--json").data
    assert {each["case_no"]: each["applicant_name"] for each in listed} == dict(zip(cases, HARD_NAMES, strict=True))
    with services.sessions() as session:
        for case_no, name in zip(cases, HARD_NAMES, strict=True):
            stored = session.get_one(Application, case_no)
            firm = session.get_one(Enterprise, stored.uscc)
            assert {stored.applicant_name, stored.account_name, stored.account_branch, firm.name} == {name}
            assert firm.legal_representative == name
    for case_no, name in list(zip(cases, HARD_NAMES, strict=True))[::40]:
        shown = cli("case", "show", case_no, "--json").data
        assert (shown["applicant_name"], shown["account_name"], shown["guarantors"]) == (name, name, [name])


def test_13_a_typed_name_passes_the_same_check_and_another_spelling_is_said(cli: Cli, fund_code: str) -> None:
    submit = ("case", "submit", "--fund", fund_code, "--as", "li.jing")
    ran = cli(*submit, "--json", *typed(an_application(), guarantor="石英\u200b厂"))
    assert [(fault["option"], fault["code"]) for fault in ran.data["faults"]] == [
        ("--guarantor", "workbook.hidden_sign")
    ]

    name = "江苏东海（连云港）石英有限公司"
    spelt = typed(an_application(), applicant_name=name, account_name="江苏东海(连云港)石英有限公司")
    ran = cli(*submit, *spelt)
    assert ran.code == 0
    assert "同一名称的两种写法" in ran.err
    case_no = cli("case", "list", "--fund", fund_code, "--json").data[0]["case_no"]
    shown = cli("case", "show", case_no).out
    assert "同一名称的两种写法" in shown
    assert name in shown


def test_15_a_corrected_workbook_says_what_differs_and_how_to_correct(
    cli: Cli, services: Services, fund_code: str, tmp_path: Path
) -> None:
    row = an_application()
    corrected = row.model_copy(
        update={
            "asked_fen": yuan(4_000_000),
            "own_contribution_fen": yuan(2_000_000),
            "account_number": "6228480100099999999",
            "liabilities_ppm": 855_000,
            "guarantor": "东海县石湖融资担保有限公司",
            "standing": row.standing.model_copy(update={"litigation": True}),
        }
    )
    first = cli("import", a_workbook(tmp_path / "a.xlsx", row), "--fund", fund_code, *BY, "--json").data["rows"][0]
    file = a_workbook(tmp_path / "b.xlsx", corrected)

    ran = cli("import", file, "--fund", fund_code, *BY, "--json")

    assert (ran.code, ran.data["opened"], ran.data["known"], ran.data["differs"]) == (1, 0, 0, 1)
    (told,) = ran.data["rows"]
    assert (told["result"], told["case_no"]) == ("differs", first["case_no"])
    assert {each["field"]: (each["before"], each["now"]) for each in told["differences"]} == {
        "asked_fen": ("500", "400"),
        "own_contribution_fen": ("100", "200"),
        "account_number": (masked(row.account_number), "***************9999"),
        "liabilities_ppm": ("—", "85.5%"),
        "guarantor": ("—", "东海县石湖融资担保有限公司"),
        "standing.litigation": ("否", "是"),
    }
    shown = cli("import", file, "--fund", fund_code, *BY, "--lang", "zh").out
    assert "申请金额（万元）：受理时为“500”，本行为“400”" in shown
    assert first["case_no"] in shown
    assert "不一致" in shown
    assert "filed as “500”, the row says “400”" in cli("import", file, "--fund", fund_code, *BY, "--lang", "en").out
    assert count_of(services, fund_code) == 1
    again = cli("import", tmp_path / "a.xlsx", "--fund", fund_code, *BY, "--json")
    assert (again.code, again.data["known"]) == (0, 1)


def test_15_the_same_firm_with_another_telephone_on_another_loan_differs_in_nothing(
    cli: Cli, fund_code: str, tmp_path: Path
) -> None:
    one = an_application()
    other = an_application().model_copy(
        update={"uscc": one.uscc, "applicant_name": one.applicant_name, "phone": "13911111111"}
    )
    file = a_workbook(tmp_path / "a.xlsx", one, other)
    assert cli("import", file, "--fund", fund_code, *BY, "--json").data["opened"] == 2
    again = cli("import", file, "--fund", fund_code, *BY, "--json")
    assert (again.code, again.data["known"]) == (0, 2)


def test_15_what_is_typed_again_otherwise_says_so(cli: Cli, fund_code: str) -> None:
    row = an_application()
    submit = ("case", "submit", "--fund", fund_code, "--as", "li.jing", "--json")
    assert cli(*submit, *typed(row)).code == 0
    ran = cli(*submit, *typed(row, asked="4000000"))
    assert (ran.code, ran.data["differences"][0]["now"]) == (1, "400")
    assert ran.error["code"].startswith("case.correct_")


def test_13_a_firm_that_was_filed_under_another_spelling_is_said_and_both_are_kept(
    cli: Cli, services: Services, fund_code: str, tmp_path: Path
) -> None:
    name, other = "江苏东海（连云港）石英有限公司", "江苏东海(连云港)石英有限公司"
    first = an_application().model_copy(update={"applicant_name": name, "account_name": name})
    again = an_application().model_copy(update={"applicant_name": other, "account_name": other, "uscc": first.uscc})
    renamed = again.model_copy(update={"applicant_name": "东海硅业有限公司", "loan_note": again.loan_note + "2"})
    assert cli("import", a_workbook(tmp_path / "a.xlsx", first), "--fund", fund_code, *BY, "--json").data["opened"] == 1

    ran = cli(
        "import", a_workbook(tmp_path / "b.xlsx", again, renamed), "--fund", fund_code, "--as", "li.jing", "--json"
    )

    assert [row["remark"]["code"] for row in ran.data["rows"]] == ["case.firm_spelt", "case.firm_renamed"]
    assert name in ran.data["rows"][0]["remark"]["message"]
    with services.sessions() as session:
        assert session.get_one(Application, ran.data["rows"][0]["case_no"]).applicant_name == other


REFUSED = text("""
    INSERT INTO event (case_no, cause, at, kind, stage, detail, digest)
    VALUES (:case, 'refused', now(), 'refused', 'refused', '{}', 'd')
""")


def test_48_who_applies_again_is_told_how_and_the_new_case_names_the_old(
    cli: Cli, services: Services, fund_code: str, tmp_path: Path
) -> None:
    file = a_workbook(tmp_path / "a.xlsx", an_application())
    ask = ("import", file, "--fund", fund_code, *BY, "--json")
    first = cli(*ask).data["rows"][0]["case_no"]
    with services.sessions.begin() as session:
        session.execute(REFUSED, {"case": first})
        session.execute(text("UPDATE renewal_case SET stage = 'refused' WHERE case_no = :case"), {"case": first})
    known = cli(*ask)
    assert (known.code, known.data["rows"][0]["remark"]["code"]) == (0, "case.ended_apply_anew")
    assert "--anew" in known.data["rows"][0]["remark"]["message"]
    again = cli(*ask, "--anew").data["rows"][0]
    assert (again["result"], again["remark"]["code"], again["remark"]["params"]["earlier"]) == (
        "opened",
        "case.follows",
        first,
    )
    assert cli(*ask, "--anew").data["known"] == 1, "under way it is not opened twice"
    assert f"前案：{first}" in cli("case", "show", again["case_no"]).out
    assert f"后案：{again['case_no']}" in cli("case", "show", first).out


@pytest.mark.parametrize("years", [5, 10, 7000])
def test_34_a_maturity_that_no_calendar_reaches_is_refused_at_intake_with_the_days(
    cli: Cli, services: Services, fund_code: str, tmp_path: Path, years: int
) -> None:
    far = a_micro_manufacturer(maturity=shanghai_today().replace(year=shanghai_today().year + years, day=1))
    ran = cli("import", a_workbook(tmp_path / "a.xlsx", far), "--fund", fund_code, "--as", "li.jing", "--json")
    (row,) = ran.data["rows"]
    assert (ran.code, row["result"], row["reason"]["code"]) == (1, "refused", "case.maturity_beyond_calendar")
    assert (row["reason"]["params"]["maturity"], count_of(services, fund_code)) == (str(far.maturity), 0)


def test_55_an_application_after_its_release_time_is_refused_at_intake_with_that_moment(
    cli: Cli, services: Services, fund_code: str, tmp_path: Path
) -> None:
    known = an_application()
    late = a_micro_manufacturer(maturity=shanghai_today())
    file = a_workbook(tmp_path / "a.xlsx", late, known)
    ran = cli("import", file, "--fund", fund_code, "--as", "li.jing", "--json")
    refused, opened = ran.data["rows"]
    assert (ran.code, refused["result"], refused["reason"]["code"]) == (1, "refused", "case.filed_too_late")
    assert (refused["reason"]["params"]["maturity"], opened["result"]) == (str(late.maturity), "opened")
    assert count_of(services, fund_code) == 1
