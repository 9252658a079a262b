"""The papers of a case: drawn up by the press, kept with their SHA-256, in the step that needs them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, Protocol

from sqlmodel import Session
from temporalio import activity

from activities.contracts import CertifyAndClose, DrawUpPapers, RefuseCase
from activities.ledger import end
from activities.paper_facts import as_file, paper_facts
from activities.press.office import Office
from activities.press.press import Paper
from activities.store import Begin
from activities.words import say, say_finding
from models import documents
from models.cases import commit_step
from models.documents import Document, document_number
from rulebook.findings import Findings, Result
from rulebook.measure import Measure
from rulebook.papers import SIGNED_BEFORE_PAYMENT, DocumentKind, PaperData, PaperFinding, before_payment


class Renders(Protocol):
    """A press, or a pool of them."""

    def render(
        self,
        kind: DocumentKind,
        data: PaperData,
        lang: Literal["zh", "en"] = "zh",
        draft: bool = False,
        templates: Office | None = None,
    ) -> Paper:
        """Draw one paper; as ``activities.press.Press.render``."""


class Papers:
    """Activities that make papers; they run in a process of their own, on a queue of their own.

    Args:
        begin: opens a session that commits at the end of its block.
        press: renders; it knows nothing of cases.
    """

    def __init__(self, begin: Begin, press: Renders) -> None:
        self._begin = begin
        self._press = press

    @activity.defn
    def draw_up_papers(self, request: DrawUpPapers) -> None:
        """All papers before payment, as the measure's legal form wants them."""
        step = request.step
        with self._begin() as session:
            data, measure = paper_facts(session, step.case_no, step.at)
            templates = approved_templates(session, request.template_digest)
            had = {kind: documents.last_attempt(session, step.case_no, kind) for kind in SIGNED_BEFORE_PAYMENT}
        terms = {"expected_days": request.days, "fee_fen": request.fee_fen, "pay_by": request.release_on}
        kinds = before_payment(
            measure.papers.legal_form.value,
            measure.papers.drawn_up.value,
            guarantors=bool(data.guarantors),
            committee=data.minutes_reference is not None,
        )
        data = data.model_copy(update=terms)
        # An officer may have had one of the kind drawn up before: it keeps its number, and this one comes after it.
        attempts = {kind: max(request.attempt, had[kind] + 1) for kind in kinds}
        drawn = [draw(self._press, kind, data, attempts[kind], step.at, templates=templates) for kind in kinds]
        with self._begin() as session:
            if commit_step(session, step):
                _keep_all(session, drawn)

    @activity.defn
    def refuse_case(self, request: RefuseCase) -> None:
        """The refusal with its reasons, and the way to a review (复核)."""
        step = request.step
        with self._begin() as session:
            data, measure = paper_facts(session, step.case_no, step.at)
        reasons = {"findings": _reasons(request, measure)}
        notice = draw(self._press, DocumentKind.REFUSAL_NOTICE, data.model_copy(update=reasons), 1, step.at)
        answered = {"answer": request.answer.value, "route": request.answer.route.value} if request.answer else {}
        with self._begin() as session:
            end(session, step, request.attempt, **answered)
            documents.store(session, notice)

    @activity.defn
    def certify_and_close(self, request: CertifyAndClose) -> None:
        """The settlement certificate, the index of what is archived, and the end of the case."""
        step = request.step
        with self._begin() as session:
            data, _ = paper_facts(session, step.case_no, step.at)
            indexed = documents.last_attempt(session, step.case_no, DocumentKind.ARCHIVE_INDEX)
        settled = {
            "bridge_fen": request.amount_fen,
            "paid_on": request.paid_on,
            "returned_on": request.returned_on,
            "days_out": request.days,
            "fee_fen": request.fee_fen,
        }
        data = data.model_copy(update=settled)
        drawn = [
            draw(self._press, kind, data, 1, step.at)
            for kind in AT_CLOSING
            if kind.value not in {file.kind for file in data.files}
        ]
        index = data.model_copy(update={"files": (*data.files, *map(as_file, drawn))})
        drawn.append(draw(self._press, DocumentKind.ARCHIVE_INDEX, index, indexed + 1, step.at))
        with self._begin() as session:
            projected = {"returned_on": request.returned_on, "days": request.days, "fee_fen": request.fee_fen}
            if commit_step(session, step, **projected):
                _keep_all(session, drawn)


AT_CLOSING = (
    DocumentKind.RELEASE_CHECKLIST,
    DocumentKind.DISBURSEMENT_FORM,
    DocumentKind.SETTLEMENT_CERTIFICATE,
)
"""What an archive must hold of a bridge; an officer may have had the first two drawn up on the release day."""


def approved_templates(session: Session, digest: str) -> Office | None:
    """The templates an approval binds, as they were kept; None where none were, in a case older than their keeping."""
    kept = documents.kept_templates(session, digest)
    if kept is None:
        return None
    names = {DocumentKind(kind): of_kind for kind, of_kind in kept.names.items()}
    return Office(sources=kept.sources, names=names)


def draw(
    press: Renders,
    kind: DocumentKind,
    data: PaperData,
    attempt: int,
    at: datetime,
    *,
    made_by: str | None = None,
    templates: Office | None = None,
) -> Document:
    """One paper as it is stored.

    Args:
        attempt: how many of its kind the case has had, this one included.
        made_by: the officer who asked for it; None where the story draws it up.
        templates: those it was approved with; None takes the office's present ones.
    Raises:
        XuqiaoError: as ``Press.render``.
    """
    number = document_number(data.case_no, kind, attempt)
    paper = press.render(kind, data.model_copy(update={"document_no": number}), templates=templates)
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
        data_digest=paper.data_digest,
        boxes=[box._asdict() for box in paper.boxes],
        made_by=made_by,
    )


def _keep_all(session: Session, drawn: Iterable[Document]) -> None:
    """Keep what was drawn; where somebody had one of a kind drawn up meanwhile, the attempt is repeated."""
    for document in drawn:
        documents.keep(session, document)


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
