"""Changes of a fund's people, banks and office: one person proposes, another approves, and what is approved is done."""

from datetime import date, timedelta

from sqlmodel import Session

from models.funds import people
from models.funds.banks import bank_of, banks_of, register_of
from models.funds.changes import ChangeKind, propose_change
from models.funds.funds import fund as the_fund
from models.funds.people import Person
from rulebook.applications import PartnerBank, bank_called, nearest_banks
from rulebook.errors import XuqiaoError
from rulebook.papers.printing import check_printable
from rulebook.parties.credit_codes import check_code
from rulebook.parties.reached import Reached
from rulebook.stages import Role
from rulebook.values import Value


class Grant(Value):
    """A part that somebody shall play in a fund.

    Attributes:
        person: his id.
        name, organisation: needed for somebody who is new here; None leaves them as they are known.
        bank: a clerk's bank, by code or any of its names.
        from_day: None is today.
        until_day: the last day; None is without an end.
    """

    person: str
    role: Role
    name: str | None = None
    organisation: str | None = None
    bank: str | None = None
    from_day: date | None = None
    until_day: date | None = None


def propose_grant(session: Session, fund: str, grant: Grant, *, reason: str, by: str) -> int:
    """Propose that somebody plays a part in a fund.

    Args:
        session: of the desk.
        by: id of a maker or checker of the fund.
    Returns:
        the number of the change.
    Raises:
        XuqiaoError: ``person.new_needs_name``, ``person.otherwise``, ``person.days_reversed``, ``bank.unknown_called``,
            ``change.not_yours``.
    """
    known = session.get(Person, grant.person)
    name, house = grant.name or (known and known.name), grant.organisation or (known and known.organisation)
    if not name or not house:
        raise XuqiaoError("person.new_needs_name", user=grant.person)
    if known and (known.name, known.organisation) != (name, house):
        raise XuqiaoError(
            "person.otherwise", user=known.id, known=known.name, known_house=known.organisation, name=name, house=house
        )
    from_day = grant.from_day or people.today(session, fund)
    if grant.until_day and grant.until_day < from_day:
        raise XuqiaoError("person.days_reversed", begins=from_day, until=grant.until_day)
    content = {
        "person": grant.person,
        "name": name,
        "organisation": house,
        "role": grant.role.value,
        "bank": _bank_of_clerk(session, fund, grant, house),
        "from_day": str(from_day),
        "until_day": grant.until_day and str(grant.until_day),
    }
    check_printable(content)  # papers repeat who acted
    return propose_change(session, fund, ChangeKind.GRANT_ROLE, content, reason=reason, person=by)


def _bank_of_clerk(session: Session, fund: str, grant: Grant, house: str) -> str | None:
    banks = register_of(session, fund) if grant.role is Role.BANK_CLERK else None
    if banks is None:
        return None
    found = bank_called(grant.bank or house, banks)
    if found is None:
        written = grant.bank or house
        raise XuqiaoError("bank.unknown_called", bank=written, known="、".join(nearest_banks(written, banks)))
    return found.code


def propose_taking(
    session: Session, fund: str, person: str, role: Role, *, until_day: date | None, reason: str, by: str
) -> int:
    """Propose that somebody plays a part no longer than through a day; None takes it from him at once.

    Returns:
        the number of the change.
    Raises:
        XuqiaoError: ``person.unknown``, ``person.not_in_role``, ``person.no_role_here``, ``change.not_yours``.
    """
    people.actor(session, person, role, fund)
    last_day = until_day or people.today(session, fund) - timedelta(days=1)
    content = {"person": person, "role": role.value, "until_day": str(last_day)}
    return propose_change(session, fund, ChangeKind.TAKE_ROLE, content, reason=reason, person=by)


def propose_name(
    session: Session, fund: str, person: str, *, name: str, organisation: str | None, reason: str, by: str
) -> int:
    """Propose another name for a person of a fund; what he did stays under the name that he had.

    Returns:
        the number of the change.
    Raises:
        XuqiaoError: ``person.unknown``, ``change.not_yours``.
    """
    known = people.the_person(session, person)
    content = {"person": person, "name": name, "organisation": organisation or known.organisation}
    check_printable(content)
    return propose_change(session, fund, ChangeKind.RENAME_PERSON, content, reason=reason, person=by)


class Office(Reached):
    """What papers say of the office; ``symbol`` is the sign of its letters (机关代字)."""

    symbol: str | None = None


def propose_office(session: Session, fund: str, office: Office, *, reason: str, by: str) -> int:
    """Propose how the office of a fund is reached and by which sign its letters are numbered.

    Args:
        office: with None for what stays as it is.
    Returns:
        the number of the change.
    Raises:
        XuqiaoError: ``change.not_yours``, and ``text.…`` for what no paper can repeat.
    """
    kept = the_fund(session, fund)
    content = {name: value or getattr(kept, name) for name, value in office.model_dump().items()}
    check_printable({name: value for name, value in content.items() if value})
    return propose_change(session, fund, ChangeKind.SET_OFFICE, content, reason=reason, person=by)


def propose_bank(session: Session, fund: str, bank: PartnerBank, *, reason: str, by: str) -> int:
    """Propose a partner bank, or other words and days for one that is registered under this code.

    One that takes another name goes by its earlier one as well: firms write it, and papers on file say it.

    Returns:
        the number of the change.
    Raises:
        XuqiaoError: ``bank.called_like``, ``bank.days_reversed``, ``change.not_yours``, and those of ``check_code``.
    """
    for other in banks_of(session, fund):
        if other.code != bank.code and any(bank_called(name, [other]) for name in bank.names):
            raise XuqiaoError("bank.called_like", bank=bank.name, other=other.name, other_code=other.code)
    if bank.uscc:
        check_code(bank.uscc)
    if bank.valid_until and bank.valid_until < bank.valid_from:
        raise XuqiaoError("bank.days_reversed", begins=bank.valid_from, until=bank.valid_until)
    known = bank_of(session, fund, bank.code)
    if known and not bank_called(known.name, [bank]):
        bank = bank.model_copy(update={"aliases": (*bank.aliases, known.name)})
    content = bank.model_dump(mode="json")
    check_printable(content)
    return propose_change(session, fund, ChangeKind.SET_BANK, content, reason=reason, person=by)
