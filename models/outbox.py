"""What must reach Temporal, written in the transaction that decided it and delivered by the relay."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, Session, SQLModel

from models.base import moment, plain_json, table, words

CHANNEL = "xuqiao_outbox"


class DeliveryKind(StrEnum):
    """What the relay is to do in Temporal."""

    START = "start"
    PURSUE = "pursue"
    SIGNAL = "signal"


class Outbox(SQLModel, table=True):
    """One delivery to the workflow of a case; ``failure`` says why it could never arrive.

    One that failed waits until ``next_at``, and what is behind it for the same case waits with it.

    ``errand`` is its kind, under the name that column was given first.
    """

    __table_args__ = (Index("outbox_starts", "delivered_at", postgresql_where=text("errand = 'start'")),)

    id: int | None = Field(default=None, primary_key=True)
    case_no: str = words(index=True)
    errand: str = words()
    signal: str | None = words(nullable=True, default=None)
    payload: dict[str, Any] = plain_json()
    message_id: str | None = words(nullable=True, default=None, index=True)
    written_at: datetime = moment()
    delivered_at: datetime | None = moment(nullable=True, default=None)
    failure: str | None = words(nullable=True, default=None)
    tries: int = 0
    next_at: datetime | None = moment(nullable=True, default=None)


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
    WITH head AS (
        SELECT DISTINCT ON (case_no) case_no, id, next_at,
            CASE errand WHEN 'start' THEN payload ->> 'queues' END AS begins_on
        FROM outbox WHERE delivered_at IS NULL AND failure IS NULL ORDER BY case_no, id
    ), begun AS (
        SELECT o.payload ->> 'queues' AS queues, count(*) AS cases
        FROM outbox AS o JOIN renewal_case AS c USING (case_no)
        WHERE o.errand = 'start' AND o.delivered_at > now() - make_interval(secs => :lately) AND c.stage = 'intake'
        GROUP BY 1
    ), due AS (
        SELECT case_no, id, begins_on, row_number() OVER (PARTITION BY begins_on ORDER BY id) AS place
        FROM head WHERE next_at IS NULL OR next_at <= now()
    ), waiting AS MATERIALIZED (
        SELECT case_no FROM due LEFT JOIN begun ON queues = begins_on
        WHERE begins_on IS NULL OR place <= :at_once - coalesce(begun.cases, 0) ORDER BY id LIMIT :cases
    )
    SELECT case_no FROM waiting WHERE pg_try_advisory_xact_lock(hashtextextended('errands/' || case_no, 0))
""")
BEGUN_AT_ONCE = 24
"""Cases on the same queues that have begun and are not yet through their intake: a thousand filed at once begin one
after the other, and no worker has more in hand than it answers in time."""
BEGUN_LATELY_SECONDS = 5
"""A case that is at its intake for longer has its own trouble, and holds up nobody else."""
MOST_OF_ONE_CASE = 8
"""Deliveries in one batch: whoever sends a case a thousand messages does not keep the others waiting."""
_OPEN = text("""
    SELECT o.* FROM unnest(CAST(:cases AS text[])) AS mine (case_no)
    CROSS JOIN LATERAL (
        SELECT * FROM outbox WHERE case_no = mine.case_no AND delivered_at IS NULL AND failure IS NULL
        ORDER BY id LIMIT :most
    ) AS o ORDER BY o.id
""")
_PUT_OFF = text("""
    UPDATE outbox SET tries = tries + 1, next_at = now() + make_interval(secs => least(power(2, tries), 3600))
    WHERE id = :delivery RETURNING tries
""")
_NEVER = text("""
    UPDATE outbox SET failure = 'message.case_ended'
    WHERE case_no = :case AND errand = 'start' AND delivered_at IS NULL AND failure IS NULL
""")
_AT_ONCE = text("UPDATE outbox SET next_at = NULL WHERE case_no = :case AND delivered_at IS NULL AND failure IS NULL")


def undelivered(session: Session, cases: int) -> list[Outbox]:
    """The oldest open deliveries of cases that no other relay has in hand, in order: a few of each case.

    A case is locked as a whole until the caller's transaction ends: were its deliveries shared out, a message could
    reach Temporal before the case itself does, or a later one before an earlier.
    """
    asked = {"cases": cases, "at_once": BEGUN_AT_ONCE, "lately": BEGUN_LATELY_SECONDS}
    mine = list(session.connection().execute(_MINE, asked).scalars())
    if not mine:
        return []
    # Read after the locks: as others left it.
    rows = select(Outbox).from_statement(_OPEN.bindparams(cases=mine, most=MOST_OF_ONE_CASE))
    return list(session.scalars(rows))


def starts_waiting(session: Session) -> set[str]:
    """Cases whose stories have not begun yet: their turn has not come, or their start fails."""
    outbox = table(Outbox).c
    still = outbox.delivered_at.is_(None) & outbox.failure.is_(None)
    return set(session.scalars(select(outbox.case_no).where(outbox.errand == DeliveryKind.START.value, still)))


def settle(session: Session, delivered: list[int], failed: dict[int, str]) -> None:
    """Note which deliveries arrived and which never can."""
    outbox = table(Outbox)
    if delivered:
        session.connection().execute(update(outbox).where(outbox.c.id.in_(delivered)).values(delivered_at=func.now()))
    for delivery, failure in failed.items():
        session.connection().execute(update(outbox).where(outbox.c.id == delivery).values(failure=failure))


def put_off(session: Session, delivery: int) -> int:
    """Try a delivery again later: after a second, two, four, and at the most an hour; returns how often it failed."""
    tries: int = session.connection().execute(_PUT_OFF, {"delivery": delivery}).scalar_one()
    return tries


def begin_no_more(session: Session, case_no: str) -> None:
    """A story that has not begun never shall: its case has ended without it."""
    session.connection().execute(_NEVER, {"case": case_no})


def deliver_at_once(session: Session, case_no: str) -> None:
    """What was put off for a case waits no longer: what stood in its way is mended."""
    session.connection().execute(_AT_ONCE, {"case": case_no})
