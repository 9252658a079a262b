"""``xuqiao troubles``: what stands in the way of cases and no task says, and how two people set it right."""

from typing import Annotated

from typer import Argument

from activities.cases.troubles import Remedy, approve_remedy, look, look_for_lost_approvals, propose_remedy
from models.cases.troubles import open_trouble, troubles
from models.funds.people import actor
from rulebook.stages import Role
from runtime.cli.cases.in_the_way import show_troubles
from runtime.cli.engine import with_client
from runtime.cli.failures import Exit
from runtime.cli.names import member_of
from runtime.cli.office import Office
from runtime.cli.options import AsJson, AsUser, Fund, Reason
from runtime.cli.output import line, print_json, say

Number = Annotated[int, Argument(metavar="NUMBER")]
RemedyName = Annotated[str, Argument(metavar="REMEDY")]


def list_troubles(fund: Fund = None, as_json: AsJson = False) -> int:
    """What is open now."""
    with Office() as office, office.begin() as session:
        found = troubles(session, fund=office.the_fund(session, fund) if fund else None)
    if as_json:
        print_json(found)
    else:
        show_troubles(found)
    return Exit.WELL


def look_for_troubles() -> int:
    """Look at every open case now; the relay does so by itself every ten minutes."""
    with Office() as office:
        look_for_lost_approvals(office.begin, office.desk)
        with_client(office, lambda client: look(office.begin, client))
        with office.begin() as session:
            found = troubles(session)
    show_troubles(found)
    return Exit.REFUSED if found else Exit.WELL


def propose_a_remedy(trouble: Number, remedy: RemedyName, reason: Reason, as_user: AsUser) -> int:
    """The maker says what shall be done."""
    chosen = member_of("REMEDY", Remedy, remedy)
    with Office() as office:
        with office.begin() as session:
            maker = actor(session, as_user, Role.MAKER, open_trouble(session, trouble).fund)
        propose_remedy(office.desk, trouble, chosen, reason, maker)
        line(say("trouble.proposed", trouble=trouble, remedy=chosen))
    return Exit.WELL


def approve_a_remedy(trouble: Number, remedy: RemedyName, as_user: AsUser) -> int:
    """Another person approves that, and it is done."""
    chosen = member_of("REMEDY", Remedy, remedy)
    with Office() as office:
        with office.begin() as session:
            checker = actor(session, as_user, Role.CHECKER, open_trouble(session, trouble).fund)
        with_client(office, lambda client: approve_remedy(office.desk, office.begin, client, trouble, chosen, checker))
        line(say("trouble.done", trouble=trouble, remedy=chosen))
    return Exit.WELL
