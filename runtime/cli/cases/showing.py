"""Cases: one filed, all listed, one shown, one of its papers written to a file."""

from typing import Annotated

from typer import Option

from activities.cases.next_acts import next_acts
from activities.cases.page import case_data, next_acts_data
from models.cases import lists, reads
from rulebook.stages import CaseStage, Role
from runtime.cli.cases.page import show_case, show_cases
from runtime.cli.failures import Exit
from runtime.cli.language import call
from runtime.cli.names import case_no_of, member_of
from runtime.cli.office import Office
from runtime.cli.options import AsJson, AsUserOrNot, Case, Fund, Stage
from runtime.cli.output import print_json


def list_cases(
    stage: Stage = None,
    fund: Fund = None,
    mine: Annotated[str | None, Option("--mine", metavar="ROLE")] = None,
    as_json: AsJson = False,
) -> int:
    at = member_of("--stage", CaseStage, stage) if stage else None
    role = member_of("--mine", Role, mine) if mine else None
    with Office() as office, office.begin() as session:
        code = office.the_fund(session, fund) if fund else None
        found = lists.cases(session, stage=at, fund=code, role=role)
    if as_json:
        print_json(found)
    else:
        show_cases(found)
    return Exit.WELL


def show(case: Case, asking: AsUserOrNot = None, as_json: AsJson = False) -> int:
    number = case_no_of(case)
    with Office() as office, office.begin() as session:
        page, acts = reads.case_page(session, number), next_acts(session, number, asking)
    if as_json:
        print_json({**case_data(page, call.lang), **next_acts_data(acts, call.lang)})
    else:
        show_case(page, acts)
    return Exit.WELL
