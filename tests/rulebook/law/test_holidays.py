"""The yearly notices as files: every day of theirs against an independent calendar, and files that are wrong."""

from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.law.calendars import shipped_calendar, shipped_days, shipped_notices
from rulebook.calendar import calendar_from_days
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
    assert [day for day in ahead if day.official or day.source != UNANNOUNCED] == []
    assert [day for day in ahead if day.works is not (day.day.weekday() < 5)] == []
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
        ("last = 2026-01-03", "end = 2026-01-03", "notice_missing_key", {"key": "holidays.0.last"}),
        ("year = 2026", 'year = "2026"', "notice_bad_value", {"key": "year", "value": "2026"}),
        ("year = 2026", "year = 26", "notice_bad_value", {"key": "year", "value": "26"}),
        ("2026-02-23", '"2026-02-23"', "notice_bad_value", {"key": "holidays.1.last", "value": "2026-02-23"}),
        ("2026-02-23", "2026-02-23T00:00:00", "notice_bad_value", {"key": "holidays.1.last"}),
        ("[2026-01-04]", "2026-01-04", "notice_bad_value", {"key": "holidays.0.worked", "value": "2026-01-04"}),
        ('"元旦"', '""', "notice_bad_value", {"key": "holidays.0.name", "value": ""}),
        (
            "last = 2026-02-23",
            "last = 2026-02-14",
            "notice_backwards",
            {"key": "holidays.1.last", "first": "2026-02-15"},
        ),
        ("year = 2026", "year = 2025", "notice_outside_year", {"key": "holidays.0.first", "year": "2025"}),
        ("2026-02-28", "2027-02-28", "notice_outside_year", {"key": "holidays.1.worked.1", "value": "2027-02-28"}),
        ("first = 2026-01-01", "first = 2025-11-30", "notice_outside_year", {"key": "holidays.0.first"}),
        ("2026-01-04", "2026-01-05", "notice_no_weekend", {"key": "holidays.0.worked.0", "value": "2026-01-05"}),
        ("2026-01-04", "2026-01-03", "notice_twice", {"key": "holidays.0.worked.0", "value": "2026-01-03"}),
        (
            "first = 2026-02-15",
            "first = 2026-01-02",
            "notice_twice",
            {"key": "holidays.1.first", "value": "2026-01-02"},
        ),
        ("[2026-02-14,", "[2026-02-28,", "notice_twice", {"key": "holidays.1.worked.1", "value": "2026-02-28"}),
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
    assert len(refused.value.params["value"]) == 80


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
