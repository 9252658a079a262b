"""What the archive of a case holds: its papers with their signed files, papers brought in, and what left no paper."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlmodel import Session

from activities.cases.page import part_words
from activities.words import say, say_value
from models.base import table
from models.cases.case_file import Event
from models.papers import brought, signatures
from models.papers.documents import Document, documents_of
from rulebook.calendar import LAW_ZONE
from rulebook.events import EventKind
from rulebook.papers.facts import PaperBrought, PaperCopy, PaperEvent, PaperFile
from rulebook.papers.kinds import DocumentKind

_LANG: Final = "zh"
_WITHOUT_PAPER = {
    EventKind.RECEIVED,
    EventKind.APPROVED_AND_RESERVED,
    EventKind.APPROVED_AND_QUEUED,
    EventKind.POOL_GRANTED,
    EventKind.SIGNED,
    EventKind.PAYMENT_PENDING,
    EventKind.PAYMENT_REJECTED,
    EventKind.PAYMENT_MARKED,
    EventKind.PAID_OUT,
    EventKind.OLD_LOAN_SETTLED,
    EventKind.COLLATERAL_REGISTERED,
    EventKind.NEW_LOAN_RELEASED,
    EventKind.DIRECT_RENEWAL_SIGNED,
    EventKind.DATE_CORRECTED,
    EventKind.RETURN_BOOKED,
    EventKind.GUARANTOR_PAID,
    EventKind.HANDED_TO_RECOVERY,
}
"""Events that leave no paper of ours: the index itself says that they were, when, and by whom."""
_MOST_OF_A_KIND = 10
"""A loss that is paid back every week for years must not keep its index from being drawn."""


def files_of(session: Session, case_no: str) -> tuple[PaperFile, ...]:
    """The papers of a case as the archive holds them now, each with the signed files that came of it."""
    return tuple(as_file(document, tuple(_copies(session, document))) for document in documents_of(session, case_no))


def as_file(document: Document, copies: tuple[PaperCopy, ...] = ()) -> PaperFile:
    """A paper as the archive's index lists it.

    Args:
        copies: the files with its signatures.
    """
    return PaperFile(
        number=document.number,
        kind=DocumentKind(document.kind),
        name=say(f"paper.{document.kind}", _LANG),
        made_on=document.made_at.astimezone(LAW_ZONE).date(),
        pages=document.pages,
        sha256=document.sha256,
        copies=copies,
    )


def _copies(session: Session, document: Document) -> Iterator[PaperCopy]:
    """The last file with electronic signatures holds those before it; every scan stands for itself."""
    files = signatures.files_of(session, document.number)
    last = max((file.serial for file in files if not file.scan), default=0)
    for file in files:
        if file.scan or file.serial == last:
            form = "scan" if file.scan else "signed"
            yield PaperCopy(form=say(f"file_form.{form}", _LANG), sha256=file.sha256)


def brought_to(session: Session, case_no: str) -> tuple[PaperBrought, ...]:
    """Papers that others made and that were handed in for a case."""
    return tuple(
        PaperBrought(
            name=paper.name,
            dated_on=paper.dated_on,
            pages=paper.pages,
            sha256=paper.sha256,
            original=paper.original,
            kept_for=paper.kept_for or "",
        )
        for paper in brought.papers_brought(session, case_no)
    )


def happened(session: Session, case_no: str) -> tuple[PaperEvent, ...]:
    """What happened to a case and left no paper of ours, in order; of many of a kind the first, and how many more."""
    column = table(Event).c
    wanted = (column.case_no == case_no, column.kind.in_([kind.value for kind in _WITHOUT_PAPER]))
    seen: Counter[str] = Counter()
    rows: list[PaperEvent] = []
    for event in session.scalars(select(Event).where(*wanted).order_by(column.serial)):
        seen[event.kind] += 1
        if seen[event.kind] <= _MOST_OF_A_KIND:
            rows.append(_as_row(event))
    for kind, count in seen.items():
        if count > _MOST_OF_A_KIND:
            more = say(
                "archive.more_of_a_kind", _LANG, event=say_value("event", kind, _LANG), count=count - _MOST_OF_A_KIND
            )
            rows.append(PaperEvent(what=more))
    return tuple(rows)


def _as_row(event: Event) -> PaperEvent:
    """The day is that on which it was, where the event says one; else that of the record."""
    said = event.detail.get("on", "")
    recorded_on = event.at.astimezone(LAW_ZONE).date()
    by = f"{part_words(event.actor_id, event.actor_role, _LANG)} {event.actor_name}" if event.actor_name else ""
    figures = "，".join(f"{event.detail[name]}元" for name in ("amount", "principal") if name in event.detail)
    if event.kind == EventKind.DATE_CORRECTED:
        figures = "{}：{} → {}".format(
            say(f"dated.{event.detail['said']}", _LANG), *map(event.detail.get, ("was", "now"))
        )
    what = say(f"event.{event.kind}", _LANG, **event.detail)
    return PaperEvent(
        on=date.fromisoformat(said) if said else recorded_on, what=f"{what}（{figures}）" if figures else what, by=by
    )
