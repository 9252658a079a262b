"""The way of an act of the desk: who must do what next, until it is posted or given up."""

import pytest

from rulebook.books.postings import PostingKind, Subject
from rulebook.books.steps import (
    BY_TWO,
    CHANGES_WHAT_IS_OWED,
    OPEN_STATES,
    PAID_BY_HAND,
    NextStep,
    ProposalState,
    next_step,
    posted_from,
)
from tests.rulebook.books.journals import moved, of_subject, some_journals

OVER = ("posted", "rejected", "taken_back", "refused")


def test_money_leaves_by_hand_only_after_two_people_allowed_it() -> None:
    assert PAID_BY_HAND < BY_TWO
    assert sorted(BY_TWO - PAID_BY_HAND) == ["reverse", "write_off"]


@pytest.mark.parametrize("kind", sorted(BY_TWO))
def test_what_takes_money_from_the_bank_is_paid_by_hand_before_it_is_posted(kind: str) -> None:
    (journal, *_) = some_journals(5, 6, 7)[PostingKind(kind)]
    leaves = of_subject(moved([journal]), Subject.ESCROW_BANK) < 0
    assert leaves == (kind in PAID_BY_HAND)
    assert posted_from(kind) is (ProposalState.PAID if leaves else ProposalState.ALLOWED)


def test_a_case_reckons_with_what_lessens_its_principal_or_touches_its_prepaid_fee() -> None:
    reckoned = set()
    for kind, journals in some_journals(5, 6, 7).items():
        lines = [line for journal in journals for line in journal.lines]
        lessens = Subject.BRIDGE_RECEIVABLE in {line.credit.subject for line in lines}
        if lessens or Subject.FEE_PREPAID in {side.subject for line in lines for side in (line.debit, line.credit)}:
            reckoned.add(kind)
    assert reckoned == CHANGES_WHAT_IS_OWED


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        ("spend", ("check", "pay", "post")),
        ("refund", ("check", "pay", "post")),
        ("compensate", ("check", "pay", "post")),
        ("capital_out", ("check", "pay", "post")),
        ("write_off", ("check", "post", "post")),
        ("reverse", ("check", "post", "post")),
        ("interest", ("check", "post", "post")),
    ],
)
def test_what_somebody_must_do_next(kind: str, steps: tuple[str, ...]) -> None:
    assert tuple(next_step(kind, state) for state in ("proposed", "allowed", "paid")) == steps
    assert [next_step(kind, state) for state in OVER] == [None] * len(OVER)


def test_an_allowed_payment_is_held_back_when_the_books_no_longer_have_the_money() -> None:
    for kind in PostingKind:
        short = next_step(kind, "allowed", covered=False)
        assert short is (NextStep.HOLD_BACK if kind in PAID_BY_HAND else NextStep.POST)
        assert next_step(kind, "paid", covered=False) is NextStep.POST, "it has left already"
        assert next_step(kind, "proposed", covered=False) is NextStep.CHECK


def test_an_act_is_open_as_long_as_somebody_has_something_to_do() -> None:
    for state in ProposalState:
        assert (state in OPEN_STATES) == (next_step("spend", state) is not None)
        assert (state in OPEN_STATES) == (state not in OVER)


def test_a_state_that_does_not_exist_is_no_state() -> None:
    with pytest.raises(ValueError, match="lost"):
        next_step("spend", "lost")
