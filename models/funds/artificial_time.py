"""Days that are played, not lived: for the demo and for tests, and refused in any database that was not made for them.

Only the owner of a database can declare its time artificial, when it is made for play; ``serve`` then refuses it.
"""

from datetime import date, datetime

import psycopg
from sqlalchemy import select, text
from sqlmodel import Field, Session, SQLModel

from models.base import moment, table, words
from models.database import plain_url
from models.funds.funds import open_business_days


class ArtificialTime(SQLModel, table=True):
    """Its one row, which the owner alone can write, says: no real money here, days are played."""

    __tablename__ = "artificial_time"

    single: bool = Field(primary_key=True)
    declared_at: datetime = moment()


class FundClock(SQLModel, table=True):
    """The played day of a fund, where time is artificial; of no effect anywhere else."""

    __tablename__ = "fund_clock"

    fund: str = words(primary_key=True)
    today: date


def declare_artificial_time(owner_url: str) -> None:
    """Say once and for all that a database holds no real money.

    Args:
        owner_url: the database as its owner.
    """
    with psycopg.connect(plain_url(owner_url)) as connection:
        connection.execute("INSERT INTO artificial_time DEFAULT VALUES ON CONFLICT DO NOTHING")


def time_is_artificial(session: Session) -> bool:
    """Whether the days of this database are played."""
    return session.scalar(select(table(ArtificialTime).c.single)) is not None


def play_day(session: Session, fund: str, day: date) -> None:
    """Move the clock of a fund to a day, before the fund is opened or after.

    Raises:
        sqlalchemy.exc.ProgrammingError: time is not artificial in this database.
    """
    session.connection().execute(text("SELECT move_fund_clock(:fund, :day)"), {"fund": fund, "day": day})


def play_business_day(session: Session, fund: str, day: date) -> None:
    """Let it be another day for an open fund, with all business days up to it opened."""
    play_day(session, fund, day)
    open_business_days(session, fund)
