"""Corrections: a journal is taken back whole, once, by two people; nothing else takes anything back."""

import pytest

from rulebook.books import postings
from rulebook.books.postings import LedgerRequest, PostingKind, Subject
from rulebook.books.postings_of_the_year import interest, match, write_off
from rulebook.money import yuan
from tests.books.conftest import TODAY, Books

CASE = "L-2026-00001-1"
BRIDGE = yuan(5_000_000)


@pytest.fixture
def returned(books: Books) -> Books:
    """Lent, and back with its fee and some yuan too many."""
    books.lend(CASE, BRIDGE)
    books.post(receipt(books))
    return books


def receipt(books: Books) -> LedgerRequest:
    return books.receive(CASE, principal_fen=BRIDGE, fee_fen=yuan(100), excess_fen=yuan(7))


def taken_back(books: Books, request: LedgerRequest, case: str | None = CASE) -> LedgerRequest:
    """Its reversal, allowed by two people."""
    amount_fen = sum(line.amount_fen for line in request.lines)
    return books.reverse(request, books.allow_event(PostingKind.REVERSE, amount_fen, about=request.key, case=case))


def test_a_receipt_is_taken_back_with_all_its_entries(returned: Books) -> None:
    returned.post(taken_back(returned, receipt(returned)))
    assert returned.entries() == [
        f"bridge_receivable/{CASE} escrow_bank/pool 5000000.00",
        f"fee_income/{CASE} escrow_bank/fees 100.00",
        f"refund_due/{CASE} escrow_bank/set_aside 7.00",
    ]
    assert returned.position(CASE).outstanding_fen == BRIDGE
    assert returned.pool.fee_income_fen == 0
    assert returned.faults() == []


def test_what_is_owed_again_may_be_paid_again_and_is_not_lent_again(returned: Books) -> None:
    returned.post(taken_back(returned, receipt(returned)))
    assert returned.refused(returned.reserve(CASE, 1, attempt=2)).code == "ledger.over_cap"
    returned.post(returned.receive(CASE, principal_fen=BRIDGE, reference="LS-2"))
    assert returned.refused(returned.reserve(CASE, 1, attempt=2)).code == "ledger.over_cap"
    assert returned.position(CASE).outstanding_fen == 0
    assert returned.faults() == []


def test_a_journal_is_taken_back_once(returned: Books) -> None:
    first = taken_back(returned, receipt(returned))
    returned.post(first)
    assert returned.post(first).replayed
    approval = returned.allow_event(PostingKind.REVERSE, BRIDGE + yuan(107), first.reverses or "", CASE, name="2")
    returned.post(returned.receive(CASE, principal_fen=BRIDGE, fee_fen=yuan(100), excess_fen=yuan(7), reference="2"))
    again = first.model_copy(update={"key": f"{first.key}/2", "approval": approval})
    refused = returned.refused(again)
    assert (refused.code, refused.params["reverses"]) == ("ledger.reversed_before", receipt(returned).key)


def test_taking_back_cannot_be_taken_back(returned: Books) -> None:
    first = taken_back(returned, receipt(returned))
    returned.post(first)
    assert returned.refused(taken_back(returned, first)).code == "ledger.not_reversible"


@pytest.mark.parametrize("leg", ["reserve", "intend", "disburse"])
def test_what_held_money_or_ended_a_hold_is_not_taken_back(returned: Books, leg: str) -> None:
    key = returned.key(CASE, leg)
    approval = returned.allow_event(PostingKind.REVERSE, BRIDGE, about=key, case=CASE)
    turned = returned.reverse(returned.disburse(CASE, BRIDGE), approval).model_copy(
        update={"reverses": key, "key": f"{key}/reverse"}
    )
    assert returned.refused(turned).code == "ledger.not_reversible"


def test_only_its_own_entries_turned_round_take_a_journal_back(returned: Books) -> None:
    right = taken_back(returned, receipt(returned))
    first, second, third = right.lines
    for lines in (
        (first, second),
        (second, first, third),
        receipt(returned).lines,
        (first.model_copy(update={"amount_fen": 1}), second, third),
        (*right.lines, third),
    ):
        assert returned.refused(right.model_copy(update={"lines": lines})).code == "ledger.not_reversible"
    assert returned.refused(right.model_copy(update={"case_no": None})).code == "ledger.not_reversible"
    assert returned.refused(right.model_copy(update={"reverses": f"{returned.fund}/x"})).code == "ledger.not_reversible"
    returned.post(right)


def test_two_people_allow_the_taking_back_of_one_journal_and_not_of_its_like(books: Books) -> None:
    for number in (1, 2):
        books.post(interest(books.record(), yuan(10), reference=f"LX-{number}"))
    first, second = (interest(books.record(), yuan(10), reference=f"LX-{number}") for number in (1, 2))
    allowed = taken_back(books, first, case=None)
    assert allowed.approval is not None
    theft = books.reverse(second, allowed.approval)
    assert books.refused(theft).code == "ledger.not_approved"
    assert books.refused(theft.model_copy(update={"about": first.key})).code == "ledger.not_permitted"
    books.post(allowed)
    assert books.net(Subject.INTEREST_INCOME, "escrow") == yuan(10)


def test_capital_that_is_lent_is_not_taken_back(new_books: object) -> None:
    assert callable(new_books)
    books = new_books()
    books.capital(BRIDGE)
    books.lend(CASE, BRIDGE)
    capital = postings.capital_in(books.fund, "市财政", BRIDGE, reference="ZB-1", on=TODAY, actor_id="maker")
    refused = books.refused(taken_back(books, capital, case=None))
    assert (refused.code, refused.params) == ("ledger.pool_short", {"available": "0.00", "asked": "5,000,000.00"})


def test_a_match_and_a_write_off_are_taken_back_whole(books: Books) -> None:
    books.lend(CASE, BRIDGE)
    books.post(postings.unmatched_receipt(books.fund, yuan(10), reference="LS-7", on=TODAY, actor_id="maker"))
    before = books.balances()
    matched = match(books.record(), CASE, "LS-7", principal_fen=600, fee_fen=300, excess_fen=100)
    approval = books.allow_event(PostingKind.WRITE_OFF, yuan(1000), about="HX-1", case=CASE)
    given_up = write_off(books.record(), CASE, yuan(1000), approval=approval, decision="HX-1")
    for request in (matched, given_up):
        books.post(request)
    for request in (given_up, matched):
        books.post(taken_back(books, request))
    assert books.balances() == before
    assert books.faults() == []


def test_a_closed_month_is_corrected_in_the_open_one(returned: Books) -> None:
    returned.close(TODAY)
    late = taken_back(returned, receipt(returned))
    assert returned.refused(late).code == "ledger.period_closed"
    returned.post(late.model_copy(update={"accounting_date": TODAY.replace(day=3)}))
    assert returned.faults() == []
