"""Reports on the books as an Excel workbook: numbers that can be added up, text that stays text, ready to print."""

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import xlsxwriter

from activities.books.report_tables import Amount, Cell, Row, Table, source_lines
from activities.words import Lang, say, say_value
from models.books.entries import Source
from rulebook.books.chart import Chart
from rulebook.money import format_yuan

_A4 = 9
_NARROWEST, _WIDEST = 8, 48
_MOST_EXACT_FEN = 10**15
"""Excel keeps fifteen digits: a larger amount is written as text, never rounded."""
_MOST_TEXT = 32_767
_LIKE_FORMULAS = ("=", "+", "-", "@", "\t")


class Sheet(NamedTuple):
    """A sheet: its title is the word ``reports.sheet.…``; ``tables`` stand below each other.

    ``one_main``: the first table is what the sheet is about; its headings stay in sight and are printed on every page.
    """

    title: str
    tables: tuple[Table, ...]
    one_main: bool = True


def write_workbook(
    path: Path | str, source: Source, chart: Chart, sheets: Sequence[Sheet], lang: Lang | None = None
) -> None:
    """Write reports into one workbook, each on its sheet, with a data dictionary at the end.

    Args:
        path: the xlsx file to write.
        source: what all of them were made of; every sheet says so at its top.
        chart: explained in the data dictionary, account by account.
        sheets: in their order.
        lang: language of headings and words; None is the process's own.
    Raises:
        OSError: when the file cannot be written.
    """
    # A text that begins with = or http stays text.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), options)
    day = source.period.last
    # The day of the report: the same report gives the same bytes.
    book.set_properties({"title": source.fund_name, "created": datetime(day.year, day.month, day.day)})  # noqa: DTZ001 (a file property has no zone)
    formats = _Formats(book)
    for sheet in sheets:
        _Writer(book, formats, source, sheet.title, lang).write(sheet.tables, one_main=sheet.one_main)
    _Writer(book, formats, source, "dictionary", lang).write(_dictionary(sheets, chart, lang))
    try:
        book.close()
    except xlsxwriter.exceptions.FileCreateError as error:
        raise OSError(str(error)) from error


class _Formats:
    """The looks of cells; a sum has a line above it."""

    def __init__(self, book: Any) -> None:
        text = {"num_format": "@", "valign": "top", "text_wrap": True}
        looks: dict[str, dict[str, Any]] = {
            "text": text,
            # The apostrophe keeps it a text even when somebody edits the cell.
            "guarded": {**text, "quote_prefix": True},
            "count": {"num_format": "#,##0", "valign": "top"},
            "day": {"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"},
            "amount": {"num_format": "#,##0.00;[Red]-#,##0.00", "valign": "top"},
        }
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.source = book.add_format({"font_color": "#595959"})
        self.section = book.add_format({"bold": True, "font_size": 12})
        self.heading = book.add_format(
            {
                "bold": True,
                "text_wrap": True,
                "border": 1,
                "valign": "vcenter",
                "align": "center",
                "bg_color": "#DDEBF7",
            }
        )
        self.row = {name: book.add_format(look) for name, look in looks.items()}
        self.foot = {name: book.add_format({**look, "bold": True, "top": 1}) for name, look in looks.items()}


class _Writer:
    """Writes one sheet from top to bottom."""

    def __init__(self, book: Any, formats: _Formats, source: Source, title: str, lang: Lang | None) -> None:
        self._formats, self._lang, self._source = formats, lang, source
        self._title = say(f"reports.sheet.{title}", lang)
        self._sheet = book.add_worksheet(self._title)
        self._at = 0

    def write(self, tables: Sequence[Table], *, one_main: bool = False) -> None:
        """Title, source, and one table below the other."""
        self._sheet.write_string(0, 0, f"{self._source.fund_name} {self._title}", self._formats.title)
        for line in source_lines(self._source, self._lang):
            self._at += 1
            self._sheet.write_string(self._at, 0, line, self._formats.source)
        self._at += 1
        top = self._at
        for number, table in enumerate(tables):
            if number or not one_main:
                title = say(f"reports.table.{table.title}", self._lang)
                self._sheet.write_string(self._at + 1, 0, title, self._formats.section)
                self._at += 2
            self._table(table)
        self._sheet.freeze_panes(top + 1 if one_main else top, 0)
        if one_main:
            self._sheet.repeat_rows(top)
        self._widths(tables)
        self._print_set_up()

    def _table(self, table: Table) -> None:
        for column, name in enumerate(table.headings):
            self._sheet.write_string(self._at, column, say(f"cli.heading.{name}", self._lang), self._formats.heading)
        self._at += 1
        for row in table.rows:
            self._row(row, self._formats.row)
        for row in table.foot:
            self._row(row, self._formats.foot)

    def _row(self, row: Row, looks: dict[str, Any]) -> None:
        for column, cell in enumerate(row):
            self._cell(column, cell, looks)
        self._at += 1

    def _cell(self, column: int, cell: Cell, looks: dict[str, Any]) -> None:
        sheet, at = self._sheet, self._at
        if cell is None:
            sheet.write_blank(at, column, None, looks["text"])
        elif isinstance(cell, Amount) and abs(cell.fen) < _MOST_EXACT_FEN:
            # The file's numbers are binary; within fifteen digits the nearest one reads back as the same decimal.
            sheet.write_number(at, column, float(format_yuan(cell.fen)), looks["amount"])
        elif isinstance(cell, date):
            sheet.write_datetime(at, column, datetime(cell.year, cell.month, cell.day), looks["day"])  # noqa: DTZ001
        elif isinstance(cell, int):
            sheet.write_number(at, column, cell, looks["count"])
        else:
            text = shown(cell)[:_MOST_TEXT]
            sheet.write_string(at, column, text, looks["guarded" if text.startswith(_LIKE_FORMULAS) else "text"])

    def _widths(self, tables: Sequence[Table]) -> None:
        for column in range(max(len(table.headings) for table in tables)):
            widest = _NARROWEST
            for table in tables:
                if column < len(table.headings):
                    cells = [row[column] for row in (*table.rows, *table.foot) if column < len(row)]
                    heading = width_of(say(f"cli.heading.{table.headings[column]}", self._lang))
                    widest = max([widest, heading, *(_needed(cell) for cell in cells)])
            self._sheet.set_column(column, column, widest + 2)

    def _print_set_up(self) -> None:
        sheet = self._sheet
        sheet.set_paper(_A4)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.7)
        sheet.set_header(f"&L{self._source.fund_name.replace('&', '&&')[:100]}&R{self._title}")
        sheet.set_footer(f"&L{self._source.digest[:12]}&R&P / &N")


def shown(cell: Cell) -> str:
    """A cell as text."""
    return format_yuan(cell.fen, grouped=True) if isinstance(cell, Amount) else "" if cell is None else str(cell)


def width_of(text: str) -> int:
    """The columns a text takes: a Chinese sign takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _needed(cell: Cell) -> int:
    """A number must be seen whole; a long text may be broken into lines."""
    needed = width_of(shown(cell))
    return needed if isinstance(cell, Amount) else min(needed, _WIDEST)


def _dictionary(sheets: Sequence[Sheet], chart: Chart, lang: Lang | None) -> tuple[Table, ...]:
    """What every column means, and where every account of the chart comes from."""
    meanings: list[Row] = []
    for sheet in sheets:
        for heading in dict.fromkeys(name for table in sheet.tables for name in table.headings):
            said = say(f"cli.heading.{heading}", lang)
            meanings.append((say(f"reports.sheet.{sheet.title}", lang), said, say(f"reports.meaning.{heading}", lang)))
    accounts: list[Row] = [
        (
            account.code,
            account.full_name,
            account.standard or "-",
            say_value("chart_basis", account.basis, lang),
            f"{account.subject}/{account.part}" if account.part else str(account.subject),
        )
        for account in chart.account
    ]
    return (
        Table("meanings", ("sheet", "column", "meaning"), tuple(meanings)),
        Table("accounts", ("code", "account_name", "standard", "basis", "internal"), tuple(accounts)),
    )
