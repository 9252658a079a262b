"""What the tables of the case file share."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, DateTime, Table, Text, literal
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, Session, SQLModel

# A command loads all tables and checks values of one or two: what checks them is built where it is first asked for.
SQLModel.model_config["defer_build"] = True


class Moment(TypeDecorator[datetime]):
    """A moment with its time zone, stored in UTC; a naive one is an error, not a guess."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a moment without a time zone: {value}")
        return value

    def process_result_value(self, value: datetime | None, dialect: object) -> datetime | None:
        return value and value.astimezone(UTC)


def moment(**kwargs: Any) -> Any:
    """A column for a moment."""
    return Field(sa_type=Moment, **kwargs)


def plain_json(**kwargs: Any) -> Any:
    """A column for plain data."""
    return Field(sa_type=JSONB, **kwargs)


def words(**kwargs: Any) -> Any:
    """A column for text of any length."""
    return Field(sa_type=Text, **kwargs)


def table(model: type[SQLModel]) -> Table:
    """The table of a model, for statements that name columns."""
    found: Table = model.__table__  # type: ignore[attr-defined]
    return found


def fen(**kwargs: Any) -> Any:
    """A column for money in whole fen."""
    return Field(sa_type=BigInteger, **kwargs)


def insert_new(session: Session, model: type[SQLModel], row: Mapping[str, Any]) -> bool:
    """Insert a row unless one with its key is there.

    Returns:
        whether it is new; an insert's row count is no evidence, since drivers need not report it.
    """
    reckoned = {name: value for name, value in row.items() if isinstance(value, ClauseElement)}  # by the database
    given = {name: value for name, value in row.items() if name not in reckoned}
    statement = _insert_new(model).values(reckoned) if reckoned else _insert_new(model)
    return session.connection().execute(statement, given).first() is not None


@cache
def _insert_new(model: type[SQLModel]) -> ReturningInsert[int]:
    """The statement without its values, which cost more to write into it than the database takes to run it."""
    return insert(table(model)).on_conflict_do_nothing().returning(literal(1))
