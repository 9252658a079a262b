"""A few lives of payments on the real servers, each told by one number; ``tests/books`` tells thousands without any.

The fund's look after each test says whether the bank paid a case twice, and whether bank and books agree.
"""

import os
import random

import pytest

from gateways.simulated import BankScript, PaymentManner
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from rulebook.stages import ENDS, CaseStage
from tests.acceptance.fund.again import run_everything_again, seen
from tests.acceptance.fund.fund import BOTH, CASHIER, CHECKER, EVERYTHING, TestedFund
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)
SEED = int(os.environ.get("XUQIAO_PAYMENT_SEED") or random.SystemRandom().getrandbits(32))


async def something_happens(fund: TestedFund, case: str, rng: random.Random) -> None:
    who = rng.choice((CHECKER, BOTH, EVERYTHING, CASHIER))
    match rng.choice(("release", "hours", "day", "sent", "not_sent", "paid", "denied", "denied")):
        case "release":
            await fund.release(case)
        case "hours":
            await fund.hours_pass(rng.choice((1, 5, 9)))
        case "day":
            await fund.skip(days=1)
            await fund.bank_day()
        case "sent":
            await fund.mark_sent(case)
        case "not_sent":
            await fund.not_sent(case)
        case "paid":
            await fund.confirm_payment(case, by=who)
        case _:
            await fund.denied(case, who)


async def a_life(fund: TestedFund, number: int) -> None:
    rng = random.Random(f"{SEED}/{number}")
    print(f"XUQIAO_PAYMENT_SEED={SEED}, life {number}")
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    fund.script_bank(case, BankScript(payment=rng.choice(list(PaymentManner)), payment_days=rng.choice((1, 3))))
    await fund.bridge(case, FIVE_MILLION)
    for _ in range(10):
        try:
            await something_happens(fund, case, rng)
        except XuqiaoError:
            continue  # what may not be done is refused, and changes nothing
    await fund.settle()
    if fund.stage_of(case) in ENDS:
        return  # what was approved is void: no activity before the end can still be running
    before = seen(fund, case)
    await run_everything_again(fund, case)
    assert seen(fund, case) == before, "whatever was killed after its commit and run again leaves nothing new"
    paid = fund.stage_of(case) not in {CaseStage.DISBURSEMENT, *ENDS}
    assert (fund.position(case).outstanding_fen == FIVE_MILLION) is paid
    assert fund.stage_of(case) in ENDS or paid or fund.position(case).reserved_fen == FIVE_MILLION


@pytest.mark.parametrize("number", range(4))
async def test_20_a_life_with_a_banks_system(fund: TestedFund, number: int) -> None:
    await a_life(fund, number)


@pytest.mark.parametrize("number", range(4, 7))
async def test_20_a_life_at_the_counter(counter_fund: TestedFund, number: int) -> None:
    await a_life(counter_fund, number)
