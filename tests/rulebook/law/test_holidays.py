"""The yearly notices as files: every day of theirs against an independent calendar, and files that are wrong."""

from datetime import date, timedelta
from math import floor, radians, sin
from pathlib import Path

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.law.calendars import shipped_calendar, shipped_days, shipped_notices
from rulebook.calendar import calendar_from_days
from rulebook.calendars.statutory import DECREE, NEW_YEAR_TOMBS_BOATS_MOON, statutory_days
from rulebook.errors import XuqiaoError
from rulebook.law.holidays import UNANNOUNCED, Holiday, HolidayNotice, announced_days, parse_notice

YEARS = range(2018, 2027)
NOTICE = """
year = 2026
document = "国办发明电〔2025〕7号"

[[holidays]]
name = "元旦"
first = 2026-01-01
last = 2026-01-03
worked = [2026-01-04]

[[holidays]]
name = "春节"
first = 2026-02-15
last = 2026-02-23
worked = [2026-02-14, 2026-02-28]
"""


@pytest.mark.parametrize("year", YEARS)
def test_every_day_is_as_the_independent_calendar_has_it(year: int) -> None:
    days = [day for day in shipped_days() if day.day.year == year]
    assert len(days) == (366 if year % 4 == 0 else 365)
    assert [day for day in days if day.works is not chinese_calendar.is_workday(day.day)] == []
    assert all(day.official and day.source.startswith("国办发明电〔") for day in days)


def test_there_is_one_notice_for_each_year_in_a_file_of_its_name() -> None:
    assert [notice.year for notice in shipped_notices()] == list(YEARS)
    folder = Path(__file__).parents[3] / "rulebook" / "calendars"
    for path in sorted(folder.glob("*.toml")):
        assert parse_notice(path.read_text(encoding="utf-8"), path.name).year == int(path.stem)


def test_the_two_years_after_the_last_notice_are_provisional() -> None:
    calendar = shipped_calendar()
    assert (calendar.first, calendar.last) == (date(2018, 1, 1), date(2028, 12, 31))
    assert calendar.official_through == date(2026, 12, 31)
    ahead = [day for day in shipped_days() if day.day.year > 2026]
    assert [day for day in ahead if day.official] == []
    assert {day.source for day in ahead} == {UNANNOUNCED, DECREE}
    off = {day.day for day in ahead if day.source == DECREE}
    assert off == statutory_days(2027) | statutory_days(2028)
    assert [day for day in ahead if day.works is not (day.day.weekday() < 5 and day.day not in off)] == []
    assert shipped_days(through=2030)[-1].day == date(2030, 12, 31)
    assert shipped_days(through=2019)[-1].day == date(2028, 12, 31)


def test_a_day_names_the_notice_that_changed_it() -> None:
    source = {day.day: day.source for day in shipped_days()}
    assert source[date(2019, 5, 2)] == "国办发明电〔2019〕3号"  # 五一 lengthened in March
    assert source[date(2020, 2, 1)] == "国办发明电〔2020〕1号"  # a Saturday that was to be worked
    assert source[date(2019, 10, 1)] == "国办发明电〔2018〕15号"
    assert source[date(2018, 12, 29)] == "国办发明电〔2018〕15号"  # the notice of 2019 reaches back


def test_a_notice_speaks_for_its_year_and_the_december_days_it_names() -> None:
    (notice,) = (each for each in shipped_notices() if each.year == 2019)
    days = notice.days()
    assert [(day.day, day.works) for day in days[:3]] == [
        (date(2018, 12, 29), True),
        (date(2018, 12, 30), False),
        (date(2018, 12, 31), False),
    ]
    assert len(days) == 365 + 3
    assert notice.documents == ("国办发明电〔2018〕15号", "国办发明电〔2019〕3号")


def test_a_year_between_that_has_no_notice_is_provisional() -> None:
    without = [notice for notice in shipped_notices() if notice.year != 2022]
    calendar = calendar_from_days(announced_days(without, 2023))
    # The notice of 2023 names 31 December 2022; what lies before is open.
    assert calendar.official_through == date(2021, 12, 31)
    assert calendar.is_workday(date(2022, 10, 4))


@pytest.mark.parametrize(
    ("old", "new", "code", "params"),
    [
        ("[[holidays]]", "[[holidays]", "notice_not_toml", {}),
        ("year =", "jahr =", "notice_missing_key", {"key": "year"}),
        ('document = "国', 'number = 7\ndocument = "国', "notice_unknown_key", {"key": "number", "value": "7"}),
        ("last = 2026-01-03", "end = 2026-01-03", "notice_missing_key", {"key": "holidays #1.last"}),
        ("year = 2026", 'year = "2026"', "notice_bad_value", {"key": "year", "value": "2026"}),
        ("year = 2026", "year = 26", "notice_bad_value", {"key": "year", "value": "26"}),
        ("2026-02-23", '"2026-02-23"', "notice_bad_value", {"key": "holidays #2.last", "value": "2026-02-23"}),
        ("2026-02-23", "2026-02-23T00:00:00", "notice_bad_value", {"key": "holidays #2.last"}),
        ("[2026-01-04]", "2026-01-04", "notice_bad_value", {"key": "holidays #1.worked", "value": "2026-01-04"}),
        ('"元旦"', '""', "notice_bad_value", {"key": "holidays #1.name", "value": ""}),
        (
            "last = 2026-02-23",
            "last = 2026-02-14",
            "notice_backwards",
            {"key": "holidays #2.last", "first": "2026-02-15"},
        ),
        ("year = 2026", "year = 2025", "notice_outside_year", {"key": "holidays #1.first", "year": "2025"}),
        ("2026-02-28", "2027-02-28", "notice_outside_year", {"key": "holidays #2.worked #2", "value": "2027-02-28"}),
        ("first = 2026-01-01", "first = 2025-11-30", "notice_outside_year", {"key": "holidays #1.first"}),
        ("2026-01-04", "2026-01-05", "notice_no_weekend", {"key": "holidays #1.worked #1", "value": "2026-01-05"}),
        ("2026-01-04", "2026-01-03", "notice_twice", {"key": "holidays #1.worked #1", "value": "2026-01-03"}),
        (
            "first = 2026-02-15",
            "first = 2026-01-02",
            "notice_twice",
            {"key": "holidays #2.first", "value": "2026-01-02"},
        ),
        ("[2026-02-14,", "[2026-02-28,", "notice_twice", {"key": "holidays #2.worked #2", "value": "2026-02-28"}),
    ],
)
def test_a_wrong_file_is_refused_with_file_key_and_value(old: str, new: str, code: str, params: dict[str, str]) -> None:
    assert NOTICE.count(old) >= 1
    with pytest.raises(XuqiaoError) as refused:
        parse_notice(NOTICE.replace(old, new, 1), "2026.toml")
    assert refused.value.code == f"calendar.{code}"
    assert refused.value.params.items() >= {"file": "2026.toml", **params}.items()


def test_a_notice_without_holidays_is_no_notice() -> None:
    with pytest.raises(XuqiaoError) as refused:
        parse_notice('year = 2026\ndocument = "x"\nholidays = []', "empty.toml")
    assert (refused.value.code, refused.value.params["key"]) == ("calendar.notice_bad_value", "holidays")


def test_a_long_value_is_quoted_in_part() -> None:
    with pytest.raises(XuqiaoError) as refused:
        parse_notice(NOTICE.replace('"元旦"', f'"{"元" * 1000}"'), "2026.toml")
    assert len(refused.value.params["value"]) == 121


@st.composite
def notices(draw: st.DrawFn) -> HolidayNotice:
    """A year with some holidays, none of which touch."""
    year = draw(st.integers(2001, 2100))
    starts = draw(st.lists(st.integers(0, 35), min_size=1, unique=True).map(sorted))
    holidays = []
    for start in starts:
        first = date(year, 1, 1) + timedelta(days=10 * start)
        last = first + timedelta(days=draw(st.integers(0, 4)))
        after = [last + timedelta(days=ahead) for ahead in range(1, 6)]
        worked = draw(st.sets(st.sampled_from(after)).map(sorted))
        holidays.append(
            Holiday(name="假", first=first, last=last, worked=tuple(day for day in worked if day.weekday() >= 5))
        )
    return HolidayNotice(year=year, document="文", holidays=tuple(holidays))


@given(notices())
def test_a_day_is_off_where_a_holiday_says_so_and_worked_where_it_is_made_up(notice: HolidayNotice) -> None:
    calendar = calendar_from_days(notice.days())
    off = {day for holiday in notice.holidays for day in holiday.days_off}
    made_up = {day for holiday in notice.holidays for day in holiday.worked}
    for day in notice.days():
        expected = day.day in made_up or (day.day not in off and day.day.weekday() < 5)
        assert calendar.is_workday(day.day) is expected
    assert calendar.official_through == date(notice.year, 12, 31)


def written(notice: HolidayNotice) -> str:
    """A notice as its file."""
    lines = [f"year = {notice.year}", f'document = "{notice.document}"']
    for holiday in notice.holidays:
        worked = ", ".join(day.isoformat() for day in holiday.worked)
        lines += ["[[holidays]]", f'name = "{holiday.name}"', f"first = {holiday.first}", f"last = {holiday.last}"]
        lines += [f"worked = [{worked}]"]
    return "\n".join(lines)


@given(notices())
def test_a_notice_comes_back_from_its_file(notice: HolidayNotice) -> None:
    assert parse_notice(written(notice), "some.toml") == notice


# Days off without a notice (issue 17) ----------------------------------------------------------------------------


@pytest.mark.parametrize("year", YEARS)
def test_17_every_notice_gives_the_days_of_the_decree_off(year: int) -> None:
    calendar = shipped_calendar()
    assert [day for day in sorted(statutory_days(year)) if calendar.is_workday(day)] == []
    named = [day for holiday in _notice(year).holidays for day in holiday.days_off]
    assert statutory_days(year) <= set(named)


def _notice(year: int) -> HolidayNotice:
    (notice,) = (each for each in shipped_notices() if each.year == year)
    return notice


@pytest.mark.parametrize(("year", "count"), [(2024, 11), (2025, 13), (2027, 13)])
def test_17_there_are_as_many_days_as_the_decree_says(year: int, count: int) -> None:
    assert len(statutory_days(year)) == count


def test_17_the_day_before_new_year_and_the_second_of_may_are_off_since_2025() -> None:
    assert date(2024, 2, 9) not in statutory_days(2024)
    assert date(2024, 5, 2) not in statutory_days(2024)
    assert {date(2025, 1, 28), date(2025, 5, 2)} <= statutory_days(2025)


def test_17_where_the_table_of_lunar_days_ends_the_other_days_still_count() -> None:
    assert {day.month for day in statutory_days(2041)} == {1, 5, 10}


@pytest.mark.parametrize("year", NEW_YEAR_TOMBS_BOATS_MOON)
def test_17_the_table_agrees_with_moon_and_sun(year: int) -> None:
    """Each lunar month begins on the day of its new moon in China; 清明 is the day the sun comes to 15 degrees."""
    new_year, tombs, boats, moon = (date(year, *day) for day in NEW_YEAR_TOMBS_BOATS_MOON[year])
    for first in (new_year, boats - timedelta(days=4), moon - timedelta(days=14)):
        assert first in {_day_of(_new_moon(_lunation(first) + step)) for step in (-1, 0, 1)}
    assert _longitude(tombs) < 15 <= _longitude(tombs + timedelta(days=1))
    # The first month holds the sun's coming to 330 degrees (雨水), but for 2034: the leap month of the winter before
    # makes two such comings fall into the last month.
    assert _sun_passes(330, new_year, 30) or year == 2034
    assert _sun_passes(90, boats - timedelta(days=4), 30)
    assert _sun_passes(180, moon - timedelta(days=14), 30)


_J2000 = date(2000, 1, 1)


def _lunation(day: date) -> int:
    return round(((day - _J2000).days - 5) / 29.530588861)


def _new_moon(number: int) -> float:
    """Days from noon of 2000-01-01 (dynamical time) to a new moon, within a few minutes (Meeus, Astronomical
    Algorithms, chapter 49, the larger terms)."""
    century = number / 1236.85
    mean = 5.09766 + 29.530588861 * number + 0.00015437 * century**2
    sun = radians(2.5534 + 29.10535670 * number)
    moon = radians(201.5643 + 385.81693528 * number)
    node = radians(160.7108 + 390.67050284 * number)
    ascending = radians(124.7746 - 1.56375588 * number)
    eccentric = 1 - 0.002516 * century
    return mean + (
        -0.40720 * sin(moon)
        + 0.17241 * eccentric * sin(sun)
        + 0.01608 * sin(2 * moon)
        + 0.01039 * sin(2 * node)
        + 0.00739 * eccentric * sin(moon - sun)
        - 0.00514 * eccentric * sin(moon + sun)
        + 0.00208 * sin(2 * sun)
        - 0.00111 * sin(moon - 2 * node)
        - 0.00057 * sin(moon + 2 * node)
        + 0.00056 * sin(2 * moon + sun)
        - 0.00042 * sin(3 * moon)
        + 0.00042 * sin(sun + 2 * node)
        + 0.00038 * sin(sun - 2 * node)
        - 0.00024 * sin(2 * moon - sun)
        - 0.00017 * sin(ascending)
    )


def _day_of(days: float) -> date:
    """The day in China of a moment of dynamical time, which is some 70 seconds ahead of the clock's."""
    return _J2000 + timedelta(days=floor(days + 0.5 + 8 / 24 - 70 / 86_400))


def _longitude(day: date) -> float:
    """Where the sun stands when a day begins in China, in degrees (Meeus, chapter 25, within 0.01 degrees)."""
    days = (day - _J2000).days - 0.5 - 8 / 24 + 70 / 86_400
    century = days / 36_525
    anomaly = radians(357.52911 + 35_999.05029 * century)
    centre = 1.914602 * sin(anomaly) + 0.019993 * sin(2 * anomaly) + 0.000289 * sin(3 * anomaly)
    true = 280.46646 + 36_000.76983 * century + centre
    return (true - 0.00569 - 0.00478 * sin(radians(125.04 - 1934.136 * century))) % 360


def _sun_passes(degrees: int, first: date, days: int) -> bool:
    begins, ends = ((_longitude(day) - degrees + 180) % 360 - 180 for day in (first, first + timedelta(days=days)))
    return begins < 0 <= ends
