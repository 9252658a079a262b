"""A close is conditional on the money: what the bank takes back is out again, and is pursued."""

import asyncio

import pytest

from activities.cases.troubles import look
from models.cases import reads
from models.cases.troubles import troubles
from rulebook.messages import ProposeWriteOff
from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import CONCLUDE, TestedFund
from tests.acceptance.fund.reversals import take_back
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)
GIVE_UP = ProposeWriteOff(amount_fen=FIVE_MILLION, decision="纪要1号", reason="无可供执行财产")


async def a_bridge(fund: TestedFund) -> str:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    return case


async def test_24_a_return_taken_back_after_the_close_is_pursued_and_late_money_is_booked_to_it(
    fund: TestedFund,
) -> None:
    case = await a_bridge(fund)
    await fund.renewed_and_home(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED
    await fund.skip(days=1)
    await take_back(fund, case)
    task = fund.task_of(case)
    assert task is not None
    assert (fund.stage_of(case), task.kind, task.role) == (CaseStage.RECOVERY, "conclude_recovery", "checker")
    assert fund.events(case)[-1] == "return_reversed"
    assert (fund.pool().out_fen, fund.position(case).outstanding_fen) == (FIVE_MILLION, FIVE_MILLION)
    with fund.services.sessions() as session:
        assert sum(each.amount_fen for each in reads.pool_page(session, fund.code).expected) == FIVE_MILLION
    await fund.money_returns(case, FIVE_MILLION)
    assert (fund.position(case).outstanding_fen, fund.stage_of(case)) == (0, CaseStage.RECOVERY)
    await fund.act(case, CONCLUDE)
    await fund.settle()
    assert fund.stage_of(case) is CaseStage.CLOSED
    assert fund.papers_of(case).count("settlement_certificate") == 2, "the first holds no longer"


async def test_24_both_returns_of_a_closed_case_can_be_taken_back_one_after_the_other(fund: TestedFund) -> None:
    case = await a_bridge(fund)
    await fund.old_loan_settled(case)
    await fund.new_loan(case, FIVE_MILLION)
    await fund.money_returns(case, yuan(2_000_000), fee=0)
    await fund.money_returns(case, yuan(3_000_000))
    assert fund.stage_of(case) is CaseStage.CLOSED
    await take_back(fund, case, 0)
    assert (fund.stage_of(case), fund.position(case).outstanding_fen) == (CaseStage.RECOVERY, yuan(2_000_000))
    await take_back(fund, case, 1)
    assert (fund.stage_of(case), fund.position(case).outstanding_fen) == (CaseStage.RECOVERY, FIVE_MILLION)
    assert fund.events(case).count("return_reversed") == 2
    await fund.money_returns(case, FIVE_MILLION)
    await fund.act(case, CONCLUDE)
    await fund.settle()
    assert (fund.stage_of(case), fund.pool().out_fen) == (CaseStage.CLOSED, 0)


async def test_24_a_return_taken_back_while_the_case_is_at_work_is_waited_for_again(fund: TestedFund) -> None:
    case = await a_bridge(fund)
    await fund.old_loan_settled(case)
    await fund.money_returns(case, yuan(2_000_000), fee=0)
    await take_back(fund, case)
    await fund.new_loan(case, FIVE_MILLION)
    await fund.money_returns(case, yuan(3_000_000))
    assert (fund.stage_of(case), fund.position(case).outstanding_fen) == (CaseStage.REPAYMENT, yuan(2_000_000))
    await fund.money_returns(case, yuan(2_000_000))
    assert (fund.stage_of(case), fund.pool().out_fen) == (CaseStage.CLOSED, 0)


async def test_30_an_act_on_a_reopened_case_waits_until_its_pursuit_has_begun(
    fund: TestedFund, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await a_bridge(fund)
    await fund.renewed_and_home(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED

    async def later() -> None:
        """The relay has not come to it yet."""

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(fund, "settle", later)
        await take_back(fund, case)
    assert fund.stage_of(case) is CaseStage.RECOVERY
    await look(fund.services.sessions.begin, fund.client, case)
    with fund.services.sessions() as session:
        assert troubles(session, case_no=case) == [], "nobody has lost a story that is about to begin"
    asked = asyncio.create_task(fund.act(case, GIVE_UP))
    await asyncio.sleep(1)
    assert not asked.done()
    await fund.settle()
    assert (await asked).stage is CaseStage.RECOVERY


async def test_27_a_return_taken_back_may_be_told_again_under_its_own_number(fund: TestedFund) -> None:
    case = await a_bridge(fund)
    await fund.old_loan_settled(case)
    told = fund.a_receipt(yuan(2_000_000))
    await fund.bank_says(case, told)
    await take_back(fund, case)
    assert fund.position(case).outstanding_fen == FIVE_MILLION
    await fund.bank_says(case, told)
    assert fund.position(case).outstanding_fen == yuan(3_000_000)
