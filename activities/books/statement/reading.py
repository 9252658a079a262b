"""Reading a bank's statement file: each row becomes a line, or is named with why it is none; nothing is dropped."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from activities.books.statement.cells import (
    Amount,
    amount_of,
    code_of,
    day_of,
    digits_of,
    direction_of,
    hint_of,
    is_nothing,
    plain,
    refuse_broken,
    refuse_other_currency,
    split_account,
    words_of,
)
from activities.books.statement.columns import Columns, columns_of, joined_headings, known_among, nearest
from activities.books.statement.directions import Written, directed
from activities.books.statement.layouts import Field
from activities.books.statement.stated import Stated, stated_in
from activities.books.statement.tables import Row, Table, tables_of
from activities.workbook.cells import Cell
from rulebook.books.running_balance import (
    Break,
    are_sides_swapped,
    balance_breaks,
    is_newest_first,
    is_proven,
)
from rulebook.books.statements import StatementLine
from rulebook.errors import XuqiaoError
from rulebook.money import MOST_FEN

HEADING_WITHIN = 60
_HEADINGS_TO_TELL_BY = 2
_SUM = re.compile(
    r"合计|总计|小计|累计|本页|本月|本年|本日|承前|过次|期初|期末|上日|昨日|上期|上年|结转|余额|总额|总笔数|笔数|以下空白|以下无|共\d|发生额"
)
_ONLY_A_SUM = re.compile(r"(人民币|本页|本月|本日|本年|累计)?(合计|小计|总计|累计|累计发生额|本页合计)[:：]?")
_ACCOUNT_WORDS = re.compile(r"(?<!对方)(?<!对手)(?<!付款)(?<!收款)(?<!款人)(?<!款方)(账号|帐号|卡号|账户号码?)")
_AMOUNTS = (Field.DEBIT, Field.CREDIT, Field.AMOUNT)
T = TypeVar("T")
Cells = Mapping[Field, Sequence[Cell]]


class FileLine(NamedTuple):
    """A line and the row of the file it stands in, counted from 1."""

    row: int
    line: StatementLine


class FileFault(NamedTuple):
    """A row that is no line, and why."""

    row: int
    error: XuqiaoError


class PassedOver(NamedTuple):
    """A row that is no line of the bank's: a sum, a heading again, a note."""

    row: int
    text: str


class Part(NamedTuple):
    """A statement as far as it could be read; a workbook has one in each sheet with headings.

    Attributes:
        sheet: title of the sheet; empty for CSV.
        layout: name of the bank's layout by which it was read.
        lines: in order of time, also where the bank begins with the last.
        faults: rows that could not be read.
        passed_over: rows that are no lines of the bank's.
        unread: headings that nobody knows, and so nothing was taken from.
        told: headings that were read as an officer said.
        own_accounts: the account numbers it names as its own, as digits; what the bank hides is a star.
        breaks: where the running balance does not run.
        sums: what does not add up to what the statement itself says.
    """

    sheet: str
    layout: str
    lines: Sequence[FileLine]
    faults: Sequence[FileFault]
    passed_over: Sequence[PassedOver]
    unread: tuple[str, ...]
    told: tuple[str, ...]
    own_accounts: frozenset[str]
    breaks: Sequence[Break]
    sums: Sequence[XuqiaoError]

    @property
    def adds_up(self) -> bool:
        """Whether nothing in the statement contradicts itself; one that does books nothing."""
        return not self.breaks and not self.sums


class StatementFile(NamedTuple):
    """A file: its statements in the order of their days, and the sheets that hold none."""

    parts: Sequence[Part]
    other_sheets: tuple[str, ...] = ()


def read_statement(content: bytes, told: Mapping[str, Field] | None = None) -> StatementFile:
    """Read a statement.

    Args:
        content: CSV (UTF-8 or GB18030) or xlsx; what stands above the headings and below the lines is no line.
        told: what an officer said of headings, by their plain names.
    Raises:
        XuqiaoError: ``statement.no_headings``, ``statement.headings_unknown``, ``statement.sides_swapped``,
            ``statement.column_twice``, ``statement.sign_unknown``, ``statement.sign_twice``, or what ``tables_of``
            refuses.
    """
    found: list[tuple[Table, int, Columns]] = []
    tables: Sequence[Table] = ()
    ways = tables_of(content)
    for tables in ways:
        seen = [table for table in tables if not table.is_hidden]
        found = [(table, *place) for table in seen if (place := _headings(table.rows, told)) is not None]
        if found:
            break
    if not found:
        raise _no_headings(ways[0])
    parts = [_read(table, place, columns, told) for table, place, columns in found]
    with_headings = {table.title for table, _, _ in found}
    others = tuple(table.title for table in tables if table.title not in with_headings and table.rows)
    return StatementFile(sorted(parts, key=_first_day), others)


def _first_day(part: Part) -> int:
    return part.lines[0].line.on.toordinal() if part.lines else 0


# Headings ------------------------------------------------------------------------------------------------------


def _headings(rows: Sequence[Row], told: Mapping[str, Field] | None) -> tuple[int, Columns] | None:
    """The place of the last row of headings, and what they say."""
    for place in range(min(len(rows), HEADING_WITHIN)):
        found = _headings_at(rows, place, told)
        if found is not None:
            return found
    return None


def _headings_at(rows: Sequence[Row], place: int, told: Mapping[str, Field] | None) -> tuple[int, Columns] | None:
    upper = _texts(rows[place])
    alone = columns_of(upper, told)
    if place + 1 == len(rows) or sum(map(bool, upper)) < _HEADINGS_TO_TELL_BY:
        return None if alone is None else (place, alone)
    lower = _texts(rows[place + 1])
    both = joined_headings(upper, lower)
    joined, below = (columns_of(both, told), columns_of(lower, told)) if both else (None, None)
    if joined is not None and (below is None or len(joined.fields) > len(below.fields)):
        return place + 1, joined
    return None if alone is None else (place, alone)


def _texts(row: Row) -> list[str]:
    return ["" if cell.blank else str(cell.value) for cell in row]


def _no_headings(tables: Sequence[Table]) -> XuqiaoError:
    """The row that looks most like headings, and what its unknown ones may have been meant for."""
    rows = [(place + 1, _texts(row)) for table in tables for place, row in enumerate(table.rows[:HEADING_WITHIN])]
    at, texts = max(rows, key=lambda each: known_among(each[1]), default=(0, []))
    if known_among(texts) < _HEADINGS_TO_TELL_BY:
        return XuqiaoError("statement.no_headings", within=HEADING_WITHIN)
    unknown = "、".join(f"{heading}（{known}）" for heading, known in nearest(texts).items())
    if not unknown:
        return XuqiaoError("statement.headings_incomplete", row=at)
    return XuqiaoError("statement.headings_unknown", row=at, unknown=unknown)


# Rows ----------------------------------------------------------------------------------------------------------


class _Rows(NamedTuple):
    """What the rows of a table became."""

    written: list[Written]
    faults: list[FileFault]
    passed_over: list[PassedOver]
    own: set[str]


def _read(table: Table, headings: int, columns: Columns, told: Mapping[str, Field] | None) -> Part:
    found = _Rows([], [], [], set(_accounts_in(table.rows[:headings])))
    stated = stated_in([_texts(row) for row in table.rows[:headings]], above=True)
    below, here = Stated(), columns
    skip_to = 0
    for place in range(headings + 1, len(table.rows)):
        row = table.rows[place]
        if place < skip_to or all(cell.blank for cell in row):
            continue
        again = _headings_at(table.rows, place, told) if _looks_like_headings(row) else None
        if again is not None:
            skip_to, here = again[0] + 1, again[1]
            found.passed_over.append(_passed_over(place, row))
            continue
        above = table.rows[place - 1]
        below = below.with_(_read_row(found, place, row, here, above if _is_of_labels(above) else ()))
    return _part(table, columns, found, stated.with_(below))


def _is_of_labels(row: Row) -> bool:
    texts = [plain(text) for text in _texts(row) if text]
    return len(texts) > 1 and all(_SUM.search(text) or text.startswith("总") for text in texts)


def _looks_like_headings(row: Row) -> bool:
    texts = [text for text in _texts(row) if text]
    return len(texts) > 1 and not any(re.search(r"[0-9]", text) for text in texts)


def _read_row(found: _Rows, place: int, row: Row, columns: Columns, labels: Row) -> Stated:
    """Put a row where it belongs; what it says of the whole statement comes back.

    Args:
        labels: the row above, where it is one of labels whose sums stand below them.
    """
    cells = _by_field(row, columns)
    if labels and _are_sums(row, cells):
        found.passed_over.append(_passed_over(place, row))
        return stated_in(list(zip(_texts(labels), _texts(row), strict=False)), above=False)
    if _is_no_line(row, cells):
        found.passed_over.append(_passed_over(place, row))
        found.own.update(_accounts_in([row]))
        return stated_in([_texts(row)], above=not found.written, balance=_balance_beside(cells))
    try:
        if any(not cell.blank for cell in row[columns.width :]):
            raise XuqiaoError("statement.cells_beyond", width=columns.width)
        found.written.append(_written(place, cells, columns.layout.marks, _hint(row, columns)))
        found.own.update(_own_of(cells))
    except XuqiaoError as error:
        found.faults.append(FileFault(place + 1, error))
    return Stated()


def _are_sums(row: Row, cells: Cells) -> bool:
    return not _has_day(cells) and all(re.fullmatch(r"[0-9.,+-]+", plain(text)) for text in _texts(row) if text)


def _balance_beside(cells: Cells) -> int | None:
    try:
        return _or_none(cells, Field.BALANCE)
    except XuqiaoError:
        return None


def _part(table: Table, columns: Columns, found: _Rows, stated: Stated) -> Part:
    lines, unproven = directed(found.written, stated.opening_fen)
    faults = [*found.faults, *(FileFault(row, error) for row, error in unproven)]
    file_lines = [FileLine(written.row, _with_sides(written, line)) for written, line in lines]
    own = set(found.own) | {account for written, line in lines if (account := written.own_side(line.amount_fen))}
    if is_newest_first([each.line for each in file_lines], stated.opening_fen):
        file_lines.reverse()
    in_time = [each.line for each in file_lines]
    if are_sides_swapped(in_time):
        raise XuqiaoError("statement.sides_swapped")
    breaks = balance_breaks(in_time, stated.opening_fen)
    if table.doubtful and not (is_proven(in_time) and not breaks):
        doubtful = {place + 1 for place in table.doubtful}
        faults += [
            FileFault(each.row, XuqiaoError("statement.stray_quote")) for each in file_lines if each.row in doubtful
        ]
        file_lines = [each for each in file_lines if each.row not in doubtful]
        breaks = balance_breaks([each.line for each in file_lines], stated.opening_fen)
    return Part(
        sheet=table.title,
        layout=f"{columns.layout.bank} {columns.layout.edition}",
        lines=file_lines,
        faults=sorted(faults),
        passed_over=found.passed_over,
        unread=columns.unread,
        told=columns.told,
        own_accounts=frozenset(own - {""}),
        breaks=breaks,
        sums=stated.contradictions(in_time),
    )


def _with_sides(written: Written, line: StatementLine) -> StatementLine:
    name, account = written.other_side(line.amount_fen)
    return line.model_copy(update={"payer_name": name, "payer_account": account})


def _accounts_in(rows: Sequence[Row]) -> Iterator[str]:
    """Account numbers above the lines or between pages, behind the word for it in the same cell or in the next."""
    for row in rows:
        texts = [plain(text).replace(" ", "") for text in _texts(row)]
        for place, text in enumerate(texts):
            if _ACCOUNT_WORDS.search(text):
                after = next((each for each in texts[place + 1 :] if each), "")
                digits = re.sub(r"[\s\-]", "", _ACCOUNT_WORDS.split(text)[-1] + " " + after)
                if number := re.search(r"\d{8,32}|\d{3,}\*+\d*|\d*\*+\d{3,}", digits):
                    yield number[0]


def _passed_over(place: int, row: Row) -> PassedOver:
    return PassedOver(place + 1, " ".join(plain(text) for text in _texts(row) if text)[:80])


def _by_field(row: Row, columns: Columns) -> Cells:
    cells: dict[Field, list[Cell]] = {}
    for place, field in sorted(columns.fields.items()):
        if place < len(row):
            cells.setdefault(field, []).append(row[place])
    return cells


def _is_no_line(row: Row, cells: Cells) -> bool:
    """Sums, balances carried forward, notes and page marks: no line of a bank's lacks its day or its amount."""
    first = next((plain(text) for text in _texts(row) if text), "")
    if _ONLY_A_SUM.fullmatch(first):
        return True
    has_amount = any(not is_nothing(cell) for field in _AMOUNTS for cell in cells.get(field, ()))
    if has_amount and _has_day(cells):
        return False
    if _SUM.search(first) or any(
        _SUM.match(plain(str(cell.value))) for cell in cells.get(Field.SUMMARY, ()) if not cell.blank
    ):
        return True
    day = "".join(plain(str(cell.value)) for cell in cells.get(Field.DAY, ()) if not cell.blank)
    return not has_amount and not re.match(r"[0-9]{4}", day)


def _has_day(cells: Cells) -> bool:
    try:
        _of(cells, Field.DAY, day_of)
    except XuqiaoError:
        return False
    return True


# One line ------------------------------------------------------------------------------------------------------


def _written(place: int, cells: Cells, marks: Mapping[str, int], hint: int | None) -> Written:
    for cell in cells.get(Field.CURRENCY, ()):
        refuse_other_currency(cell)
    texts = [words_of(cell) for cell in cells.get(Field.SUMMARY, ())]
    both = _or(cells, Field.OTHER_BOTH, split_account, ("", ""))
    amount, mark = _amount(cells, marks)
    return Written(
        row=place + 1,
        on=_of(cells, Field.DAY, day_of),
        amount=amount,
        mark=mark,
        hint=hint,
        balance_fen=_or_none(cells, Field.BALANCE),
        reference=_or(cells, Field.REFERENCE, code_of, ""),
        other=(
            _or(cells, Field.OTHER_NAME, words_of, both[1]),
            _or(cells, Field.OTHER_ACCOUNT, digits_of, both[0]),
        ),
        payer=(_or(cells, Field.PAYER_NAME, words_of, ""), _or(cells, Field.PAYER_ACCOUNT, digits_of, "")),
        payee=(_or(cells, Field.PAYEE_NAME, words_of, ""), _or(cells, Field.PAYEE_ACCOUNT, digits_of, "")),
        summary="；".join(dict.fromkeys(text for text in texts if text)),
    )


def _hint(row: Row, columns: Columns) -> int | None:
    """What a cell outside the known columns says like a mark (借, 付款), where only one way is said."""
    if Field.AMOUNT not in columns.fields.values():
        return None
    said = {sign for place, cell in enumerate(row) if place not in columns.fields and (sign := hint_of(cell))}
    return said.pop() if len(said) == 1 else None


def _own_of(cells: Cells) -> set[str]:
    return {digits_of(cell) for cell in cells.get(Field.OWN_ACCOUNT, ()) if not is_nothing(cell)}


def _amount(cells: Cells, marks: Mapping[str, int]) -> tuple[Amount, int | None]:
    """In fen: 借 goes out and 贷 comes in on a bank's statement; or one column, signed or beside a mark."""
    mark: int | None = None
    if Field.DEBIT in cells and Field.CREDIT in cells:
        out = _or(cells, Field.DEBIT, amount_of, Amount(0, signed=False)).fen
        came = _or(cells, Field.CREDIT, amount_of, Amount(0, signed=False)).fen
        if out and came:
            raise XuqiaoError("statement.both_sides")
        amount = Amount(came - out, signed=True)  # a correction in red is negative on its own side
    else:
        amount = _or(cells, Field.AMOUNT, amount_of, Amount(0, signed=False))
        if Field.MARK in cells:
            mark = _of(cells, Field.MARK, lambda cell: direction_of(cell, marks))
    if not amount.fen:
        raise XuqiaoError("statement.no_amount")
    if abs(amount.fen) > MOST_FEN:
        raise XuqiaoError("statement.amount_absurd")
    return amount, mark


def _or_none(cells: Cells, field: Field) -> int | None:
    found = _or(cells, field, lambda cell: amount_of(cell).fen, None)
    if found is not None and abs(found) > MOST_FEN:
        raise XuqiaoError("statement.amount_absurd")
    return found


def _or(cells: Cells, field: Field, read: Callable[[Cell], T], otherwise: T) -> T:
    """The value of a field that may be empty."""
    found = next((cell for cell in cells.get(field, ()) if not is_nothing(cell)), None)
    if found is None:
        return otherwise
    refuse_broken(found)
    return read(found)


def _of(cells: Cells, field: Field, read: Callable[[Cell], T]) -> T:
    """The value of a field that no line lacks."""
    found = next((cell for cell in cells.get(field, ()) if not cell.blank), None)
    if found is None:
        raise XuqiaoError("statement.cell_empty", field=field)
    refuse_broken(found)
    return read(found)
