"""``xuqiao tasks``: the worklist (待办)."""

from typing import Annotated

from typer import Option

from activities.cases.wording import awaited, due_words
from models.cases import lists
from models.cases.troubles import troubles
from rulebook.stages import Role
from runtime.cli.cases.in_the_way import troubles_section
from runtime.cli.failures import Exit
from runtime.cli.language import call
from runtime.cli.names import member_of
from runtime.cli.office import Office
from runtime.cli.options import AsJson, Fund, RoleName
from runtime.cli.output import print_json, word
from runtime.cli.tables import table


def tasks(
    role: RoleName = None,
    fund: Fund = None,
    overdue: Annotated[bool, Option("--overdue")] = False,
    as_json: AsJson = False,
) -> int:
    """The worklist (待办), and below it what stands in the way of cases and no task says."""
    part = member_of("--role", Role, role) if role else None
    with Office() as office, office.begin() as session:
        code = office.the_fund(session, fund) if fund else None
        found = lists.tasks(session, role=part, fund=code, overdue=overdue)
        in_the_way = troubles(session, fund=code)
    if as_json:
        print_json(found)
        return Exit.WELL
    table(
        ("due", "case", "applicant", "stage", "awaits", "role", "urgency", "maturity"),
        (
            (
                due_words(task.due, call.lang, overdue=task.overdue, provisional=task.provisional),
                task.case_no,
                task.applicant_name,
                word("stage", task.stage),
                awaited(task.kind, call.lang),
                word("role", task.role),
                word("cli.urgency", task.urgency),
                task.maturity,
            )
            for task in found
        ),
    )
    troubles_section(in_the_way)
    return Exit.WELL
