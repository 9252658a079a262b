"""A pursuit whose money is home waits until all of it is borne out; whatever comes meanwhile has its answer."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateStage

from activities import contracts
from activities.contracts import Booking, BooksOfCase
from rulebook.books.provisional import ProvisionalReceipt
from rulebook.cases import recovery_id
from rulebook.messages import (
    Actor,
    ConcludeRecovery,
    ConfirmReceipt,
    NotRenewing,
    OfficerAct,
    Receipt,
    ReceiptLine,
    ReceiptPurpose,
)
from rulebook.stages import CaseStage, Role
from rulebook.steps import BOOKS_MOVED, BooksMoved, Outcome
from tests.workflows.story import AMOUNT, FUND, Story, day_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOLD = (ProvisionalReceipt(reference="LS-1", amount_fen=AMOUNT),)
CONCLUDE = ConcludeRecovery(reason="已收回")


async def pursued(story: Story) -> None:
    await story.paid()
    await story.tell(NotRenewing(reason="总行收紧授信"))
    story.goes_on_as(recovery_id(FUND, story.case_no))
    await story.quiet()


async def all_told(story: Story) -> None:
    """All of it came back on the bank's notice alone."""
    await pursued(story)
    story.answers["book_return"] = lambda _: Booking(provisional=TOLD)
    story.answers["stand_on_statement"] = lambda _: BooksOfCase(bridge=None, provisional=TOLD, waits=True)
    day = day_of(story.last(contracts.pay_out).step)
    lines = tuple(
        ReceiptLine(purpose=purpose, amount_fen=AMOUNT, reference=reference, payer="某")
        for purpose, reference in ((ReceiptPurpose.PRINCIPAL, "LS-1"), (ReceiptPurpose.FEE, "LS-2"))
    )
    await story.tell(Receipt(received_on=day, lines=lines))
    assert story.events[-1] == "statement_awaited"


def borne_out(story: Story) -> None:
    story.answers["stand_on_statement"] = lambda _: BooksOfCase(bridge=None)


async def test_46_an_act_that_comes_while_the_books_are_read_has_its_answer(a_story: Any) -> None:
    async with a_story().told() as story:
        await all_told(story)
        reading, go_on = asyncio.Event(), asyncio.Event()

        async def read(_: Any) -> BooksOfCase:
            reading.set()
            await go_on.wait()
            return BooksOfCase(bridge=None)

        story.answers["read_books_of_case"] = read
        borne_out(story)
        await story.handle.signal(BOOKS_MOVED, BooksMoved(because="statement"))
        await reading.wait()
        checker = Actor(id="checker", name="checker", role=Role.CHECKER, organisation="承办主体")
        act = OfficerAct(id=f"{story.case_no}/conclude", actor=checker, body=CONCLUDE)
        sent = await story.handle.start_update(
            CONCLUDE.kind.value,
            act,
            id=act.id,
            wait_for_stage=WorkflowUpdateStage.ACCEPTED,
            result_type=Outcome,
        )
        go_on.set()
        outcome = await asyncio.wait_for(sent.result(), 10)
        assert outcome.stage is CaseStage.CLOSED
        assert await story.outcome(CaseStage) is CaseStage.CLOSED


async def test_46_what_is_not_borne_out_is_known_to_the_next_run(a_story: Any) -> None:
    async with a_story().told() as story:
        await all_told(story)
        first_run = (await story.handle.describe()).run_id
        for _ in range(60):
            await story.passes(timedelta(weeks=1))
            if (await story.handle.describe()).run_id != first_run:
                break
        assert (await story.handle.describe()).run_id != first_run
        await story.quiet()
        assert "borne_out" not in story.events
        assert await story.refused(CONCLUDE) == "act.not_on_statement"
        await story.act(ConfirmReceipt(reference="LS-1", amount_fen=AMOUNT, seen="网银"))
        await story.quiet()
        assert story.events[-1] == "borne_out"


async def test_46_what_the_renewal_could_not_bear_out_the_pursuit_knows(a_story: Any) -> None:
    async with a_story().told() as story:
        part = (ProvisionalReceipt(reference="LS-1", amount_fen=1),)
        story.answers["book_return"] = lambda _: Booking(provisional=part)
        await story.paid()
        line = ReceiptLine(purpose=ReceiptPurpose.PRINCIPAL, amount_fen=1, reference="LS-1", payer="某")
        await story.tell(Receipt(received_on=day_of(story.last(contracts.pay_out).step), lines=(line,)))
        await story.tell(NotRenewing(reason="总行收紧授信"))
        story.goes_on_as(recovery_id(FUND, story.case_no))
        await story.quiet()
        await story.act(ConfirmReceipt(reference="LS-1", amount_fen=1, seen="网银"))
        assert story.events[-1] == "receipt_confirmed"


async def test_46_whoever_must_bear_it_out_keeps_the_task_until_it_is_borne_out(a_story: Any) -> None:
    async with a_story().told() as story:
        await all_told(story)
        await story.passes(timedelta(weeks=8))
        borne_out(story)
        await story.handle.signal(BOOKS_MOVED, BooksMoved(because="statement"))
        await story.quiet()
        assert story.events[-1] == "borne_out", "now somebody has the task to conclude it"
