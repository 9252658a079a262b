"""What a cell's number format makes of the number it holds: an officer reads what is shown, a program what is held."""

import re
from decimal import Decimal
from math import isfinite
from typing import NamedTuple

from openpyxl.styles.numbers import BUILTIN_FORMATS

_LOCAL_CURRENCY = frozenset(BUILTIN_FORMATS[each] for each in (5, 6, 7, 8, 41, 42, 43, 44))
"""A file that only numbers these is shown with the currency of the machine: ¥ in China, though they are listed as $."""
_OURS = frozenset({"¥", "￥", "CNY", "RMB", "人民币", "CN¥", "RMB¥", "元"})
_YEN_PLACES = frozenset({"411", "10411", "ja-JP"})
_FOREIGN = re.compile(r"[$€£₩₽₫฿₹]|USD|HKD|EUR|GBP|JPY|TWD|MOP|KRW|美元|港元|港币|欧元|英镑|日元|台币", re.IGNORECASE)
_WORTH = {
    "百万元": 10**6,
    "百万": 10**6,
    "千万": 10**7,
    "亿元": 10**8,
    "亿": 10**8,
    "万元": 10**4,
    "万": 10**4,
    "千元": 10**3,
    "仟元": 10**3,
    "千": 10**3,
    "仟": 10**3,
    "元": 1,
    "圆": 1,
    "K": 10**3,
    "M": 10**6,
}
_UNIT = re.compile("|".join(sorted(_WORTH, key=len, reverse=True)), re.IGNORECASE)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[0-9]+(?:\.[0-9]+)?)\]")
_PIECE = re.compile(r'"([^"]*)"|[\\!](.)|_.|\*.|\[([^\]]*)\]|(.)', re.DOTALL)


class Shape(NamedTuple):
    """How a format shows a number.

    Attributes:
        percent: whether a hundredfold is shown, with a sign of its own.
        divided: by how much the number is divided before it is shown; 1 for most.
        unit: yuan (or heads) in one of the unit that is written behind it; None where none is.
        foreign: the mark of a currency that is not ours, or empty.
        odd: whether it is shown in a way that cannot be followed, such as per mille.
    """

    percent: bool = False
    divided: int = 1
    unit: int | None = None
    foreign: str = ""
    odd: bool = False


def shape_of(number_format: str, value: Decimal) -> Shape:
    """How a number is shown under a format.

    >>> shape_of("[Red]0.0%;-0.0%", Decimal("0.855")).percent, shape_of('0.0"%"', Decimal("85.5")).percent
    (True, False)
    >>> shape_of('0\\\\.0,"万元"', Decimal(2_800_000))
    Shape(percent=False, divided=10000, unit=10000, foreign='', odd=False)
    """
    if number_format in _LOCAL_CURRENCY:
        return Shape()
    working, words, foreign = _taken_apart(_section(number_format, value))
    signs = working.count("%")
    scaled = re.search(r"[0#?](,+)(?![0#?,])", working)
    divided = 1000 ** len(scaled[1]) if scaled else 1
    # A dot that is only drawn (0\.0,) moves the number as well.
    drawn = re.search(r"[0#?],*‧([0#?,]+)", working)
    if drawn:
        divided *= 10 ** len(re.sub(r"[^0#?]", "", drawn[1]))
    found = _UNIT.search(words)
    return Shape(
        percent=signs == 1,
        divided=divided,
        unit=_WORTH[found[0].upper() if found[0].isascii() else found[0]] if found else None,
        foreign=foreign or next(iter(_FOREIGN.findall(words)), ""),
        odd=signs > 1 or "‰" in words or "‰" in working,
    )


def shows_whole_day(number_format: str) -> bool:
    """Whether a format shows year, month and day: what it does not show, the program has made up.

    >>> shows_whole_day('yyyy"年"m"月"d"日";@'), shows_whole_day('yyyy"年"m"月"'), shows_whole_day('m"月"d"日"')
    (True, False, False)
    """
    letters = _taken_apart(_sections(number_format)[0])[0].lower()
    return bool(
        re.search("[ye]", letters)
        and re.search(r"(?<!m)m{1,5}(?!m)", letters)
        and re.search("(?<!d)d{1,2}(?!d)", letters)
    )


def hides(number_format: str, value: object) -> bool:
    """Whether a format shows nothing of what a cell holds, such as ``;;;``.

    >>> hides(";;;", 280), hides("0;-0;;@", 280), hides("0.00", 280), hides(";;;", "x"), hides("0;-0;;@", 0)
    (True, False, False, True, True)
    """
    sections = _sections(number_format)
    if isinstance(value, str):
        return len(sections) > _TEXT and not sections[_TEXT]
    plain = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    number = Decimal(repr(value)) if plain else Decimal(1)
    return bool(number_format) and not _section(number_format, number)


_TEXT = 3


def _sections(number_format: str) -> list[str]:
    sections = [""]
    for found in _PIECE.finditer(number_format):
        if found[0] == ";":
            sections.append("")
        else:
            sections[-1] += found[0]
    return sections


def _section(number_format: str, value: Decimal) -> str:
    """The part of a format that holds for a number: positive; negative; zero, or by conditions of its own."""
    sections = _sections(number_format)[:_TEXT]
    if any(_CONDITION.search(each) for each in sections):
        return next((each for each in sections if _holds(each, value)), sections[-1])
    if value < 0 and len(sections) > 1:
        return sections[1]
    if value == 0 and len(sections) > 2:
        return sections[2]
    return sections[0]


def _holds(section: str, value: Decimal) -> bool:
    found = _CONDITION.search(section)
    if found is None:
        return True
    bound = Decimal(found[2])
    return {
        "<": value < bound,
        ">": value > bound,
        "<=": value <= bound,
        ">=": value >= bound,
        "=": value == bound,
        "<>": value != bound,
    }[found[1]]


def _taken_apart(section: str) -> tuple[str, str, str]:
    """What works on the number, with ``‧`` for a dot that is only drawn; the words that stand beside it; a foreign
    currency named in brackets."""
    working, words, foreign = "", "", ""
    for quoted, drawn, bracketed, sign in _PIECE.findall(section):
        if bracketed.startswith("$"):
            mark, _, place = bracketed[1:].partition("-")
            words += mark
            if mark and (mark.upper() not in _OURS or place in _YEN_PLACES):
                foreign = mark
        elif quoted or drawn:
            words += quoted or drawn
            if drawn == "." or quoted == ".":
                working += "‧"
        elif sign:
            working += sign
            # Letters and signs that need no quotes are words as well.
            words += "" if sign in "0#?.,%;@/" else sign
    return working, words, foreign
