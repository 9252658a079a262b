"""Size classes of firms (大中小微): the class is the worst of the industry's metrics, and never a guess."""

import re
from typing import NamedTuple

from rulebook.cases import SizeClass
from rulebook.errors import XuqiaoError
from rulebook.law.industries import GROUPS, SECTIONS, SIZE_ROWS, Bounds, SizeRow
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


class _Metric(NamedTuple):
    """How a metric is counted, and the reasons it gives: when it is missing, and for each class in ascending order."""

    unit: int
    missing: str
    of_class: tuple[str, str, str, str]


_METRICS = (
    _Metric(
        1,
        "sizing.employees_missing",
        ("sizing.employees_micro", "sizing.employees_small", "sizing.employees_medium", "sizing.employees_large"),
    ),
    _Metric(
        _FEN_PER_WAN,
        "sizing.revenue_missing",
        ("sizing.revenue_micro", "sizing.revenue_small", "sizing.revenue_medium", "sizing.revenue_large"),
    ),
    _Metric(
        _FEN_PER_WAN,
        "sizing.assets_missing",
        ("sizing.assets_micro", "sizing.assets_small", "sizing.assets_medium", "sizing.assets_large"),
    ),
)


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
        return Sizing(SizeClass.UNCLASSIFIED, (reason,))
    reached, because, missing = [], [], []
    bounds = (row.employees, row.revenue_wan, row.assets_wan)
    for asked, metric, words in zip(bounds, (employees, revenue_fen, assets_fen), _METRICS, strict=True):
        if asked is None:
            continue
        if metric is None:
            missing.append(words.missing)
            continue
        rank = _rank_of(metric, asked, words.unit)
        reached.append(rank)
        because.append(words.of_class[rank])
    if missing:
        return Sizing(SizeClass.UNCLASSIFIED, tuple(missing))
    return Sizing(_ASCENDING[min(reached)], tuple(because))


def _rank_of(metric: int, bounds: Bounds, unit: int) -> int:
    """Place of the class in ``_ASCENDING`` that a metric reaches."""
    if metric >= bounds.large * unit:
        return 3
    if metric >= bounds.medium * unit:
        return 2
    return 1 if metric >= bounds.small * unit else 0


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
