"""Issue 13: names come out of the workbook as they went in; what could not come back is refused by its code point."""

from pathlib import Path

import pytest

from activities.workbook.applications import read_workbook, write_template
from rulebook.applications import PartnerBank
from rulebook.parties.names import code_point, compared
from tests.names import HARD_NAMES, REFUSED
from tests.workbook.support import GOOD, MONDAY, Write

NAME_FIELDS = ("applicant_name", "legal_representative", "account_name", "account_branch", "guarantor", "bank")
TYPED = [name for name in HARD_NAMES if not name.startswith("=")]
"""What begins with = is a formula where somebody types it."""


def test_13_two_hundred_names_come_back_from_the_workbook_and_from_the_form_written_anew(
    write: Write, tmp_path: Path
) -> None:
    reading = read_workbook(
        write(*({**dict.fromkeys(NAME_FIELDS, name), "collateral": name} for name in TYPED)), MONDAY
    )
    assert reading.errors == ()
    write_template(tmp_path / "form.xlsx", [*reading.rows])
    again = read_workbook(tmp_path / "form.xlsx", MONDAY)
    assert again.errors == ()
    for rows in (reading.rows, again.rows):
        for row, name in zip(rows, TYPED, strict=True):
            for field in (*NAME_FIELDS, "collateral", "bank_name"):
                assert getattr(row, field) == name, field


def test_13_a_name_that_looks_like_a_formula_goes_through_the_form(write: Write, tmp_path: Path) -> None:
    (row,) = read_workbook(write({}), MONDAY).rows
    write_template(tmp_path / "form.xlsx", [row.model_copy(update={"guarantor": "=1+1"})])
    assert [each.guarantor for each in read_workbook(tmp_path / "form.xlsx", MONDAY).rows] == ["=1+1"]


def test_13_blanks_around_a_name_are_none_of_it(write: Write) -> None:
    (row,) = read_workbook(write({"guarantor": "  东海  担保\u3000公司 \n"}), MONDAY).rows
    assert row.guarantor == "东海  担保\u3000公司"


@pytest.mark.parametrize(("name", "rule"), REFUSED.items(), ids=map(ascii, REFUSED))
@pytest.mark.parametrize("field", ["applicant_name", "account_name", "guarantor"])
def test_13_a_name_that_could_not_come_back_is_refused_and_shown(
    write: Write, field: str, name: str, rule: str
) -> None:
    reading = read_workbook(write({field: name}), MONDAY)
    (fault,) = reading.errors
    assert (reading.rows, fault.code) == ((), f"workbook.{rule}")
    for lang in ("zh", "en"):
        sentence = fault.sentence(lang)
        assert "{" not in sentence
        if rule != "line_break":
            assert "U+" in sentence
    if rule == "hidden_sign":
        sign = next(each for each in name if f"⟨{code_point(each)}⟩" in fault.value)
        assert sign not in fault.value


def test_13_a_sign_written_as_xml_writes_it_is_that_sign(write: Write) -> None:
    reading = read_workbook(write({"guarantor": "石英\x07厂"}, {"guarantor": "石英_x0041_厂"}), MONDAY)
    assert [(fault.row, fault.code, fault.value) for fault in reading.errors] == [
        (3, "workbook.hidden_sign", "石英⟨U+0007⟩厂")
    ]
    assert [row.guarantor for row in reading.rows] == ["石英_x0041_厂"], "only control characters are written so"


@pytest.mark.parametrize("field", ["uscc", "loan_note", "account_number"])
def test_13_codes_too_hold_nothing_that_nobody_sees(write: Write, field: str) -> None:
    good = str({"loan_note": "JD000001", **GOOD}[field])
    (fault,) = read_workbook(write({field: f"{good[:4]}\u200b{good[4:]}"}), MONDAY).errors
    assert (fault.code, fault.params["codepoint"]) == ("workbook.hidden_sign", "U+200B")


@pytest.mark.parametrize("value", [3721, 46101.5, True])
def test_13_a_number_is_no_name(write: Write, value: object) -> None:
    (fault,) = read_workbook(write({"guarantor": value}), MONDAY).errors
    assert fault.code == "workbook.not_text"


@pytest.mark.parametrize(
    ("account", "code"),
    [
        ("江苏东海(连云港)石英有限公司", "account_spelt"),
        ("江苏东海（连云港）石英 有限公司", "account_spelt"),
        ("江苏东海（连云港）硅业有限公司", "account_of_another"),
        ("江苏东海（连云港）石英有限公司", None),
    ],
)
def test_13_an_account_whose_name_is_spelt_otherwise_is_said_and_both_are_kept(
    write: Write, account: str, code: str | None
) -> None:
    name = "江苏东海（连云港）石英有限公司"
    reading = read_workbook(write({"applicant_name": name, "account_name": account}), MONDAY)
    assert [fault.code for fault in reading.warnings] == ([f"workbook.{code}"] if code else [])
    assert all(name in fault.sentence() and account in fault.sentence() for fault in reading.warnings)
    (row,) = reading.rows
    assert (row.applicant_name, row.account_name) == (name, account)


def test_13_an_owner_may_have_another_account_but_not_another_spelling_in_silence(write: Write) -> None:
    owner = {"kind": "法定代表人", "applicant_name": "买买提·艾力"}
    reading = read_workbook(write({**owner, "account_name": "买买提•艾力"}, owner), MONDAY)
    assert [(fault.row, fault.code) for fault in reading.warnings] == [(3, "workbook.account_spelt")]


@pytest.mark.parametrize(
    "written", ["晶都农商行（东海）", "晶都农商行(东海)", "晶都农商行 ( 东海 )", "JDRCB", "ｊｄｒｃｂ"]
)
def test_13_a_bank_is_found_however_it_is_spelt_and_kept_as_written(write: Write, written: str) -> None:
    banks = [PartnerBank(code="JDRCB", name="晶都农村商业银行", aliases=("晶都农商行（东海）",))]
    (row,) = read_workbook(write({"bank": written}), MONDAY, banks).rows
    assert (row.bank, row.bank_name) == ("JDRCB", written)


def test_13_no_two_of_the_names_are_one() -> None:
    """Only the brackets and dots of one name are alike; nothing else is made so by comparing."""
    groups: dict[str, int] = {}
    for name in HARD_NAMES:
        groups[compared(name)] = groups.get(compared(name), 0) + 1
    assert max(groups.values()) <= 12
    assert len(groups) > 140
