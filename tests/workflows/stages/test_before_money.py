"""Intake, eligibility, the bank's opinion and its promise: told without a database."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from activities import contracts
from rulebook.cases import BankAnswer, CaseFacts, PromiseRung
from rulebook.findings import Result
from rulebook.messages import (
    DecideReferral,
    NewLoan,
    NotRenewing,
    Opinion,
    PromiseGiven,
    PromiseWithdrawn,
    Receipt,
    ReceiptLine,
    ReceiptPurpose,
    Withdraw,
)
from rulebook.money import yuan
from rulebook.stages import CaseStage, EndReason
from tests.builders import CLEAN, a_micro_manufacturer
from tests.workflows.story import Story, a_promise, next_monday
from workflows.renewal import CaseOutcome

pytestmark = pytest.mark.asyncio(loop_scope="session")

MakeStory = Callable[..., Story]


def filed(due_in: int = 4, **changed: Any) -> CaseFacts:
    """What a sound firm files; its loan falls due so many days after the story's Monday."""
    maturity = next_monday() + timedelta(days=due_in)
    return a_micro_manufacturer(maturity=maturity, **changed).facts(next_monday() - timedelta(days=3))


async def ended(story: Story) -> CaseOutcome:
    return await story.outcome(CaseOutcome)


async def test_who_fails_the_rules_is_refused_before_the_bank_is_asked(a_story: MakeStory) -> None:
    async with a_story(filed(standing=CLEAN.model_copy(update={"bad_credit": True}))).told() as story:
        assert (await ended(story)).reason == EndReason.NOT_ELIGIBLE
        assert story.all(contracts.ask_bank_opinion) == []
        assert story.last(contracts.refuse_case).findings.result is Result.FAIL


async def test_what_the_rules_refer_a_person_decides(a_story: MakeStory) -> None:
    async with a_story(filed(standing=CLEAN.model_copy(update={"litigation": None}))).told() as story:
        assert story.stage() is CaseStage.ELIGIBILITY
        await story.act(DecideReferral(go_on=True, reason="已核实"))
        assert story.events == ["referred", "bank_asked"]
        assert story.steps[-1].actor is not None


async def test_nobody_decides_a_referral_and_the_case_lapses_at_the_release_days_close(a_story: MakeStory) -> None:
    async with a_story(filed(standing=CLEAN.model_copy(update={"litigation": None}))).told() as story:
        await story.passes(timedelta(days=4))
        assert await ended(story) == CaseOutcome(end=CaseStage.LAPSED, reason=EndReason.NO_DECIDE_REFERRAL)
        assert {"reminded", "escalated"} <= set(story.events)


async def test_a_bank_that_does_not_renew_ends_the_case(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        await story.tell(Opinion(answer=BankAnswer.NO_RENEWAL))
        assert await ended(story) == CaseOutcome(end=CaseStage.REFUSED, reason=EndReason.BANK_WILL_NOT_RENEW)
        assert story.last(contracts.refuse_case).answer is BankAnswer.NO_RENEWAL


async def test_a_promise_that_comes_before_the_opinion_waits_for_it(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        await story.tell(PromiseGiven(promise=a_promise()))
        assert story.stage() is CaseStage.BANK_OPINION
        await story.tell(Opinion(answer=BankAnswer.REPAY_THEN_LEND))
        assert story.stage() is CaseStage.APPROVAL


async def test_the_ladder_is_followed_until_the_rung_that_money_needs(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        await story.tell(Opinion(answer=BankAnswer.REPAY_THEN_LEND, promise=a_promise(rung=PromiseRung.INTENTION)))
        assert story.stage() is CaseStage.BANK_OPINION
        await story.tell(PromiseGiven(promise=a_promise()))
        assert story.stage() is CaseStage.APPROVAL
        await story.tell(PromiseWithdrawn(reason="额度收回"))
        assert (story.stage(), story.events[-1]) == (CaseStage.BANK_OPINION, "promise_withdrawn")


async def test_a_second_answer_of_the_bank_is_refused_by_name_and_a_no_counts_at_any_time(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        await story.promised()
        second = await story.tell(Opinion(answer=BankAnswer.REPAY_THEN_LEND))
        assert [(each.id, each.code) for each in story.steps[-1].refused] == [(second, "message.opinion_given")]
        await story.tell(NotRenewing(reason="客户信用下降"))
        assert (await ended(story)).reason == EndReason.BANK_WILL_NOT_RENEW


async def test_a_direct_renewal_leaves_the_pool_alone(a_story: MakeStory) -> None:
    async with a_story(filed(due_in=18)).told() as story:
        await story.tell(Opinion(answer=BankAnswer.RENEW_WITHOUT_REPAYMENT))
        assert story.steps[-1].stage is CaseStage.NEW_LOAN
        await story.tell(NewLoan(signed_on=story.monday, note="JJ1", amount_fen=yuan(6_000_000)))
        assert await ended(story) == CaseOutcome(end=CaseStage.CLOSED)
        assert not {"approve_and_reserve", "pay_out"} & {name for name, _ in story.asked}


async def test_46_money_that_comes_in_on_the_direct_route_is_refused_at_once_and_said(a_story: MakeStory) -> None:
    async with a_story(filed(due_in=18)).told() as story:
        await story.tell(Opinion(answer=BankAnswer.RENEW_WITHOUT_REPAYMENT))
        line = ReceiptLine(purpose=ReceiptPurpose.PRINCIPAL, amount_fen=yuan(1_000), reference="LS-1", payer="某")
        receipt = await story.tell(Receipt(received_on=story.monday, lines=(line,)))
        assert [(each.id, each.code) for each in story.steps[-1].refused] == [(receipt, "message.no_money_out")]
        await story.tell(NewLoan(signed_on=story.monday, note="JJ1", amount_fen=yuan(6_000_000)))
        assert await ended(story) == CaseOutcome(end=CaseStage.CLOSED)


async def test_a_direct_renewal_that_is_not_signed_in_time_is_asked_about_once_more(a_story: MakeStory) -> None:
    async with a_story(filed(due_in=18)).told() as story:
        await story.tell(Opinion(answer=BankAnswer.RENEW_WITHOUT_REPAYMENT))
        await story.passes(timedelta(days=16))
        assert (story.stage(), story.events[-1]) == (CaseStage.BANK_OPINION, "direct_renewal_missed")
        await story.tell(Opinion(answer=BankAnswer.RENEW_WITHOUT_REPAYMENT))
        assert (await ended(story)).reason == EndReason.DIRECT_RENEWAL_NOT_SIGNED


async def test_a_borrower_may_withdraw_at_any_stage_before_money(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        await story.approved()
        await story.act(Withdraw(reason="自筹资金"))
        assert await ended(story) == CaseOutcome(end=CaseStage.WITHDRAWN, reason="自筹资金")
        assert story.last(contracts.end_case).attempt == 1, "what was held goes back"


async def test_an_act_that_the_stage_does_not_know_is_refused_at_once(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        assert story.steps[-1].awaits == "opinion"
        assert await story.refused(DecideReferral(go_on=True, reason="x")) == "act.not_in_stage"


async def test_55_what_is_filed_after_its_release_time_ends_at_once_and_says_so(a_story: MakeStory) -> None:
    async with a_story(filed(due_in=0)).told() as story:
        assert await ended(story) == CaseOutcome(end=CaseStage.REFUSED, reason=EndReason.FILED_TOO_LATE)
        assert story.all(contracts.ask_bank_opinion) == []


async def test_55_the_banks_own_reason_for_declining_goes_into_the_refusal(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        await story.tell(Opinion(answer=BankAnswer.NO_RENEWAL, reason="总行收紧授信"))
        assert story.last(contracts.refuse_case).bank_reason == "总行收紧授信"
    async with a_story().told() as story:
        await story.promised()
        await story.tell(NotRenewing(reason="抵押物被查封"))
        assert story.last(contracts.refuse_case).bank_reason == "抵押物被查封"


@pytest.mark.parametrize("years", [5, 10])
async def test_34_a_maturity_beyond_the_calendar_leaves_a_case_that_answers(a_story: MakeStory, years: int) -> None:
    async with a_story(filed(due_in=365 * years)).told() as story:
        await story.act(Withdraw(reason="到期日填错"))
        assert (await ended(story)).end is CaseStage.WITHDRAWN
