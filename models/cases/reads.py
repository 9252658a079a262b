"""What lists and the page of a case show: read from the case file and the books, as plain values."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, text
from sqlmodel import Session

from models.base import table
from models.books import ledger
from models.books.receipts import bases_of, provisional_of
from models.cases import lists
from models.cases.applications import Application, Collateral, Loan
from models.cases.case_file import RenewalCase, the_case
from models.cases.views import (
    ApprovalView,
    CasePage,
    DocumentView,
    EventView,
    FundView,
    JudgementView,
    MeasureView,
    MessageView,
    OnWord,
    PaymentView,
    PersonView,
    PoolPage,
    PromiseView,
    QueueView,
    Recorded,
)
from models.funds.funds import fund as the_fund
from models.funds.funds import kept_measure
from models.funds.queue import QueuePlace, head_first
from models.funds.report import cases_out, expected_by_day
from models.papers.before_payment import signed_on_word
from rulebook.cases import CaseFacts
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.papers.kinds import DocumentKind, hangs_on_dates
from rulebook.stages import STAGES, CaseStage, MessageKind

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
_FUNDS = text("""
    SELECT f.code, f.name, f.operator, f.gateway, f.escrow_name, f.escrow_number, f.escrow_bank, m.pack,
           m.effective_from, (SELECT max(business_date) FROM fund_day AS d WHERE d.fund = f.code) AS business_date
    FROM fund AS f
    LEFT JOIN LATERAL (
        SELECT pack, effective_from FROM fund_measure
        WHERE fund = f.code
          AND effective_from <= coalesce((SELECT max(business_date) FROM fund_day AS d WHERE d.fund = f.code), now())
        ORDER BY effective_from DESC LIMIT 1
    ) AS m ON true
    ORDER BY f.code
""")
_PEOPLE = text("""
    SELECT r.fund, p.id, p.name, p.organisation, r.role, r.bank, r.from_day, r.until_day,
        fund_today(r.fund) BETWEEN r.from_day AND coalesce(r.until_day, 'infinity') AS held
    FROM role_held AS r JOIN person AS p ON p.id = r.person
    WHERE CAST(:fund AS text) IS NULL OR r.fund = :fund
    ORDER BY r.fund, p.id, r.from_day, r.id
""")
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
    SELECT key, number, attempt, amount_fen, intended_at, reference, reason, decided_at, decided_on,
           receipt_serial, sent_by, not_sent_by, not_sent_reason, statement_reference, confirmed_by, returned,
           CASE WHEN state = 'sent' AND by_hand AND sent_by IS NULL
                THEN CASE WHEN not_sent_by IS NULL THEN 'to_make' ELSE 'not_made' END
                ELSE state END AS state
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
    SELECT kind, attempt, number, sha256, template_digest, pages, made_at, kind = ANY(:hang_on_dates) AND EXISTS (
        SELECT FROM event AS e WHERE e.case_no = d.case_no AND e.kind = 'date_corrected' AND e.at > d.made_at
    ) AS out_of_date
    FROM document AS d WHERE case_no = :case ORDER BY made_at, number
""")
_HANG_ON_DATES = [kind.value for kind in DocumentKind if hangs_on_dates(kind)]
_GUARANTORS = text("SELECT name FROM guarantor WHERE case_no = :case ORDER BY name")
_PAPER = text("""
    SELECT pdf, sha256 FROM document
    WHERE case_no = :case AND kind = :kind AND (CAST(:attempt AS integer) IS NULL OR attempt = :attempt)
    ORDER BY attempt DESC LIMIT 1
""")


def messages(session: Session, *, case_no: str | None = None, state: str | None = None) -> list[MessageView]:
    """The inbox in the order of recording, messages for unknown cases included."""
    return [MessageView(**row) for row in lists.rows(session, _MESSAGES, case=case_no, state=state)]


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
        provisional_fen=sum(each.amount_fen for each in provisional_of(session, fund, None)),
        expected=expected_by_day(cases_out(session, fund)),
        queue=tuple(queue(session, fund)),
    )


def queue(session: Session, fund: str) -> list[QueueView]:
    """Who waits for a fund's money, head first."""
    place, applicant = table(QueuePlace).c, table(Application).c
    shown = (place[name] for name in QueueView.model_fields if name in place)
    waiting = (
        select(*shown, applicant.applicant_name)
        .join_from(table(QueuePlace), table(Application), applicant.case_no == place.case_no)
        .where(place.fund == fund, place.granted_at.is_(None), place.left_at.is_(None))
        .order_by(*head_first())
    )
    return [QueueView(**row) for row in lists.rows(session, waiting)]


def funds(session: Session) -> list[FundView]:
    """All funds by code."""
    return [FundView(**row) for row in lists.rows(session, _FUNDS)]


def people(session: Session, fund: str | None = None) -> list[PersonView]:
    """All parts that people play, played or will play, of one fund or all, by id."""
    return [PersonView(**row) for row in lists.rows(session, _PEOPLE, fund=fund)]


def paper(session: Session, case_no: str, kind: DocumentKind, attempt: int | None = None) -> tuple[bytes, str]:
    """A paper of a case as it was made, the latest of its kind unless an attempt is named.

    Returns:
        the PDF, and the SHA-256 that was written down when it was made.
    Raises:
        XuqiaoError: ``case.unknown``, ``paper.unknown``.
    """
    the_case(session, case_no)
    found = lists.rows(session, _PAPER, case=case_no, kind=kind, attempt=attempt)
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
    approvals = [ApprovalView(**row) for row in lists.rows(session, _APPROVALS, case=case_no)]
    events = tuple(EventView(**row) for row in lists.rows(session, _EVENTS, case=case_no))
    promises = [PromiseView(**row) for row in lists.rows(session, _PROMISES, case=case_no)]
    return CasePage(
        **case.model_dump(exclude={"loan", "stage", "measure_digest"}),
        **_filed(session, application),
        stage=stage,
        measure=_measure(session, case.measure_digest),
        fund_name=the_fund(session, case.fund).name,
        task=lists.task_of(session, case_no),
        next_messages=tuple(kind for kind in MessageKind if kind in STAGES[stage].messages),
        judgements=tuple(JudgementView(**row) for row in lists.rows(session, _JUDGEMENTS, case=case_no)),
        promise=promises[-1] if promises else None,
        promises=tuple(promises),
        approval=next((line for line in reversed(approvals) if line.voided_at is None), None),
        approvals=tuple(approvals),
        queued=next((line for line in queue(session, case.fund) if line.case_no == case_no), None),
        payments=tuple(PaymentView(**row) for row in lists.rows(session, _PAYMENTS, case=case_no)),
        position=ledger.position(session, case.fund, case_no),
        receipts=bases_of(session, case.fund, case_no),
        events=events,
        acts=tuple(Recorded(**row) for row in lists.rows(session, _ACTS, case=case_no)),
        messages=tuple(messages(session, case_no=case_no)),
        documents=tuple(
            DocumentView(**row) for row in lists.rows(session, _DOCUMENTS, case=case_no, hang_on_dates=_HANG_ON_DATES)
        ),
        on_word=_on_word(session, case, events),
    )


def _on_word(session: Session, case: RenewalCase, events: Sequence[EventView]) -> OnWord | None:
    """The last signing that was recorded, where nothing else says that the papers are signed."""
    signed = next((event for event in reversed(events) if event.kind is EventKind.SIGNED), None)
    if signed is None or case.measure_digest is None:
        return None
    papers = signed_on_word(session, case.case_no, kept_measure(session, case.measure_digest))
    kinds = tuple(each.kind for each in papers)
    return OnWord(recorded_by=signed.actor_name or "", signed_on=signed.detail["on"], papers=kinds) if kinds else None


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
    loan = session.get_one(Loan, application.loan)
    collateral = session.get_one(Collateral, application.case_no)
    facts = CaseFacts.model_validate(application.facts)
    filed = table(Application).c
    return {
        **application.model_dump(exclude={"case_no", "fund", "loan", "facts"}),
        "followed_by": session.scalar(select(filed.case_no).where(filed.follows == application.case_no)),
        "bank": loan.bank,
        "bank_name": loan.bank_name,
        "loan_note": loan.note,
        "loan_kind": loan.kind,
        "loan_balance_fen": facts.loan.balance_fen,
        "maturity": loan.maturity,
        "guarantors": tuple(row["name"] for row in lists.rows(session, _GUARANTORS, case=application.case_no)),
        "collateral_type": collateral.kind,
        "collateral": collateral.description,
        "collateral_anew": collateral.anew,
        "collateral_registered_on": collateral.registered_on,
        "collateral_certificate": collateral.certificate,
        "facts": facts,
    }
