"""Lists of cases and of open tasks, read with as little of the program as they need: they are asked for all day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator
from sqlalchemy import text
from sqlmodel import Session

from rulebook.cases import Route
from rulebook.stages import ActKind, CaseStage, MessageKind, Role
from rulebook.values import Value

Instant = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
"""A moment in UTC, whatever zone the connection speaks."""


class CaseView(Value):
    """A case in a list; amounts in fen. ``awaits`` to ``overdue`` describe its open task."""

    case_no: str
    fund: str
    applicant_name: str
    bank_name: str
    loan_note: str
    maturity: date
    asked_fen: int
    stage: CaseStage
    stage_since: Instant | None
    awaits: ActKind | MessageKind | None
    awaits_role: Role | None
    due: Instant | None
    urgency: str | None
    overdue: bool
    route: Route | None
    amount_fen: int | None
    days: int | None
    fee_fen: int | None
    end_reason: str | None


class TaskView(Value):
    """An open task (待办); ``urgency`` is normal, reminded or escalated.

    ``provisional``: it is due in a year whose days off have not been announced.
    """

    case_no: str
    fund: str
    applicant_name: str
    loan_note: str
    maturity: date
    stage: CaseStage
    kind: ActKind | MessageKind
    role: Role
    opened_at: Instant
    due: Instant | None
    urgency: str
    overdue: bool
    provisional: bool


# Where a fund's clock stands: never behind the business day that its daily round has opened.
_CLOCK = """
    clock AS (
        SELECT fund, greatest(now(), max(business_date)::timestamp AT TIME ZONE 'Asia/Shanghai') AS as_of
        FROM fund_day GROUP BY fund
    )
"""
_CASES = text(f"""
    WITH {_CLOCK}
    SELECT c.case_no, c.fund, a.applicant_name, l.bank_name, l.note AS loan_note, l.maturity,
           (a.facts ->> 'asked_fen')::bigint AS asked_fen, c.stage, c.stage_since, t.kind AS awaits,
           t.role AS awaits_role, t.due, t.urgency, coalesce(t.due < clock.as_of, false) AS overdue,
           c.route, c.amount_fen, c.days, c.fee_fen, c.end_reason
    FROM renewal_case AS c
    JOIN application AS a USING (case_no)
    JOIN loan AS l ON l.id = c.loan
    LEFT JOIN task AS t ON t.case_no = c.case_no AND t.done_at IS NULL
    LEFT JOIN clock ON clock.fund = c.fund
    WHERE (CAST(:fund AS text) IS NULL OR c.fund = :fund)
      AND (CAST(:stage AS text) IS NULL OR c.stage = :stage)
      AND (CAST(:role AS text) IS NULL OR t.role = :role)
    ORDER BY c.case_no
""")
_TASKS = text(f"""
    WITH {_CLOCK}
    SELECT t.case_no, t.fund, a.applicant_name, l.note AS loan_note, l.maturity, c.stage, t.kind, t.role,
           t.opened_at, t.due, t.urgency, coalesce(t.due < clock.as_of, false) AS overdue,
           coalesce((t.due AT TIME ZONE 'Asia/Shanghai')::date > (
               SELECT max(day) FROM calendar_day WHERE official
           ), false) AS provisional
    FROM task AS t
    JOIN renewal_case AS c USING (case_no)
    JOIN application AS a USING (case_no)
    JOIN loan AS l ON l.id = c.loan
    LEFT JOIN clock ON clock.fund = t.fund
    WHERE t.done_at IS NULL
      AND (CAST(:case AS text) IS NULL OR t.case_no = :case)
      AND (CAST(:fund AS text) IS NULL OR t.fund = :fund)
      AND (CAST(:role AS text) IS NULL OR t.role = :role)
      AND (NOT :overdue OR t.due < clock.as_of)
    ORDER BY t.due NULLS LAST, t.case_no
""")


def cases(
    session: Session, *, stage: CaseStage | None = None, fund: str | None = None, role: Role | None = None
) -> list[CaseView]:
    """Cases by number.

    Args:
        stage: only those that stand there.
        fund: only those of this fund.
        role: only those whose open task waits for this role.
    """
    return [CaseView(**row) for row in rows(session, _CASES, stage=stage, fund=fund, role=role)]


def tasks(
    session: Session, *, role: Role | None = None, fund: str | None = None, overdue: bool = False
) -> list[TaskView]:
    """The worklist (待办), what is due first stands first.

    Args:
        overdue: only what is past its time by the fund's clock.
    """
    return [TaskView(**row) for row in rows(session, _TASKS, case=None, fund=fund, role=role, overdue=overdue)]


def task_of(session: Session, case_no: str) -> TaskView | None:
    """The open task of a case."""
    found = rows(session, _TASKS, case=case_no, fund=None, role=None, overdue=False)
    return TaskView(**found[0]) if found else None


def rows(session: Session, statement: Any, **params: object) -> Sequence[dict[str, Any]]:
    """What a statement finds, by column."""
    return [dict(row) for row in session.connection().execute(statement, params).mappings()]
