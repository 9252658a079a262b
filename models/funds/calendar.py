"""The dated table of working days; decisions use it by value, never a library's opinion of the day."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import ColumnElement, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel import Field, Session, SQLModel

from models.base import table, words
from rulebook.calendar import CalendarDay, WorkCalendar, calendar_from_days
from rulebook.errors import XuqiaoError
from rulebook.law.holidays import PROVISIONAL_YEARS, HolidayNotice, provisional, unannounced_days
from rulebook.values import Value

LOOK_BACK = timedelta(days=15)
LOOK_AHEAD = timedelta(days=120)
_COLUMNS = ("day", "works", "official", "source")


class CalendarDayRow(SQLModel, table=True):
    """One day: whether people work on it (调休 included), and whether the State Council has said so yet."""

    __tablename__ = "calendar_day"

    day: date = Field(primary_key=True)
    works: bool
    official: bool
    source: str = words()


class ChangedDay(Value):
    """An official day whose status a notice changes, and whose word that status was."""

    day: date
    works: bool
    source: str


class StoredNotice(Value):
    """What a notice left in the table.

    Attributes:
        days: how many days it spoke for.
        announced: how many of them were provisional, or not there at all.
        changed: official days that are another than before.
        version: of the notice's year, as it now stands.
    """

    year: int
    documents: tuple[str, ...]
    days: int
    announced: int
    changed: tuple[ChangedDay, ...]
    version: str


class CalendarYear(Value):
    """One year of the table.

    Attributes:
        status: ``official`` when every day of it has been announced, otherwise ``provisional``.
        sources: whose word its days are, as far as somebody said so.
        weekdays_off, weekend_worked: how many days depart from the week.
        version: names the year's days and their status.
    """

    year: int
    status: Literal["official", "provisional"]
    sources: tuple[str, ...]
    weekdays_off: int
    weekend_worked: int
    version: str


def store_days(session: Session, days: Iterable[CalendarDay], source: str = "") -> None:
    """Write days into the table; an official day replaces any other, a provisional one only provisional ones.

    Args:
        source: whose word it is, for days that do not say so themselves.
    """
    _write(session, days, source, lambda new, kept: kept.official.is_(False) | new.official)


def fill_days(session: Session, days: Iterable[CalendarDay]) -> None:
    """Write days where nothing official stands yet: what somebody imported or corrected stays."""
    _write(session, days, "", lambda new, kept: kept.official.is_(False))


def _write(
    session: Session, days: Iterable[CalendarDay], source: str, when: Callable[[Any, Any], ColumnElement[bool]]
) -> None:
    """Write the days that say something new, in one statement: opening a fund brings years of them."""
    columns = list(zip(*((*day[:3], day.source or source) for day in days), strict=True))
    if not columns:
        return
    kept = table(CalendarDayRow).c
    arrays = (cast(list(each), ARRAY(kept[name].type)) for name, each in zip(_COLUMNS, columns, strict=True))
    given = func.unnest(*arrays).table_valued(*_COLUMNS).render_derived()
    new = insert(CalendarDayRow).from_select(_COLUMNS, select(given))
    replace = {name: new.excluded[name] for name in _COLUMNS[1:]}
    news = or_(*(kept[name].is_distinct_from(value) for name, value in replace.items()))
    session.connection().execute(
        new.on_conflict_do_update(index_elements=["day"], set_=replace, where=when(new.excluded, kept) & news)
    )


def store_notice(session: Session, notice: HolidayNotice, *, correct: bool = False) -> StoredNotice:
    """Write a notice's days into the table; whoever does so tells the open cases, which move their deadlines by it.

    Days of the December before are the new notice's to change: it names them itself, and they are among ``changed``.
    Years around it that nobody has announced are filled provisionally, so that no case meets a gap or an early end.

    Args:
        correct: whether official days of the notice's own year may change.
    Raises:
        XuqiaoError: ``calendar.official_would_change`` with the days and whose word their status is.
    """
    named = notice.days()
    kept = {row.day: row for row in _rows(session, named[0].day, named[-1].day, lock=True)}
    days = tuple(day for day in named if day.day.year == notice.year or day.day in kept)
    changed = tuple(
        ChangedDay(day=day.day, works=day.works, source=kept[day.day].source)
        for day in days
        if day.day in kept and kept[day.day].official and kept[day.day].works is not day.works
    )
    refused = [f"{each.day} ({each.source})" for each in changed if each.day.year == notice.year]
    if refused and not correct:
        raise XuqiaoError(
            "calendar.official_would_change",
            days=", ".join(refused),
            year=notice.year,
            document=", ".join(notice.documents),
        )
    store_days(session, days)
    begin = session.connection().scalar(select(func.min(table(CalendarDayRow).c.day))).year
    fill_days(session, unannounced_days(begin, notice.year + PROVISIONAL_YEARS))
    (year,) = (each for each in calendar_years(session) if each.year == notice.year)
    return StoredNotice(
        year=notice.year,
        documents=notice.documents,
        days=len(days),
        announced=sum(day.day not in kept or not kept[day.day].official for day in days),
        changed=changed,
        version=year.version,
    )


def calendar_years(session: Session) -> tuple[CalendarYear, ...]:
    """The years of the table, in order."""
    years = groupby(_rows(session, date.min, date.max), key=lambda row: row.day.year)
    return tuple(_year(year, tuple(rows)) for year, rows in years)


def _year(year: int, rows: Sequence[CalendarDay]) -> CalendarYear:
    days = calendar_from_days(rows)
    return CalendarYear(
        year=year,
        status="official" if all(row.official for row in rows) else "provisional",
        sources=tuple(dict.fromkeys(row.source for row in rows if row.source)),
        weekdays_off=len(days.weekdays_off),
        weekend_worked=len(days.weekend_worked),
        version=days.version,
    )


def _rows(session: Session, first: date, last: date, *, lock: bool = False) -> list[CalendarDay]:
    """Rows of a period in order; locked until the end of the transaction where they are about to be changed."""
    column = table(CalendarDayRow).c
    period = (
        select(column.day, column.works, column.official, column.source)
        .where(column.day.between(first, last))
        .order_by(column.day)
    )
    found = session.connection().execute(period.with_for_update() if lock else period)
    # A provisional day is worked out, not believed: the table may be older than what is known of its year.
    return [CalendarDay(*row) if row.official else provisional(row.day) for row in found]


def calendar_around(session: Session, day: date, through: date) -> WorkCalendar:
    """The working days a case will need, from a little before a day to well after its loan's maturity.

    The case records them by value: with them goes the table's version, and the last day that had been announced. Days
    that the table does not reach are added provisionally.
    """
    return calendar_from_days(_rows(session, day - LOOK_BACK, through + LOOK_AHEAD)).reaching(through + LOOK_AHEAD)


def last_day_known(session: Session) -> date:
    """The last day of the table: beyond it nobody can say yet which days are worked."""
    last: date = session.scalars(select(func.max(table(CalendarDayRow).c.day))).one()
    return last
