"""The notices of days off that ship with the product, read from their files; and a notice that somebody brings."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from rulebook.calendar import CalendarDay, WorkCalendar, calendar_from_days
from rulebook.errors import XuqiaoError
from rulebook.holidays import PROVISIONAL_YEARS, HolidayNotice, announced_days, parse_notice


@cache
def shipped_notices() -> tuple[HolidayNotice, ...]:
    """All notices that ship, in order of their years."""
    found = sorted((files("rulebook") / "calendars").iterdir(), key=lambda file: file.name)
    return tuple(
        parse_notice(file.read_text(encoding="utf-8"), file.name) for file in found if file.name.endswith(".toml")
    )


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


def read_notice(path: Path) -> HolidayNotice:
    """A notice that somebody brings, from its file.

    Raises:
        XuqiaoError: ``calendar.notice_unreadable``, and what ``parse_notice`` finds wrong with the text.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise XuqiaoError("calendar.notice_unreadable", file=path, reason=error) from None
    return parse_notice(text, path.name)
