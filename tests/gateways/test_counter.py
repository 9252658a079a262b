"""Payments through people's hands."""

import pytest

from gateways.bank import PaymentOrder
from gateways.counter import CounterGateway, Slip
from rulebook.books.payments import PaymentStatus
from rulebook.errors import XuqiaoError

ORDER = PaymentOrder(
    key="DH/DH-2026-00017-4/disburse",
    case_no="DH-2026-00017-4",
    fund="DH",
    bank="demo",
    loan_note="JJ-1",
    amount_fen=500_000_000,
    payee_name="东海某某石英制品有限公司",
    payee_account="6200000000000000001",
    payee_branch="某某银行东海支行",
)


class Desk:
    """A cashier's desk in memory."""

    def __init__(self) -> None:
        self.slips: dict[str, Slip] = {}
        self.laid = 0

    def find(self, key: str) -> Slip | None:
        return self.slips.get(key)

    def lay(self, order: PaymentOrder) -> None:
        self.laid += 1
        self.slips[order.key] = Slip(key=order.key, amount_fen=order.amount_fen)

    def note(self, **changes: object) -> None:
        self.slips[ORDER.key] = self.slips[ORDER.key].model_copy(update=changes)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def counter(desk: Desk) -> CounterGateway:
    return CounterGateway(desk)


def test_asking_lays_no_slip_and_sending_twice_lays_one(desk: Desk, counter: CounterGateway) -> None:
    assert counter.ask(ORDER).status is PaymentStatus.NOT_FOUND
    assert desk.laid == 0
    assert counter.send(ORDER).status is PaymentStatus.PENDING
    assert counter.send(ORDER).status is PaymentStatus.PENDING
    assert desk.laid == 1


def test_a_payment_is_paid_once_sent_by_one_and_found_by_another(desk: Desk, counter: CounterGateway) -> None:
    counter.send(ORDER)
    desk.note(receipt_serial="HD-77", sent_by="cashier")
    assert counter.ask(ORDER).status is PaymentStatus.PENDING
    desk.note(statement_reference="LS-9001", confirmed_by="checker")
    report = counter.ask(ORDER)
    assert (report.status, report.reference) == (PaymentStatus.PAID, "LS-9001")


def test_one_person_cannot_send_and_confirm(desk: Desk, counter: CounterGateway) -> None:
    counter.send(ORDER)
    desk.note(receipt_serial="HD-77", sent_by="cashier", statement_reference="LS-9001", confirmed_by="cashier")
    with pytest.raises(XuqiaoError) as refused:
        counter.ask(ORDER)
    assert refused.value.code == "bank.same_person"


@pytest.mark.parametrize("missing", ["receipt_serial", "sent_by"])
def test_nothing_is_confirmed_that_was_never_marked_sent(desk: Desk, counter: CounterGateway, missing: str) -> None:
    counter.send(ORDER)
    sent = {"receipt_serial": "HD-77", "sent_by": "cashier", missing: None}
    desk.note(statement_reference="LS-9001", confirmed_by="checker", **sent)
    with pytest.raises(XuqiaoError) as refused:
        counter.ask(ORDER)
    assert refused.value.code == "bank.confirmed_before_sent"


def test_a_slip_for_another_amount_is_a_conflict(counter: CounterGateway) -> None:
    counter.send(ORDER)
    with pytest.raises(XuqiaoError) as refused:
        counter.send(ORDER.model_copy(update={"amount_fen": 1}))
    assert refused.value.code == "bank.key_conflict"
