"""The usage fee (资金使用费): exact fractions over the days the money was out, rounded once."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import groupby
from math import floor
from typing import Annotated, NamedTuple, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from rulebook.calendar import DayUnit, WorkCalendar
from rulebook.errors import XuqiaoError
from rulebook.law.rates import PPM, Rate
from rulebook.money import Fen, format_yuan
from rulebook.values import Day, Value

MOST_DAYS = 36_600
"""No bridge is out for a hundred years."""
DAYS_OF_A_YEAR = 365  # over which a cost is annualised


class FeeTier(Value):
    """A daily rate and the last day it holds for; days are counted from the payout, the first is day 1.

    Attributes:
        through_day: None when the tier has no end.
        daily_rate: share of the outstanding principal for each day.
    """

    through_day: Annotated[int, Field(ge=1, strict=True)] | None = None
    daily_rate: Rate


def _in_order(tiers: tuple[FeeTier, ...]) -> tuple[FeeTier, ...]:
    ends = [tier.through_day for tier in tiers]
    closed = [end for end in ends[:-1] if end is not None]
    if not tiers or ends[-1] is not None or len(closed) != len(ends) - 1 or sorted(set(closed)) != closed:
        raise PydanticCustomError("pack.bad_tiers", "tiers follow each other, and only the last has no end")
    return tiers


FeeTiers = Annotated[tuple[FeeTier, ...], AfterValidator(_in_order)]


class TierSpan(NamedTuple):
    """A tier with both its ends: from_day and through_day are included, None is open."""

    from_day: int
    through_day: int | None
    daily_rate: Fraction

    @property
    def rate_ppm(self) -> int:
        """The daily rate in millionths, rounded half up; for showing only, sums use the exact rate."""
        return _rounded(self.daily_rate * PPM)


class Waiver(Value):
    """A period in which no fee is charged; both days are included."""

    since: Day
    until: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until < self.since:
            raise PydanticCustomError("pack.bad_waiver", "a period ends after it begins")
        return self


Waivers = tuple[Waiver, ...]


def spans_of(tiers: Sequence[FeeTier]) -> tuple[TierSpan, ...]:
    """Tiers with the day each begins on, in order."""
    begins = [1, *(tier.through_day + 1 for tier in tiers if tier.through_day is not None)]
    return tuple(TierSpan(begin, tier.through_day, tier.daily_rate) for begin, tier in zip(begins, tiers, strict=True))


class FeeTerms(Value):
    """What a measure charges.

    Attributes:
        tiers: each rate is charged only for the days of its own tier.
        minimum_fen: the least that a bridge costs, however short, unless all its days are waived.
        prepaid_days: the fee of so many days is paid before the money leaves; None where nothing is prepaid.
        waivers: periods whose fee days cost nothing.
        extension_rate: daily rate after the term where the bridge was extended; None: the tiers run on.
        overdue_rate: daily rate after the last day; None: it costs what it did before.
    """

    tiers: FeeTiers
    minimum_fen: Annotated[int, Field(ge=0)] = 0
    prepaid_days: Annotated[int, Field(ge=1)] | None = None
    waivers: Waivers = ()
    extension_rate: Rate | None = None
    overdue_rate: Rate | None = None

    def spans(self) -> tuple[TierSpan, ...]:
        """The tiers with the day each begins on, in order."""
        return spans_of(self.tiers)


SET_BY: Mapping[str, str] = {
    "tiers": "fee.tiers",
    "minimum_fen": "fee.minimum",
    "prepaid_days": "fee.prepaid_days",
    "waivers": "fee.waivers",
    "extension_rate": "extension.daily_rate",
    "overdue_rate": "overdue.daily_rate",
}
"""The provision that sets each of the terms; where a measure is silent the term keeps its default."""


class DayCount(Value):
    """Which days cost a fee; by default days off and the first day do and the last does not, as interest runs.

    Each is set by the provision of its name in the measure's section of fees.

    Attributes:
        counted: whether days off count.
        first_day_counts, last_day_counts: whether the day of payout and the day of return cost a fee.
        part_day_counts: money that was out for a part of a day was out for a day: where no day counts otherwise,
            the day of payout does.
    """

    counted: DayUnit = DayUnit.CALENDAR
    first_day_counts: bool = True
    last_day_counts: bool = False
    part_day_counts: bool = False


class Tariff(NamedTuple):
    """All it takes to charge a bridge: the terms, which days count, and the calendar to count them by."""

    terms: FeeTerms
    day_count: DayCount
    calendar: WorkCalendar | None = None


class Outstanding(NamedTuple):
    """Principal in fen and the number of fee days it was out."""

    principal_fen: int
    days: int


class Course(NamedTuple):
    """What befell a bridge's fee days, which are numbered from 1.

    Attributes:
        waived: days that cost nothing. Where a bridge has no fee days, 1 stands for the day of payout.
        extended_after: last fee day of the term, where the bridge was extended; 0 when the term has none.
        overdue_after: last fee day that was not overdue, where there are later ones; 0 when all of them were.
    """

    waived: frozenset[int] = frozenset()
    extended_after: int | None = None
    overdue_after: int | None = None


UNEVENTFUL = Course()


class FeeKind(StrEnum):
    """Why a line of the fee's working is there."""

    TIER = "tier"
    WAIVED = "waived"
    EXTENSION = "extension"
    OVERDUE = "overdue"
    MINIMUM = "minimum"  # what the minimum adds to all the days


CITED_FOR: Mapping[FeeKind, str] = {
    FeeKind.WAIVED: SET_BY["waivers"],
    FeeKind.EXTENSION: SET_BY["extension_rate"],
    FeeKind.OVERDUE: SET_BY["overdue_rate"],
    FeeKind.MINIMUM: SET_BY["minimum_fen"],
}
"""The provision that a line rests on besides the tiers."""


class FeeEntry(NamedTuple):
    """One line of the fee's working: the same principal at the same rate. Both days are included."""

    from_day: int
    through_day: int
    principal_fen: int
    daily_rate: Fraction
    fee_fen: int
    kind: FeeKind = FeeKind.TIER

    @property
    def days(self) -> int:
        return self.through_day - self.from_day + 1

    @property
    def rate_ppm(self) -> int:
        """The daily rate in millionths, rounded half up; for showing only, sums use the exact rate."""
        return _rounded(self.daily_rate * PPM)


class TrueUp(NamedTuple):
    """What is settled at the end of a prepaid bridge (多退少补), in fen; one of the two is zero."""

    refund_fen: int
    due_fen: int


def usage_fee(segments: Sequence[Outstanding], terms: FeeTerms, course: Course = UNEVENTFUL) -> Fen:
    """Fee for the days the bridge was out.

    Args:
        segments: in order of time; principal in fen and the days it was out (partial returns make several).
            Days run on from one segment to the next, so a later segment meets the later tiers.
        terms: tiers, minimum and the rest, as the pack says.
        course: days that were waived, extended or overdue.
    Returns:
        fen, rounded half up to whole fen once, at the end.
    Raises:
        XuqiaoError: ``fee.negative`` for principal or days below zero, ``fee.too_many_days``.
    Source: 东政规发〔2025〕5号 (days 1-5 at 0.02 % a day, only the days beyond at 0.04 %).

    >>> from rulebook.money import yuan
    >>> tiers = [{"through_day": 5, "daily_rate": "0.02%"}, {"daily_rate": "0.04%"}]
    >>> usage_fee([Outstanding(yuan(10_000_000), days=8)], FeeTerms.model_validate({"tiers": tiers}))
    2200000
    """
    return Fen(sum(line.fee_fen for line in fee_steps(segments, terms, course)))


def fee_steps(segments: Sequence[Outstanding], terms: FeeTerms, course: Course = UNEVENTFUL) -> tuple[FeeEntry, ...]:
    """The fee's working, line by line.

    Each line is what the rounded running total grows by, so that the lines always sum to the fee. Where the minimum
    is more than the days cost, a last line over all of them adds the difference.

    Args and errors: as for ``usage_fee``.

    >>> terms = FeeTerms.model_validate({"tiers": [{"daily_rate": "0.05%"}], "minimum_fen": 500_000})
    >>> [(line.kind.value, line.fee_fen) for line in fee_steps([Outstanding(300_000_000, days=3)], terms)]
    [('tier', 450000), ('minimum', 50000)]
    """
    lines: list[FeeEntry] = []
    exact, day = Fraction(0), 0
    for (principal, rate, kind), run in groupby(_charges(segments, terms, course)):
        days = sum(1 for _ in run)
        before, exact = exact, exact + principal * rate * days
        lines.append(FeeEntry(day + 1, day + days, principal, rate, _rounded(exact) - _rounded(before), kind))
        day += days
    lacking = terms.minimum_fen - _rounded(exact)
    most = max((principal for principal, _ in segments), default=0)
    if lacking > 0 and most and not _all_waived(lines, course):
        lines.append(FeeEntry(1, max(day, 1), most, Fraction(0), lacking, FeeKind.MINIMUM))
    return tuple(lines)


def _all_waived(lines: Sequence[FeeEntry], course: Course) -> bool:
    """Whether no money was out on a day that could have cost something."""
    kinds = {line.kind for line in lines if line.principal_fen}
    return kinds == {FeeKind.WAIVED} if kinds else 1 in course.waived


def _charges(
    segments: Sequence[Outstanding], terms: FeeTerms, course: Course
) -> Iterator[tuple[int, Fraction, FeeKind]]:
    """Principal, rate and kind of every fee day, in order."""
    spans = terms.spans()
    before = 0
    for principal, days in segments:
        if principal < 0 or days < 0:
            raise XuqiaoError("fee.negative", principal=format_yuan(principal), days=days)
        if before + days > MOST_DAYS:
            raise XuqiaoError("fee.too_many_days", days=before + days, most=MOST_DAYS)
        for day in range(before + 1, before + days + 1):
            yield principal, *_rate_of(day, spans, terms, course)
        before += days


def _rate_of(day: int, spans: tuple[TierSpan, ...], terms: FeeTerms, course: Course) -> tuple[Fraction, FeeKind]:
    """What a fee day costs. A waiver goes before everything, being overdue before being extended.

    Without a rate of its own neither changes what the day costs.
    """
    if day in course.waived:
        return Fraction(0), FeeKind.WAIVED
    if terms.overdue_rate is not None and course.overdue_after is not None and day > course.overdue_after:
        return terms.overdue_rate, FeeKind.OVERDUE
    if terms.extension_rate is not None and course.extended_after is not None and day > course.extended_after:
        return terms.extension_rate, FeeKind.EXTENSION
    return next((span.daily_rate, FeeKind.TIER) for span in spans if day <= (span.through_day or day))


def average_daily_rate(terms: FeeTerms, days: int) -> Fraction:
    """What a day costs on average by the tiers alone, as a share of principal: to hold against a measure's limit.

    Args:
        days: fee days, at least one.
    Raises:
        XuqiaoError: ``fee.no_days``.
    Source: the measure of 青岛 (at most 0.06 % a day on average).

    >>> tiers = [{"through_day": 5, "daily_rate": "0.02%"}, {"daily_rate": "0.04%"}]
    >>> average_daily_rate(FeeTerms.model_validate({"tiers": tiers}), days=10)
    Fraction(3, 10000)
    """
    if days < 1:
        raise XuqiaoError("fee.no_days", days=days)
    ends = ((span, min(days, span.through_day or days)) for span in terms.spans())
    return sum((span.daily_rate * max(0, end - span.from_day + 1) for span, end in ends), Fraction(0)) / days


# Prepayment ----------------------------------------------------------------------------------------------------


def prepaid_fee(principal_fen: int, terms: FeeTerms, course: Course = UNEVENTFUL) -> Fen | None:
    """What the borrower pays before the money leaves; None where the measure has no prepayment.

    Args:
        principal_fen: the bridge, in fen.
        course: days that are known to be waived.
    Source: the measure of 福鼎 (five days prepaid, at least 5000元).

    >>> terms = {"tiers": [{"daily_rate": "0.05%"}], "prepaid_days": 5, "minimum_fen": 500_000}
    >>> prepaid_fee(300_000_000, FeeTerms.model_validate(terms))
    750000
    """
    if terms.prepaid_days is None:
        return None
    return usage_fee([Outstanding(principal_fen, terms.prepaid_days)], terms, course)


def true_up(fee_fen: int, prepaid_fen: int) -> TrueUp:
    """What goes back to the borrower, or is still to come from him: prepaid - refund + due = fee.

    >>> true_up(fee_fen=500_000, prepaid_fen=750_000)
    TrueUp(refund_fen=250000, due_fen=0)
    """
    return TrueUp(refund_fen=max(0, prepaid_fen - fee_fen), due_fen=max(0, fee_fen - prepaid_fen))


def annualised(fee_fen: int, segments: Sequence[Outstanding]) -> Fraction | None:
    """The yearly cost of the money to the borrower (综合融资成本) as a share of principal; None when none was out.

    Args:
        fee_fen: everything the borrower paid for it, in fen.
        segments: principal and the calendar days it was out, whichever days the measure charges for. A year is
            taken as 365 of them.

    >>> annualised(2_200_000, [Outstanding(1_000_000_000, days=8)])
    Fraction(803, 8000)
    """
    principal_days = sum(principal * days for principal, days in segments)
    return Fraction(fee_fen * DAYS_OF_A_YEAR, principal_days) if principal_days else None


# Days ----------------------------------------------------------------------------------------------------------


def days_out(paid_on: date, returned_on: date, count: DayCount, calendar: WorkCalendar | None = None) -> int:
    """Fee days between payout and return, under the measure's rule for the first and the last day.

    Args:
        paid_on, returned_on: the days of the two payments.
        calendar: needed only where working days are counted.
    Raises:
        XuqiaoError: ``fee.returned_before_paid``, ``fee.calendar_needed``, ``calendar.out_of_period``.

    >>> days_out(date(2026, 3, 2), date(2026, 3, 10), DayCount())
    8
    """
    return len(_fee_days(paid_on, returned_on, count, calendar))


def course_of(
    paid_on: date, through: date, tariff: Tariff, due_on: date | None = None, term_ends: date | None = None
) -> Course:
    """What befell the fee days of a bridge.

    A bridge due on one day and returned on the next is overdue for one day, whichever of its days cost a fee: the fee
    days that it would not have had if returned when due.

    Args:
        paid_on, through: the days of payout and of return (or today).
        due_on: last day of the bridge, extension included; None while nothing can be overdue.
        term_ends: last day of the term, where the bridge was extended beyond it.
    Raises:
        XuqiaoError: as ``days_out``.
    """
    terms, count, calendar = tariff
    full_days = count.model_copy(update={"part_day_counts": False})

    def fee_days_until(last: date | None) -> int | None:
        """None when nothing comes later; then it does not matter either whether the calendar reaches so far."""
        if last is None or through <= last:
            return None
        return 0 if last < paid_on else days_out(paid_on, last, full_days, calendar)

    days = _fee_days(paid_on, through, count, calendar) or [paid_on]
    waived = (n for n, day in enumerate(days, 1) if any(each.since <= day <= each.until for each in terms.waivers))
    return Course(frozenset(waived), extended_after=fee_days_until(term_ends), overdue_after=fee_days_until(due_on))


def _fee_days(paid_on: date, returned_on: date, count: DayCount, calendar: WorkCalendar | None) -> list[date]:
    """The days that cost a fee, in order."""
    if returned_on < paid_on:
        raise XuqiaoError("fee.returned_before_paid", paid_on=paid_on, returned_on=returned_on)
    begins = paid_on.toordinal() + (not count.first_day_counts)
    ends = returned_on.toordinal() - (not count.last_day_counts)
    days = [date.fromordinal(number) for number in range(begins, ends + 1)]
    if count.counted is DayUnit.WORKING:
        if calendar is None:
            raise XuqiaoError("fee.calendar_needed")
        days = [day for day in days if calendar.is_workday(day)]
    return days or [paid_on] * count.part_day_counts


def _rounded(exact: Fraction) -> int:
    """Half up; amounts here are never negative."""
    return floor(exact + Fraction(1, 2))
