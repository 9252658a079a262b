"""Size classes of firms (大中小微): the class is the worst of the industry's metrics, and never a guess."""

import re

from rulebook.cases import SizeClass
from rulebook.errors import XuqiaoError
from rulebook.industries import SECTIONS, SIZE_ROWS, Bounds, SizeRow
from rulebook.money import FEN_PER_YUAN, YUAN_PER_WAN
from rulebook.values import Value

SIZE_RULE = "工信部联企业〔2011〕300号"
_FEN_PER_WAN = FEN_PER_YUAN * YUAN_PER_WAN
_CODE = re.compile(r"(?P<letter>[A-T]?)(?P<digits>[0-9]{2,4})|(?P<section>[A-T])", re.ASCII)
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


class Sizing(Value):
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
    row, reason = _row_of(industry)
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


def check_industry(code: str) -> None:
    """Refuse a code that GB/T 4754 does not have.

    Args:
        code: a section's letter, or two to four digits with the letter before them or not.
    Raises:
        XuqiaoError: ``sizing.no_such_industry``.
    """
    _parts_of(code)


def _parts_of(industry: str) -> tuple[str, str]:
    """The section's letter and the digits of a code; the digits are empty where the letter stands alone."""
    written = industry.strip().upper()
    parts = _CODE.fullmatch(written)
    digits = (parts["digits"] or "") if parts else ""
    letter = (parts["section"] or _section_of(digits)) if parts else None
    if parts is None or letter is None or parts["letter"] not in (None, "", letter):
        raise XuqiaoError("sizing.no_such_industry", industry=industry)
    return letter, digits


def _row_of(industry: str) -> tuple[SizeRow | None, str]:
    """The line that reaches an industry; without one, why not."""
    letter, digits = _parts_of(industry)
    names = {letter, digits[:2], digits[:3]}
    for row in SIZE_ROWS:
        if names.intersection(row.reaches):
            return row, ""
    wider = digits or letter
    finer = (name for row in SIZE_ROWS for name in row.reaches if len(name) > 1)
    if any(name.startswith(wider) or _section_of(name) == wider for name in finer):
        return None, "sizing.industry_too_wide"
    return None, "sizing.industry_not_covered"


def _section_of(digits: str) -> str | None:
    """The section a code of digits belongs to; None when there is no such division."""
    return next((letter for letter, divisions in SECTIONS.items() if int(digits[:2]) in divisions), None)
