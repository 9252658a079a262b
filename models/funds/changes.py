"""What two people change of a fund: its people, its banks, its office, and whose money came in without a name."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel

from models.base import moment, plain_json, table, words
from models.funds.people import refuse
from rulebook.errors import XuqiaoError

_PROPOSE = text("SELECT propose_change(:fund, :kind, :content, :reason, :person)").bindparams(
    bindparam("content", type_=JSONB)
)
_DECIDE = text("SELECT decide_change(:number, :approved, :person, :remark)")


class ChangeKind(StrEnum):
    """What a change does."""

    GRANT_ROLE = "grant_role"
    TAKE_ROLE = "take_role"
    RENAME_PERSON = "rename_person"
    SET_BANK = "set_bank"
    SET_OFFICE = "set_office"
    REOPEN_BOOKS = "reopen_books"
    MATCH_LINE = "match_line"  # carried out by the books once it is approved


class ChangeState(StrEnum):
    """How far a change is."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


class FundChange(SQLModel, table=True):
    """A change that one person proposes and another decides; the database's own functions write and carry it out."""

    __tablename__ = "fund_change"

    id: int | None = Field(default=None, primary_key=True)
    fund: str = words(foreign_key="fund.code")
    kind: str = words()
    content: dict[str, Any] = plain_json()
    reason: str = words()
    proposed_by: str = words(foreign_key="person.id")
    proposed_name: str = words()
    proposed_at: datetime = moment()
    state: str = words()
    decided_by: str | None = words(nullable=True, default=None, foreign_key="person.id")
    decided_name: str | None = words(nullable=True, default=None)
    decided_at: datetime | None = moment(nullable=True, default=None)
    remark: str | None = words(nullable=True, default=None)


def propose_change(
    session: Session, fund: str, kind: ChangeKind, content: dict[str, Any], *, reason: str, person: str
) -> int:
    """Put on record what a maker or checker of a fund wants changed.

    Args:
        session: of the desk.
        content: what the kind needs, as data; see ``carry_out`` in the migrations.
    Returns:
        the change's number, by which another person decides it.
    Raises:
        XuqiaoError: ``change.not_yours``.
    """
    asked = {"fund": fund, "kind": kind.value, "content": content, "reason": reason, "person": person}
    answer = session.connection().execute(_PROPOSE, asked).scalar_one()
    refuse(answer)
    return int(answer["number"])


def decide_change(
    session: Session, number: int, *, approved: bool, person: str, remark: str | None = None
) -> FundChange:
    """Another person, a checker of the fund, approves or rejects a change; what is approved is done at once.

    Args:
        session: of the desk.
    Returns:
        the change as it now stands.
    Raises:
        XuqiaoError: ``change.unknown_number``, ``change.decided``, ``change.same_person``, ``change.of_himself``,
            ``change.not_yours_to_decide``; what stands against it: ``person.otherwise``, ``person.role_not_held``,
            ``person.last_checker``, ``person.of_another``, ``bank.code_taken``.
    """
    asked = {"number": number, "approved": approved, "person": person, "remark": remark}
    refuse(session.connection().execute(_DECIDE, asked).scalar_one())
    session.expire_all()
    return the_change(session, number)


def the_change(session: Session, number: int) -> FundChange:
    """A change by its number.

    Raises:
        XuqiaoError: ``change.unknown_number``.
    """
    found = session.get(FundChange, number)
    if found is None:
        raise XuqiaoError("change.unknown_number", number=number)
    return found


def changes(session: Session, fund: str | None, state: ChangeState | None = None) -> list[FundChange]:
    """The changes of a fund, or of all, in the order in which they were proposed."""
    column = table(FundChange).c
    wanted = select(FundChange).order_by(column.id)
    if fund is not None:
        wanted = wanted.where(column.fund == fund)
    if state is not None:
        wanted = wanted.where(column.state == state.value)
    return list(session.scalars(wanted))
