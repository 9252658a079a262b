"""Papers as they were made: the stored bytes and their SHA-256 are the truth."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Field, Session, SQLModel

from models.base import insert_new, moment, plain_json, table, words
from rulebook.errors import XuqiaoError
from rulebook.papers.kinds import PAPERS, DocumentKind


class Document(SQLModel, table=True):
    """One paper of a case, with what it was made by; papers of a later attempt stand beside the earlier ones.

    Attributes:
        data_digest: digest of the facts it shows, as printed on it; empty for papers from before it was kept.
        boxes: where parties sign: party, page, and place in points from the lower left corner.
        made_by: the officer who asked for it; None where the story drew it up.
    """

    case_no: str = words(primary_key=True, foreign_key="application.case_no")
    kind: str = words(primary_key=True)
    attempt: int = Field(primary_key=True)
    number: str = words(unique=True)
    sha256: str = words()
    template_digest: str = words()
    versions: dict[str, Any] = plain_json()
    pages: int
    made_at: datetime = moment()
    pdf: bytes
    lang: str = words(default="zh")
    data_digest: str = words(default="")
    boxes: list[dict[str, Any]] = plain_json(default_factory=list)
    made_by: str | None = words(nullable=True, default=None)


class KeptTemplates(SQLModel, table=True):
    """The templates, style sheet and names that cases began with, once for each digest; never changed."""

    __tablename__ = "kept_templates"

    digest: str = words(primary_key=True)
    sources: dict[str, Any] = plain_json()
    names: dict[str, Any] = plain_json()


def keep_templates(
    session: Session, digest: str, sources: Mapping[str, str], names: Mapping[DocumentKind, Mapping[str, str]]
) -> None:
    """Keep a set of templates: papers that were approved with it are drawn from it, whatever becomes of the folder."""
    kept = table(KeptTemplates).c.digest
    if session.connection().scalar(select(kept).where(kept == digest)):
        return  # as nearly always: their text is long, and every case that is opened asks
    by_kind = {kind.value: dict(of_kind) for kind, of_kind in names.items()}
    insert_new(session, KeptTemplates, {"digest": digest, "sources": dict(sources), "names": by_kind})


def kept_templates(session: Session, digest: str) -> KeptTemplates | None:
    """A set of templates by its digest."""
    return session.get(KeptTemplates, digest)


def document_number(case_no: str, kind: DocumentKind, attempt: int) -> str:
    """The number printed on a paper: its case, its kind, and from the second attempt on the attempt."""
    number = f"{case_no}-{PAPERS[kind].short}"
    return number if attempt <= 1 else f"{number}{attempt}"


def store(session: Session, document: Document) -> None:
    """Keep a paper; one that was made before stays as it is."""
    insert_new(session, Document, document.model_dump())


def documents_of(session: Session, case_no: str) -> list[Document]:
    """All papers of a case, in the order they were made."""
    column = table(Document).c
    return list(
        session.scalars(select(Document).where(column.case_no == case_no).order_by(column.made_at, column.number))
    )


def last_attempts(session: Session, case_no: str) -> Counter[DocumentKind]:
    """How many papers of each kind a case has had."""
    column = table(Document).c
    had = select(column.kind, func.max(column.attempt)).where(column.case_no == case_no).group_by(column.kind)
    return Counter({DocumentKind(kind): attempts for kind, attempts in session.connection().execute(had)})


def keep(session: Session, document: Document) -> Document:
    """Keep a paper that must be new.

    Raises:
        XuqiaoError: ``papers.drawn_meanwhile`` when somebody else has drawn one of its kind and number.
    """
    if not insert_new(session, Document, document.model_dump()):
        raise XuqiaoError("papers.drawn_meanwhile", kind=document.kind, number=document.number)
    return document
