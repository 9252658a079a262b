"""What the books say after each event, and what they refuse."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from models.books import ledger
from models.database import sessions
from rulebook.books import postings
from rulebook.books.postings import Account, Entry, Pool, Position, PostingKind, Subject
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from tests.books.conftest import TODAY, Books

CASE = "L-2026-00001-1"
BRIDGE = yuan(5_000_000)
NOTHING = Position(reserved_fen=0, outstanding_fen=0, principal_returned_fen=0, fee_received_fen=0)


def test_a_bridge_goes_out_comes_back_and_leaves_its_fee(books: Books) -> None:
    assert books.position(CASE) == NOTHING
    books.post(books.reserve(CASE, BRIDGE))
    assert books.pool == Pool(
        total_fen=yuan(20_000_000),
        reserved_fen=BRIDGE,
        out_fen=0,
        available_fen=yuan(15_000_000),
        fee_income_fen=0,
    )
    with sessions(books.engine)() as session:
        assert ledger.available_fen(session, books.fund) == yuan(15_000_000)
    books.send(CASE, BRIDGE)
    assert books.pool.reserved_fen == BRIDGE
    books.post(books.disburse(CASE, BRIDGE))
    assert books.pool.model_dump(include={"reserved_fen", "out_fen", "available_fen"}) == {
        "reserved_fen": 0,
        "out_fen": BRIDGE,
        "available_fen": yuan(15_000_000),
    }
    books.post(books.receive(CASE, principal_fen=BRIDGE, fee_fen=yuan(11_000), excess_fen=yuan("0.07")))
    assert books.position(CASE) == Position(
        reserved_fen=0, outstanding_fen=0, principal_returned_fen=BRIDGE, fee_received_fen=yuan(11_000)
    )
    # Neither the fee nor what must be paid back can be lent.
    assert books.pool == Pool(
        total_fen=yuan(20_000_000),
        reserved_fen=0,
        out_fen=0,
        available_fen=yuan(20_000_000),
        fee_income_fen=yuan(11_000),
    )
    assert books.faults() == []


def test_vouchers_are_numbered_without_gaps_and_read_like_vouchers(books: Books) -> None:
    books.lend(CASE, BRIDGE)
    books.refused(books.disburse(CASE, BRIDGE, payment=2))
    books.post(books.receive(CASE, principal_fen=BRIDGE, fee_fen=100))
    with sessions(books.engine)() as session:
        every = ledger.vouchers(session, books.fund)
        of_case = ledger.vouchers(session, books.fund, CASE)
    assert [voucher.number for voucher in every] == [1, 2, 3, 4, 5]
    assert [voucher.kind for voucher in of_case] == [
        PostingKind.RESERVE,
        PostingKind.INTEND,
        PostingKind.DISBURSE,
        PostingKind.RECEIVE,
    ]
    reserved, intended, paid, returned = of_case
    assert (reserved.held_fen, reserved.lines) == (BRIDGE, ())
    assert (intended.resolves, intended.held_fen, intended.lines) == (reserved.number, BRIDGE, ())
    assert (paid.resolves, [line.amount_fen for line in paid.lines]) == (intended.number, [BRIDGE])
    assert [(line.debit.dimension, line.credit.subject) for line in returned.lines] == [
        ("pool", Subject.BRIDGE_RECEIVABLE),
        ("fees", Subject.FEE_INCOME),
    ]
    assert paid.key == f"{books.fund}/{CASE}/disburse"


def test_a_released_reservation_frees_the_pool_and_may_be_followed_by_another(books: Books) -> None:
    books.post(books.reserve(CASE, BRIDGE))
    books.post(books.release(CASE))
    assert books.pool.available_fen == yuan(20_000_000)
    # A lower amount is approved the second time; the first approval counts for nothing.
    books.post(books.reserve(CASE, yuan(3_000_000), attempt=2))
    books.allow(books.approval(CASE, yuan(3_000_000), attempt=2))
    assert books.refused(books.intend(CASE, BRIDGE, attempt=2)).code == "ledger.hold_mismatch"
    books.post(books.intend(CASE, yuan(3_000_000), attempt=2))
    assert books.refused(books.disburse(CASE, BRIDGE)).code == "ledger.hold_mismatch"
    books.post(books.disburse(CASE, yuan(3_000_000)))
    assert books.position(CASE).outstanding_fen == yuan(3_000_000)
    assert books.faults() == []


def test_money_of_unknown_origin_waits_and_is_not_lent(books: Books) -> None:
    request = postings.unmatched_receipt(books.fund, yuan(1_000_000), reference="LS-X", on=TODAY, actor_id="maker")
    books.post(request)
    assert books.pool.available_fen == yuan(20_000_000)
    assert books.refused(books.reserve(CASE, yuan("20000000.01"))).code == "ledger.pool_short"
    assert books.faults() == []


# Keys ------------------------------------------------------------------------------------------------------------


def test_the_same_request_is_written_once_even_on_another_day(books: Books) -> None:
    first = books.post(books.reserve(CASE, BRIDGE))
    again = books.post(books.reserve(CASE, BRIDGE, on=TODAY + timedelta(days=3)))
    assert (first.replayed, again.replayed) == (False, True)
    assert again.voucher == first.voucher
    assert books.position(CASE).reserved_fen == BRIDGE


@pytest.mark.parametrize("changed", ["amount", "reference"])
def test_the_same_key_with_another_content_is_refused(books: Books, changed: str) -> None:
    books.lend(CASE, BRIDGE)
    other = (
        books.disburse(CASE, BRIDGE - 1)
        if changed == "amount"
        else books.disburse(CASE, BRIDGE, reference="another payment")
    )
    error = books.refused(other)
    assert (error.code, error.params["voucher"]) == ("ledger.key_conflict", "4")
    assert books.position(CASE).outstanding_fen == BRIDGE


def test_one_line_of_the_statement_is_booked_once(books: Books) -> None:
    books.lend(CASE, BRIDGE)
    books.lend("L-2026-00002-2", BRIDGE)
    books.post(books.receive(CASE, principal_fen=yuan(1)))
    same_line = books.receive("L-2026-00002-2", principal_fen=yuan(1)).model_copy(update={"reference": f"{CASE}-LS-1"})
    assert books.refused(same_line).code == "ledger.reference_used"


# Refusals --------------------------------------------------------------------------------------------------------


def test_the_pool_is_never_overdrawn_and_the_refusal_names_the_figures(books: Books) -> None:
    books.post(books.reserve(CASE, yuan(15_000_000)))
    error = books.refused(books.reserve("L-2026-00002-2", yuan("5000000.01")))
    assert (error.code, error.params) == (
        "ledger.pool_short",
        {"available": "5,000,000.00", "asked": "5,000,000.01"},
    )
    books.post(books.reserve("L-2026-00002-2", yuan(5_000_000)))
    assert books.pool.available_fen == 0


def test_after_a_refusal_the_callers_transaction_goes_on(books: Books) -> None:
    with sessions(books.engine).begin() as session:
        with pytest.raises(XuqiaoError):
            ledger.post(session, books.reserve(CASE, yuan(99_000_000)))
        assert session.connection().execute(text("SELECT 1")).scalar_one() == 1
        ledger.post(session, books.reserve("L-2026-00002-2", BRIDGE))
    assert books.pool.reserved_fen == BRIDGE
    assert books.faults() == []


def test_what_the_caller_rolls_back_was_never_written(books: Books) -> None:
    session = sessions(books.engine)()
    ledger.post(session, books.reserve(CASE, BRIDGE))
    session.rollback()
    session.close()
    assert books.position(CASE) == NOTHING
    assert books.post(books.reserve(CASE, BRIDGE)).voucher == 2
    assert books.faults() == []


def test_an_approval_is_lent_once_whatever_the_key(books: Books) -> None:
    books.lend(CASE, BRIDGE)
    second = books.disburse(CASE, BRIDGE, payment=2)
    assert books.refused(second).code == "ledger.unknown_hold"
    the_same_hold = second.model_copy(update={"resolves": books.key(CASE, "intend")})
    assert books.refused(the_same_hold).code == "ledger.hold_resolved"
    # Nor after it has come back: a new bridge is a new case.
    books.post(books.receive(CASE, principal_fen=BRIDGE))
    assert books.refused(books.reserve(CASE, BRIDGE, attempt=2)).code == "ledger.over_cap"
    assert books.faults() == []


def test_a_second_reservation_beside_a_live_one_is_over_the_cap(books: Books) -> None:
    books.post(books.reserve(CASE, BRIDGE))
    error = books.refused(books.reserve(CASE, BRIDGE, attempt=2))
    assert (error.code, error.params["cap"]) == ("ledger.over_cap", "5,000,000.00")


def test_more_cannot_be_reserved_than_was_approved(books: Books) -> None:
    greedy = books.reserve(CASE, BRIDGE).model_copy(update={"cap_fen": BRIDGE - 1})
    assert books.refused(greedy).code == "ledger.over_cap"


def test_released_money_is_not_paid_out(books: Books) -> None:
    books.post(books.reserve(CASE, BRIDGE))
    books.allow(books.approval(CASE, BRIDGE))
    books.post(books.release(CASE))
    assert books.refused(books.intend(CASE, BRIDGE)).code == "ledger.approval_used"


def test_nothing_is_paid_out_without_a_reservation(books: Books) -> None:
    assert books.refused(books.disburse(CASE, BRIDGE)).code == "ledger.unknown_hold"


def test_one_case_cannot_use_the_reservation_of_another(books: Books) -> None:
    books.post(books.reserve(CASE, BRIDGE))
    books.send(CASE, BRIDGE)
    thief = books.disburse("L-2026-00002-2", BRIDGE).model_copy(update={"resolves": books.key(CASE, "intend")})
    assert books.refused(thief).code == "ledger.unknown_hold"


def test_a_case_returns_no_more_than_it_owes(books: Books) -> None:
    books.lend(CASE, BRIDGE)
    error = books.refused(books.receive(CASE, principal_fen=BRIDGE + 1))
    assert (error.code, error.params["outstanding"]) == ("ledger.over_returned", "5,000,000.00")


def test_a_fund_without_capital_has_no_book(new_books: object) -> None:
    assert callable(new_books)
    fund = new_books()
    assert fund.refused(fund.reserve(CASE, 1)).code == "ledger.unknown_book"
    assert fund.pool.total_fen == 0
    assert fund.faults() == []


POOL = Account(subject=Subject.ESCROW_BANK, dimension="pool")
CAPITAL = Account(subject=Subject.CONTRIBUTION, dimension="市财政")
OTHER_CASE = Account(subject=Subject.BRIDGE_RECEIVABLE, dimension="L-2026-00009-9")
FEE_OF_CASE = Account(subject=Subject.FEE_INCOME, dimension=CASE)


@pytest.mark.parametrize(
    "line",
    [
        Entry(debit=CAPITAL, credit=POOL, amount_fen=1),  # capital taken out through a receipt
        Entry(debit=POOL, credit=OTHER_CASE, amount_fen=1),  # another case's debt paid down
        Entry(debit=POOL, credit=FEE_OF_CASE, amount_fen=1),  # a fee that could be lent
    ],
)
def test_an_event_makes_its_own_entries_and_no_others(books: Books, line: Entry) -> None:
    books.lend(CASE, BRIDGE)
    crooked = books.receive(CASE, principal_fen=1).model_copy(update={"lines": (line,)})
    assert books.refused(crooked).code == "ledger.not_permitted"


@pytest.mark.parametrize(("principal_fen", "fee_fen"), [(0, 0), (-1, 2)])
def test_nothing_and_less_than_nothing_are_no_entries(books: Books, principal_fen: int, fee_fen: int) -> None:
    with pytest.raises(XuqiaoError) as refused:
        books.receive(CASE, principal_fen, fee_fen)
    assert refused.value.code == "ledger.nothing_to_post"
