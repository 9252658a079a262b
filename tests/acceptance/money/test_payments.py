"""The payment leaves once, whatever the bank's answers are; an unknown fate is asked about, never sent again."""

import pytest

from gateways.simulated import BankScript, PaymentManner
from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import CHECKER, EVERYTHING, TestedFund, refusal_of
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)


async def released(fund: TestedFund, payment: PaymentManner, *, days: int = 1) -> str:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    fund.script_bank(case, BankScript(payment=payment, payment_days=days))
    await fund.reserve(case, FIVE_MILLION)
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    await fund.bank_day()
    await fund.release(case)
    return case


async def test_a_reply_that_was_lost_is_asked_for(fund: TestedFund) -> None:
    case = await released(fund, PaymentManner.LOSE_REPLY)
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT
    await fund.hours_pass(1)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    assert fund.paid_by_bank(case) == [FIVE_MILLION]
    assert fund.sent_to_bank(case) == [1]


@pytest.mark.parametrize("manner", [PaymentManner.DELAY, PaymentManner.LATE])
async def test_a_payment_that_takes_its_time_is_asked_about_until_it_is_paid(
    fund: TestedFund, manner: PaymentManner
) -> None:
    case = await released(fund, manner)
    assert (await refusal_of(fund.release(case))).code == "act.payment_in_flight"
    assert (await refusal_of(fund.withdraw(case))).code == "act.payment_in_flight"
    await fund.bank_day()
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT
    await fund.skip(days=1)
    await fund.bank_day()
    await fund.hours_pass(7)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    assert fund.paid_by_bank(case) == [FIVE_MILLION]
    assert fund.sent_to_bank(case) == [1]


async def test_20_a_person_who_says_not_paid_frees_no_second_payment_while_the_bank_may_still_pay(
    fund: TestedFund,
) -> None:
    case = await released(fund, PaymentManner.LATE)
    await fund.confirm_payment(case, paid=False, by=CHECKER)
    await fund.settle()
    assert fund.events(case)[-1] == "payment_pending"
    assert (await refusal_of(fund.release(case))).code == "act.payment_in_flight"
    assert (fund.pool().reserved_fen, fund.sent_to_bank(case)) == (FIVE_MILLION, [1])
    await fund.skip(days=1)
    await fund.bank_day()
    await fund.hours_pass(7)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    assert (fund.paid_by_bank(case), fund.sent_to_bank(case)) == ([FIVE_MILLION], [1])


async def test_a_payment_that_the_bank_sent_back_is_released_again_under_a_key_of_its_own(fund: TestedFund) -> None:
    case = await released(fund, PaymentManner.REFUSE)
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT
    assert fund.events(case)[-1] == "payment_rejected"
    assert fund.position(case).reserved_fen == FIVE_MILLION
    await fund.release(case)
    fund.script_bank(case, BankScript())
    await fund.release(case)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    assert fund.events(case).count("payment_rejected") == 2
    assert [payment.state for payment in fund.payments_of(case)] == ["rejected", "rejected", "paid"]
    assert fund.paid_by_bank(case) == [FIVE_MILLION]
    assert fund.sent_to_bank(case) == [1, 1, 1]


async def test_a_promise_changed_after_a_payment_came_back_needs_a_new_approval(fund: TestedFund) -> None:
    case = await released(fund, PaymentManner.REFUSE)
    await fund.promise_comes(case, amount_fen=FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.APPROVAL
    fund.script_bank(case, BankScript())
    await fund.approve_bridge(case, yuan(4_000_000))
    await fund.settle()
    await fund.sign(case)
    await fund.release(case)
    assert fund.paid_by_bank(case) == [yuan(4_000_000)]


async def test_a_promise_taken_back_while_the_payment_is_open_counts_if_it_comes_back(fund: TestedFund) -> None:
    case = await released(fund, PaymentManner.DELAY)
    withdrawn = await fund.promise_withdrawn(case)
    assert fund.message(withdrawn).state == "received"
    await fund.skip(days=1)
    await fund.bank_day()
    await fund.hours_pass(7)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    assert fund.why_refused(withdrawn) == "message.impossible"


# At the counter ------------------------------------------------------------------------------------------------------


async def at_the_counter(fund: TestedFund) -> str:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT
    return case


async def test_the_cashier_pays_and_another_person_finds_it_on_the_statement(counter_fund: TestedFund) -> None:
    fund = counter_fund
    case = await at_the_counter(fund)
    assert (await refusal_of(fund.confirm_payment(case))).code == "act.payment_not_sent"
    assert (await fund.mark_sent(case, by=EVERYTHING)).stage is CaseStage.DISBURSEMENT
    assert (await refusal_of(fund.confirm_payment(case, by=EVERYTHING))).code == "act.same_person"
    await fund.confirm_payment(case, by=CHECKER)
    await fund.settle()
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    assert fund.position(case).outstanding_fen == FIVE_MILLION
    await fund.renewed_and_home(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED


async def test_a_payment_returned_at_the_counter_is_made_again(counter_fund: TestedFund) -> None:
    fund = counter_fund
    case = await at_the_counter(fund)
    await fund.mark_sent(case)
    await fund.confirm_payment(case, paid=False)
    await fund.settle()
    assert fund.events(case)[-1] == "payment_rejected"
    await fund.release(case)
    await fund.mark_sent(case)
    await fund.confirm_payment(case)
    await fund.settle()
    assert [payment.state for payment in fund.payments_of(case)] == ["rejected", "paid"]
    assert fund.position(case).outstanding_fen == FIVE_MILLION


async def test_a_payment_that_nobody_made_is_taken_back_before_the_case_lapses(counter_fund: TestedFund) -> None:
    fund = counter_fund
    case = await at_the_counter(fund)
    await fund.skip(days=2)
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT  # its fate is open: nothing lapses
    await fund.confirm_payment(case, paid=False)
    await fund.settle()
    assert (fund.stage_of(case), fund.reason_of(case)) == (CaseStage.LAPSED, "no_release")
    assert fund.pool().reserved_fen == 0
