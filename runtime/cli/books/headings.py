"""``xuqiao ledger statement-headings``: what the headings of the fund's bank mean, as its officers said."""

from typing import Annotated

from typer import Option

from activities.books.statement.layouts import Field
from activities.books.statement.taking_in import say_heading
from activities.words import LANGUAGES
from activities.words import say_value as word_in
from models.books import statements
from models.funds.people import keeper
from runtime.cli.failures import Exit, Misuse
from runtime.cli.office import Office
from runtime.cli.options import AsJson, AsUserOrNot, Fund
from runtime.cli.output import line, note, print_json, say, word
from runtime.cli.tables import table

NOTHING = "-"
Heading = Annotated[str | None, Option("--heading", metavar="TEXT")]
Means = Annotated[str | None, Option("--means", metavar="FIELD")]


def statement_headings(
    fund: Fund = None,
    heading: Heading = None,
    means: Means = None,
    as_user: AsUserOrNot = None,
    as_json: AsJson = False,
) -> int:
    """Show or say what the headings of the fund's bank mean."""
    if (heading is None) != (means is None) or (heading is not None and as_user is None):
        raise Misuse("cli.usage.heading_incomplete")
    with Office() as office, office.begin() as session:
        code = office.the_fund(session, fund)
        if heading is not None and means is not None and as_user is not None:
            note("cli.unauthenticated")
            say_heading(session, code, heading, _field_of(means), keeper(session, as_user, code).id)
        found = statements.headings_of(session, code)
    if as_json:
        print_json([{"heading": each.heading, "field": each.field, "set_by": each.set_by} for each in found.values()])
    elif not found:
        line(say("statement.no_headings_said", fund=code))
    else:
        rows = ((each.heading, word("statement_field", each.field), each.set_by) for each in found.values())
        table(("statement_heading", "statement_field", "person"), rows)
    return Exit.WELL


def _field_of(means: str) -> Field | None:
    """A field by its word in either language or its own name; a dash takes back what was said."""
    if means.strip() == NOTHING:
        return None
    for field in Field:
        if means.strip().casefold() in {field.value, *(word_in("statement_field", field, lang) for lang in LANGUAGES)}:
            return field
    known = say("cli.list_sign").join(word("statement_field", field) for field in Field)
    raise Misuse("cli.usage.no_statement_field", given=means, known=known)
