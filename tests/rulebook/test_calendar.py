"""Working days with the holidays of a real year: Spring Festival 2026, with its weekends made up (调休)."""

from datetime import date, datetime, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.calendar import CalendarDay, Deadline, WorkCalendar, calendar_from_days
from rulebook.calendars.statutory import is_statutory
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
days_inside = st.dates(date(2026, 3, 1), date(2027, 4, 15))


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
    assert not CALENDAR.deadline(date(2027, 1, 1), -1).provisional
    assert CALENDAR.deadline(date(2027, 1, 5), -5) == Deadline(on=date(2026, 12, 29), provisional=True)


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


# Any calendar --------------------------------------------------------------------------------------------------

BEGIN = date(2026, 1, 5)  # a Monday


@st.composite
def tables(draw: st.DrawFn) -> list[CalendarDay]:
    """An unbroken run of days, worked and announced as it pleases, in any order."""
    marks = draw(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
    table = [CalendarDay(BEGIN + timedelta(days=n), works, official) for n, (works, official) in enumerate(marks)]
    return draw(st.permutations(table))


@given(tables())
def test_any_table_is_kept_day_by_day(table: list[CalendarDay]) -> None:
    calendar = calendar_from_days(table)
    days = sorted(table)
    assert (calendar.first, calendar.last) == (days[0].day, days[-1].day)
    assert [calendar.is_workday(row.day) for row in days] == [row.works for row in days]
    announced = [row.day for row in days if row.day <= calendar.official_through]
    assert announced == [row.day for row in days[: len(announced)] if row.official]
    assert len(announced) == len(days) or not days[len(announced)].official
    assert WorkCalendar.model_validate_json(calendar.model_dump_json()) == calendar
    assert calendar_from_days(days) == calendar


@given(tables(), st.data())
def test_a_changed_day_is_another_version(table: list[CalendarDay], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(table) - 1))
    changed = [row._replace(works=not row.works) if n == at else row for n, row in enumerate(table)]
    assert calendar_from_days(changed).version != calendar_from_days(table).version
    sourced = [row._replace(source="国办发明电〔2025〕7号") for row in table]
    assert calendar_from_days(sourced).version == calendar_from_days(table).version, "who said so changes no day"


@given(tables(), st.data())
def test_steps_in_any_calendar_count_what_they_passed_or_leave_it(
    table: list[CalendarDay], data: st.DataObject
) -> None:
    calendar = calendar_from_days(table)
    day = data.draw(st.sampled_from(sorted(table))).day
    count = data.draw(st.integers(1, 20))
    ahead = sum(row.works for row in table if row.day > day)
    behind = sum(row.works for row in table if row.day < day)
    if count <= ahead:
        on = calendar.add_workdays(day, count)
        assert calendar.is_workday(on)
        assert calendar.count_workdays(day, on) == count
    else:
        assert_out_of_period(calendar, day, count)
    if count <= behind:
        back = calendar.add_workdays(day, -count)
        assert calendar.is_workday(back)
        assert calendar.count_workdays(back - timedelta(days=1), day - timedelta(days=1)) == count
    else:
        assert_out_of_period(calendar, day, -count)


def assert_out_of_period(calendar: WorkCalendar, day: date, count: int) -> None:
    with pytest.raises(XuqiaoError) as refused:
        calendar.add_workdays(day, count)
    assert refused.value.code == "calendar.out_of_period"


@given(days_inside)
def test_the_workday_before_lies_before_and_the_workday_from_does_not(day: date) -> None:
    before, begin = CALENDAR.workday_before(day), CALENDAR.workday_from(day)
    assert before < day <= begin
    assert CALENDAR.is_workday(before)
    assert CALENDAR.is_workday(begin)
    assert CALENDAR.count_workdays(before, begin) == 1, "nothing worked lies between"


@given(days_inside, days_inside, st.integers(0, 25), st.integers(0, 25))
def test_a_later_start_or_a_longer_period_never_ends_earlier(one: date, other: date, short: int, more: int) -> None:
    first, last = sorted((one, other))
    assert CALENDAR.deadline(first, short).on <= CALENDAR.deadline(last, short).on
    early, late = CALENDAR.deadline(first, short), CALENDAR.deadline(first, short + more)
    assert early.on <= late.on
    assert early.provisional <= late.provisional, "what is provisional stays so farther out"
    assert early.provisional is (early.on > OFFICIAL)


@given(days_inside, st.integers(0, 800))
def test_past_the_table_the_days_are_those_of_the_week_and_the_decree_and_provisional(day: date, further: int) -> None:
    far = LAST + timedelta(days=further)
    longer, by_the_week = CALENDAR.reaching(far), CALENDAR.reaching(far, decreed=False)
    assert by_the_week.is_workday(far) is (far.weekday() < 5)
    assert longer.is_workday(far) is (far.weekday() < 5 and not is_statutory(far))
    assert longer.is_workday(day) is CALENDAR.is_workday(day)
    assert (longer.version, longer.official_through) == (CALENDAR.version, OFFICIAL)
    assert longer.deadline(far - timedelta(days=30), 5).provisional
    assert_out_of_period(longer, far, 1)
