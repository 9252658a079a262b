"""The statement beside cases at work: money is booked once, whoever tells of it first."""

from collections.abc import Callable
from pathlib import Path

import pytest

from activities.books.statement.taking_in import LineState
from gateways.simulated import BankScript, PaymentManner
from models.books import ledger, statements
from rulebook.books.postings import PostingKind
from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import MAKER, TestedFund
from tests.acceptance.fund.statement import Statement, account_of
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)
ORDER = {"[release]": '[repayment]\nuntagged = ["principal", "fee"]\n\n[release]'}


def kinds_of(fund: TestedFund, case: str) -> list[PostingKind]:
    with fund.services.sessions() as session:
        return [voucher.kind for voucher in ledger.vouchers(session, fund.code, case)]


async def a_bridge(fund: TestedFund, statement: Statement) -> str:
    """Five million out; the statement calls the payment by the number of its own that the fund's bank gave it."""
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    statement.add(f"ZF-{case}", -FIVE_MILLION, account=account_of(fund, case))
    return case


async def test_a_bridge_from_payout_to_close_agrees_with_the_statement_every_day(
    fund: TestedFund, tmp_path: Path
) -> None:
    statement = Statement(fund, tmp_path)
    case = await a_bridge(fund, statement)
    assert statement.take_in()[f"ZF-{case}"].state is LineState.IN_BOOKS, "by registered account and amount"
    assert statement.day_end().reconciliation.equal

    await fund.old_loan_settled(case)
    await fund.new_loan(case, yuan(6_000_000))
    await fund.skip(days=3)
    owed = fund.fee_owed(case)
    statement.add("SK1", FIVE_MILLION, account=account_of(fund, case))
    statement.add("SK2", owed, account="62280000")
    taken = statement.take_in()
    assert (taken["SK1"].state, taken["SK1"].proposed) == (LineState.PROPOSED, case)
    assert (taken["SK2"].state, taken["SK2"].proposed) == (LineState.SUSPENSE, None), "the payer is nobody's account"
    assert fund.pool().available_fen == yuan(15_000_000), "what waits for its case is not lent"
    end = statement.day_end()
    assert end.reconciliation.equal
    assert end.parts == {"pool": yuan(15_000_000), "set_aside": FIVE_MILLION + owed}

    told = statement.match("SK1", case, principal=FIVE_MILLION)
    assert (told.voucher, told.principal_fen) == (None, FIVE_MILLION)
    assert statement.refused("SK1", case, principal=FIVE_MILLION) == "statement.being_booked"
    await fund.settle()
    message = fund.message(told.message or "")
    assert (message.state, message.source, message.recorded_by) == ("accepted", "statement", MAKER)
    assert fund.position(case).outstanding_fen == 0
    assert statement.waiting() == {"SK2": owed}
    statement.match("SK2", case, fee=owed)
    await fund.settle()
    assert fund.stage_of(case) is CaseStage.CLOSED
    assert kinds_of(fund, case)[-2:] == [PostingKind.MATCH, PostingKind.MATCH]
    assert statement.waiting() == {}
    assert statement.day_end().reconciliation.equal
    assert statement.day_end().parts == {"pool": yuan(20_000_000), "fees": owed, "set_aside": 0}


async def test_what_the_bank_told_first_is_not_booked_again_from_the_statement(
    fund: TestedFund, tmp_path: Path
) -> None:
    statement = Statement(fund, tmp_path)
    case = await a_bridge(fund, statement)
    await fund.bank_says(case, fund.a_receipt(yuan(1_000_000), reference="R-1"))
    await fund.bank_says(case, fund.a_receipt(yuan(2_000_000), reference="R-2"))
    statement.add("R-1", yuan(1_000_000), account="someone")
    statement.add("OTHER", yuan(2_000_000), account=account_of(fund, case))
    taken = statement.take_in()
    assert taken["R-1"].state is LineState.IN_BOOKS, "by its reference, whoever paid"
    assert taken["OTHER"].state is LineState.IN_BOOKS, "by registered account and amount"
    assert statement.waiting() == {}
    assert statement.day_end().reconciliation.equal


async def test_what_the_statement_brought_first_is_booked_once_when_the_bank_tells_of_it(
    fund: TestedFund, tmp_path: Path
) -> None:
    statement = Statement(fund, tmp_path)
    case, other = await a_bridge(fund, statement), await fund.apply(a_micro_manufacturer(maturity=fund.in_days(9)))
    await fund.bridge(other, FIVE_MILLION)
    statement.add(f"ZF-{other}", -FIVE_MILLION, account=account_of(fund, other))
    statement.add("R-1", yuan(3_000_000), account=account_of(fund, case))
    statement.take_in()

    too_much = await fund.bank_says(case, fund.a_receipt(yuan(3_000_001), reference="R-1"))
    assert fund.why_refused(too_much) == "message.receipt_beyond_line"
    assert fund.position(case).principal_returned_fen == 0
    await fund.bank_says(case, fund.a_receipt(yuan(2_000_000), reference="R-1"))
    assert statement.waiting() == {"R-1": yuan(1_000_000)}
    await fund.bank_says(other, fund.a_receipt(yuan(1_000_000), reference="R-1"))
    once_more = await fund.bank_says(other, fund.a_receipt(0, 1, reference="R-1"))
    assert fund.message(once_more).state == "accepted", "another reference is another line"
    nothing_left = statement.refused("R-1", other, principal=1)
    assert nothing_left == "statement.not_in_suspense"
    assert fund.position(case).principal_returned_fen == yuan(2_000_000)
    assert fund.position(other).principal_returned_fen == yuan(1_000_000)
    assert statement.waiting() == {}
    found = statement.day_end().reconciliation.differences
    assert [(each.kind, each.about) for each in found] == [("not_on_statement", "R-1F")]


async def test_a_line_that_is_used_up_is_booked_for_nobody_else(fund: TestedFund, tmp_path: Path) -> None:
    statement = Statement(fund, tmp_path)
    case, other = await a_bridge(fund, statement), await fund.apply(a_micro_manufacturer(maturity=fund.in_days(9)))
    await fund.bridge(other, FIVE_MILLION)
    statement.add("R-1", yuan(3_000_000), account=account_of(fund, case))
    statement.take_in()
    await fund.bank_says(case, fund.a_receipt(yuan(3_000_000), reference="R-1"))
    again = await fund.bank_says(other, fund.a_receipt(yuan(3_000_000), reference="R-1"))
    assert fund.why_refused(again) == "message.receipt_booked"
    assert fund.position(other).principal_returned_fen == 0


async def test_untagged_money_follows_the_measure_and_where_it_is_silent_the_person_says(
    fund_under: Callable[..., TestedFund], fund: TestedFund, tmp_path: Path
) -> None:
    ordered = fund_under(ORDER)
    for each, expected in ((fund, "statement.order_silent"), (ordered, None)):
        (tmp_path / each.code).mkdir()
        statement = Statement(each, tmp_path / each.code)
        case = await a_bridge(each, statement)
        await each.skip(days=2)
        owed = each.fee_owed(case)
        statement.add("SK1", FIVE_MILLION + owed, account=account_of(each, case))
        assert statement.take_in()["SK1"].proposed == case
        if expected:
            assert statement.refused("SK1", case) == expected
            assert statement.refused("SK1", case, principal=FIVE_MILLION, fee=owed + 1) == "statement.more_than_left"
            statement.match("SK1", case, principal=FIVE_MILLION, fee=owed)
        else:
            matched = statement.match("SK1", case)
            assert (matched.principal_fen, matched.fee_fen) == (FIVE_MILLION, owed)
        await each.settle()
        position = each.position(case)
        assert (position.outstanding_fen, position.fee_received_fen) == (0, owed)


async def test_money_for_a_case_that_has_ended_is_owed_back(fund: TestedFund, tmp_path: Path) -> None:
    statement = Statement(fund, tmp_path)
    case = await a_bridge(fund, statement)
    await fund.renewed_and_home(case, FIVE_MILLION)
    await fund.confirm_receipts(case)
    assert fund.stage_of(case) is CaseStage.CLOSED
    await fund.skip(days=1)
    statement.add("SK9", yuan(700), account=account_of(fund, case))
    assert statement.take_in()["SK9"].proposed is None, "it owes nothing"
    assert statement.refused("SK9", case, principal=yuan(700)) == "statement.case_ended"
    matched = statement.match("SK9", case)
    assert (matched.excess_fen, matched.message) == (yuan(700), None)
    assert fund.refund_due(case) == yuan(700)
    assert statement.waiting() == {}
    assert statement.refused("SK9", case) == "statement.not_in_suspense"


async def test_a_pursued_case_learns_of_its_line_too(fund: TestedFund, tmp_path: Path) -> None:
    statement = Statement(fund, tmp_path)
    case = await a_bridge(fund, statement)
    await fund.not_renewing(case)
    assert fund.stage_of(case) is CaseStage.RECOVERY
    statement.add("SK1", yuan(2_000_000), account="62299999")
    statement.take_in()
    statement.match("SK1", case, principal=yuan(2_000_000))
    await fund.settle()
    assert fund.position(case).outstanding_fen == yuan(3_000_000)
    assert statement.waiting() == {}


async def test_no_money_comes_back_to_a_case_that_had_none(fund: TestedFund, tmp_path: Path) -> None:
    statement = Statement(fund, tmp_path)
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(12)))
    statement.add("SK1", yuan(1))
    statement.take_in()
    assert statement.refused("SK1", case, principal=yuan(1)) == "statement.nothing_out"
    assert statement.refused("SK-UNKNOWN", case, principal=yuan(1)) == "statement.not_in_suspense"


async def test_a_line_that_the_case_refused_waits_again_with_the_reason(fund: TestedFund, tmp_path: Path) -> None:
    statement = Statement(fund, tmp_path)
    before = fund.today
    case = await a_bridge(fund, statement)
    statement.add("SK1", yuan(1), on=before)
    statement.take_in()
    told = statement.match("SK1", case, principal=yuan(1))
    await fund.settle()
    assert fund.why_refused(told.message or "") == "message.receipt_date"
    with fund.services.sessions() as session:
        (waiting,) = statements.suspense(session, fund.code)
    assert waiting.told is not None
    assert (waiting.left_fen, waiting.told.case_no, waiting.told.state) == (yuan(1), case, "refused")
    assert (waiting.told.reason or {})["code"] == "message.receipt_date"


async def test_1_a_payment_that_the_bank_sent_back_and_its_return_are_nobodys_money(
    fund: TestedFund, tmp_path: Path
) -> None:
    statement = Statement(fund, tmp_path)
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    fund.script_bank(case, BankScript(payment=PaymentManner.REFUSE))
    await fund.reserve(case, yuan(5_000_000))
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    await fund.bank_day()
    await fund.release(case)
    assert fund.events(case)[-1] == "payment_rejected"
    account = account_of(fund, case)
    statement.add("ZF1", -yuan(5_000_000), account=account)
    row = statement.take_in()["ZF1"]
    assert (row.state, row.proposed) == (LineState.LATE_PAYMENT, case), "the money is out until its return is there"
    statement.add("TH1", yuan(5_000_000), account=account, summary="退汇：户名不符")
    statement.add("TH2", yuan(5_000_000), account=account, summary="退汇：户名不符")
    rows = statement.take_in()
    assert (rows["ZF1"].state, rows["TH1"].state) == (LineState.RETURNED, LineState.RETURNED)
    assert rows["TH2"].state is LineState.SUSPENSE, "one payment explains one return"
