"""The officer's application workbook: read row by row, every fault named by its cell, good rows kept."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from openpyxl.utils import get_column_letter
from pydantic import Field

from activities.words import Lang, say
from activities.workbook.cells import BLANK, Cell, read_cell
from activities.workbook.columns import (
    COLUMNS,
    MONEY_UNITS,
    SAMPLE_MARK,
    Column,
    Content,
    column_of,
    find_headings,
    heading_of,
    tidy,
)
from activities.workbook.file import Sheet, open_sheets
from activities.workbook.form import shift_dates, write_template
from rulebook.applications import ApplicationRow, PartnerBank
from rulebook.errors import XuqiaoError
from rulebook.money import format_yuan
from rulebook.values import Value

__all__ = ["CellFault", "WorkbookReading", "read_workbook", "shift_dates", "write_template"]


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
    path_or_bytes: Path | str | bytes, today: date, banks: Sequence[PartnerBank] | None = None
) -> WorkbookReading:
    """Read an application workbook (xlsx) as an officer fills it.

    Args:
        path_or_bytes: the file, or its content.
        today: the fund's business day; a loan that fell due before it is a fault.
        banks: the fund's partner banks, found by code, name or other name; None takes each bank's name as written
            for its code.
    Returns:
        the good rows and all faults. Nothing is raised for a bad file: it is a fault of row 0.
    """
    try:
        sheets = open_sheets(path_or_bytes)
    except XuqiaoError as error:
        return WorkbookReading(rows=(), faults=(_whole_file(error),))
    for number, sheet in enumerate(sheets):
        headings_at = find_headings([[cell.value for cell in row] for row in sheet.rows])
        if headings_at is not None:
            layout = _Layout.of(sheet, headings_at)
            faults = [*layout.faults, *_beyond(sheet), *_other_sheets(sheets[number + 1 :])]
            if any(not fault.warning for fault in layout.faults):
                return WorkbookReading(rows=(), faults=tuple(faults))
            rows, row_faults = _read_rows(sheet, layout, today, banks)
            return WorkbookReading(rows=tuple(rows), faults=(*faults, *row_faults))
    return WorkbookReading(rows=(), faults=(_whole_file(XuqiaoError("workbook.no_headings")),))


def unread(name: str) -> WorkbookReading:
    """What is said of a file that nobody could read."""
    return WorkbookReading(rows=(), faults=(_whole_file(XuqiaoError("workbook.not_found", name=name)),))


def _whole_file(error: XuqiaoError, *, warning: bool = False) -> CellFault:
    return CellFault(row=0, cell="", heading="", value="", code=error.code, params=error.params, warning=warning)


def _beyond(sheet: Sheet) -> Iterator[CellFault]:
    """Rows or columns that were not read are never passed over in silence."""
    if sheet.cut:
        yield _whole_file(XuqiaoError("workbook.beyond_limits", rows=sheet.most_rows, columns=sheet.most_columns))


def _other_sheets(others: Sequence[Sheet]) -> Iterator[CellFault]:
    for sheet in others:
        if find_headings([[cell.value for cell in row] for row in sheet.rows]) is not None:
            yield _whole_file(XuqiaoError("workbook.second_sheet", sheet=sheet.title), warning=True)


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
    sheet: Sheet, layout: _Layout, today: date, banks: Sequence[PartnerBank] | None
) -> tuple[list[ApplicationRow], list[CellFault]]:
    rows: list[ApplicationRow] = []
    faults: list[CellFault] = []
    seen: dict[tuple[object, ...], int] = {}
    for number in range(layout.headings_at + 1, len(sheet.rows)):
        cells = sheet.rows[number]
        if all(cell.blank for cell in cells) or _is_sample(cells, layout):
            continue
        reader = _RowReader(number, cells, layout, banks)
        reader.check(today, seen)
        faults.extend(sorted(reader.faults, key=lambda fault: (len(fault.cell), fault.cell)))
        if not reader.faults:
            rows.append(reader.application())
    return rows, faults


def _is_sample(cells: Sequence[Cell], layout: _Layout) -> bool:
    """Whether this is the form's own example, which is marked in the column of names."""
    name = cells[layout.places["applicant_name"].at].value
    return isinstance(name, str) and tidy(name).lstrip("([【").startswith(SAMPLE_MARK)


class _RowReader:
    """Reads one row: all its cells first, so that all its faults come out together."""

    def __init__(
        self, number: int, cells: Sequence[Cell], layout: _Layout, banks: Sequence[PartnerBank] | None
    ) -> None:
        self.faults: list[CellFault] = []
        self._number = number
        self._cells = cells
        self._layout = layout
        self._values: dict[str, object] = {}
        for column in COLUMNS:
            place = layout.places.get(column.field)
            cell = cells[place.at] if place else BLANK
            try:
                self._values[column.field] = read_cell(cell, column, place.unit if place else "", banks)
            except XuqiaoError as error:
                self._fault(column.field, error)

    def _fault(self, field: str, error: XuqiaoError) -> None:
        index = self._layout.places[field].at
        heading = next(column.heading for column in COLUMNS if column.field == field)
        self.faults.append(_at(self._number, index, heading, self._cells[index], error))

    def check(self, today: date, seen: dict[tuple[object, ...], int]) -> None:
        """What only shows when a row's cells, or two rows, are seen together.

        Args:
            today: the fund's business day.
            seen: bank, note and maturity of the rows above, with the row they stand in; this row is added.
        """
        self._check_days(today)
        self._check_amounts()
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
                XuqiaoError("workbook.asked_over_balance", asked=format_yuan(asked), balance=format_yuan(balance)),
            )

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
        return ApplicationRow.model_validate(
            {**fields, **groups, "bank_name": tidy(str(bank)), "row": self._number + 1}
        )
