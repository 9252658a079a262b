"""Working days with the holidays of a real year: Spring Festival 2026, with its weekends made up (调休)."""

from datetime import date, datetime, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.calendar import CalendarDay, Deadline, WorkCalendar, calendar_from_days
from rulebook.errors import XuqiaoError

FIRST, LAST, OFFICIAL = date(2026, 1, 1), date(2027, 6, 30), date(2026, 12, 31)


def rows() -> list[CalendarDay]:
    days = (FIRST + timedelta(days=ahead) for ahead in range((LAST - FIRST).days + 1))
    return [
        CalendarDay(day, chinese_calendar.is_workday(day), True)
        if day <= OFFICIAL
        else CalendarDay(day, day.weekday() < 5, False)
        for day in days
    ]


CALENDAR = calendar_from_days(rows())
days_inside = st.dates(date(2026, 3, 1), date(2027, 4, 30))


def test_made_up_weekends_are_worked_and_the_festival_is_not() -> None:
    assert CALENDAR.is_workday(date(2026, 2, 14))  # a Saturday, worked for the festival
    assert not CALENDAR.is_workday(date(2026, 2, 17))  # New Year's day, a Tuesday
    assert not CALENDAR.is_workday(date(2026, 3, 1))  # an ordinary Sunday


def test_it_agrees_with_the_published_days_throughout() -> None:
    for row in rows():
        assert CALENDAR.is_workday(row.day) is row.works, row.day


def test_a_deadline_runs_over_the_festival() -> None:
    assert CALENDAR.deadline(date(2026, 2, 13), 3) == Deadline(on=date(2026, 2, 25), provisional=False)


def test_past_the_announced_years_it_says_provisional() -> None:
    assert CALENDAR.deadline(date(2026, 12, 31), 0) == Deadline(on=date(2026, 12, 31), provisional=False)
    assert CALENDAR.deadline(date(2026, 12, 31), 1).provisional


def test_the_last_working_day_before_a_monday_is_friday() -> None:
    assert CALENDAR.workday_before(date(2026, 3, 23)) == date(2026, 3, 20)
    assert CALENDAR.workday_before(date(2026, 3, 20)) == date(2026, 3, 19)


def test_nought_days_is_the_day_itself_or_the_next_worked_one() -> None:
    assert CALENDAR.add_workdays(date(2026, 3, 20), 0) == date(2026, 3, 20)
    assert CALENDAR.workday_from(date(2026, 3, 21)) == date(2026, 3, 23)
    assert CALENDAR.add_days(date(2026, 3, 21), 10) == date(2026, 3, 31)


@given(days_inside, st.integers(1, 30))
def test_adding_then_counting_gives_back(day: date, count: int) -> None:
    ahead = CALENDAR.add_workdays(day, count)
    assert CALENDAR.is_workday(ahead)
    assert CALENDAR.count_workdays(day, ahead) == count
    back = CALENDAR.add_workdays(day, -count)
    assert CALENDAR.count_workdays(back - timedelta(days=1), day - timedelta(days=1)) == count


@given(days_inside, st.integers(-30, 30))
def test_going_there_and_back_is_standing_still_on_a_working_day(day: date, count: int) -> None:
    day = CALENDAR.workday_from(day)
    assert CALENDAR.add_workdays(CALENDAR.add_workdays(day, count), -count) == day


@pytest.mark.parametrize("day", [FIRST - timedelta(days=1), LAST + timedelta(days=1)])
def test_outside_its_period_it_does_not_guess(day: date) -> None:
    with pytest.raises(XuqiaoError) as refused:
        CALENDAR.is_workday(day)
    assert refused.value.code == "calendar.out_of_period"
    with pytest.raises(XuqiaoError):
        CALENDAR.add_workdays(LAST, 1)


def test_a_moment_is_under_the_laws_clock() -> None:
    moment = CALENDAR.moment(date(2026, 3, 19), "16:30")
    assert moment.isoformat() == "2026-03-19T16:30:00+08:00"
    assert moment == datetime.fromisoformat("2026-03-19T08:30:00+00:00")


@pytest.mark.parametrize("clock", ["", "16", "24:00", "16:60", "6:30", "16:3", "-1:30", "16:30:00", "１６:３０"])
def test_what_is_no_time_of_day(clock: str) -> None:
    with pytest.raises(XuqiaoError) as refused:
        CALENDAR.moment(date(2026, 3, 19), clock)
    assert refused.value.code == "calendar.not_a_time"


def test_it_is_compact_and_comes_back_the_same() -> None:
    kept = CALENDAR.model_dump_json()
    assert len(kept) < 1024
    assert WorkCalendar.model_validate_json(kept) == CALENDAR


def test_the_version_follows_the_days_not_their_order() -> None:
    assert calendar_from_days(reversed(rows())) == CALENDAR
    changed = [row._replace(works=not row.works) if row.day == OFFICIAL else row for row in rows()]
    assert calendar_from_days(changed).version != CALENDAR.version
    assert calendar_from_days(rows(), version="2026-07").version == "2026-07"


def test_broken_tables_are_refused() -> None:
    gap = [row for row in rows() if row.day != date(2026, 5, 4)]
    for table, code, params in (
        ([], "calendar.empty", {}),
        (gap, "calendar.gap", {"day": "2026-05-04"}),
        ([*rows(), rows()[0]], "calendar.twice", {"day": "2026-01-01"}),
    ):
        with pytest.raises(XuqiaoError) as refused:
            calendar_from_days(table)
        assert (refused.value.code, refused.value.params) == (code, params)


def test_a_wholly_unannounced_calendar_is_provisional_from_its_first_day() -> None:
    table = [CalendarDay(date(2029, 1, 1), True, False), CalendarDay(date(2029, 1, 2), True, False)]
    assert calendar_from_days(table).deadline(date(2029, 1, 1), 0).provisional
