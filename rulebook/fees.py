"""The usage fee (资金使用费): exact fractions over the days the money was out, rounded once."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from math import floor
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from rulebook.calendar import DayUnit, WorkCalendar
from rulebook.errors import XuqiaoError
from rulebook.money import Fen, format_yuan
from rulebook.values import Value

PPM = 1_000_000
_PERCENT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?%")
_FRACTION = re.compile(r"[0-9]{1,9}/[1-9][0-9]{0,11}")


def read_rate(written: object) -> Fraction:
    """A rate as a measure writes it: ``0.02%``, or an exact fraction such as ``1/5000``.

    >>> read_rate("0.02%"), read_rate("1/5000")
    (Fraction(1, 5000), Fraction(1, 5000))
    """
    if isinstance(written, Fraction):
        rate = written
    elif isinstance(written, str) and _PERCENT.fullmatch(written):
        rate = Fraction(written[:-1]) / 100
    elif isinstance(written, str) and _FRACTION.fullmatch(written):
        rate = Fraction(written)
    else:
        raise PydanticCustomError("pack.not_a_rate", "write a rate as 0.02% or 1/5000")
    if not 0 <= rate <= 1:
        raise PydanticCustomError("pack.not_a_rate", "a rate lies between 0% and 100%")
    return rate


Rate = Annotated[Fraction, BeforeValidator(read_rate)]


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


class FeeTerms(Value):
    """How a measure charges.

    Attributes:
        tiers: each rate is charged only for the days of its own tier.
        counted: whether days off count.
        first_day_counts, last_day_counts: whether the day of payout and the day of return cost a fee.
    """

    tiers: FeeTiers
    counted: DayUnit = DayUnit.CALENDAR
    first_day_counts: bool = True
    last_day_counts: bool = False

    def spans(self) -> tuple[TierSpan, ...]:
        """The tiers with the day each begins on, in order."""
        begins = [1, *(tier.through_day + 1 for tier in self.tiers if tier.through_day is not None)]
        return tuple(
            TierSpan(begin, tier.through_day, tier.daily_rate) for begin, tier in zip(begins, self.tiers, strict=True)
        )


class Outstanding(NamedTuple):
    """Principal in fen and the number of fee days it was out."""

    principal_fen: int
    days: int


class FeeLine(NamedTuple):
    """One line of the fee's working: the same principal at the same rate. Both days are included."""

    from_day: int
    through_day: int
    principal_fen: int
    daily_rate: Fraction
    fee_fen: int

    @property
    def days(self) -> int:
        return self.through_day - self.from_day + 1


def usage_fee(segments: Sequence[Outstanding], terms: FeeTerms) -> Fen:
    """Fee for the days the bridge was out.

    Args:
        segments: in order of time; principal in fen and the days it was out (partial returns make several).
            Days run on from one segment to the next, so a later segment meets the later tiers.
        terms: tiers and day count, as the pack says.
    Returns:
        fen, rounded half up to whole fen once, at the end.
    Raises:
        XuqiaoError: ``fee.negative`` for principal or days below zero.
    Source: 东政规发〔2025〕5号 (days 1-5 at 0.02 % a day, only the days beyond at 0.04 %).

    >>> from rulebook.money import yuan
    >>> tiers = [{"through_day": 5, "daily_rate": "0.02%"}, {"daily_rate": "0.04%"}]
    >>> usage_fee([Outstanding(yuan(10_000_000), days=8)], FeeTerms.model_validate({"tiers": tiers}))
    2200000
    """
    return Fen(_rounded(sum((exact for *_, exact in _charged(segments, terms)), Fraction(0))))


def fee_steps(segments: Sequence[Outstanding], terms: FeeTerms) -> tuple[FeeLine, ...]:
    """The fee's working, line by line.

    Each line is what the rounded running total grows by, so that the lines always sum to ``usage_fee``.

    Args and errors: as for ``usage_fee``.
    """
    lines = []
    total = Fraction(0)
    for from_day, through_day, principal, rate, exact in _charged(segments, terms):
        fee = _rounded(total + exact) - _rounded(total)
        total += exact
        lines.append(FeeLine(from_day, through_day, principal, rate, fee))
    return tuple(lines)


def days_out(paid_on: date, returned_on: date, terms: FeeTerms, calendar: WorkCalendar | None = None) -> int:
    """Fee days between payout and return, under the terms' rule for the first and the last day.

    Args:
        paid_on, returned_on: the days of the two payments.
        calendar: needed only where the terms count working days.
    Raises:
        XuqiaoError: ``fee.returned_before_paid``, ``fee.calendar_needed``.

    >>> terms = FeeTerms.model_validate({"tiers": [{"daily_rate": "0.02%"}]})
    >>> days_out(date(2026, 3, 2), date(2026, 3, 10), terms)
    8
    """
    if returned_on < paid_on:
        raise XuqiaoError("fee.returned_before_paid", paid_on=paid_on, returned_on=returned_on)
    if terms.counted is DayUnit.CALENDAR:
        return max(0, (returned_on - paid_on).days - 1 + terms.first_day_counts + terms.last_day_counts)
    if calendar is None:
        raise XuqiaoError("fee.calendar_needed")
    if returned_on == paid_on:
        both = terms.first_day_counts and terms.last_day_counts
        return int(both and calendar.is_workday(paid_on))
    ends = terms.first_day_counts * calendar.is_workday(paid_on)
    ends -= (not terms.last_day_counts) * calendar.is_workday(returned_on)
    return calendar.count_workdays(paid_on, returned_on) + ends


def _charged(segments: Sequence[Outstanding], terms: FeeTerms) -> Iterator[tuple[int, int, int, Fraction, Fraction]]:
    """Every stretch of days with one principal and one rate: from, through, principal, rate, exact fee."""
    before = 0
    for principal, days in segments:
        if principal < 0 or days < 0:
            raise XuqiaoError("fee.negative", principal=format_yuan(principal), days=days)
        end = before + days
        for span in terms.spans():
            first = max(before + 1, span.from_day)
            last = end if span.through_day is None else min(end, span.through_day)
            if first <= last:
                exact = principal * span.daily_rate * (last - first + 1)
                yield first, last, principal, span.daily_rate, exact
        before = end


def _rounded(exact: Fraction) -> int:
    """Half up; amounts here are never negative."""
    return floor(exact + Fraction(1, 2))
