"""Whole stories for the record: with XUQIAO_RECORD_HISTORIES set they are written to ``tests/histories``.

They are replayed in every run by ``tests/histories/test_replay.py``: a change of a story that would break cases already
on their way fails there. Record again only once all cases of the release before have ended, or behind a patch marker:

    XUQIAO_RECORD_HISTORIES=1 .venv/bin/python -m pytest tests/acceptance/test_histories.py
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateways.simulated import BankScript, PaymentManner
from rulebook.cases import BankAnswer
from rulebook.messages import ApproveWriteOff, ProposeWriteOff
from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import TestedFund
from tests.acceptance.fund.record import record
from tests.builders import CLEAN, a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FOLDER = Path(__file__).parent.parent / "histories"
FIVE_MILLION = yuan(5_000_000)


async def bridged(fund: TestedFund) -> str:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5), collateral_anew=True))
    await fund.bridge(case, FIVE_MILLION)
    await fund.old_loan_settled(case)
    await fund.collateral_registered(case)
    await fund.new_loan(case, yuan(6_000_000))
    await fund.money_returns(case, yuan(1_000_000), fee=0)
    await fund.money_returns(case, yuan(4_000_000))
    assert fund.stage_of(case) is CaseStage.CLOSED
    return case


async def direct(fund: TestedFund) -> str:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.bank_answers(case, BankAnswer.RENEW_WITHOUT_REPAYMENT)
    await fund.new_loan(case, yuan(6_000_000))
    assert fund.stage_of(case) is CaseStage.CLOSED
    return case


async def queued(fund: TestedFund) -> str:
    ahead = []
    for _ in range(2):
        large = a_micro_manufacturer(maturity=fund.in_days(8), balance_fen=yuan(12_000_000), asking=yuan(10_000_000))
        ahead.append(await fund.apply(large))
        await fund.reserve(ahead[-1], yuan(10_000_000))
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(8)))
    await fund.reserve(case, FIVE_MILLION)
    await fund.withdraw(ahead[0])
    await fund.settle()
    await fund.promise_withdrawn(case)
    await fund.withdraw(case)
    return case


async def recovery(fund: TestedFund) -> str:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.skip(working_days=11)
    await fund.money_returns(case, yuan(1_000_000), fee=0)
    assert fund.stage_of(case) is CaseStage.RECOVERY
    return case


async def refused(fund: TestedFund) -> str:
    standing = CLEAN.model_copy(update={"litigation": None})
    own = {"own_contribution_fen": yuan(2_000_000)}
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5), standing=standing, **own))
    await fund.decide_referral(case, go_on=True)
    await fund.bank_promises(case)
    await fund.propose(case, FIVE_MILLION)
    await fund.send_back(case)
    await fund.propose(case, yuan(4_000_000))
    await fund.reject(case)
    return case


async def rejected_payment(fund: TestedFund) -> str:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    fund.script_bank(case, BankScript(payment=PaymentManner.REFUSE))
    await fund.bridge(case, FIVE_MILLION)
    fund.script_bank(case, BankScript(payment=PaymentManner.LOSE_REPLY))
    await fund.release(case)
    await fund.hours_pass(1)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    return case


async def written_off(fund: TestedFund) -> str:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.not_renewing(case)
    await fund.act(case, ProposeWriteOff(decision="东财发〔2026〕9号", amount_fen=FIVE_MILLION, reason="破产终结"))
    await fund.money_returns(case, yuan(1_000_000), fee=0)
    lost = yuan(4_000_000)
    await fund.act(case, ProposeWriteOff(decision="东财发〔2026〕10号", amount_fen=lost, reason="破产终结"))
    await fund.act(case, ApproveWriteOff(decision="东财发〔2026〕10号", amount_fen=lost))
    await fund.settle()
    assert fund.stage_of(case) is CaseStage.WRITTEN_OFF
    return case


@pytest.mark.parametrize(
    "story",
    [bridged, direct, queued, recovery, refused, rejected_payment, written_off],
    ids=lambda story: story.__name__,
)
async def test_a_story_replays_from_its_record(fund: TestedFund, story: Callable[..., Awaitable[str]]) -> None:
    case = await story(fund)
    await fund.replay()
    await record(fund, case, story.__name__)
