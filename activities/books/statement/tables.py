"""A statement's file as tables of cells: CSV of any delimiter and encoding, or the sheets of an xlsx."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from activities.workbook.cells import Cell
from activities.workbook.file import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, open_sheets
from rulebook.errors import XuqiaoError

Row = Sequence[Cell]
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_MARKUP = re.compile(rb"\s*(<\?xml|<!doctype|<html|<table|<meta|<head|<workbook|MIME-Version:)", re.IGNORECASE)
_LINES_OF_A_CELL = 5
_BEGINS_WITH_DAY = re.compile(r"[^0-9]{0,3}[0-9]{4}[-/.年]?[0-9]")
_DELIMITERS = ",\t;|"


class Table(NamedTuple):
    """Rows as they stand in the file, the first one being row 1.

    Attributes:
        title: of the sheet; empty for CSV.
        of_text: whether it is CSV, each of whose rows has as many cells as the headings.
        doubtful: places of rows, from 0, with a quotation mark that nothing closes.
        is_hidden: whether it is a sheet that nobody sees; it is named and not read.
    """

    title: str
    rows: Sequence[Row]
    of_text: bool = False
    doubtful: frozenset[int] = frozenset()
    is_hidden: bool = False


def tables_of(content: bytes) -> list[list[Table]]:
    """The tables of a file, in each way in which it may be meant.

    Returns:
        for an xlsx one list of its sheets; for CSV one list for each delimiter, the likeliest first.
    Raises:
        XuqiaoError: ``statement.too_big``, ``statement.old_excel``, ``statement.markup``, ``statement.encoding``,
            ``statement.too_many_rows``, or what ``workbook.file.open_sheets`` refuses.
    """
    if len(content) > MOST_BYTES:
        raise XuqiaoError("statement.too_big", most=MOST_BYTES // 1024 // 1024)
    if content.startswith(_OLD_EXCEL):
        raise XuqiaoError("statement.old_excel")
    if content[:2] == b"PK":
        return [_sheets(content)]
    text = _decoded(content)
    if _MARKUP.match(text[:200].encode()):
        raise XuqiaoError("statement.markup")
    lines = re.split(r"\r\n|\r|\n", text)
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) > MOST_ROWS:
        raise XuqiaoError("statement.too_many_rows", most=MOST_ROWS)
    counts = Counter("".join(lines))
    by_number = sorted(_DELIMITERS, key=lambda each: -counts[each])
    return [[_text_table(lines, delimiter)] for delimiter in by_number]


def _sheets(content: bytes) -> list[Table]:
    sheets = open_sheets(content, hidden_too=True)
    if any(sheet.cut for sheet in sheets):
        raise XuqiaoError("statement.too_many_rows", most=MOST_ROWS)
    return [Table(sheet.title, sheet.rows, is_hidden=not sheet.visible) for sheet in sheets]


def _decoded(content: bytes) -> str:
    encodings = ["utf-8-sig", "gb18030"]
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise XuqiaoError("statement.encoding")


# Banks do not quote as spreadsheets do --------------------------------------------------------------------------


def _text_table(lines: Sequence[str], delimiter: str) -> Table:
    """Each line of the text by itself, so that a quotation mark that nothing closes swallows no other line.

    A cell with line breaks in it is taken as one only where the lines, joined, make a row of the usual width and the
    first of them alone does not.
    """
    whole = [_split(line, delimiter) for line in lines]
    usual = Counter(len(row) for row in whole if row is not None and len(row) > 1).most_common(1)
    width = usual[0][0] if usual else 0
    if max(map(len, (row for row in whole if row is not None)), default=0) > MOST_COLUMNS:
        raise XuqiaoError("statement.too_many_columns", most=MOST_COLUMNS)
    rows: list[Row] = []
    doubtful = set()
    for place, line in enumerate(lines):
        if place < len(rows):
            continue  # it went into the row above
        row = whole[place]
        if row is None:
            joined = _joined(lines[place : place + _LINES_OF_A_CELL], delimiter, width)
            if joined is not None:
                row, used = joined
                rows += [_cells(row), *([()] * (used - 1))]
                continue
            doubtful.add(place)
            row = line.split(delimiter)
        rows.append(_cells(row))
    return Table("", rows, of_text=True, doubtful=frozenset(doubtful))


def _split(line: str, delimiter: str) -> list[str] | None:
    """The cells of a line; None where a quotation mark is not closed in it."""
    if line.count('"') % 2:
        return None
    return _row([line], delimiter)


def _row(lines: Sequence[str], delimiter: str) -> list[str]:
    try:
        return next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error as error:
        raise XuqiaoError("statement.unreadable", reason=error) from None


def _joined(lines: Sequence[str], delimiter: str, width: int) -> tuple[list[str], int] | None:
    """The row of several lines, and how many; None where one of them could be a line of the statement by itself."""
    for used in range(2, len(lines) + 1):
        text = "\n".join(lines[:used])
        if text.count('"') % 2 == 0:
            row = _row(text.splitlines(keepends=True), delimiter)
            is_broken = any(len(line.split(delimiter)) < width for line in lines[:used])
            own_day = any(_BEGINS_WITH_DAY.match(line) for line in lines[1:used])
            return (row, used) if len(row) == width and is_broken and not own_day else None
    return None


def _cells(row: Sequence[str]) -> Row:
    return [Cell(_bare(each), "s") for each in row]


def _bare(text: str) -> str:
    """What banks put around numbers for Excel's sake is taken off: ``="0012"``, a leading apostrophe, a tab behind."""
    quoted = re.fullmatch(r'="(.*)"', text.strip())
    return quoted[1] if quoted else text.strip().removeprefix("'")
