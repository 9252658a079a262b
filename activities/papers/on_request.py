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
from rulebook.papers.clauses import PartyInBreach
from rulebook.papers.facts import PaperData, PaperFinding
from rulebook.papers.kinds import PAPERS, DocumentKind, Occasion, drawn_on
from rulebook.values import Value


class PaperDetail(Value):
    """What only the officer can say about a paper; None and empty where the case file says it, or nobody need.

    Attributes:
        answer_by: day by which the addressee must have acted.
        missing_papers: names of what must still be handed in; empty for those the case file misses.
        breaches: what was broken, with the clause; ``in_breach`` by whom.
        extended_to, extension_reason: the new last day of the bridge, and why.
        minutes_reference, minutes_decision: of the committee.
        cooperation_from, cooperation_until, cooperation_ceiling_fen: of the agreement with the bank; in fen.
    """

    answer_by: date | None = None
    missing_papers: tuple[str, ...] = ()
    breaches: tuple[PaperFinding, ...] = ()
    in_breach: tuple[PartyInBreach, ...] = ()
    extended_to: date | None = None
    extension_reason: str = ""
    minutes_reference: str | None = None
    minutes_decision: str = ""
    cooperation_from: date | None = None
    cooperation_until: date | None = None
    cooperation_ceiling_fen: int | None = None


def draw_on_request(
    begin: Begin, press: Renders, case_no: str, kind: DocumentKind, detail: PaperDetail, by: Actor, at: datetime
) -> Document:
    """Draw a paper up and keep it; the next of its kind has the next number.

    Returns:
        the paper as kept.
    Raises:
        XuqiaoError: ``papers.drawn_by_the_case`` for a kind that is not the officer's to ask for, ``papers.back_dated``
            for a day that is over, ``papers.nothing_owed`` where all is paid, ``case.unknown``, and whatever
            the press refuses.
    """
    # All other papers are the story's: an approval binds when they come to be.
    if kind not in (on_request := drawn_on(Occasion.REQUEST)):
        known = ", ".join(each.value for each in on_request)
        raise XuqiaoError("papers.drawn_by_the_case", kind=kind.value, known=known)
    with begin() as session:
        data = _facts(session, case_no, detail, at)
        attempt = 1 + documents.last_attempts(session, case_no)[kind]
    _check_days(kind, data)
    document = draw(press, kind, data, attempt, at, made_by=by.id)
    with begin() as session:
        return documents.keep(session, document)


def draft(
    begin: Begin, press: Renders, case_no: str, kind: DocumentKind, detail: PaperDetail, at: datetime, lang: Lang = "zh"
) -> Paper:
    """Any paper of a case as it would look now, marked as a draft and kept nowhere."""
    with begin() as session:
        data = _facts(session, case_no, detail, at)
    return press.render(kind, data, lang, draft=True)


def _facts(session: Session, case_no: str, detail: PaperDetail, at: datetime) -> PaperData:
    data, _ = paper_facts(session, case_no, at)
    given = {name: value for name, value in detail if value}
    return data.model_copy(update=given)


def _check_days(kind: DocumentKind, data: PaperData) -> None:
    for field in ("answer_by", "extended_to", "cooperation_until"):
        day = getattr(data, field)
        if day is not None and day < data.issued_on:
            raise XuqiaoError("papers.back_dated", kind=kind.value, field=field, day=day, today=data.issued_on)
    if PAPERS[kind].of_a_debt and not (data.principal_owed_fen or data.fee_owed_fen) and data.paid_on is not None:
        raise XuqiaoError("papers.nothing_owed", kind=kind.value, case=data.case_no)
    if data.extended_to is not None and data.due_on is not None and data.extended_to <= data.due_on:
        raise XuqiaoError("papers.no_extension", day=data.extended_to, due=data.due_on)
