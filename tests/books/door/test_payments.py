"""A payment in the books: allowed by two people, on its way, and then paid, failed or sent again."""

import pytest

from models.books import ledger
from models.database import sessions
from rulebook.books.postings import Approval
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from tests.books.conftest import Books

CASE = "L-2026-00001-1"
OTHER = "L-2026-00002-2"
BRIDGE = yuan(5_000_000)


@pytest.fixture
def allowed(books: Books) -> Books:
    """The bridge is set aside, and two people have allowed its payment."""
    books.post(books.reserve(CASE, BRIDGE))
    books.allow(books.approval(CASE, BRIDGE))
    return books


def test_what_is_on_its_way_stays_set_aside_until_the_bank_says_paid(allowed: Books) -> None:
    allowed.post(allowed.intend(CASE, BRIDGE))
    assert allowed.position(CASE).reserved_fen == BRIDGE
    assert allowed.pool.available_fen == yuan(15_000_000)
    with sessions(allowed.engine)() as session:
        assert ledger.open_hold(session, allowed.fund, CASE) == allowed.key(CASE, "intend")
    allowed.post(allowed.disburse(CASE, BRIDGE))
    assert allowed.entries() == [f"bridge_receivable/{CASE} escrow_bank/pool 5000000.00"]
    assert allowed.balances() == {
        ("escrow_bank", "pool"): yuan(15_000_000),
        ("bridge_receivable", CASE): BRIDGE,
        ("contribution", "市财政"): yuan(20_000_000),
    }
    assert allowed.faults() == []


def test_a_payment_that_failed_is_sent_again_on_the_same_approval(allowed: Books) -> None:
    allowed.post(allowed.intend(CASE, BRIDGE))
    allowed.post(allowed.fail(CASE, BRIDGE))
    assert allowed.position(CASE).reserved_fen == BRIDGE
    assert allowed.refused(allowed.disburse(CASE, BRIDGE)).code == "ledger.hold_resolved"
    allowed.post(allowed.intend(CASE, BRIDGE, payment=2, hold=allowed.key(CASE, "fail")))
    allowed.post(allowed.disburse(CASE, BRIDGE, payment=2))
    assert allowed.position(CASE).outstanding_fen == BRIDGE
    assert allowed.faults() == []


def test_what_failed_may_be_released(allowed: Books) -> None:
    allowed.post(allowed.intend(CASE, BRIDGE))
    allowed.post(allowed.fail(CASE, BRIDGE))
    allowed.post(allowed.release(CASE, hold=allowed.key(CASE, "fail")))
    assert allowed.pool.available_fen == yuan(20_000_000)
    assert allowed.faults() == []


def test_what_is_on_its_way_cannot_be_released(allowed: Books) -> None:
    allowed.post(allowed.intend(CASE, BRIDGE))
    assert allowed.refused(allowed.release(CASE, hold=allowed.key(CASE, "intend"))).code == "ledger.unknown_hold"
    assert allowed.refused(allowed.release(CASE)).code == "ledger.hold_resolved"


def test_nothing_is_on_its_way_without_an_approval(books: Books) -> None:
    books.post(books.reserve(CASE, BRIDGE))
    refused = books.refused(books.intend(CASE, BRIDGE))
    assert (refused.code, refused.params["approval"]) == ("ledger.not_approved", books.key(CASE, "approval"))
    assert books.refused(books.disburse(CASE, BRIDGE)).code == "ledger.unknown_hold"


def test_a_bridge_is_not_paid_straight_out_of_its_reservation(allowed: Books) -> None:
    around = allowed.disburse(CASE, BRIDGE).model_copy(update={"resolves": allowed.key(CASE, "reserve")})
    assert allowed.refused(around).code == "ledger.unknown_hold"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"about": "another account"}, "ledger.not_approved"),
        ({"about": None}, "ledger.not_approved"),
        ({"terms_digest": "t2"}, "ledger.hold_mismatch"),
        ({"terms_digest": None}, "ledger.hold_mismatch"),
        ({"cap_fen": BRIDGE - 1}, "ledger.hold_mismatch"),
        ({"cap_fen": BRIDGE + 1}, "ledger.not_permitted"),
        ({"cap_fen": None}, "ledger.not_permitted"),
        ({"approval": None}, "ledger.not_permitted"),
        ({"hold": None}, "ledger.not_permitted"),
        ({"resolves": None}, "ledger.not_permitted"),
        ({"case_no": OTHER}, "ledger.not_permitted"),
    ],
)
def test_an_intent_that_is_not_what_was_approved_is_refused(
    allowed: Books, changed: dict[str, object], code: str
) -> None:
    assert allowed.refused(allowed.intend(CASE, BRIDGE).model_copy(update=changed)).code == code
    assert allowed.position(CASE).reserved_fen == BRIDGE


@pytest.mark.parametrize(
    "other",
    [{"amount_fen": BRIDGE - 1}, {"about": "p2"}, {"terms_digest": "t2"}, {"kind": "refund"}, {"case_no": OTHER}],
)
def test_an_approval_of_something_else_allows_nothing(books: Books, other: dict[str, object]) -> None:
    books.post(books.reserve(CASE, BRIDGE))
    books.allow(Approval.model_validate({**books.approval(CASE, BRIDGE).model_dump(), **other}))
    assert books.refused(books.intend(CASE, BRIDGE)).code == "ledger.not_approved"


def test_an_approval_of_another_book_allows_nothing(books: Books, new_books: object) -> None:
    assert callable(new_books)
    elsewhere = new_books()
    elsewhere.capital(BRIDGE)
    books.post(books.reserve(CASE, BRIDGE))
    key = elsewhere.allow(elsewhere.approval(CASE, BRIDGE)).key
    assert books.refused(books.intend(CASE, BRIDGE).model_copy(update={"approval": key})).code == "ledger.not_approved"


def test_an_approval_cannot_be_put_in_by_its_maker_alone(books: Books) -> None:
    alone = books.approval(CASE, BRIDGE).model_copy(update={"checker": "maker"})
    with pytest.raises(XuqiaoError) as refused:
        books.allow(alone)
    assert (refused.value.code, refused.value.params["person"]) == ("ledger.same_person", "maker")


def test_an_approval_stands_as_it_was_put_in(allowed: Books) -> None:
    allowed.allow(allowed.approval(CASE, BRIDGE))  # the same again changes nothing
    for change in ({"amount_fen": BRIDGE + 1}, {"about": "p2"}, {"maker": "somebody"}):
        with pytest.raises(XuqiaoError) as refused:
            allowed.allow(allowed.approval(CASE, BRIDGE).model_copy(update=change))
        assert refused.value.code == "ledger.approval_differs"


@pytest.mark.parametrize("book", ["nowhere", "L0"])
def test_an_approval_belongs_to_a_book_that_is_open(books: Books, book: str) -> None:
    key = f"{book}/{CASE}/approval"
    with pytest.raises(XuqiaoError) as refused:
        books.allow(books.approval(CASE, BRIDGE).model_copy(update={"book": book, "key": key}))
    assert refused.value.code == "ledger.unknown_book"


def test_an_approval_is_void_once_its_reservation_is_released(allowed: Books) -> None:
    allowed.post(allowed.release(CASE))
    allowed.post(allowed.reserve(CASE, BRIDGE, attempt=2))
    second = allowed.intend(CASE, BRIDGE, attempt=1, hold=allowed.key(CASE, "reserve", 2))
    assert allowed.refused(second).code == "ledger.approval_used"
    allowed.allow(allowed.approval(CASE, BRIDGE, attempt=2))
    allowed.post(allowed.intend(CASE, BRIDGE, attempt=2))
    assert allowed.faults() == []


def test_an_approval_pays_once_even_where_the_cap_would_let_it(allowed: Books) -> None:
    generous = allowed.reserve(OTHER, BRIDGE).model_copy(update={"cap_fen": 3 * BRIDGE})
    assert allowed.refused(generous).code == "ledger.not_permitted"
    allowed.post(allowed.intend(CASE, BRIDGE))
    allowed.post(allowed.disburse(CASE, BRIDGE))
    assert allowed.refused(allowed.intend(CASE, BRIDGE, payment=2)).code == "ledger.approval_used"
    assert allowed.refused(allowed.reserve(CASE, BRIDGE, attempt=2)).code == "ledger.over_cap"
    allowed.post(allowed.receive(CASE, principal_fen=BRIDGE))
    assert allowed.refused(allowed.reserve(CASE, BRIDGE, attempt=2)).code == "ledger.over_cap"


def test_nothing_leaves_beside_a_hold(allowed: Books) -> None:
    line = allowed.disburse(CASE, BRIDGE).lines
    for request in (
        allowed.reserve(OTHER, BRIDGE).model_copy(update={"lines": line, "case_no": CASE}),
        allowed.intend(CASE, BRIDGE).model_copy(update={"lines": line}),
    ):
        assert allowed.refused(request).code == "ledger.not_permitted"
    assert allowed.pool.out_fen == 0
