"""The empty form of the application workbook, and a copy of a filled one moved by whole weeks."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from openpyxl import load_workbook

from activities.words import word
from activities.workbook.columns import (
    COLUMNS,
    NO,
    SAMPLE_MARK,
    YES,
    Column,
    Content,
    column_of,
    find_headings,
    heading_of,
)
from rulebook.applications import ApplicationRow
from rulebook.errors import XuqiaoError
from rulebook.law.rates import PPM
from rulebook.money import FEN_PER_YUAN, YUAN_PER_WAN

_TITLE = "应急周转保障资金 转贷申请表"
_SHEET = "申请"
_HEADINGS_AT = 2
_SAMPLE_AT = 3
_FORM_ROWS = 500
_NUMBER_FORMATS: Mapping[Content, str] = {
    Content.MONEY: "#,##0.00####",
    Content.COUNT: "0",
    Content.PERCENT: "0.####%",
    Content.DATE: "yyyy-mm-dd",
}
_WIDTHS: Mapping[Content, int] = {
    Content.TEXT: 24,
    Content.CODE: 22,
    Content.USCC: 24,
    Content.ACCOUNT: 24,
    Content.BANK: 18,
    Content.LOAN: 18,
}
_NOTES = (
    "1. 一行填一笔到期贷款。带 * 的栏目必填，其余未知可留空（留空不等于“否”，可能转人工认定）。",
    "2. 金额栏按表头单位填写，万元最多六位小数；不要填公式、文字和单位。百分比连百分号填写，如 55.5%。",
    "3. 信用代码、行业代码、借据号、账号为文本单元格；日期填写为 2026-03-20 的样式。名称按营业执照原样填写，不换行。",
    f"4. 灰色斜体的示例行以“{SAMPLE_MARK}”开头，读取时自动跳过，可以删除。",
)


def write_template(path: Path | str, rows: Sequence[ApplicationRow] = ()) -> None:
    """Write the form: title, headings, a sample row, lists to choose from and number formats.

    Args:
        path: the xlsx file to write.
        rows: applications to fill in; with none the form is empty.
    """
    # A text that begins with = or http stays text.
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        # A fixed day: the same form gives the same bytes.
        book.set_properties({"title": _TITLE, "created": datetime(2026, 1, 1)})  # noqa: DTZ001 (a file property has no zone)
        sheet = book.add_worksheet(_SHEET)
        sheet.write(0, 0, _TITLE, book.add_format({"bold": True, "font_size": 16}))
        sheet.write(1, 0, "金额单位见各栏表头；填写说明见“填写说明”页。", book.add_format({"font_color": "#595959"}))
        for index, column in enumerate(COLUMNS):
            _write_column(book, sheet, index, column, rows)
        sheet.set_row(_HEADINGS_AT, 32)
        sheet.freeze_panes(_HEADINGS_AT + 1, 1)
        _write_notes(book)


def _write_column(book: Any, sheet: Any, index: int, column: Column, rows: Sequence[ApplicationRow]) -> None:
    number_format = _NUMBER_FORMATS.get(column.content, "@")
    plain = book.add_format({"num_format": number_format})
    sample = book.add_format({"num_format": number_format, "italic": True, "font_color": "#808080"})
    sheet.set_column(index, index, _WIDTHS.get(column.content, 14), plain)
    heading = book.add_format(
        {
            "bold": True,
            "text_wrap": True,
            "border": 1,
            "valign": "vcenter",
            "align": "center",
            "bg_color": "#FCE4D6" if column.required else "#DDEBF7",
        }
    )
    sheet.write_string(_HEADINGS_AT, index, f"{column.title}*" if column.required else column.title, heading)
    _write_cell(sheet, _SAMPLE_AT, index, column, _sample_of(column), sample)
    for number, row in enumerate(rows, start=_SAMPLE_AT + 1):
        _write_cell(sheet, number, index, column, shown_in_form(row, column), plain)
    if column.choices:
        # The bank's own words may say more than the list; the reader decides, the list only offers.
        rule = {"validate": "list", "source": list(column.choices), "error_type": "warning"}
        sheet.data_validation(_SAMPLE_AT, index, _SAMPLE_AT + max(_FORM_ROWS, len(rows)), index, rule)


def _sample_of(column: Column) -> object:
    if column.field == "applicant_name":
        return f"（{SAMPLE_MARK}）{column.sample}"
    if column.content is Content.PERCENT and isinstance(column.sample, int | float):
        return column.sample / 100
    is_a_day = column.content is Content.DATE and column.sample is not None
    return date.fromisoformat(str(column.sample)) if is_a_day else column.sample


def _write_cell(sheet: Any, row: int, index: int, column: Column, value: object, cell_format: Any) -> None:
    if value is None:
        sheet.write_blank(row, index, None, cell_format)
    elif isinstance(value, date):
        sheet.write_datetime(row, index, datetime(value.year, value.month, value.day), cell_format)  # noqa: DTZ001
    elif isinstance(value, int | float):
        sheet.write_number(row, index, value, cell_format)
    elif column.content is Content.MONEY:
        # The file's numbers are binary; within fifteen digits the shortest decimal reads back the same.
        sheet.write_number(row, index, float(str(value)), cell_format)
    else:
        sheet.write_string(row, index, str(value), cell_format)


def shown_in_form(row: ApplicationRow, column: Column) -> object:
    """A field of an application as the form shows it."""
    holder, _, name = column.field.rpartition(".")
    held = getattr(row, holder) if holder else row
    value: object = getattr(held, "bank_name" if column.field == "bank" else name)
    if value is None:
        return None
    match column.content:
        case Content.MONEY:
            return _in_wan(int(str(value)))
        case Content.PERCENT:
            return float(Decimal(int(str(value))) / PPM)
        case Content.YES_NO:
            return YES if value else NO
        case Content.APPLICANT:
            return word(row.kind, "zh")
        case Content.LOAN:
            return word(row.loan_kind, "zh")
        case Content.RISK:
            return word(row.risk_class, "zh") if row.risk_class else None
        case _:
            return value


def _in_wan(fen: int) -> str:
    """Fen as a decimal string in 万元, exactly."""
    whole, rest = divmod(fen, FEN_PER_YUAN * YUAN_PER_WAN)
    return f"{whole}.{rest:06d}"


def _write_notes(book: Any) -> None:
    sheet = book.add_worksheet("填写说明")
    sheet.set_column(0, 0, 100)
    for number, note in enumerate(_NOTES):
        sheet.write_string(number, 0, note)


def shift_dates(path_in: Path | str, path_out: Path | str, weeks: int) -> None:
    """Copy a filled workbook with every date moved by whole weeks, so that week-days stay what they are.

    Args:
        path_in: a workbook of our own, such as the example; it is not changed.
        path_out: where the copy goes.
        weeks: whole weeks, also negative.
    Raises:
        XuqiaoError: ``workbook.no_headings`` when no sheet looks like the form.
    """
    book = load_workbook(path_in)
    found = False
    for sheet in book.worksheets:
        headings_at = find_headings(list(sheet.iter_rows(values_only=True)))
        if headings_at is None:
            continue
        found = True
        columns = [column_of(heading_of(cell.value)) for cell in sheet[headings_at + 1]]
        for row in sheet.iter_rows(min_row=headings_at + 2):
            for cell, column in zip(row, columns, strict=False):
                if column is not None and column.content is Content.DATE and isinstance(cell.value, datetime):
                    cell.value += timedelta(weeks=weeks)
    if not found:
        raise XuqiaoError("workbook.no_headings")
    book.save(path_out)
