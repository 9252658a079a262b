"""The papers of a case: drawn up by the press, kept with their SHA-256, in the step that needs them."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session
from temporalio import activity

from activities.contracts import CertifyAndClose, DrawUpPapers, RefuseCase
from activities.ledger import end
from activities.press.press import Press
from activities.store import Begin
from activities.words import say, say_finding
from models import approvals, documents
from models.applications import Application, Enterprise, Loan
from models.cases import RenewalCase, commit_step
from models.documents import Document, document_number
from models.funds import Fund, kept_measure
from rulebook.calendar import LAW_ZONE, DayUnit
from rulebook.findings import Findings, Result
from rulebook.measure import Measure
from rulebook.papers import DocumentKind, FeeStep, PaperAccount, PaperData, PaperFinding
from rulebook.steps import Step

BEFORE_PAYMENT = (
    DocumentKind.RENEWAL_COMMITMENT,
    DocumentKind.TRIPARTITE_AGREEMENT,
    DocumentKind.TRANSFER_INSTRUCTION,
)


class Papers:
    """Activities that make papers; they run in a process of their own, on a queue of their own.

    Args:
        begin: opens a session that commits at the end of its block.
        press: renders; it knows nothing of cases.
    """

    def __init__(self, begin: Begin, press: Press) -> None:
        self._begin = begin
        self._press = press

    @activity.defn
    def draw_up_papers(self, request: DrawUpPapers) -> None:
        """All papers before payment: the bank's commitment, the agreement, the transfer instruction."""
        step = request.step
        with self._begin() as session:
            data, measure = _basics(session, step)
            data = data.model_copy(
                update={**_terms(session, step, measure), "expected_days": request.days, "pay_by": request.release_on}
            )
        drawn = [self._draw(kind, data, request.attempt, step.at) for kind in BEFORE_PAYMENT]
        with self._begin() as session:
            if commit_step(session, step):
                _store_all(session, drawn)

    @activity.defn
    def refuse_case(self, request: RefuseCase) -> None:
        """The refusal with its reasons, and the way to a review (复核)."""
        step = request.step
        with self._begin() as session:
            data, measure = _basics(session, step)
        data = data.model_copy(update={"findings": _reasons(request, measure)})
        notice = self._draw(DocumentKind.REFUSAL_NOTICE, data, 1, step.at)
        answered = {"answer": request.answer.value, "route": request.answer.route.value} if request.answer else {}
        with self._begin() as session:
            end(session, step, request.attempt, **answered)
            _store_all(session, [notice])

    @activity.defn
    def certify_and_close(self, request: CertifyAndClose) -> None:
        """The settlement certificate, and the end of the case."""
        step = request.step
        with self._begin() as session:
            data, _ = _basics(session, step)
            case = session.get_one(RenewalCase, step.case_no)
            data = data.model_copy(
                update={
                    "bridge_fen": request.amount_fen,
                    "paid_on": request.paid_on,
                    "returned_on": request.returned_on,
                    "days_out": request.days,
                    "fee_fen": request.fee_fen,
                    "new_loan_note": case.new_loan_note,
                    "renewed_fen": case.new_loan_fen,
                }
            )
        certificate = self._draw(DocumentKind.SETTLEMENT_CERTIFICATE, data, 1, step.at)
        with self._begin() as session:
            settled = {"returned_on": request.returned_on, "days": request.days, "fee_fen": request.fee_fen}
            if commit_step(session, step, **settled):
                _store_all(session, [certificate])

    def _draw(self, kind: DocumentKind, data: PaperData, attempt: int, at: datetime) -> Document:
        number = document_number(data.case_no, kind, attempt)
        paper = self._press.render(kind, data.model_copy(update={"document_no": number}))
        return Document(
            case_no=data.case_no,
            kind=kind.value,
            attempt=attempt,
            number=number,
            sha256=paper.sha256,
            template_digest=paper.template_digest,
            versions=dict(paper.versions),
            pages=paper.pages,
            made_at=at,
            pdf=paper.pdf,
        )


def _store_all(session: Session, drawn: Iterable[Document]) -> None:
    for document in drawn:
        documents.store(session, document)


def _basics(session: Session, step: Step) -> tuple[PaperData, Measure]:
    """What every paper of a case shows, and the measure it was judged under."""
    application = session.get_one(Application, step.case_no)
    loan, firm = session.get_one(Loan, application.loan), session.get_one(Enterprise, application.uscc)
    fund, case = session.get_one(Fund, step.fund), session.get_one(RenewalCase, step.case_no)
    assert case.measure_digest is not None, "an open case has its measure"
    measure = kept_measure(session, case.measure_digest)
    data = PaperData(
        case_no=step.case_no,
        document_no=step.case_no,
        issued_on=step.at.astimezone(LAW_ZONE).date(),
        fund_name=fund.name,
        operator_name=fund.operator,
        measure_document=measure.document,
        operator_choices=measure.operator_choices(),
        borrower_name=application.applicant_name,
        borrower_uscc=firm.uscc,
        bank_name=loan.bank_name,
        loan_note=loan.note,
        maturity=loan.maturity,
        balance_fen=loan.balance_fen,
        payee_account_name=application.account_name,
        payee_account_number=application.account_number,
        payee_account_branch=application.account_branch,
        custodian_account=PaperAccount(name=fund.escrow_name, number=fund.escrow_number, bank=fund.escrow_bank),
    )
    return data, measure


def _terms(session: Session, step: Step, measure: Measure) -> dict[str, object]:
    """What was promised and approved, with the fee worked out in tiers."""
    approval, promise = (
        approvals.current_approval(session, step.case_no),
        approvals.latest_promise(session, step.case_no),
    )
    assert approval is not None and promise is not None, "papers follow an approval on a promise"
    fees, count = measure.fees, measure.day_count
    return {
        "bridge_fen": approval.amount_fen,
        "promised_fen": promise.amount_fen,
        "promise_reference": promise.reference,
        "promise_valid_until": promise.valid_until,
        "promise_conditions": promise.conditions,
        "signatory": promise.signatory,
        "authority_fen": promise.authority_fen,
        "fee_steps": tuple(
            FeeStep(from_day=span.from_day, through_day=span.through_day, daily_rate_ppm=span.rate_ppm)
            for span in fees.spans()
        ),
        "first_day_counts": count.first_day_counts,
        "last_day_counts": count.last_day_counts,
        "days_off_count": count.counted is DayUnit.CALENDAR,
        "minimum_fee_fen": fees.minimum_fen or None,
        "term_in_working_days": measure.term_counted is DayUnit.WORKING,
        "new_loan_days": measure.deadlines.new_loan,
        "cut_off": measure.cut_off,
        "terms_digest": approval.terms_digest,
    }


def _reasons(request: RefuseCase, measure: Measure) -> tuple[PaperFinding, ...]:
    """What the rules found; else the bank's answer; else the officer's written reason.

    What a rule leaves to a person's judgement is no reason where another rule forbids.
    """
    findings: Findings = request.findings
    found = tuple(
        PaperFinding(sentence=say_finding(finding, "zh"), citation=finding.citation)
        for finding in findings.standing_out
        if findings.result is not Result.FAIL or finding.result is Result.FAIL
    )
    reason = request.step.detail.get("reason", "")
    if reason == "not_eligible":
        return found
    if request.answer is not None and reason == "bank_will_not_renew":
        sentence = say("refusal.bank_will_not_renew", "zh", answer=say(f"answer.{request.answer}", "zh"))
    else:
        sentence = say("refusal.by_officer", "zh", reason=reason)
    return (PaperFinding(sentence=sentence, citation=measure.document), *found)
