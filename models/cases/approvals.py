"""Judgements, promises and approvals of a case: what was found, what the bank stands by, who decided on which terms."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, Session, SQLModel

from models.base import fen, moment, plain_json, table, words
from rulebook.cases import Promise
from rulebook.errors import XuqiaoError
from rulebook.findings import Findings

_IN_FORCE = text("""
    SELECT p.rung, p.amount_fen, p.valid_until, p.reference, p.signatory, p.authority_fen, p.conditions
    FROM promise AS p JOIN event AS e USING (case_no, cause)
    WHERE p.case_no = :case AND NOT EXISTS (
        SELECT FROM event AS later
        WHERE later.case_no = :case AND later.kind = 'promise_withdrawn' AND later.serial > e.serial
    )
    ORDER BY e.serial DESC LIMIT 1
""")


class Judgement(SQLModel, table=True):
    """What the rules found at one step of a case."""

    case_no: str = words(primary_key=True, foreign_key="application.case_no")
    cause: str = words(primary_key=True)
    result: str = words()
    findings: list[dict[str, Any]] = plain_json()
    direct_result: str | None = words(nullable=True, default=None)
    direct_findings: list[dict[str, Any]] | None = plain_json(nullable=True, default=None)


class PromiseRow(SQLModel, table=True):
    """A bank's promise as it stood after one step; the latest is in force unless the bank took it back."""

    __tablename__ = "promise"

    case_no: str = words(primary_key=True, foreign_key="application.case_no")
    cause: str = words(primary_key=True)
    at: datetime = moment()
    rung: str = words()
    amount_fen: int = fen()
    valid_until: date
    reference: str = words()
    signatory: str = words()
    authority_fen: int = fen()
    conditions: str = words()


class Approval(SQLModel, table=True):
    """A proposal and what the checker made of it; maker and checker are never one person."""

    __table_args__ = (
        CheckConstraint("checker <> maker", name="maker_is_not_checker"),
        Index("one_standing_approval", "case_no", unique=True, postgresql_where=text("voided_at IS NULL")),
    )

    case_no: str = words(primary_key=True, foreign_key="application.case_no")
    attempt: int = Field(primary_key=True)
    amount_fen: int = fen()
    ceiling_fen: int = fen()
    bound_by: str = words()
    terms_digest: str = words()
    findings: list[dict[str, Any]] = plain_json()
    maker: str = words()
    proposed_at: datetime = moment()
    checker: str | None = words(nullable=True, default=None)
    approved_at: datetime | None = moment(nullable=True, default=None)
    voided_at: datetime | None = moment(nullable=True, default=None)


def store_judgement(
    session: Session, case_no: str, cause: str, findings: Findings, direct: Findings | None = None
) -> None:
    """Keep what the rules found, once for each cause: of the applicant, and of the bank's renewing without a bridge."""
    row = {
        "case_no": case_no,
        "cause": cause,
        "result": findings.result.value,
        "findings": findings.model_dump(mode="json")["items"],
    }
    if direct:
        row |= {"direct_result": direct.result.value, "direct_findings": direct.model_dump(mode="json")["items"]}
    session.connection().execute(insert(Judgement).values(row).on_conflict_do_nothing())


def store_promise(session: Session, case_no: str, cause: str, at: datetime, promise: Promise) -> None:
    """Keep a rung of the bank's promise."""
    row = {"case_no": case_no, "cause": cause, "at": at, **promise.model_dump(mode="json")}
    session.connection().execute(insert(PromiseRow).values(row).on_conflict_do_nothing())


def latest_promise(session: Session, case_no: str) -> PromiseRow | None:
    """The promise as it last stood."""
    column = table(PromiseRow).c
    found: PromiseRow | None = session.scalars(
        select(PromiseRow).where(column.case_no == case_no).order_by(column.at.desc()).limit(1)
    ).first()
    return found


def promise_in_force(session: Session, case_no: str) -> Promise | None:
    """The promise as it last stood, unless the bank has taken it back since."""
    row = session.connection().execute(_IN_FORCE, {"case": case_no}).mappings().one_or_none()
    return None if row is None else Promise(**row)


def approve(session: Session, case_no: str, attempt: int, checker: str, terms_digest: str, at: datetime) -> None:
    """The checker's name under exactly these terms.

    Raises:
        XuqiaoError: ``approval.not_open`` when no such proposal waits for a checker.
    """
    approval = table(Approval)
    signed = session.connection().execute(
        update(approval)
        .where(
            approval.c.case_no == case_no,
            approval.c.attempt == attempt,
            approval.c.terms_digest == terms_digest,
            approval.c.checker.is_(None),
            approval.c.voided_at.is_(None),
        )
        .values(checker=checker, approved_at=at)
    )
    if signed.rowcount != 1:
        raise XuqiaoError("approval.not_open", case=case_no, attempt=attempt)


def void(session: Session, case_no: str, attempt: int, at: datetime) -> None:
    """What was proposed or approved no longer holds."""
    approval = table(Approval)
    session.connection().execute(
        update(approval)
        .where(approval.c.case_no == case_no, approval.c.attempt == attempt, approval.c.voided_at.is_(None))
        .values(voided_at=at)
    )


def last_attempt(session: Session, case_no: str) -> int:
    """The number of the latest proposal of a case, whatever became of it; 0 before the first."""
    column = table(Approval).c
    last: int | None = session.scalar(select(func.max(column.attempt)).where(column.case_no == case_no))
    return last or 0


def standing_before(session: Session, case_no: str, attempt: int) -> list[int]:
    """Earlier proposals that nobody has voided: a story that goes on by itself leaves none."""
    column = table(Approval).c
    earlier = (column.case_no == case_no, column.attempt < attempt, column.voided_at.is_(None))
    return list(session.scalars(select(column.attempt).where(*earlier)))


def current_approval(session: Session, case_no: str) -> Approval | None:
    """The latest proposal that still holds."""
    column = table(Approval).c
    found: Approval | None = session.scalars(
        select(Approval)
        .where(column.case_no == case_no, column.voided_at.is_(None))
        .order_by(column.attempt.desc())
        .limit(1)
    ).first()
    return found
