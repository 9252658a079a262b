"""What a bank says of our account is a notice: a case closes on the statement, or once another person has looked."""

from pathlib import Path

import pytest

from models.books import statements
from models.cases import reads
from rulebook.messages import ConfirmReceipt
from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import CASHIER, CONCLUDE, TestedFund, refusal_of
from tests.acceptance.fund.statement import Statement, account_of
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)


async def all_told(fund: TestedFund, statement: Statement, *, reference: str = "LS-7") -> str:
    """Five million are out, and the bank has told that principal and fee came back; no statement shows it."""
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    statement.add("ZF1", -FIVE_MILLION, account=account_of(fund, case))
    await fund.old_loan_settled(case)
    await fund.new_loan(case, yuan(6_000_000))
    await fund.skip(working_days=1)
    receipt = fund.a_receipt(FIVE_MILLION, fund.fee_owed(case), reference=reference)
    await fund.bank_says(case, receipt)
    return case


async def test_46_a_case_that_only_a_notice_settled_waits_for_the_statement_and_goes_on_by_itself(
    fund: TestedFund, tmp_path: Path
) -> None:
    statement = Statement(fund, tmp_path)
    case = await all_told(fund, statement)
    task = fund.task_of(case)
    assert task is not None
    assert (fund.stage_of(case), fund.position(case).outstanding_fen) == (CaseStage.REPAYMENT, 0)
    assert (task.kind, task.role, fund.events(case)[-1]) == ("confirm_receipt", "cashier", "statement_awaited")
    with fund.services.sessions() as session:
        page, pool = reads.case_page(session, case), reads.pool_page(session, fund.code)
    assert [each.is_provisional for each in page.receipts] == [True, True]
    assert pool.provisional_fen == sum(each.amount_fen for each in page.receipts)
    await fund.skip(working_days=4)
    assert (fund.stage_of(case), fund.events(case)[-1]) == (CaseStage.REPAYMENT, "escalated"), "people are told again"
    fee = page.receipts[1].amount_fen
    statement.add("ls-07", FIVE_MILLION)
    statement.take_in()
    await fund.settle()
    assert fund.stage_of(case) is CaseStage.REPAYMENT, "the fee is not on it yet"
    statement.add("LS-7F", fee)
    statement.take_in()
    await fund.settle()
    assert (fund.stage_of(case), fund.position(case).fee_received_fen) == (CaseStage.CLOSED, fee)
    with fund.services.sessions() as session:
        stands_on = [(each.line_on, each.line_row) for each in reads.case_page(session, case).receipts]
    assert stands_on == [(fund.today, 4), (fund.today, 5)]


async def test_46_another_person_bears_a_notice_out_and_the_certificate_names_him(
    fund: TestedFund, tmp_path: Path
) -> None:
    case = await all_told(fund, Statement(fund, tmp_path))
    wrong = ConfirmReceipt(reference="LS-7", amount_fen=FIVE_MILLION - 1, seen="网银")
    assert (await refusal_of(fund.act(case, wrong))).code == "act.receipt_differs"
    unknown = ConfirmReceipt(reference="LS-8", amount_fen=FIVE_MILLION, seen="网银")
    assert (await refusal_of(fund.act(case, unknown))).code == "act.no_provisional_receipt"
    await fund.confirm_receipts(case, by=CASHIER)
    assert fund.stage_of(case) is CaseStage.CLOSED
    with fund.services.sessions() as session:
        stands_on = [(each.confirmed_by, each.seen) for each in reads.case_page(session, case).receipts]
    assert stands_on == [("赵纳", "网上银行明细")] * 2


async def test_46_what_the_bank_said_wrongly_is_a_difference_that_names_the_case(
    fund: TestedFund, tmp_path: Path
) -> None:
    statement = Statement(fund, tmp_path)
    case = await all_told(fund, statement)
    statement.add("LS-7", FIVE_MILLION - yuan(100))
    statement.take_in()
    await fund.settle()
    with fund.services.sessions() as session:
        of_case = [each for each in statements.differences(session, fund.code) if each.case_no == case]
        found = [each for each in of_case if each.kind == "amounts_differ"]
        page = reads.case_page(session, case)
    assert [(each.kind, each.about, each.statement_fen) for each in found] == [
        ("amounts_differ", "LS-7", FIVE_MILLION - yuan(100))
    ]
    assert page.receipts[0].line_fen == FIVE_MILLION - yuan(100)
    assert fund.stage_of(case) is CaseStage.REPAYMENT
    seen = ConfirmReceipt(reference="LS-7", amount_fen=FIVE_MILLION, seen="网银")
    assert (await refusal_of(fund.act(case, seen))).code == "act.statement_differs"


async def test_46_a_pursuit_is_not_concluded_on_notices_alone(fund: TestedFund, tmp_path: Path) -> None:
    statement = Statement(fund, tmp_path)
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    statement.add("ZF1", -FIVE_MILLION, account=account_of(fund, case))
    await fund.not_renewing(case)
    await fund.bank_says(case, fund.a_receipt(FIVE_MILLION, reference="LS-7"))
    task = fund.task_of(case)
    assert task is not None
    assert (task.kind, task.role) == ("confirm_receipt", "cashier")
    assert (await refusal_of(fund.act(case, CONCLUDE))).code == "act.not_on_statement"
    statement.add("LS-7", FIVE_MILLION)
    statement.take_in()
    await fund.settle()
    task = fund.task_of(case)
    assert task is not None
    assert (task.kind, fund.events(case)[-1]) == ("conclude_recovery", "borne_out")
    await fund.act(case, CONCLUDE)
    await fund.settle()
    assert fund.stage_of(case) is CaseStage.CLOSED
