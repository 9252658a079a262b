"""Agreement (协议签署): all papers before payment; all parties sign, and the closed return path is confirmed."""

from temporalio import workflow

from activities import contracts
from rulebook.bridges import Bridge, expected_use
from rulebook.calendar import LAW_ZONE
from rulebook.events import EventKind
from rulebook.messages import DrawAgain, RecordSigning
from rulebook.stages import ActKind, CaseStage
from workflows.case import RenewalCase, Wait
from workflows.stages.before_money import ApprovalVoid, CaseOver, TemplatesChanged, hear, wait_for
from workflows.stages.drawing import draw


async def sign(case: RenewalCase) -> None:
    """Have the papers drawn up, and wait until they are signed.

    Raises:
        ApprovalVoid: the papers shall be drawn from other templates than those that were approved.
    """

    def papers(cause: str | None) -> contracts.DrawUpPapers:
        return _papers_before_payment(case, cause)

    async def mended(wait: Wait) -> None:
        await mended_in_time(case, wait)

    cause, state = f"papers/{case.state.attempt}", case.state
    drawn = await draw(case, contracts.draw_up_papers, papers, cause, mended, lambda: state.last_call)
    assert drawn.step.due is not None, "papers are drawn up to be signed by a day"
    signing = await hear(case, Wait(ActKind.RECORD_SIGNING, drawn.step.due, state.last_call), RecordSigning)
    signed = case.step(EventKind.SIGNED, stage=CaseStage.DISBURSEMENT, wait=release_wait(case), on=signing.signed_on)
    await case.commit(contracts.record_signing, signed)


def release_wait(case: RenewalCase) -> Wait:
    """The money leaves on the last working day before maturity, before the payment system's cut-off."""
    return Wait(ActKind.RELEASE, case.state.last_call, case.state.last_call)


def _papers_before_payment(case: RenewalCase, cause: str | None) -> contracts.DrawUpPapers:
    state, proposal = case.state, case.state.proposed
    wait = wait_for(case, ActKind.RECORD_SIGNING, state.measure.deadlines.signing)
    release_on = state.last_call.astimezone(LAW_ZONE).date()
    due_on = state.measure.due_on(release_on, state.calendar)
    bridge = Bridge(amount_fen=proposal.amount_fen, paid_on=release_on, due_on=due_on)
    expected = expected_use(bridge, state.measure.tariff(state.calendar))
    return contracts.DrawUpPapers(
        step=case.step(EventKind.PAPERS_DRAWN_UP, wait=wait, cause=cause),
        attempt=state.attempt,
        release_on=release_on,
        days=expected.days,
        fee_fen=expected.fee_fen,
        template_digest=state.template_digest,
    )


async def mended_in_time(case: RenewalCase, wait: Wait) -> None:
    """Wait until somebody asks for the papers again, or it is time to try; whatever ends a case is heard meanwhile.

    Raises:
        ApprovalVoid: as ``sign``.
    """
    try:
        again = await hear(case, wait, DrawAgain)
    except CaseOver as over:
        if over.end is CaseStage.LAPSED and workflow.now() < case.state.last_call:
            return  # only this wait is over
        raise
    if again.new_templates:
        digest = await case.do(contracts.read_templates, contracts.ReadTemplates(case_no=case.case_no))
        if digest != case.state.template_digest:
            raise ApprovalVoid(TemplatesChanged(digest))
