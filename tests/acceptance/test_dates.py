"""Dates that cannot be are said back to whoever sent them, and the true one is taken afterwards."""

from datetime import date, timedelta

import pytest

from models.cases.acts import enter_message
from rulebook.messages import MessageSource, NewLoan, NotRenewing, OldLoanSettled, RecordSigning
from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import BANK, TestedFund, refusal_of
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION, SIX_MILLION = yuan(5_000_000), yuan(6_000_000)


def settled(on: date, voucher: str) -> OldLoanSettled:
    return OldLoanSettled(settled_on=on, balance_fen=0, voucher=voucher)


def new_loan(on: date, note: str) -> NewLoan:
    return NewLoan(signed_on=on, note=note, amount_fen=SIX_MILLION)


async def test_45_a_signing_dated_in_the_future_or_before_the_approval_is_refused(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(9)))
    await fund.skip(days=1)
    await fund.reserve(case, FIVE_MILLION)
    for day, code in ((date(2030, 1, 1), "late"), (fund.today - timedelta(days=1), "early")):
        signing = RecordSigning(signed_on=day, return_path_confirmed=True)
        assert (await refusal_of(fund.act(case, signing))).code == f"act.date_too_{code}"
    await fund.sign(case)
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT


async def test_45_a_settlement_before_the_payout_or_ahead_of_time_is_refused_and_the_true_one_taken(
    fund: TestedFund,
) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(9)))
    await fund.bridge(case, FIVE_MILLION)
    day = timedelta(days=1)
    early = await fund.bank_says(case, settled(fund.today - 16 * day, "HK1"))
    assert fund.why_refused(early) == "message.date_too_early"
    assert (fund.message(early).outcome or {})["params"]["milestone"] == "paid"
    assert fund.why_refused(await fund.bank_says(case, settled(fund.today + day, "HK2"))) == "message.date_too_late"
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    await fund.bank_says(case, settled(fund.today, "HK3"))
    assert fund.stage_of(case) is CaseStage.NEW_LOAN
    assert fund.why_refused(await fund.bank_says(case, new_loan(fund.today - day, "JJ1"))) == "message.date_too_early"
    await fund.bank_says(case, new_loan(fund.today, "JJ2"))
    assert fund.stage_of(case) is CaseStage.REPAYMENT
    await fund.money_returns(case, FIVE_MILLION)


async def test_45_what_came_early_is_held_against_the_days_known_when_its_stage_comes(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(9)))
    await fund.reserve(case, FIVE_MILLION)
    early = await fund.bank_says(case, settled(fund.today, "HK1"))
    assert fund.message(early).state == "received"
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    await fund.release(case)
    await fund.settle()
    assert fund.why_refused(early) == "message.date_too_early"
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT


async def test_45_nothing_happened_at_the_bank_later_than_today(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(9)))
    with fund.services.sessions.begin() as session:
        ahead = fund.now + timedelta(days=1)
        told = enter_message(session, "JD-9", case, NotRenewing(reason="收紧"), BANK, ahead, MessageSource.API)
    assert fund.why_refused(told.id) == "message.date_too_late"
