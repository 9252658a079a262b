"""Working days as a recorded table: what counts as a working day is data kept by value, never a library's opinion."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from rulebook.calendars.statutory import is_statutory
from rulebook.errors import XuqiaoError
from rulebook.messages import digest_of
from rulebook.values import Value
from rulebook.zone import LAW_ZONE as LAW_ZONE

_DAY = timedelta(days=1)
_SATURDAY = 5


class DayUnit(StrEnum):
    """How a number of days is counted."""

    CALENDAR = "calendar"  # 自然日
    WORKING = "working"  # 工作日


class CalendarDay(NamedTuple):
    """One row of the calendar table: a day, whether it is worked, whether the State Council has said so yet, and where.

    ``source`` is the number of the notice; empty while there is none, or where it does not matter.
    """

    day: date
    works: bool
    official: bool
    source: str = ""


class Deadline(Value):
    """The last day of a period; provisional when it lies past the years whose holidays have been announced."""

    on: date
    provisional: bool


class WorkCalendar(Value):
    """The working days of one period, as the calendar table stood when it was read (调休 included).

    Attributes:
        first, last: the period covered, both days included.
        version: names the table's state; it goes into the history with the days.
        official_through: last day whose status has been announced; the day before ``first`` when none has.
        weekdays_off: days from Monday to Friday that are not worked.
        weekend_worked: Saturdays and Sundays that are.
    """

    first: date
    last: date
    version: str
    official_through: date
    weekdays_off: tuple[date, ...]
    weekend_worked: tuple[date, ...]

    def is_workday(self, day: date) -> bool:
        """Whether a day is worked.

        Raises:
            XuqiaoError: ``calendar.out_of_period`` for a day the table does not cover; it is never guessed.
        """
        if not self.first <= day <= self.last:
            raise XuqiaoError("calendar.out_of_period", day=day, first=self.first, last=self.last)
        return day in self.weekend_worked if day.weekday() >= _SATURDAY else day not in self.weekdays_off

    def reaching(self, day: date, *, decreed: bool = True) -> "WorkCalendar":
        """The same calendar, long enough for a day that may lie past the table: recovery can last years.

        Args:
            decreed: whether the days that need no notice are off among those added. Cases that counted before they
                were known go on without.
        Returns:
            the calendar with provisional days added: off where the decree says so, else worked from Monday to Friday.
        """
        if day <= self.last:
            return self
        added = (self.last + _DAY * ahead for ahead in range(1, (day - self.last).days + 1))
        off = tuple(each for each in added if decreed and each.weekday() < _SATURDAY and is_statutory(each))
        return self.model_copy(update={"last": day, "weekdays_off": self.weekdays_off + off})

    def add_days(self, day: date, count: int) -> date:
        """The day that lies a number of calendar days away; negative counts back."""
        return day + _DAY * count

    def add_workdays(self, day: date, count: int) -> date:
        """The working day that lies a number of working days away; the starting day is not counted.

        Args:
            day: where counting starts; it need not be worked.
            count: working days; negative counts back. With 0 the day itself, or the first worked one after it.
        Raises:
            XuqiaoError: ``calendar.out_of_period`` when the way leads outside the table.
        """
        if count == 0:
            return day if self.is_workday(day) else self.add_workdays(day, 1)
        step = _DAY if count > 0 else -_DAY
        left = abs(count)
        while left:
            day += step
            left -= self.is_workday(day)
        return day

    def count_workdays(self, after: date, through: date) -> int:
        """Working days later than the first date and not later than the second; 0 when there are none."""
        days = (after + _DAY * ahead for ahead in range(1, (through - after).days + 1))
        return sum(self.is_workday(day) for day in days)

    def workday_before(self, day: date) -> date:
        """The last working day strictly before a day: the last one on which money can arrive ahead of a maturity."""
        return self.add_workdays(day, -1)

    def workday_from(self, day: date) -> date:
        """The day itself when it is worked, otherwise the first worked one after it."""
        return self.add_workdays(day, 0)

    def deadline(self, day: date, count: int) -> Deadline:
        """Where a period of working days ends, and whether any of the days counted is only provisional.

        Args and errors: as for ``add_workdays``; counting back, the days before the starting day are looked at.
        """
        on = self.add_workdays(day, count)
        last_counted = day - _DAY if count < 0 else on
        return Deadline(on=on, provisional=last_counted > self.official_through)

    def moment(self, day: date, clock: str) -> datetime:
        """A time of day under the law's clock.

        Args:
            clock: ``HH:MM`` in Asia/Shanghai.
        Raises:
            XuqiaoError: ``calendar.not_a_time``.
        """
        return datetime.combine(day, read_clock(clock), tzinfo=LAW_ZONE)


def read_clock(clock: str) -> time:
    """``HH:MM`` as a time of day.

    >>> read_clock("16:30")
    datetime.time(16, 30)
    """
    hours, _, minutes = clock.partition(":")
    two_digits = len(hours) == len(minutes) == 2 and (hours + minutes).isascii() and (hours + minutes).isdigit()
    if not two_digits or int(hours) > 23 or int(minutes) > 59:
        raise XuqiaoError("calendar.not_a_time", value=clock)
    return time(int(hours), int(minutes))


def calendar_from_days(rows: Iterable[CalendarDay], version: str | None = None) -> WorkCalendar:
    """A calendar from the table's rows.

    Args:
        rows: one for each day of an unbroken period, in any order.
        version: the table's own version; without it, one derived from the days themselves.
    Raises:
        XuqiaoError: ``calendar.empty``, ``calendar.gap`` or ``calendar.twice``.
    """
    days = sorted(CalendarDay(*row) for row in rows)
    if not days:
        raise XuqiaoError("calendar.empty")
    for before, after in pairwise(days):
        if after.day == before.day:
            raise XuqiaoError("calendar.twice", day=after.day)
        if after.day != before.day + _DAY:
            raise XuqiaoError("calendar.gap", day=before.day + _DAY)
    first, last = days[0].day, days[-1].day
    unannounced = next((row.day for row in days if not row.official), last + _DAY)
    off = tuple(row.day for row in days if row.day.weekday() < _SATURDAY and not row.works)
    worked = tuple(row.day for row in days if row.day.weekday() >= _SATURDAY and row.works)
    official_through = unannounced - _DAY
    named = version or digest_of([str(item) for item in (first, last, official_through, off, worked)])[:12]
    return WorkCalendar(
        first=first,
        last=last,
        version=named,
        official_through=official_through,
        weekdays_off=off,
        weekend_worked=worked,
    )
