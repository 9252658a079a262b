"""One sentence for each end of a case."""

from datetime import timedelta

import pytest

from gateways.simulated import BankScript, PaymentManner
from models.funds import calendar
from rulebook.cases import BankAnswer, PromiseRung
from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import CONCLUDE, TestedFund, refusal_of
from tests.builders import CLEAN, a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)
POOL = yuan(20_000_000)
# Closed --------------------------------------------------------------------------------------------------------------


async def test_a_bridged_case_pays_once_and_closes_with_everything_home(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(8)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.old_loan_settled(case)
    await fund.skip(days=4)
    await fund.new_loan(case, yuan(6_000_000))
    await fund.money_returns(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED
    assert fund.paid_by_bank(case) == [FIVE_MILLION]
    assert fund.position(case).outstanding_fen == 0
    assert fund.position(case).fee_received_fen == yuan(4_000)  # 5,000,000 for 4 days at 0.02 % a day
    assert fund.pool().available_fen == POOL
    assert fund.papers_of(case) == [
        "renewal_commitment",
        "application_form",
        "tripartite_agreement",
        "drawdown_request",
        "disbursement_form",
        "transfer_instruction",
        "release_checklist",
        "archive_index",
        "settlement_certificate",
    ]


async def test_collateral_registered_anew_comes_between_settlement_and_new_loan(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5), collateral_anew=True))
    await fund.bridge(case, FIVE_MILLION)
    await fund.old_loan_settled(case)
    assert fund.stage_of(case) is CaseStage.COLLATERAL
    await fund.collateral_registered(case)
    assert fund.stage_of(case) is CaseStage.NEW_LOAN
    await fund.new_loan(case, yuan(6_000_000))
    await fund.money_returns(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED


async def test_a_bank_that_renews_without_repayment_leaves_the_pool_untouched(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.bank_answers(case, BankAnswer.RENEW_WITHOUT_REPAYMENT)
    assert fund.stage_of(case) is CaseStage.NEW_LOAN
    await fund.skip(days=1)
    await fund.new_loan(case, yuan(6_000_000))
    assert fund.stage_of(case) is CaseStage.CLOSED
    assert fund.paid_by_bank(case) == []
    assert fund.papers_of(case) == []


# Refused -------------------------------------------------------------------------------------------------------------


async def test_a_firm_in_litigation_is_refused_before_the_bank_is_asked(fund: TestedFund) -> None:
    standing = CLEAN.model_copy(update={"litigation": True})
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16), standing=standing))
    assert fund.stage_of(case) is CaseStage.REFUSED
    assert fund.reason_of(case) == "not_eligible"
    assert fund.events(case) == ["received", "refused"]
    assert fund.papers_of(case) == ["refusal_notice"]


async def test_no_renewal_means_no_bridge(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.bank_answers(case, BankAnswer.NO_RENEWAL)
    assert (fund.stage_of(case), fund.reason_of(case)) == (CaseStage.REFUSED, "bank_will_not_renew")


async def test_the_checker_may_refuse_what_was_proposed(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.bank_promises(case)
    await fund.propose(case, FIVE_MILLION)
    await fund.reject(case)
    assert (fund.stage_of(case), fund.reason_of(case)) == (CaseStage.REFUSED, "用途存疑")
    assert [approval.voided_at is not None for approval in fund.approvals_of(case)] == [True]


async def test_what_nobody_knows_is_decided_by_a_person(fund: TestedFund) -> None:
    standing = CLEAN.model_copy(update={"litigation": None})
    refused = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16), standing=standing))
    accepted = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16), standing=standing))
    assert fund.stage_of(refused) is CaseStage.ELIGIBILITY
    await fund.decide_referral(refused, go_on=False)
    await fund.decide_referral(accepted, go_on=True)
    assert (fund.stage_of(refused), fund.reason_of(refused)) == (CaseStage.REFUSED, "证据不足")
    assert fund.stage_of(accepted) is CaseStage.BANK_OPINION


async def test_a_bank_that_turns_round_before_the_money_left_ends_the_case_and_no_money_leaves(
    fund: TestedFund,
) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.reserve(case, FIVE_MILLION)
    await fund.sign(case)
    await fund.not_renewing(case)
    assert (fund.stage_of(case), fund.reason_of(case)) == (CaseStage.REFUSED, "bank_will_not_renew")
    assert fund.paid_by_bank(case) == []
    assert fund.pool().available_fen == POOL


# Lapsed --------------------------------------------------------------------------------------------------------------


async def _no_opinion(fund: TestedFund, case: str) -> None:
    pass


async def _promise_never_firm(fund: TestedFund, case: str) -> None:
    await fund.bank_promises(case, rung=PromiseRung.INTENTION)


async def _nobody_proposes(fund: TestedFund, case: str) -> None:
    await fund.bank_promises(case)


async def _nobody_approves(fund: TestedFund, case: str) -> None:
    await fund.bank_promises(case)
    await fund.propose(case, FIVE_MILLION)


async def _nobody_signs(fund: TestedFund, case: str) -> None:
    await fund.reserve(case, FIVE_MILLION)


async def _release_day_missed(fund: TestedFund, case: str) -> None:
    await fund.reserve(case, FIVE_MILLION)
    await fund.sign(case)


async def _payment_rejected(fund: TestedFund, case: str) -> None:
    fund.script_bank(case, BankScript(payment=PaymentManner.REFUSE))
    await fund.bridge(case, FIVE_MILLION)


LAPSES = {
    _no_opinion: "no_opinion",
    _promise_never_firm: "no_promise",
    _nobody_proposes: "no_propose",
    _nobody_approves: "no_approve",
    _nobody_signs: "no_record_signing",
    _release_day_missed: "no_release",
    _payment_rejected: "no_release",
}


@pytest.mark.parametrize("neglect", LAPSES, ids=lambda neglect: neglect.__name__.strip("_"))
async def test_a_case_lapses_when_money_can_no_longer_arrive_ahead_of_maturity(fund: TestedFund, neglect) -> None:  # type: ignore[no-untyped-def]
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await neglect(fund, case)
    await fund.skip_past_last_call(case)
    assert (fund.stage_of(case), fund.reason_of(case)) == (CaseStage.LAPSED, LAPSES[neglect])
    assert fund.paid_by_bank(case) == []
    assert fund.pool().available_fen == POOL


async def test_a_direct_renewal_missed_twice_lapses(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(8)))
    await fund.bank_answers(case, BankAnswer.RENEW_WITHOUT_REPAYMENT)
    while fund.stage_of(case) is CaseStage.NEW_LOAN:
        await fund.skip(days=1)
    assert fund.events(case)[-1] == "direct_renewal_missed"
    assert fund.today < fund.maturity_of(case)
    await fund.bank_answers(case, BankAnswer.EXTEND)
    assert (fund.stage_of(case), fund.reason_of(case)) == (CaseStage.LAPSED, "direct_renewal_not_signed")


async def test_a_direct_renewal_missed_once_is_bridged_in_time(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(8)))
    await fund.bank_answers(case, BankAnswer.RENEW_WITHOUT_REPAYMENT)
    while fund.stage_of(case) is CaseStage.NEW_LOAN:
        await fund.skip(days=1)
    await fund.bridge(case, FIVE_MILLION)
    assert fund.paid_by_bank(case) == [FIVE_MILLION]
    await fund.renewed_and_home(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED
    assert fund.case(case).route == "bridge"


# Withdrawn -----------------------------------------------------------------------------------------------------------


async def _eligibility(fund: TestedFund) -> str:
    standing = CLEAN.model_copy(update={"litigation": None})
    return await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5), standing=standing))


async def _bank_opinion(fund: TestedFund) -> str:
    return await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))


async def _approval(fund: TestedFund) -> str:
    case = await _bank_opinion(fund)
    await fund.bank_promises(case)
    return case


async def _queued(fund: TestedFund) -> str:
    for _ in range(2):
        large = a_micro_manufacturer(maturity=fund.in_days(5), balance_fen=yuan(12_000_000), asking=yuan(10_000_000))
        await fund.reserve(await fund.apply(large), yuan(10_000_000))
    case = await _bank_opinion(fund)
    await fund.reserve(case, FIVE_MILLION)
    return case


async def _agreement(fund: TestedFund) -> str:
    case = await _bank_opinion(fund)
    await fund.reserve(case, FIVE_MILLION)
    return case


async def _disbursement(fund: TestedFund) -> str:
    case = await _agreement(fund)
    await fund.sign(case)
    return case


async def _new_loan(fund: TestedFund) -> str:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.bank_answers(case, BankAnswer.REVOLVING)
    return case


@pytest.mark.parametrize(
    "come_to", [_eligibility, _bank_opinion, _approval, _queued, _agreement, _disbursement, _new_loan]
)
async def test_a_borrower_may_withdraw_until_money_is_out(fund: TestedFund, come_to) -> None:  # type: ignore[no-untyped-def]
    case = await come_to(fund)
    assert fund.stage_of(case) == come_to.__name__.strip("_")
    reserved_by_others = fund.pool().reserved_fen - fund.position(case).reserved_fen
    await fund.withdraw(case)
    assert (fund.stage_of(case), fund.reason_of(case)) == (CaseStage.WITHDRAWN, "自筹资金已到位")
    assert fund.pool().reserved_fen == reserved_by_others


async def test_nobody_withdraws_from_money_that_is_out(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    assert (await refusal_of(fund.withdraw(case))).code == "act.not_in_stage"
    await fund.old_loan_settled(case)
    assert fund.stage_of(case) is CaseStage.NEW_LOAN
    assert (await refusal_of(fund.withdraw(case))).code == "act.payment_in_flight"


# Recovery ------------------------------------------------------------------------------------------------------------


async def test_a_bank_that_never_renews_sends_the_case_to_recovery(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.skip(working_days=11)
    assert fund.stage_of(case) is CaseStage.RECOVERY
    assert fund.paid_by_bank(case) == [FIVE_MILLION]
    assert fund.position(case).outstanding_fen == FIVE_MILLION


async def test_a_bank_that_refuses_once_the_money_is_out_sends_the_case_to_recovery_at_once(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.old_loan_settled(case)
    await fund.not_renewing(case)
    assert (fund.stage_of(case), fund.reason_of(case)) == (CaseStage.RECOVERY, "总行收紧授信")


async def test_a_pursuit_ends_only_when_principal_and_fee_are_home(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.not_renewing(case)
    await fund.skip(days=2)
    await fund.money_returns(case, yuan(3_000_000), fee=0)
    refused = await refusal_of(fund.act(case, CONCLUDE))
    assert refused.code == "act.still_owed"
    assert refused.params["amount"] == "2,002,000.00"  # 2,000,000 and 5,000,000 for 2 days at 0.02 %
    await fund.money_returns(case, yuan(2_000_000))
    await fund.act(case, CONCLUDE)
    assert fund.stage_of(case) is CaseStage.CLOSED
    assert fund.position(case).fee_received_fen == yuan(2_000)
    assert fund.papers_of(case)[-1] == "settlement_certificate"


async def test_a_pursuit_outlasts_the_calendar_that_is_known(fund: TestedFund, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar, "LOOK_AHEAD", timedelta(days=14))
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.not_renewing(case)
    await fund.hours_pass(24 * 20)
    fund.open_day()
    await fund.money_returns(case, FIVE_MILLION)
    await fund.act(case, CONCLUDE)
    assert fund.stage_of(case) is CaseStage.CLOSED
