"""What a story hears that it cannot use, or too much of, is refused with its reason; its turns go on."""

from datetime import datetime
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError

from activities import contracts
from rulebook.calendar import LAW_ZONE
from rulebook.cases import recovery_id
from rulebook.messages import (
    MOST_LINES,
    BankMessage,
    NewLoan,
    NotRenewing,
    Receipt,
    ReceiptLine,
    ReceiptPurpose,
    Withdraw,
)
from rulebook.stages import CaseStage
from rulebook.steps import POOL_GRANTED, REFUSAL
from runtime.temporal import CONVERTER
from tests.workflows.story import BANK, FUND, Story
from workflows.inbox import MOST_HANDED_OVER
from workflows.recovery import RecoveryStart

pytestmark = pytest.mark.asyncio(loop_scope="session")

WRONG: tuple[Any, ...] = (None, "x", 1, [], {"id": "m"}, {"id": None, "body": None})


@pytest.mark.parametrize("signal", ["opinion", "receipt", POOL_GRANTED])
async def test_28_a_signal_that_says_nothing_is_refused_once_with_its_reason(a_story: Any, signal: str) -> None:
    async with a_story().told() as story:
        for content in WRONG:
            await story.handle.signal(signal, content)
        await story.quiet()
        refused = [refusal for step in story.steps for refusal in step.refused]
        assert [refusal.code for refusal in refused] == ["message.unreadable"]
        assert refused[0].params["signal"] == signal
        assert next(step.detail for step in story.steps if step.refused)[REFUSAL] == "message.unreadable"
        await story.promised()
        assert story.stage() is CaseStage.APPROVAL


async def test_28_an_act_that_says_nothing_is_refused_and_the_case_goes_on(a_story: Any) -> None:
    async with a_story().told() as story:
        for content in WRONG:
            with pytest.raises(WorkflowUpdateFailedError):
                await story.handle.execute_update("withdraw", content)
        await story.act(Withdraw(reason="资金已自筹"))
        assert story.stage() is CaseStage.WITHDRAWN


def receipt_of(story: Story, lines: int) -> Receipt:
    each = [
        ReceiptLine(purpose=ReceiptPurpose.PRINCIPAL, amount_fen=1, reference=f"LS-{n}", payer="某")
        for n in range(lines)
    ]
    return Receipt(received_on=story.monday, lines=tuple(each))


async def test_28_a_receipt_of_very_many_lines_is_refused_and_wedges_nothing(a_story: Any) -> None:
    async with a_story().told() as story:
        await story.paid()
        day = story.last(contracts.pay_out).step.at.date()
        await story.tell(receipt_of(story, 1_240).model_copy(update={"received_on": day}))
        refused = [refusal for step in story.steps for refusal in step.refused]
        assert [(each.code, each.params["lines"]) for each in refused] == [("message.too_many_lines", "1240")]
        await story.tell(receipt_of(story, MOST_LINES).model_copy(update={"received_on": day}))
        booked = story.last(contracts.book_return)
        assert len(booked.parts) == MOST_LINES
        assert len(booked.model_dump_json()) < 10_000
        assert sum(part.division.principal_fen for part in booked.parts) == MOST_LINES


async def test_28_many_early_messages_go_over_to_the_pursuit_without_one_start_too_large(a_story: Any) -> None:
    async with a_story().told() as story:
        await story.paid()
        many = 3 * MOST_HANDED_OVER
        for n in range(many):
            early = NewLoan(signed_on=story.monday, note=f"JJ-{n}", amount_fen=1)
            message = BankMessage(id=f"m{n}", actor=BANK, occurred_at=datetime.now(LAW_ZONE), body=early)
            await story.handle.signal("new_loan", message)
        await story.tell(NotRenewing(reason="总行收紧授信"))
        story.goes_on_as(recovery_id(FUND, story.case_no))
        await story.quiet()
        start = await anext(story.handle.fetch_history_events())
        (begun,) = await CONVERTER.decode(
            start.workflow_execution_started_event_attributes.input.payloads, [RecoveryStart]
        )
        assert len(begun.kept) == MOST_HANDED_OVER
        refused = {refusal.id for step in story.steps for refusal in step.refused}
        assert refused == {f"m{n}" for n in range(many)}  # none is lost, and each has its reason on its row
