"""Changes of law, and what a measure can ask that the example's does not."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rulebook.calendar import DayUnit
from rulebook.cases import LoanKind
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import BOTH, TestedFund, refusal_of
from tests.acceptance.fund.measures import a_later_measure
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)
OPERATOR = Path(__file__).parents[2] / "examples" / "operator.toml"
FundUnder = Callable[..., TestedFund]


async def a_case(fund: TestedFund, **changed: Any) -> str:
    return await fund.apply(a_micro_manufacturer(maturity=fund.in_days(9), **changed))


async def test_a_change_of_law_leaves_open_cases_where_they_are(fund: TestedFund) -> None:
    before = await a_case(fund)
    from_day, digest = await a_later_measure(fund)
    after = await a_case(fund)
    assert fund.case(after).measure_digest == digest
    assert fund.case(before).measure_digest != digest
    await fund.bank_promises(before)
    await fund.approve_bridge(before, FIVE_MILLION)
    assert fund.case(before).measure_digest != digest
    assert from_day == fund.today


async def test_two_people_move_a_case_to_another_measure_and_the_approval_is_void(fund: TestedFund) -> None:
    case = await a_case(fund)
    old = fund.case(case).measure_digest
    from_day, digest = await a_later_measure(fund)
    await fund.reserve(case, FIVE_MILLION)
    assert fund.pool().reserved_fen == FIVE_MILLION
    assert (await refusal_of(fund.approve_measure(case, from_day))).code == "act.measure_not_proposed"
    await fund.propose_measure(case, from_day, by=BOTH)
    assert fund.case(case).measure_digest == old
    assert (await refusal_of(fund.approve_measure(case, from_day, by=BOTH))).code == "act.same_person"
    other_day = from_day + timedelta(days=1)
    assert (await refusal_of(fund.approve_measure(case, other_day))).code == "act.measure_not_proposed"
    outcome = await fund.approve_measure(case, from_day)
    assert (outcome.event, outcome.stage) == ("measure_changed", CaseStage.APPROVAL)
    assert (fund.case(case).measure_digest, fund.pool().reserved_fen) == (digest, 0)
    assert fund.current_approval(case) is None
    await fund.approve_bridge(case, FIVE_MILLION)
    await fund.settle()
    await fund.sign(case)
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT


async def test_a_case_is_moved_before_the_bank_has_answered(fund: TestedFund) -> None:
    case = await a_case(fund)
    from_day, digest = await a_later_measure(fund)
    await fund.propose_measure(case, from_day)
    assert (await fund.approve_measure(case, from_day)).stage is CaseStage.BANK_OPINION
    assert fund.case(case).measure_digest == digest
    await fund.bank_promises(case)
    assert fund.stage_of(case) is CaseStage.APPROVAL


async def test_a_measure_that_would_refuse_the_borrower_is_not_taken(fund: TestedFund) -> None:
    row = {"kind": "owner", "loan_kind": LoanKind.BUSINESS_OPERATION}
    case = await a_case(fund, **row)
    old = fund.case(case).measure_digest
    narrow = {'"working_capital", "business_operation"]': '"working_capital"]'}
    from_day, _ = await a_later_measure(fund, **narrow)
    await fund.bank_promises(case)
    await fund.propose_measure(case, from_day)
    outcome = await fund.approve_measure(case, from_day)
    assert (outcome.event, outcome.stage) == ("measure_kept", CaseStage.APPROVAL)
    assert fund.case(case).measure_digest == old
    await fund.reserve(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.AGREEMENT


async def test_a_case_cannot_be_moved_to_a_measure_that_is_not_there_nor_once_money_is_on_its_way(
    fund: TestedFund,
) -> None:
    case = await a_case(fund)
    from_day, _ = await a_later_measure(fund)
    refused = await refusal_of(fund.propose_measure(case, from_day + timedelta(days=7)))
    assert refused.code == "fund.no_measure_from"
    assert str(from_day) in refused.params["days"]
    await fund.bridge(case, FIVE_MILLION)
    assert (await refusal_of(fund.propose_measure(case, from_day))).code == "act.not_in_stage"


async def test_a_fund_adopts_no_measure_for_days_that_have_begun(fund: TestedFund) -> None:
    overlay = OPERATOR.read_text(encoding="utf-8")
    with pytest.raises(XuqiaoError, match=r"fund\.measure_in_past"):
        fund.adopt(fund.today, overlay)
    fund.adopt(fund.today + timedelta(days=1), overlay)
    with pytest.raises(XuqiaoError, match=r"fund\.measure_there"):
        fund.adopt(fund.today + timedelta(days=1), overlay)


async def test_above_the_threshold_a_committees_minutes_are_needed(fund_under: FundUnder) -> None:
    fund = fund_under({"[release]": '[approval]\ncommittee_above = "400万元"\n\n[release]'})
    case = await a_case(fund)
    await fund.bank_promises(case)
    await fund.propose(case, FIVE_MILLION)
    refused = await refusal_of(fund.approve(case))
    assert (refused.code, refused.params["threshold"]) == ("act.minutes_missing", "4,000,000.00")
    assert (await fund.approve(case, minutes="〔2026〕第3号")).stage is CaseStage.AGREEMENT
    small = await a_case(fund, asking=yuan(4_000_000))
    await fund.reserve(small, yuan(4_000_000))
    assert fund.stage_of(small) is CaseStage.AGREEMENT


async def test_what_a_firm_already_has_counts_against_its_limit(fund_under: FundUnder) -> None:
    fund = fund_under({"[release]": '[exposure]\nfirm_at_once = "800万元"\n\n[release]'})
    first = a_micro_manufacturer(maturity=fund.in_days(9))
    one = await fund.apply(first)
    two = await a_case(fund, uscc=first.uscc, applicant_name=first.applicant_name)
    assert (fund.stage_of(one), fund.stage_of(two)) == (CaseStage.BANK_OPINION, CaseStage.REFUSED)
    await fund.withdraw(one)
    three = await a_case(fund, uscc=first.uscc, applicant_name=first.applicant_name)
    assert fund.stage_of(three) is CaseStage.BANK_OPINION


async def test_terms_and_fees_in_working_days_pass_over_the_weekend(fund_under: FundUnder) -> None:
    fund = fund_under({f'counted = "{DayUnit.CALENDAR}"': f'counted = "{DayUnit.WORKING}"'})
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(4)))
    await fund.bridge(case, FIVE_MILLION)
    paid_on = fund.case(case).paid_on
    assert paid_on is not None
    await fund.old_loan_settled(case)
    await fund.new_loan(case, yuan(6_000_000))
    await fund.skip(working_days=6)
    assert (fund.today - paid_on).days >= 8
    assert fund.fee_owed(case) == yuan(7_000)  # 5 days at 0.02 % and one at 0.04 %
    await fund.skip_to(fund.workdays_since(paid_on).add_workdays(paid_on, 10))
    assert fund.stage_of(case) is CaseStage.REPAYMENT  # the last day of the term has only begun
    assert fund.fee_owed(case) == yuan(15_000)
    await fund.money_returns(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED
