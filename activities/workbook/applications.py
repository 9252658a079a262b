"""The officer's application workbook: read row by row, every fault named by its cell, good rows kept."""

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import xlsxwriter
from openpyxl.utils import get_column_letter
from pydantic import Field

from activities.words import Lang, say
from activities.workbook.cells import BLANK, Cell, name_of, read_cell
from activities.workbook.columns import (
    COLUMNS,
    MONEY_UNITS,
    OTHER_UNITS,
    Column,
    Content,
    column_of,
    find_headings,
    heading_of,
)
from activities.workbook.file import Sheet, open_sheets
from activities.workbook.form import shift_dates, write_template
from activities.workbook.rows import HEADINGS, Row, Sorted, hidden_columns_used, numbers_of, sort_rows
from rulebook.applications import ApplicationRow, PartnerBank
from rulebook.cases import ApplicantKind
from rulebook.errors import XuqiaoError
from rulebook.money import format_yuan
from rulebook.parties.names import same_name
from rulebook.values import Value

__all__ = ["CellFault", "WorkbookReading", "read_typed", "read_workbook", "shift_dates", "write_template"]

_TYPED_IN = next(unit for unit, worth in MONEY_UNITS.items() if worth == 1)


class CellFault(Value):
    """One thing that is wrong in the workbook.

    Attributes:
        row: number of the row as the spreadsheet counts; 0 when the whole file is meant.
        cell: such as ``F7``; empty when no single cell is meant.
        heading: heading of the column, without unit.
        value: what stands in the cell.
        code: message id of the rule that is broken; its words are in the area ``workbook``.
        params: the values the sentence needs.
        warning: True when nothing was left out for it.
    """

    row: int
    cell: str
    heading: str
    value: str
    code: str
    params: dict[str, str] = Field(default_factory=dict)
    warning: bool = False

    def sentence(self, lang: Lang | None = None) -> str:
        """Where, what stands there, which rule, and what to do."""
        what = say(self.code, lang, **self.params)
        if not self.cell:
            return what
        return say("workbook.at_cell", lang, cell=self.cell, heading=self.heading, value=self.value, what=what)


class WorkbookReading(Value):
    """What a workbook gave: the good rows in the order of the sheet, and the faults in the order of the cells."""

    rows: tuple[ApplicationRow, ...]
    faults: tuple[CellFault, ...]

    @property
    def warnings(self) -> tuple[CellFault, ...]:
        return tuple(fault for fault in self.faults if fault.warning)

    @property
    def errors(self) -> tuple[CellFault, ...]:
        return tuple(fault for fault in self.faults if not fault.warning)


def read_workbook(
    path_or_bytes: Path | str | bytes,
    today: date,
    banks: Sequence[PartnerBank] | None = None,
    *,
    with_hidden: bool = False,
) -> WorkbookReading:
    """Read an application workbook (xlsx) as an officer fills it.

    Args:
        path_or_bytes: the file, or its content.
        today: the fund's business day; a loan that fell due before it is a fault.
        banks: the fund's partner banks, found by code, name or other name; None takes each bank's name as written
            for its code.
        with_hidden: whether rows and columns that nobody sees are read like the others; else they are named.
    Returns:
        the good rows and all faults. Nothing is raised for a bad file: it is a fault of row 0.
    """
    try:
        every = open_sheets(path_or_bytes, hidden_too=True)
    except XuqiaoError as error:
        return WorkbookReading(rows=(), faults=(_whole_file(error),))
    sheets = [sheet for sheet in every if sheet.visible]
    unseen = tuple(_unseen_sheets(every))
    for number, sheet in enumerate(sheets):
        headings_at = _headings_of(sheet)
        if headings_at is not None:
            layout = _Layout.of(sheet, headings_at)
            faults = [*layout.faults, *_beyond(sheet), *_other_sheets(sheets[number + 1 :]), *unseen]
            if any(not fault.warning for fault in layout.faults):
                return WorkbookReading(rows=(), faults=tuple(faults))
            at = {field: place.at for field, place in layout.places.items()}
            found = sort_rows(sheet, headings_at, at, with_hidden=with_hidden)
            faults += [*_without_heading(sheet, headings_at, found), *_not_read(found, layout, sheet)]
            if not with_hidden and (in_hidden := tuple(hidden_columns_used(sheet, found.applications, at))):
                named = "、".join(f"{get_column_letter(index + 1)} {HEADINGS[field]}" for field, index in in_hidden)
                hidden = _whole_file(XuqiaoError("workbook.hidden_columns", columns=named))
                return WorkbookReading(rows=(), faults=(*faults, hidden))
            rows, row_faults = _read_rows(found.applications, layout, today, banks)
            return WorkbookReading(rows=tuple(rows), faults=(*faults, *row_faults))
    return WorkbookReading(rows=(), faults=(_whole_file(XuqiaoError("workbook.no_headings")), *unseen))


def read_typed(
    typed: Mapping[str, str | None], today: date, banks: Sequence[PartnerBank] | None = None
) -> WorkbookReading:
    """Read one application that was typed field by field, by the same rules as a row of the workbook.

    Whatever was typed is an application: no total, no note, no example.

    Args:
        typed: by the fields of the columns; amounts in yuan.
        today, banks: as ``read_workbook``.
    """
    [sheet] = open_sheets(_one_row(typed))
    cells = sheet.rows[1] if len(sheet.rows) > 1 else [BLANK] * len(COLUMNS)
    rows, faults = _read_rows([Row(1, cells, {})], _Layout.of(sheet, 0), today, banks)
    return WorkbookReading(rows=tuple(rows), faults=tuple(faults))


def _one_row(typed: Mapping[str, str | None]) -> bytes:
    """A workbook of one row, every cell as text: what is read from it is exactly what was typed."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for index, column in enumerate(COLUMNS):
            unit = _TYPED_IN if column.content is Content.MONEY else column.unit
            sheet.write_string(0, index, f"{column.heading}（{unit}）" if unit else column.heading)
            sheet.write_string(1, index, typed.get(column.field) or "")
    return file.getvalue()


def unread(name: str) -> WorkbookReading:
    """What is said of a file that nobody could read."""
    return WorkbookReading(rows=(), faults=(_whole_file(XuqiaoError("workbook.not_found", name=name)),))


def _whole_file(error: XuqiaoError, *, warning: bool = False) -> CellFault:
    return CellFault(row=0, cell="", heading="", value="", code=error.code, params=error.params, warning=warning)


def _beyond(sheet: Sheet) -> Iterator[CellFault]:
    """Rows or columns that were not read are never passed over in silence."""
    if sheet.cut:
        yield _whole_file(XuqiaoError("workbook.beyond_limits", rows=sheet.most_rows, columns=sheet.most_columns))


def _headings_of(sheet: Sheet) -> int | None:
    return find_headings([[cell.value for cell in row] for row in sheet.rows])


def _other_sheets(others: Sequence[Sheet]) -> Iterator[CellFault]:
    for sheet in others:
        if _holds_rows(sheet):
            yield _whole_file(XuqiaoError("workbook.second_sheet", sheet=sheet.title))


def _unseen_sheets(sheets: Sequence[Sheet]) -> Iterator[CellFault]:
    for sheet in sheets:
        if not sheet.visible and _holds_rows(sheet):
            yield _whole_file(XuqiaoError("workbook.hidden_sheet", sheet=sheet.title), warning=True)


def _holds_rows(sheet: Sheet) -> bool:
    """Whether something stands below headings of the form."""
    headings_at = _headings_of(sheet)
    return headings_at is not None and any(not cell.blank for row in sheet.rows[headings_at + 1 :] for cell in row)


def _without_heading(sheet: Sheet, headings_at: int, found: Sorted) -> Iterator[CellFault]:
    """A column without a heading is not read; where an application says something there, that is told."""
    for index, cell in enumerate(sheet.rows[headings_at]):
        if cell.blank:
            first = next((row for row in found.applications if not sheet.rows[row.number][index].blank), None)
            if first is not None:
                there = sheet.rows[first.number][index]
                yield _at(first.number, index, "-", there, XuqiaoError("workbook.no_heading"), warning=True)


def _not_read(found: Sorted, layout: "_Layout", sheet: Sheet) -> Iterator[CellFault]:
    """Rows that are no applications, or could not be taken for one; none is passed over in silence."""
    if found.aside:
        yield _rows_fault("workbook.passed_over", found.aside, warning=True)
    if found.hidden:
        yield _rows_fault("workbook.hidden_rows", found.hidden)
    for row in found.unfinished:
        yield _rows_fault("workbook.row_unfinished", (row,))
    name_at = layout.places["applicant_name"].at
    for number in found.filled_samples:
        cell = sheet.rows[number][name_at]
        yield _at(number, name_at, HEADINGS["applicant_name"], cell, XuqiaoError("workbook.sample_filled"))


def _rows_fault(code: str, rows: Sequence[tuple[int, str]], *, warning: bool = False) -> CellFault:
    said = "；".join(what for _, what in rows[:_MOST_SAID]) + ("；…" if len(rows) > _MOST_SAID else "")
    params = {"rows": numbers_of(number for number, _ in rows), "what": said}
    return CellFault(row=rows[0][0] + 1, cell="", heading="", value="", code=code, params=params, warning=warning)


_MOST_SAID = 10


class _Place(NamedTuple):
    """Where a column stands, and in which unit its amounts are."""

    at: int
    unit: str


class _Layout(NamedTuple):
    """How the sheet is laid out: where each column stands, and what is wrong with the headings."""

    headings_at: int
    places: Mapping[str, _Place]
    faults: tuple[CellFault, ...]

    @classmethod
    def of(cls, sheet: Sheet, headings_at: int) -> "_Layout":
        places: dict[str, _Place] = {}
        faults: list[CellFault] = []

        def fault(index: int, error: XuqiaoError, *, warning: bool = False) -> None:
            cell = sheet.rows[headings_at][index]
            faults.append(_at(headings_at, index, heading_of(cell.value).words, cell, error, warning=warning))

        for index, cell in enumerate(sheet.rows[headings_at]):
            if cell.blank:
                continue
            heading = heading_of(cell.value)
            column = column_of(heading)
            if column is None:
                fault(index, XuqiaoError("workbook.extra_column"), warning=True)
            elif column.field in places:
                first = get_column_letter(places[column.field].at + 1)
                fault(index, XuqiaoError("workbook.column_twice", first=f"{first}{headings_at + 1}"))
            else:
                places[column.field] = _Place(index, heading.unit)
                if column.content is Content.MONEY and heading.unit not in MONEY_UNITS:
                    fault(index, XuqiaoError("workbook.unit_unknown", units="、".join(MONEY_UNITS)))
                elif heading.unit not in OTHER_UNITS.get(column.content, (heading.unit,)):
                    fault(index, XuqiaoError("workbook.other_unit", unit=heading.unit, units=column.unit))
        for column in COLUMNS:
            if column.required and column.field not in places:
                faults.append(_missing(column, headings_at))
        return cls(headings_at, places, tuple(faults))


def _missing(column: Column, headings_at: int) -> CellFault:
    return CellFault(
        row=headings_at + 1,
        cell="",
        heading=column.heading,
        value="",
        code="workbook.column_missing",
        params={"heading": column.title, "row": str(headings_at + 1)},
    )


def _at(row: int, index: int, heading: str, cell: Cell, error: XuqiaoError, *, warning: bool = False) -> CellFault:
    """A fault of one cell; row and index count from 0 here, and as the spreadsheet counts in the fault."""
    return CellFault(
        row=row + 1,
        cell=f"{get_column_letter(index + 1)}{row + 1}",
        heading=heading,
        value=cell.shown,
        code=error.code,
        params=error.params,
        warning=warning,
    )


def _read_rows(
    found: Sequence[Row], layout: _Layout, today: date, banks: Sequence[PartnerBank] | None
) -> tuple[list[ApplicationRow], list[CellFault]]:
    rows: list[ApplicationRow] = []
    faults: list[CellFault] = []
    seen: dict[tuple[object, ...], int] = {}
    for row in found:
        reader = _RowReader(row, layout, banks)
        reader.check(today, seen)
        faults.extend(sorted(reader.faults, key=lambda fault: (len(fault.cell), fault.cell)))
        if all(fault.warning for fault in reader.faults):
            rows.append(reader.application())
    return rows, faults


class _RowReader:
    """Reads one row: all its cells first, so that all its faults come out together."""

    def __init__(self, row: Row, layout: _Layout, banks: Sequence[PartnerBank] | None) -> None:
        self.faults: list[CellFault] = []
        self._number = row.number
        self._cells = cells = row.cells
        self._layout = layout
        self._values: dict[str, object] = {}
        for column in COLUMNS:
            place = layout.places.get(column.field)
            cell = cells[place.at] if place else BLANK
            if place and place.at in row.merged:
                self._fault(column.field, XuqiaoError("workbook.merged", other=row.merged[place.at]))
                continue
            try:
                self._values[column.field] = read_cell(cell, column, place.unit if place else "", banks)
            except XuqiaoError as error:
                self._fault(column.field, error)

    def _fault(self, field: str, error: XuqiaoError, *, warning: bool = False) -> None:
        index = self._layout.places[field].at
        self.faults.append(_at(self._number, index, HEADINGS[field], self._cells[index], error, warning=warning))

    def check(self, today: date, seen: dict[tuple[object, ...], int]) -> None:
        """What only shows when a row's cells, or two rows, are seen together.

        Args:
            today: the fund's business day.
            seen: bank, note and maturity of the rows above, with the row they stand in; this row is added.
        """
        self._check_days(today)
        self._check_amounts()
        self._check_names()
        anew_is_open = "collateral_anew" in self._layout.places and self._values.get("collateral_anew", False) is None
        if anew_is_open and self._values.get("collateral_type"):
            self._fault("collateral_anew", XuqiaoError("workbook.collateral_anew_open"))
        loan = tuple(self._values.get(field) for field in ("bank", "loan_note", "maturity"))
        if None not in loan:
            first = seen.setdefault(loan, self._number + 1)
            if first != self._number + 1:
                self._fault("loan_note", XuqiaoError("workbook.loan_twice", first=first, second=self._number + 1))

    def _check_days(self, today: date) -> None:
        maturity, applied = self._values.get("maturity"), self._values.get("applied_to_bank_on")
        if isinstance(maturity, date) and maturity < today:
            self._fault("maturity", XuqiaoError("workbook.maturity_past", today=today))
        if isinstance(applied, date) and applied > today:
            self._fault("applied_to_bank_on", XuqiaoError("workbook.day_to_come", today=today))

    def _check_amounts(self) -> None:
        asked, balance = self._values.get("asked_fen"), self._values.get("balance_fen")
        for field, amount in (("asked_fen", asked), ("balance_fen", balance)):
            if amount == 0:
                self._fault(field, XuqiaoError("workbook.zero"))
        if isinstance(asked, int) and isinstance(balance, int) and asked > balance > 0:
            self._fault(
                "asked_fen",
                XuqiaoError(
                    "workbook.asked_over_balance",
                    asked=format_yuan(asked, grouped=True),
                    balance=format_yuan(balance, grouped=True),
                ),
            )

    def _check_names(self) -> None:
        """A bank pays by number, and sends money back whose payee is spelt otherwise than the account."""
        account, applicant = self._values.get("account_name"), self._values.get("applicant_name")
        if not isinstance(account, str) or not isinstance(applicant, str) or account == applicant:
            return
        if same_name(account, applicant):
            self._fault("account_name", XuqiaoError("workbook.account_spelt", applicant=applicant), warning=True)
        elif self._values.get("kind") is not ApplicantKind.OWNER:
            self._fault("account_name", XuqiaoError("workbook.account_of_another", applicant=applicant), warning=True)

    def application(self) -> ApplicationRow:
        """The row as a value; only for a row without faults."""
        fields = {name: value for name, value in self._values.items() if "." not in name}
        groups: dict[str, dict[str, object]] = {"standing": {}, "renewal": {}}
        for name, value in self._values.items():
            group, _, fact = name.partition(".")
            if fact:
                groups[group][fact] = value
        bank = self._cells[self._layout.places["bank"].at].value
        # A blank answer to these means no: none of them opens anything to the borrower.
        for blank_is_no in ("priority_firm", "collateral_anew", "lifted_from_poverty"):
            fields[blank_is_no] = bool(fields[blank_is_no])
        return ApplicationRow.model_validate({**fields, **groups, "bank_name": name_of(bank), "row": self._number + 1})
