"""What lists and the page of a case show: read from the case file and the books, as plain values."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models.books import ledger
from models.cases.applications import Application, Collateral, Enterprise, Loan
from models.cases.case_file import the_case
from models.cases.views import (
    ApprovalView,
    CasePage,
    CaseView,
    DocumentView,
    EventView,
    FundView,
    JudgementView,
    MeasureView,
    MessageView,
    NextAct,
    PaymentView,
    PersonView,
    PoolPage,
    PromiseView,
    QueueView,
    Recorded,
    TaskView,
)
from models.funds.funds import fund as the_fund
from models.funds.funds import kept_measure
from models.funds.report import cases_out, expected_by_day
from rulebook.cases import CaseFacts
from rulebook.errors import XuqiaoError
from rulebook.papers.kinds import DocumentKind
from rulebook.stages import STAGES, CaseStage, MessageKind, Role, next_acts

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
_RECORDED = """
    id, key, case_no, kind, body, actor_id, actor_name, actor_role, organisation, occurred_at, recorded_at, state,
    CASE WHEN state = 'refused' THEN outcome END AS reason, decided_at
"""
_ACTS = text(f"SELECT {_RECORDED} FROM officer_act WHERE case_no = :case ORDER BY recorded_at, id")
_MESSAGES = text(f"""
    SELECT {_RECORDED}, source, paper_digest, signatory, recorded_by, verified_by, verified_at
    FROM bank_message
    WHERE (CAST(:case AS text) IS NULL OR case_no = :case) AND (CAST(:state AS text) IS NULL OR state = :state)
    ORDER BY recorded_at, id
""")
_QUEUE = text("""
    SELECT q.case_no, a.applicant_name, q.amount_fen, q.rank, q.reason, q.queued_at, q.put_first_by, q.put_first_reason
    FROM queue_place AS q JOIN application AS a USING (case_no)
    WHERE q.fund = :fund AND q.granted_at IS NULL AND q.left_at IS NULL
    ORDER BY q.put_first_at DESC NULLS LAST, q.rank, q.queued_at, q.case_no
""")
_FUNDS = text("""
    SELECT f.*, (SELECT max(business_date) FROM fund_day AS d WHERE d.fund = f.code) AS business_date,
           m.pack, m.effective_from
    FROM fund AS f
    LEFT JOIN LATERAL (
        SELECT pack, effective_from FROM fund_measure
        WHERE fund = f.code
          AND effective_from <= coalesce((SELECT max(business_date) FROM fund_day AS d WHERE d.fund = f.code), now())
        ORDER BY effective_from DESC LIMIT 1
    ) AS m ON true
    ORDER BY f.code
""")
_PEOPLE = text("SELECT id, name, organisation, roles FROM person ORDER BY id")
_PROMISES = text("""
    SELECT at, rung, amount_fen, valid_until, reference, signatory, authority_fen, conditions
    FROM promise WHERE case_no = :case ORDER BY at
""")
_APPROVALS = text("""
    SELECT attempt, amount_fen, ceiling_fen, bound_by, terms_digest, findings, maker, m.name AS maker_name, proposed_at,
           checker, c.name AS checker_name, approved_at, voided_at
    FROM approval LEFT JOIN person AS m ON m.id = maker LEFT JOIN person AS c ON c.id = checker
    WHERE case_no = :case ORDER BY attempt
""")
_PAYMENTS = text("""
    SELECT key, number, attempt, amount_fen, state, intended_at, reference, reason, decided_at, decided_on,
           receipt_serial, sent_by, statement_reference, confirmed_by, returned
    FROM payment WHERE case_no = :case ORDER BY number
""")
_JUDGEMENTS = text("""
    SELECT j.cause, j.result, j.findings, j.direct_result, j.direct_findings
    FROM judgement AS j JOIN event AS e USING (case_no, cause)
    WHERE case_no = :case ORDER BY e.serial
""")
_EVENTS = text("""
    SELECT at, kind, stage, cause, actor_id, actor_name, actor_role, organisation, detail
    FROM event WHERE case_no = :case ORDER BY serial
""")
_DOCUMENTS = text("""
    SELECT kind, attempt, number, sha256, template_digest, pages, made_at
    FROM document WHERE case_no = :case ORDER BY made_at, number
""")
_GUARANTORS = text("SELECT name FROM guarantor WHERE case_no = :case ORDER BY name")
_PAPER = text("""
    SELECT pdf, sha256 FROM document
    WHERE case_no = :case AND kind = :kind AND (CAST(:attempt AS integer) IS NULL OR attempt = :attempt)
    ORDER BY attempt DESC LIMIT 1
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
    return [CaseView(**row) for row in _rows(session, _CASES, stage=stage, fund=fund, role=role)]


def tasks(
    session: Session, *, role: Role | None = None, fund: str | None = None, overdue: bool = False
) -> list[TaskView]:
    """The worklist (待办), what is due first stands first.

    Args:
        overdue: only what is past its time by the fund's clock.
    """
    return [TaskView(**row) for row in _rows(session, _TASKS, case=None, fund=fund, role=role, overdue=overdue)]


def messages(session: Session, *, case_no: str | None = None, state: str | None = None) -> list[MessageView]:
    """The inbox in the order of recording, messages for unknown cases included."""
    return [MessageView(**row) for row in _rows(session, _MESSAGES, case=case_no, state=state)]


def pool_page(session: Session, fund: str) -> PoolPage:
    """A fund's pool, what is due back on which day, and its queue.

    Raises:
        XuqiaoError: ``fund.unknown``.
    """
    about = the_fund(session, fund)
    line = next(line for line in funds(session) if line.code == fund)
    return PoolPage(
        fund=fund,
        name=about.name,
        business_date=line.business_date,
        **ledger.pool(session, fund).model_dump(),
        expected=expected_by_day(cases_out(session, fund)),
        queue=tuple(queue(session, fund)),
    )


def queue(session: Session, fund: str) -> list[QueueView]:
    """Who waits for a fund's money, head first."""
    return [QueueView(**row) for row in _rows(session, _QUEUE, fund=fund)]


def funds(session: Session) -> list[FundView]:
    """All funds by code."""
    return [FundView(**row) for row in _rows(session, _FUNDS)]


def people(session: Session) -> list[PersonView]:
    """All people by id."""
    return [PersonView(**row) for row in _rows(session, _PEOPLE)]


def paper(session: Session, case_no: str, kind: DocumentKind, attempt: int | None = None) -> tuple[bytes, str]:
    """A paper of a case as it was made, the latest of its kind unless an attempt is named.

    Returns:
        the PDF, and the SHA-256 that was written down when it was made.
    Raises:
        XuqiaoError: ``case.unknown``, ``paper.unknown``.
    """
    the_case(session, case_no)
    found = _rows(session, _PAPER, case=case_no, kind=kind, attempt=attempt)
    if not found:
        raise XuqiaoError("paper.unknown")
    return bytes(found[0]["pdf"]), str(found[0]["sha256"])


def case_page(session: Session, case_no: str) -> CasePage:
    """Everything about one case.

    Raises:
        XuqiaoError: ``case.unknown``.
    """
    case = the_case(session, case_no)
    application = session.get_one(Application, case_no)
    stage = CaseStage(case.stage)
    approvals = [ApprovalView(**row) for row in _rows(session, _APPROVALS, case=case_no)]
    promises = [PromiseView(**row) for row in _rows(session, _PROMISES, case=case_no)]
    open_tasks = [TaskView(**row) for row in _rows(session, _TASKS, case=case_no, fund=None, role=None, overdue=False)]
    task = next(iter(open_tasks), None)
    return CasePage(
        **case.model_dump(exclude={"loan", "stage", "measure_digest"}),
        **_filed(session, application),
        stage=stage,
        measure=_measure(session, case.measure_digest),
        fund_name=the_fund(session, case.fund).name,
        task=task,
        next_acts=tuple(
            NextAct(kind=kind, role=role) for kind, role in next_acts(stage, task.kind if task else None).items()
        ),
        next_messages=tuple(kind for kind in MessageKind if kind in STAGES[stage].messages),
        judgements=tuple(JudgementView(**row) for row in _rows(session, _JUDGEMENTS, case=case_no)),
        promise=promises[-1] if promises else None,
        promises=tuple(promises),
        approval=next((line for line in reversed(approvals) if line.voided_at is None), None),
        approvals=tuple(approvals),
        queued=next((line for line in queue(session, case.fund) if line.case_no == case_no), None),
        payments=tuple(PaymentView(**row) for row in _rows(session, _PAYMENTS, case=case_no)),
        position=ledger.position(session, case.fund, case_no),
        events=tuple(EventView(**row) for row in _rows(session, _EVENTS, case=case_no)),
        acts=tuple(Recorded(**row) for row in _rows(session, _ACTS, case=case_no)),
        messages=tuple(messages(session, case_no=case_no)),
        documents=tuple(DocumentView(**row) for row in _rows(session, _DOCUMENTS, case=case_no)),
    )


def _measure(session: Session, digest: str | None) -> MeasureView | None:
    if digest is None:
        return None
    measure = kept_measure(session, digest)
    return MeasureView(
        digest=digest,
        pack=measure.id,
        document=measure.document,
        overlay=measure.overlay,
        operator_choices=measure.operator_choices(),
    )


def _filed(session: Session, application: Application) -> Mapping[str, Any]:
    """What the applicant said, and about whom."""
    enterprise = session.get_one(Enterprise, application.uscc)
    loan = session.get_one(Loan, application.loan)
    collateral = session.get_one(Collateral, application.case_no)
    facts = CaseFacts.model_validate(application.facts)
    return {
        **application.model_dump(exclude={"case_no", "fund", "loan", "facts"}),
        "legal_representative": enterprise.legal_representative,
        "phone": enterprise.phone,
        "bank": loan.bank,
        "bank_name": loan.bank_name,
        "loan_note": loan.note,
        "loan_kind": loan.kind,
        "loan_balance_fen": facts.loan.balance_fen,
        "maturity": loan.maturity,
        "guarantors": tuple(row["name"] for row in _rows(session, _GUARANTORS, case=application.case_no)),
        "collateral_type": collateral.kind,
        "collateral": collateral.description,
        "collateral_anew": collateral.anew,
        "collateral_registered_on": collateral.registered_on,
        "collateral_certificate": collateral.certificate,
        "facts": facts,
    }


def _rows(session: Session, statement: Any, **params: object) -> Sequence[dict[str, Any]]:
    return [dict(row) for row in session.connection().execute(statement, params).mappings()]
