"""``xuqiao people``: who may act in which fund, and what is proposed to change of it."""

from typing import Annotated

from typer import Argument, Option

from activities.funds.changes import Grant, propose_grant, propose_name, propose_taking
from models.cases import reads
from rulebook.stages import Role
from runtime.cli.failures import Exit
from runtime.cli.funds.changes import proposed
from runtime.cli.names import member_of
from runtime.cli.office import Office
from runtime.cli.options import AsJson, AsUser, Fund, Reason
from runtime.cli.output import note, print_json, word
from runtime.cli.tables import table
from runtime.cli.values import day_if_typed

Who = Annotated[str, Argument(metavar="USER")]
GrantedRole = Annotated[str, Option("--role", metavar="ROLE")]
NewName = Annotated[str, Option("--name", metavar="NAME")]
PersonName = Annotated[str | None, Option("--name", metavar="NAME")]
House = Annotated[str | None, Option("--organisation", metavar="TEXT")]
ClerkBank = Annotated[str | None, Option("--bank", metavar="BANK")]
HeldFrom = Annotated[str | None, Option("--from", metavar="DATE")]
HeldUntil = Annotated[str | None, Option("--until", metavar="DATE")]
TakenUntil = Annotated[str | None, Option("--until", metavar="DATE")]


def list_people(fund: Fund = None, as_json: AsJson = False) -> int:
    """Who plays which part in which fund, from when until when."""
    with Office() as office, office.begin() as session:
        found = reads.people(session, office.the_fund(session, fund) if fund else None)
    if as_json:
        print_json(found)
        return Exit.WELL
    table(
        ("fund", "user", "person", "organisation", "role", "held_bank", "from_day", "until_day", "held_now"),
        (
            (
                each.fund,
                each.id,
                each.name,
                each.organisation,
                word("role", each.role),
                each.bank,
                each.from_day,
                each.until_day,
                word("cli.held", "now" if each.held else "not_now"),
            )
            for each in found
        ),
    )
    return Exit.WELL


def grant(
    who: Who,
    granted_role: GrantedRole,
    as_user: AsUser,
    reason: Reason,
    fund: Fund = None,
    person_name: PersonName = None,
    house: House = None,
    clerk_bank: ClerkBank = None,
    held_from: HeldFrom = None,
    held_until: HeldUntil = None,
    as_json: AsJson = False,
) -> int:
    """Propose that somebody plays a part; another person approves it."""
    asked = Grant(
        person=who,
        role=member_of("--role", Role, granted_role),
        name=person_name,
        organisation=house,
        bank=clerk_bank,
        from_day=day_if_typed("--from", held_from),
        until_day=day_if_typed("--until", held_until),
    )
    note("cli.unauthenticated")
    with Office() as office, office.desk() as session:
        number = propose_grant(session, office.the_fund(session, fund), asked, reason=reason, by=as_user)
    return proposed(number, as_json)


def take(
    who: Who,
    granted_role: GrantedRole,
    as_user: AsUser,
    reason: Reason,
    fund: Fund = None,
    taken_until: TakenUntil = None,
    as_json: AsJson = False,
) -> int:
    """Propose that somebody plays a part no longer; another person approves it."""
    role, last_day = member_of("--role", Role, granted_role), day_if_typed("--until", taken_until)
    note("cli.unauthenticated")
    with Office() as office, office.desk() as session:
        code = office.the_fund(session, fund)
        number = propose_taking(session, code, who, role, until_day=last_day, reason=reason, by=as_user)
    return proposed(number, as_json)


def rename(
    who: Who,
    new_name: NewName,
    as_user: AsUser,
    reason: Reason,
    fund: Fund = None,
    house: House = None,
    as_json: AsJson = False,
) -> int:
    """Propose another name for somebody; another person approves it."""
    note("cli.unauthenticated")
    with Office() as office, office.desk() as session:
        code = office.the_fund(session, fund)
        number = propose_name(session, code, who, name=new_name, organisation=house, reason=reason, by=as_user)
    return proposed(number, as_json)
