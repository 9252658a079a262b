"""The bank pays what was given up: two people have it booked, though not at the first try, or see to it otherwise."""

from functools import partial
from pathlib import Path

import pytest

from activities.cases import late_payment
from activities.cases.troubles import Remedy, approve_remedy, propose_remedy
from gateways.simulated import BankScript, PaymentManner
from models.cases.troubles import open_trouble, troubles
from models.funds.people import actor
from rulebook.messages import Actor
from rulebook.money import yuan
from rulebook.stages import CaseStage, Role
from tests.acceptance.fund.fund import BOTH, CHECKER, EVERYTHING, MAKER, TestedFund, refusal_of
from tests.acceptance.fund.statement import Statement, account_of
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION, TEN_MILLION = yuan(5_000_000), yuan(10_000_000)


class LatePayment:
    """A payment that the bank made after two people had given it up, as the people of the fund see it."""

    def __init__(self, fund: TestedFund, case: str, statement: Statement) -> None:
        self.fund, self.case, self.statement = fund, case, statement
        self.desk, begin = fund.services.desk_sessions.begin, fund.services.sessions.begin
        self.trouble = self.open[0]
        self._approve = partial(approve_remedy, self.desk, begin, fund.client, self.trouble)

    @property
    def open(self) -> list[int]:
        with self.fund.services.sessions() as session:
            return [each.id for each in troubles(session, case_no=self.case)]

    def person(self, who: str, role: Role) -> Actor:
        with self.fund.services.sessions() as session:
            return actor(session, who, role, self.fund.code)

    def propose(self, remedy: Remedy) -> None:
        propose_remedy(self.desk, self.trouble, remedy, "银行迟延付出", self.person(MAKER, Role.MAKER))

    async def approve(self, remedy: Remedy, by: str) -> None:
        await self._approve(remedy, self.person(by, Role.CHECKER))
        await self.fund.settle()


async def paid_after_all(fund: TestedFund, folder: Path) -> LatePayment:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    fund.script_bank(case, BankScript(payment=PaymentManner.LATE, payment_days=20))
    await fund.reserve(case, FIVE_MILLION)
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    await fund.bank_day()
    await fund.release(case)
    await fund.skip(days=2)
    await fund.denied(case, BOTH, EVERYTHING)
    assert fund.stage_of(case) is CaseStage.LAPSED
    await fund.skip(days=20)
    await fund.bank_day()
    [late] = [each for each in fund.services.simulated_bank.payments() if each.case_no == case]
    statement = Statement(fund, folder)
    statement.add(late.reference, -FIVE_MILLION, account=account_of(fund, case))
    statement.take_in()
    return LatePayment(fund, case, statement)


async def test_20_a_late_payment_that_the_pool_is_short_of_says_so_and_is_booked_once_it_is_not(
    fund: TestedFund, tmp_path: Path
) -> None:
    late = await paid_after_all(fund, tmp_path)
    others = []
    for _ in range(2):
        row = a_micro_manufacturer(maturity=fund.in_days(30), balance_fen=yuan(12_000_000), asking=TEN_MILLION)
        others.append(await fund.apply(row))
        await fund.reserve(others[-1], TEN_MILLION)
    assert fund.pool().available_fen == 0
    late.propose(Remedy.BOOK)
    refused = await refusal_of(late.approve(Remedy.BOOK, CHECKER))
    assert (refused.code, refused.params["available"]) == ("ledger.pool_short", "0.00")
    for each in others:
        await fund.withdraw(each)
    await fund.settle()
    late.propose(Remedy.BOOK)
    await late.approve(Remedy.BOOK, EVERYTHING)
    assert fund.position(late.case).outstanding_fen == FIVE_MILLION
    assert late.open == []


@pytest.mark.parametrize("by", [CHECKER, EVERYTHING])
async def test_20_a_late_payment_that_was_allowed_and_not_booked_is_booked_by_whoever_approves_next(
    fund: TestedFund, tmp_path: Path, by: str
) -> None:
    late = await paid_after_all(fund, tmp_path)
    late.propose(Remedy.BOOK)
    with late.desk() as session:  # and then the program is killed
        trouble = open_trouble(session, late.trouble)
        first = late_payment.allow(session, trouble, late.person(CHECKER, Role.CHECKER))
    await late.approve(Remedy.BOOK, by)
    assert fund.position(late.case).outstanding_fen == FIVE_MILLION
    [booked] = [each.attempt for each in fund.payments_of(late.case) if each.state == "paid"]
    assert booked == (first if by == CHECKER else first + 1), "what one person allowed is not another's"


async def test_20_a_late_payment_that_two_people_have_seen_to_stays_dismissed(fund: TestedFund, tmp_path: Path) -> None:
    late = await paid_after_all(fund, tmp_path)
    late.propose(Remedy.DISMISS)
    await late.approve(Remedy.DISMISS, CHECKER)
    assert late.open == []
    fund.told_in_a_difference.add(late.case)
    late.statement.add("SX1", -yuan(1), summary="电汇费")
    late.statement.take_in()
    late.statement.day_end()
    assert late.open == []
