"""The payment leaves once, whatever the bank's answers are; an unknown fate is asked about, never sent again."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from temporalio.testing import ActivityEnvironment

import gateways.simulated.bank
from activities.bank.payments import Payments
from activities.books.statement.taking_in import LineState
from activities.cases.troubles import Remedy, approve_remedy, propose_remedy
from gateways.simulated import BankScript, PaymentManner
from models.books import ledger, statements
from models.cases.troubles import TroubleKind, troubles
from models.funds.people import actor
from rulebook.books.postings import capital_in
from rulebook.calendar import LAW_ZONE
from rulebook.money import yuan
from rulebook.stages import CaseStage, Role
from tests.acceptance.fund.fund import BOTH, CASHIER, CHECKER, CONCLUDE, EVERYTHING, MAKER, TestedFund, refusal_of
from tests.acceptance.fund.statement import Statement, account_of
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)


async def ready_to_release(fund: TestedFund) -> str:
    row = a_micro_manufacturer(maturity=fund.in_days(5), own_contribution_fen=yuan(2_200_000))
    case = await fund.apply(row)
    await fund.reserve(case, FIVE_MILLION)
    await fund.sign(case)
    return case


async def released(fund: TestedFund, payment: PaymentManner, *, days: int = 1) -> str:
    case = await ready_to_release(fund)
    fund.script_bank(case, BankScript(payment=payment, payment_days=days))
    await fund.skip_to_release_day(case)
    await fund.bank_day()
    await fund.release(case)
    return case


async def test_a_reply_that_was_lost_is_asked_for(fund: TestedFund) -> None:
    case = await released(fund, PaymentManner.LOSE_REPLY)
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT
    await fund.hours_pass(1)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    assert fund.paid_by_bank(case) == [FIVE_MILLION]
    assert fund.sent_to_bank(case) == [1]


@pytest.mark.parametrize("manner", [PaymentManner.DELAY, PaymentManner.LATE])
async def test_a_payment_that_takes_its_time_is_asked_about_until_it_is_paid(
    fund: TestedFund, manner: PaymentManner
) -> None:
    case = await released(fund, manner)
    assert (await refusal_of(fund.release(case))).code == "act.payment_in_flight"
    assert (await refusal_of(fund.withdraw(case))).code == "act.payment_in_flight"
    await fund.bank_day()
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT
    await fund.skip(days=1)
    await fund.bank_day()
    await fund.hours_pass(7)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    assert fund.paid_by_bank(case) == [FIVE_MILLION]
    assert fund.sent_to_bank(case) == [1]


async def test_20_a_person_who_says_not_paid_frees_no_second_payment_while_the_bank_may_still_pay(
    fund: TestedFund,
) -> None:
    case = await released(fund, PaymentManner.LATE)
    await fund.confirm_payment(case, paid=False, by=CHECKER)
    await fund.settle()
    assert fund.events(case)[-1] == "payment_pending"
    assert (await refusal_of(fund.release(case))).code == "act.payment_in_flight"
    assert (fund.pool().reserved_fen, fund.sent_to_bank(case)) == (FIVE_MILLION, [1])
    await fund.skip(days=1)
    await fund.bank_day()
    await fund.hours_pass(7)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    assert (fund.paid_by_bank(case), fund.sent_to_bank(case)) == ([FIVE_MILLION], [1])


async def test_a_payment_that_the_bank_sent_back_is_released_again_under_a_key_of_its_own(fund: TestedFund) -> None:
    case = await released(fund, PaymentManner.REFUSE)
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT
    assert fund.events(case)[-1] == "payment_rejected"
    assert fund.position(case).reserved_fen == FIVE_MILLION
    await fund.release(case)
    fund.script_bank(case, BankScript())
    await fund.release(case)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    assert fund.events(case).count("payment_rejected") == 2
    assert [payment.state for payment in fund.payments_of(case)] == ["rejected", "rejected", "paid"]
    assert fund.paid_by_bank(case) == [FIVE_MILLION]
    assert fund.sent_to_bank(case) == [1, 1, 1]


async def test_a_promise_changed_after_a_payment_came_back_needs_a_new_approval(fund: TestedFund) -> None:
    case = await released(fund, PaymentManner.REFUSE)
    await fund.promise_comes(case, amount_fen=FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.APPROVAL
    fund.script_bank(case, BankScript())
    await fund.approve_bridge(case, yuan(4_000_000))
    await fund.settle()
    await fund.sign(case)
    await fund.release(case)
    assert fund.paid_by_bank(case) == [yuan(4_000_000)]


async def test_a_promise_taken_back_while_the_payment_is_open_counts_if_it_comes_back(fund: TestedFund) -> None:
    case = await released(fund, PaymentManner.DELAY)
    withdrawn = await fund.promise_withdrawn(case)
    assert fund.message(withdrawn).state == "received"
    await fund.skip(days=1)
    await fund.bank_day()
    await fund.hours_pass(7)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    assert fund.why_refused(withdrawn) == "message.impossible"


# At the counter ------------------------------------------------------------------------------------------------------


async def at_the_counter(fund: TestedFund) -> str:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT
    return case


async def test_20_a_payment_is_not_found_on_an_imported_line_of_another_sum(counter_fund: TestedFund) -> None:
    fund = counter_fund
    case = await at_the_counter(fund)
    await fund.mark_sent(case)
    fund.statement_shows(fund.a_receipt(yuan(5_000_000), reference="OTHER"))  # it came in, and left nobody's account
    refused = await refusal_of(fund.confirm_payment(case, line="other"))
    assert (refused.code, refused.params["line"]) == ("act.line_pays_otherwise", "5,000,000.00")
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT
    await fund.confirm_payment(case, line="LS-77")
    await fund.settle()
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT


async def test_the_cashier_pays_and_another_person_finds_it_on_the_statement(counter_fund: TestedFund) -> None:
    fund = counter_fund
    case = await at_the_counter(fund)
    assert (await refusal_of(fund.confirm_payment(case))).code == "act.payment_not_sent"
    assert (await fund.mark_sent(case, by=EVERYTHING)).stage is CaseStage.DISBURSEMENT
    assert (await refusal_of(fund.confirm_payment(case, by=EVERYTHING))).code == "act.same_person"
    await fund.confirm_payment(case, by=CHECKER)
    await fund.settle()
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    assert fund.position(case).outstanding_fen == FIVE_MILLION
    await fund.renewed_and_home(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED


async def test_a_payment_that_a_line_of_the_statement_brings_back_is_made_again(
    counter_fund: TestedFund, tmp_path: Path
) -> None:
    fund = counter_fund
    case = await at_the_counter(fund)
    await fund.mark_sent(case)
    await fund.confirm_payment(case, paid=False, line="TH-TYPED")
    await fund.settle()
    assert "payment_rejected" not in fund.events(case), "a typed reference is no line of the statement"
    statement = Statement(fund, tmp_path)
    statement.add("ZF1", -FIVE_MILLION, account=account_of(fund, case))
    statement.add("TH0", FIVE_MILLION, account=account_of(fund, case), summary="还款")
    statement.add("TH1", FIVE_MILLION, account=account_of(fund, case), summary="退汇")
    statement.take_in()
    await fund.confirm_payment(case, paid=False, line="TH0")
    await fund.settle()
    assert "payment_rejected" not in fund.events(case), "money of the borrower's own brings no payment back"
    await fund.confirm_payment(case, paid=False, line="TH1")
    await fund.settle()
    assert fund.events(case)[-2:] == ["payment_rejected", "release_papers_drawn"]
    await fund.release(case)
    await fund.mark_sent(case)
    await fund.confirm_payment(case, paid=False, line="TH1")
    await fund.settle()
    assert fund.events(case).count("payment_rejected") == 1, "one line brings one payment back"
    await fund.confirm_payment(case)
    await fund.settle()
    assert [payment.state for payment in fund.payments_of(case)] == ["rejected", "paid"]
    assert fund.position(case).outstanding_fen == FIVE_MILLION


async def test_49_the_cashier_has_the_task_until_he_has_paid_and_nothing_reads_sent_before(
    counter_fund: TestedFund,
) -> None:
    fund = counter_fund
    case = await at_the_counter(fund)
    task = fund.task_of(case)
    assert task is not None
    assert task.due is not None
    assert (task.kind, task.role, task.opened_at.date()) == ("mark_sent", "cashier", fund.now.date())
    assert task.due.astimezone(LAW_ZONE).date() == fund.today, "until the cut-off of the release day"
    assert (fund.events(case)[-1], set(fund.told(case))) == ("payment_to_make", {"amount", "pay_by"})
    assert fund.shown_payments(case) == ["to_make"]
    assert (await refusal_of(fund.confirm_payment(case))).code == "act.payment_not_sent"
    assert (await refusal_of(fund.confirm_payment(case, paid=False))).code == "act.payment_to_make"
    await fund.hours_pass(9)
    assert "escalated" in fund.events(case), "the cut-off passed and nobody has paid"
    await fund.mark_sent(case)
    task = fund.task_of(case)
    assert task is not None
    assert (task.kind, task.role, fund.shown_payments(case)) == ("confirm_payment", "checker", ["sent"])
    await fund.confirm_payment(case)
    await fund.settle()
    assert fund.shown_payments(case) == ["paid"]


async def test_49_a_cashier_who_could_not_pay_says_so_and_one_word_frees_nothing(counter_fund: TestedFund) -> None:
    fund = counter_fund
    case = await at_the_counter(fund)
    assert (await refusal_of(fund.not_sent(case, by=EVERYTHING))).code == "act.not_in_his_hands"
    await fund.not_sent(case)
    await fund.settle()
    task = fund.task_of(case)
    assert task is not None
    assert (task.kind, fund.shown_payments(case), fund.told(case)["not_sent"]) == (
        "confirm_payment",
        ["not_made"],
        "收款行系统关闭",
    )
    assert (await refusal_of(fund.release(case))).code == "act.payment_in_flight"
    await fund.denied(case, CHECKER)
    assert fund.payments_of(case)[0].reason == "not_sent"
    await fund.release(case)
    await fund.mark_sent(case)
    await fund.confirm_payment(case)
    await fund.settle()
    assert [payment.state for payment in fund.payments_of(case)] == ["rejected", "paid"]


async def test_49_the_cashiers_word_counts_after_another_persons_as_before_it(counter_fund: TestedFund) -> None:
    fund = counter_fund
    case = await at_the_counter(fund)
    await fund.skip(days=2)
    await fund.denied(case, CHECKER)
    assert [payment.state for payment in fund.payments_of(case)] == ["sent"], "one word frees nothing"
    await fund.not_sent(case)
    await fund.settle()
    assert [(payment.state, payment.reason) for payment in fund.payments_of(case)] == [("rejected", "not_sent")]


async def test_20_what_a_cashier_marked_sent_is_freed_by_two_others_and_only_after_the_banks_time(
    counter_fund: TestedFund,
) -> None:
    fund = counter_fund
    case = await at_the_counter(fund)
    await fund.mark_sent(case)
    await fund.denied(case, CHECKER, BOTH, EVERYTHING)
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT, "the bank may still pay"
    await fund.skip(days=2)
    await fund.denied(case, CHECKER, BOTH)
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT, "who approved it is none of the two"
    assert (await refusal_of(fund.confirm_payment(case, paid=False, by=CASHIER))).code != ""
    await fund.denied(case, BOTH)
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT, "and one person is not two"
    await fund.denied(case, EVERYTHING)
    assert (fund.stage_of(case), fund.reason_of(case)) == (CaseStage.LAPSED, "no_release")
    assert fund.payments_of(case)[0].reason == "not_found"
    assert fund.pool().reserved_fen == 0


async def test_a_payment_that_nobody_made_is_taken_back_before_the_case_lapses(counter_fund: TestedFund) -> None:
    fund = counter_fund
    case = await at_the_counter(fund)
    await fund.skip(days=2)
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT  # its fate is open: nothing lapses
    await fund.denied(case, BOTH, EVERYTHING)
    assert (fund.stage_of(case), fund.reason_of(case)) == (CaseStage.LAPSED, "no_release")
    assert fund.pool().reserved_fen == 0


# Late, lost, silent, sent back ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("manner", [PaymentManner.LATE, PaymentManner.SILENT])
async def test_20_a_bank_that_pays_three_days_late_is_still_asked_and_its_payment_comes_to_the_books(
    fund: TestedFund, manner: PaymentManner
) -> None:
    case = await released(fund, manner, days=3)
    for _ in range(2):
        await fund.skip(days=1)
        await fund.bank_day()
        await fund.hours_pass(9)
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT
    assert fund.pool().reserved_fen == FIVE_MILLION, "the pool does not show as free what may be out"
    await fund.skip(days=1)
    await fund.bank_day()
    await fund.hours_pass(9)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    assert (fund.paid_by_bank(case), fund.sent_to_bank(case)) == ([FIVE_MILLION], [1])
    assert fund.position(case).outstanding_fen == FIVE_MILLION


async def test_20_a_payment_that_the_bank_never_finds_is_its_own_last_word_after_a_week(fund: TestedFund) -> None:
    case = await released(fund, PaymentManner.LATE, days=60)
    await fund.skip(working_days=4)
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT
    await fund.skip(working_days=4)
    assert (fund.stage_of(case), fund.payments_of(case)[0].reason) == (CaseStage.LAPSED, "not_found")
    assert fund.pool().reserved_fen == 0


async def test_20_a_payment_made_after_it_was_given_up_is_a_difference_that_names_the_case(
    fund: TestedFund, tmp_path: Path
) -> None:
    case = await released(fund, PaymentManner.LATE, days=20)
    await fund.skip(days=2)
    await fund.denied(case, BOTH, EVERYTHING)
    assert fund.stage_of(case) is CaseStage.LAPSED
    await fund.skip(days=20)
    statement = Statement(fund, tmp_path)
    statement.add("ZF-LATE", -FIVE_MILLION, account=account_of(fund, case))
    row = statement.take_in()["ZF-LATE"]
    assert (row.state, row.proposed) == (LineState.LATE_PAYMENT, case)
    statement.day_end()
    with fund.services.sessions() as session:
        [task] = statements.differences(session, fund.code)
    assert (task.kind, task.about, task.case_no) == ("late_payment", "ZF-LATE", case)
    statement.add("SX1", -yuan(1), summary="电汇费")
    statement.take_in()
    with fund.services.sessions() as session:
        still = {each.about: (each.id, each.kind, each.case_no) for each in statements.differences(session, fund.code)}
    assert still["ZF-LATE"] == (task.id, "late_payment", case), "the next import leaves it the same task"
    await fund.bank_day()
    assert fund.paid_by_bank(case) == [FIVE_MILLION]
    fund.told_in_a_difference.add(case)


async def test_20_a_payment_made_after_it_was_given_up_is_booked_by_two_people_and_pursued(
    fund: TestedFund, tmp_path: Path
) -> None:
    case = await released(fund, PaymentManner.LATE, days=20)
    await fund.skip(days=2)
    await fund.denied(case, BOTH, EVERYTHING)
    assert (fund.stage_of(case), fund.pool().out_fen) == (CaseStage.LAPSED, 0)
    await fund.skip(days=20)
    await fund.bank_day()
    [late] = [each for each in fund.services.simulated_bank.payments() if each.case_no == case]
    statement = Statement(fund, tmp_path)
    statement.add(late.reference, -FIVE_MILLION, account=account_of(fund, case))
    statement.take_in()
    statement.day_end()
    begin, desk = fund.services.sessions.begin, fund.services.desk_sessions.begin
    with fund.services.sessions() as session:
        [trouble] = troubles(session, case_no=case)
        maker, checker = actor(session, MAKER, Role.MAKER, fund.code), actor(session, CHECKER, Role.CHECKER, fund.code)
    assert (trouble.kind, trouble.detail["line"]) == (TroubleKind.LATE_PAYMENT, late.reference)
    propose_remedy(desk, trouble.id, Remedy.BOOK, "银行迟延付出", maker)
    approve = partial(approve_remedy, desk, begin, fund.client, trouble.id, Remedy.BOOK)
    assert (await refusal_of(approve(maker))).code == "trouble.same_person"
    await approve(checker)
    await fund.settle()

    assert (fund.stage_of(case), fund.told(case)["reference"]) == (CaseStage.RECOVERY, late.reference)
    assert (fund.pool().out_fen, fund.pool().reserved_fen) == (FIVE_MILLION, 0)
    assert fund.position(case).outstanding_fen == FIVE_MILLION
    assert [payment.state for payment in fund.payments_of(case)] == ["rejected", "paid"]
    task = fund.task_of(case)
    assert task is not None
    assert task.kind == "conclude_recovery"
    statement.day_end()
    with fund.services.sessions() as session:
        assert statements.differences(session, fund.code) == []
        assert troubles(session, case_no=case) == []
    await fund.money_returns(case, FIVE_MILLION)
    await fund.confirm_receipts(case)
    await fund.act(case, CONCLUDE)
    await fund.settle()
    assert (fund.stage_of(case), fund.pool().out_fen) == (CaseStage.CLOSED, 0)


async def test_27_a_banks_number_that_begins_anew_each_day_is_no_line_booked_on_another(
    fund: TestedFund, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await ready_to_release(fund)
    with fund.services.sessions.begin() as session:
        ledger.post(session, capital_in(fund.code, "县财政局", 100, reference="12", on=fund.today, actor_id=MAKER))
    await fund.skip_to_release_day(case)
    await fund.bank_day()
    monkeypatch.setattr(gateways.simulated.bank, "serial", lambda *_: "00012")
    await fund.release(case)
    await fund.settle()
    assert (fund.stage_of(case), fund.position(case).outstanding_fen) == (CaseStage.OLD_LOAN_SETTLEMENT, FIVE_MILLION)
    assert fund.payments_of(case)[0].reference == f"{fund.today:%Y%m%d}-00012", "as the statement's line is called"


async def test_a_payment_that_the_payees_bank_sends_back_is_the_banks_own_word(fund: TestedFund) -> None:
    case = await released(fund, PaymentManner.RETURN)
    assert fund.events(case)[-1] == "payment_pending"
    await fund.skip(days=1)
    await fund.bank_day()
    await fund.hours_pass(9)
    assert (fund.stage_of(case), fund.payments_of(case)[0].reason) == (CaseStage.LAPSED, "收款行退汇")
    assert fund.paid_by_bank(case) == []


# The cut-off ---------------------------------------------------------------------------------------------------------


async def test_34_what_was_released_before_the_cut_off_does_not_leave_after_it(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.reserve(case, FIVE_MILLION)
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    task = fund.task_of(case)
    assert task is not None
    assert task.due is not None
    await fund.time_passes(task.due - fund.now - timedelta(seconds=12))
    with fund.services.sessions.begin() as session:
        # Whoever pays waits in the middle of his work.
        session.execute(text("SELECT 1 FROM approval WHERE case_no = :case FOR UPDATE"), {"case": case})
        releasing = asyncio.create_task(fund.release(case))
        await asyncio.sleep((task.due - fund.now).total_seconds() + 1)
    await releasing
    await fund.settle()
    assert fund.sent_to_bank(case) == [0]
    assert [payment.reason for payment in fund.payments_of(case)] == ["cut_off_passed"]
    assert (fund.stage_of(case), fund.paid_by_bank(case)) == (CaseStage.LAPSED, [])


async def test_34_an_order_that_waited_for_a_worker_past_the_cut_off_does_not_leave(fund: TestedFund) -> None:
    other = await ready_to_release(fund)
    case = await released(fund, PaymentManner.LOSE_REPLY)
    [request, *_] = await fund.payments_asked(case)
    assert request.leaves_by is not None
    steps = {
        name: getattr(request, name).model_copy(update={"case_no": other})
        for name in ("step", "step_if_pending", "step_if_rejected")
    }
    env = ActivityEnvironment()
    waited = request.leaves_by - request.step.at + timedelta(seconds=1)
    env.info = replace(env.info, started_time=env.info.scheduled_time + waited)
    pay_out = Payments(fund.services.sessions.begin, fund.services.gateways).pay_out
    result = await asyncio.to_thread(env.run, pay_out, request.model_copy(update=steps))
    assert result.paid is False
    assert (fund.paid_by_bank(other), fund.sent_to_bank(other)) == ([], [0])
    assert [payment.reason for payment in fund.payments_of(other)] == ["cut_off_passed"]
    await fund.hours_pass(1)
