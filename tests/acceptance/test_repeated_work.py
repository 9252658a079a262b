"""An activity that died after its commit is run again: the same request leaves the same file and the same books."""

import pytest

from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.again import run_everything_again, seen
from tests.acceptance.fund.fund import TestedFund
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)


async def test_a_whole_bridge_done_twice_is_done_once(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5), collateral_anew=True))
    await fund.bank_promises(case)
    await fund.propose(case, FIVE_MILLION)
    await fund.send_back(case)
    await fund.approve_bridge(case, FIVE_MILLION)
    await fund.promise_comes(case, amount_fen=yuan(5_500_000))
    await fund.approve_bridge(case, FIVE_MILLION)
    await fund.settle()
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    await fund.release(case)
    await fund.old_loan_settled(case)
    await fund.collateral_registered(case)
    await fund.new_loan(case, yuan(5_500_000))
    await fund.money_returns(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED
    before = seen(fund, case)
    again = await run_everything_again(fund, case)
    assert len(set(again)) >= 12
    assert seen(fund, case) == before
