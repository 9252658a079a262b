"""One sentence for each end of a case."""

import pytest

from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund import TestedFund
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)


async def test_a_bridged_case_pays_once_and_closes_with_everything_home(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.old_loan_settled(case)
    await fund.skip(days=4)
    await fund.new_loan(case, yuan(6_000_000))
    await fund.money_returns(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED
    assert fund.paid_by_bank(case) == [FIVE_MILLION]
    assert fund.position(case).outstanding_fen == 0
    assert fund.pool().available_fen == yuan(20_000_000)
    assert fund.faults_in_books() == []


async def test_a_bank_that_never_renews_sends_the_case_to_recovery(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.skip(working_days=11)
    assert fund.stage_of(case) is CaseStage.RECOVERY
    assert fund.paid_by_bank(case) == [FIVE_MILLION]
    assert fund.position(case).outstanding_fen == FIVE_MILLION
