"""Where a call takes applications in."""

from activities.workbook.intake import Reception
from models.funds.people import actor
from rulebook.stages import Role
from runtime.cli.office import Office
from runtime.cli.output import note


def reception_of(office: Office, fund: str | None, user: str, *, anew: bool = False) -> Reception:
    """Where this call takes applications in; whoever is named must be a maker (经办)."""
    with office.begin() as session:
        code = office.the_fund(session, fund)
        filed_by = actor(session, user, Role.MAKER, code).id
    note("cli.unauthenticated")
    return Reception(office.begin, code, filed_by, office.settings.queues.prefix, anew)
