"""A workbook filled in as officers really do: other order, other widths of digits, title rows, the form's sample."""

from datetime import date
from pathlib import Path

import pytest

from activities.workbook.applications import read_workbook, write_template
from activities.workbook.columns import COLUMNS
from rulebook.applications import PartnerBank, payee_digest
from rulebook.cases import ApplicantKind, LoanKind, LoanRiskClass, RenewalFacts, StandingFacts
from rulebook.money import yuan
from tests.workbook.support import FIELDS, GOOD, MONDAY, Write

BANKS = [PartnerBank(code="JDRCB", name="晶都农村商业银行", aliases=("晶都农商行",))]


def test_a_row_becomes_an_application_with_its_facts(write: Write) -> None:
    reading = read_workbook(write({}), MONDAY, BANKS)

    assert reading.faults == ()
    (row,) = reading.rows
    assert (row.row, row.loan_note, row.bank, row.bank_name) == (3, "JD000001", "JDRCB", "晶都农商行")
    assert (row.balance_fen, row.asked_fen, row.own_contribution_fen) == (
        yuan(3_000_000),
        yuan(2_800_000),
        yuan(200_000),
    )
    assert row.assets_fen == yuan("15005000")
    assert row.tax_last_year_fen == yuan("361234.56"), "six decimals of 万元 are whole fen"
    assert row.standing == StandingFacts(litigation=False), "what was not said stays unknown"
    assert (row.guarantor, row.collateral_anew) == (None, False)

    facts = row.facts(received_on=MONDAY)
    assert (facts.applicant.kind, facts.loan.kind) == (ApplicantKind.FIRM, LoanKind.WORKING_CAPITAL)
    assert (facts.loan.risk_class, facts.loan.maturity) == (LoanRiskClass.PASS, date(2026, 3, 20))
    assert facts.applied_to_bank_on == date(2026, 2, 25)
    assert facts.payee_digest == payee_digest("东海县试填石英制品有限公司", "6230000000000001", "晶都农商行牛山支行")
    assert "6230000000000001" not in facts.model_dump_json(), "the number stays in the case file"


MORE: dict[str, object] = {
    "kind": "新型农业经营主体",
    "liabilities_ppm": "72.5%",
    "listed": "否",
    "lifted_from_poverty": "是",
    "standing.stopped_over_six_months": "否",
    "standing.no_tax_for_six_months": "是",
    "renewal.need_persists": "是",
    "renewal.debt_evasion": "否",
    "renewal.contract_signed_on": date(2026, 3, 2),
}


def test_what_other_measures_ask_and_what_the_banks_renewal_rests_on(write: Write, tmp_path: Path) -> None:
    reading = read_workbook(write(MORE), MONDAY, BANKS)
    assert reading.faults == ()
    facts = reading.rows[0].facts(received_on=MONDAY)
    applicant = facts.applicant
    assert (applicant.kind, applicant.liabilities_ppm) == (ApplicantKind.AGRICULTURAL, 725_000)
    assert (applicant.listed, applicant.lifted_from_poverty) == (False, True)
    assert facts.standing == StandingFacts(litigation=False, stopped_over_six_months=False, no_tax_for_six_months=True)
    assert facts.renewal == RenewalFacts(need_persists=True, debt_evasion=False, contract_signed_on=date(2026, 3, 2))

    write_template(tmp_path / "form.xlsx", reading.rows)
    (again,) = read_workbook(tmp_path / "form.xlsx", MONDAY, BANKS).rows
    assert again.facts(received_on=MONDAY) == facts


@pytest.mark.parametrize("written", ["-1", "10000.01", "0.00001%", "一半"])
def test_a_ratio_that_is_none_is_a_fault(write: Write, written: str) -> None:
    (fault,) = read_workbook(write({"liabilities_ppm": written}), MONDAY, BANKS).faults
    assert fault.code in {"workbook.not_a_percentage", "workbook.not_a_number"}
    assert (fault.heading, fault.value) == ("资产负债率", written)


def test_another_account_number_gives_another_digest(write: Write) -> None:
    first, second = read_workbook(write({}, {"account_number": "6230000000000002"}), MONDAY).rows

    assert first.payee_digest != second.payee_digest


def test_columns_may_stand_in_any_order(write: Write) -> None:
    usual = read_workbook(write({}, {}), MONDAY).rows
    turned = read_workbook(write({}, {}, columns=FIELDS[::-1]), MONDAY).rows

    assert usual == turned


def test_spaces_and_full_width_signs_are_made_plain(write: Write) -> None:
    untidy = {
        "uscc": " ９１３２０７２２ｍａｘｑ０００１ｘ" + str(GOOD["uscc"])[-1].lower() + "　",
        "applicant_name": "  东海县试填石英制品有限公司 ",
        "balance_fen": "３００．００",
        "revenue_fen": "1,800",
        "employees": "３５",
        "maturity": "２０２６年３月２０日",
        "account_number": "6230 0000 0000 0001",
        "kind": " 企 业".replace(" ", ""),
        "industry": "c3052 技术玻璃制品制造",
        "phone": "139-0000-0001",
        "standing.litigation": "无",
    }

    plain, tidied = read_workbook(write({"loan_note": "A"}, {"loan_note": "Ｂ", **untidy}), MONDAY).rows

    assert tidied.loan_note == "B"
    assert tidied.model_copy(update={"loan_note": "A", "row": 3}) == plain


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-3-20", date(2026, 3, 20)),
        ("2026/03/20", date(2026, 3, 20)),
        ("2026.3.20", date(2026, 3, 20)),
        ("20260320", date(2026, 3, 20)),
        (date(2026, 3, 2), MONDAY),
    ],
)
def test_a_day_may_be_written_in_these_ways_and_today_is_not_past(write: Write, written: object, day: date) -> None:
    (row,) = read_workbook(write({"maturity": written}), MONDAY).rows

    assert row.maturity == day


def test_an_amount_is_never_rounded_on_its_way_through_the_files_binary_numbers(write: Write) -> None:
    # Each of these has no exact binary form.
    amounts = ["0.1", "1.1", "95.000001", "299.999999", "123.456789"]

    rows = read_workbook(write(*({"asked_fen": float(amount)} for amount in amounts)), MONDAY).rows

    assert [row.asked_fen for row in rows] == [100000, 1100000, 95000001, 299999999, 123456789]


def test_blank_rows_and_the_forms_sample_are_passed_over(write: Write) -> None:
    blank = dict.fromkeys(["loan_note", *GOOD])
    sample = {"applicant_name": "（示例）东海县某某", "uscc": "不是代码"}

    reading = read_workbook(write(sample, {}, blank, {}), MONDAY)

    assert reading.faults == ()
    assert [row.row for row in reading.rows] == [4, 6]


def test_without_a_register_each_bank_is_taken_as_written(write: Write) -> None:
    (row,) = read_workbook(write({"bank": "某某银行"}), MONDAY).rows

    assert (row.bank, row.bank_name) == ("某某银行", "某某银行")


def test_the_content_may_be_given_instead_of_the_file(write: Write) -> None:
    path = write({})

    assert read_workbook(path.read_bytes(), MONDAY) == read_workbook(str(path), MONDAY)


def test_the_empty_form_reads_without_rows_and_faults(tmp_path: Path) -> None:
    write_template(tmp_path / "form.xlsx")

    reading = read_workbook(tmp_path / "form.xlsx", MONDAY)

    assert (reading.rows, reading.faults) == ((), ())


def test_a_form_filled_with_applications_reads_back_the_same(write: Write, tmp_path: Path) -> None:
    rows = read_workbook(
        write({}, {"collateral_type": "不动产", "collateral_anew": "是", "guarantor": "李某"}), MONDAY
    ).rows
    write_template(tmp_path / "form.xlsx", rows)

    again = read_workbook(tmp_path / "form.xlsx", MONDAY)

    assert again.faults == ()
    assert [row.model_copy(update={"row": 0}) for row in again.rows] == [
        row.model_copy(update={"row": 0}) for row in rows
    ]


def test_the_form_is_the_same_each_time_and_offers_its_lists(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    write_template(tmp_path / "one.xlsx")
    write_template(tmp_path / "two.xlsx")

    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    sheet = load_workbook(tmp_path / "one.xlsx").worksheets[0]
    offered = {validation.formula1 for validation in sheet.data_validations.dataValidation}
    assert {f'"{",".join(column.choices)}"' for column in COLUMNS if column.choices} == offered


@pytest.mark.parametrize(
    "written", ["N2320722MF00000010", "ｎ2320722ｍｆ00000010", "N2 320722 MF0000001 0", "N2-320722-MF0000001-0"]
)
def test_14_a_villages_collective_can_apply(write: Write, written: str) -> None:
    (row,) = read_workbook(write({"uscc": written, "kind": "新型农业经营主体"}), MONDAY).rows
    assert row.uscc == "N2320722MF00000010"
