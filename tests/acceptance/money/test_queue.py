"""When the pool is short: who waits, who is served first, and what happens to those who leave."""

import asyncio

import pytest

from models.cases.reads import pool_page
from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import BOTH, CHECKER, TestedFund, refusal_of
from tests.builders import a_medium_manufacturer, a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

MILLION = yuan(1_000_000)


async def a_case(fund: TestedFund, millions: int, *, medium: bool = False, days: int = 8, own: int = 0) -> str:
    """Approved for so many millions; with so many of the firm's own, or as many as are missing."""
    build = a_medium_manufacturer if medium else a_micro_manufacturer
    row = build(maturity=fund.in_days(days), balance_fen=2 * millions * MILLION, asking=millions * MILLION)
    if own:
        row = row.model_copy(update={"own_contribution_fen": own * MILLION})
    case = await fund.apply(row)
    await fund.reserve(case, millions * MILLION)
    return case


async def test_small_and_micro_firms_are_served_before_those_who_came_earlier(fund: TestedFund) -> None:
    first, second = await a_case(fund, 10), await a_case(fund, 10)
    medium = await a_case(fund, 6, medium=True)
    micro = await a_case(fund, 6)
    assert fund.stage_of(medium) is fund.stage_of(micro) is CaseStage.QUEUED
    await fund.withdraw(first)
    await fund.settle()
    assert (fund.stage_of(micro), fund.stage_of(medium)) == (CaseStage.AGREEMENT, CaseStage.QUEUED)
    await fund.withdraw(second)
    await fund.settle()
    assert fund.stage_of(medium) is CaseStage.AGREEMENT
    assert fund.pool().reserved_fen == 12 * MILLION


async def test_money_that_returns_goes_to_the_queue(fund: TestedFund) -> None:
    paid, other = await a_case(fund, 10, days=5), await a_case(fund, 10, days=12)
    waiting = await a_case(fund, 6, days=12)
    await fund.sign(paid)
    await fund.skip_to_release_day(paid)
    await fund.release(paid)
    await fund.old_loan_settled(paid)
    await fund.new_loan(paid, 20 * MILLION)
    await fund.money_returns(paid, 5 * MILLION, fee=0)
    assert fund.stage_of(waiting) is CaseStage.QUEUED  # five are back, six are asked
    await fund.money_returns(paid, 5 * MILLION)
    assert fund.stage_of(waiting) is CaseStage.AGREEMENT
    assert fund.events(waiting)[-3:] == ["approved_and_queued", "pool_granted", "papers_drawn_up"]
    assert fund.stage_of(other) is CaseStage.AGREEMENT


async def test_nobody_overtakes_a_head_that_does_not_fit(fund: TestedFund) -> None:
    first, _ = await a_case(fund, 7), await a_case(fund, 10)
    head = await a_case(fund, 9)
    follower = await a_case(fund, 2)
    assert fund.pool().available_fen == 3 * MILLION
    assert fund.stage_of(head) is fund.stage_of(follower) is CaseStage.QUEUED
    await fund.withdraw(first)
    await fund.settle()
    assert (fund.stage_of(head), fund.stage_of(follower)) == (CaseStage.AGREEMENT, CaseStage.QUEUED)


@pytest.mark.parametrize("leaves", ["withdrawn", "lapsed", "promise withdrawn", "bank does not renew"])
async def test_a_head_that_leaves_lets_those_behind_it_in(fund: TestedFund, leaves: str) -> None:
    await a_case(fund, 7, days=12), await a_case(fund, 10, days=12)
    head = await a_case(fund, 9, days=5)
    follower = await a_case(fund, 2, days=12)
    match leaves:
        case "withdrawn":
            await fund.withdraw(head)
        case "lapsed":
            await fund.skip_past_last_call(head)
            assert fund.reason_of(head) == "no_pool_money"
        case "promise withdrawn":
            await fund.promise_withdrawn(head)
        case _:
            await fund.not_renewing(head)
    await fund.settle()
    assert fund.stage_of(follower) is CaseStage.AGREEMENT
    assert fund.pool().reserved_fen == 19 * MILLION


async def test_money_granted_to_a_case_that_withdraws_meanwhile_goes_to_the_next(fund: TestedFund) -> None:
    first, _ = await a_case(fund, 10), await a_case(fund, 10)
    leaving, next_one = await a_case(fund, 8), await a_case(fund, 8)
    await asyncio.gather(fund.withdraw(first), fund.withdraw(leaving))
    await fund.settle()
    assert fund.stage_of(leaving) is CaseStage.WITHDRAWN
    assert fund.stage_of(next_one) is CaseStage.AGREEMENT
    assert fund.position(leaving).reserved_fen == 0
    assert fund.pool().reserved_fen == 18 * MILLION


@pytest.mark.parametrize("seconds", [0, 0.05, 0.1, 0.2, 0.4])
async def test_money_granted_in_the_moment_of_the_last_call_is_held_once_or_goes_to_the_next(
    fund: TestedFund, seconds: float
) -> None:
    first, _ = await a_case(fund, 10, days=12), await a_case(fund, 10, days=12)
    lapsing, next_one = await a_case(fund, 8, days=5), await a_case(fund, 8, days=12)
    await fund.skip_to_release_day(lapsing)

    async def withdraw_meanwhile() -> None:
        await asyncio.sleep(seconds)
        await fund.withdraw(first)

    await asyncio.gather(fund.hours_pass(8), withdraw_meanwhile())
    await fund.settle()
    assert fund.stage_of(lapsing) is CaseStage.LAPSED
    assert fund.position(lapsing).reserved_fen == 0
    assert fund.stage_of(next_one) is CaseStage.AGREEMENT
    assert fund.pool().reserved_fen == 18 * MILLION


async def test_a_wait_of_two_weeks_is_given_up(fund: TestedFund) -> None:
    await a_case(fund, 10, days=26), await a_case(fund, 10, days=26)
    waiting = await a_case(fund, 5, days=26)
    await fund.skip(working_days=11)
    assert (fund.stage_of(waiting), fund.reason_of(waiting)) == (CaseStage.LAPSED, "no_pool_money")
    assert fund.today < fund.maturity_of(waiting)


async def test_a_person_may_put_a_case_first_and_says_why(fund: TestedFund) -> None:
    first, _ = await a_case(fund, 10), await a_case(fund, 10)
    micro, medium = await a_case(fund, 8), await a_case(fund, 8, medium=True)
    assert (await fund.put_first(medium)).event == "put_first"
    assert fund.stage_of(medium) is CaseStage.QUEUED
    with fund.services.sessions() as session:
        queue = pool_page(session, fund.code).queue
    assert [place.case_no for place in queue] == [medium, micro]
    assert (queue[0].put_first_by, queue[0].put_first_reason) == (CHECKER, "停产风险，经联席会议同意")
    assert queue[0].rank > queue[1].rank  # what the rules said stays on record
    assert queue[1].put_first_by is None
    await fund.withdraw(first)
    await fund.settle()
    assert (fund.stage_of(medium), fund.stage_of(micro)) == (CaseStage.AGREEMENT, CaseStage.QUEUED)


async def test_a_case_put_before_a_head_that_does_not_fit_is_served_at_once(fund: TestedFund) -> None:
    await a_case(fund, 7), await a_case(fund, 10)
    head, follower = await a_case(fund, 9), await a_case(fund, 2)
    await fund.put_first(follower)
    await fund.settle()
    assert (fund.stage_of(head), fund.stage_of(follower)) == (CaseStage.QUEUED, CaseStage.AGREEMENT)
    assert fund.events(follower)[-3:] == ["put_first", "pool_granted", "papers_drawn_up"]


async def test_who_proposed_a_case_does_not_put_it_first_and_only_in_the_queue(fund: TestedFund) -> None:
    await a_case(fund, 10), await a_case(fund, 10)
    row = a_micro_manufacturer(maturity=fund.in_days(8), balance_fen=4 * MILLION, asking=2 * MILLION)
    case = await fund.apply(row)
    await fund.bank_promises(case)
    assert (await refusal_of(fund.put_first(case))).code == "act.not_in_stage"
    await fund.propose(case, 2 * MILLION, by=BOTH)
    await fund.approve(case)
    assert (await refusal_of(fund.put_first(case, by=BOTH))).code == "act.same_person"


async def test_a_case_may_queue_twice(fund: TestedFund) -> None:
    first, _ = await a_case(fund, 10), await a_case(fund, 10)
    waiting = await a_case(fund, 8, own=9)
    await fund.promise_comes(waiting, amount_fen=10 * MILLION)
    assert fund.stage_of(waiting) is CaseStage.APPROVAL
    await fund.approve_bridge(waiting, 7 * MILLION)
    assert fund.stage_of(waiting) is CaseStage.QUEUED
    await fund.withdraw(first)
    await fund.settle()
    assert fund.stage_of(waiting) is CaseStage.AGREEMENT
    assert fund.position(waiting).reserved_fen == 7 * MILLION
    assert fund.events(waiting).count("approved_and_queued") == 2
