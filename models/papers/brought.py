"""Papers that others made, as they were handed in for a case: licences, resolutions, loan contracts, vouchers."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, Identity, UniqueConstraint, select
from sqlmodel import Field, Session, SQLModel

from models.base import insert_new, moment, table, words


class BroughtPaper(SQLModel, table=True):
    """One paper that this house did not draw up, with the file that is kept of it.

    Attributes:
        name: such as 营业执照.
        dated_on: the date it bears; None where it bears none.
        original: the paper itself lies in the archive; else a copy.
        kept_for: how long it is kept (保管期限), as the operator's rules say; None where nobody has said so.
        recorded_by: the officer who has seen the paper.
    """

    __tablename__ = "brought_paper"
    __table_args__ = (UniqueConstraint("case_no", "sha256", name="brought_once"),)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    case_no: str = words(foreign_key="application.case_no")
    name: str = words()
    dated_on: date | None = None
    pages: int
    original: bool
    kept_for: str | None = words(nullable=True, default=None)
    sha256: str = words()
    media_type: str = words()
    content: bytes
    recorded_by: str = words(foreign_key="person.id")
    recorded_at: datetime = moment()


def keep_brought(session: Session, paper: BroughtPaper) -> bool:
    """Keep a paper; whether it is new. A file is kept once for a case, as it was first described."""
    return insert_new(session, BroughtPaper, paper.model_dump(exclude={"id"}))


def papers_brought(session: Session, case_no: str) -> list[BroughtPaper]:
    """All that was handed in for a case, in order."""
    column = table(BroughtPaper).c
    return list(session.scalars(select(BroughtPaper).where(column.case_no == case_no).order_by(column.id)))
