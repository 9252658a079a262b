"""The State Council's yearly notice of days off (国务院办公厅关于部分节假日安排的通知), as a file and as calendar days.

A file is TOML: the year, the notice's document number, and for each holiday its name, its first and last day off, and
the Saturdays and Sundays worked for it (调休); a holiday that a later notice changed names that notice's number itself.
"""

import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field, Strict, ValidationError

from rulebook.calendar import CalendarDay
from rulebook.calendars.statutory import DECREE, is_statutory
from rulebook.errors import XuqiaoError
from rulebook.values import Value, expected_of, place_of, shown

PROVISIONAL_YEARS = 2
"""So many years after the last notice are filled provisionally: a case can reach into the next year."""
UNANNOUNCED = ""
"""Source of most provisional days: nobody has said yet whether they are worked."""
_DAY = timedelta(days=1)
_SATURDAY = 5

Day = Annotated[date, Strict()]
Words = Annotated[str, Field(min_length=1, max_length=100)]


class Holiday(Value):
    """One holiday of a notice.

    Attributes:
        first, last: the days off, both included, weekends among them.
        worked: Saturdays and Sundays that are worked for it.
        document: number of the later notice that changed it; None when the year's own notice holds.
    """

    name: Words
    first: Day
    last: Day
    worked: tuple[Day, ...] = ()
    document: Words | None = None

    @property
    def days_off(self) -> tuple[date, ...]:
        return tuple(self.first + _DAY * ahead for ahead in range((self.last - self.first).days + 1))


class HolidayNotice(Value):
    """The days off of one year, as announced.

    Attributes:
        document: number of the notice, such as 国办发明电〔2025〕7号.
    """

    year: Annotated[int, Field(ge=2000, le=2100, strict=True)]
    document: Words
    holidays: Annotated[tuple[Holiday, ...], Field(min_length=1)]

    @property
    def documents(self) -> tuple[str, ...]:
        """The notice itself and those that changed it, in order of the year's days."""
        changed_by = (holiday.document for holiday in self.holidays if holiday.document)
        return tuple(dict.fromkeys((self.document, *changed_by)))

    def days(self) -> tuple[CalendarDay, ...]:
        """Every day of the year, and those of the December before that the notice names; all of them official.

        The turn of the year is one holiday: a notice can give days of December off, or have them worked.
        """
        exceptions = {
            day: CalendarDay(day, works, True, holiday.document or self.document)
            for holiday in self.holidays
            for works, days in ((False, holiday.days_off), (True, holiday.worked))
            for day in days
        }
        ordinary = {day: _weekly(day, official=True, source=self.document) for day in _days_of_year(self.year)}
        named = ordinary | exceptions
        return tuple(named[day] for day in sorted(named))


def parse_notice(text: str, file: str) -> HolidayNotice:
    """A notice from its file.

    Args:
        text: the TOML.
        file: how the file is called in errors.
    Raises:
        XuqiaoError: ``calendar.notice_…`` naming file, key, value and what is expected: ``not_toml``, ``unknown_key``,
            ``missing_key``, ``bad_value``, ``backwards`` (a holiday that ends before it begins), ``outside_year``,
            ``no_weekend`` (a worked day from Monday to Friday needs no 调休), ``twice`` (a day that two holidays name).

    >>> text = 'year = 2026\\ndocument = "X"\\n[[holidays]]\\nname = "Y"\\nfirst = 2026-05-01\\nlast = 2026-05-05'
    >>> [(day.day.isoformat(), day.works) for day in parse_notice(text, "x.toml").days()[120:122]]
    [('2026-05-01', False), ('2026-05-02', False)]
    """
    try:
        notice = HolidayNotice.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise XuqiaoError("calendar.notice_not_toml", file=file, reason=error) from None
    except ValidationError as error:
        raise _misread(error, file) from None
    _check_days(notice, file)
    return notice


def announced_days(notices: Sequence[HolidayNotice], through: int) -> Iterator[CalendarDay]:
    """An unbroken run of days from the first year announced.

    Args:
        notices: in any order, one for each year; a later year's notice goes before an earlier one's.
        through: last year; years without a notice are provisional.
    """
    known = {day.day: day for notice in sorted(notices, key=lambda each: each.year) for day in notice.days()}
    for day in unannounced_days(min(notice.year for notice in notices), through):
        yield known.get(day.day, day)


def unannounced_days(since: int, through: int) -> Iterator[CalendarDay]:
    """Every day of some years, both included, as the week and the decree have them; see ``provisional``."""
    for year in range(since, through + 1):
        yield from map(provisional, _days_of_year(year))


def provisional(day: date) -> CalendarDay:
    """A day before its year's notice: off on the days that need none, else worked from Monday to Friday. What the
    notice will shift (调休) is not known.

    >>> provisional(date(2027, 1, 1)).works, provisional(date(2027, 1, 4)).works, provisional(date(2027, 1, 9)).works
    (False, True, False)
    """
    if is_statutory(day):
        return CalendarDay(day, works=False, official=False, source=DECREE)
    return _weekly(day, official=False, source=UNANNOUNCED)


def _days_of_year(year: int) -> Iterator[date]:
    return map(date.fromordinal, range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()))


def _weekly(day: date, *, official: bool, source: str) -> CalendarDay:
    return CalendarDay(day, day.weekday() < _SATURDAY, official, source)


def _check_days(notice: HolidayNotice, file: str) -> None:
    """What the form of a file cannot show: each day is named once, where it can lie."""
    begins, ends = date(notice.year - 1, 12, 1), date(notice.year, 12, 31)
    seen: set[date] = set()
    for place, holiday in enumerate(notice.holidays):
        key = place_of(("holidays", place))
        if holiday.last < holiday.first:
            raise XuqiaoError(
                "calendar.notice_backwards", file=file, key=f"{key}.last", value=holiday.last, first=holiday.first
            )
        ends_named = ((f"{key}.first", holiday.first), (f"{key}.last", holiday.last))
        worked = [(f"{key}.{place_of(('worked', number))}", day) for number, day in enumerate(holiday.worked)]
        for name, day in (*ends_named, *worked):
            if not begins <= day <= ends:
                raise XuqiaoError("calendar.notice_outside_year", file=file, key=name, value=day, year=notice.year)
        for name, day in worked:
            if day.weekday() < _SATURDAY:
                raise XuqiaoError("calendar.notice_no_weekend", file=file, key=name, value=day)
        for name, day in (*((f"{key}.first", day) for day in holiday.days_off), *worked):
            if day in seen:
                raise XuqiaoError("calendar.notice_twice", file=file, key=name, value=day)
            seen.add(day)


def _misread(error: ValidationError, file: str) -> XuqiaoError:
    """The first thing wrong with a file's form."""
    first = error.errors(include_url=False)[0]
    key, value, kind = place_of(first["loc"]), first["input"], first["type"]
    if kind == "extra_forbidden":
        return XuqiaoError("calendar.notice_unknown_key", file=file, key=key, value=value)
    if kind == "missing":
        return XuqiaoError("calendar.notice_missing_key", file=file, key=key)
    return XuqiaoError("calendar.notice_bad_value", file=file, key=key, value=shown(value), expected=expected_of(first))
