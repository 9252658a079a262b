"""What stands in which column of a statement, by the bank's layout, the usual headings, or what an officer said."""

import difflib
import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from activities.books.statement.cells import plain
from activities.books.statement.layouts import GENERIC, MONEY, SEVERAL, Field, Layout, layouts
from rulebook.errors import XuqiaoError

_HAN = r"[\u3400-\u9fff]"
_ENGLISH_IN_BRACKETS = re.compile(r"\([^()\u3400-\u9fff]*[A-Za-z][^()\u3400-\u9fff]*\)")
_ENGLISH_BEHIND = re.compile(rf"(?<={_HAN})[/\s]*[A-Za-z][A-Za-z .,'’&/\-]*$")
_OTHER_UNIT = re.compile(r"\b(USD|HKD|EUR|JPY|GBP|AUD|CAD|CHF|SGD|KRW|RUB|TWD|MOP|K|W|M)\b", re.IGNORECASE)
"""What a heading must not lose: another currency, or a multiple of the yuan."""
_UNIT = re.compile(r"\((元|人民币|人民币元|单位:元|元人民币)\)$")
_BRACKET = re.compile(r"(.+)\((.+)\)")
_OUT_WORDS = re.compile("支|付|出|借|汇出|往")
_IN_WORDS = re.compile("收|入|存|贷|来")
_SIDES = {
    "对方": "对方",
    "对手": "对方",
    "付款": "付款人",
    "收款": "收款人",
    "本方": "本方",
    "我方": "本方",
    "本单位": "本方",
}
"""What a heading above several columns (对方信息) says of those below it (户名, 账号)."""
_MOST_OF_IT = 0.7
"""Of the fields of a bank's layout, so that a few usual headings are not called after some bank."""
_ONE_ONLY = MONEY | {Field.DAY}
_LONGEST_HEADING = 30
_A_FEW = 2


class Columns(NamedTuple):
    """The columns of a table.

    Attributes:
        layout: whose headings they are.
        fields: by place.
        width: how many columns the headings have.
        unread: headings that nobody knows.
        told: headings that are read as an officer said.
    """

    layout: Layout
    fields: Mapping[int, Field]
    width: int
    unread: tuple[str, ...]
    told: tuple[str, ...]


def heading_name(text: str) -> str:
    """A heading made plain: width, blanks, brackets of any kind, units and English beside the Chinese do not matter.

    >>> heading_name("交易类型[ Transaction Type ]"), heading_name("借方发生额（支取）"), heading_name("金额(元)")
    ('交易类型', '借方发生额(支取)', '金额')
    """
    text = plain(text).translate(str.maketrans("[]【】〔〕{}", "()()()()"))
    if not _OTHER_UNIT.search(text):
        while (bare := _ENGLISH_IN_BRACKETS.sub("", text)) not in ("", text):
            text = bare
        text = _ENGLISH_BEHIND.sub("", text)
    text = re.sub(r"\s", "", text).strip(":*").casefold()
    return _UNIT.sub("", text) or text


def columns_of(headings: Sequence[str], told: Mapping[str, Field] | None = None) -> Columns | None:
    """What stands in which column.

    Args:
        headings: a row that may be the headings.
        told: what an officer said of headings, by their plain names.
    Returns:
        None where the row has no day or no amount, and so is no row of headings. The layout is the one that knows most
        of the headings, a bank's own before the usual ones.
    Raises:
        XuqiaoError: ``statement.column_twice`` where it cannot be known which one counts.
    """
    return _columns_of(tuple(headings), tuple((told or {}).items()))


@lru_cache(maxsize=1_000)
def _columns_of(headings: tuple[str, ...], said: tuple[tuple[str, Field], ...]) -> Columns | None:
    names, told = [heading_name(heading) for heading in headings], dict(said)
    best = max(layouts().values(), key=lambda each: _merit(each, names, told))
    fields = _placed(best, names, told)
    if not _is_enough(set(fields.values())):
        return None
    _refuse_twice(best, headings, fields, told)
    return Columns(
        layout=best,
        fields=fields,
        width=len(names),
        unread=tuple(
            plain(headings[place])
            for place, name in enumerate(names)
            if name and place not in fields and name not in best.known and usual_field(name) is None
        ),
        told=tuple(name for name in names if name in told),
    )


def _merit(layout: Layout, names: Sequence[str], told: Mapping[str, Field]) -> tuple[int, bool, bool]:
    """How well a layout fits; a bank's own goes before the usual headings where most of what it has is there."""
    placed = set(_placed(layout, names, told).values())
    if not _is_enough(placed):
        return -1, False, False
    if layout.code == GENERIC:
        return sum(1 for name in names if name in layout.known or usual_field(name)), False, True
    is_whole = len(placed & set(layout.columns)) >= _MOST_OF_IT * len(layout.columns)
    known = sum(1 for name in names if name in layout.known)
    return (known, True, layout.is_verified) if is_whole else (-1, False, False)


def _placed(layout: Layout, names: Sequence[str], told: Mapping[str, Field]) -> dict[int, Field]:
    """The fields by place: what an officer said, then the bank's own headings, then usual ones for what is left."""
    fields: dict[int, Field] = {place: told[name] for place, name in enumerate(names) if name in told}
    for field, known in layout.columns.items():
        there = [place for name in known for place, each in enumerate(names) if each == name and name not in told]
        if field in SEVERAL or field not in fields.values():
            fields |= dict.fromkeys(there if field in SEVERAL else there[:1], field)
    for place, name in enumerate(names):
        usual = None if place in fields or (name in layout.known and layout.code != GENERIC) else usual_field(name)
        if usual and (usual not in fields.values() or (layout.code == GENERIC and usual not in _ONE_ONLY)):
            fields[place] = usual
    return fields


def _is_enough(fields: set[Field]) -> bool:
    return Field.DAY in fields and (Field.AMOUNT in fields or fields >= {Field.DEBIT, Field.CREDIT})


@cache
def usual_field(name: str) -> Field | None:
    """The field of a usual heading; what stands in brackets may say which side it is."""
    by_name = _usual_names()
    if name in by_name:
        return by_name[name]
    bracket = _BRACKET.fullmatch(name)
    base = by_name.get(bracket[1]) if bracket else None
    if bracket is None or base not in (Field.AMOUNT, Field.DEBIT, Field.CREDIT):
        return None
    out, came = bool(_OUT_WORDS.search(bracket[2])), bool(_IN_WORDS.search(bracket[2]))
    if out == came:
        return None
    side = Field.DEBIT if out else Field.CREDIT
    return side if base in (Field.AMOUNT, side) else None


@cache
def _usual_names() -> Mapping[str, Field]:
    return {each: field for field, names in layouts()[GENERIC].columns.items() for each in names}


def _refuse_twice(
    layout: Layout, headings: Sequence[str], fields: Mapping[int, Field], told: Mapping[str, Field]
) -> None:
    """Two headings that mean the same money: which counts, the bank's layout or an officer says, or nobody."""
    names = [heading_name(heading) for heading in headings]
    for place, name in enumerate(names):
        field = usual_field(name)
        is_open = layout.code == GENERIC or names.count(name) > 1
        if (
            place not in fields
            and field in MONEY
            and field not in told.values()
            and field in fields.values()
            and is_open
        ):
            raise XuqiaoError("statement.column_twice", heading=plain(headings[place]))


def known_among(names: Sequence[str]) -> int:
    """How many of a row's texts are headings that are known, or nearly so."""
    known = _all_known()
    return sum(1 for name in names if name and (heading_name(name) in known or _like(heading_name(name), 0.75)))


def nearest(names: Sequence[str]) -> dict[str, str]:
    """By heading that nobody knows, the known one that is written most like it."""
    unknown = [name for name in names if name and heading_name(name) not in _all_known()]
    return {plain(name): close for name in unknown if (close := _like(heading_name(name), 0.5))}


@cache
def _all_known() -> frozenset[str]:
    return frozenset(name for layout in layouts().values() for name in layout.known)


def _like(name: str, cutoff: float) -> str | None:
    if len(name) > _LONGEST_HEADING:
        return None
    return next(iter(difflib.get_close_matches(name, sorted(_all_known()), n=1, cutoff=cutoff)), None)


# Headings over two rows ----------------------------------------------------------------------------------------


def joined_headings(upper: Sequence[str], lower: Sequence[str]) -> list[str] | None:
    """Headings of two rows as one: 发生额 over 借方 and 贷方, 对方信息 over 户名 and 账号.

    Args:
        upper: where one of its cells lies over several columns, only the first of them holds it.
        lower: the row below.
    Returns:
        None where either is no row of headings: it has figures, or the lower one nothing that is known.
    """
    below = [plain(each) for each in lower]
    if not any(below) or any(re.search(r"[0-9]", each) for each in (*upper, *below)):
        return None
    width = max(len(upper), len(below))
    above = [plain(each) for each in upper] + [""] * (width - len(upper))
    below += [""] * (width - len(below))
    joined, over = [], ""
    for up, low in zip(above, below, strict=True):
        over = up or (over if low else "")
        joined.append(_under(over, low) if low else up)
    if not any(low and usual_field(heading_name(name)) for low, name in zip(below, joined, strict=True)):
        return None
    return joined


def _under(upper: str, lower: str) -> str:
    if "余额" in upper:
        return upper + lower
    side = next((side for word, side in _SIDES.items() if word in upper), "")
    return lower if lower.startswith(side) else side + lower


def hides_headings(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether the row below is of words, some of them where the row above has nothing: headings that nobody knows."""
    texts = [plain(each) for each in lower if each]
    if len(texts) < _A_FEW or any(re.search(r"[0-9]", each) for each in texts):
        return False
    return any(low and not up for up, low in zip(upper, lower, strict=False))
