"""Which rows of a sheet are applications: hidden ones, totals and notes below the table, cells made one."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from openpyxl.utils import get_column_letter

from activities.workbook.cells import Cell
from activities.workbook.columns import COLUMNS, SAMPLE_MARK, column_of, heading_of, tidy
from activities.workbook.file import Sheet
from rulebook.errors import XuqiaoError
from rulebook.parties.credit_codes import check_code

Places = Mapping[str, int]
"""At which index each field's column stands."""

_OF_ONE_LOAN = frozenset({"loan_note", "balance_fen", "asked_fen", "own_contribution_fen"})
"""In these a value made one over two rows could be meant for both or as their sum; in all others it holds for each."""
_NAMING = ("uscc", "loan_note", "account_number")
"""An application has one of these; a total or a note has none."""
_FEW = 3
_LABELS = (
    *("合计", "小计", "总计", "共计", "累计", "汇总", "本页", "本月", "总额", "total", "subtotal", "sum"),
    *("填表", "填报", "填写", "制表", "制单", "编制", "经办", "复核", "审核", "审批", "批准", "负责人", "单位负责人"),
    *("财务负责人", "法定代表人", "联系人", "联系电话", "电话", "日期", "报送", "上报", "打印", "导出", "附件", "附"),
    *(
        "备注",
        "说明",
        "注",
        "附注",
        "注意",
        "盖章",
        "签章",
        "公章",
        "签字",
        "签名",
        "note",
        "notes",
        "remark",
        "remarks",
    ),
)
_ASIDE = re.compile(
    rf"[※*#\-—(\[]*(({'|'.join(_LABELS)})+(人|单位|部门|日期|时间|说明|事项|员|机构|意见)?($|[:.、,(\[_\-—0-9笔户家页])"
    r"|以[上下](空白|数据|内容|合计|共|信息)|第[0-9一二三四五六七八九十]+页|共[0-9一二三四五六七八九十]+[页笔户家]"
    r"|[\W_]+$|[0-9_]*年[0-9_]*月[0-9_]*日?$)",
    re.IGNORECASE,
)


class Row(NamedTuple):
    """A row that could be an application.

    Attributes:
        number: index in the sheet.
        cells: with the values that merged cells hold for it.
        merged: for cells whose value cannot be known because they are one with others, the name of that other cell.
    """

    number: int
    cells: Sequence[Cell]
    merged: Mapping[int, str]


class Sorted(NamedTuple):
    """The rows below the headings, each in one place.

    Attributes:
        applications: to be read.
        aside: totals, notes, repeated headings: index and what stands in it.
        unfinished: rows with a cell or two and nothing that names a loan.
        filled_samples: rows marked as the form's example that hold somebody's code.
        hidden: rows that nobody sees, when they were not asked for.
    """

    applications: tuple[Row, ...]
    aside: tuple[tuple[int, str], ...]
    unfinished: tuple[tuple[int, str], ...]
    filled_samples: tuple[int, ...]
    hidden: tuple[tuple[int, str], ...]


def sort_rows(sheet: Sheet, headings_at: int, places: Places, *, with_hidden: bool = False) -> Sorted:
    """Put each row below the headings into its place; blank ones and the form's own example are nobody's."""
    rows, merged = _unmerged(sheet, headings_at, places)
    applications: list[Row] = []
    aside: list[tuple[int, str]] = []
    unfinished: list[tuple[int, str]] = []
    samples: list[int] = []
    hidden: list[tuple[int, str]] = []
    for number in range(headings_at + 1, len(rows)):
        written, cells = sheet.rows[number], rows[number]
        if all(cell.blank for cell in written):
            continue
        if _is_aside(written, cells, places):
            aside.append((number, _said(written)))
        elif _marked_as_sample(cells, places):
            if _has_code(cells, places):
                samples.append(number)
        elif all(cells[at].blank for at in places.values()):
            continue  # only in columns that are no part of the form, which are named by themselves
        elif number in sheet.hidden_rows and not with_hidden:
            hidden.append((number, _said(written)))
        elif _is_unfinished(written, places):
            unfinished.append((number, _said(written)))
        else:
            applications.append(Row(number, cells, merged.get(number, {})))
    return Sorted(tuple(applications), tuple(aside), tuple(unfinished), tuple(samples), tuple(hidden))


def hidden_columns_used(sheet: Sheet, rows: Iterable[Row], places: Places) -> Iterator[tuple[str, int]]:
    """Fields whose column nobody sees and in which an application says something."""
    for field, at in places.items():
        if at in sheet.hidden_columns and any(not row.cells[at].blank for row in rows):
            yield field, at


def numbers_of(rows: Iterable[int]) -> str:
    """Rows as the spreadsheet counts them.

    >>> numbers_of([4, 5, 6, 9])
    '5–7、10'
    """
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return "、".join(f"{run[0] + 1}–{run[-1] + 1}" if len(run) > 1 else str(run[0] + 1) for run in runs)


def _unmerged(sheet: Sheet, headings_at: int, places: Places) -> tuple[list[list[Cell]], dict[int, dict[int, str]]]:
    """The rows with what merged cells hold for each of them, and the cells for which that is unclear."""
    fields = {at: field for field, at in places.items()}
    rows = [list(row) for row in sheet.rows]
    unclear: dict[int, dict[int, str]] = {}
    for merge in sheet.merges:
        last = min(merge.bottom, len(rows) - 1)
        if merge.top <= headings_at or merge.top > last:
            continue
        above = rows[merge.top][merge.left] if merge.left < len(rows[merge.top]) else None
        for at in range(merge.left, merge.right + 1):
            if at not in fields:
                continue
            holds = at == merge.left and fields[at] not in _OF_ONE_LOAN
            for number in range(merge.top, last + 1):
                if holds and above is not None:
                    rows[number][at] = above
                elif (number, at) != (merge.top, merge.left) or last > merge.top:
                    first = (number, at) == (merge.top, merge.left)
                    other = (last, at) if first else (merge.top, merge.left)
                    unclear.setdefault(number, {})[at] = f"{get_column_letter(other[1] + 1)}{other[0] + 1}"
    return rows, unclear


def _said(cells: Sequence[Cell]) -> str:
    """What a row says, shortly."""
    said = [cell.shown for cell in cells if not cell.blank]
    return " ".join(said[:_FEW]) + (" …" if len(said) > _FEW else "")


def _is_aside(written: Sequence[Cell], cells: Sequence[Cell], places: Places) -> bool:
    """Whether a row is a total, a note or the headings once more."""
    if sum(column_of(heading_of(cell.value)) is not None for cell in written) >= _FEW:
        return True
    first = next(cell for cell in written if not cell.blank)
    label = "".join(tidy(first.value).split()) if isinstance(first.value, str) else ""
    return bool(_ASIDE.match(label)) and not _names_a_loan(cells, places)


def _names_a_loan(cells: Sequence[Cell], places: Places) -> bool:
    """Whether a row holds something like a credit code, or like a note and an account: beside a label may stand a
    telephone number or a day."""
    uscc, note, account = (
        len(re.findall("[0-9A-Z]", tidy(str(cells[places[each]].value or "")).upper())) for each in _NAMING
    )
    return uscc >= _OF_A_CODE or (note >= _OF_A_NOTE and account >= _OF_AN_ACCOUNT)


_OF_A_CODE, _OF_A_NOTE, _OF_AN_ACCOUNT = 15, 4, 8
"""Letters and digits that are enough to be one."""


def _is_unfinished(written: Sequence[Cell], places: Places) -> bool:
    if any(not written[places[each]].blank for each in _NAMING):
        return False
    return sum(not written[at].blank for at in places.values()) <= _FEW


def _marked_as_sample(cells: Sequence[Cell], places: Places) -> bool:
    """Whether this is the form's own example, which is marked in the column of names."""
    name = cells[places["applicant_name"]].value
    return isinstance(name, str) and tidy(name).lstrip("([【").startswith(SAMPLE_MARK)


def _has_code(cells: Sequence[Cell], places: Places) -> bool:
    """Whether a row holds a true credit code: then it is somebody's, whatever its mark says."""
    try:
        check_code("".join(tidy(str(cells[places["uscc"]].value)).split()).upper())
    except XuqiaoError:
        return False
    return True


HEADINGS: Mapping[str, str] = {column.field: column.heading for column in COLUMNS}
