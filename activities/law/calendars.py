"""The notices of days off that ship with the product, read from their files; and a notice that somebody brings."""

from datetime import date, datetime
from functools import cache
from importlib.resources import files
from pathlib import PurePath

from rulebook.calendar import CalendarDay, WorkCalendar, calendar_from_days
from rulebook.errors import XuqiaoError
from rulebook.law.holidays import PROVISIONAL_YEARS, HolidayNotice, announced_days, parse_notice
from rulebook.zone import LAW_ZONE


@cache
def shipped_notices() -> tuple[HolidayNotice, ...]:
    """All notices that ship, in order of their years."""
    found = sorted((files("rulebook") / "calendars").iterdir(), key=lambda file: file.name)
    return tuple(
        parse_notice(file.read_text(encoding="utf-8"), file.name) for file in found if file.name.endswith(".toml")
    )


@cache
def shipped_days(through: int | None = None) -> tuple[CalendarDay, ...]:
    """Every day from the first notice's year to two provisional years past the last one's.

    Args:
        through: a year to which the provisional ones should reach at least.
    """
    last = shipped_notices()[-1].year + PROVISIONAL_YEARS
    return tuple(announced_days(shipped_notices(), max(last, through or last)))


@cache
def shipped_calendar() -> WorkCalendar:
    """The same days as a calendar: for whoever asks without a database. Cases are judged by the table."""
    return calendar_from_days(shipped_days())


def read_notice(name: str, content: bytes) -> HolidayNotice:
    """A notice that somebody brings.

    Args:
        name: of its file, with or without the folders before it.
    Raises:
        XuqiaoError: ``calendar.notice_unreadable``, and what ``parse_notice`` finds wrong with the text.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise XuqiaoError("calendar.notice_unreadable", file=name, reason=error) from None
    return parse_notice(text, PurePath(name).name)


def shanghai_today() -> date:
    """The day in the law's time zone, by this machine's clock."""
    return datetime.now(LAW_ZONE).date()
