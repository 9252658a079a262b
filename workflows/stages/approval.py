"""Approval (审批): the maker proposes, another person approves, and the money is held, or queued for (排队)."""

from dataclasses import replace

from temporalio import workflow

from activities import contracts
from rulebook.acts import Proposal
from rulebook.events import EventKind
from rulebook.law import eligibility, queue
from rulebook.law.ceiling import ceiling_of
from rulebook.messages import Approve, Propose, PutFirst, Reject, SendBack, body_hash, digest_of
from rulebook.money import format_yuan
from rulebook.stages import ActKind, CaseStage
from workflows.case import RenewalCase, Wait
from workflows.clock import today
from workflows.stages.before_money import CaseOver, hear, hear_or, wait_for


async def approve_and_reserve(case: RenewalCase) -> None:
    """Wait for a proposal and its approval, as often as the checker sends one back; then hold the money.

    Raises:
        CaseOver: the checker refuses the application.
    """
    wait = wait_for(case, ActKind.PROPOSE, case.state.measure.deadlines.approval)
    while True:
        match await hear(case, wait, Propose, SendBack, Reject, Approve):
            case Propose() as proposal:
                wait = replace(wait, awaits=ActKind.APPROVE)
                await _put_before_checker(case, proposal, wait)
            case SendBack() as back:
                wait = replace(wait, awaits=ActKind.PROPOSE)
                step = case.step(EventKind.SENT_BACK, wait=wait, reason=back.reason)
                case.state.proposal = None
                sent_back = contracts.SendProposalBack(step=step, attempt=case.state.attempt)
                await case.commit(contracts.send_proposal_back, sent_back)
            case Reject() as rejection:
                raise CaseOver(CaseStage.REFUSED, rejection.reason)
            case Approve() as approval:
                return await _reserve(case, approval)


async def _put_before_checker(case: RenewalCase, proposal: Propose, wait: Wait) -> None:
    """Put it on record under the next number; after a reset the file knows better than the story which that is."""
    number: int | None = case.state.attempt + 1
    while number is not None:
        case.state.attempt = number
        number = await _propose(case, proposal, wait)


async def _propose(case: RenewalCase, proposal: Propose, wait: Wait) -> int | None:
    state, promise = case.state, case.state.promised
    most = ceiling_of(state.facts, promise, state.measure)
    terms = _terms_digest(case, proposal.amount_fen)
    state.proposal = Proposal(proposal.amount_fen, case.actor.id, terms)
    request = contracts.RecordProposal(
        step=case.step(EventKind.PROPOSED, wait=wait, amount=format_yuan(proposal.amount_fen)),
        attempt=state.attempt,
        amount_fen=proposal.amount_fen,
        ceiling_fen=most.amount_fen,
        bound_by=most.bound_by,
        terms_digest=terms,
        findings=eligibility.judge_bridge(
            state.facts, promise, proposal.amount_fen, state.measure, state.calendar, today()
        ),
    )
    return await case.commit(contracts.record_proposal, request)


def _terms_digest(case: RenewalCase, amount_fen: int) -> str:
    """What an approval binds: if anything in it changes, the approval is void."""
    state = case.state
    return digest_of(
        {
            "fund": case.fund,
            "case": case.case_no,
            "facts": body_hash(state.facts),
            "attempt": state.attempt,
            "amount_fen": amount_fen,
            "payee": state.facts.payee_digest,
            "promise": digest_of(state.promised.terms),
            "measure": state.measure.digest,
            "templates": state.template_digest,
        }
    )


async def _reserve(case: RenewalCase, approval: Approve) -> None:
    """Hold the money; where the pool is short, wait in the queue for what comes back."""
    state, proposal = case.state, case.state.proposed
    state.checker, state.approved_on = case.actor.id, today()
    signing = wait_for(case, ActKind.RECORD_SIGNING, state.measure.deadlines.signing)
    queued = wait_for(case, None, state.measure.deadlines.queue)
    queued = replace(queued, last_call=queued.due)
    detail = {"amount": format_yuan(proposal.amount_fen)}
    if approval.minutes:
        detail["minutes"] = approval.minutes
    reserved = case.step(EventKind.APPROVED_AND_RESERVED, stage=CaseStage.AGREEMENT, wait=signing, detail=detail)
    short = reserved.model_copy(
        update={
            "event": EventKind.APPROVED_AND_QUEUED,
            "stage": CaseStage.QUEUED,
            "awaits": queued.awaits,
            "due": queued.due,
        }
    )
    place = queue.rank(state.facts, state.measure, workflow.now())
    request = contracts.ApproveAndReserve(
        step=reserved,
        step_if_short=short,
        attempt=state.attempt,
        amount_fen=proposal.amount_fen,
        terms_digest=proposal.terms_digest,
        rank=place.key,
        rank_reason=place.reason,
        overtaking=state.measure.overtaking,
    )
    if not (await case.commit(contracts.approve_and_reserve, request)).granted:
        await _wait_for_the_pool(case, queued)


async def _wait_for_the_pool(case: RenewalCase, wait: Wait) -> None:
    attempt = case.state.attempt

    def granted() -> bool:
        return attempt in case.inbox.granted

    while not granted():
        match await hear_or(case, granted, wait, PutFirst):
            case PutFirst() as first:
                step = case.step(EventKind.PUT_FIRST, wait=wait, reason=first.reason)
                await case.commit(contracts.put_first, contracts.PutCaseFirst(step=step, attempt=attempt))
    signing = wait_for(case, ActKind.RECORD_SIGNING, case.state.measure.deadlines.signing)
    step = case.step(EventKind.POOL_GRANTED, stage=CaseStage.AGREEMENT, wait=signing, cause=f"pool_granted/{attempt}")
    await case.commit(contracts.record_pool_grant, step)
