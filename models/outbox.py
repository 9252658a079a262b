"""What must reach Temporal, written in the transaction that decided it and delivered by the relay."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, Session, SQLModel

from models.base import moment, plain_json, table, words

CHANNEL = "xuqiao_outbox"


class DeliveryKind(StrEnum):
    """What the relay is to do in Temporal."""

    START = "start"
    SIGNAL = "signal"


class Outbox(SQLModel, table=True):
    """One delivery to the workflow of a case; ``failure`` says why it could never arrive.

    ``errand`` is its kind, under the name that column was given first.
    """

    id: int | None = Field(default=None, primary_key=True)
    case_no: str = words(index=True)
    errand: str = words()
    signal: str | None = words(nullable=True, default=None)
    payload: dict[str, Any] = plain_json()
    message_id: str | None = words(nullable=True, default=None)
    written_at: datetime = moment()
    delivered_at: datetime | None = moment(nullable=True, default=None)
    failure: str | None = words(nullable=True, default=None)


def send(
    session: Session,
    case_no: str,
    kind: DeliveryKind,
    payload: dict[str, Any],
    signal: str | None = None,
    message_id: str | None = None,
) -> None:
    """Leave a delivery; the relay wakes when the transaction commits."""
    row = {
        "case_no": case_no,
        "errand": kind.value,
        "signal": signal,
        "payload": payload,
        "message_id": message_id,
        "written_at": func.now(),
    }
    session.connection().execute(insert(Outbox).values(row))
    session.connection().execute(text(f"NOTIFY {CHANNEL}"))


# The lock keeps the word it was given first: relays of two editions must not share a case out during an upgrade.
_MINE = text("""
    SELECT case_no FROM (
        SELECT case_no, min(id) AS oldest FROM outbox WHERE delivered_at IS NULL AND failure IS NULL
        GROUP BY case_no ORDER BY oldest LIMIT :cases
    ) AS waiting
    WHERE pg_try_advisory_xact_lock(hashtextextended('errands/' || case_no, 0))
""")


def undelivered(session: Session, limit: int) -> list[Outbox]:
    """The oldest open deliveries of cases that no other relay has in hand, in order.

    A case is locked as a whole until the caller's transaction ends: were its deliveries shared out, a message could
    reach Temporal before the case itself does, or a later one before an earlier.
    """
    mine = list(session.connection().execute(_MINE, {"cases": limit}).scalars())
    if not mine:
        return []
    column = table(Outbox).c
    is_open = (column.delivered_at.is_(None), column.failure.is_(None))  # read after the locks: as others left it
    rows = select(Outbox).where(column.case_no.in_(mine), *is_open).order_by(column.id).limit(limit)
    return list(session.scalars(rows))


def settle(session: Session, delivered: list[int], failed: dict[int, str]) -> None:
    """Note which deliveries arrived and which never can."""
    outbox = table(Outbox)
    if delivered:
        session.connection().execute(update(outbox).where(outbox.c.id.in_(delivered)).values(delivered_at=func.now()))
    for delivery, failure in failed.items():
        session.connection().execute(update(outbox).where(outbox.c.id == delivery).values(failure=failure))
