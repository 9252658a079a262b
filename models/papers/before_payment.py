"""What is on record of the signatures under the papers that let a case's money leave."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session

from models.base import table
from models.cases.applications import Guarantor
from models.cases.approvals import current_approval
from models.cases.case_file import Event
from models.papers.documents import Document
from models.papers.signatures import Signature, signatures_of
from rulebook.events import EventKind
from rulebook.law.measure import Measure
from rulebook.papers.kinds import DocumentKind, before_payment, on_release_day
from rulebook.papers.signing import OnRecord, PaperSigned, SignedHow, Unsigned, unsigned


class SignedPapers(NamedTuple):
    """What is missing before money may leave, and the ids of those who put scans on record."""

    missing: tuple[Unsigned, ...] = ()
    attached_by: frozenset[str] = frozenset()


def signed_papers(session: Session, case_no: str, measure: Measure) -> SignedPapers:
    """The papers of the approval that holds, and of the release that is at hand, where signatures must be on record.

    A payment that was sent back needs another release, with papers of its own.
    """
    form = measure.papers.signed_before_payment.value
    return SignedPapers() if form is None else _signed(session, case_no, measure, form)


def signed_on_word(session: Session, case_no: str, measure: Measure) -> tuple[Unsigned, ...]:
    """What the maker's recorded signing alone vouches for: where nobody says that signatures must be on record, the
    same papers as far as these are not, in any form."""
    silent = measure.papers.signed_before_payment.value is None
    return _signed(session, case_no, measure, OnRecord.EITHER).missing if silent else ()


def _signed(session: Session, case_no: str, measure: Measure, form: OnRecord) -> SignedPapers:
    approval = current_approval(session, case_no)
    if approval is None or approval.approved_at is None:
        return SignedPapers()
    # By the story's own clock, as its papers are dated: the database's may be ahead of it.
    event = table(Event).c
    sent_back = (event.case_no == case_no, event.kind == EventKind.PAYMENT_REJECTED.value)
    back: datetime | None = session.scalar(select(func.max(event.at)).where(*sent_back))
    of_release = max(approval.approved_at, back or approval.approved_at)
    column = table(Guarantor).c
    guarantors = bool(session.scalar(select(func.count()).where(column.case_no == case_no)))
    listed = measure.papers.drawn_up.value
    approved = before_payment(measure.papers.legal_form.value, listed, guarantors=guarantors)
    wanted: dict[DocumentKind, datetime] = dict.fromkeys(approved, approval.approved_at)
    wanted |= dict.fromkeys(on_release_day(listed), of_release)
    papers, attached = [], set()
    for kind, since in wanted.items():
        number, parties = _latest(session, case_no, kind, since)
        signed = signatures_of(session, number) if number else []
        attached |= {each.recorded_by for each in signed if each.how == SignedHow.WET_INK}
        papers.append(PaperSigned(kind, number, parties, {*_parties(signed, False)}, {*_parties(signed, True)}))
    return SignedPapers(unsigned(papers, form), frozenset(attached))


def _parties(signed: list[Signature], by_hand: bool) -> Iterator[str]:
    return (each.party for each in signed if not each.demo and (each.how == SignedHow.WET_INK) is by_hand)


def _latest(session: Session, case_no: str, kind: DocumentKind, since: datetime) -> tuple[str, tuple[str, ...]]:
    """Number and parties of the story's last paper of a kind since a moment; empty where there is none."""
    column = table(Document).c
    found = session.execute(
        select(column.number, column.boxes)
        .where(column.case_no == case_no, column.kind == kind.value, column.made_at >= since, column.made_by.is_(None))
        .order_by(column.attempt.desc())
        .limit(1)
    ).one_or_none()
    return (found.number, tuple(dict.fromkeys(str(box["party"]) for box in found.boxes))) if found else ("", ())
