"""The simulated bank: every manner, its own days, restarts, and two processes at once."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateways.bank import BankUnreachable, OpinionRequest, PaymentOrder
from gateways.simulated import BankScript, Outgoing, PaymentManner, SimulatedBank
from rulebook.books.payments import PaymentStatus
from rulebook.cases import BankAnswer, PromiseRung
from rulebook.errors import XuqiaoError
from rulebook.messages import (
    NewLoan,
    OldLoanSettled,
    Opinion,
    PromiseGiven,
    PromiseWithdrawn,
    Receipt,
    ReceiptPurpose,
)

MONDAY = date(2026, 3, 2)
CASE, NOTE = "DH-2026-00017-4", "JJ-1"
QUESTION = OpinionRequest(
    key=f"DH/{CASE}/opinion",
    case_no=CASE,
    fund="DH",
    bank="demo",
    applicant_name="东海某某石英制品有限公司",
    loan_note=NOTE,
    balance_fen=600_000_000,
    maturity=date(2026, 3, 20),
    asked_fen=500_000_000,
)
ORDER = PaymentOrder(
    key=f"DH/{CASE}/disburse",
    case_no=CASE,
    fund="DH",
    bank="demo",
    loan_note=NOTE,
    amount_fen=500_000_000,
    payee_name="东海某某石英制品有限公司",
    payee_account="6200000000000000001",
    payee_branch="某某银行东海支行",
)


class Days:
    """A fund that listens to one bank day by day."""

    def __init__(self, path: Path) -> None:
        self.path, self.today = path, MONDAY
        self.bank = SimulatedBank(path)
        self.bank.a_day(self.today, self.fee)
        self.fees_asked: list[tuple[str, date]] = []

    def fee(self, case_no: str, on: date) -> int:
        self.fees_asked.append((case_no, on))
        return 22_000_00

    def listen(self, days: int = 0) -> dict[str, Outgoing]:
        """Let days pass one by one; what was told for the first time, by key without the case."""
        told: dict[str, Outgoing] = {}
        for _ in range(days + 1):
            for message in self.bank.a_day(self.today, self.fee):
                told[message.key.removeprefix(f"{CASE}/")] = message
                self.bank.acknowledge(message.key)
            self.today += timedelta(days=1)
        self.today -= timedelta(days=1)
        return told

    def restart(self) -> None:
        self.bank.close()
        self.bank = SimulatedBank(self.path)


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    fund = Days(tmp_path / "bank.sqlite")
    yield fund
    fund.bank.close()


def on(message: Outgoing) -> date:
    return message.occurred_at.date()


# The way of a case ----------------------------------------------------------------------------------------------


def test_a_well_behaved_bank_goes_all_the_way_by_itself(days: Days) -> None:
    days.bank.ask_opinion(QUESTION)
    opinion = days.listen(days=1)["opinion"]
    assert isinstance(opinion.body, Opinion)
    assert opinion.body.answer is BankAnswer.REPAY_THEN_LEND
    assert opinion.body.promise is not None
    assert opinion.body.promise.amount_fen == 600_000_000
    assert on(opinion) == MONDAY + timedelta(days=1)

    assert days.bank.send(ORDER).status is PaymentStatus.PAID
    paid_on = days.today
    told = days.listen(days=5)
    assert list(told) == ["old_loan_settled", "new_loan", "receipt/1"]
    assert on(told["new_loan"]) == paid_on + timedelta(days=3)
    receipt = told["receipt/1"].body
    assert isinstance(receipt, Receipt)
    assert [(line.purpose, line.amount_fen) for line in receipt.lines] == [
        (ReceiptPurpose.PRINCIPAL, 500_000_000),
        (ReceiptPurpose.FEE, 22_000_00),
    ]
    assert {line.payer for line in receipt.lines} == {ORDER.payee_name}
    assert len({line.reference for line in receipt.lines}) == 2
    assert days.fees_asked == [(CASE, paid_on + timedelta(days=3))]


def test_with_no_delays_everything_is_told_the_same_day(days: Days) -> None:
    swift = BankScript(opinion_after_days=0, new_loan_after_days=0)
    days.bank.script("*", swift)
    days.bank.ask_opinion(QUESTION)
    assert list(days.listen()) == ["opinion"]
    days.bank.send(ORDER)
    assert list(days.listen()) == ["old_loan_settled", "new_loan", "receipt/1"]


def test_a_message_is_told_again_until_it_is_acknowledged(days: Days) -> None:
    days.bank.ask_opinion(QUESTION)
    days.bank.ask_opinion(QUESTION)
    tomorrow = MONDAY + timedelta(days=1)
    first, again = days.bank.a_day(tomorrow, days.fee), days.bank.a_day(tomorrow, days.fee)
    assert [message.key for message in first] == [f"{CASE}/opinion"]
    assert again == first
    days.bank.acknowledge(first[0].key)
    days.bank.acknowledge(first[0].key)
    assert days.bank.a_day(tomorrow, days.fee) == []
    with pytest.raises(XuqiaoError) as unknown:
        days.bank.acknowledge(f"{CASE}/new_loan")
    assert unknown.value.code == "bank.unknown_message"


def test_days_that_nobody_watched_are_made_up_on_their_own_dates(days: Days) -> None:
    days.bank.ask_opinion(QUESTION)
    days.bank.send(ORDER)
    late = days.bank.a_day(MONDAY + timedelta(days=30), days.fee)
    assert [(m.key.rsplit(f"{CASE}/")[1], (on(m) - MONDAY).days) for m in late] == [
        ("old_loan_settled", 0),
        ("opinion", 1),
        ("new_loan", 3),
        ("receipt/1", 3),
    ]


def test_a_bank_that_never_answers_says_nothing(days: Days) -> None:
    days.bank.script(NOTE, BankScript(opinion_after_days=None))
    days.bank.ask_opinion(QUESTION)
    assert days.listen(days=40) == {}


def test_a_promise_climbs_its_rungs_and_may_be_withdrawn(days: Days) -> None:
    rungs = (PromiseRung.INTENTION, PromiseRung.APPROVED)
    days.bank.script(
        NOTE,
        BankScript(
            promise_with_opinion=False,
            promise_after_days=2,
            promise_rungs=rungs,
            promise_permille=800,
            promise_valid_days=30,
            promise_withdrawn_after_days=6,
        ),
    )
    days.bank.ask_opinion(QUESTION)
    told = days.listen(days=9)
    assert [(key, (on(m) - MONDAY).days) for key, m in told.items()] == [
        ("opinion", 1),
        ("promise/intention", 3),
        ("promise/approved", 5),
        ("promise_withdrawn", 7),
    ]
    approved = told["promise/approved"].body
    assert isinstance(approved, PromiseGiven)
    assert approved.promise.amount_fen == 480_000_000
    assert approved.promise.valid_until == MONDAY + timedelta(days=35)
    assert isinstance(told["promise_withdrawn"].body, PromiseWithdrawn)


def test_a_promise_is_not_withdrawn_once_the_money_is_out(days: Days) -> None:
    days.bank.script(NOTE, BankScript(promise_withdrawn_after_days=5, new_loan_after_days=None))
    days.bank.ask_opinion(QUESTION)
    days.listen(days=1)
    days.bank.send(ORDER)
    assert "promise_withdrawn" not in days.listen(days=10)


def test_the_direct_route_signs_and_returns_no_money(days: Days) -> None:
    days.bank.script(NOTE, BankScript(answer=BankAnswer.RENEW_WITHOUT_REPAYMENT, direct_signed_after_days=4))
    days.bank.ask_opinion(QUESTION)
    told = days.listen(days=20)
    assert list(told) == ["opinion", "new_loan"]
    new_loan = told["new_loan"].body
    assert isinstance(new_loan, NewLoan)
    assert new_loan.amount_fen == QUESTION.balance_fen


def test_a_direct_renewal_never_signed_becomes_repay_then_lend_when_asked_again(days: Days) -> None:
    direct = BankScript(answer=BankAnswer.EXTEND, direct_signed_after_days=None)
    days.bank.script(NOTE, direct)
    days.bank.ask_opinion(QUESTION)
    assert list(days.listen(days=8)) == ["opinion"]
    days.bank.ask_opinion(QUESTION.model_copy(update={"key": f"DH/{CASE}/opinion/2"}))
    again = days.listen(days=1)["opinion/2"].body
    assert isinstance(again, Opinion)
    assert again.answer is BankAnswer.REPAY_THEN_LEND


def test_residue_then_collateral_then_the_new_loan(days: Days) -> None:
    days.bank.script(NOTE, BankScript(residue_fen=7, collateral_after_days=2, new_loan_after_days=1))
    days.bank.ask_opinion(QUESTION)
    days.bank.send(ORDER)
    told = days.listen(days=10)
    assert [(key, (on(m) - MONDAY).days) for key, m in told.items() if key != "opinion"] == [
        ("old_loan_settled", 0),
        ("old_loan_settled/2", 1),
        ("collateral_registered", 3),
        ("new_loan", 4),
        ("receipt/1", 4),
    ]
    balances = [m.body.balance_fen for m in told.values() if isinstance(m.body, OldLoanSettled)]
    assert balances == [7, 0]


def test_partial_returns_add_up_and_only_the_last_carries_the_fee(days: Days) -> None:
    days.bank.script(NOTE, BankScript(return_parts=3))
    days.bank.send(ORDER.model_copy(update={"amount_fen": 100}))
    receipts = [m.body for m in days.listen(days=8).values() if isinstance(m.body, Receipt)]
    assert [[line.amount_fen for line in receipt.lines] for receipt in receipts] == [[33], [33], [34, 22_000_00]]


def test_a_new_loan_smaller_than_the_bridge_returns_no_more_than_itself(days: Days) -> None:
    days.bank.script(NOTE, BankScript(new_loan_permille=500, pays_fee=False))
    days.bank.ask_opinion(QUESTION)
    days.bank.send(ORDER)
    (receipt,) = (m.body for m in days.listen(days=6).values() if isinstance(m.body, Receipt))
    assert [line.amount_fen for line in receipt.lines] == [300_000_000]


def test_a_bank_that_does_not_renew_says_so_and_the_borrower_may_pay_back(days: Days) -> None:
    days.bank.script(NOTE, BankScript(not_renewing_after_days=4, recovered_after_days=9))
    days.bank.send(ORDER)
    told = days.listen(days=12)
    assert list(told) == ["old_loan_settled", "not_renewing", "recovered"]
    back = told["recovered"].body
    assert isinstance(back, Receipt)
    assert back.lines[0].amount_fen == ORDER.amount_fen


# Payments -------------------------------------------------------------------------------------------------------


def test_the_same_key_pays_once_and_every_attempt_is_counted(days: Days) -> None:
    first, second = days.bank.send(ORDER), days.bank.send(ORDER)
    assert first == second
    assert first.status is PaymentStatus.PAID
    (paid,) = days.bank.payments()
    assert (paid.key, paid.amount_fen, paid.paid_on, paid.reference) == (
        ORDER.key,
        ORDER.amount_fen,
        MONDAY,
        first.reference,
    )
    assert paid.attempts == 2


def test_the_same_key_with_another_payee_is_a_conflict_and_pays_nothing(days: Days) -> None:
    days.bank.send(ORDER)
    with pytest.raises(XuqiaoError) as refused:
        days.bank.send(ORDER.model_copy(update={"payee_account": "6200000000000000002"}))
    assert refused.value.code == "bank.key_conflict"
    assert len(days.bank.payments()) == 1
    assert days.bank.attempts(ORDER.key) == 2


def test_asking_moves_no_money(days: Days) -> None:
    assert days.bank.ask(ORDER).status is PaymentStatus.NOT_FOUND
    assert days.bank.payments() == []
    assert days.bank.attempts(ORDER.key) == 0


def test_a_refused_payment_stays_refused_with_its_reason(days: Days) -> None:
    days.bank.script(NOTE, BankScript(payment=PaymentManner.REFUSE, reason="账户冻结"))
    report = days.bank.send(ORDER)
    assert (report.status, report.reason) == (PaymentStatus.REJECTED, "账户冻结")
    assert days.bank.ask(ORDER) == report
    assert days.listen(days=5) == {}
    assert days.bank.payments() == []


def test_a_lost_reply_leaves_the_money_paid(days: Days) -> None:
    days.bank.script(NOTE, BankScript(payment=PaymentManner.LOSE_REPLY))
    with pytest.raises(BankUnreachable):
        days.bank.send(ORDER)
    assert days.bank.ask(ORDER).status is PaymentStatus.PAID
    assert days.bank.send(ORDER).status is PaymentStatus.PAID
    assert [paid.attempts for paid in days.bank.payments()] == [2]


@pytest.mark.parametrize(
    ("manner", "meanwhile"),
    [(PaymentManner.DELAY, PaymentStatus.PENDING), (PaymentManner.LATE, PaymentStatus.NOT_FOUND)],
)
def test_a_slow_payment_is_paid_on_its_day_even_after_a_restart(
    days: Days, manner: PaymentManner, meanwhile: PaymentStatus
) -> None:
    days.bank.script(NOTE, BankScript(payment=manner, payment_days=2))
    assert days.bank.send(ORDER).status is PaymentStatus.PENDING
    days.listen(days=1)
    assert days.bank.ask(ORDER).status is meanwhile
    assert days.bank.payments() == []
    days.restart()
    days.today += timedelta(days=1)
    assert "old_loan_settled" in days.listen()
    assert days.bank.ask(ORDER).status is PaymentStatus.PAID
    assert [paid.paid_on for paid in days.bank.payments()] == [MONDAY + timedelta(days=2)]


# Restarts and processes -----------------------------------------------------------------------------------------


def test_a_restart_in_the_middle_loses_and_repeats_nothing(days: Days) -> None:
    days.bank.script(NOTE, BankScript(return_parts=2))
    days.bank.ask_opinion(QUESTION)
    told: list[str] = []
    for step in range(8):
        if step == 2:
            days.bank.send(ORDER)
        told += days.listen()
        days.today += timedelta(days=1)
        days.restart()
    assert told == ["opinion", "old_loan_settled", "new_loan", "receipt/1", "receipt/2"]
    assert len(days.bank.payments()) == 1


def _send_many(path: Path, go: float, times: int) -> None:
    bank = SimulatedBank(path)
    time.sleep(max(0.0, go - time.time()))
    for number in range(times):
        bank.send(ORDER.model_copy(update={"key": f"DH/{CASE}/disburse/{number}"}))
    bank.close()


def test_two_processes_at_once_pay_once(tmp_path: Path) -> None:
    path, context = tmp_path / "bank.sqlite", multiprocessing.get_context("spawn")
    go = time.time() + 1.5
    senders = [context.Process(target=_send_many, args=(path, go, 20)) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(timeout=30)
        assert sender.exitcode == 0
    bank = SimulatedBank(path)
    assert len(bank.payments()) == 20
    assert {paid.attempts for paid in bank.payments()} == {2}
    bank.close()


def _send_for_ever(path: Path) -> None:
    bank = SimulatedBank(path)
    for number in range(1_000_000):
        report = bank.send(ORDER.model_copy(update={"key": f"DH/{CASE}/disburse/{number}"}))
        with path.with_suffix(".answered").open("a") as answered:
            answered.write(f"{number} {report.reference}\n")


def test_what_a_killed_bank_has_answered_is_in_its_log(tmp_path: Path) -> None:
    path, context = tmp_path / "bank.sqlite", multiprocessing.get_context("spawn")
    sender = context.Process(target=_send_for_ever, args=(path,))
    sender.start()
    answered = path.with_suffix(".answered")
    until = time.monotonic() + 20
    while time.monotonic() < until and (not answered.exists() or answered.stat().st_size < 400):
        time.sleep(0.02)
    assert sender.pid is not None
    os.kill(sender.pid, signal.SIGKILL)
    sender.join()
    bank = SimulatedBank(path)
    logged = {paid.reference for paid in bank.payments()}
    known = [line.split()[1] for line in answered.read_text().splitlines() if len(line.split()) == 2]
    assert len(known) > 10
    assert set(known) <= logged
    assert len(logged) - len(known) <= 1
    bank.close()
