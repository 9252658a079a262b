"""Which days cost a fee, and what befalls them: by their dates."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.calendar import CalendarDay, DayUnit, calendar_from_days
from rulebook.errors import XuqiaoError
from rulebook.law.fees import (
    UNEVENTFUL,
    Course,
    DayCount,
    FeeKind,
    FeeTerms,
    Outstanding,
    Tariff,
    Waiver,
    course_of,
    days_out,
    fee_steps,
    usage_fee,
)

MONDAY = date(2026, 3, 2)
CALENDAR = calendar_from_days(
    CalendarDay(day, day.weekday() < 5, True) for day in (MONDAY + timedelta(days=ahead) for ahead in range(120))
)
FLAT = FeeTerms.model_validate({"tiers": [{"daily_rate": "0.02%"}], "overdue_rate": "0.05%"})
ENDS = [(True, False), (False, True), (True, True), (False, False)]
"""First day counts, last day counts."""
apart = st.integers(0, 40)
counts = st.builds(
    DayCount,
    counted=st.sampled_from(DayUnit),
    first_day_counts=st.booleans(),
    last_day_counts=st.booleans(),
    part_day_counts=st.booleans(),
)


def after(days: int) -> date:
    return MONDAY + timedelta(days=days)


def a_count(first: bool, last: bool, unit: DayUnit = DayUnit.CALENDAR, part: bool = False) -> DayCount:
    return DayCount(counted=unit, first_day_counts=first, last_day_counts=last, part_day_counts=part)


# Which days ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ends", "week", "same_day"), list(zip(ENDS, (7, 7, 8, 6), (0, 0, 1, 0), strict=True)))
def test_days_follow_the_rule_for_first_and_last(ends: tuple[bool, bool], week: int, same_day: int) -> None:
    assert days_out(MONDAY, after(7), a_count(*ends)) == week
    assert days_out(MONDAY, MONDAY, a_count(*ends)) == same_day
    assert days_out(MONDAY, MONDAY, a_count(*ends, part=True)) == 1
    assert days_out(MONDAY, after(7), a_count(*ends, part=True)) == week


@pytest.mark.parametrize(("ends", "over", "same_day"), list(zip(ENDS, (1, 1, 2, 0), (0, 0, 1, 0), strict=True)))
def test_working_days_leave_the_weekend_out(ends: tuple[bool, bool], over: int, same_day: int) -> None:
    count, (friday, saturday, monday) = a_count(*ends, DayUnit.WORKING), (after(4), after(5), after(7))
    assert days_out(friday, monday, count, CALENDAR) == over
    assert days_out(friday, friday, count, CALENDAR) == same_day
    assert days_out(saturday, monday, count, CALENDAR) == int(ends[1])
    assert days_out(saturday, after(6), count, CALENDAR) == 0
    assert days_out(saturday, after(6), a_count(*ends, DayUnit.WORKING, part=True), CALENDAR) == 1


def test_the_usual_count_is_calendar_days_with_the_first_and_without_the_last() -> None:
    assert DayCount() == a_count(True, False)


def test_working_days_need_a_calendar_that_reaches() -> None:
    count = a_count(True, False, DayUnit.WORKING)
    with pytest.raises(XuqiaoError) as refused:
        days_out(MONDAY, after(3), count)
    assert (refused.value.code, refused.value.params) == ("fee.calendar_needed", {})
    with pytest.raises(XuqiaoError) as refused:
        days_out(MONDAY, after(200), count, CALENDAR)
    assert refused.value.code == "calendar.out_of_period"
    assert days_out(MONDAY, after(200), a_count(True, False), CALENDAR) == 200


def test_money_cannot_come_back_before_it_left() -> None:
    with pytest.raises(XuqiaoError) as refused:
        days_out(MONDAY, after(-1), DayCount())
    assert refused.value.code == "fee.returned_before_paid"
    assert refused.value.params == {"paid_on": "2026-03-02", "returned_on": "2026-03-01"}


@given(apart, apart, st.booleans(), st.booleans(), st.booleans())
def test_a_working_day_fee_is_never_more_than_a_calendar_day_fee(
    left: int, days: int, first: bool, last: bool, part: bool
) -> None:
    working, calendar = (
        usage_fee([Outstanding(10**9, days_out(after(left), after(left + days), count, CALENDAR))], FLAT)
        for count in (a_count(first, last, unit, part) for unit in (DayUnit.WORKING, DayUnit.CALENDAR))
    )
    assert working <= calendar


@given(counts, apart, apart)
def test_one_day_later_is_at_most_one_fee_day_more(count: DayCount, left: int, days: int) -> None:
    one, other = (days_out(after(left), after(left + out), count, CALENDAR) for out in (days, days + 1))
    assert one <= other <= one + 1


# What befalls them -----------------------------------------------------------------------------------------------


def overdue_days(tariff: Tariff, due: date, returned: date, term_ends: date | None = None) -> int:
    """Days of the bridge that the working shows as overdue."""
    days = days_out(MONDAY, returned, tariff.day_count, tariff.calendar)
    course = course_of(MONDAY, returned, tariff, due, term_ends)
    lines = fee_steps([Outstanding(10**9, days)], tariff.terms, course)
    return sum(line.days for line in lines if line.kind is FeeKind.OVERDUE)


@given(st.integers(1, 30), apart, st.sampled_from(ENDS), st.booleans())
def test_each_day_after_the_due_day_is_overdue_however_days_are_counted(
    term: int, late: int, ends: tuple[bool, bool], part: bool
) -> None:
    assert overdue_days(Tariff(FLAT, a_count(*ends, part=part)), after(term), after(term + late)) == late


@given(counts, st.integers(1, 30), apart)
def test_overdue_fee_days_are_those_a_return_when_due_would_have_spared(count: DayCount, term: int, late: int) -> None:
    full, due, returned = count.model_copy(update={"part_day_counts": False}), after(term), after(term + late)
    spared = days_out(MONDAY, returned, full, CALENDAR) - days_out(MONDAY, due, full, CALENDAR)
    assert overdue_days(Tariff(FLAT, count, CALENDAR), due, returned) == spared


def test_a_bridge_that_came_back_in_time_is_never_overdue() -> None:
    tariff = Tariff(FLAT, a_count(True, False, part=True))
    assert overdue_days(tariff, MONDAY, MONDAY) == 0  # its one day is the part of a day
    assert overdue_days(tariff, MONDAY, after(1)) == 1
    assert overdue_days(tariff, after(-1), MONDAY) == 1
    assert overdue_days(Tariff(FLAT, a_count(True, True)), MONDAY, after(1)) == 1  # of two fee days
    # Where nothing is late, the calendar need not reach the due day.
    working = Tariff(FLAT, a_count(True, False, DayUnit.WORKING), CALENDAR)
    assert course_of(MONDAY, after(3), working, due_on=after(500), term_ends=after(400)) == UNEVENTFUL


def test_the_extension_follows_the_term_and_being_overdue_follows_the_extension() -> None:
    terms = FLAT.model_copy(update={"extension_rate": FLAT.tiers[0].daily_rate * 2})
    course = course_of(MONDAY, after(18), Tariff(terms, DayCount()), due_on=after(15), term_ends=after(10))
    assert course == Course(extended_after=10, overdue_after=15)
    lines = fee_steps([Outstanding(10**7, 18)], terms, course)
    assert [(line.kind.value, line.from_day, line.through_day, line.fee_fen) for line in lines] == [
        ("tier", 1, 10, 20000),
        ("extension", 11, 15, 20000),
        ("overdue", 16, 18, 15000),
    ]


def with_waivers(*periods: tuple[int, int], **changes: object) -> FeeTerms:
    waivers = tuple(Waiver(since=after(since), until=after(until)) for since, until in periods)
    return FLAT.model_copy(update={"waivers": waivers, **changes})


def test_a_day_is_waived_by_its_date_on_both_ends_of_the_period() -> None:
    terms = with_waivers((2, 3), (3, 3), (6, 90))
    assert course_of(MONDAY, after(8), Tariff(terms, DayCount())).waived == {3, 4, 7, 8}
    last = a_count(False, True)
    assert course_of(MONDAY, after(8), Tariff(terms, last)).waived == {2, 3, 6, 7, 8}
    working = a_count(True, False, DayUnit.WORKING)  # Wednesday, Thursday, and from the next Monday on
    assert course_of(MONDAY, after(8), Tariff(terms, working, CALENDAR)).waived == {3, 4, 6}
    assert course_of(MONDAY, after(8), Tariff(FLAT, DayCount())) == UNEVENTFUL


@pytest.mark.parametrize("part", [False, True])
def test_a_bridge_that_came_back_at_once_is_waived_by_the_day_of_its_payout(part: bool) -> None:
    count, minimum = a_count(True, False, part=part), {"minimum_fen": 500_000}
    for periods, fee in ((((0, 0),), 0), (((1, 9),), 500_000), (((-9, -1),), 500_000)):
        tariff = Tariff(with_waivers(*periods, **minimum), count)
        days = days_out(MONDAY, MONDAY, count)
        assert usage_fee([Outstanding(10**7, days)], tariff.terms, course_of(MONDAY, MONDAY, tariff)) == fee


@given(counts, apart, apart, apart, apart)
def test_a_wider_window_never_costs_more(count: DayCount, days: int, since: int, length: int, wider: int) -> None:
    fees = []
    for until in (since + length, since + length + wider):
        tariff = Tariff(with_waivers((since, until), minimum_fen=10**6), count, CALENDAR)
        out = [Outstanding(10**9, days_out(MONDAY, after(days), count, CALENDAR))]
        fees.append(usage_fee(out, tariff.terms, course_of(MONDAY, after(days), tariff, due_on=after(10))))
    assert fees[0] >= fees[1]
