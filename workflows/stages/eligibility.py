"""Eligibility (资格审查): a fail ends the case; what a rule refers, a person decides with his reason."""

from temporalio import workflow

from activities import contracts
from rulebook.events import EventKind
from rulebook.findings import Result
from rulebook.messages import DecideReferral
from rulebook.stages import ActKind, CaseStage, EndReason
from workflows.case import RenewalCase
from workflows.stages.before_money import CaseOver, hear, wait_for


async def judge(case: RenewalCase) -> None:
    """Let the applicant go on, by the rules alone or by a person's decision.

    Raises:
        CaseOver: it was filed too late for money to arrive in time; the applicant is not eligible, or was refused.
    """
    findings = case.state.findings
    if workflow.now() >= case.state.last_call and workflow.patched("filed-too-late"):
        raise CaseOver(CaseStage.REFUSED, EndReason.FILED_TOO_LATE)
    if findings.result is Result.FAIL:
        raise CaseOver(CaseStage.REFUSED, EndReason.NOT_ELIGIBLE, findings)
    if findings.result is Result.PASS:
        return
    wait = wait_for(case, ActKind.DECIDE_REFERRAL, case.state.measure.deadlines.referral)
    step = case.step(EventKind.REFERRED, stage=CaseStage.ELIGIBILITY, wait=wait)
    await case.commit(contracts.refer_case, contracts.RecordFindings(step=step, findings=findings))
    decision = await hear(case, wait, DecideReferral)
    if not decision.go_on:
        raise CaseOver(CaseStage.REFUSED, decision.reason, case.state.findings)
