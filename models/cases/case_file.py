"""A case as pages and lists see it: its stage, its event log, its open task; written only step by step."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index, Text, Update, and_, bindparam, or_, select, text, update
from sqlalchemy import case as choose
from sqlmodel import Field, Session, SQLModel

from models.base import Moment, fen, insert_new, moment, plain_json, table, words
from models.books.ledger import vouchers
from models.cases.acts import CORRECTED, settle_acts
from models.funds.calendar import calendar_around
from models.funds.funds import kept_measure
from rulebook.books.postings import PostingKind, Subject
from rulebook.bridges import Bridge, Return
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.law.fees import Tariff
from rulebook.messages import Actor, digest_of
from rulebook.stages import ENDS, OWED_NO_MORE, STAGES, ActKind, CaseStage, MessageKind, Role, stages_before
from rulebook.steps import Step

_ENDED = ", ".join(f"'{stage.value}'" for stage in sorted(OWED_NO_MORE))


class RenewalCase(SQLModel, table=True):
    """One case: where it stands and what is settled about it; amounts in fen."""

    __tablename__ = "renewal_case"
    __table_args__ = (
        Index("one_live_case_per_loan", "loan", unique=True, postgresql_where=text(f"stage NOT IN ({_ENDED})")),
    )

    case_no: str = words(primary_key=True, foreign_key="application.case_no")
    fund: str = words(foreign_key="fund.code")
    loan: int = Field(foreign_key="loan.id")
    workflow_id: str = words()
    stage: str = words(default=CaseStage.INTAKE.value)
    stage_since: datetime | None = moment(nullable=True, default=None)
    measure_digest: str | None = words(nullable=True, default=None, foreign_key="kept_measure.digest")
    answer: str | None = words(nullable=True, default=None)
    route: str | None = words(nullable=True, default=None)
    amount_fen: int | None = fen(nullable=True, default=None)
    paid_on: date | None = None
    returned_on: date | None = None
    days: int | None = None
    fee_fen: int | None = fen(nullable=True, default=None)
    new_loan_note: str | None = words(nullable=True, default=None)
    new_loan_fen: int | None = fen(nullable=True, default=None)
    end_reason: str | None = words(nullable=True, default=None)


class StageLeads(SQLModel, table=True):
    """Where a stage may lead, as the database holds it against whoever moves a case; a test holds it against ours."""

    __tablename__ = "stage_leads"

    stage: str = words(primary_key=True)
    then_to: str = words(primary_key=True)


class Event(SQLModel, table=True):
    """One line of a case's log: keyed by what caused it, so that a repeated step writes it once."""

    case_no: str = words(primary_key=True, foreign_key="application.case_no")
    cause: str = words(primary_key=True)
    serial: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), nullable=False))
    at: datetime = moment()
    kind: str = words()
    stage: str = words()
    actor_id: str | None = words(nullable=True, default=None)
    actor_name: str | None = words(nullable=True, default=None)
    actor_role: str | None = words(nullable=True, default=None)
    organisation: str | None = words(nullable=True, default=None)
    detail: dict[str, Any] = plain_json()
    digest: str = words()


class Task(SQLModel, table=True):
    """What a case waits for, from whom and until when; at most one is open for a case."""

    __table_args__ = (
        Index("one_open_task_per_case", "case_no", unique=True, postgresql_where=text("done_at IS NULL")),
        Index("worklist", "fund", "role", "due", postgresql_where=text("done_at IS NULL")),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_no: str = words(foreign_key="application.case_no")
    fund: str = words()
    kind: str = words()
    role: str = words()
    opened_at: datetime = moment()
    due: datetime | None = moment(nullable=True, default=None)
    urgency: str = words(default="normal")
    done_at: datetime | None = moment(nullable=True, default=None)
    done_by: str | None = words(nullable=True, default=None)


def commit_step(session: Session, step: Step, **projected: object) -> bool:
    """Write one step of a case: event, stage, task and the outcome of what was taken up, together.

    Args:
        step: what the story decided.
        projected: further columns of the case that change with it.
    Returns:
        whether it was written; False when the same step had been committed before.
    Raises:
        XuqiaoError: ``case.step_conflict`` when the same cause left something else before, ``case.not_from_here``
            when the case does not stand where this step could begin.
    """
    return _commit(session, step, stages_before(step.stage), projected)


def reopen(session: Session, step: Step, **projected: object) -> bool:
    """Write the step by which a case that had ended is pursued: its money was taken back, or left after all.

    Args, result and errors as for ``commit_step``; no story writes such a step of a case itself.
    """
    return _commit(session, step, ENDS, projected)


def _commit(session: Session, step: Step, where_from: Collection[CaseStage], projected: Mapping[str, object]) -> bool:
    if not _write_event(session, step):
        settle_acts(session, step)  # the same event may come again with other refusals: those must be on record
        return False
    moved = session.connection().execute(
        _move(*sorted(projected)),
        {
            **{f"new_{name}": value for name, value in projected.items()},
            "the_case": step.case_no,
            "where_from": [stage.value for stage in where_from],
            "new_stage": step.stage.value,
            "since": step.at,
        },
    )
    if moved.rowcount != 1:
        raise XuqiaoError("case.not_from_here", case=step.case_no, stage=step.stage, cause=step.cause)
    _write_task(session, step)
    settle_acts(session, step)
    return True


def event_kind(session: Session, case_no: str, cause: str) -> EventKind | None:
    """What a cause left in the log, if it was committed."""
    event = table(Event).c
    kind = session.connection().scalar(select(event.kind).where(event.case_no == case_no, event.cause == cause))
    return EventKind(kind) if kind else None


def the_event(session: Session, case_no: str, cause: str) -> Event | None:
    """The line that a cause left in the log, if it was committed."""
    return session.get(Event, (case_no, cause))


@cache
def _move(*projected: str) -> Update:
    """A case moves to a stage from one that leads there, and other columns with it; written once, run with values.

    A step that stays in its stage keeps the moment it began.
    """
    case, stage = table(RenewalCase), bindparam("new_stage", type_=Text)
    stays = and_(table(RenewalCase).c.stage == stage, case.c.stage_since.is_not(None))
    return (
        update(case)
        .where(case.c.case_no == bindparam("the_case"), case.c.stage.in_(bindparam("where_from", expanding=True)))
        .values(
            stage=stage,
            stage_since=choose((stays, case.c.stage_since), else_=bindparam("since", type_=Moment)),
            **{name: bindparam(f"new_{name}") for name in projected},
        )
    )


def _write_event(session: Session, step: Step) -> bool:
    content = step.model_dump(mode="json", include={"event", "stage", "detail", "actor", "taken"})
    row = {
        "case_no": step.case_no,
        "cause": step.cause,
        "at": step.at,
        "kind": step.event.value,
        "stage": step.stage.value,
        "detail": step.detail,
        "digest": digest_of(content),
        **_signed(step.actor),
    }
    if insert_new(session, Event, row):
        return True
    event = table(Event).c
    before = session.connection().scalar(
        select(event.digest).where(event.case_no == step.case_no, event.cause == step.cause)
    )
    if before != row["digest"]:
        raise XuqiaoError("case.step_conflict", case=step.case_no, cause=step.cause)
    return False


def _signed(actor: Actor | None) -> dict[str, str]:
    if actor is None:
        return {}
    return {
        "actor_id": actor.id,
        "actor_name": actor.name,
        "actor_role": actor.role.value,
        "organisation": actor.organisation,
    }


URGENCY = {EventKind.REMINDED: "reminded", EventKind.ESCALATED: "escalated"}


def _write_task(session: Session, step: Step) -> None:
    """The open task becomes what the step awaits; one that goes on waiting for the same stays, perhaps more urgent."""
    task, connection = table(Task), session.connection()
    if step.event in URGENCY:
        is_open = (task.c.case_no == step.case_no, task.c.done_at.is_(None))
        connection.execute(update(task).where(*is_open).values(urgency=URGENCY[step.event]))
        return
    other = {"awaits": str(step.awaits), "until": step.due}
    connection.execute(_finish_other_task(), {"the_case": step.case_no, **other, "at": step.at, "by": step.cause})
    if step.awaits is not None:
        row = {
            "case_no": step.case_no,
            "fund": step.fund,
            "kind": step.awaits.value,
            "role": task_role(step.stage, step.awaits).value,
            "opened_at": step.at,
            "due": step.due,
            "urgency": "normal",
        }
        insert_new(session, Task, row)


@cache
def _finish_other_task() -> Update:
    """The open task of a case is done unless it is the one that goes on; written once, run with values."""
    task = table(Task)
    other = or_(task.c.kind != bindparam("awaits"), task.c.due.is_distinct_from(bindparam("until", type_=Moment)))
    return (
        update(task)
        .where(task.c.case_no == bindparam("the_case"), task.c.done_at.is_(None), other)
        .values(done_at=bindparam("at", type_=Moment), done_by=bindparam("by"))
    )


def task_role(stage: CaseStage, awaits: ActKind | MessageKind) -> Role:
    """Who does what a case waits for: the table of stages says it for acts; messages come from the bank."""
    return STAGES[stage].acts[awaits] if isinstance(awaits, ActKind) else Role.BANK_CLERK


def the_case(session: Session, case_no: str) -> RenewalCase:
    """A case by its number.

    Raises:
        XuqiaoError: ``case.unknown``.
    """
    found = session.get(RenewalCase, case_no)
    if found is None:
        raise XuqiaoError("case.unknown", case=case_no)
    return found


def routes_of(session: Session, case_nos: Collection[str]) -> dict[str, dict[str, str]]:
    """Where deliveries to some cases go: workflow, bank and stage by case number."""
    rows = session.connection().execute(
        text("""
            SELECT c.case_no, c.workflow_id, c.stage, l.bank
            FROM renewal_case AS c JOIN loan AS l ON l.id = c.loan WHERE c.case_no = ANY(:cases)
        """),
        {"cases": list(case_nos)},
    )
    return {row.case_no: {"workflow_id": row.workflow_id, "stage": row.stage, "bank": row.bank} for row in rows}


def cases_of(session: Session, fund: str) -> list[RenewalCase]:
    """All cases of a fund, by number."""
    column = table(RenewalCase).c
    return list(session.scalars(select(RenewalCase).where(column.fund == fund).order_by(column.case_no)))


def live_cases(session: Session, fund: str) -> list[RenewalCase]:
    """The cases of a fund that have not ended, by number."""
    column = table(RenewalCase).c
    live = select(RenewalCase).where(column.fund == fund, column.stage.not_in(list(ENDS))).order_by(column.case_no)
    return list(session.scalars(live))


def open_tasks(session: Session, fund: str) -> list[Task]:
    """The worklist of a fund: what is due first stands first."""
    column = table(Task).c
    waiting = select(Task).where(column.fund == fund, column.done_at.is_(None)).order_by(column.due, column.case_no)
    return list(session.scalars(waiting))


_VALUE_DATES = text(f"""
    SELECT j.seq, coalesce({CORRECTED}, (said.body ->> 'received_on')::date) AS received_on
    FROM ledger.journal AS j JOIN bank_message AS said ON said.id = j.evidence AND said.kind = 'receipt'
    WHERE j.book = :book AND j.case_no = :case
""")


def bridge_of(session: Session, case: RenewalCase, on: date) -> tuple[Bridge, Tariff] | None:
    """The bridge of a case as the books know it, and what it costs; None while no money has left.

    What was taken back is out again. Money is back on the day that the bank dates it, which may lie before the
    business day it was booked on: the fee that a borrower is told is the one that his receipts will be divided by.

    Args:
        on: the day up to which the calendar must reach.
    """
    if case.paid_on is None or case.amount_fen is None or case.measure_digest is None:
        return None
    came_in = (PostingKind.RECEIVE, PostingKind.MATCH, PostingKind.GUARANTOR_IN)
    receipts = [v for v in vouchers(session, case.fund, case.case_no) if v.kind in came_in and not v.taken_back]
    found = session.connection().execute(_VALUE_DATES, {"book": case.fund, "case": case.case_no})
    dated: dict[int, date] = {row.seq: row.received_on for row in found}
    lines = sorted(
        ((dated.get(v.number, v.accounting_date), line) for v in receipts for line in v.lines), key=lambda it: it[0]
    )
    measure, calendar = kept_measure(session, case.measure_digest), calendar_around(session, case.paid_on, on)
    bridge = Bridge(
        amount_fen=case.amount_fen,
        paid_on=case.paid_on,
        due_on=measure.due_on(case.paid_on, calendar),
        returns=tuple(
            Return(on=day, principal_fen=line.amount_fen)
            for day, line in lines
            if line.credit.subject is Subject.BRIDGE_RECEIVABLE
        ),
        fee_received_fen=sum(line.amount_fen for _, line in lines if line.credit.subject is Subject.FEE_INCOME),
    )
    return bridge, measure.tariff(calendar.reaching(on, decreed=False))


def fee_owed(session: Session, case_no: str, on: date) -> int:
    """The usage fee still to be paid if all principal is back on a day, in fen; what the borrower is told."""
    out = bridge_of(session, the_case(session, case_no), on)
    if out is None:
        return 0
    bridge, tariff = out
    return bridge.fee_fen(on, tariff) - bridge.fee_received_fen
