"""Which installation the records are of, and a case by which its histories can be known."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Field, Session, SQLModel, col, select

from models.base import moment
from models.cases.case_file import RenewalCase
from rulebook.stages import ENDS


class Installation(SQLModel, table=True):
    """The one row of its table."""

    only_one: bool = Field(primary_key=True)
    id: UUID
    made_at: datetime = moment()


class Identity(NamedTuple):
    """Which installation the records are of.

    Attributes:
        id: made with the database, and never changed.
        open_story: workflow id of a case that has not ended; None where no case is open.
    """

    id: str
    open_story: str | None


def identity_of(session: Session) -> Identity:
    """Which installation these records are of."""
    still_open = select(RenewalCase.workflow_id).where(col(RenewalCase.stage).not_in([stage.value for stage in ENDS]))
    newest = still_open.order_by(col(RenewalCase.case_no).desc()).limit(1)
    return Identity(str(session.exec(select(Installation.id)).one()), session.exec(newest).first())
