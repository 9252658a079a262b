"""The people who act, and the parts each plays: in one fund, from a day, until a day."""

from datetime import date
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, bindparam, or_, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel

from models.base import table, words
from rulebook.errors import XuqiaoError
from rulebook.messages import Actor
from rulebook.stages import Role

OFFICERS = (Role.MAKER, Role.CHECKER, Role.CASHIER)
"""The parts of a fund's own people, in the order in which one is taken for somebody who has several."""

_ROLES_TODAY = text("""
    SELECT role, min(bank) AS bank FROM role_held
    WHERE fund = :fund AND person = :person AND fund_today(fund) BETWEEN from_day AND coalesce(until_day, 'infinity')
    GROUP BY role ORDER BY array_position(ARRAY['maker', 'checker', 'cashier', 'bank_clerk'], role)
""")
_TODAY = text("SELECT fund_today(:fund)")
_FUND_OF_CASE = text("SELECT fund FROM renewal_case WHERE case_no = :case")
_BANK_NAME = text("SELECT name FROM partner_bank WHERE fund = :fund AND code = :code")
_FOUND = text("SELECT found_fund(:fund, :file)").bindparams(bindparam("file", type_=JSONB))


class Person(SQLModel, table=True):
    """Somebody who acts; a bank's clerk names his bank as organisation."""

    id: str = words(primary_key=True)
    name: str = words()
    organisation: str = words()


class RoleHeld(SQLModel, table=True):
    """A part that a person plays in one fund, from a day through a day; a clerk's, for one bank."""

    __tablename__ = "role_held"
    __table_args__ = (
        Index("ix_role_held_person", "person"),
        ForeignKeyConstraint(["fund", "bank"], ["partner_bank.fund", "partner_bank.code"]),
    )

    id: int | None = Field(default=None, primary_key=True)
    fund: str = words(foreign_key="fund.code")
    person: str = words(foreign_key="person.id")
    role: str = words()
    bank: str | None = words(nullable=True, default=None)
    from_day: date
    until_day: date | None = None
    granted_by: int | None = Field(default=None, foreign_key="fund_change.id")
    taken_by: int | None = Field(default=None, foreign_key="fund_change.id")


def actor(session: Session, person_id: str, role: Role, fund: str) -> Actor:
    """A person in one of the parts that he plays in a fund today.

    Whoever is looked up in order to act is looked up here: nobody acts in a fund for what he is in another, before
    the day from which he may, or after the day until which he might.

    Args:
        fund: code of the fund in which he acts.
    Returns:
        the person; a clerk of a registered bank under the bank's registered name.
    Raises:
        XuqiaoError: ``person.unknown``; ``person.no_role_here`` when he plays no part in this fund today,
            ``person.not_in_role`` when he plays others.
    """
    person = the_person(session, person_id)
    held = roles_today(session, person_id, fund)
    if not held:
        raise XuqiaoError("person.no_role_here", person=person.name, role=role, fund=fund)
    if role not in held:
        raise XuqiaoError("person.not_in_role", person=person.name, role=role, fund=fund, roles=", ".join(held))
    bank = held[role] and session.connection().scalar(_BANK_NAME, {"fund": fund, "code": held[role]})
    return Actor(id=person.id, name=person.name, role=role, organisation=bank or person.organisation)


def actor_in_case(session: Session, person_id: str, role: Role, case_no: str) -> Actor:
    """A person in one of the parts that he plays today in the fund whose case it is.

    Of a case that is not there the person is given as he is: what he says to it is put on record and refused.

    Raises:
        XuqiaoError: as ``actor``.
    """
    fund: str | None = session.connection().scalar(_FUND_OF_CASE, {"case": case_no})
    if fund is None:
        known = the_person(session, person_id)
        return Actor(id=known.id, name=known.name, role=role, organisation=known.organisation)
    return actor(session, person_id, role, fund)


def roles_today(session: Session, person_id: str, fund: str) -> dict[Role, str | None]:
    """The parts a person plays in a fund today, by the fund's clock, with the bank for which he speaks."""
    rows = session.connection().execute(_ROLES_TODAY, {"fund": fund, "person": person_id})
    return {Role(row.role): row.bank for row in rows}


def check_still(session: Session, who: Actor, fund: str) -> None:
    """Refuse what is to be put on record under the name of somebody who does not play that part in the fund today.

    Raises:
        XuqiaoError: as ``actor``.
    """
    actor(session, who.id, who.role, fund)


def check_still_in_case(session: Session, who: Actor, case_no: str) -> None:
    """The same for the fund whose case it is.

    Raises:
        XuqiaoError: as ``actor``.
    """
    actor_in_case(session, who.id, who.role, case_no)


def officer_of_case(session: Session, person_id: str, case_no: str) -> Actor:
    """An officer of the fund whose case it is, in the first of his parts.

    Raises:
        XuqiaoError: as ``actor``, for somebody who is no officer there.
    """
    fund: str | None = session.connection().scalar(_FUND_OF_CASE, {"case": case_no})
    held = roles_today(session, person_id, fund) if fund else {}
    return actor_in_case(session, person_id, next((role for role in OFFICERS if role in held), Role.MAKER), case_no)


def keeper(session: Session, person_id: str, fund: str) -> Actor:
    """Somebody who may work with a fund's statement: maker or checker. The cashier, who pays, keeps no books beside it.

    Raises:
        XuqiaoError: as ``actor``.
    """
    held = roles_today(session, person_id, fund)
    role = Role.CHECKER if held and Role.MAKER not in held else Role.MAKER
    return actor(session, person_id, role, fund)


def the_person(session: Session, person_id: str) -> Person:
    """A person by his id.

    Raises:
        XuqiaoError: ``person.unknown``.
    """
    found = session.get(Person, person_id)
    if found is None:
        raise XuqiaoError("person.unknown", person=person_id)
    return found


def names_in(session: Session, fund: str) -> dict[str, Person]:
    """Everybody who plays a part in a fund today or later, by id."""
    column, person = table(RoleHeld).c, table(Person).c
    still = select(column.person).where(
        column.fund == fund, or_(column.until_day.is_(None), column.until_day >= today(session, fund))
    )
    found = session.scalars(select(Person).where(person.id.in_(still)).order_by(person.id))
    return {each.id: each for each in found}


def today(session: Session, fund: str) -> date:
    """The day by the clock of a fund, from which and until which parts are held."""
    found: date = session.connection().scalar(_TODAY, {"fund": fund})
    return found


def refuse_cashier(session: Session, person: Actor, fund: str) -> None:
    """Who pays out of a fund keeps no books of it and gives nothing of it up (不相容岗位分离).

    Raises:
        XuqiaoError: ``bookdesk.cashier``.
    """
    if Role.CASHIER in roles_today(session, person.id, fund):
        raise XuqiaoError("bookdesk.cashier", person=person.name)


def found_fund(session: Session, fund: str, file: dict[str, Any]) -> bool:
    """Bring in the first measure, banks and people of a fund, as its file says; the database takes them only once.

    Args:
        file: ``measure``, ``banks`` and ``people``, as data.
    Returns:
        whether they are new; False changed nothing.
    Raises:
        XuqiaoError: ``person.otherwise``, ``bank.code_taken``.
    """
    answer = session.connection().execute(_FOUND, {"fund": fund, "file": file}).scalar_one()
    refuse(answer)
    return bool(answer["new"])


def refuse(answer: dict[str, Any]) -> None:
    """Raise what a function of the database refused."""
    if "refused" in answer:
        raise XuqiaoError(answer["refused"], **{name: value for name, value in answer.items() if name != "refused"})
