"""The usage fee's properties; the worked examples stand beside the packs."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.calendar import CalendarDay, DayUnit, calendar_from_days
from rulebook.errors import XuqiaoError
from rulebook.fees import FeeTerms, Outstanding, days_out, fee_steps, usage_fee
from rulebook.money import yuan
from tests.rulebook.samples import donghai

TERMS = donghai().fees
MONDAY = date(2026, 3, 2)
principals = st.integers(0, 10**13)
segments = st.lists(st.builds(Outstanding, principals, st.integers(0, 40)), max_size=6)


def odd_terms() -> FeeTerms:
    """Three tiers with an annual rate over 360 days: fractions that never come out even."""
    tiers = [
        {"through_day": 1, "daily_rate": "1/2400"},
        {"through_day": 7, "daily_rate": "0.0195%"},
        {"daily_rate": "7/36000"},
    ]
    return FeeTerms.model_validate({"tiers": tiers})


@given(segments, st.sampled_from([TERMS, odd_terms()]))
def test_the_lines_always_sum_to_the_fee(parts: list[Outstanding], terms: FeeTerms) -> None:
    lines = fee_steps(parts, terms)
    assert sum(line.fee_fen for line in lines) == usage_fee(parts, terms)
    assert sum(line.days for line in lines) == sum(part.days for part in parts if part.days)
    assert all(after.from_day == before.through_day + 1 for before, after in pairwise(lines))


@given(segments)
def test_it_is_the_exact_sum_day_by_day_rounded_half_up_once(parts: list[Outstanding]) -> None:
    terms, day, exact = odd_terms(), 0, Fraction(0)
    for part in parts:
        for _ in range(part.days):
            day += 1
            rate = Fraction(1, 2400) if day <= 1 else Fraction(195, 10**6) if day <= 7 else Fraction(7, 36000)
            exact += part.principal_fen * rate
    fee = usage_fee(parts, terms)
    assert -Fraction(1, 2) < fee - exact <= Fraction(1, 2)


@given(principals, st.integers(0, 60))
def test_another_day_never_costs_less(principal: int, days: int) -> None:
    assert usage_fee([Outstanding(principal, days + 1)], TERMS) >= usage_fee([Outstanding(principal, days)], TERMS)


@given(principals, st.integers(0, 30), st.integers(0, 30))
def test_cutting_a_stretch_in_two_changes_nothing(principal: int, days: int, more: int) -> None:
    whole = usage_fee([Outstanding(principal, days + more)], TERMS)
    assert usage_fee([Outstanding(principal, days), Outstanding(principal, more)], TERMS) == whole


def test_half_a_fen_is_rounded_up() -> None:
    assert usage_fee([Outstanding(2500, 1)], TERMS) == 1  # exactly half a fen
    assert usage_fee([Outstanding(2499, 1)], TERMS) == 0


@pytest.mark.parametrize("part", [Outstanding(-1, 3), Outstanding(100, -1)])
def test_nothing_negative(part: Outstanding) -> None:
    with pytest.raises(XuqiaoError) as refused:
        usage_fee([part], TERMS)
    assert refused.value.code == "fee.negative"


@pytest.mark.parametrize(
    ("first", "last", "days"), [(True, False, 7), (False, True, 7), (True, True, 8), (False, False, 6)]
)
def test_days_follow_the_rule_for_first_and_last(first: bool, last: bool, days: int) -> None:
    terms = TERMS.model_copy(update={"first_day_counts": first, "last_day_counts": last})
    assert days_out(MONDAY, MONDAY + timedelta(days=7), terms) == days
    assert days_out(MONDAY, MONDAY, terms) == (1 if first and last else 0)


def test_working_days_need_a_calendar_and_leave_the_weekend_out() -> None:
    days = (MONDAY + timedelta(days=ahead) for ahead in range(30))
    calendar = calendar_from_days(CalendarDay(day, day.weekday() < 5, True) for day in days)
    friday, monday = MONDAY + timedelta(days=4), MONDAY + timedelta(days=7)
    for first, last, expected in ((True, False, 1), (False, True, 1), (True, True, 2), (False, False, 0)):
        terms = TERMS.model_copy(
            update={"counted": DayUnit.WORKING, "first_day_counts": first, "last_day_counts": last}
        )
        assert days_out(friday, monday, terms, calendar) == expected
        assert days_out(friday, friday, terms, calendar) == (1 if first and last else 0)
        assert days_out(friday + timedelta(days=1), monday, terms, calendar) == (1 if last else 0)
    with pytest.raises(XuqiaoError) as refused:
        days_out(friday, monday, terms)
    assert refused.value.code == "fee.calendar_needed"


def test_money_cannot_come_back_before_it_left() -> None:
    with pytest.raises(XuqiaoError) as refused:
        days_out(MONDAY, MONDAY - timedelta(days=1), TERMS)
    assert refused.value.code == "fee.returned_before_paid"


def test_a_tier_shows_its_rate_in_millionths() -> None:
    assert [span.rate_ppm for span in odd_terms().spans()] == [417, 195, 194]
    assert usage_fee([Outstanding(yuan(10_000_000), 8)], TERMS) == yuan("22000.00")
