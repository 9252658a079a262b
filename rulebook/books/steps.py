"""The way of an act of the desk of the books: proposed, allowed, where money leaves paid by hand, then posted."""

from enum import StrEnum

from rulebook.books.postings import PostingKind

BY_TWO = frozenset(
    {
        PostingKind.REFUND,
        PostingKind.SPEND,
        PostingKind.WRITE_OFF,
        PostingKind.COMPENSATE,
        PostingKind.CAPITAL_OUT,
        PostingKind.REVERSE,
    }
)
"""Kinds that another person must allow before they are posted."""

PAID_BY_HAND = frozenset({PostingKind.REFUND, PostingKind.SPEND, PostingKind.COMPENSATE, PostingKind.CAPITAL_OUT})
"""Of these, the kinds by which money leaves the ring-fenced account: posted when a cashier has paid them."""

CAME_IN = frozenset({PostingKind.RECEIVE, PostingKind.MATCH, PostingKind.GUARANTOR_IN})
"""What of a case the bank may take back while the case is at work: the case is told, and waits for it again."""
CHANGES_WHAT_IS_OWED = frozenset(
    {
        PostingKind.RECEIVE,
        PostingKind.MATCH,
        PostingKind.GUARANTOR_IN,
        PostingKind.WRITE_OFF,
        PostingKind.PREPAY,
        PostingKind.TRUE_UP,
        PostingKind.REFUND_PREPAID,
    }
)
"""Kinds that a case reckons with while it runs: booked beside it, books and case would say different things."""


class ProposalState(StrEnum):
    """Where an act of the desk stands."""

    PROPOSED = "proposed"  # waits for another person
    ALLOWED = "allowed"  # may be paid, or where no money leaves by it, posted: approved, or in need of no approval
    PAID = "paid"  # the cashier has paid it, and it is not posted yet
    POSTED = "posted"
    REJECTED = "rejected"
    TAKEN_BACK = "taken_back"  # allowed, and then neither paid nor posted
    REFUSED = "refused"


OPEN_STATES = (ProposalState.PROPOSED, ProposalState.ALLOWED, ProposalState.PAID)
"""States in which somebody still has something to do."""


class NextStep(StrEnum):
    """What somebody must do next."""

    CHECK = "check"  # another person allows or rejects it
    PAY = "pay"  # a cashier pays it at the bank and records that
    HOLD_BACK = "hold_back"  # the books no longer have the money: not to be paid, taken back if it stays so
    POST = "post"  # the books did not take it yet: the same call again posts it


def posted_from(kind: str) -> ProposalState:
    """The state in which an act of a kind is ready for the books.

    >>> posted_from("spend"), posted_from("write_off")
    (<ProposalState.PAID: 'paid'>, <ProposalState.ALLOWED: 'allowed'>)
    """
    return ProposalState.PAID if kind in PAID_BY_HAND else ProposalState.ALLOWED


def next_step(kind: str, state: str, *, covered: bool = True) -> NextStep | None:
    """What somebody must do next with an act; None when it is done with.

    Args:
        covered: whether the books have what an allowed payment takes.

    >>> next_step("spend", "allowed"), next_step("reverse", "allowed"), next_step("spend", "posted")
    (<NextStep.PAY: 'pay'>, <NextStep.POST: 'post'>, None)
    """
    match ProposalState(state):
        case ProposalState.PROPOSED:
            return NextStep.CHECK
        case ProposalState.ALLOWED if kind in PAID_BY_HAND:
            return NextStep.PAY if covered else NextStep.HOLD_BACK
        case ProposalState.ALLOWED | ProposalState.PAID:
            return NextStep.POST
        case _:
            return None
