"""One line of the statement is money once: also where the books called it otherwise, or it brought a payment back."""

from pathlib import Path

import pytest

from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import EVERYTHING, TestedFund
from tests.acceptance.fund.reversals import take_back
from tests.acceptance.fund.statement import Statement, account_of
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)
HALF = yuan(2_500_000)


async def to_one_account(fund: TestedFund, many: int) -> list[str]:
    """Cases of one borrower, of one sum each, on the day on which they are released."""
    rows = [a_micro_manufacturer(maturity=fund.in_days(5)) for _ in range(many)]
    cases = [await fund.apply(row.model_copy(update={"account_number": rows[0].account_number})) for row in rows]
    for each in cases:
        await fund.reserve(each, FIVE_MILLION)
        await fund.sign(each)
    await fund.skip_to_release_day(cases[0])
    return cases


async def paid(fund: TestedFund, statement: Statement, case: str, line: str) -> None:
    """Released, paid at the counter and found on the statement."""
    await fund.release(case)
    await fund.mark_sent(case)
    statement.add(line, -FIVE_MILLION, account=account_of(fund, case))
    statement.take_in()
    await fund.confirm_payment(case, line=line)
    await fund.settle()


async def renewed(fund: TestedFund, case: str) -> None:
    await fund.old_loan_settled(case)
    await fund.new_loan(case, yuan(6_000_000))


async def test_27_money_told_under_two_numbers_is_booked_once(fund: TestedFund, tmp_path: Path) -> None:
    statement = Statement(fund, tmp_path)
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    statement.add("ZF1", -FIVE_MILLION, account=account_of(fund, case))
    await fund.old_loan_settled(case)
    await fund.new_loan(case, yuan(6_000_000))
    await fund.bank_says(case, fund.a_receipt(HALF, reference="JH-1"))
    statement.add("LS-9", HALF, account=account_of(fund, case))
    statement.take_in()
    again = await fund.bank_says(case, fund.a_receipt(HALF, reference="ls 09"))
    assert fund.why_refused(again) == "message.receipt_booked"
    assert fund.position(case).outstanding_fen == HALF
    day = statement.day_end().reconciliation
    assert day.statement_fen == day.books_fen
    await take_back(fund, case)
    await fund.bank_says(case, fund.a_receipt(HALF, reference="LS-9"))
    assert fund.position(case).outstanding_fen == HALF, "what was taken back may be booked as what it is"


async def test_27_a_line_that_brought_a_payment_back_is_no_return(counter_fund: TestedFund, tmp_path: Path) -> None:
    fund = counter_fund
    statement = Statement(fund, tmp_path)
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.mark_sent(case)
    statement.add("ZF1", -FIVE_MILLION, account=account_of(fund, case))
    statement.add("TH1", FIVE_MILLION, account=account_of(fund, case), summary="退汇")
    statement.take_in()
    await fund.confirm_payment(case, paid=False, line="TH1")
    await fund.settle()
    await fund.release(case)
    await fund.mark_sent(case)
    statement.add("ZF2", -FIVE_MILLION, account=account_of(fund, case))
    statement.take_in()
    await fund.confirm_payment(case, line="ZF2")
    await fund.settle()
    await fund.old_loan_settled(case)
    await fund.new_loan(case, yuan(6_000_000))
    told = await fund.bank_says(case, fund.a_receipt(FIVE_MILLION, reference="TH1"))
    assert fund.why_refused(told) == "message.receipt_booked"
    assert fund.position(case).outstanding_fen == FIVE_MILLION
    assert fund.stage_of(case) is CaseStage.REPAYMENT


async def test_27_a_line_that_is_booked_brings_no_payment_back(counter_fund: TestedFund, tmp_path: Path) -> None:
    fund = counter_fund
    statement = Statement(fund, tmp_path)
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    other = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    for each in (case, other):
        await fund.reserve(each, FIVE_MILLION)
        await fund.sign(each)
    await fund.skip_to_release_day(case)
    await fund.release(other)
    await fund.mark_sent(other)
    statement.add("ZF0", -FIVE_MILLION, account=account_of(fund, other))
    statement.take_in()
    await fund.confirm_payment(other, line="ZF0")
    await fund.settle()
    await fund.old_loan_settled(other)
    await fund.new_loan(other, yuan(6_000_000))
    await fund.bank_says(other, fund.a_receipt(FIVE_MILLION, reference="TH1"))
    assert fund.position(other).outstanding_fen == 0
    await fund.release(case)
    await fund.mark_sent(case)
    statement.add("TH1", FIVE_MILLION, account=account_of(fund, case), summary="冲正退回")
    statement.take_in()
    await fund.confirm_payment(case, paid=False, line="TH1")
    await fund.settle()
    assert "payment_rejected" not in fund.events(case), "its money is another case's return"


async def test_20_a_line_that_could_be_the_return_of_either_of_two_payments_is_neithers(
    counter_fund: TestedFund, tmp_path: Path
) -> None:
    fund = counter_fund
    statement = Statement(fund, tmp_path)
    case, other = await to_one_account(fund, 2)
    for each, line in ((case, "ZF1"), (other, "ZF2")):
        await fund.release(each)
        await fund.mark_sent(each)
        statement.add(line, -FIVE_MILLION, account=account_of(fund, each))
    await fund.confirm_payment(other, line="ZF2")
    statement.add("TH1", FIVE_MILLION, account=account_of(fund, case), summary="退汇")
    statement.take_in()
    await fund.confirm_payment(case, paid=False, line="TH1")
    await fund.settle()
    assert "payment_rejected" not in fund.events(case), "the money of the other may be what came back"
    statement.add("ZF2", -FIVE_MILLION, account=account_of(fund, case))
    statement.add("TH2", FIVE_MILLION, account=account_of(fund, case), summary="退汇")
    statement.take_in()
    await fund.confirm_payment(case, paid=False, line="TH1", by=EVERYTHING)
    await fund.settle()
    assert "payment_rejected" in fund.events(case)


@pytest.mark.parametrize("order", ["told, then compared", "told, then imported", "imported, then told"])
async def test_20_a_line_that_may_be_what_is_booked_under_another_number_brings_no_payment_back(
    counter_fund: TestedFund, tmp_path: Path, order: str
) -> None:
    fund = counter_fund
    statement = Statement(fund, tmp_path)
    case, other = await to_one_account(fund, 2)
    await paid(fund, statement, other, "ZF0")
    await renewed(fund, other)
    home = fund.a_receipt(FIVE_MILLION, reference="JH-1")
    if order != "imported, then told":
        await fund.bank_says(other, home)
    await fund.release(case)
    await fund.mark_sent(case)
    if order == "imported, then told":  # the import takes the two lines for a payment and its return
        statement.add("ZF1", -FIVE_MILLION, account=account_of(fund, case))
    statement.add("TH1", FIVE_MILLION, account=account_of(fund, case), summary="冲正退回")
    statement.take_in()
    if order == "imported, then told":
        await fund.bank_says(other, home)
    if order == "told, then compared":
        statement.day_end()
    assert fund.position(other).outstanding_fen == 0
    await fund.confirm_payment(case, paid=False, line="TH1")
    await fund.settle()
    assert "payment_rejected" not in fund.events(case), "its money is another case's return"


async def test_20_money_that_lay_in_suspense_and_was_matched_is_no_other_payments_return(
    counter_fund: TestedFund, tmp_path: Path
) -> None:
    fund = counter_fund
    statement = Statement(fund, tmp_path)
    case, on_its_way, home = await to_one_account(fund, 3)
    await paid(fund, statement, home, "ZF0")
    await renewed(fund, home)
    statement.add("TH0", FIVE_MILLION, account=account_of(fund, home), summary="冲正退回")
    statement.take_in()
    await fund.bank_says(home, fund.a_receipt(FIVE_MILLION, reference="TH0"))
    assert fund.position(home).outstanding_fen == 0
    await paid(fund, statement, on_its_way, "ZF1")
    await fund.release(case)
    await fund.mark_sent(case)
    statement.add("ZF2", -FIVE_MILLION, account=account_of(fund, case))
    statement.add("TH2", FIVE_MILLION, account=account_of(fund, case), summary="退汇")
    statement.take_in()
    await fund.confirm_payment(case, paid=False, line="TH2")
    await fund.settle()
    assert "payment_rejected" not in fund.events(case), "one line is free, and the other's money may be what came back"


async def test_20_a_line_that_could_be_the_return_of_a_pursued_payment_frees_no_other(
    counter_fund: TestedFund, tmp_path: Path
) -> None:
    fund = counter_fund
    statement = Statement(fund, tmp_path)
    case, other = await to_one_account(fund, 2)
    await paid(fund, statement, other, "ZF2")
    await fund.release(case)
    await fund.mark_sent(case)
    statement.add("ZF1", -FIVE_MILLION, account=account_of(fund, case))
    await fund.not_renewing(other)
    assert fund.stage_of(other) is CaseStage.RECOVERY, "its money never reached the old loan: the bank sent it back"
    statement.add("TH1", FIVE_MILLION, account=account_of(fund, case), summary="退汇")
    statement.take_in()
    await fund.confirm_payment(case, paid=False, line="TH1")
    await fund.settle()
    assert "payment_rejected" not in fund.events(case), "the money of the other may be what came back"
