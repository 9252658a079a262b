"""A change of law does not move open cases: one is moved only by a decision of two people, and judged anew."""

from typing import NamedTuple

from temporalio import workflow

from activities import contracts
from rulebook.acts import MeasureProposal
from rulebook.events import EventKind
from rulebook.findings import Findings, Result
from rulebook.law.eligibility import judge_applicant
from rulebook.law.measure import Measure
from rulebook.messages import ApproveMeasure, ProposeMeasure
from rulebook.stages import CaseStage
from workflows.case import RenewalCase, Wait
from workflows.clock import today


class MeasureChanged(NamedTuple):
    """The measure that a case is judged by from now on, what it finds, and why two people decided so."""

    measure: Measure
    findings: Findings
    reason: str


async def propose(case: RenewalCase, proposal: ProposeMeasure, wait: Wait) -> None:
    """Lay the maker's proposal before another person; the case goes on meanwhile."""
    case.state.measure_proposed = MeasureProposal(proposal.effective_from, case.actor.id)
    detail = {"effective_from": str(proposal.effective_from), "reason": proposal.reason}
    await case.record(case.step(EventKind.MEASURE_PROPOSED, wait=wait, detail=detail))


async def judge_anew(case: RenewalCase, approval: ApproveMeasure, wait: Wait) -> MeasureChanged | None:
    """Ask the other measure; None when it would refuse the applicant, and the case stays where it is."""
    case.state.measure_proposed = None
    request = contracts.ReadMeasure(fund=case.fund, effective_from=approval.effective_from)
    measure = await case.do(contracts.read_measure, request)
    findings = judge_applicant(case.state.facts, measure, today())
    if findings.result is not Result.FAIL:
        return MeasureChanged(measure, findings, approval.reason)
    step = case.step(EventKind.MEASURE_KEPT, wait=wait, pack=measure.id, reason=approval.reason)
    await case.commit(contracts.record_measure, contracts.RecordMeasure(step=step, findings=findings))
    return None


async def change(case: RenewalCase, changed: MeasureChanged, stage: CaseStage, wait: Wait, void: int | None) -> None:
    """Judge the case by the other measure from here on; an approval under the old one is void.

    Args:
        void: number of the approval that the change makes void, if there is one.
    """
    detail = {"from": case.state.measure.id, "pack": changed.measure.id, "reason": changed.reason}
    step = case.step(EventKind.MEASURE_CHANGED, stage=stage, wait=wait, detail=detail)
    request = contracts.RecordMeasure(step=step, measure=changed.measure, findings=changed.findings, void_attempt=void)
    workflow.logger.info("case moved to another measure", extra=detail)
    await case.commit(contracts.record_measure, request)
    case.state.measure, case.state.findings = changed.measure, changed.findings
