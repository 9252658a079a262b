"""What stands in the way of cases, as people see it: in a list of its own, and below the worklist and the pool."""

from activities.wording import moment
from models.cases.troubles import TroubleView
from runtime.cli.output import say, section, word
from runtime.cli.tables import table


def show_troubles(found: list[TroubleView]) -> None:
    """A table of them, each with what is wrong."""
    table(
        ("number", "case", "applicant", "trouble", "found_at", "remedy"),
        (
            (
                each.id,
                each.case_no,
                each.applicant_name,
                say(f"trouble.kind.{each.kind}", **each.detail),
                moment(each.opened_at),
                f"{word('remedy', each.remedy)} ({each.proposed_by})" if each.remedy else "",
            )
            for each in found
        ),
    )


def troubles_section(found: list[TroubleView]) -> None:
    """The same below another list, where there are any."""
    if found:
        section("troubles")
        show_troubles(found)
