"""A bridge in the books, leg by leg: keys, entries, holds and approvals, with the figures of the rule."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rulebook.books import postings as p
from rulebook.books.postings import Account, Entry, LedgerRequest, PostingKind, Subject
from rulebook.books.postings_of_the_year import prepay, refund_prepaid, true_up
from rulebook.errors import XuqiaoError
from rulebook.law.fees import Outstanding, prepaid_fee, usage_fee
from rulebook.law.fees import true_up as settled
from rulebook.money import format_yuan, yuan
from tests.rulebook.books.journals import CASE, FUND, RECORD, TODAY, entries_of, moved
from tests.rulebook.law.amending import amended
from tests.rulebook.samples import donghai

BRIDGE = yuan(5_000_000)
FEE = usage_fee([Outstanding(BRIDGE, 8)], donghai().fees)
"""Five days at 0.02 % and three at 0.04 %: 11,000.00 yuan."""
CASHIER: dict[str, Any] = {"on": TODAY, "actor_id": "cashier", "evidence": "e9"}
TERMS: dict[str, Any] = {"terms_digest": "t1"}
BRIDGE_OF_POOL = Entry(
    debit=Account(subject=Subject.BRIDGE_RECEIVABLE, dimension=CASE),
    credit=Account(subject=Subject.ESCROW_BANK, dimension="pool"),
    amount_fen=BRIDGE,
)


def said(request: LedgerRequest, *names: str) -> tuple[object, ...]:
    return tuple(getattr(request, name) for name in names)


def nothing_to_post(**parts: Any) -> XuqiaoError:
    with pytest.raises(XuqiaoError) as refused:
        p.receive(FUND, CASE, "return", **parts, reference="LS-1", **CASHIER)
    return refused.value


# Keys -----------------------------------------------------------------------------------------------------------


def test_a_leg_has_one_key_and_every_further_attempt_its_own() -> None:
    keys = [p.leg_key(FUND, CASE, "disburse", attempt) for attempt in (1, 2, 11)]
    assert keys == [f"DH/{CASE}/disburse", f"DH/{CASE}/disburse/2", f"DH/{CASE}/disburse/11"]


@pytest.mark.parametrize("attempt", [0, -1])
def test_attempts_are_counted_from_one(attempt: int) -> None:
    with pytest.raises(XuqiaoError) as refused:
        p.leg_key(FUND, CASE, "disburse", attempt)
    assert (refused.value.code, refused.value.params) == ("ledger.bad_attempt", {"attempt": str(attempt)})


# Out ------------------------------------------------------------------------------------------------------------


def test_the_first_contribution_opens_the_book_with_its_receipt() -> None:
    capital = p.capital_in(FUND, "东海县财政局", yuan(20_000_000), reference="ZB-1", **CASHIER)
    assert entries_of(capital) == ["escrow_bank/pool contribution/东海县财政局 20000000.00"]
    assert said(capital, "key", "case_no", "reference", "actor_id", "evidence", "accounting_date") == (
        "DH/capital/东海县财政局/ZB-1",
        None,
        "ZB-1",
        "cashier",
        "e9",
        date(2026, 3, 2),
    )


def test_an_approved_bridge_is_set_aside_and_capped_at_what_was_approved() -> None:
    reserved = p.reserve(FUND, CASE, BRIDGE, attempt=2, **TERMS, **CASHIER)
    assert (reserved.lines, reserved.hold, reserved.cap_fen) == ((), BRIDGE_OF_POOL, BRIDGE)
    assert said(reserved, "key", "case_no", "terms_digest", "resolves", "approval") == (
        f"DH/{CASE}/reserve/2",
        CASE,
        "t1",
        None,
        None,
    )


def test_what_a_checker_allows_is_what_the_payment_then_says() -> None:
    allowed = p.approval_of_bridge(FUND, CASE, BRIDGE, attempt=2, payee="p1", **TERMS, maker="m", checker="c")
    intended = p.intend_payment(FUND, CASE, BRIDGE, payment=3, attempt=2, hold="H", payee="p1", **TERMS, **CASHIER)
    assert (allowed.maker, allowed.checker) == ("m", "c")
    assert intended.hold is not None
    assert (
        intended.approval,
        intended.kind,
        intended.book,
        intended.case_no,
        intended.about,
        intended.terms_digest,
    ) == (
        allowed.key,
        allowed.kind,
        allowed.book,
        allowed.case_no,
        allowed.about,
        allowed.terms_digest,
    )
    assert intended.hold.amount_fen == allowed.amount_fen
    assert (intended.key, intended.resolves) == (f"DH/{CASE}/intend/3", "H")


def test_each_leg_takes_up_the_hold_that_the_one_before_left() -> None:
    reserved = p.reserve(FUND, CASE, BRIDGE, attempt=1, **TERMS, **CASHIER)
    first = p.intend_payment(
        FUND, CASE, BRIDGE, payment=1, attempt=1, hold=reserved.key, payee="p1", **TERMS, **CASHIER
    )
    failed = p.payment_failed(FUND, CASE, BRIDGE, payment=1, **TERMS, on=TODAY, actor_id="cashier")
    second = p.intend_payment(FUND, CASE, BRIDGE, payment=2, attempt=1, hold=failed.key, payee="p1", **TERMS, **CASHIER)
    paid = p.disburse(FUND, CASE, BRIDGE, "ZF-2", payment=2, **TERMS, **CASHIER)
    chain = [reserved, first, failed, second, paid]
    assert [after.resolves for after in chain[1:]] == [before.key for before in chain[:-1]]
    assert [each.hold for each in chain] == [BRIDGE_OF_POOL] * 4 + [None]
    assert [each.cap_fen for each in chain] == [BRIDGE] * 4 + [None]
    assert (paid.lines, paid.reference) == ((BRIDGE_OF_POOL,), "ZF-2")


def test_every_leg_says_by_whom_on_what_evidence_and_on_which_terms() -> None:
    third: dict[str, Any] = {"payment": 3, **TERMS}
    legs = [
        p.reserve(FUND, CASE, BRIDGE, attempt=3, **TERMS, **CASHIER),
        p.intend_payment(FUND, CASE, BRIDGE, attempt=1, hold="H", payee="p1", **third, **CASHIER),
        p.disburse(FUND, CASE, BRIDGE, "ZF-3", **third, **CASHIER),
    ]
    for leg in legs:
        assert said(leg, "book", "case_no", "terms_digest", "accounting_date", "actor_id", "evidence") == (
            FUND,
            CASE,
            "t1",
            TODAY,
            "cashier",
            "e9",
        )
    assert [leg.key for leg in legs] == [f"DH/{CASE}/{leg}/3" for leg in ("reserve", "intend", "disburse")]
    failed = p.payment_failed(FUND, CASE, BRIDGE, **third, on=TODAY, actor_id="cashier")
    assert said(failed, "key", "resolves", "terms_digest", "actor_id") == (
        f"DH/{CASE}/fail/3",
        f"DH/{CASE}/intend/3",
        "t1",
        "cashier",
    )
    waiting = p.unmatched_receipt(FUND, 1, reference="LS-7", **CASHIER)
    assert said(waiting, "actor_id", "evidence") == ("cashier", "e9")


def test_a_void_approval_gives_back_what_was_set_aside_and_writes_no_entry() -> None:
    failed = p.payment_failed(FUND, CASE, BRIDGE, payment=1, **TERMS, on=TODAY, actor_id="cashier")
    released = p.release_hold(FUND, CASE, attempt=2, hold=failed.key, **CASHIER)
    assert said(released, "key", "resolves", "evidence", "lines", "hold", "cap_fen") == (
        f"DH/{CASE}/release/2",
        f"DH/{CASE}/fail",
        "e9",
        (),
        None,
        None,
    )


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_and_less_than_nothing_cannot_be_lent(amount: int) -> None:
    legs: list[Callable[[], LedgerRequest]] = [
        lambda: p.reserve(FUND, CASE, amount, attempt=1, **TERMS, **CASHIER),
        lambda: p.intend_payment(FUND, CASE, amount, payment=1, attempt=1, hold="H", payee="p", **TERMS, **CASHIER),
        lambda: p.payment_failed(FUND, CASE, amount, payment=1, **TERMS, on=TODAY, actor_id="cashier"),
        lambda: p.disburse(FUND, CASE, amount, "ZF-1", payment=1, **TERMS, **CASHIER),
        lambda: p.capital_in(FUND, "市财政", amount, reference="ZB-1", **CASHIER),
        lambda: p.unmatched_receipt(FUND, amount, reference="LS-1", **CASHIER),
    ]
    for leg in legs:
        with pytest.raises(XuqiaoError) as refused:
            leg()
        assert (refused.value.code, refused.value.params) == ("ledger.nothing_to_post", {"amounts": str(amount)})


# Back -----------------------------------------------------------------------------------------------------------


def test_a_bridge_of_eight_days_comes_back_with_the_fee_of_the_rule() -> None:
    assert format_yuan(FEE) == "11000.00"
    returned = p.receive(
        FUND, CASE, "return", principal_fen=BRIDGE, fee_fen=FEE, excess_fen=yuan("0.07"), reference="LS-1", **CASHIER
    )
    assert entries_of(returned) == [
        f"escrow_bank/pool bridge_receivable/{CASE} 5000000.00",
        f"escrow_bank/fees fee_income/{CASE} 11000.00",
        f"escrow_bank/set_aside refund_due/{CASE} 0.07",
    ]
    assert said(returned, "key", "reference", "terms_digest") == (f"DH/{CASE}/return/LS-1", "LS-1", None)
    paid = p.disburse(FUND, CASE, BRIDGE, "ZF-1", payment=1, **TERMS, **CASHIER)
    assert (Subject.BRIDGE_RECEIVABLE, CASE) not in moved([paid, returned])


@pytest.mark.parametrize(
    ("part", "entry"),
    [
        ("principal_fen", f"escrow_bank/pool bridge_receivable/{CASE} 0.01"),
        ("fee_fen", f"escrow_bank/fees fee_income/{CASE} 0.01"),
        ("excess_fen", f"escrow_bank/set_aside refund_due/{CASE} 0.01"),
    ],
)
def test_a_part_that_is_nothing_makes_no_entry(part: str, entry: str) -> None:
    parts: dict[str, Any] = {part: 1}
    (only,) = entries_of(p.receive(FUND, CASE, "recovery", **parts, reference="LS-1", **CASHIER))
    assert only == entry


def test_a_receipt_of_nothing_or_with_a_part_below_zero_is_refused_with_its_parts() -> None:
    assert nothing_to_post().params == {"amounts": "0, 0, 0"}
    turned = nothing_to_post(principal_fen=100, fee_fen=-100)
    assert (turned.code, turned.params) == ("ledger.nothing_to_post", {"amounts": "100, -100, 0"})


def test_money_of_unknown_origin_is_set_aside_under_its_own_reference() -> None:
    waiting = p.unmatched_receipt(FUND, yuan("1234.56"), reference="LS-7", **CASHIER)
    assert entries_of(waiting) == ["escrow_bank/set_aside unmatched/LS-7 1234.56"]
    assert said(waiting, "key", "case_no", "reference") == ("DH/unmatched/LS-7", None, "LS-7")


@given(st.integers(min_value=1, max_value=10**12), st.integers(min_value=0, max_value=40))
def test_a_fee_in_advance_ends_as_income_and_what_goes_back_or_is_still_to_come(principal: int, days: int) -> None:
    """Prepaid for five days; however long it is out, the books end with the fee of the rule as income, and no more."""
    terms = amended({"fee.prepaid_days": 5}).fees
    prepaid, fee = prepaid_fee(principal, terms), usage_fee([Outstanding(principal, days)], terms)
    assert prepaid is not None
    refund, due = settled(fee, prepaid)
    journals = []
    if prepaid:
        journals.append(prepay(RECORD, CASE, prepaid, reference="LS-1"))
    if earned := min(prepaid, fee):
        journals.append(true_up(RECORD, CASE, earned))
    if refund:
        journals.append(refund_prepaid(RECORD, CASE, refund, reference="ZF-1"))
    if due:
        journals.append(p.receive(FUND, CASE, "return", fee_fen=due, reference="LS-2", **CASHIER))
    of_fees = {(Subject.ESCROW_BANK, "fees"): fee, (Subject.FEE_INCOME, CASE): -fee} if fee else {}
    assert moved(journals) == of_fees


# Values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [0, -1])
def test_an_entry_of_nothing_cannot_be_written_down(amount: int) -> None:
    with pytest.raises(ValidationError, match="amount_fen"):
        Entry(debit=p.POOL, credit=p.FEES, amount_fen=amount)


def test_an_account_is_kept_for_somebody() -> None:
    with pytest.raises(ValidationError, match="dimension"):
        p.account(Subject.FEE_INCOME, "")


def test_what_has_no_paper_behind_it_says_nothing_of_one() -> None:
    signed: dict[str, Any] = {"on": TODAY, "actor_id": "system"}
    bare = [
        p.capital_in(FUND, "市财政", 1, reference="ZB-1", **signed),
        p.reserve(FUND, CASE, 1, attempt=1, **TERMS, **signed),
        p.release_hold(FUND, CASE, attempt=1, hold="H", **signed),
        p.intend_payment(FUND, CASE, 1, payment=1, attempt=1, hold="H", payee="p1", **TERMS, **signed),
        p.payment_failed(FUND, CASE, 1, payment=1, **TERMS, **signed),
        p.disburse(FUND, CASE, 1, "ZF-1", payment=1, **TERMS, **signed),
        p.receive(FUND, CASE, "return", fee_fen=1, reference="LS-1", **signed),
        p.unmatched_receipt(FUND, 1, reference="LS-2", **signed),
    ]
    assert [request.evidence for request in bare] == [""] * len(bare)


def test_a_request_without_hold_tells_the_door_so() -> None:
    wire = p.disburse(FUND, CASE, BRIDGE, "ZF-1", payment=1, **TERMS, **CASHIER).wire()
    assert (wire["hold"], wire["kind"], wire["accounting_date"]) == (None, PostingKind.DISBURSE, "2026-03-02")
    assert wire["lines"] == [["bridge_receivable", CASE, "escrow_bank", "pool", BRIDGE]]
