"""The ends of a case: settled and certified, refused, or over before money went out."""

from collections.abc import Awaitable, Callable

from temporalio import workflow

from activities import contracts
from rulebook.acts import HEARD_UNTIL_DRAWN
from rulebook.events import EventKind
from rulebook.messages import Receipt
from rulebook.money import format_yuan
from rulebook.stages import CaseStage
from workflows.case import Case, RenewalCase, State, Wait
from workflows.stages import receipts
from workflows.stages.before_money import CaseOver
from workflows.stages.drawing import draw


async def certify(case: Case[State]) -> None:
    """Everything is home: certify it and close."""
    bridge = case.bridge
    last = max((part.on for part in bridge.returns), default=bridge.paid_on)
    fee, days = bridge.fee_received_fen, bridge.days(last, case.tariff)

    def closing(cause: str | None) -> contracts.CertifyAndClose:
        step = case.step(
            EventKind.CLOSED,
            stage=CaseStage.CLOSED,
            cause=cause,
            amount=format_yuan(bridge.amount_fen),
            fee=format_yuan(fee),
            days=days,
        )
        return contracts.CertifyAndClose(
            step=step,
            amount_fen=bridge.amount_fen,
            fee_fen=fee,
            days=days,
            paid_on=bridge.paid_on,
            returned_on=last,
        )

    async def booking_meanwhile(wait: Wait) -> None:
        # What still comes in is booked, and owed back to its payer.
        while isinstance(receipt := await case.hear(wait, *HEARD_UNTIL_DRAWN[EventKind.CLOSED]), Receipt):
            await receipts.book(case, receipt, wait)

    await draw(case, contracts.certify_and_close, closing, EventKind.CLOSED.value, booking_meanwhile)


async def money_is_out(case: RenewalCase) -> bool:
    """Whether the books know of money that the story knows nothing of, as after it was set back: that is pursued."""
    if not workflow.patched("ends-by-the-money"):
        return False
    request = contracts.ReadMoneyOut(case_no=case.case_no, fund=case.fund)
    case.state.bridge = await case.do(contracts.read_money_out, request)
    return case.state.bridge is not None


async def end_quietly(case: RenewalCase, over: CaseOver) -> None:
    """No money went out: what was held for the case goes back to the pool."""
    attempt = case.state.attempt or None
    if over.end is CaseStage.REFUSED:
        await _refuse(case, over, attempt)
    else:
        step = case.step(EventKind(over.end.value), stage=over.end, reason=over.reason)
        await case.commit(contracts.end_case, contracts.EndCase(step=step, attempt=attempt))


async def _refuse(case: RenewalCase, over: CaseOver, attempt: int | None) -> None:
    findings = over.findings or case.state.findings

    def refusal(cause: str | None) -> contracts.RefuseCase:
        step = case.step(EventKind.REFUSED, stage=CaseStage.REFUSED, cause=cause, reason=over.reason)
        return contracts.RefuseCase(
            step=step,
            findings=findings,
            answer=case.state.answer,
            bank_reason=case.state.bank_reason,
            attempt=attempt,
        )

    async def asked_again(wait: Wait) -> None:
        await case.hear(wait, *HEARD_UNTIL_DRAWN[EventKind.REFUSED])

    await draw(case, contracts.refuse_case, refusal, EventKind.REFUSED.value, asked_again)


async def leave(case: Case[State], pass_on: Callable[[], Awaitable[None]] | None = None) -> None:
    """Put on record what came too late, and let everyone who waits for an answer have it.

    Args:
        pass_on: gives what came for a workflow that goes on with the case to it; None where none does.
    """
    inbox = case.inbox
    while True:
        inbox.close()
        if pass_on is not None:
            await pass_on()
        else:
            inbox.hand_over_news()  # nobody goes by the calendar or the books any more
        while inbox.refused:
            await case.record_refused()
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not inbox.has_news and not inbox.holds_messages:
            return
