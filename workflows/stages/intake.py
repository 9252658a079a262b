"""Intake (受理): facts, law and calendar come in by value, once."""

from temporalio import workflow

from activities import contracts
from rulebook.law.eligibility import judge_applicant
from workflows.case import RenewalCase
from workflows.clock import Clock, today
from workflows.state import RenewalState


async def open_case(case: RenewalCase) -> None:
    """Read what the case is judged by; the last call is the close of the release day."""
    opening = contracts.OpenCase(case_no=case.case_no, fund=case.fund, at=workflow.now())
    opened = await case.do(contracts.open_case, opening)
    calendar = opened.calendar.reaching(opened.facts.loan.maturity)  # else no act would ever be answered
    release_day = calendar.workday_before(opened.facts.loan.maturity)
    case.state = RenewalState(
        facts=opened.facts,
        measure=opened.measure,
        calendar=calendar,
        template_digest=opened.template_digest,
        last_call=Clock(opened.measure, calendar).close_of(release_day),
        findings=judge_applicant(opened.facts, opened.measure, today()),
    )
