"""What must reach Temporal, written in the transaction that decided it and delivered by the relay."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

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


BEGINNINGS = (DeliveryKind.START, DeliveryKind.PURSUE)
"""What begins a workflow: until it is delivered nobody is there to hear of the case."""


class Outbox(SQLModel, table=True):
    """One delivery to the workflow of a case; ``failure`` says why it could never arrive.

    One that failed waits until ``next_at``, and what is behind it for the same case waits with it. So it does while a
    relay has the case in hand: the first of a case then waits until that relay's time is over, however it ends.

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


# The lock keeps the word it was given first, and is asked for still: a relay of an edition that holds it for as long as
# it delivers must not share a case out with this one during an upgrade. That edition looks at ``next_at`` as well.
_MINE = text("""
    WITH head AS (
        SELECT DISTINCT ON (case_no) case_no, id, next_at, tries,
            CASE errand WHEN 'start' THEN payload ->> 'queues' END AS begins_on
        FROM outbox WHERE delivered_at IS NULL AND failure IS NULL ORDER BY case_no, id
    ), begun AS (
        SELECT o.payload ->> 'queues' AS queues, count(*) AS cases
        FROM outbox AS o JOIN renewal_case AS c USING (case_no)
        WHERE o.errand = 'start' AND o.delivered_at > now() - make_interval(secs => :lately) AND c.stage = 'intake'
        GROUP BY 1
    ), due AS (
        -- What waits and never failed is in another relay's hand: it begins as well, and takes a place.
        SELECT case_no, id, begins_on, next_at, row_number() OVER (PARTITION BY begins_on ORDER BY id) AS place
        FROM head WHERE next_at IS NULL OR next_at <= now() OR tries = 0
    ), waiting AS MATERIALIZED (
        SELECT case_no FROM due LEFT JOIN begun ON queues = begins_on
        WHERE (next_at IS NULL OR next_at <= now())
          AND (begins_on IS NULL OR place <= :at_once - coalesce(begun.cases, 0)) ORDER BY id LIMIT :cases
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
# Looked at again behind the locks: as others left it.
_TAKE = text("""
    WITH head AS (
        SELECT first.id FROM unnest(CAST(:cases AS text[])) AS mine (case_no)
        CROSS JOIN LATERAL (
            SELECT id, next_at FROM outbox WHERE case_no = mine.case_no AND delivered_at IS NULL AND failure IS NULL
            ORDER BY id LIMIT 1
        ) AS first
        WHERE first.next_at IS NULL OR first.next_at <= now()
    )
    UPDATE outbox AS o SET next_at = now() + make_interval(secs => :seconds) FROM head WHERE o.id = head.id
    RETURNING o.case_no, o.id, o.next_at
""")
_STILL_MINE = text("""
    SELECT id FROM outbox WHERE id = :id AND next_at = :until AND delivered_at IS NULL AND failure IS NULL FOR UPDATE
""")
_GIVE_BACK = text("UPDATE outbox SET next_at = NULL WHERE id = :id AND next_at = :until AND delivered_at IS NULL")
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
    WHERE case_no = :case AND errand IN ('start', 'pursue') AND delivered_at IS NULL AND failure IS NULL
""")
_AT_ONCE = text("UPDATE outbox SET next_at = NULL WHERE case_no = :case AND delivered_at IS NULL AND failure IS NULL")


class Taken(NamedTuple):
    """A case that a relay has in hand, until a moment of the database's clock: its deliveries, in order."""

    case_no: str
    first: int
    until: datetime
    deliveries: list[Outbox]


def take(session: Session, cases: int, seconds: float) -> list[Taken]:
    """Take cases in hand that no other relay has, those that waited longest: a few deliveries of each, in order.

    A case is taken as a whole: were its deliveries shared out, a message could reach Temporal before the case itself
    does, or a later one before an earlier.

    Args:
        seconds: for which nobody else takes them; a relay that dies leaves them to others after that.
    """
    asked = {"cases": cases, "at_once": BEGUN_AT_ONCE, "lately": BEGUN_LATELY_SECONDS}
    mine = list(session.connection().execute(_MINE, asked).scalars())
    if not mine:
        return []
    heads = session.connection().execute(_TAKE, {"cases": mine, "seconds": seconds}).all()
    rows = _OPEN.bindparams(cases=[head.case_no for head in heads], most=MOST_OF_ONE_CASE)
    waiting = list(session.scalars(select(Outbox).from_statement(rows)))
    return [
        Taken(head.case_no, head.id, head.next_at, [each for each in waiting if each.case_no == head.case_no])
        for head in heads
    ]


def is_still_mine(session: Session, taken: Taken) -> bool:
    """Whether nobody took a case over meanwhile; if so, nobody does until the caller's transaction ends."""
    return session.connection().execute(_STILL_MINE, {"id": taken.first, "until": taken.until}).first() is not None


def give_back(session: Session, taken: Taken) -> None:
    """Leave a case to whoever wants it, as it was."""
    session.connection().execute(_GIVE_BACK, {"id": taken.first, "until": taken.until})


def starts_waiting(session: Session, case_no: str | None = None) -> set[str]:
    """Cases whose story or pursuit has not begun yet: its turn has not come, or its start fails; of one case alone."""
    outbox = table(Outbox).c
    still = outbox.delivered_at.is_(None) & outbox.failure.is_(None)
    begins = outbox.errand.in_([kind.value for kind in BEGINNINGS])
    asked = (outbox.case_no == case_no,) if case_no else ()
    return set(session.scalars(select(outbox.case_no).where(begins, still, *asked)))


def settle(session: Session, delivered: list[int], failed: dict[int, str]) -> None:
    """Note which deliveries arrived and which never can."""
    outbox = table(Outbox)
    if delivered:
        session.connection().execute(
            update(outbox).where(outbox.c.id.in_(delivered)).values(delivered_at=func.now(), next_at=None)
        )
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
