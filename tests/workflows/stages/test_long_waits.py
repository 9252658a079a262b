"""What may last for years leaves a history that stays small: asked less and less, begun anew, and a person's task."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from activities import contracts
from activities.contracts import PayOutResult
from rulebook.cases import recovery_id
from rulebook.messages import (
    ApproveWriteOff,
    ConcludeRecovery,
    NotRenewing,
    ProposeWriteOff,
    Receipt,
    ReceiptLine,
    ReceiptPurpose,
)
from rulebook.stages import ActKind, CaseStage
from tests.workflows.story import AMOUNT, FUND, Story, day_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

WEEK = timedelta(days=7)


async def length(story: Story) -> int:
    """Events in the history of the story's present run."""
    info = (await story.handle.describe()).raw_description.workflow_execution_info
    return int(info.history_length)


async def pursued(story: Story) -> None:
    await story.paid()
    await story.tell(NotRenewing(reason="总行收紧授信"))
    story.goes_on_as(recovery_id(FUND, story.case_no))
    await story.quiet()


def one_fen(story: Story, number: int) -> Receipt:
    line = ReceiptLine(purpose=ReceiptPurpose.PRINCIPAL, amount_fen=1, reference=f"LS-{number}", payer="某")
    return Receipt(received_on=day_of(story.last(contracts.pay_out).step), lines=(line,))


async def test_29_an_unknown_payment_is_asked_about_less_and_less_and_becomes_a_persons_task(a_story: Any) -> None:
    async with a_story().told() as story:
        story.answers["pay_out"] = lambda _: PayOutResult(paid=None)
        await story.paid()
        for _ in range(30):
            await story.passes(timedelta(days=4))
        asked = [request.step.at for request in story.all(contracts.pay_out)]
        gaps = [(later - earlier).days for earlier, later in pairwise(asked)]
        assert gaps[3:13] == [1] * 10
        assert set(gaps[13:25]) == {7}
        assert all(gap == 30 for gap in gaps[25:])
        escalated = [step for step in story.steps if step.event.value == "escalated"]
        assert {step.awaits for step in escalated} == {ActKind.CONFIRM_PAYMENT}
        assert len(escalated) >= 5
        assert await length(story) < 800  # a question a day came to 21 events a day
        story.answers["pay_out"] = lambda request: PayOutResult(paid=True, paid_on=day_of(request.step))
        await story.passes(timedelta(days=30))
        assert story.stage() is CaseStage.RECOVERY  # it was paid after all, and its term is long over


async def test_29_a_long_pursuit_begins_anew_and_remembers_what_it_must(a_story: Any) -> None:
    async with a_story().told() as story:
        await pursued(story)
        first_run = (await story.handle.describe()).run_id
        owed: int = AMOUNT
        for number in range(16):
            await story.tell(one_fen(story, number))
            owed -= 1
            await story.passes(WEEK)
        assert (await story.handle.describe()).run_id != first_run
        assert await length(story) < 450
        # What it booked, it knows; what it heard is not heard again; what is owed is what is left.
        again = one_fen(story, 3)
        message = await story.tell(again)
        refused = {refusal.id: refusal.code for step in story.steps for refusal in step.refused}
        assert refused[message] == "message.receipt_booked"
        assert len(story.all(contracts.book_return)) == 16
        assert await story.refused(ConcludeRecovery(reason="已收回")) == "act.still_owed"
        decision = "东财发〔2026〕9号"
        await story.act(ProposeWriteOff(decision=decision, amount_fen=owed, reason="破产清算终结"))
        proposed_in = (await story.handle.describe()).run_id
        while (await story.handle.describe()).run_id == proposed_in:
            await story.passes(WEEK)
        assert await story.refused(ApproveWriteOff(decision=decision, amount_fen=owed), by="maker") == "act.same_person"
        await story.act(ApproveWriteOff(decision=decision, amount_fen=owed))
        assert story.last(contracts.write_off).amount_fen == owed
        assert await story.outcome(CaseStage) is CaseStage.WRITTEN_OFF


async def test_29_the_same_message_twice_across_runs_is_booked_once(a_story: Any) -> None:
    async with a_story().told() as story:
        await pursued(story)
        first_run = (await story.handle.describe()).run_id
        sent = []
        tell = story.handle.signal

        for number in range(16):
            sent.append(await story.tell(one_fen(story, number)))
            await story.passes(WEEK)
        assert (await story.handle.describe()).run_id != first_run
        for number, message in enumerate(sent):
            line = one_fen(story, 100 + number)  # even had the rows been lost, and its content with them
            await tell(
                "receipt",
                {
                    "id": message,
                    "actor": {"id": "q", "name": "q", "role": "bank_clerk", "organisation": "b"},
                    "occurred_at": "2026-01-01T00:00:00Z",
                    "body": line.model_dump(mode="json"),
                },
            )
        await story.quiet()
        assert len(story.all(contracts.book_return)) == 16
