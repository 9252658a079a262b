"""Issue 16: which rows are applications; what is hidden, merged, a total or a note is named and never guessed."""

import time
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from activities.workbook.applications import WorkbookReading, read_workbook
from rulebook.applications import differences
from tests.workbook.support import FIELDS, GOOD, HEADINGS_ROW, MONDAY, Write, letter

DATA = Path(__file__).parent / "data"
CASES_DAY = date(2026, 11, 30)
Spoil = Callable[[Any], None]


def reading_of(path: Path, spoil: Spoil, *, with_hidden: bool = False) -> WorkbookReading:
    """What is read after the file was changed as an officer would in a spreadsheet."""
    book = load_workbook(path)
    spoil(book.worksheets[0])
    book.save(path)
    return read_workbook(path, MONDAY, with_hidden=with_hidden)


def told(reading: WorkbookReading) -> list[tuple[int, str, bool]]:
    for fault in reading.faults:
        assert "{" not in fault.sentence("zh") + fault.sentence("en")
    return [(fault.row, fault.code.removeprefix("workbook."), fault.warning) for fault in reading.faults]


def at(field: str, row: int) -> str:
    return f"{letter(field, FIELDS)}{row}"


def below(sheet: Any, row: int, cells: Mapping[str, object]) -> None:
    for field, value in cells.items():
        sheet[at(field, row)] = value


# Hidden ----------------------------------------------------------------------------------------------------------


def hide(sheet: Any) -> None:
    sheet.row_dimensions[4].hidden = True
    sheet.row_dimensions[5].hidden = True


def flatten(sheet: Any) -> None:
    sheet.row_dimensions[4].height = 0.5
    sheet.row_dimensions[5].height = 0.5


def fold(sheet: Any) -> None:
    sheet.row_dimensions.group(4, 5, hidden=True)


@pytest.mark.parametrize("spoil", [hide, flatten, fold])
def test_16_hidden_rows_open_no_case_unless_they_are_asked_for(write: Write, spoil: Spoil) -> None:
    reading = reading_of(write({}, {}, {}, {}), spoil)

    assert [row.row for row in reading.rows] == [3, 6]
    assert told(reading) == [(4, "hidden_rows", False)]
    assert reading.faults[0].params["rows"] == "4–5"
    assert str(GOOD["applicant_name"]) in reading.faults[0].sentence()
    assert "--with-hidden" in reading.faults[0].sentence()

    asked = reading_of(write({}, {}, {}, {}), spoil, with_hidden=True)
    assert ([row.row for row in asked.rows], asked.faults) == ([3, 4, 5, 6], ())


def test_16_rows_that_a_filter_hides_are_hidden_rows(tmp_path: Path, write: Write) -> None:
    def filtered(sheet: Any) -> None:
        sheet.auto_filter.ref = f"A{HEADINGS_ROW}:{letter(FIELDS[-1], FIELDS)}5"
        sheet.auto_filter.add_filter_column(0, ["别家"])
        sheet.row_dimensions[4].hidden = True

    reading = reading_of(write({}, {}, {}), filtered)
    assert ([row.row for row in reading.rows], told(reading)) == ([3, 5], [(4, "hidden_rows", False)])


def test_16_a_hidden_column_with_content_is_refused_unless_asked_for_and_an_empty_one_is_nobodys(write: Write) -> None:
    def hide_assets(sheet: Any) -> None:
        sheet.column_dimensions[letter("assets_fen", FIELDS)].hidden = True
        sheet.column_dimensions[letter("guarantor", FIELDS)].hidden = True

    reading = reading_of(write({}, {}), hide_assets)
    assert (reading.rows, told(reading)) == ((), [(0, "hidden_columns", False)])
    assert reading.faults[0].params["columns"] == f"{letter('assets_fen', FIELDS)} 资产总额"
    assert len(reading_of(write({}, {}), hide_assets, with_hidden=True).rows) == 2


def test_16_a_second_form_and_a_hidden_one_are_named(write: Write) -> None:
    def copied(sheet: Any) -> None:
        book = sheet.parent
        book.copy_worksheet(sheet).title = "补充"
        book.copy_worksheet(sheet).title = "旧表"
        book["旧表"].sheet_state = "hidden"

    reading = reading_of(write({}), copied)
    assert told(reading) == [(0, "second_sheet", False), (0, "hidden_sheet", True)]
    assert [fault.params["sheet"] for fault in reading.faults] == ["补充", "旧表"]
    assert len(reading.rows) == 1


# Totals and notes --------------------------------------------------------------------------------------------------


def test_16_totals_and_notes_below_the_table_are_named_and_are_no_faults(write: Write) -> None:
    def signed(sheet: Any) -> None:
        below(sheet, 5, {"applicant_name": "合计", "balance_fen": "=SUM(P3:P4)", "asked_fen": 560})
        below(sheet, 6, {"applicant_name": "填表人：王某", "kind": "审核：李某", "phone": "日期：2026-03-02"})

    reading = reading_of(write({}, {}), signed)

    assert [row.row for row in reading.rows] == [3, 4]
    assert told(reading) == [(5, "passed_over", True)]
    assert reading.faults[0].params["rows"] == "5–6"
    assert "合计" in reading.faults[0].params["what"]
    assert "填表人：王某" in reading.faults[0].params["what"]


@pytest.mark.parametrize(
    "cells",
    [
        {"applicant_name": "合 计"},
        {"applicant_name": "合计（2户）", "asked_fen": 560},
        {"applicant_name": "小计：", "asked_fen": 560},
        {"applicant_name": "总计", "employees": 70},
        {"uscc": "合计", "asked_fen": 560},
        {"applicant_name": "本页小计", "asked_fen": 560},
        {"applicant_name": "备注：以上均已核实"},
        {"applicant_name": "说明：1. 金额为万元"},
        {"applicant_name": "注：1.金额为万元"},
        {"applicant_name": "※注：金额为万元"},
        {"applicant_name": "制表人", "uscc": "王某", "kind": "复核人", "legal_representative": "李某"},
        {"applicant_name": "制表：王某"},
        {"applicant_name": "填报单位（盖章）："},
        {"applicant_name": "联系电话", "uscc": "13900000001"},
        {"applicant_name": "填报日期", "loan_note": "2026-03-02"},
        {"applicant_name": "以下空白"},
        {"applicant_name": "——————"},
        {"account_branch": "2026年3月2日"},
        {"applicant_name": "共2户", "asked_fen": 560},
        {"legal_representative": "单位负责人：", "employees": "填表人："},
        {"applicant_name": "第1页 共2页"},
        {"standing.litigation": "经办：王某"},
        {"applicant_name": "申请人名称*", "uscc": "统一社会信用代码*", "kind": "申请人类型*", "phone": "联系电话*"},
    ],
)
@pytest.mark.parametrize("row", [4, 6])
def test_16_each_of_these_is_no_application(write: Write, cells: Mapping[str, object], row: int) -> None:
    def add(sheet: Any) -> None:
        sheet.move_range(f"A4:{letter(FIELDS[-1], FIELDS)}4", rows=1)
        below(sheet, row, cells)

    reading = reading_of(write({}, {}), add)
    assert [each.row for each in reading.rows] == [3, 5]
    assert told(reading) == [(row, "passed_over", True)]


@pytest.mark.parametrize(
    "name", ["说明书印刷有限公司", "合计算科技有限公司", "备注", "注塑制品厂", "共享家具有限公司", "日期"]
)
def test_16_a_firm_that_is_called_like_a_note_is_an_application(write: Write, name: str) -> None:
    (row,) = read_workbook(write({"applicant_name": name, "account_name": name}), MONDAY).rows
    assert row.applicant_name == name


def test_16_a_row_barely_begun_is_one_fault_and_not_one_for_every_column(write: Write) -> None:
    reading = reading_of(write({}), lambda sheet: below(sheet, 5, {"applicant_name": "某某石英厂", "asked_fen": 280}))
    assert told(reading) == [(5, "row_unfinished", False)]
    assert "某某石英厂" in reading.faults[0].sentence()


def test_16_the_forms_example_that_somebody_filled_in_is_not_dropped_in_silence(write: Write) -> None:
    reading = read_workbook(write({"applicant_name": "（示例）东海县某某石英制品有限公司"}), MONDAY)
    assert (reading.rows, told(reading)) == ((), [(3, "sample_filled", False)])


def test_16_content_under_no_heading_is_named(write: Write) -> None:
    reading = reading_of(write({}), lambda sheet: sheet.cell(row=3, column=len(FIELDS) + 1, value="另加20万元"))
    assert told(reading) == [(3, "no_heading", True)]
    assert reading.faults[0].value == "另加20万元"
    assert len(reading.rows) == 1


# Merged ------------------------------------------------------------------------------------------------------------


def test_16_a_name_over_two_rows_holds_for_both_loans() -> None:
    reading = read_workbook(DATA / "merged.xlsx", CASES_DAY)

    assert reading.errors == ()
    assert [(row.applicant_name, row.uscc, row.loan_note) for row in reading.rows] == [
        ("东海县例104石英制品有限公司", "91320722MA00001045", "JD000104"),
        ("东海县例104石英制品有限公司", "91320722MA00001045", "JD000104B"),
    ]


@pytest.mark.parametrize("field", ["loan_note", "balance_fen", "asked_fen", "own_contribution_fen"])
def test_16_a_value_of_one_loan_over_two_rows_is_nobodys(write: Write, field: str) -> None:
    def merge(sheet: Any) -> None:
        sheet.merge_cells(f"{at(field, 3)}:{at(field, 4)}")

    reading = reading_of(write({}, {}, {}), merge)
    assert [row.row for row in reading.rows] == [5]
    assert [(fault.cell, fault.code, fault.params["other"]) for fault in reading.faults] == [
        (at(field, 3), "workbook.merged", at(field, 4)),
        (at(field, 4), "workbook.merged", at(field, 3)),
    ]


def test_16_cells_made_one_across_columns_are_named(write: Write) -> None:
    def merge(sheet: Any) -> None:
        sheet.merge_cells(f"{at('legal_representative', 3)}:{at('phone', 3)}")

    reading = reading_of(write({}, {}), merge)
    (fault,) = reading.faults
    assert (fault.cell, fault.code) == (at("phone", 3), "workbook.merged")
    assert fault.params["other"] == at("legal_representative", 3)
    assert [row.row for row in reading.rows] == [4]


def test_16_a_merge_that_reaches_beyond_the_rows_or_covers_a_note_does_no_harm(write: Write) -> None:
    def merge(sheet: Any) -> None:
        sheet["A5"] = "备注：金额为万元"
        sheet.merge_cells("A5:H5")
        sheet.merge_cells(f"{at('bank', 3)}:{at('bank', 4)}")
        sheet.merge_cells("A1:C1")
        sheet.merge_cells("B900:B999")

    reading = reading_of(write({}, {}), merge)
    assert [row.bank for row in reading.rows] == ["晶都农商行", "晶都农商行"]
    assert told(reading) == [(5, "passed_over", True)]


def test_16_a_merge_as_big_as_a_sheet_is_read_in_bounded_time(write: Write) -> None:
    path = write({}, {})
    reading_of(path, lambda sheet: sheet.merge_cells("A4:A5"))
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name).replace(b'ref="A4:A5"', b'ref="A4:XFD1048576"') for name in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, part in parts.items():
            new.writestr(name, part)

    started = time.process_time()
    assert [row.row for row in read_workbook(path, MONDAY).rows] == [3]
    assert time.process_time() - started < 2


# Corrected -----------------------------------------------------------------------------------------------------------


def test_15_the_corrected_file_is_the_first_with_two_amounts_otherwise() -> None:
    (first,), (corrected,) = (read_workbook(DATA / f"{name}.xlsx", CASES_DAY).rows for name in ("first", "corrected"))
    assert differences(first, corrected) == ("asked_fen", "own_contribution_fen")
    assert differences(first, first.model_copy(update={"row": 99})) == ()
