"""A change of law does not move open cases: one is moved only by a decision of two people, and judged anew."""

from typing import NamedTuple

from temporalio import workflow

from activities import contracts
from rulebook.acts import MeasureProposal
from rulebook.cases import CaseFacts
from rulebook.events import EventKind
from rulebook.findings import Findings, Result
from rulebook.law.eligibility import judge_applicant
from rulebook.law.measure import Measure
from rulebook.messages import ApproveMeasure, OfficerAct, ProposeMeasure
from rulebook.stages import CaseStage
from workflows.case import Wait
from workflows.money_out import MoneyOut


class MeasureChanged(NamedTuple):
    """The measure that a case is judged by from now on, and what it finds."""

    measure: Measure
    findings: Findings


class MeasureChange(MoneyOut):
    """Moving an open case from the measure it was judged under to a later one of its fund."""

    _facts: CaseFacts
    _findings: Findings

    def __init__(self, case_no: str, fund: str, queues: str, stage: CaseStage) -> None:
        super().__init__(case_no, fund, queues, stage)
        self._measure_proposed: MeasureProposal | None = None

    async def _measure_is_proposed(self, proposal: ProposeMeasure, wait: Wait) -> None:
        """The maker's proposal waits for another person; the case goes on meanwhile."""
        assert isinstance(self._in_hand, OfficerAct)
        self._measure_proposed = MeasureProposal(proposal.effective_from, self._in_hand.actor.id)
        told = {"effective_from": str(proposal.effective_from), "reason": proposal.reason}
        await self._record(self._step(EventKind.MEASURE_PROPOSED, wait=wait, told=told))

    async def _judged_anew(self, approval: ApproveMeasure, wait: Wait) -> MeasureChanged | None:
        """What the other measure finds; None when it would refuse the applicant, and the case stays where it is."""
        self._measure_proposed = None
        request = contracts.ReadMeasure(fund=self._fund, effective_from=approval.effective_from)
        measure = await self._do(contracts.read_measure, request)
        findings = judge_applicant(self._facts, measure, self._today)
        if findings.result is not Result.FAIL:
            return MeasureChanged(measure, findings)
        step = self._step(EventKind.MEASURE_KEPT, wait=wait, pack=measure.id, reason=approval.reason)
        await self._commit(contracts.record_measure, contracts.RecordMeasure(step=step, findings=findings), step)
        return None

    async def _change_measure(self, changed: MeasureChanged, stage: CaseStage, wait: Wait, void: int | None) -> None:
        """From here on the case is judged by the other measure; an approval under the old one is void."""
        reason = self._in_hand.body.reason if self._in_hand and isinstance(self._in_hand.body, ApproveMeasure) else ""
        told = {"from": self._measure.id, "pack": changed.measure.id, "reason": reason}
        step = self._step(EventKind.MEASURE_CHANGED, stage=stage, wait=wait, told=told)
        request = contracts.RecordMeasure(
            step=step, measure=changed.measure, findings=changed.findings, void_attempt=void
        )
        workflow.logger.info("case moved to another measure", extra=told)
        await self._do(contracts.record_measure, request)
        self._measure, self._findings = changed
        self._show(step)
