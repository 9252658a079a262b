"""Opening a workbook that came from outside: size, form and safety first, then its cells as plain values."""

import io
import re
import warnings
import zipfile
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from openpyxl import DEFUSEDXML, load_workbook
from openpyxl.utils import range_boundaries

from activities.workbook.cells import BLANK, Cell
from rulebook.errors import XuqiaoError

MOST_BYTES = 10 * 1024 * 1024
MOST_BYTES_UNPACKED = 40 * 1024 * 1024
MOST_PARTS = 500
MOST_ROWS = 5_000
MOST_COLUMNS = 100
_LAST_ROW_OF_EXCEL = 1_048_576


class Merge(NamedTuple):
    """Cells made one: rows and columns from and to, counted from 0, both included."""

    top: int
    left: int
    bottom: int
    right: int


class Sheet(NamedTuple):
    """A sheet: rows of equal length, from the top left.

    Attributes:
        cut: whether there was more than the limits allow.
        hidden_rows, hidden_columns: those that nobody sees (filtered, folded away, hidden by hand), counted from 0.
        merges: cells made one.
        visible: whether the sheet itself is seen.
    """

    title: str
    rows: list[list[Cell]]
    cut: bool
    most_rows: int = MOST_ROWS
    most_columns: int = MOST_COLUMNS
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merges: tuple[Merge, ...] = ()
    visible: bool = True


def open_sheets(path_or_bytes: Path | str | bytes, *, hidden_too: bool = False) -> list[Sheet]:
    """The sheets of an xlsx file, formulas as formulas.

    Args:
        path_or_bytes: the file, or its content.
        hidden_too: whether sheets that nobody sees come along.
    Returns:
        the sheets in their order.
    Raises:
        XuqiaoError: ``workbook.not_found``, ``workbook.too_big``, ``workbook.not_xlsx``, ``workbook.unsafe``,
            ``workbook.no_sheets``, ``workbook.unreadable``.
    """
    content = _content(path_or_bytes)
    _check_package(content)
    if not DEFUSEDXML:
        # openpyxl can be told by its environment to read without protection; then we do not read at all.
        raise XuqiaoError("workbook.unsafe")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a serial too big for a day comes as an error value, and is told as one
            book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
            if not book.worksheets:  # saved as Strict Open XML, whose names openpyxl does not know
                raise XuqiaoError("workbook.no_sheets")
            return [_sheet(sheet) for sheet in book.worksheets if _is_wanted(sheet, hidden_too)]
    except XuqiaoError:
        raise
    except Exception as error:  # openpyxl raises whatever a broken part happens to provoke
        if _forbidden(error):
            raise XuqiaoError("workbook.unsafe") from error
        raise XuqiaoError("workbook.unreadable", reason=type(error).__name__) from error


def _is_wanted(sheet: Any, hidden_too: bool) -> bool:
    """A sheet of cells; one that holds a chart alone has none."""
    return hasattr(sheet, "reset_dimensions") and (hidden_too or sheet.sheet_state == "visible")


def _forbidden(error: BaseException | None) -> bool:
    """Whether entity declarations were at the bottom of it; openpyxl wraps the parser's own refusal."""
    while error is not None:
        if isinstance(error, DefusedXmlException):
            return True
        error = error.__cause__ or error.__context__
    return False


def _content(path_or_bytes: Path | str | bytes) -> bytes:
    if isinstance(path_or_bytes, bytes):
        content = path_or_bytes
    else:
        path = Path(path_or_bytes)
        try:
            # One byte more than allowed tells a file that is too big without reading it all.
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
        except OSError:
            raise XuqiaoError("workbook.not_found", name=path.name) from None
    if len(content) > MOST_BYTES:
        raise XuqiaoError("workbook.too_big", most=MOST_BYTES // 1024 // 1024)
    return content


def _check_package(content: bytes) -> None:
    """An xlsx is a zip of XML; what it unpacks to is bounded before any of it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise XuqiaoError("workbook.not_xlsx") from None
    if "[Content_Types].xml" not in {part.filename for part in parts}:
        raise XuqiaoError("workbook.not_xlsx")
    # zipfile never gives more than the declared size of a part, so the declared sizes are a true bound.
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES_UNPACKED:
        raise XuqiaoError("workbook.too_big", most=MOST_BYTES_UNPACKED // 1024 // 1024)


def _sheet(sheet: Any) -> Sheet:
    """One sheet up to the limits; the size that the file claims for itself is not believed."""
    sheet.reset_dimensions()
    read: list[list[Cell]] = []
    cut = False
    previous: object = None
    for number, row in enumerate(sheet.iter_rows(min_row=1, min_col=1, max_col=MOST_COLUMNS + 1), start=1):
        if row is previous and number > MOST_ROWS:
            # A gap between far rows comes as the same empty row again and again.
            if number > _LAST_ROW_OF_EXCEL:
                return _with_layout(sheet, Sheet(sheet.title, _trim(read), cut=True))
            continue
        previous = row
        cells = [_cell(cell) for cell in row]
        if number <= MOST_ROWS:
            read.append(cells[:MOST_COLUMNS])
            cells = cells[MOST_COLUMNS:]
        if not all(cell.blank for cell in cells):
            cut = True
            if number > MOST_ROWS:
                break
    return _with_layout(sheet, Sheet(sheet.title, _trim(read), cut))


_ESCAPED = re.compile(r"_x(00[01][0-9A-Fa-f])_")


def _cell(cell: Any) -> Cell:
    """A cell as plain values; what XML cannot hold, a control character, is written ``_x000D_`` there."""
    value = cell.value
    if isinstance(value, str) and cell.data_type != "f":
        value = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
    return Cell(value, cell.data_type, getattr(cell, "number_format", None) or "General")


def _with_layout(sheet: Any, read: Sheet) -> Sheet:
    """What only the sheet's XML tells: which rows and columns are not seen, and which cells are one."""
    rows: set[int] = set()
    columns: set[int] = set()
    merges: list[Merge] = []
    number = 0
    with sheet._get_source() as source:
        for _, element in iterparse(source):
            match element.tag.rpartition("}")[2]:
                case "col" if _true(element.get("hidden")) or _flat(element.get("width"), 0.2):
                    first, last = int(element.get("min")), int(element.get("max"))
                    columns.update(range(first - 1, min(last, MOST_COLUMNS)))
                case "row":
                    number = int(element.get("r") or number + 1)
                    if _true(element.get("hidden")) or _flat(element.get("ht")):
                        rows.add(number - 1)
                    element.clear()
                case "mergeCell":
                    left, top, right, bottom = (int(end or 1) - 1 for end in range_boundaries(element.get("ref")))
                    merges.append(Merge(top, left, bottom, right))
    return read._replace(
        hidden_rows=frozenset(row for row in rows if row < len(read.rows)),
        hidden_columns=frozenset(columns),
        merges=tuple(merges),
        visible=sheet.sheet_state == "visible",
    )


def _true(value: str | None) -> bool:
    return value in {"1", "true"}


def _flat(value: str | None, least: float = 1) -> bool:
    """Whether nothing of a row or column so high or wide could be seen."""
    return value is not None and float(value) < least


def _trim(rows: list[list[Cell]]) -> list[list[Cell]]:
    """Rows of equal length without the blank ones at the end and the blank columns at the right."""
    while rows and all(cell.blank for cell in rows[-1]):
        rows.pop()
    columns = list(zip_longest(*rows, fillvalue=BLANK))
    while columns and all(cell.blank for cell in columns[-1]):
        columns.pop()
    return [list(row) for row in zip(*columns, strict=True)]
