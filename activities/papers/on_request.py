"""Papers an officer asks for: reminders, demands, notices, forms; drawn from the case as it stands, and kept."""

from datetime import date, datetime

from sqlmodel import Session

from activities.papers.drawing_up import Renders, draw
from activities.papers.facts import paper_facts
from activities.papers.press.press import Paper
from activities.store import Begin
from activities.words import Lang
from models.papers import documents
from models.papers.documents import Document
from rulebook.errors import XuqiaoError
from rulebook.messages import Actor
from rulebook.papers.facts import DocumentKind, PaperData, PaperFinding
from rulebook.values import Value

ON_REQUEST = (
    DocumentKind.CORRECTION_NOTICE,
    DocumentKind.MINUTES,
    DocumentKind.COOPERATION_AGREEMENT,
    DocumentKind.RELEASE_CHECKLIST,
    DocumentKind.DISBURSEMENT_FORM,
    DocumentKind.PAYMENT_REMINDER,
    DocumentKind.PAYMENT_DEMAND,
    DocumentKind.BREACH_NOTICE,
    DocumentKind.EXTENSION_AGREEMENT,
    DocumentKind.ARCHIVE_INDEX,
)
"""What an officer may have drawn up. All other papers are the story's: an approval binds when they come to be."""


_OF_A_DEBT = frozenset({DocumentKind.PAYMENT_REMINDER, DocumentKind.PAYMENT_DEMAND, DocumentKind.EXTENSION_AGREEMENT})
"""Nobody is reminded of what he has paid, and nothing is extended that is back."""


class Told(Value):
    """What only the officer can say about a paper; None and empty where the case file says it, or nobody need.

    Attributes:
        answer_by: day by which the addressee must have acted.
        missing_papers: names of what must still be handed in; empty for those the case file misses.
        breaches: what was broken, with the clause.
        extended_to, extension_reason: the new last day of the bridge, and why.
        minutes_reference, minutes_decision: of the committee.
        cooperation_from, cooperation_until, cooperation_ceiling_fen: of the agreement with the bank; in fen.
    """

    answer_by: date | None = None
    missing_papers: tuple[str, ...] = ()
    breaches: tuple[PaperFinding, ...] = ()
    extended_to: date | None = None
    extension_reason: str = ""
    minutes_reference: str | None = None
    minutes_decision: str = ""
    cooperation_from: date | None = None
    cooperation_until: date | None = None
    cooperation_ceiling_fen: int | None = None


def draw_on_request(
    begin: Begin, press: Renders, case_no: str, kind: DocumentKind, told: Told, by: Actor, at: datetime
) -> Document:
    """Draw a paper up and keep it; the next of its kind has the next number.

    Returns:
        the paper as kept.
    Raises:
        XuqiaoError: ``papers.drawn_by_the_case`` for a kind that is not the officer's to ask for, ``papers.back_dated``
            for a day that is over, ``papers.nothing_owed`` where all is paid, ``case.unknown``, and whatever
            the press refuses.
    """
    if kind not in ON_REQUEST:
        known = ", ".join(each.value for each in ON_REQUEST)
        raise XuqiaoError("papers.drawn_by_the_case", kind=kind.value, known=known)
    with begin() as session:
        data = _facts(session, case_no, told, at)
        attempt = 1 + documents.last_attempts(session, case_no)[kind]
    _check_days(kind, data)
    document = draw(press, kind, data, attempt, at, made_by=by.id)
    with begin() as session:
        return documents.keep(session, document)


def draft(
    begin: Begin, press: Renders, case_no: str, kind: DocumentKind, told: Told, at: datetime, lang: Lang = "zh"
) -> Paper:
    """Any paper of a case as it would look now, marked as a draft and kept nowhere."""
    with begin() as session:
        data = _facts(session, case_no, told, at)
    return press.render(kind, data, lang, draft=True)


def _facts(session: Session, case_no: str, told: Told, at: datetime) -> PaperData:
    data, _ = paper_facts(session, case_no, at)
    said = {name: getattr(told, name) for name in Told.model_fields if getattr(told, name)}
    return data.model_copy(update=said)


def _check_days(kind: DocumentKind, data: PaperData) -> None:
    for field in ("answer_by", "extended_to", "cooperation_until"):
        day = getattr(data, field)
        if day is not None and day < data.issued_on:
            raise XuqiaoError("papers.back_dated", kind=kind.value, field=field, day=day, today=data.issued_on)
    if kind in _OF_A_DEBT and not (data.principal_owed_fen or data.fee_owed_fen) and data.paid_on is not None:
        raise XuqiaoError("papers.nothing_owed", kind=kind.value, case=data.case_no)
    if data.extended_to is not None and data.due_on is not None and data.extended_to <= data.due_on:
        raise XuqiaoError("papers.no_extension", day=data.extended_to, due=data.due_on)
