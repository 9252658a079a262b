"""A date that was recorded wrongly is corrected by two people: both days stay on record, and what hangs on it moves."""

from datetime import date, timedelta

import pytest

from activities.papers.on_request import PaperDetail, draw_on_request
from models.cases.acts import settled_on
from models.cases.reads import case_page
from models.funds.people import actor
from rulebook.messages import ApproveDate, DateCorrection, Dated, NewLoan, OldLoanSettled, ProposeDate
from rulebook.money import format_yuan, yuan
from rulebook.papers.kinds import DocumentKind
from rulebook.stages import ActKind, CaseStage, Role
from tests.acceptance.fund.again import run_everything_again, seen
from tests.acceptance.fund.fund import BOTH, MAKER, TestedFund, refusal_of
from tests.acceptance.fund.reversals import take_back
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION, DAY = yuan(5_000_000), timedelta(days=1)


def of(said: Dated, was: date, now: date, reference: str = "") -> DateCorrection:
    return DateCorrection(said=said, reference=reference, was=was, now=now)


async def proposed(fund: TestedFund, case: str, correction: DateCorrection, *, by: str = MAKER) -> None:
    await fund.act(case, ProposeDate(reason="录入时看错凭证", **correction.model_dump()), by=by)


async def corrected(fund: TestedFund, case: str, correction: DateCorrection) -> None:
    await proposed(fund, case, correction)
    await fund.act(case, ApproveDate(**correction.model_dump()))
    await fund.settle()


async def out_for_five_days(fund: TestedFund, *, renewed: bool = True) -> str:
    """A bridge that went out five days ago, with the new loan released on that day."""
    fund.on_statement = False
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(9)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.old_loan_settled(case)
    if renewed:
        await fund.new_loan(case, yuan(6_000_000))
    await fund.skip(days=5)
    return case


async def test_45_a_settlement_day_is_corrected_by_two_people_and_both_days_stay_on_record(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(9)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.skip(days=3)
    wrong, true = fund.today, fund.today - DAY
    told = await fund.bank_says(case, OldLoanSettled(settled_on=wrong, balance_fen=0, voucher="HK1"))
    new_loan = NewLoan(signed_on=true, note="JJ1", amount_fen=FIVE_MILLION)
    assert fund.why_refused(await fund.bank_says(case, new_loan)) == "message.date_too_early"

    asked = of(Dated.OLD_LOAN_SETTLED, wrong, true)
    nowhere = ProposeDate(reason="x", **asked.model_copy(update={"was": true}).model_dump())
    assert (await refusal_of(fund.act(case, nowhere))).code == "act.no_such_date"
    before_payout = ProposeDate(reason="x", **asked.model_copy(update={"now": wrong - 5 * DAY}).model_dump())
    assert (await refusal_of(fund.act(case, before_payout))).params["milestone"] == "paid"
    approval = ApproveDate(**asked.model_dump())
    assert (await refusal_of(fund.act(case, approval))).code == "act.date_not_proposed"
    await proposed(fund, case, asked, by=BOTH)
    assert (await refusal_of(fund.act(case, approval, by=BOTH))).code == "act.same_person"
    await fund.act(case, approval)

    said = fund.told(case)
    assert {name: said[name] for name in ("said", "was", "now", "reason", "proposed_by")} == {
        "said": "old_loan_settled",
        "was": str(wrong),
        "now": str(true),
        "reason": "录入时看错凭证",
        "proposed_by": "孙审",
    }
    assert fund.message(told).body["settled_on"] == str(wrong), "what was said first is not overwritten"
    with fund.services.sessions() as session:
        assert settled_on(session, case) == true
    await fund.bank_says(case, new_loan)
    assert fund.stage_of(case) is CaseStage.REPAYMENT
    back = ProposeDate(reason="x", **of(Dated.OLD_LOAN_SETTLED, true, wrong).model_dump())
    assert (await refusal_of(fund.act(case, back))).code == "message.date_too_early", "the new loan would be before it"
    await fund.money_returns(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED
    await fund.replay()


async def test_45_a_receipts_day_moves_the_fee_and_the_papers_drawn_by_the_old_one_say_so(fund: TestedFund) -> None:
    case = await out_for_five_days(fund)
    wrong, true = fund.today, fund.today - 4 * DAY
    begin, press = fund.services.sessions.begin, fund.services.press
    with fund.services.sessions() as session:
        by = actor(session, MAKER, Role.MAKER, fund.code)
    await fund.bank_says(case, fund.a_receipt(FIVE_MILLION, reference="LS-1"))
    draw_on_request(begin, press, case, DocumentKind.PAYMENT_REMINDER, PaperDetail(), by, fund.now)
    told = fund.fee_owed(case)
    await fund.hours_pass(1)
    await corrected(fund, case, of(Dated.RECEIPT, wrong, true, "LS-1"))
    due = fund.fee_owed(case)
    assert 0 < due < told
    assert (fund.told(case)["fee_told"], fund.told(case)["fee_due"]) == (format_yuan(told), format_yuan(due))
    with fund.services.sessions() as session:
        papers = {paper.kind: paper.out_of_date for paper in case_page(session, case).documents}
    assert papers[DocumentKind.PAYMENT_REMINDER]
    assert not papers[DocumentKind.TRIPARTITE_AGREEMENT]

    await fund.bank_says(case, fund.a_receipt(0, due))
    assert fund.position(case).fee_received_fen == due, "the story divides by the true day"
    before = seen(fund, case)
    assert "correct_date" in await run_everything_again(fund, case)
    assert seen(fund, case) == before
    await fund.confirm_receipts(case)
    assert (fund.stage_of(case), fund.case(case).fee_fen) == (CaseStage.CLOSED, due)
    await fund.replay()


@pytest.mark.parametrize("learnt_late", [True, False])
async def test_45_a_fee_that_is_overpaid_by_the_true_day_is_said_however_that_day_is_learnt(
    fund: TestedFund, learnt_late: bool
) -> None:
    case = await out_for_five_days(fund)
    wrong, true = fund.today, fund.today - 4 * DAY
    paid = fund.fee_owed(case)
    await fund.bank_says(case, fund.a_receipt(0, paid, reference="LS-F"))
    if learnt_late:
        await fund.bank_says(case, fund.a_receipt(FIVE_MILLION, reference="LS-P", on=true))
    else:
        await fund.bank_says(case, fund.a_receipt(FIVE_MILLION, reference="LS-P"))
        await corrected(fund, case, of(Dated.RECEIPT, wrong, true, "LS-P"))
    said = [each["fee_overpaid"] for each in fund.details(case) if "fee_overpaid" in each]
    assert said == [format_yuan(-fund.fee_owed(case))]


async def test_45_a_day_by_which_money_was_divided_is_corrected_once_its_vouchers_are_taken_back(
    fund: TestedFund,
) -> None:
    case = await out_for_five_days(fund)
    wrong, true = fund.today, fund.today - 4 * DAY
    await fund.bank_says(case, fund.a_receipt(FIVE_MILLION, reference="LS-2"))
    await fund.bank_says(case, fund.a_receipt(0, fund.fee_owed(case), reference="LS-3"))
    asked = ProposeDate(reason="x", **of(Dated.RECEIPT, wrong, true, "LS-2").model_dump())
    refusal = await refusal_of(fund.act(case, asked))
    assert refusal.code == "act.date_moves_money"
    assert refusal.params["vouchers"] == str(fund.voucher_of(case, "LS-3F"))


async def test_45_a_case_that_owes_nothing_by_the_true_day_goes_on(fund: TestedFund) -> None:
    case = await out_for_five_days(fund)
    wrong, true = fund.today, fund.today - 4 * DAY
    told = fund.fee_owed(case)
    await fund.bank_says(case, fund.a_receipt(FIVE_MILLION, reference="LS-4"))
    await fund.bank_says(case, fund.a_receipt(0, told // 5, reference="LS-5"))
    assert fund.stage_of(case) is CaseStage.REPAYMENT
    await corrected(fund, case, of(Dated.RECEIPT, wrong, true, "LS-4"))
    await fund.confirm_receipts(case)
    assert (fund.stage_of(case), fund.case(case).fee_fen) == (CaseStage.CLOSED, told // 5)


async def test_45_a_line_of_the_statement_says_the_day_and_a_pursuit_hears_it(fund: TestedFund) -> None:
    case = await out_for_five_days(fund, renewed=False)
    await fund.not_renewing(case)
    wrong, true = fund.today, fund.today - 2 * DAY
    receipt = fund.a_receipt(yuan(1_000_000), reference="LS-6", on=true)
    fund.statement_shows(receipt)
    await fund.bank_says(case, receipt.model_copy(update={"received_on": wrong}))
    other = ProposeDate(reason="x", **of(Dated.RECEIPT, wrong, true - DAY).model_dump())
    assert (await refusal_of(fund.act(case, other))).params["shown"] == str(true)
    told = fund.fee_owed(case)
    await corrected(fund, case, of(Dated.RECEIPT, wrong, true))
    assert fund.stage_of(case) is CaseStage.RECOVERY
    assert fund.fee_owed(case) < told


async def test_45_the_day_of_a_signing_lies_between_the_approval_and_the_payment(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(9)))
    await fund.reserve(case, FIVE_MILLION)
    await fund.skip(days=2)
    await fund.sign(case)
    was, approved_on = fund.today, fund.today - 2 * DAY
    early = ProposeDate(reason="x", **of(Dated.RECORD_SIGNING, was, approved_on - DAY).model_dump())
    assert (await refusal_of(fund.act(case, early))).params["milestone"] == "approved"
    await corrected(fund, case, of(Dated.RECORD_SIGNING, was, approved_on))
    await fund.skip_to_release_day(case)
    await fund.release(case)
    await fund.settle()
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    late = ProposeDate(reason="x", **of(Dated.RECORD_SIGNING, approved_on, fund.today + DAY).model_dump())
    assert (await refusal_of(fund.act(case, late))).params["milestone"] == "paid"
    assert [act.kind for act in fund.acts_of(case, ActKind.APPROVE_DATE)] == ["approve_date"]


async def test_45_a_date_that_waited_for_a_second_person_at_the_close_waits_in_the_pursuit(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(9)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.skip(days=3)
    await fund.old_loan_settled(case)
    await fund.new_loan(case, yuan(6_000_000))
    asked = of(Dated.OLD_LOAN_SETTLED, fund.today, fund.today - DAY)
    await proposed(fund, case, asked)
    await fund.money_returns(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED
    await take_back(fund, case)
    assert fund.stage_of(case) is CaseStage.RECOVERY
    await fund.act(case, ApproveDate(**asked.model_dump()))
    assert fund.events(case)[-1] == "date_corrected"
