"""The papers of a case: drawn up by the press, kept with their SHA-256, in the step that needs them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Literal, Protocol

from sqlmodel import Session
from temporalio import activity

from activities.books.ledger import end, give_back, lock_pool
from activities.cases.pursuit import pursue_if_owed
from activities.contracts import CertifyAndClose, DrawingRequest, DrawReleasePapers, DrawUpPapers, RefuseCase
from activities.heartbeats import heartbeats
from activities.papers.archive import as_file
from activities.papers.facts import paper_facts, unchecked
from activities.papers.press.office import Office
from activities.papers.press.press import Paper
from activities.store import Begin
from activities.words import say, say_finding
from models.books.ledger import position
from models.cases.case_file import commit_step, the_case, the_event
from models.papers import documents
from models.papers.documents import Document, document_number
from rulebook.bridges import ExpectedUse, SettledUse
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.findings import Findings, Result
from rulebook.law.measure import Measure
from rulebook.money import Fen
from rulebook.papers.facts import PaperData, PaperFinding
from rulebook.papers.kinds import DocumentKind, Occasion, before_payment, drawn_on, on_release_day
from rulebook.papers.letters import letter_number
from rulebook.stages import ActKind, CaseStage, EndReason, end_reason
from rulebook.steps import INSTEAD_OF, REFUSAL, Step


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
        """Draw one paper; as ``activities.papers.press.press.Press.render``."""


class Papers:
    """Activities that make papers; they run in a process of their own, on a queue of their own.

    While they work Temporal hears that they are alive. What it says in return is not listened to: an activity
    that was given up goes on to its end, since a thread that is interrupted at the line to a press would leave its
    paper there for whoever draws next; and what it writes it writes once.

    Args:
        begin: opens a session that commits at the end of its block.
        press: renders; it knows nothing of cases.
    """

    def __init__(self, begin: Begin, press: Renders) -> None:
        self._begin = begin
        self._press = press

    @activity.defn(no_thread_cancel_exception=True)
    def draw_up_papers(self, request: DrawUpPapers) -> Step | None:
        """All papers before payment, as the measure's legal form wants them."""

        def keep(session: Session, drawn: Sequence[Document]) -> None:
            if commit_step(session, request.step):
                _keep_all(session, drawn)

        return self._write(request, partial(self._before_payment, request), keep)

    @activity.defn(no_thread_cancel_exception=True)
    def draw_release_papers(self, request: DrawReleasePapers) -> Step | None:
        """What is signed on the release day before the money leaves; another release has papers of its own."""

        def keep(session: Session, drawn: Sequence[Document]) -> None:
            if commit_step(session, request.step):
                _keep_all(session, drawn)

        return self._write(request, partial(self._on_release_day, request), keep)

    @activity.defn(no_thread_cancel_exception=True)
    def refuse_case(self, request: RefuseCase) -> Step | None:
        """The refusal with its reasons, and the way to a review (复核).

        The decision does not wait for its paper: what was held for the case is given back even where it cannot be
        drawn.
        """

        def keep(session: Session, drawn: Sequence[Document]) -> None:
            answer = request.answer
            answered = {"answer": answer.value, "route": answer.route.value} if answer else {}
            end(session, request.step, request.attempt, **answered)
            for document in drawn:
                documents.store(session, document)

        def without(session: Session, step: Step) -> None:
            lock_pool(session, step.fund)
            if commit_step(session, step) and request.attempt:
                give_back(session, step, request.attempt)

        return self._write(request, partial(self._refusal, request), keep, without)

    @activity.defn(no_thread_cancel_exception=True)
    def certify_and_close(self, request: CertifyAndClose) -> Step | None:
        """The settlement certificate, the index of what is archived, and the end of the case."""

        def keep(session: Session, drawn: Sequence[Document]) -> None:
            projected = {"returned_on": request.returned_on, "days": request.days, "fee_fen": request.fee_fen}
            step = request.step
            lock_pool(session, step.fund)
            if not commit_step(session, step, **projected):
                return
            if position(session, step.fund, step.case_no).outstanding_fen:  # taken back while it was drawn
                session.expire_all()
                pursue_if_owed(
                    session, the_case(session, step.case_no), f"{step.cause}/owed", EndReason.RETURN_REVERSED
                )
            else:
                _keep_all(session, drawn)

        return self._write(request, partial(self._at_closing, request), keep)

    @heartbeats()  # also while it waits for the lock of the pool, behind an import or a desk's act
    def _write(
        self,
        request: DrawingRequest,
        draw_all: Callable[[], Sequence[Document]],
        keep: Callable[[Session, Sequence[Document]], None],
        without: Callable[[Session, Step], object] = commit_step,
    ) -> Step | None:
        """Write a step with its papers; where one of them is refused, none is kept and a step that says so is written.

        A cause leaves one of the two for good: an attempt that is repeated finds which, and draws nothing.

        Args:
            keep: writes the step and its papers.
            without: writes the step in its place.
        Returns:
            the step in its place; None when all is well.
        Raises:
            XuqiaoError: of a press in trouble, or a paper drawn meanwhile: then the attempt is repeated. A press that
                has long been in trouble is told of like a refusal: the case would hear nothing else meanwhile.
        """
        with self._begin() as session:
            if before := the_event(session, request.step.case_no, request.step.cause):
                undrawn = before.kind == EventKind.PAPERS_NOT_DRAWN
                left = _in_place(request, before.detail) if undrawn else request.step
                commit_step(session, left)
                return left if undrawn else None
        try:
            drawn = draw_all()
        except XuqiaoError as refusal:
            if request.if_not_drawn is None or _may_pass(refusal):
                raise
            left = _in_place(request, _detail_of(request, refusal))
            with self._begin() as session:
                without(session, left)
            return left
        with self._begin() as session:
            keep(session, drawn)
        return None

    # What belongs to a step ------------------------------------------------------------------------------------

    def _before_payment(self, request: DrawUpPapers) -> Sequence[Document]:
        step = request.step
        with self._begin() as session:
            expected = ExpectedUse(request.release_on, request.days, Fen(request.fee_fen))
            data, measure = paper_facts(session, step.case_no, step.at, expected=expected)
            templates = approved_templates(session, request.template_digest)
            kinds = before_payment(
                measure.papers.legal_form.value,
                measure.papers.drawn_up.value,
                guarantors=bool(data.guarantors),
            )
            had = documents.last_attempts(session, step.case_no)
        # An officer may have had one of the kind drawn up before: it keeps its number, and this one comes after it.
        attempts = {kind: max(request.attempt, had[kind] + 1) for kind in kinds}
        return [draw(self._press, kind, data, attempts[kind], step.at, templates=templates) for kind in kinds]

    def _on_release_day(self, request: DrawReleasePapers) -> Sequence[Document]:
        step = request.step
        with self._begin() as session:
            facts, measure = paper_facts(session, step.case_no, step.at)
            templates = approved_templates(session, request.template_digest)
            had = documents.last_attempts(session, step.case_no)
        data = facts.model_copy(update={"release_checks": unchecked(measure)})
        kinds = on_release_day(measure.papers.drawn_up.value)
        return [draw(self._press, kind, data, had[kind] + 1, step.at, templates=templates) for kind in kinds]

    def _refusal(self, request: RefuseCase) -> Sequence[Document]:
        step = request.step
        with self._begin() as session:
            data, measure = paper_facts(session, step.case_no, step.at)
        reasons = {"findings": _reasons(request, measure)}
        return [draw(self._press, DocumentKind.REFUSAL_NOTICE, data.model_copy(update=reasons), 1, step.at)]

    def _at_closing(self, request: CertifyAndClose) -> Sequence[Document]:
        step = request.step
        with self._begin() as session:
            settled = SettledUse(
                request.amount_fen, request.paid_on, request.returned_on, request.days, request.fee_fen
            )
            data, _ = paper_facts(session, step.case_no, step.at, settled=settled)
            had = documents.last_attempts(session, step.case_no)
        # An officer may have had some of them drawn up on the release day.
        there = {DocumentKind.ARCHIVE_INDEX, *(file.kind for file in data.files)}
        there.discard(DocumentKind.SETTLEMENT_CERTIFICATE)  # one of before holds no longer: its money was taken back
        new = [kind for kind in drawn_on(Occasion.CLOSING) if kind not in there]
        drawn = [draw(self._press, kind, data, had[kind] + 1, step.at) for kind in new]
        index = data.model_copy(update={"files": (*data.files, *map(as_file, drawn))})
        return [
            *drawn,
            draw(self._press, DocumentKind.ARCHIVE_INDEX, index, had[DocumentKind.ARCHIVE_INDEX] + 1, step.at),
        ]


_CLOSED = "papers.press_closed"
_IN_TROUBLE = frozenset({_CLOSED, "papers.press_broken", "papers.too_slow"})
"""A press that died, was ended or took too long: hardly the paper's fault, so it is tried again by itself."""

MOST_ATTEMPTS_IN_TROUBLE = 20
"""A quarter of an hour of them; then a press in trouble is somebody's task: a template without end is too slow for
ever."""


def _may_pass(refusal: XuqiaoError) -> bool:
    """Whether a further attempt may go well by itself; a press that was ended is begun anew with its process."""
    attempt = activity.info().attempt if activity.in_activity() else 1
    return refusal.code == _CLOSED or (refusal.code in _IN_TROUBLE and attempt < MOST_ATTEMPTS_IN_TROUBLE)


class PaperRefused(XuqiaoError):
    """A refusal, with the kind of paper that could not be drawn."""

    def __init__(self, kind: DocumentKind, refusal: XuqiaoError) -> None:
        super().__init__(refusal.code, **refusal.params)
        self.kind = kind


def _detail_of(request: DrawingRequest, refusal: XuqiaoError) -> dict[str, str]:
    """What the log keeps of a refusal: what was decided, the kind of paper, the code, what its sentence needs."""
    step, instead = request.step, request.if_not_drawn
    moves = instead is not None and step.stage is not instead.stage
    decided = {INSTEAD_OF: step.event.value, **step.detail} if moves else {}
    paper = {"paper": refusal.kind.value} if isinstance(refusal, PaperRefused) else {}
    why = {REFUSAL: refusal.code, **{f"{REFUSAL}.{name}": value for name, value in refusal.params.items()}}
    return {**decided, **paper, **why}


def _in_place(request: DrawingRequest, detail: Mapping[str, str]) -> Step:
    """The step that is written where the papers of another could not be drawn: the case stays where it stands."""
    instead = request.if_not_drawn
    assert instead is not None, "a request that cannot wait is repeated"
    return request.step.model_copy(
        update={
            "event": EventKind.PAPERS_NOT_DRAWN,
            "stage": instead.stage,
            "awaits": ActKind.DRAW_AGAIN,
            "due": instead.due,
            "detail": dict(detail),
        }
    )


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
        PaperRefused: as ``Press.render``, and ``papers.template_broken`` for whatever else goes wrong in it.
    """
    number = document_number(data.case_no, kind, attempt)
    numbers = {"document_no": number, "letter_no": letter_number(data.office_symbol, data.case_no, kind, attempt)}
    try:
        paper = press.render(kind, data.model_copy(update=numbers), templates=templates)
    except XuqiaoError as refusal:
        raise PaperRefused(kind, refusal) from refusal
    except (OSError, MemoryError):
        raise  # the machine's, not the paper's
    except Exception as fault:  # an office writes its own templates and rules, and the engine may fall over them
        why = f"{type(fault).__name__}: {fault}".strip().splitlines()[-1]
        broken = XuqiaoError("papers.template_broken", template=f"{kind.value}.zh.html", why=why)
        raise PaperRefused(kind, broken) from fault
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
    """What the rules found; else the bank's answer, with its own reason; else the officer's written reason.

    What a rule leaves to a person's judgement is no reason where another rule forbids.
    """
    findings: Findings = request.findings
    found = tuple(
        PaperFinding(sentence=say_finding(finding, "zh"), citation=finding.citation)
        for finding in findings.standing_out
        if findings.result is not Result.FAIL or finding.result is Result.FAIL
    )
    reason = request.step.detail.get("reason", "")
    ours = end_reason(CaseStage.REFUSED, reason)
    if ours is EndReason.NOT_ELIGIBLE:
        return found
    if request.answer is not None and ours is EndReason.BANK_WILL_NOT_RENEW:
        said = "refusal.bank_will_not_renew_because" if request.bank_reason else "refusal.bank_will_not_renew"
        sentence = say(said, "zh", answer=say(f"answer.{request.answer}", "zh"), reason=request.bank_reason)
    elif ours is EndReason.FILED_TOO_LATE:
        sentence = say("refusal.filed_too_late", "zh")
    else:
        sentence = say("refusal.by_officer", "zh", reason=reason)
    return (PaperFinding(sentence=sentence, citation=measure.document), *found)
