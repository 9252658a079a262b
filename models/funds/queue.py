"""The queue for the pool: places by stored rank, granted in the transaction that frees the money."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlmodel import Field, Session, SQLModel

from models.base import fen, moment, table, words


class QueuePlace(SQLModel, table=True):
    """An approved case that waits for money; small and micro firms rank first (晋政办发〔2018〕48号, art. 8)."""

    __tablename__ = "queue_place"

    case_no: str = words(primary_key=True, foreign_key="application.case_no")
    attempt: int = Field(primary_key=True)
    fund: str = words(index=True)
    amount_fen: int = fen()
    terms_digest: str = words()
    rank: str = words()
    reason: str = words()
    overtaking: bool
    approved_by: str = words()
    queued_at: datetime = moment()
    granted_at: datetime | None = moment(nullable=True, default=None)
    left_at: datetime | None = moment(nullable=True, default=None)
    put_first_at: datetime | None = moment(nullable=True, default=None)
    put_first_by: str | None = words(nullable=True, default=None)
    put_first_reason: str | None = words(nullable=True, default=None)


def head_first() -> tuple[ColumnElement[Any], ...]:
    """The order of a queue: who was put first last, then by rank, then first come."""
    place = table(QueuePlace).c
    return place.put_first_at.desc().nulls_last(), place.rank, place.queued_at, place.case_no


def waiting(session: Session, fund: str) -> list[QueuePlace]:
    """The queue of a fund, head first, locked for the caller's transaction."""
    column = table(QueuePlace).c
    return list(
        session.scalars(
            select(QueuePlace)
            .where(column.fund == fund, column.granted_at.is_(None), column.left_at.is_(None))
            .order_by(*head_first())
            .with_for_update()
        )
    )


def put_first(session: Session, case_no: str, attempt: int, by: str, reason: str, at: datetime) -> None:
    """A person puts a waiting case before all others, against its rank; whoever was put there last is the head."""
    place = table(QueuePlace)
    session.connection().execute(
        update(place)
        .where(place.c.case_no == case_no, place.c.attempt == attempt, place.c.granted_at.is_(None))
        .values(put_first_at=at, put_first_by=by, put_first_reason=reason)
    )


def is_granted(session: Session, case_no: str, attempt: int) -> bool:
    """Whether the pool has set money aside for a place."""
    place = session.get(QueuePlace, (case_no, attempt))
    return place is not None and place.granted_at is not None


def grant_place(session: Session, place: QueuePlace) -> None:
    """The money is held: the place is used up."""
    _close(session, place.case_no, place.attempt, "granted_at")


def leave_queue(session: Session, case_no: str, attempt: int) -> None:
    """The case ends or its approval is void: it no longer waits."""
    _close(session, case_no, attempt, "left_at")


def _close(session: Session, case_no: str, attempt: int, column: str) -> None:
    place = table(QueuePlace)
    session.connection().execute(
        update(place)
        .where(
            place.c.case_no == case_no,
            place.c.attempt == attempt,
            place.c.granted_at.is_(None),
            place.c.left_at.is_(None),
        )
        .values({column: func.now()})
    )
