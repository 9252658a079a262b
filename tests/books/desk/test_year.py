"""The year of the ring-fenced account: interest, charges, VAT, spending, carry-over, and periods that close."""

from datetime import date, timedelta

import pytest

from models.books import ledger
from models.database import sessions
from rulebook.books.postings import Account, LedgerRequest, PostingKind, Subject
from rulebook.books.postings_of_the_year import (
    CARRIED_OVER,
    COSTS,
    INCOMES,
    NetBalance,
    carry_over,
    charge,
    interest,
    spend,
    vat,
    vat_paid,
    write_off,
)
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from tests.books.conftest import TODAY, Books

CASE = "L-2026-00001-1"
BRIDGE = yuan(5_000_000)
TWENTY_PERCENT = 200_000
LAST_DAY = date(2026, 12, 31)


@pytest.fixture
def earned(books: Books) -> Books:
    """A bridge came back with a fee of 10,000.00 yuan."""
    books.lend(CASE, BRIDGE)
    books.post(books.receive(CASE, principal_fen=BRIDGE, fee_fen=yuan(10_000)))
    return books


def spending(books: Books, amount_fen: int, number: int = 1, limit_ppm: int | None = TWENTY_PERCENT) -> LedgerRequest:
    """An approved spending for office costs."""
    approval = books.allow_event(PostingKind.SPEND, amount_fen, about="office", name=str(number))
    return spend(books.record(), "office", amount_fen, approval=approval, reference=f"ZC-{number}", limit_ppm=limit_ppm)


def carried(books: Books, to_pool_fen: int) -> LedgerRequest:
    nets = [
        NetBalance(account=Account(subject=Subject(subject), dimension=dimension), net_fen=net)
        for (subject, dimension), net in sorted(books.balances().items())
    ]
    return carry_over(books.record(LAST_DAY), 2026, nets, to_pool_fen)


def test_interest_joins_the_pool_and_charges_are_paid_from_fees(earned: Books) -> None:
    earned.post(interest(earned.record(), yuan(1234), reference="LX-1"))
    assert earned.entries() == ["escrow_bank/pool interest_income/escrow 1234.00"]
    earned.post(charge(earned.record(), yuan(15), reference="SX-1"))
    assert earned.entries() == ["bank_charge/escrow escrow_bank/fees 15.00"]
    assert earned.pool.available_fen == yuan(20_001_234)
    assert earned.pool.fee_income_fen == yuan(9985)
    refused = earned.refused(charge(earned.record(), yuan("9985.01"), reference="SX-2"))
    assert (refused.code, refused.params) == (
        "ledger.part_short",
        {"part": "fees", "available": "9,985.00", "asked": "9,985.01"},
    )
    assert earned.faults() == []


def test_vat_is_due_with_the_invoice_and_leaves_with_its_payment(earned: Books) -> None:
    earned.post(vat(earned.record(), CASE, yuan("566.04"), invoice="FP-1"))
    assert earned.entries() == [f"fee_income/{CASE} output_vat/usage_fee 566.04"]
    assert earned.refused(vat(earned.record(), "L-2026-00002-2", 1, invoice="FP-1")).code == "ledger.reference_used"
    refused = earned.refused(vat_paid(earned.record(), yuan("566.05"), reference="SW-1"))
    assert (refused.code, refused.params["available"]) == ("ledger.account_short", "566.04")
    earned.post(vat_paid(earned.record(), yuan("566.04"), reference="SW-1"))
    assert earned.entries() == ["output_vat/usage_fee escrow_bank/fees 566.04"]
    assert earned.pool.fee_income_fen == yuan("9433.96")
    assert earned.faults() == []


def test_27_an_invoice_whose_voucher_was_taken_back_is_booked_in_the_right_amount(earned: Books) -> None:
    earned.post(wrong := vat(earned.record(), CASE, yuan("566.05"), invoice="FP-1"))
    right = vat(earned.record(), CASE, yuan("566.04"), invoice="FP-1").model_copy(update={"key": f"{wrong.key}/2"})
    assert earned.refused(right).code == "ledger.reference_used"
    turned = earned.allow_event(PostingKind.REVERSE, yuan("566.05"), about=wrong.key, case=CASE)
    earned.post(earned.reverse(wrong, turned))
    earned.post(right)
    assert earned.faults() == []


def test_fee_income_is_spent_within_the_share_of_its_year(earned: Books) -> None:
    earned.post(spending(earned, yuan(1500)))
    assert earned.entries() == ["fee_spending/office escrow_bank/fees 1500.00"]
    refused = earned.refused(spending(earned, yuan("500.01"), 2))
    assert (refused.code, refused.params) == (
        "ledger.over_spending_limit",
        {"spent": "1,500.00", "income": "10,000.00", "asked": "500.01"},
    )
    earned.post(spending(earned, yuan(500), 3))
    assert earned.refused(spending(earned, 1, 4)).code == "ledger.over_spending_limit"
    earned.post(spending(earned, yuan(100), 5, limit_ppm=None))  # a measure without a limit
    assert earned.faults() == []


def test_the_next_year_has_an_income_of_its_own_to_spend(earned: Books) -> None:
    request = spending(earned, yuan(100))
    refused = earned.refused(request.model_copy(update={"accounting_date": date(2027, 1, 4)}))
    assert (refused.code, refused.params["income"]) == ("ledger.over_spending_limit", "0.00")


def test_what_was_approved_for_one_purpose_is_not_spent_for_another(earned: Books) -> None:
    request = spending(earned, yuan(100))
    dinner = Account(subject=Subject.FEE_SPENDING, dimension="dinner")
    line = request.lines[0].model_copy(update={"debit": dinner})
    assert earned.refused(request.model_copy(update={"lines": (line,)})).code == "ledger.not_permitted"
    elsewhere = request.model_copy(update={"lines": (line,), "about": "dinner"})
    assert earned.refused(elsewhere).code == "ledger.not_approved"


def test_a_good_year_becomes_surplus_and_its_fees_join_the_pool(earned: Books) -> None:
    earned.post(interest(earned.record(), yuan(1234), reference="LX-1"))
    earned.post(charge(earned.record(), yuan(15), reference="SX-1"))
    earned.post(spending(earned, yuan(985)))
    earned.post(carried(earned, yuan(9000)))
    assert earned.entries() == [
        "surplus/carried_over bank_charge/escrow 15.00",
        f"fee_income/{CASE} surplus/carried_over 10000.00",
        "surplus/carried_over fee_spending/office 985.00",
        "interest_income/escrow surplus/carried_over 1234.00",
        "escrow_bank/pool escrow_bank/fees 9000.00",
    ]
    assert earned.balances() == {
        ("escrow_bank", "pool"): yuan(20_010_234),
        ("contribution", "市财政"): yuan(20_000_000),
        ("surplus", "carried_over"): yuan(10_234),
    }
    assert earned.faults() == []


def test_a_year_with_a_loss_carries_over_less_than_nothing(books: Books) -> None:
    books.lend(CASE, BRIDGE)
    books.post(books.receive(CASE, fee_fen=yuan(100)))
    approval = books.allow_event(PostingKind.WRITE_OFF, BRIDGE, about="HX-1", case=CASE)
    books.post(write_off(books.record(), CASE, BRIDGE, approval=approval, decision="HX-1"))
    books.post(carried(books, yuan(100)))
    assert books.net(CARRIED_OVER.subject, CARRIED_OVER.dimension) == -yuan(4_999_900)
    assert not {subject for subject, _ in books.balances()} & {subject.value for subject in (*INCOMES, *COSTS)}
    assert books.faults() == []


def test_a_year_is_carried_over_once_and_no_account_beyond_what_stands_on_it(earned: Books) -> None:
    request = carried(earned, yuan(10_000))
    too_much = request.model_copy(
        update={"lines": (request.lines[0].model_copy(update={"amount_fen": yuan(10_001)}), *request.lines[1:])}
    )
    refused = earned.refused(too_much)
    assert (refused.code, refused.params["subject"]) == ("ledger.account_short", "fee_income")
    earned.post(request)
    assert earned.post(request).replayed
    again = request.model_copy(update={"key": f"{request.key}/2"})
    assert earned.refused(again).code == "ledger.part_short"


def test_the_spending_limit_is_not_widened_by_carrying_over(earned: Books) -> None:
    earned.post(spending(earned, yuan(2000)))
    earned.post(carried(earned, yuan(100)))
    refused = earned.refused(spending(earned, 1, 2))
    assert (refused.code, refused.params["spent"]) == ("ledger.over_spending_limit", "2,000.00")


# Periods ----------------------------------------------------------------------------------------------------------


def test_a_closed_period_takes_nothing_and_the_next_day_does(earned: Books) -> None:
    last = earned.post(interest(earned.record(), 1, reference="LX-1")).voucher
    assert earned.close(TODAY) == last
    for late in (TODAY, TODAY - timedelta(days=40)):
        refused = earned.refused(interest(earned.record(late), 1, reference="LX-2"))
        assert (refused.code, refused.params["on"]) == ("ledger.period_closed", str(late))
    assert earned.post(interest(earned.record(TODAY + timedelta(days=1)), 1, reference="LX-2")).voucher == last + 1
    assert earned.faults() == []


def test_what_was_written_before_the_closing_is_answered_again(earned: Books) -> None:
    earned.close(TODAY)
    again = earned.post(earned.receive(CASE, principal_fen=BRIDGE, fee_fen=yuan(10_000)))
    assert again.replayed


@pytest.mark.parametrize("back", [0, 1, 400])
def test_periods_close_forward_and_once(earned: Books, back: int) -> None:
    earned.close(TODAY)
    with pytest.raises(XuqiaoError) as refused:
        earned.close(TODAY - timedelta(days=back))
    assert (refused.value.code, refused.value.params["through"]) == ("ledger.closed_already", str(TODAY))
    earned.close(TODAY + timedelta(days=1))


def test_a_book_that_is_not_open_has_no_period_to_close(earned: Books) -> None:
    with pytest.raises(XuqiaoError) as refused, sessions(earned.desk).begin() as session:
        ledger.close_books(session, "nowhere", TODAY, "checker")
    assert refused.value.code == "ledger.unknown_book"


def test_the_limit_is_not_widened_by_dating_a_spending_back(earned: Books) -> None:
    earned.post(spending(earned, yuan(2000)).model_copy(update={"accounting_date": LAST_DAY}))
    refused = earned.refused(spending(earned, 1, 2))
    assert (refused.code, refused.params["spent"]) == ("ledger.over_spending_limit", "2,000.00")


def test_nor_by_carrying_over_and_taking_that_back(earned: Books) -> None:
    request = carried(earned, yuan(100))
    earned.post(request)
    total = sum(line.amount_fen for line in request.lines)
    earned.post(earned.reverse(request, earned.allow_event(PostingKind.REVERSE, total, about=request.key)))
    refused = earned.refused(spending(earned, yuan("2000.01")))
    assert (refused.code, refused.params["income"]) == ("ledger.over_spending_limit", "10,000.00")
    assert earned.faults() == []
