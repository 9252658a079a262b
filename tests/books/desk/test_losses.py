"""When money does not come back as it should, and when it leaves the fund for good."""

from collections.abc import Callable

import pytest

from rulebook.books.postings import Account, LedgerRequest, PostingKind, Subject
from rulebook.books.postings_of_the_year import capital_out, compensate, guarantor_in, recover, write_off
from rulebook.money import yuan
from tests.books.conftest import Books

CASE = "L-2026-00001-1"
OTHER = "L-2026-00002-2"
BRIDGE = yuan(5_000_000)


@pytest.fixture
def lent(books: Books) -> Books:
    books.lend(CASE, BRIDGE)
    return books


def written_off(books: Books, amount_fen: int, decision: str = "HX-1") -> LedgerRequest:
    approval = books.allow_event(PostingKind.WRITE_OFF, amount_fen, about=decision, case=CASE, name=decision)
    return write_off(books.record(), CASE, amount_fen, approval=approval, decision=decision)


def test_the_guarantor_pays_principal_and_fee(lent: Books) -> None:
    lent.post(guarantor_in(lent.record(), CASE, principal_fen=yuan(4_000_000), fee_fen=yuan(500), reference="DC-1"))
    assert lent.entries() == [
        f"escrow_bank/pool bridge_receivable/{CASE} 4000000.00",
        f"escrow_bank/fees fee_income/{CASE} 500.00",
    ]
    assert lent.position(CASE).outstanding_fen == yuan(1_000_000)
    beyond = guarantor_in(lent.record(), CASE, principal_fen=yuan("1000000.01"), reference="DC-2")
    assert lent.refused(beyond).code == "ledger.over_returned"
    assert lent.faults() == []


def test_what_is_given_up_stays_on_record_and_may_still_come_in(lent: Books) -> None:
    lent.post(lent.receive(CASE, principal_fen=yuan(1_000_000)))
    lent.post(written_off(lent, yuan(4_000_000)))
    assert lent.entries() == [
        f"loss/{CASE} bridge_receivable/{CASE} 4000000.00",
        f"written_off/{CASE} written_off_claim/{CASE} 4000000.00",
    ]
    assert lent.pool.total_fen == yuan(16_000_000)
    lent.post(recover(lent.record(), CASE, yuan(300_000), reference="SH-1"))
    assert lent.entries() == [
        f"escrow_bank/pool recovery_income/{CASE} 300000.00",
        f"written_off_claim/{CASE} written_off/{CASE} 300000.00",
    ]
    assert lent.pool.available_fen == yuan(16_300_000)
    assert lent.net(Subject.WRITTEN_OFF, CASE) == lent.net(Subject.WRITTEN_OFF_CLAIM, CASE) == yuan(3_700_000)
    beyond = lent.refused(recover(lent.record(), CASE, yuan("3700000.01"), reference="SH-2"))
    assert (beyond.code, beyond.params["available"]) == ("ledger.account_short", "3,700,000.00")
    assert lent.faults() == []


def test_no_more_is_given_up_than_is_out(lent: Books) -> None:
    refused = lent.refused(written_off(lent, BRIDGE + 1))
    assert (refused.code, refused.params["outstanding"]) == ("ledger.over_returned", "5,000,000.00")


def test_nothing_is_recovered_that_was_not_given_up(lent: Books) -> None:
    assert lent.refused(recover(lent.record(), CASE, 1, reference="SH-1")).code == "ledger.account_short"


@pytest.mark.parametrize("kept", [0, 1])
def test_giving_up_and_keeping_on_record_are_one_event(lent: Books, kept: int) -> None:
    whole = written_off(lent, BRIDGE)
    assert lent.refused(whole.model_copy(update={"lines": whole.lines[kept : kept + 1]})).code == "ledger.not_permitted"
    twice = whole.model_copy(update={"lines": (whole.lines[kept], whole.lines[kept])})
    assert lent.refused(twice).code == "ledger.not_permitted"
    lent.post(whole)
    back = recover(lent.record(), CASE, 100, reference="SH-1")
    assert lent.refused(back.model_copy(update={"lines": back.lines[kept : kept + 1]})).code == "ledger.not_permitted"


def test_a_loss_needs_its_own_decision(lent: Books) -> None:
    request = written_off(lent, BRIDGE)
    other = request.model_copy(update={"about": "HX-2"})
    assert lent.refused(other).code == "ledger.not_approved"
    lent.post(request)
    lent.lend(OTHER, BRIDGE)
    assert lent.refused(request.model_copy(update={"case_no": OTHER, "key": f"{lent.fund}/x"})).code == (
        "ledger.not_permitted"
    )


def test_the_compensation_fund_is_a_book_of_its_own(lent: Books, new_books: Callable[[], Books]) -> None:
    compensation = new_books()
    compensation.capital(yuan(1_000_000))
    approval = compensation.allow_event(PostingKind.COMPENSATE, yuan(300_000), about="p9", case=CASE)
    asked = compensate(compensation.record(), CASE, yuan(300_000), approval=approval, payee="p9", reference="BC-1")
    compensation.post(asked)
    assert compensation.entries() == [f"compensation/{CASE} escrow_bank/pool 300000.00"]
    assert compensation.pool.available_fen == yuan(700_000)
    assert lent.pool.total_fen == yuan(20_000_000)
    # An approval of one book pays nothing out of another.
    theft = compensate(lent.record(), CASE, yuan(300_000), approval=approval, payee="p9", reference="BC-1")
    assert lent.refused(theft).code == "ledger.not_approved"
    assert compensation.faults() == lent.faults() == []


def test_the_compensation_fund_pays_no_more_than_it_has(new_books: Callable[[], Books]) -> None:
    compensation = new_books()
    compensation.capital(yuan(100))
    approval = compensation.allow_event(PostingKind.COMPENSATE, yuan(101), about="p9", case=CASE)
    asked = compensate(compensation.record(), CASE, yuan(101), approval=approval, payee="p9", reference="BC-1")
    refused = compensation.refused(asked)
    assert (refused.code, refused.params) == ("ledger.pool_short", {"available": "100.00", "asked": "101.00"})


def taken_out(books: Books, amount_fen: int, contributor: str = "市财政", number: int = 1) -> LedgerRequest:
    approval = books.allow_event(PostingKind.CAPITAL_OUT, amount_fen, about=contributor, name=str(number))
    return capital_out(books.record(), contributor, amount_fen, approval=approval, reference=f"TC-{number}")


def test_capital_leaves_as_far_as_it_is_not_lent(lent: Books) -> None:
    refused = lent.refused(taken_out(lent, yuan(16_000_000)))
    assert (refused.code, refused.params) == (
        "ledger.pool_short",
        {"available": "15,000,000.00", "asked": "16,000,000.00"},
    )
    lent.post(taken_out(lent, yuan(15_000_000), number=2))
    assert lent.entries() == ["contribution/市财政 escrow_bank/pool 15000000.00"]
    assert lent.balances() == {("contribution", "市财政"): BRIDGE, ("bridge_receivable", CASE): BRIDGE}
    assert lent.faults() == []


def test_a_contributor_takes_out_no_more_than_is_his(lent: Books) -> None:
    refused = lent.refused(taken_out(lent, 1, contributor="县财政"))
    assert (refused.code, refused.params["kept_for"]) == ("ledger.account_short", "县财政")


def test_what_was_approved_for_one_contributor_is_not_paid_to_another(lent: Books) -> None:
    request = taken_out(lent, 100)
    province = Account(subject=Subject.CONTRIBUTION, dimension="省财政")
    line = request.lines[0].model_copy(update={"debit": province})
    assert lent.refused(request.model_copy(update={"lines": (line,)})).code == "ledger.not_permitted"
    assert lent.refused(request.model_copy(update={"lines": request.lines * 2})).code == "ledger.not_permitted"
