"""Fees in advance, receipts of unknown origin, what must be paid back: money in the account that is not the fund's."""

from collections.abc import Callable

import pytest

from rulebook.books import postings
from rulebook.books.postings import FEES, POOL, SET_ASIDE, Account, Entry, Subject
from rulebook.books.postings_of_the_year import match, prepay, refund, refund_prepaid, true_up
from rulebook.money import yuan
from tests.books.conftest import TODAY, Books

CASE = "L-2026-00001-1"
OTHER = "L-2026-00002-2"
BRIDGE = yuan(5_000_000)


@pytest.fixture
def lent(books: Books) -> Books:
    books.lend(CASE, BRIDGE)
    return books


@pytest.fixture
def unknown(lent: Books) -> Books:
    """5,001,000.00 yuan have come in, and nobody knows for whom."""
    lent.post(postings.unmatched_receipt(lent.fund, yuan(5_001_000), reference="LS-7", on=TODAY, actor_id="maker"))
    return lent


def test_a_prepaid_fee_is_earned_and_the_rest_goes_back(lent: Books) -> None:
    record = lent.record()
    lent.post(prepay(record, CASE, yuan(7500), reference="LS-1"))
    assert lent.entries() == [f"escrow_bank/set_aside fee_prepaid/{CASE} 7500.00"]
    lent.post(true_up(record, CASE, yuan(5000)))
    assert lent.entries() == [
        f"fee_prepaid/{CASE} fee_income/{CASE} 5000.00",
        "escrow_bank/fees escrow_bank/set_aside 5000.00",
    ]
    lent.post(refund_prepaid(record, CASE, yuan(2500), reference="ZF-2"))
    assert lent.entries() == [f"fee_prepaid/{CASE} escrow_bank/set_aside 2500.00"]
    assert lent.net(Subject.FEE_INCOME, CASE) == lent.net(Subject.ESCROW_BANK, "fees") == yuan(5000)
    assert lent.net(Subject.FEE_PREPAID, CASE) == lent.net(Subject.ESCROW_BANK, "set_aside") == 0
    assert lent.faults() == []


@pytest.mark.parametrize("earn", [True, False])
def test_no_more_is_earned_or_paid_back_than_was_prepaid(lent: Books, earn: bool) -> None:
    record = lent.record()
    lent.post(prepay(record, CASE, yuan(100), reference="LS-1"))
    lent.post(prepay(record, OTHER, yuan(900), reference="LS-2"))  # another's, in the same part of the account
    asked = true_up(record, CASE, 10_001) if earn else refund_prepaid(record, CASE, 10_001, reference="ZF-2")
    refused = lent.refused(asked)
    assert (refused.code, refused.params) == (
        "ledger.account_short",
        {"subject": "fee_prepaid", "kept_for": CASE, "available": "100.00", "asked": "100.01"},
    )


def test_a_refund_beyond_everything_set_aside_names_the_part(lent: Books) -> None:
    lent.post(prepay(lent.record(), CASE, yuan(100), reference="LS-1"))
    refused = lent.refused(refund_prepaid(lent.record(), CASE, yuan(200), reference="ZF-2"))
    assert (refused.code, refused.params) == (
        "ledger.part_short",
        {"part": "set_aside", "available": "100.00", "asked": "200.00"},
    )


def test_an_unmatched_receipt_is_matched_by_purpose(unknown: Books) -> None:
    unknown.post(match(unknown.record(), CASE, "LS-7", principal_fen=BRIDGE, fee_fen=yuan(900), excess_fen=yuan(100)))
    assert unknown.entries() == [
        f"unmatched/LS-7 bridge_receivable/{CASE} 5000000.00",
        "escrow_bank/pool escrow_bank/set_aside 5000000.00",
        f"unmatched/LS-7 fee_income/{CASE} 900.00",
        "escrow_bank/fees escrow_bank/set_aside 900.00",
        f"unmatched/LS-7 refund_due/{CASE} 100.00",
    ]
    assert unknown.balances() == {
        ("escrow_bank", "pool"): yuan(20_000_000),
        ("escrow_bank", "fees"): yuan(900),
        ("escrow_bank", "set_aside"): yuan(100),
        ("fee_income", CASE): yuan(900),
        ("refund_due", CASE): yuan(100),
        ("contribution", "市财政"): yuan(20_000_000),
    }
    assert unknown.faults() == []


def test_a_receipt_is_matched_in_parts_and_never_beyond_itself(unknown: Books) -> None:
    unknown.post(match(unknown.record(), CASE, "LS-7", principal_fen=yuan(4_000_000)))
    unknown.lend(OTHER, BRIDGE)
    # More than is left, though others' money stands in the same part of the account.
    unknown.post(
        postings.unmatched_receipt(unknown.fund, yuan(9_000_000), reference="LS-8", on=TODAY, actor_id="maker")
    )
    refused = unknown.refused(match(unknown.record(), OTHER, "LS-7", principal_fen=yuan("1001000.01")))
    assert (refused.code, refused.params["available"]) == ("ledger.account_short", "1,001,000.00")
    unknown.post(match(unknown.record(), OTHER, "LS-7", principal_fen=yuan(1_001_000)))
    assert unknown.net(Subject.UNMATCHED, "LS-7") == 0
    assert unknown.faults() == []


def test_a_match_pays_back_no_more_than_is_out(unknown: Books) -> None:
    refused = unknown.refused(match(unknown.record(), CASE, "LS-7", principal_fen=yuan(5_001_000)))
    assert (refused.code, refused.params["outstanding"]) == ("ledger.over_returned", "5,000,000.00")


KEPT = Account(subject=Subject.UNMATCHED, dimension="LS-7")
BRIDGE_OF_CASE = Account(subject=Subject.BRIDGE_RECEIVABLE, dimension=CASE)
FEE_OF_CASE = Account(subject=Subject.FEE_INCOME, dimension=CASE)


@pytest.mark.parametrize(
    "rows",
    [
        ((POOL, SET_ASIDE),),  # others' money into the pool, where it would be lent
        ((FEES, SET_ASIDE),),  # or where it would be spent
        ((KEPT, BRIDGE_OF_CASE),),  # a debt paid with money that stays set aside
        ((KEPT, FEE_OF_CASE), (POOL, SET_ASIDE)),  # a fee that could be lent
        ((KEPT, BRIDGE_OF_CASE), (FEES, SET_ASIDE)),  # principal that could be spent
        ((KEPT, BRIDGE_OF_CASE), (POOL, SET_ASIDE), (POOL, SET_ASIDE)),
    ],
)
def test_what_leaves_the_money_of_others_leaves_what_they_are_owed(
    unknown: Books, rows: tuple[tuple[Account, Account], ...]
) -> None:
    crooked = tuple(Entry(debit=debit, credit=credit, amount_fen=100) for debit, credit in rows)
    request = match(unknown.record(), CASE, "LS-7", principal_fen=100).model_copy(update={"lines": crooked})
    assert unknown.refused(request).code == "ledger.not_permitted"


@pytest.mark.parametrize("kept", [0, 1])
def test_a_true_up_moves_claim_and_money_together(lent: Books, kept: int) -> None:
    lent.post(prepay(lent.record(), CASE, yuan(100), reference="LS-1"))
    half = true_up(lent.record(), CASE, 100)
    assert lent.refused(half.model_copy(update={"lines": half.lines[kept : kept + 1]})).code == "ledger.not_permitted"


def test_what_a_case_paid_too_much_goes_back_once_two_people_say_so(lent: Books) -> None:
    lent.post(lent.receive(CASE, principal_fen=BRIDGE, excess_fen=yuan(30)))
    record = lent.record()
    asked = refund(record, yuan(30), approval=f"{lent.fund}/x", payee="p9", reference="ZF-9", case=CASE)
    assert lent.refused(asked).code == "ledger.not_approved"
    approval = lent.allow_event(postings.PostingKind.REFUND, yuan(30), about="p9", case=CASE)
    paid = asked.model_copy(update={"approval": approval})
    assert lent.refused(paid.model_copy(update={"about": "p8"})).code == "ledger.not_approved"
    lent.post(paid)
    assert lent.entries() == [f"refund_due/{CASE} escrow_bank/set_aside 30.00"]
    assert lent.net(Subject.REFUND_DUE, CASE) == 0
    again = refund(record, yuan(30), approval=approval, payee="p9", reference="ZF-10", case=CASE)
    assert lent.refused(again).code in {"ledger.approval_used", "ledger.part_short"}
    assert lent.faults() == []


def test_a_used_approval_is_refused_while_there_is_money(unknown: Books) -> None:
    approval = unknown.allow_event(postings.PostingKind.REFUND, yuan(1000), about="p9")
    record = unknown.record()
    unknown.post(refund(record, yuan(1000), approval=approval, payee="p9", reference="ZF-9", line="LS-7"))
    assert unknown.entries() == ["unmatched/LS-7 escrow_bank/set_aside 1000.00"]
    again = refund(record, yuan(1000), approval=approval, payee="p9", reference="ZF-10", line="LS-7")
    refused = unknown.refused(again)
    assert (refused.code, refused.params["approval"]) == ("ledger.approval_used", approval)


def test_one_approved_amount_is_not_paid_several_times_in_one_journal(unknown: Books) -> None:
    approval = unknown.allow_event(postings.PostingKind.REFUND, yuan(1000), about="p9")
    once = refund(unknown.record(), yuan(1000), approval=approval, payee="p9", reference="ZF-9", line="LS-7")
    thrice = once.model_copy(update={"lines": once.lines * 3})
    assert unknown.refused(thrice).code == "ledger.not_permitted"
    unknown.post(once)


def test_a_line_that_was_booked_to_the_wrong_case_finds_the_right_one(
    new_books: Callable[[], Books],
) -> None:
    books = new_books()
    books.capital(yuan(20_000_000))
    for case in (CASE, OTHER):
        books.lend(case, BRIDGE)
    wrong = books.receive(CASE, principal_fen=BRIDGE, reference="LS-1")
    books.post(wrong)
    approval = books.allow_event(postings.PostingKind.REVERSE, BRIDGE, about=wrong.key, case=CASE)
    books.post(books.reverse(wrong, approval))
    assert books.position(CASE).outstanding_fen == BRIDGE
    assert wrong.reference is not None
    books.post(postings.unmatched_receipt(books.fund, BRIDGE, reference=wrong.reference, on=TODAY, actor_id="maker"))
    books.post(match(books.record(), OTHER, wrong.reference, principal_fen=BRIDGE))
    assert (books.position(CASE).outstanding_fen, books.position(OTHER).outstanding_fen) == (BRIDGE, 0)
    assert books.refused(books.reserve(CASE, 1, attempt=2)).code == "ledger.over_cap"
    assert books.faults() == []
