"""Money that comes home: in parts, late, too much, twice."""

from datetime import timedelta

import pytest

from rulebook.calendar import LAW_ZONE
from rulebook.cases import PromiseRung
from rulebook.messages import NewLoan, OldLoanSettled
from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import TestedFund
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)


async def a_bridge(fund: TestedFund) -> str:
    """Five million out, the old loan not yet settled."""
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    return case


async def test_a_voucher_with_a_residue_does_not_settle_the_old_loan(fund: TestedFund) -> None:
    case = await a_bridge(fund)
    await fund.old_loan_settled(case, balance=5)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    assert fund.events(case)[-1] == "residue_left"
    await fund.old_loan_settled(case, balance=5)
    await fund.old_loan_settled(case)
    assert fund.stage_of(case) is CaseStage.NEW_LOAN


async def test_the_return_is_due_the_working_day_after_the_new_loan(fund: TestedFund) -> None:
    case = await a_bridge(fund)
    await fund.old_loan_settled(case)
    await fund.new_loan(case, yuan(6_000_000))
    task = fund.task_of(case)
    assert task is not None
    assert task.due is not None
    assert (task.kind, task.due.astimezone(LAW_ZONE).date()) == ("receipt", fund.workdays().add_workdays(fund.today, 1))
    await fund.skip(working_days=2)
    assert fund.events(case)[-1] == "escalated"
    assert fund.stage_of(case) is CaseStage.REPAYMENT
    await fund.money_returns(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED


async def test_each_part_costs_its_own_days(fund: TestedFund) -> None:
    case = await a_bridge(fund)
    await fund.old_loan_settled(case)
    await fund.new_loan(case, yuan(6_000_000))
    await fund.skip(days=3)
    await fund.money_returns(case, yuan(2_000_000), fee=0)
    await fund.skip(days=4)
    assert fund.fee_owed(case) == yuan(6_600)  # 5m·3·0.02 % + 3m·2·0.02 % + 3m·2·0.04 % = 3000 + 1200 + 2400
    await fund.money_returns(case, yuan(3_000_000))
    assert fund.stage_of(case) is CaseStage.CLOSED


async def test_more_than_was_owed_is_owed_back(fund: TestedFund) -> None:
    case = await a_bridge(fund)
    await fund.old_loan_settled(case)
    await fund.new_loan(case, yuan(6_000_000))
    await fund.skip(days=1)
    await fund.money_returns(case, yuan(5_000_100), fee=yuan(1_050))
    assert fund.stage_of(case) is CaseStage.CLOSED
    assert fund.refund_due(case) == yuan(150)
    assert fund.position(case).fee_received_fen == yuan(1_000)
    assert fund.pool().available_fen == yuan(20_000_000)


async def test_a_line_of_the_statement_is_booked_once_for_one_case(fund: TestedFund) -> None:
    one = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    other = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    for case in (one, other):
        await fund.reserve(case, FIVE_MILLION)
        await fund.sign(case)
    await fund.skip_to_release_day(one)
    for case in (one, other):
        await fund.release(case)
    await fund.bank_says(one, fund.a_receipt(yuan(1_000_000), reference="SK-7"))
    again = await fund.bank_says(one, fund.a_receipt(yuan(1_000_000), reference="SK-7"))
    elsewhere = await fund.bank_says(other, fund.a_receipt(yuan(1_000_000), reference="SK-7"))
    second_line = await fund.bank_says(other, fund.a_receipt(0, yuan(1), reference="SK-9"))
    covered = await fund.bank_says(one, fund.a_receipt(yuan(1), yuan(1), reference="SK-9"))
    assert fund.why_refused(again) == fund.why_refused(elsewhere) == "message.receipt_booked"
    assert fund.message(second_line).state == "accepted"
    assert fund.why_refused(covered) == "message.receipt_booked"
    assert fund.position(one).principal_returned_fen == yuan(1_000_000)
    assert fund.position(other).principal_returned_fen == 0


async def test_a_receipt_of_an_impossible_day_is_refused_and_the_case_goes_on(fund: TestedFund) -> None:
    case = await a_bridge(fund)
    early = await fund.bank_says(case, fund.a_receipt(yuan(1), on=fund.today - timedelta(days=1)))
    late = await fund.bank_says(case, fund.a_receipt(yuan(1), on=fund.today + timedelta(days=1)))
    assert fund.why_refused(early) == fund.why_refused(late) == "message.receipt_date"
    await fund.renewed_and_home(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED


async def test_an_earlier_return_told_later_takes_its_place_in_time(fund: TestedFund) -> None:
    case = await a_bridge(fund)
    await fund.old_loan_settled(case)
    await fund.new_loan(case, yuan(6_000_000))
    paid_on = fund.today
    await fund.skip(days=3)
    await fund.bank_says(case, fund.a_receipt(yuan(1_000_000)))
    told_late = await fund.bank_says(case, fund.a_receipt(yuan(4_000_000), on=paid_on + timedelta(days=1)))
    assert fund.message(told_late).state == "accepted"
    await fund.bank_says(case, fund.a_receipt(0, yuan(1_400)))  # 5m·1·0.02 % + 1m·2·0.02 %
    assert fund.stage_of(case) is CaseStage.CLOSED


async def test_what_the_bank_tells_too_early_waits_for_its_stage_and_then_acts(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bank_promises(case, rung=PromiseRung.CONTRACTS_SIGNED)
    await fund.approve_bridge(case, FIVE_MILLION)
    await fund.settle()
    await fund.sign(case)
    loan = NewLoan(signed_on=fund.today, note="NL-EARLY", amount_fen=yuan(6_000_000))
    early = await fund.bank_says(case, loan)
    assert fund.message(early).state == "received"
    await fund.skip_to_release_day(case)
    await fund.release(case)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    await fund.bank_says(case, OldLoanSettled(settled_on=fund.today, balance_fen=0, voucher="HK"))
    assert fund.stage_of(case) is CaseStage.REPAYMENT
    assert fund.message(early).state == "accepted"


async def test_money_that_comes_home_first_closes_the_case_even_if_no_new_loan_is_told(fund: TestedFund) -> None:
    case = await a_bridge(fund)
    await fund.money_returns(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    await fund.not_renewing(case)
    assert fund.stage_of(case) is CaseStage.CLOSED
