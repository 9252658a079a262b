"""Handing a bridge over to recovery (追偿): a workflow of its own pursues it, for as long as it takes."""

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowHandle, ExternalWorkflowHandle, ParentClosePolicy

from activities import contracts
from rulebook.cases import recovery_id
from rulebook.events import EventKind
from rulebook.money import format_yuan
from rulebook.stages import ActKind, CaseStage
from workflows.case import RenewalCase, Wait
from workflows.policies import BANK, CASE_NUMBER, FUND, STAGE
from workflows.recovery import Recovery, RecoveryStart
from workflows.stages import closing, receipts

Handle = ChildWorkflowHandle[Recovery, CaseStage] | ExternalWorkflowHandle[Recovery]


async def to_recovery(case: RenewalCase, reason: str) -> None:
    """Money is out and the bank does not renew: people pursue it; what comes here meanwhile is passed on."""
    state = case.state
    review = case.clock.in_workdays(case.clock.review_period)
    step = case.step(
        EventKind.HANDED_TO_RECOVERY,
        stage=CaseStage.RECOVERY,
        wait=Wait(ActKind.CONCLUDE_RECOVERY, review, review),
        reason=reason,
        owed=format_yuan(case.owed_fen),
    )
    recovery = await _start(
        case,
        RecoveryStart(
            case_no=case.case_no,
            fund=case.fund,
            queues=case.queues,
            bridge=case.bridge,
            measure=state.measure,
            calendar=state.calendar,
            kept=case.inbox.hand_over(),
            booked=receipts.carried(state.booked),
            date_proposed=state.date_proposed,
            provisional=state.provisional,
        ),
    )
    await case.commit(contracts.hand_to_recovery, step)

    async def pass_on() -> None:
        while late := case.inbox.hand_over():
            for message in late:
                await recovery.signal(message.body.kind.value, message)
        if (news := case.inbox.hand_over_news()) and workflow.patched("hands-over-news"):
            for signal, said in news:
                await recovery.signal(signal, said)

    await closing.leave(case, pass_on)


async def _start(case: RenewalCase, start: RecoveryStart) -> Handle:
    """The workflow that pursues the money; a renewal that was reset finds the one it had started before."""
    workflow_id = recovery_id(case.fund, case.case_no)
    try:
        return await workflow.start_child_workflow(
            Recovery.run,
            start,
            id=workflow_id,
            parent_close_policy=ParentClosePolicy.ABANDON,
            static_summary=f"{case.case_no} recovery",
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(CASE_NUMBER, case.case_no),
                    SearchAttributePair(FUND, case.fund),
                    SearchAttributePair(BANK, case.state.facts.loan.bank),
                    SearchAttributePair(STAGE, CaseStage.RECOVERY.value),
                ]
            ),
        )
    except WorkflowAlreadyStartedError:
        case.inbox.keep_on(start.kept)
        return workflow.get_external_workflow_handle_for(Recovery.run, workflow_id)
