"""A broken workbook: every fault is named by its row, cell and rule, and the good rows still come out."""

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from activities.workbook.applications import CellFault, read_workbook
from rulebook.applications import PartnerBank
from tests.workbook.support import FIELDS, GOOD, MONDAY, TITLES, Row, Write, letter

BANKS = [PartnerBank(code="JDRCB", name="晶都农村商业银行", aliases=("晶都农商行",))]


def told(fault: CellFault) -> tuple[int, str, str]:
    return fault.row, fault.cell, fault.code.removeprefix("workbook.")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("applicant_name", None, "required"),
        ("applicant_name", "长" * 201, "too_long"),
        ("uscc", GOOD["uscc"][:-1] + "1", "uscc_check"),  # type: ignore[index]
        ("uscc", "91320722MAXQ0001", "uscc_form"),
        ("uscc", "9132072200000001IO", "uscc_form"),
        ("uscc", 913207220000000000, "code_as_number"),
        ("kind", "合伙人", "unknown_choice"),
        ("loan_kind", "按揭", "unknown_choice"),
        ("risk_class", "良好", "unknown_choice"),
        ("phone", "没有", "not_a_phone"),
        ("industry", 3052, "code_as_number"),
        ("industry", "石英", "not_an_industry"),
        ("employees", "三十五", "not_a_number"),
        ("employees", 35.5, "not_a_count"),
        ("employees", -1, "not_a_count"),
        ("revenue_fen", "约1800万", "not_a_number"),
        ("revenue_fen", True, "not_a_number"),
        ("assets_fen", -3, "negative"),
        ("assets_fen", 1e300, "amount_absurd"),
        ("tax_last_year_fen", 36.1234567, "too_many_decimals"),
        ("registered_locally", "大概", "not_yes_or_no"),
        ("bank", "东方某银行", "unknown_bank"),
        ("loan_note", 20260001, "code_as_number"),
        ("balance_fen", "三百万", "not_a_number"),
        ("balance_fen", "=100+200", "formula"),
        ("maturity", "下月底", "not_a_date"),
        ("maturity", 46101, "not_a_date"),
        ("maturity", "2026-02-30", "no_such_day"),
        ("maturity", date(2026, 3, 1), "maturity_past"),
        ("applied_to_bank_on", "2026年3月3日", "day_to_come"),
        ("asked_fen", 300.01, "asked_over_balance"),
        ("asked_fen", 0, "zero"),
        ("account_number", 6230000000000001, "code_as_number"),
        ("account_number", "6230-A", "not_an_account"),
        ("standing.litigation", "待查", "not_yes_or_no"),
    ],
)
def test_a_bad_cell_is_named_and_the_good_rows_around_it_come_out(
    write: Write, field: str, value: object, code: str
) -> None:
    reading = read_workbook(write({}, {field: value}, {}), MONDAY, BANKS)

    assert [told(fault) for fault in reading.faults] == [(4, f"{letter(field, FIELDS)}4", code)]
    assert [row.row for row in reading.rows] == [3, 5]
    zh, en = reading.faults[0].sentence("zh"), reading.faults[0].sentence("en")
    assert f"{letter(field, FIELDS)}4" in zh
    assert "{" not in zh + en, "every placeholder has its value"
    assert TITLES[field].split("（")[0] in zh


def test_all_faults_of_a_row_come_out_together_in_the_order_of_the_cells(write: Write) -> None:
    bad: Row = {"uscc": "123", "employees": "许多", "maturity": None, "asked_fen": 400, "account_number": "x"}

    reading = read_workbook(write(bad), MONDAY, BANKS)

    assert [told(fault) for fault in reading.faults] == [
        (3, f"{letter(field, FIELDS)}3", code)
        for field, code in [
            ("uscc", "uscc_form"),
            ("employees", "not_a_number"),
            ("maturity", "required"),
            ("asked_fen", "asked_over_balance"),
            ("account_number", "not_an_account"),
        ]
    ]
    assert reading.rows == ()


def test_a_wrong_check_character_is_told_with_the_right_one(write: Write) -> None:
    right = str(GOOD["uscc"])

    (fault,) = read_workbook(write({"uscc": right[:-1] + "7"}), MONDAY).faults

    assert fault.params == {"given": "7", "right": right[-1]}
    assert fault.sentence().startswith(f"B3“统一社会信用代码”填写为“{right[:-1]}7”：")
    assert f"应为{right[-1]}" in fault.sentence()


def test_a_loan_that_stands_twice_is_taken_once_and_both_rows_are_named(write: Write) -> None:
    reading = read_workbook(write({}, {"loan_note": "JD000001"}, {}), MONDAY)

    (fault,) = reading.faults
    assert told(fault) == (4, f"{letter('loan_note', FIELDS)}4", "loan_twice")
    assert fault.params == {"first": "3", "second": "4"}
    assert [row.row for row in reading.rows] == [3, 5]


def test_the_same_note_with_another_maturity_is_another_loan(write: Write) -> None:
    twin: Row = {"loan_note": "JD000001", "maturity": date(2026, 3, 23)}

    assert read_workbook(write({}, twin), MONDAY).faults == ()


def test_an_amount_in_yuan_may_not_have_parts_of_a_fen(write: Write) -> None:
    in_yuan = {"asked_fen": "申请金额（元）", "balance_fen": "贷款余额（元）"}
    row: Row = {"balance_fen": 1409.5, "asked_fen": 1.005}

    (fault,) = read_workbook(write(row, titles=in_yuan), MONDAY).faults

    assert told(fault) == (3, f"{letter('asked_fen', FIELDS)}3", "too_many_decimals")
    assert fault.params == {"unit": "元", "decimals": "2"}


def test_an_open_question_about_collateral_is_asked(write: Write) -> None:
    (fault,) = read_workbook(write({"collateral_type": "不动产"}), MONDAY).faults

    assert told(fault) == (3, f"{letter('collateral_anew', FIELDS)}3", "collateral_anew_open")


def test_each_missing_required_column_is_one_fault_and_no_row_is_read(write: Write) -> None:
    columns = [field for field in FIELDS if field not in {"maturity", "asked_fen"}]

    reading = read_workbook(write({}, {"uscc": "123"}, columns=columns), MONDAY)

    assert [(fault.code, fault.params["heading"]) for fault in reading.faults] == [
        ("workbook.column_missing", "到期日"),
        ("workbook.column_missing", "申请金额（万元）"),
    ]
    assert "第2行" in reading.faults[0].sentence()
    assert reading.rows == ()


def test_an_amount_column_without_its_unit_is_never_guessed(write: Write) -> None:
    reading = read_workbook(write({}, titles={"asked_fen": "申请金额"}), MONDAY)

    assert [told(fault) for fault in reading.faults] == [(2, f"{letter('asked_fen', FIELDS)}2", "unit_unknown")]
    assert reading.rows == ()


def test_a_column_that_stands_twice_is_never_guessed(write: Write) -> None:
    reading = read_workbook(write({}, titles={"guarantor": "借据号"}), MONDAY)

    assert [told(fault) for fault in reading.faults] == [(2, f"{letter('guarantor', FIELDS)}2", "column_twice")]
    assert reading.rows == ()


def test_an_extra_column_is_a_warning_and_the_rows_are_read(write: Write) -> None:
    reading = read_workbook(write({}, titles={"guarantor": "客户经理"}), MONDAY)

    (fault,) = reading.warnings
    assert told(fault) == (2, f"{letter('guarantor', FIELDS)}2", "extra_column")
    assert fault.value == "客户经理"
    assert reading.errors == ()
    assert len(reading.rows) == 1


def test_a_sheet_without_headings_is_said_so(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "other.xlsx")) as book:
        book.add_worksheet().write_row(0, 0, ["姓名", "工资"])

    (fault,) = read_workbook(tmp_path / "other.xlsx", MONDAY).faults

    assert (fault.row, fault.code) == (0, "workbook.no_headings")
    assert fault.sentence().startswith("未找到表头行")
