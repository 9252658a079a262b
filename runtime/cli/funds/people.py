"""``xuqiao people``: who has which part."""

from models.cases import reads
from runtime.cli.failures import Exit
from runtime.cli.office import Office
from runtime.cli.options import AsJson
from runtime.cli.output import print_json, word
from runtime.cli.tables import table


def list_people(as_json: AsJson = False) -> int:
    with Office() as office, office.begin() as session:
        found = reads.people(session)
    if as_json:
        print_json(found)
        return Exit.WELL
    table(
        ("user", "person", "organisation", "roles"),
        (
            (each.id, each.name, each.organisation, ", ".join(word("role", role) for role in each.roles))
            for each in found
        ),
    )
    return Exit.WELL
