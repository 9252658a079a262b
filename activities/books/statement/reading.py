"""Reading a bank's statement file: each row becomes a line, or is named with why it is none; nothing is dropped."""

import re
from collections import Counter
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
    is_done,
    is_nothing,
    names_other_money,
    plain,
    refuse_broken,
    refuse_other_currency,
    split_account,
    words_of,
)
from activities.books.statement.columns import (
    Columns,
    columns_of,
    hides_headings,
    joined_headings,
    known_among,
    nearest,
)
from activities.books.statement.directions import Written, directed
from activities.books.statement.layouts import Field
from activities.books.statement.stated import Stated, labels_with_figures, stated_in
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
    r"合计|总计|小计|累计|本页|本月|本年|本日|承前|过次|期初|期末|上日|昨日|上期|上年|结转|余额|总额|总笔数|笔数"
    r"|以下空白|以下无|共\d|发生额"
)
_SUM_ITSELF = re.compile(
    r"(人民币|本页|本月|本日|本年|本期|本季|账户)?(合计|小计|总计|累计|累计发生额|发生额合计|发生额|本页合计)(数|金额|笔数)?[:：]?"
    r"|(借方|贷方|收入|支出|付款|收款|总|汇总|本页|累计|合计|交易|发生)+(笔数|金额|总额|发生额)[:：]?[0-9.,]*"
    r"|(账户|帐户|本期)?(期初|期末|上期|上日|上年|昨日|年初|月初)(账户|账面)?(余额|结余|结转)?[:：]?|承前页?(余额)?|过次页|上年结转|余额"
)
"""What stands where a line has its first cell or its summary, and is nothing else: a sum, or a balance carried on."""
_ACCOUNT_WORDS = re.compile(
    r"(?<!对方)(?<!对手)(?<!付款)(?<!收款)(?<!款人)(?<!款方)(?<!缴费)(?<!关联)(账号|帐号|卡号|账户号码?|账户(?=[:：]?[0-9*]{4}))"
)
_ACCOUNT_ALONE = re.compile(r"(本方|查询|我方|本单位|账户)?(账号|帐号|卡号|账户号码?)[:：]?[0-9* -]*")
_WHOLE_ACCOUNT = 8
_UNITS = re.compile(
    r"(?:金额)?单位[:：]?((?:人民币)?[百千万亿]+元|美元|港币|港元|欧元|日元|英镑)|(?:币种|币别|货币)[:：]?(\S+)"
)
_WORDS_OF_A_NOTE = 2
_FIGURE = re.compile(r"[¥￥]?[0-9.,+-]+")
_NO_AMOUNT = Amount(0, signed=False)
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
    _refuse_two_tellings(parts, [columns for _, _, columns in found])
    with_headings = {table.title for table, _, _ in found}
    others = tuple(table.title for table in tables if table.title not in with_headings and table.rows)
    return StatementFile(sorted(parts, key=_first_day), others)


def _refuse_two_tellings(parts: Sequence[Part], columns: Sequence[Columns]) -> None:
    """Sheets of the same days with other columns tell the same money twice: single lines, and sums by day."""
    for place, part in enumerate(parts):
        days = {each.line.on for each in part.lines}
        for other, its_columns in zip(parts[place + 1 :], columns[place + 1 :], strict=True):
            same_days = days & {each.line.on for each in other.lines}
            if same_days and set(its_columns.fields.values()) != set(columns[place].fields.values()):
                raise XuqiaoError("statement.told_twice", one=part.sheet, other=other.sheet, on=min(same_days))


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
    if below is None and hides_headings(upper, lower):
        return None
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
    of_text: bool


def _read(table: Table, headings: int, columns: Columns, told: Mapping[str, Field] | None) -> Part:
    head = table.rows[:headings]
    _refuse_other_unit(head)
    found = _Rows([], [], [], set(_accounts_in(head)), table.of_text)
    stated, below, here, skip_to = _stated_above(head), Stated(), columns, 0
    width = _usual_width(table, headings, columns)
    for place in range(headings + 1, len(table.rows)):
        row = table.rows[place]
        if place < skip_to or all(cell.blank for cell in row):
            continue
        again = _headings_at(table.rows, place, told) if _looks_like_headings(row, here) else None
        if again is not None:
            if set(again[1].fields.values()) != set(columns.fields.values()):
                raise XuqiaoError("statement.second_table", row=place + 1)
            skip_to, here = again[0] + 1, again[1]
            found.passed_over.append(_passed_over(place, row))
            continue
        above = table.rows[place - 1]
        below = below.with_(_read_row(found, place, row, here._replace(width=width), above))
    return _part(table, columns, found, stated.with_(below))


def _usual_width(table: Table, headings: int, columns: Columns) -> int:
    """How many cells a line has: as many as the headings, or as most rows where a bank closes each with a delimiter."""
    widths = Counter(len(row) for row in table.rows[headings + 1 :] if sum(not cell.blank for cell in row) > 1)
    usual, times = widths.most_common(1)[0] if widths else (columns.width, 0)
    beyond = any(not cell.blank for row in table.rows[headings + 1 :] for cell in row[columns.width :])
    return usual if table.of_text and times > 1 and not beyond else columns.width


def _stated_above(head: Sequence[Row]) -> Stated:
    """What the head says, in one row, or in labels with figures below them."""
    texts = [_texts(row) for row in head]
    stated = stated_in(texts, above=True)
    for labels, figures, row in zip(texts, texts[1:], head[1:], strict=False):
        if _is_of_labels(head[texts.index(labels)]) and all(_FIGURE.fullmatch(plain(each)) for each in figures if each):
            stated = stated.with_(stated_in(labels_with_figures(labels, _texts(row)), above=True))
    return stated


def _refuse_other_unit(rows: Sequence[Row]) -> None:
    """Refuse a statement that is not in yuan.

    Raises:
        XuqiaoError: ``statement.other_unit``, ``statement.other_currency``.
    """
    for row in rows:
        texts = [plain(text).replace(" ", "") for text in _texts(row) if text]
        for text, after in zip(texts, [*texts[1:], ""], strict=False):
            found = _UNITS.search(text if re.search(r"[:：].", text) else text + after)
            if found and found[1]:
                raise XuqiaoError("statement.other_unit", unit=found[1])
            if found and found[2] and found.start() == 0:
                refuse_other_currency(Cell(found[2], "s"))


def _is_of_labels(row: Row) -> bool:
    texts = [plain(text) for text in _texts(row) if text]
    return len(texts) > 1 and all(_SUM.search(text) or text.startswith("总") for text in texts)


def _looks_like_headings(row: Row, columns: Columns) -> bool:
    return sum(not cell.blank for cell in row) > 1 and not _has_day(_by_field(row, columns))


def _read_row(found: _Rows, place: int, row: Row, columns: Columns, above: Row) -> Stated:
    """Put a row where it belongs; what it says of the whole statement comes back.

    Args:
        above: the row above, which may be one of labels whose sums stand below them.
    """
    cells = _by_field(row, columns)
    if _is_of_labels(above) and _are_sums(row, cells):
        found.passed_over.append(_passed_over(place, row))
        return stated_in(labels_with_figures(_texts(above), _texts(row)), above=False)
    if _is_no_line(row, cells):
        found.passed_over.append(_passed_over(place, row))
        found.own.update(_accounts_in([row], alone=True))
        _refuse_other_unit([row])
        said = stated_in([_texts(row)], above=not found.written, balance=_amount_beside(cells, Field.BALANCE))
        return said.with_(_sums_in_columns(row, cells))
    try:
        if len(row) != columns.width and (len(row) > columns.width or found.of_text):
            raise XuqiaoError("statement.cells_differ", cells=len(row), width=columns.width)
        if not all(is_done(cell) for cell in cells.get(Field.STATUS, ())):
            found.passed_over.append(_passed_over(place, row))
            return Stated()
        for at, cell in enumerate(row):
            if at not in columns.fields and names_other_money(cell):
                raise XuqiaoError("statement.other_currency", currency=cell.shown)
        found.written.append(_written(place, cells, columns.layout.marks, _hint(row, columns)))
        found.own.update(_own_of(cells))
    except XuqiaoError as error:
        found.faults.append(FileFault(place + 1, error))
    return Stated()


def _sums_in_columns(row: Row, cells: Cells) -> Stated:
    """A row that is called 合计 holds the sums of the columns of money."""
    first = next((plain(text) for text in _texts(row) if text), "")
    if not re.fullmatch(r"(人民币)?(合计|总计)[:：]?", first):
        return Stated()
    return Stated(out_fen=_amount_beside(cells, Field.DEBIT), in_fen=_amount_beside(cells, Field.CREDIT))


def _are_sums(row: Row, cells: Cells) -> bool:
    return not _has_day(cells) and all(_FIGURE.fullmatch(plain(text)) for text in _texts(row) if text)


def _amount_beside(cells: Cells, field: Field) -> int | None:
    try:
        return _or_none(cells, field)
    except XuqiaoError:
        return None


def _part(table: Table, columns: Columns, found: _Rows, stated: Stated) -> Part:
    lines, unproven = directed(found.written, stated.opening_fen)
    own = set(found.own) | {account for written, line in lines if (account := written.own_side(line.amount_fen))}
    in_file = [FileLine(written.row, _with_sides(written, line)) for written, line in lines]
    file_lines = in_time(in_file, stated.opening_fen)
    if are_sides_swapped([each.line for each in file_lines]):
        raise XuqiaoError("statement.sides_swapped")
    whole, doubtful = _without_doubtful(table, file_lines, stated.opening_fen)
    in_order = [each.line for each in whole]
    faults = [*found.faults, *doubtful, *(FileFault(row, error) for row, error in unproven)]
    return Part(
        sheet=table.title,
        layout=f"{columns.layout.bank} {columns.layout.edition}",
        lines=whole,
        faults=sorted(faults),
        passed_over=found.passed_over,
        unread=columns.unread,
        told=columns.told,
        own_accounts=frozenset(own - {""}),
        breaks=balance_breaks(in_order, stated.opening_fen),
        sums=stated.contradictions(in_order, len(in_order) + len(faults)),
    )


def _without_doubtful(
    table: Table, lines: Sequence[FileLine], opening_fen: int | None
) -> tuple[list[FileLine], list[FileFault]]:
    """The lines without those that only a balance could prove and none does."""
    faults: dict[int, XuqiaoError] = {}
    in_order = [each.line for each in lines]
    if not (is_proven(in_order) and not balance_breaks(in_order, opening_fen)):
        stray = XuqiaoError("statement.stray_quote")
        faults |= {each.row: stray for each in lines if each.row - 1 in table.doubtful}
    with_balance = [place for place, each in enumerate(lines) if each.line.balance_fen is not None]
    if 2 * len(with_balance) > len(lines):
        ends = [*lines[: with_balance[0]], *lines[with_balance[-1] + 1 :]]
        faults |= {each.row: XuqiaoError("statement.balance_missing") for each in ends}
    return (
        [each for each in lines if each.row not in faults],
        [FileFault(row, error) for row, error in faults.items()],
    )


def in_time(lines: Sequence[FileLine], opening_fen: int | None) -> list[FileLine]:
    """The lines of a file in order of time: as they stand, or from the last to the first, or with days turned alone."""
    by_day = sorted(lines, key=lambda each: each.line.on)
    turned = list(lines)
    turned.reverse()
    by_day_turned = sorted(turned, key=lambda each: each.line.on)  # the order within a day stays
    ways = [list(lines), by_day, by_day_turned, turned]
    if is_newest_first([each.line for each in lines], opening_fen):
        ways.reverse()
    return min(ways, key=lambda way: len(balance_breaks([each.line for each in way], opening_fen)))


def _with_sides(written: Written, line: StatementLine) -> StatementLine:
    name, account = written.other_side(line.amount_fen)
    return line.model_copy(update={"payer_name": name, "payer_account": account})


def _accounts_in(rows: Sequence[Row], *, alone: bool = False) -> Iterator[str]:
    """Account numbers above the lines or between pages, behind the word for it in the same cell or in the next.

    Args:
        alone: whether the cell must hold nothing else, as between the lines, where notes name other accounts.
    """
    for row in rows:
        texts = [plain(text).replace(" ", "") for text in _texts(row)]
        for place, text in enumerate(texts):
            if _ACCOUNT_ALONE.fullmatch(text) if alone else _ACCOUNT_WORDS.search(text):
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
    """Sums, balances carried forward, notes and page marks: no line of a bank's lacks its day or its amount.

    Where there is an amount only a row that calls itself a sum is none: any other without its day is a fault.
    """
    texts = [plain(text) for text in _texts(row) if text]
    summaries = [plain(str(cell.value)) for cell in cells.get(Field.SUMMARY, ()) if not cell.blank]
    if _SUM_ITSELF.fullmatch(texts[0]) or (summaries and all(_SUM_ITSELF.fullmatch(each) for each in summaries)):
        return True
    if any(_is_figure(cell) for field in _AMOUNTS for cell in cells.get(field, ())):
        return False
    if _SUM.search(texts[0]) or any(_SUM.match(each) for each in summaries):
        return True
    if _has_day(cells):
        return False
    day = "".join(plain(str(cell.value)) for cell in cells.get(Field.DAY, ()) if not cell.blank)
    return len(texts) <= _WORDS_OF_A_NOTE or not re.match(r"[0-9]{4}", day)


def _is_figure(cell: Cell) -> bool:
    """Whether a cell of a column of money is meant as an amount, however badly written; words with a number are not."""
    text = re.sub(r"元|圆|人民币", "", plain("" if cell.blank else str(cell.value)))
    return bool(re.search(r"[0-9]", text)) and not re.search(r"[\u3400-\u9fff]", text)


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
    """The account of the statement; a few digits are its last ones."""
    found = {digits_of(cell) for cell in cells.get(Field.OWN_ACCOUNT, ()) if not is_nothing(cell)}
    return {each if len(each) >= _WHOLE_ACCOUNT or "*" in each else f"*{each}" for each in found}


def _amount(cells: Cells, marks: Mapping[str, int]) -> tuple[Amount, int | None]:
    """In fen, with the way the money went where a column says it: 借 goes out and 贷 comes in on a bank's statement."""
    mark: int | None = None
    if Field.DEBIT in cells and Field.CREDIT in cells:
        out = _or(cells, Field.DEBIT, amount_of, _NO_AMOUNT)
        came = _or(cells, Field.CREDIT, amount_of, _NO_AMOUNT)
        if out.fen and came.fen:
            raise XuqiaoError("statement.both_sides")
        amount, mark = (out, -1) if out.fen else (came, 1)
    else:
        amount = _or(cells, Field.AMOUNT, amount_of, _NO_AMOUNT)
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
    found = next((cell for cell in cells.get(field, ()) if not is_nothing(cell)), None)
    if found is None:
        raise XuqiaoError("statement.cell_empty", field=field)
    refuse_broken(found)
    return read(found)
