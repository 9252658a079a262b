"""Size classes of firms (大中小微): the class is the worst of the industry's metrics, and never a guess."""

import re
from typing import NamedTuple

from rulebook.cases import SizeClass
from rulebook.errors import XuqiaoError
from rulebook.industries import GROUPS, SECTIONS, SIZE_ROWS, Bounds, SizeRow
from rulebook.money import FEN_PER_YUAN, YUAN_PER_WAN

SIZE_RULE = "工信部联企业〔2011〕300号"
_FEN_PER_WAN = FEN_PER_YUAN * YUAN_PER_WAN
_CODE = re.compile(r"([A-T]?)([0-9]{2,4})|([A-T])")
_SECTION_OF = {f"{division:02d}": letter for letter, divisions in SECTIONS.items() for division in divisions}
_ROW_OF = {name: row for row in SIZE_ROWS for name in row.reaches}
_SPLIT = {
    wider for name in _ROW_OF if name.isdigit() for wider in (_SECTION_OF[name[:2]], name[:2]) if wider not in _ROW_OF
}
"""Sections and divisions of which several lines of the rule, or one and none, reach different parts."""
_ASCENDING = (SizeClass.MICRO, SizeClass.SMALL, SizeClass.MEDIUM, SizeClass.LARGE)
_WHY_OF_EMPLOYEES = {
    SizeClass.LARGE: "sizing.employees_large",
    SizeClass.MEDIUM: "sizing.employees_medium",
    SizeClass.SMALL: "sizing.employees_small",
    SizeClass.MICRO: "sizing.employees_micro",
}
_WHY_OF_REVENUE = {
    SizeClass.LARGE: "sizing.revenue_large",
    SizeClass.MEDIUM: "sizing.revenue_medium",
    SizeClass.SMALL: "sizing.revenue_small",
    SizeClass.MICRO: "sizing.revenue_micro",
}
_WHY_OF_ASSETS = {
    SizeClass.LARGE: "sizing.assets_large",
    SizeClass.MEDIUM: "sizing.assets_medium",
    SizeClass.SMALL: "sizing.assets_small",
    SizeClass.MICRO: "sizing.assets_micro",
}


class Sizing(NamedTuple):
    """A size class and what it rests on: message ids, one for each metric, or why there is no class."""

    size: SizeClass
    because: tuple[str, ...]


def size_class(industry: str, employees: int | None, revenue_fen: int | None, assets_fen: int | None) -> Sizing:
    """The size class of a firm.

    Args:
        industry: GB/T 4754 code of two to four digits, the section's letter before it or not; a letter alone where
            the rule treats the whole section alike.
        employees: persons (从业人员).
        revenue_fen: a year's operating revenue (营业收入) in fen.
        assets_fen: total assets (资产总额) in fen.
    Returns:
        large, medium, small or micro with the class of every metric; unclassified where a metric is missing or the
        rule does not reach the industry (finance, education, rail …).
    Raises:
        XuqiaoError: ``sizing.no_such_industry``, ``sizing.negative_metric``.
    Source: 工信部联企业〔2011〕300号. Bounds are included; all metrics must reach them.

    >>> size_class("C1711", 300, 200_000_000_00, None).size
    <SizeClass.MEDIUM: 'medium'>
    >>> size_class("66", 10, 1, 1).because
    ('sizing.industry_not_covered',)
    """
    for name, metric in (("employees", employees), ("revenue_fen", revenue_fen), ("assets_fen", assets_fen)):
        if metric is not None and metric < 0:
            raise XuqiaoError("sizing.negative_metric", name=name, value=metric)
    row, reason = _row_of(industry_of(industry))
    if row is None:
        return Sizing(size=SizeClass.UNCLASSIFIED, because=(reason,))
    asked = (
        (row.employees, 1, employees, _WHY_OF_EMPLOYEES, "sizing.employees_missing"),
        (row.revenue_wan, _FEN_PER_WAN, revenue_fen, _WHY_OF_REVENUE, "sizing.revenue_missing"),
        (row.assets_wan, _FEN_PER_WAN, assets_fen, _WHY_OF_ASSETS, "sizing.assets_missing"),
    )
    missing = tuple(gap for bounds, _, metric, _, gap in asked if bounds is not None and metric is None)
    if missing:
        return Sizing(size=SizeClass.UNCLASSIFIED, because=missing)
    reached = [
        (_reached(metric, bounds, unit), why)
        for bounds, unit, metric, why, _ in asked
        if bounds is not None and metric is not None
    ]
    worst = min((size for size, _ in reached), key=_ASCENDING.index)
    return Sizing(size=worst, because=tuple(why[size] for size, why in reached))


def _reached(metric: int, bounds: Bounds, unit: int) -> SizeClass:
    if metric >= bounds.large * unit:
        return SizeClass.LARGE
    if metric >= bounds.medium * unit:
        return SizeClass.MEDIUM
    return SizeClass.SMALL if metric >= bounds.small * unit else SizeClass.MICRO


class Industry(NamedTuple):
    """A code of GB/T 4754: its section's letter, and its digits, which are empty where the letter stands alone."""

    section: str
    digits: str


def industry_of(code: str) -> Industry:
    """A code of GB/T 4754, taken apart; whoever writes a code that does not exist is refused.

    Args:
        code: a section's letter, or two to four digits with the letter before them or not.
    Raises:
        XuqiaoError: ``sizing.no_such_industry``.

    >>> industry_of("c1711")
    Industry(section='C', digits='1711')
    """
    parts = _CODE.fullmatch(code.strip().upper())
    if parts is None:
        raise XuqiaoError("sizing.no_such_industry", industry=code)
    letter, digits, alone = parts.groups()
    if alone:
        return Industry(alone, "")
    section = _SECTION_OF.get(digits[:2])
    if section is None or letter not in ("", section) or not _group_exists(digits):
        raise XuqiaoError("sizing.no_such_industry", industry=code)
    return Industry(section, digits)


def _group_exists(digits: str) -> bool:
    groups = GROUPS.get(digits[:2])
    return groups is None or len(digits) == 2 or (digits[:3] in groups and digits[3:] in ("", "0"))


def _row_of(industry: Industry) -> tuple[SizeRow | None, str]:
    """The line that reaches an industry; without one, why not."""
    section, digits = industry
    row = _ROW_OF.get(digits[:3]) or _ROW_OF.get(digits[:2]) or _ROW_OF.get(section)
    if row is not None:
        return row, ""
    return None, "sizing.industry_too_wide" if (digits or section) in _SPLIT else "sizing.industry_not_covered"
