"""The dated table of working days; decisions use it by value, never a library's opinion of the day."""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, Session, SQLModel

from models.base import table, words
from rulebook.calendar import CalendarDay, WorkCalendar, calendar_from_days

LOOK_BACK = timedelta(days=15)
LOOK_AHEAD = timedelta(days=120)


class CalendarDayRow(SQLModel, table=True):
    """One day: whether people work on it (调休 included), and whether the State Council has said so yet."""

    __tablename__ = "calendar_day"

    day: date = Field(primary_key=True)
    works: bool
    official: bool
    source: str = words()


def store_days(session: Session, days: Iterable[CalendarDay], source: str) -> None:
    """Write days into the table; an official day replaces a provisional one, never the other way round."""
    rows = [{"day": d.day, "works": d.works, "official": d.official, "source": source} for d in days]
    new = insert(CalendarDayRow).values(rows)
    replace = {name: new.excluded[name] for name in ("works", "official", "source")}
    session.connection().execute(
        new.on_conflict_do_update(
            index_elements=["day"],
            set_=replace,
            where=table(CalendarDayRow).c.official.is_(False) | new.excluded.official,
        )
    )


def calendar_around(session: Session, day: date, through: date) -> WorkCalendar:
    """The working days a case will need, from a little before a day to well after its loan's maturity."""
    column = table(CalendarDayRow).c
    period = (
        select(column.day, column.works, column.official)
        .where(column.day.between(day - LOOK_BACK, through + LOOK_AHEAD))
        .order_by(column.day)
    )
    return calendar_from_days(CalendarDay(*row) for row in session.connection().execute(period))
