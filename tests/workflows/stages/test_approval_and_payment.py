"""Approval, queue, papers and payment: told without a database, bank or press."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from activities import contracts
from activities.contracts import PayOutResult, Reservation
from rulebook.messages import (
    Approve,
    ApproveMeasure,
    ChecklistItem,
    ConfirmPayment,
    DrawAgain,
    MarkSent,
    PromiseGiven,
    Propose,
    ProposeMeasure,
    PutFirst,
    RecordSigning,
    Release,
    SendBack,
)
from rulebook.money import yuan
from rulebook.stages import CaseStage, EndReason
from rulebook.steps import POOL_GRANTED, PoolGranted
from tests.workflows.story import AMOUNT, Story, a_promise
from workflows.renewal import CaseOutcome

pytestmark = pytest.mark.asyncio(loop_scope="session")

MakeStory = Callable[..., Story]
EVERYTHING = Release(confirmed=tuple(ChecklistItem), balance_fen=yuan(6_000_000))


async def test_what_is_sent_back_is_proposed_anew_and_approved_by_another_person(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        await story.promised()
        await story.act(Propose(amount_fen=AMOUNT), by="li")
        first = story.last(contracts.record_proposal)
        assert await story.refused(Approve(terms_digest=first.terms_digest), by="li") == "act.same_person"
        await story.act(SendBack(reason="补材料"))
        await story.act(Propose(amount_fen=yuan(4_000_000)), by="li")
        second = story.last(contracts.record_proposal)
        assert (first.attempt, second.attempt) == (1, 2)
        assert await story.refused(Approve(terms_digest=first.terms_digest)) == "act.terms_changed"
        await story.act(Approve(terms_digest=second.terms_digest))
        assert story.last(contracts.approve_and_reserve).amount_fen == yuan(4_000_000)
        assert story.stage() is CaseStage.AGREEMENT


async def test_a_changed_promise_voids_the_approval_and_the_case_begins_again(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        await story.approved()
        await story.tell(PromiseGiven(promise=a_promise(amount_fen=yuan(5_500_000))))
        assert (story.stage(), story.last(contracts.record_promise).void_attempt) == (CaseStage.APPROVAL, 1)
        await story.act(Propose(amount_fen=AMOUNT))
        assert story.last(contracts.record_proposal).attempt == 2


async def test_another_measure_voids_it_too_and_two_people_decide_that(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        await story.approved()
        day = story.monday
        await story.act(ProposeMeasure(effective_from=day, reason="新办法较宽"))
        await story.act(ApproveMeasure(effective_from=day, reason="同意"))
        assert (story.stage(), story.last(contracts.record_measure).void_attempt) == (CaseStage.APPROVAL, 1)


async def test_a_short_pool_queues_the_case_until_money_is_granted(a_story: MakeStory) -> None:
    told = a_story()
    told.answers["approve_and_reserve"] = lambda _: Reservation(granted=False)
    async with told.told() as story:
        await story.approved()
        assert story.last(contracts.approve_and_reserve).step_if_short.stage is CaseStage.QUEUED
        await story.act(PutFirst(reason="停产风险"), by="somebody else")
        await story.handle.signal(POOL_GRANTED, PoolGranted(attempt=1))
        await story.quiet()
        assert story.stage() is CaseStage.AGREEMENT
        assert story.last(contracts.record_pool_grant).cause == "pool_granted/1"


async def test_a_case_that_money_never_reaches_lapses(a_story: MakeStory) -> None:
    told = a_story()
    told.answers["approve_and_reserve"] = lambda _: Reservation(granted=False)
    async with told.told() as story:
        await story.approved()
        await story.passes(timedelta(days=4))
        assert await story.outcome(CaseOutcome) == CaseOutcome(end=CaseStage.LAPSED, reason=EndReason.NO_POOL_MONEY)


async def test_papers_that_cannot_be_drawn_are_a_task_until_somebody_asks_again(a_story: MakeStory) -> None:
    told = a_story()
    told.answers["draw_up_papers"] = lambda request: request.step
    async with told.told() as story:
        await story.approved()
        waiting = story.last(contracts.draw_up_papers).if_not_drawn
        assert waiting is not None
        assert waiting.stage is CaseStage.AGREEMENT
        assert await story.refused(RecordSigning(signed_on=story.monday, return_path_confirmed=True)) == (
            "act.papers_first"
        )
        story.answers.pop("draw_up_papers")
        await story.act(DrawAgain())
        causes = [request.step.cause for request in story.all(contracts.draw_up_papers)]
        assert (causes[0], len(causes)) == ("papers/1", 2)
        await story.act(RecordSigning(signed_on=story.monday, return_path_confirmed=True))
        assert story.stage() is CaseStage.DISBURSEMENT


async def test_new_templates_void_the_approval(a_story: MakeStory) -> None:
    told = a_story()
    told.answers["draw_up_papers"] = lambda request: request.step
    told.answers["read_templates"] = lambda _: "others"
    async with told.told() as story:
        await story.approved()
        await story.act(DrawAgain(new_templates=True))
        assert (story.stage(), story.events[-1]) == (CaseStage.APPROVAL, "templates_changed")


async def test_money_leaves_once_and_its_fate_is_asked_about_never_sent_again(a_story: MakeStory) -> None:
    told = a_story()
    told.answers["pay_out"] = lambda _: PayOutResult(paid=None)
    async with told.told() as story:
        await story.paid()
        assert await story.refused(EVERYTHING) == "act.payment_in_flight"
        await story.passes(timedelta(minutes=16))
        await story.passes(timedelta(hours=1))
        asked = story.all(contracts.pay_out)
        assert len(asked) == 3
        assert {(request.payment, request.not_found_final_at) for request in asked} == {
            (1, asked[0].not_found_final_at)
        }


async def test_at_the_counter_one_person_marks_and_another_finds_the_payment(a_story: MakeStory) -> None:
    told = a_story()
    told.answers["pay_out"] = lambda _: PayOutResult(paid=None)
    async with told.told() as story:
        await story.paid()
        await story.act(MarkSent(receipt_serial="HD-1"))
        found = ConfirmPayment(statement_reference="LS-1")
        assert await story.refused(found, by="cashier") == "act.same_person"
        story.answers["pay_out"] = lambda request: PayOutResult(paid=True, paid_on=story.monday + timedelta(days=3))
        await story.act(found)
        marks = story.all(contracts.record_payment_mark)
        assert [(mark.receipt_serial, mark.statement_reference) for mark in marks] == [("HD-1", ""), ("", "LS-1")]
        assert story.stage() is CaseStage.OLD_LOAN_SETTLEMENT


async def test_a_payment_that_came_back_needs_a_new_release_and_is_the_second(a_story: MakeStory) -> None:
    told = a_story()
    told.answers["pay_out"] = lambda _: PayOutResult(paid=False)
    async with told.told() as story:
        await story.paid()
        story.answers["pay_out"] = lambda request: PayOutResult(paid=True, paid_on=story.monday + timedelta(days=3))
        await story.act(EVERYTHING)
        assert [request.payment for request in story.all(contracts.pay_out)] == [1, 2]
        assert story.stage() is CaseStage.OLD_LOAN_SETTLEMENT
