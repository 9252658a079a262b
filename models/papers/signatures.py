"""Signatures under papers: who, by what authority, how and when, and the files that came of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    func,
    select,
    text,
    update,
)
from sqlmodel import Field, Session, SQLModel

from models.base import insert_new, moment, plain_json, table, words
from models.papers.documents import Document
from rulebook.errors import XuqiaoError
from rulebook.papers.kinds import DocumentKind

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('signature/' || CAST(:document AS text), 0))")

_MOST_ALIKE = 20


class FlowEnd(StrEnum):
    """How far a signing on a platform is, as this house sees it."""

    STARTED = "started"
    COMPLETED = "completed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"  # it came back, and was not what was handed over


class SigningFlow(SQLModel, table=True):
    """One signing on an outside platform: which file was handed over, by whom, and how it ended.

    Attributes:
        signers: the parties asked, as plain data.
        state: a ``FlowEnd``.
        reason: why it was refused, cancelled or rejected.
    """

    __tablename__ = "signing_flow"

    flow: str = words(primary_key=True)
    platform: str = words()
    document: str = words(foreign_key="document.number")
    file_sha256: str = words()
    signers: list[dict[str, Any]] = plain_json()
    started_by: str = words(foreign_key="person.id")
    started_at: datetime = moment()
    state: str = words()
    reason: str | None = words(nullable=True, default=None)
    ended_at: datetime | None = moment(nullable=True, default=None)


class SignedFile(SQLModel, table=True):
    """A paper with signatures, as the bytes that count; a scan is a picture of one signed by hand."""

    __tablename__ = "signed_file"
    __table_args__ = (
        UniqueConstraint("sha256", "document", name="file_of_its_document"),
        Index("files_of_a_document", "document", "serial"),
    )

    sha256: str = words(primary_key=True)
    document: str = words(foreign_key="document.number")
    media_type: str = words()
    stored_at: datetime = moment()
    content: bytes
    scan: bool
    serial: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), nullable=False))


class Signature(SQLModel, table=True):
    """One party's signature under a paper.

    Attributes:
        party: such as ``operator``; ``name`` of the organisation.
        authority: the person's post, or the number of his authorisation.
        how: a ``SignedHow``.
        recorded_by: the officer who put it on record.
        sha256: of the file that holds it.
        certificate: SHA-256 of the certificate; None for one by hand.
        demo: made with a certificate of a demonstration.
        flow, evidence: the platform's signing, and the number of its evidence.
    """

    __table_args__ = (
        UniqueConstraint("sha256", "party", name="a_party_signs_a_file_once"),
        ForeignKeyConstraint(["sha256", "document"], ["signed_file.sha256", "signed_file.document"]),
        Index("signatures_of_a_document", "document", "id"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    document: str = words()
    party: str = words()
    name: str = words()
    person: str = words()
    authority: str = words()
    how: str = words()
    signed_at: datetime = moment()
    recorded_at: datetime = moment()
    recorded_by: str = words(foreign_key="person.id")
    sha256: str = words()
    certificate: str | None = words(nullable=True, default=None)
    demo: bool = False
    flow: str | None = words(nullable=True, default=None, foreign_key="signing_flow.flow")
    evidence: str | None = words(nullable=True, default=None)


def lock_paper(session: Session, number: str) -> None:
    """Sign one paper at a time, until the transaction ends: each signature stands behind the last."""
    session.connection().execute(_LOCK, {"document": number})


def paper_of_case(session: Session, case_no: str, which: str) -> Document:
    """A paper by its number, or the latest of its kind.

    Args:
        which: a paper's number, or a kind.
    Raises:
        XuqiaoError: ``paper.unknown``.
    """
    column = table(Document).c
    wanted = column.kind == which if which in set(DocumentKind) else column.number == which
    found = session.scalars(
        select(Document).where(column.case_no == case_no, wanted).order_by(column.attempt.desc()).limit(1)
    ).first()
    if found is None:
        raise XuqiaoError("paper.unknown")
    return found


def paper_by_number(session: Session, number: str) -> Document | None:
    """A paper by the number printed on it."""
    return session.scalars(select(Document).where(table(Document).c.number == number)).first()


def papers_by_digest(session: Session, digests: list[str]) -> list[Document]:
    """The papers whose files have one of some digests."""
    return list(session.scalars(select(Document).where(table(Document).c.sha256.in_(digests))))


def newest_file(session: Session, document: Document) -> bytes:
    """The file that the next signature is put on: with all signatures so far, without those by hand."""
    column = table(SignedFile).c
    newest = session.scalars(
        select(SignedFile)
        .where(column.document == document.number, column.scan.is_(False))
        .order_by(column.serial.desc())
        .limit(1)
    ).first()
    return document.pdf if newest is None else newest.content


def signed_file(session: Session, sha256: str) -> SignedFile | None:
    """A signed file or scan by its digest."""
    return session.get(SignedFile, sha256)


def files_by_digest(session: Session, digests: list[str]) -> list[SignedFile]:
    """The signed files that have one of some digests; no scans."""
    column = table(SignedFile).c
    return list(session.scalars(select(SignedFile).where(column.sha256.in_(digests), column.scan.is_(False))))


def files_of_size(session: Session, size: int) -> list[Document | SignedFile]:
    """Papers and signed files of exactly so many bytes, a few at the most."""
    papers = select(Document).where(func.octet_length(table(Document).c.pdf) == size).limit(_MOST_ALIKE)
    files = select(SignedFile).where(func.octet_length(table(SignedFile).c.content) == size).limit(_MOST_ALIKE)
    return [*session.scalars(papers), *session.scalars(files)]


class FileOnRecord(NamedTuple):
    """A signed file or scan without its content."""

    sha256: str
    scan: bool
    serial: int


def files_of(session: Session, number: str) -> list[FileOnRecord]:
    """All signed files and scans of a paper, in the order they were kept."""
    column = table(SignedFile).c
    found = select(column.sha256, column.scan, column.serial).where(column.document == number).order_by(column.serial)
    return [FileOnRecord(*row) for row in session.connection().execute(found)]


def keep_file(session: Session, file: SignedFile) -> None:
    """Keep a signed file; one that is there stays as it is.

    Raises:
        XuqiaoError: ``signing.file_of_another`` when it was kept for another paper.
    """
    if not insert_new(session, SignedFile, file.model_dump(exclude={"serial"})):
        kept = session.get_one(SignedFile, file.sha256)
        if kept.document != file.document:
            raise XuqiaoError("signing.file_of_another", document=kept.document)


def record(session: Session, signature: Signature) -> bool:
    """Put a signature on record once.

    Returns:
        whether it is new.
    """
    return insert_new(session, Signature, signature.model_dump(exclude={"id"}))


def signature_in(session: Session, sha256: str, party: str) -> Signature:
    """A party's signature in a file that has one."""
    column = table(Signature).c
    return session.scalars(select(Signature).where(column.sha256 == sha256, column.party == party)).one()


def signatures_of(session: Session, number: str) -> list[Signature]:
    """All signatures under a paper, in the order they were recorded."""
    column = table(Signature).c
    return list(session.scalars(select(Signature).where(column.document == number).order_by(column.id)))


def begin_flow(session: Session, flow: SigningFlow) -> bool:
    """Put a signing on a platform on record once; whether it is new."""
    return insert_new(session, SigningFlow, flow.model_dump())


def open_flow(session: Session, number: str) -> SigningFlow | None:
    """The signing of a paper that is under way on a platform."""
    column = table(SigningFlow).c
    return session.scalars(
        select(SigningFlow).where(column.document == number, column.state == FlowEnd.STARTED)
    ).first()


def flows_of(session: Session, number: str) -> list[SigningFlow]:
    """All signings of a paper on platforms, in order."""
    column = table(SigningFlow).c
    return list(session.scalars(select(SigningFlow).where(column.document == number).order_by(column.started_at)))


def flows(session: Session, case_no: str | None = None) -> list[SigningFlow]:
    """Signings on platforms, in order: all of a case's papers; those under way when no case is named."""
    column = table(SigningFlow).c
    if case_no is None:
        wanted = column.state == FlowEnd.STARTED
    else:
        papers = table(Document).c
        wanted = column.document.in_(select(papers.number).where(papers.case_no == case_no))
    return list(session.scalars(select(SigningFlow).where(wanted).order_by(column.started_at, column.flow)))


def case_of_flow(session: Session, flow: str) -> str:
    """The case whose paper is out for signing.

    Raises:
        XuqiaoError: as ``the_flow``.
    """
    papers = table(Document).c
    number: str = session.scalars(select(papers.case_no).where(papers.number == the_flow(session, flow).document)).one()
    return number


def the_flow(session: Session, flow: str) -> SigningFlow:
    """A signing that this house began.

    Raises:
        XuqiaoError: ``signing.flow_unknown``.
    """
    found = session.get(SigningFlow, flow)
    if found is None:
        raise XuqiaoError("signing.flow_unknown", flow=flow)
    return found


def end_flow(session: Session, flow: str, state: FlowEnd, reason: str = "") -> None:
    """Say how a signing ended; the first word counts."""
    column = table(SigningFlow).c
    session.connection().execute(
        update(SigningFlow)
        .where(column.flow == flow, column.state == FlowEnd.STARTED)
        .values(state=state, reason=reason or None, ended_at=func.clock_timestamp())
    )
