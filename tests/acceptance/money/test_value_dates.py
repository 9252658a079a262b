"""The fee runs by the bank's days: what a borrower is told is what his money will be divided by."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from activities.papers.facts import fee_corrected
from models.base import table
from models.cases.case_file import Event
from rulebook.money import format_yuan, yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import TestedFund
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)


async def out_for_five_days(fund: TestedFund) -> str:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(9)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.old_loan_settled(case)
    await fund.new_loan(case, yuan(6_000_000))
    await fund.skip(days=5)
    return case


def booked(fund: TestedFund, case: str) -> dict[str, str]:
    """What the log says of the money that came last."""
    column = table(Event).c
    with fund.services.sessions() as session:
        last = (
            select(Event).where(column.case_no == case, column.kind == "return_booked").order_by(column.serial.desc())
        )
        return dict(session.scalars(last.limit(1)).one().detail)


async def test_26_the_fee_told_is_reckoned_by_the_day_the_money_was_back(fund: TestedFund) -> None:
    case = await out_for_five_days(fund)
    told_before, first = fund.fee_owed(case), fund.today - timedelta(days=5)
    await fund.bank_says(case, fund.a_receipt(FIVE_MILLION, on=first + timedelta(days=1)))
    told = fund.fee_owed(case)
    assert 0 < told < told_before
    await fund.bank_says(case, fund.a_receipt(0, told))
    assert fund.stage_of(case) is CaseStage.CLOSED
    assert (fund.case(case).fee_fen, fund.position(case).fee_received_fen) == (told, told)


async def test_26_a_fee_told_before_the_day_was_known_is_corrected_in_words(fund: TestedFund) -> None:
    case = await out_for_five_days(fund)
    told, back = fund.fee_owed(case), fund.today - timedelta(days=4)
    await fund.bank_says(case, fund.a_receipt(FIVE_MILLION, told, on=back))
    due = fund.position(case).fee_received_fen
    assert due < told
    with fund.services.sessions() as session:
        facts = fee_corrected(session, case)
    assert facts == {"fee_told_fen": told, "fee_due_fen": due}, "the borrower's certificate says it"
    said = booked(fund, case)
    assert said["value_date"] == str(back)
    assert (said["fee_told"], said["fee_due"]) == (format_yuan(told), format_yuan(due))


async def test_26_a_fee_that_was_paid_as_told_and_is_too_much_now_is_named(fund: TestedFund) -> None:
    case = await out_for_five_days(fund)
    told, back = fund.fee_owed(case), fund.today - timedelta(days=4)
    await fund.bank_says(case, fund.a_receipt(0, told))
    await fund.bank_says(case, fund.a_receipt(FIVE_MILLION, on=back))
    said = booked(fund, case)
    assert yuan(said["fee_overpaid"]) == told - yuan(said["fee_due"]) > 0
