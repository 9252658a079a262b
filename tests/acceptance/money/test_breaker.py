"""Too much of the fund is overdue: nothing new is granted or paid until some of it is back."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from activities.books.breaker import breaker_of
from models.base import table
from models.cases.case_file import Event
from rulebook.books.breaker import Breaker
from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import TestedFund
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

MILLION = yuan(1_000_000)
A_QUARTER = {"[release]": '[fund]\nstop_at_overdue = "25%"\n\n[release]'}
"""Of 20,000,000 yuan five are just allowed to be overdue."""
FundUnder = Callable[..., TestedFund]


async def a_case(fund: TestedFund, millions: int, days: int) -> str:
    """An application for so many millions, promised by its bank."""
    row = a_micro_manufacturer(
        maturity=fund.in_days(days), balance_fen=2 * millions * MILLION, asking=millions * MILLION
    )
    case = await fund.apply(row)
    await fund.bank_promises(case)
    return case


async def paid_out(fund: TestedFund, millions: int, days: int) -> str:
    """A bridge that is out."""
    row = a_micro_manufacturer(
        maturity=fund.in_days(days), balance_fen=2 * millions * MILLION, asking=millions * MILLION
    )
    case = await fund.apply(row)
    await fund.bridge(case, millions * MILLION)
    return case


async def pursued(fund: TestedFund, millions: int) -> str:
    """A bridge whose bank does not renew: it is overdue from then on."""
    case = await paid_out(fund, millions, 3)
    await fund.old_loan_settled(case)
    await fund.not_renewing(case)
    assert fund.stage_of(case) is CaseStage.RECOVERY
    return case


def breaker(fund: TestedFund) -> Breaker:
    with fund.services.sessions() as session:
        found = breaker_of(session, fund.code)
    assert found is not None
    return found


def detail_of(fund: TestedFund, case: str, kind: str) -> dict[str, str]:
    """What the case's one event of a kind says."""
    column = table(Event).c
    with fund.services.sessions() as session:
        (event,) = session.scalars(select(Event).where(column.case_no == case, column.kind == kind))
        return dict(event.detail)


async def test_approved_cases_queue_while_too_much_is_overdue_and_are_served_when_it_returns(
    fund_under: FundUnder,
) -> None:
    fund = fund_under(A_QUARTER)
    late = await pursued(fund, 6)
    assert breaker(fund) == Breaker(overdue_fen=6 * MILLION, total_fen=20 * MILLION, limit_ppm=250_000)

    waiting = await a_case(fund, 2, 14)
    await fund.approve_bridge(waiting, 2 * MILLION)

    assert fund.stage_of(waiting) is CaseStage.QUEUED
    assert fund.pool().available_fen == 14 * MILLION, "there is money, and none of it is granted"
    said = detail_of(fund, waiting, "approved_and_queued")
    assert (said["reason"], said["overdue"], said["share"], said["limit"]) == (
        "circuit_breaker",
        "6,000,000.00",
        "30%",
        "25%",
    )
    await fund.money_returns(late, MILLION, fee=0)  # five of twenty are left: just the limit, and not more
    assert not breaker(fund).is_open
    assert fund.stage_of(waiting) is CaseStage.AGREEMENT


async def test_no_new_payment_leaves_while_too_much_is_overdue_and_its_money_stays_set_aside(
    fund_under: FundUnder,
) -> None:
    fund = fund_under(A_QUARTER)
    late = await paid_out(fund, 6, 3)
    await fund.old_loan_settled(late)
    ready = await a_case(fund, 2, 9)
    await fund.approve_bridge(ready, 2 * MILLION)
    await fund.settle()
    await fund.sign(ready)
    await fund.skip_to_release_day(ready)
    await fund.not_renewing(late)
    assert breaker(fund).is_open

    await fund.release(ready)

    assert (fund.stage_of(ready), fund.paid_by_bank(ready)) == (CaseStage.DISBURSEMENT, [])
    (stopped,) = fund.payments_of(ready)
    assert (stopped.state, stopped.reason) == ("rejected", "circuit_breaker")
    assert fund.sent_to_bank(ready) == [0], "it never left the house"
    assert detail_of(fund, ready, "payment_rejected")["share"] == "30%"
    assert fund.position(ready).reserved_fen == 2 * MILLION

    await fund.money_returns(late, 6 * MILLION, fee=0)
    await fund.release(ready)
    assert fund.paid_by_bank(ready) == [2 * MILLION]


async def test_a_bridge_is_overdue_from_the_day_after_its_last_day(fund_under: FundUnder) -> None:
    fund = fund_under(A_QUARTER)
    late = await paid_out(fund, 6, 3)
    await fund.old_loan_settled(late)
    paid_on = fund.case(late).paid_on
    assert paid_on is not None
    days = 0
    while not breaker(fund).is_open:
        assert days <= 10, "the term is ten calendar days"
        await fund.skip(days=1)
        days = (fund.today - paid_on).days
    assert days == 11
    assert breaker(fund).overdue_fen == 6 * MILLION


async def test_a_fund_whose_measure_stops_nothing_has_no_breaker(fund: TestedFund) -> None:
    await pursued(fund, 8)
    with fund.services.sessions() as session:
        assert breaker_of(session, fund.code) is None
    other = await a_case(fund, 2, 14)
    await fund.approve_bridge(other, 2 * MILLION)
    assert fund.stage_of(other) is CaseStage.AGREEMENT
