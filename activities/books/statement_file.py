"""Reading a bank's statement file, CSV or Excel: each row becomes a line, or says why it cannot."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from activities.books.statement_columns import Field, columns_of
from activities.workbook.cells import Cell
from activities.workbook.columns import tidy
from activities.workbook.file import MOST_BYTES, MOST_ROWS, open_sheets
from rulebook.books.statements import StatementLine, are_sides_swapped, is_newest_first
from rulebook.errors import XuqiaoError
from rulebook.money import MOST_FEN, yuan

HEADING_WITHIN = 30
MOST_CHARACTERS = 500
_EXACT_DIGITS = 15
"""A number cell of Excel keeps no more of them."""
_NO_LINE = re.compile(r"(合计|总计|本页|小计|本月|本年|承前|期初|期末|上日|昨日|以下空白|共\d)")
_ACCOUNT_WORDS = re.compile(r"(?<!对方)(?<!对手)(账号|帐号|卡号)")
_OUT = frozenset({"借", "借方", "支出", "付", "付款", "转出", "出", "d", "debit"})
_IN = frozenset({"贷", "贷方", "收入", "收", "收款", "转入", "进", "入", "c", "credit"})
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
Row = Sequence[Cell]


class FileLine(NamedTuple):
    """A line and the row of the file it stands in, counted from 1."""

    row: int
    line: StatementLine


class FileFault(NamedTuple):
    """A row that is no line, and why."""

    row: int
    error: XuqiaoError


class StatementFile(NamedTuple):
    """A statement as far as it could be read.

    Attributes:
        lines: in order of time, also where the bank begins with the last.
        faults: rows that could not be read; everything else is in ``lines``.
        own_accounts: the account numbers it names as its own, as digits.
    """

    lines: list[FileLine]
    faults: list[FileFault]
    own_accounts: frozenset[str]


def read_statement(content: bytes) -> StatementFile:
    """Read a statement.

    Args:
        content: CSV (UTF-8 or GB18030) or xlsx; what stands above the headings and below the lines is passed over.
    Raises:
        XuqiaoError: ``statement.too_big``, ``statement.old_excel``, ``statement.encoding``,
            ``statement.no_headings``, ``statement.too_many_rows``, ``statement.unreadable``,
            ``statement.sides_swapped``, ``statement.column_twice``, or what ``workbook_file.open_sheets`` refuses.
    """
    if len(content) > MOST_BYTES:
        raise XuqiaoError("statement.too_big", most=MOST_BYTES // 1024 // 1024)
    if content.startswith(_OLD_EXCEL):
        raise XuqiaoError("statement.old_excel")
    tables = _excel(content) if content[:2] == b"PK" else [_csv(content)]
    for rows in tables:
        found = _headings(rows)
        if found is not None:
            place, columns = found
            return _read(rows, place, columns)
    raise XuqiaoError("statement.no_headings", within=HEADING_WITHIN)


def _excel(content: bytes) -> list[list[Row]]:
    sheets = open_sheets(content)
    if any(sheet.cut for sheet in sheets):
        raise XuqiaoError("statement.too_many_rows", most=MOST_ROWS)
    return [list(sheet.rows) for sheet in sheets]


def _csv(content: bytes) -> list[Row]:
    text = _decoded(content)
    sample = "\n".join(text.splitlines()[:HEADING_WITHIN])
    delimiter = max(",\t;|", key=sample.count)
    rows: list[Row] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            # Banks write a tab behind long numbers so that Excel leaves them alone; tidy() takes it off.
            rows.append([Cell(_plain(each), "s") for each in row])
            if len(rows) > MOST_ROWS:
                raise XuqiaoError("statement.too_many_rows", most=MOST_ROWS)
    except csv.Error as error:
        raise XuqiaoError("statement.unreadable", reason=error) from None
    return rows


def _plain(text: str) -> str:
    """What banks put around numbers for Excel's sake: ``="0012"`` and a leading apostrophe."""
    quoted = re.fullmatch(r'="(.*)"', text.strip())
    return quoted[1] if quoted else text.strip().removeprefix("'")


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


def _headings(rows: Sequence[Row]) -> tuple[int, dict[int, Field]] | None:
    for place, row in enumerate(rows[:HEADING_WITHIN]):
        columns = columns_of([str(cell.value or "") for cell in row])
        if columns is not None:
            return place, columns
    return None


def _read(rows: Sequence[Row], headings: int, columns: dict[int, Field]) -> StatementFile:
    lines: list[FileLine] = []
    faults: list[FileFault] = []
    own = set(_accounts_above(rows[:headings]))
    for number, row in enumerate(rows[headings + 1 :], start=headings + 2):
        cells = _by_field(row, columns)
        if all(cell.blank for cell in row) or _is_no_line(row, cells):
            continue
        try:
            lines.append(FileLine(number, _line(cells, columns)))
            own |= {_digits(cell) for cell in cells.get(Field.OWN_ACCOUNT, ()) if not cell.blank}
        except XuqiaoError as error:
            faults.append(FileFault(number, error))
    if is_newest_first([each.line for each in lines]):
        lines.reverse()
    if are_sides_swapped([each.line for each in lines]):
        raise XuqiaoError("statement.sides_swapped")
    return StatementFile(lines, faults, frozenset(own))


def _accounts_above(rows: Sequence[Row]) -> Iterator[str]:
    """Account numbers in the head of the file, behind the word for it in the same cell or in the next."""
    for row in rows:
        texts = [tidy(str(cell.value or "")) for cell in row]
        for text, after in zip(texts, [*texts[1:], ""], strict=True):
            if _ACCOUNT_WORDS.search(text):
                digits = re.sub(r"[\s\-]", "", _ACCOUNT_WORDS.split(text)[-1] + " " + after)
                if number := re.search(r"\d{8,32}", digits):
                    yield number[0]


def _by_field(row: Row, columns: dict[int, Field]) -> dict[Field, list[Cell]]:
    cells: dict[Field, list[Cell]] = {}
    for place, field in columns.items():
        if place < len(row):
            cells.setdefault(field, []).append(row[place])
    return cells


def _is_no_line(row: Row, cells: dict[Field, list[Cell]]) -> bool:
    """Sums, and balances carried forward: a word says so, and no row of a bank's line lacks its day or its amount."""
    first = next((tidy(str(cell.value)) for cell in row if not cell.blank), "")
    summary = "".join(tidy(str(cell.value)) for cell in cells.get(Field.SUMMARY, ()) if not cell.blank)
    if not (_NO_LINE.match(first) or _NO_LINE.match(summary)):
        return False
    amounts = (Field.DEBIT, Field.CREDIT, Field.AMOUNT)
    no_amount = all(cell.blank for field in amounts for cell in cells.get(field, ()))
    return no_amount or not _has_day(cells)


def _has_day(cells: dict[Field, list[Cell]]) -> bool:
    try:
        _of(cells, Field.DAY, _day)
    except XuqiaoError:
        return False
    return True


# One line ------------------------------------------------------------------------------------------------------


def _line(cells: dict[Field, list[Cell]], columns: dict[int, Field]) -> StatementLine:
    texts = [_text(cell) for cell in cells.get(Field.SUMMARY, ())]
    return StatementLine(
        on=_of(cells, Field.DAY, _day),
        amount_fen=_amount(cells, columns),
        balance_fen=_of(cells, Field.BALANCE, _fen) if _filled(cells, Field.BALANCE) else None,
        reference=_of(cells, Field.REFERENCE, _code) if _filled(cells, Field.REFERENCE) else "",
        payer_name=_of(cells, Field.PAYER_NAME, _text) if _filled(cells, Field.PAYER_NAME) else "",
        payer_account=_of(cells, Field.PAYER_ACCOUNT, _digits) if _filled(cells, Field.PAYER_ACCOUNT) else "",
        summary="；".join(dict.fromkeys(text for text in texts if text)),
    )


def _amount(cells: dict[Field, list[Cell]], columns: dict[int, Field]) -> int:
    """In fen: 借 goes out and 贷 comes in on a bank's statement; or signed; or beside a mark that says which."""
    if Field.AMOUNT not in columns.values():
        out = _of(cells, Field.DEBIT, _fen) if _filled(cells, Field.DEBIT) else 0
        came = _of(cells, Field.CREDIT, _fen) if _filled(cells, Field.CREDIT) else 0
        if out and came:
            raise XuqiaoError("statement.both_sides")
        amount = came - out  # a correction in red is negative on its own side
    elif not _filled(cells, Field.AMOUNT):
        amount = 0
    else:
        amount = _of(cells, Field.AMOUNT, _fen)
        if Field.MARK in columns.values():
            amount *= _of(cells, Field.MARK, _sign)
    if not amount:
        raise XuqiaoError("statement.no_amount")
    if abs(amount) > MOST_FEN:
        raise XuqiaoError("statement.amount_absurd")
    return amount


def _filled(cells: dict[Field, list[Cell]], field: Field) -> bool:
    # A dash stands for nothing in many banks' files.
    found = cells.get(field, ())
    return any(not cell.blank and tidy(str(cell.value)) not in {"-", "--", "—", "/"} for cell in found)


def _of(cells: dict[Field, list[Cell]], field: Field, read: Callable[[Cell], Any]) -> Any:
    """The value of the one column of a field, where it has one."""
    found = cells.get(field)
    if not found or found[0].blank:
        raise XuqiaoError("statement.cell_empty", field=field)
    cell = found[0]
    if cell.kind == "f":
        raise XuqiaoError("workbook.formula")
    if cell.kind == "e":
        raise XuqiaoError("workbook.error_value")
    return read(cell)


def _text(cell: Cell) -> str:
    if cell.blank:
        return ""
    text = tidy(str(cell.value))
    if len(text) > MOST_CHARACTERS:
        raise XuqiaoError("workbook.too_long", most=MOST_CHARACTERS)
    return text


def _code(cell: Cell) -> str:
    """A number of the bank's, as text: a number cell has lost every digit after the fifteenth."""
    value = cell.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = Decimal(repr(value))
        digits = f"{number:f}".removesuffix(".0")
        if number != number.to_integral_value() or len(digits) > _EXACT_DIGITS:
            raise XuqiaoError("workbook.code_as_number")
        return digits
    text = re.sub(r"\s", "", _text(cell))
    if re.fullmatch(r"\d(\.\d+)?[eE]\+\d+", text):  # Excel has been at it: 6.22848E+18
        raise XuqiaoError("workbook.code_as_number")
    return text


def _digits(cell: Cell) -> str:
    """An account number without what is written between its digits."""
    return re.sub(r"[^0-9*]", "", _code(cell))


def _fen(cell: Cell) -> int:
    """An amount in yuan as fen; nothing is rounded."""
    value = cell.value
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return yuan(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
    text = re.sub(r"^[¥￥]|(CNY|RMB|元)$", "", tidy(str(value)).replace(" ", ""), flags=re.IGNORECASE)
    bracketed = re.fullmatch(r"\((.+)\)", text)
    text = f"-{bracketed[1]}" if bracketed else text
    if not re.fullmatch(r"[+-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\.[0-9]+)?", text):
        raise XuqiaoError("money.not_a_number", value=cell.shown)
    return yuan(text.replace(",", ""))


def _sign(cell: Cell) -> int:
    word = tidy(str(cell.value)).casefold()
    if word in _OUT:
        return -1
    if word in _IN:
        return 1
    raise XuqiaoError("statement.mark_unknown", mark=cell.shown)


def _day(cell: Cell) -> date:
    """The day; a time of day behind it is passed over."""
    value = cell.value
    if isinstance(value, datetime):
        return value.date()
    text = tidy(str(value))
    match = re.match(r"([0-9]{4})(?:-|/|\.|年)([0-9]{1,2})(?:-|/|\.|月)([0-9]{1,2})日?(?![0-9])", text) or re.match(
        r"([0-9]{4})([0-9]{2})([0-9]{2})(?![0-9](?![0-9]{5}))", text
    )
    if match is None:
        raise XuqiaoError("statement.not_a_day", value=cell.shown)
    rest = text[match.end() :].strip(" T")
    if rest and not re.fullmatch(r"[0-9]{1,2}[:时]?[0-9]{2}([:分]?[0-9]{2}秒?)?(\.[0-9]+)?", rest):
        raise XuqiaoError("statement.not_a_day", value=cell.shown)
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        raise XuqiaoError("statement.not_a_day", value=cell.shown) from None
