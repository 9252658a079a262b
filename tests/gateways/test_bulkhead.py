"""A slow bank holds up nobody but itself: places of its own, a time-out, a rest after silences."""

import threading
import time
from collections.abc import Iterator
from datetime import date

import pytest

from gateways.bank import BankUnreachable, OpinionRequest, PaymentOrder
from gateways.bulkhead import SILENCES, Bulkhead
from rulebook.books.payments import PaymentReport, PaymentStatus
from rulebook.errors import XuqiaoError

SECONDS = 0.2
REST = 0.6


class Banks:
    """Banks of which one may be silent; it answers when it is let go."""

    by_hand = False

    def __init__(self) -> None:
        self.silent: set[str] = set()
        self.asked: list[str] = []
        self.sent: list[str] = []
        self.go_on = threading.Event()

    def ask_opinion(self, request: OpinionRequest) -> None:
        self.asked.append(request.bank)
        if request.bank in self.silent:
            self.go_on.wait(20)

    def ready(self, order: PaymentOrder) -> None: ...

    def send(self, order: PaymentOrder) -> PaymentReport:
        self.sent.append(order.bank)
        if order.bank in self.silent:
            self.go_on.wait(20)
        return PaymentReport(status=PaymentStatus.PAID, reference="R-1")

    def ask(self, order: PaymentOrder) -> PaymentReport:
        if order.amount_fen == 1:
            raise XuqiaoError("bank.key_conflict", key=order.key)
        return PaymentReport(status=PaymentStatus.PENDING)


@pytest.fixture
def banks() -> Iterator[Banks]:
    found = Banks()
    yield found
    found.go_on.set()


def question(bank: str) -> OpinionRequest:
    return OpinionRequest(
        key=f"{bank}/1",
        case_no="C-1",
        fund="F",
        bank=bank,
        applicant_name="甲",
        loan_note="L-1",
        balance_fen=1,
        maturity=date(2026, 3, 2),
        asked_fen=1,
    )


def order(bank: str, amount_fen: int = 2) -> PaymentOrder:
    return PaymentOrder(
        key=f"{bank}/disburse/1",
        case_no="C-1",
        fund="F",
        bank=bank,
        loan_note="L-1",
        amount_fen=amount_fen,
        payee_name="甲",
        payee_account="1",
        payee_branch="乙",
    )


def test_23_a_silent_bank_takes_its_places_and_no_others(banks: Banks) -> None:
    banks.silent = {"slow"}
    bulkhead = Bulkhead(banks, places=2, seconds=SECONDS, rest=REST)
    callers = [threading.Thread(target=_unreachable, args=(bulkhead, "slow")) for _ in range(8)]
    begun = time.monotonic()
    for caller in callers:
        caller.start()
    bulkhead.ask_opinion(question("quick"))
    assert time.monotonic() - begun < SECONDS, "the other bank is asked at once"
    for caller in callers:
        caller.join()
    assert banks.asked.count("slow") == 2, "the others did not wait for a place"
    assert time.monotonic() - begun < 3 * SECONDS


def _unreachable(bulkhead: Bulkhead, bank: str) -> None:
    with pytest.raises(BankUnreachable):
        bulkhead.ask_opinion(question(bank))


def test_23_a_place_is_free_again_only_when_its_call_has_really_ended(banks: Banks) -> None:
    banks.silent = {"slow"}
    bulkhead = Bulkhead(banks, places=1, seconds=SECONDS, rest=0)
    _unreachable(bulkhead, "slow")
    with pytest.raises(BankUnreachable):
        bulkhead.ready(order("slow"))
    _unreachable(bulkhead, "slow")
    assert banks.asked == ["slow"]
    banks.go_on.set()
    banks.silent = set()
    _until_ready(bulkhead, "slow")
    bulkhead.ask_opinion(question("slow"))


def _until_ready(bulkhead: Bulkhead, bank: str) -> None:
    until = time.monotonic() + 5
    while True:
        try:
            return bulkhead.ready(order(bank))
        except BankUnreachable:
            assert time.monotonic() < until
            time.sleep(0.01)


def test_23_after_silences_in_a_row_a_bank_is_left_alone_for_a_while(banks: Banks) -> None:
    banks.silent = {"slow"}
    bulkhead = Bulkhead(banks, places=SILENCES, seconds=SECONDS, rest=REST)
    for _ in range(SILENCES):
        _unreachable(bulkhead, "slow")
    banks.go_on.set()
    banks.silent = set()
    with pytest.raises(BankUnreachable):
        bulkhead.ready(order("slow"))
    bulkhead.ready(order("quick"))
    _until_ready(bulkhead, "slow")
    assert bulkhead.send(order("slow")).status is PaymentStatus.PAID


def test_23_a_payment_whose_answer_is_late_is_unknown_and_was_sent_once(banks: Banks) -> None:
    banks.silent = {"slow"}
    bulkhead = Bulkhead(banks, places=2, seconds=SECONDS, rest=REST)
    bulkhead.ready(order("slow"))
    with pytest.raises(BankUnreachable):
        bulkhead.send(order("slow"))
    assert banks.sent == ["slow"]


def test_what_a_bank_says_passes_through_and_is_no_failure_of_it(banks: Banks) -> None:
    bulkhead = Bulkhead(banks, seconds=SECONDS)
    assert bulkhead.ask(order("quick")).status is PaymentStatus.PENDING
    for _ in range(SILENCES + 1):
        with pytest.raises(XuqiaoError) as refused:
            bulkhead.ask(order("quick", amount_fen=1))
        assert refused.value.code == "bank.key_conflict"
    bulkhead.ready(order("quick"))
