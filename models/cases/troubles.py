"""What stands in the way of a case and no task of its story says: found from outside, shown where tasks are shown.

A task is written step by step by the story. Where the story itself failed, or is not heard, another must say so.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel

from models.base import moment, plain_json, words
from models.cases.lists import Instant, rows
from rulebook.errors import XuqiaoError
from rulebook.values import Value


class TroubleKind(StrEnum):
    """What is wrong with a case."""

    TOO_MANY_MESSAGES = "too_many_messages"  # one way of sending has reached its bound, and is refused from then on
    UNDELIVERABLE = "undeliverable"  # what was meant for it Temporal does not take
    STORY_GONE = "story_gone"  # its workflow has ended, or is not there, and the case has not ended
    STORY_TAKEN = "story_taken"  # under the name of its workflow another one stands, which is not its own
    STORY_ELSEWHERE = "story_elsewhere"  # its workflow stands in another stage than the file, as after a reset
    LATE_PAYMENT = "late_payment"  # the bank made a payment that was given up, and the case has ended without it
    STUCK = "stuck"  # a step of it, or its workflow itself, fails again and again
    APPROVAL_MISSING = "approval_missing"  # the checker's act was accepted, and the books know of no approval


class Trouble(SQLModel, table=True):
    """One trouble of a case, open until it is over or two people have ended it.

    Attributes:
        about: what of its kind it is, where a case may have several at once.
        remedy: what the first person proposes, with ``reason``; the second approves it or it is not done.
    """

    __tablename__ = "trouble"
    __table_args__ = (
        Index("one_open_trouble", "case_no", "kind", "about", unique=True, postgresql_where=text("closed_at IS NULL")),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_no: str = words(foreign_key="application.case_no")
    fund: str = words()
    kind: str = words()
    about: str = words(default="")
    detail: dict[str, Any] = plain_json()
    opened_at: datetime = moment()
    closed_at: datetime | None = moment(nullable=True, default=None)
    remedy: str | None = words(nullable=True, default=None)
    reason: str | None = words(nullable=True, default=None)
    proposed_by: str | None = words(nullable=True, default=None)
    proposed_at: datetime | None = moment(nullable=True, default=None)
    approved_by: str | None = words(nullable=True, default=None)
    approved_at: datetime | None = moment(nullable=True, default=None)


class TroubleView(Value):
    """An open trouble, as lists show it."""

    id: int
    case_no: str
    fund: str
    applicant_name: str
    kind: TroubleKind
    detail: dict[str, str]
    opened_at: Instant
    remedy: str | None
    reason: str | None
    proposed_by: str | None


_NOTICE = text("""
    INSERT INTO trouble (case_no, fund, kind, about, detail, opened_at)
    SELECT case_no, fund, :kind, :about, :detail, now() FROM renewal_case WHERE case_no = :case
    ON CONFLICT (case_no, kind, about) WHERE closed_at IS NULL DO NOTHING
""").bindparams(bindparam("detail", type_=JSONB))
_WAS_DISMISSED = text("""
    SELECT EXISTS (
        SELECT FROM trouble WHERE case_no = :case AND kind = :kind AND about = :about
            AND closed_at IS NOT NULL AND remedy = 'dismiss' AND approved_by IS NOT NULL
    )
""")
_OVER = text("""
    UPDATE trouble SET closed_at = now()
    WHERE case_no = :case AND kind = :kind AND closed_at IS NULL AND (CAST(:about AS text) IS NULL OR about = :about)
""")
_OPEN = text("""
    SELECT t.id, t.case_no, t.fund, a.applicant_name, t.kind, t.detail, t.opened_at, t.remedy, t.reason, t.proposed_by
    FROM trouble AS t JOIN application AS a USING (case_no)
    WHERE t.closed_at IS NULL
      AND (CAST(:fund AS text) IS NULL OR t.fund = :fund) AND (CAST(:case AS text) IS NULL OR t.case_no = :case)
    ORDER BY t.opened_at, t.id
""")


def notice(session: Session, case_no: str, kind: TroubleKind, about: str = "", **detail: object) -> None:
    """Put a trouble where people see it; one that is open already stays as it is."""
    shown = {name: str(value) for name, value in detail.items()}
    session.connection().execute(_NOTICE, {"case": case_no, "kind": kind.value, "about": about, "detail": shown})


def was_dismissed(session: Session, case_no: str, kind: TroubleKind, about: str) -> bool:
    """Whether two people have seen to this very thing by other means: what cannot come twice is over for good."""
    asked = {"case": case_no, "kind": kind.value, "about": about}
    return bool(session.connection().execute(_WAS_DISMISSED, asked).scalar())


def over(session: Session, case_no: str, kind: TroubleKind, about: str | None = None) -> None:
    """A trouble is no more; without ``about``, all of its kind."""
    session.connection().execute(_OVER, {"case": case_no, "kind": kind.value, "about": about})


def troubles(session: Session, *, fund: str | None = None, case_no: str | None = None) -> list[TroubleView]:
    """What stands in the way of cases, the oldest first."""
    return [TroubleView(**row) for row in rows(session, _OPEN, fund=fund, case=case_no)]


def open_trouble(session: Session, trouble: int) -> Trouble:
    """An open trouble, locked for the caller's transaction.

    Raises:
        XuqiaoError: ``trouble.unknown``.
    """
    found = session.get(Trouble, trouble, with_for_update=True)
    if found is None or found.closed_at is not None:
        raise XuqiaoError("trouble.unknown", trouble=trouble)
    return found
