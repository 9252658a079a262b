"""What became of a payment, from all that is known of it; and whether one may leave at all. Pure.

Paying twice is worse than paying late, so an order counts as one that may still be paid until its end is certain. What
makes it certain is one table, ``what_became_of``; activity, counter and tests ask it and nothing else.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from rulebook.books.breaker import CIRCUIT_BREAKER
from rulebook.books.statements import KnownLine
from rulebook.values import Value

BANKS_TIME_WORKDAYS = 1
"""Working days after a release at whose cut-off the bank's time for the payment is over."""


class PaymentStatus(StrEnum):
    """What a bank says about a payment."""

    NOT_FOUND = "not_found"  # not final before the bank's cut-off
    PENDING = "pending"
    PAID = "paid"
    REJECTED = "rejected"


class PaymentReport(Value):
    """The word on one payment; paid ones carry the bank's reference, rejected ones the reason.

    Attributes:
        paid_on: the day the money left the account, from which the fee runs; None where the bank does not say.
    """

    status: PaymentStatus
    reference: str | None = None
    reason: str | None = None
    paid_on: date | None = None


class NotPaid(StrEnum):
    """Why a payment was not made, where it is we who say so and not the bank."""

    RELEASE_DAY_OVER = "release_day_over"  # nothing worked until its day was over: it never left
    CUT_OFF_PASSED = "cut_off_passed"  # nothing worked until the cut-off of its day: it never left
    CIRCUIT_BREAKER = CIRCUIT_BREAKER  # it never left
    EARLIER_NOT_ENDED = "earlier_not_ended"  # an earlier payment of the case may still be made: it never left
    NOT_SENT = "not_sent"  # the cashier who had it to make says it was not made, and another person says so too
    RETURNED = "returned"  # the line that brings it back is on the imported statement
    NOT_FOUND = "not_found"  # nobody finds it, though the bank has had its time


class Denial(Value):
    """One person's word that the payment was not made or came back; ``by`` is the person's id."""

    by: str
    at: datetime


class Evidence(Value):
    """All that is known of one payment at a moment.

    Attributes:
        report: the word of the bank; at a counter, of the slip.
        at: the moment at which it is weighed.
        people_final_at: the cut-off of the working day after the release. Until then the bank may pay an order that
            nobody finds yet, and no person's word says more than the bank's.
        bank_final_at: until then the bank is asked again though it finds nothing; what it says afterwards is its last.
        by_hand: people move the money, at a counter or by web bank.
        released_by: id of the cashier who released it, and at a counter has it to make.
        sent_by: id of the person who marked it sent; empty before, and where the bank's system pays.
        not_sent_by: id of the cashier who said that it could not be made; empty where nobody did.
        approver: id of the person who approved it.
        denials: of people who looked for it on the statement.
        returned_by: the line of the imported statement that brings this payment back; empty without one.
    """

    report: PaymentReport
    at: datetime
    people_final_at: datetime
    bank_final_at: datetime
    by_hand: bool = False
    released_by: str = ""
    sent_by: str = ""
    not_sent_by: str = ""
    approver: str = ""
    denials: tuple[Denial, ...] = ()
    returned_by: str = ""


class Rival(NamedTuple):
    """Another payment whose return a line could be, or another case's return; ``returned_by`` is its line, if known."""

    ordered_on: date
    returned_by: str | None


NEVER_LEFT = frozenset(
    {
        NotPaid.RELEASE_DAY_OVER,
        NotPaid.CUT_OFF_PASSED,
        NotPaid.CIRCUIT_BREAKER,
        NotPaid.EARLIER_NOT_ENDED,
        NotPaid.NOT_SENT,
    }
)
"""Why a payment was not made that can have no line on the statement."""
OPEN = PaymentReport(status=PaymentStatus.PENDING)
"""Its fate is open: it may have been made, or may still be."""
PEOPLE_NEEDED = 2
"""Who say that a payment was not made, apart from who approved it and who had it in hand (不相容岗位分离)."""


def what_became_of(known: Evidence) -> PaymentReport:
    """What became of a payment; the first row that holds decides, and where none does its fate is open.

    1. The bank (at a counter the slip that one marked sent and another found on the statement) says paid or rejected:
       that is final.
    2. A bank whose system says that the payment is under way is believed, whatever people say.
    3. The imported statement holds the line that brings it back: returned.
    4. At a counter, before anybody marked it sent: the cashier who had it to make says it was not made, and somebody
       else says so too: not sent.
    5. After the bank's time two people who neither approved nor handled it have looked and say so: not found.
    6. A bank whose system still finds nothing after it was asked for some days more: not found.

    Returns:
        paid, rejected with its reason, or pending while its fate is open.

    >>> from datetime import UTC
    >>> monday, tuesday, friday = (datetime(2026, 3, day, 9, tzinfo=UTC) for day in (16, 17, 20))
    >>> nothing_found = Evidence(report=PaymentReport(status=PaymentStatus.NOT_FOUND), at=monday,
    ...     people_final_at=tuesday, bank_final_at=friday, approver="wang.he",
    ...     denials=(Denial(by="wang.he", at=monday),))
    >>> what_became_of(nothing_found).status
    <PaymentStatus.PENDING: 'pending'>
    """
    status, reference = known.report.status, known.report.reference
    if status in (PaymentStatus.PAID, PaymentStatus.REJECTED):
        return known.report
    if status is PaymentStatus.PENDING and not known.by_hand:
        return OPEN
    left_our_hands = bool(known.sent_by) or not known.by_hand
    if known.returned_by and left_our_hands:
        return _rejected(NotPaid.RETURNED, known.returned_by)
    if not left_our_hands and known.not_sent_by and any(each.by != known.not_sent_by for each in known.denials):
        return _rejected(NotPaid.NOT_SENT, reference)
    if len(_looked_in_time(known)) >= PEOPLE_NEEDED:
        return _rejected(NotPaid.NOT_FOUND, reference)
    if not known.by_hand and known.at > known.bank_final_at:
        return _rejected(NotPaid.NOT_FOUND, reference)
    return OPEN


def brought_back_by(
    lines: Iterable[KnownLine],
    named: Collection[str],
    others: Collection[Rival],
    suspended: Collection[str] = (),
    *,
    ordered_on: date,
    account: str,
    amount_fen: int,
) -> str:
    """The line that brings a payment back, among those that people named for it; empty where none does.

    Every other payment that has not arrived for certain may have had its own return: without one line more than there
    are such payments, nobody knows whose return a line is.

    Args:
        lines: of the imported statement, but for those whose money is booked as somebody's.
        named: names of those that people took for this payment's return.
        others: payments of the same sum to the same account that may have left and may have come back; and returns of
            that sum from there that are booked under no line of the statement.
        suspended: names of lines whose money lies in suspense: each is one payment's return, and no longer this one's.
        ordered_on: the day from which the payment can stand on the statement.
        account: the payee's, as it was registered; its digits count.
        amount_fen: in fen.
    """
    digits = digits_of(account)
    since = min([ordered_on, *(each.ordered_on for each in others)])
    same = [line for line in lines if (line.amount_fen, line.payer_account) == (amount_fen, digits)]
    returns = [line for line in same if line.says_returned and line.on >= since]
    if len(returns) <= len(others):
        return ""
    free = (
        {line.name for line in returns if line.on >= ordered_on}
        - {each.returned_by for each in others}
        - set(suspended)
    )
    return next((name for name in named if name in free), "")


def digits_of(account: str) -> str:
    """An account's number as statements have it."""
    return "".join(sign for sign in account if sign.isdigit())


def _looked_in_time(known: Evidence) -> set[str]:
    """Who, with no part in the payment, said after the bank's time that it was not made."""
    had_a_part = {known.approver, known.released_by, known.sent_by, known.not_sent_by}
    return {each.by for each in known.denials if each.at > known.people_final_at} - had_a_part


def _rejected(reason: NotPaid, reference: str | None) -> PaymentReport:
    return PaymentReport(status=PaymentStatus.REJECTED, reference=reference, reason=reason)


def why_held_back(
    at: datetime, leaves_by: datetime | None, earlier: Iterable[str | None], *, day_over: bool, breaker_open: bool
) -> NotPaid | None:
    """Why an order that has not left yet may not leave now; None where it may.

    Args:
        at: the moment at which it would leave, not the one at which it was released.
        leaves_by: the cut-off of its day; None for orders released before it was kept.
        earlier: why each earlier payment of the case was not made.
        day_over: the fund's business day is past the day of the release.

    >>> why_held_back(datetime.max, None, ["not_found"], day_over=False, breaker_open=False)
    <NotPaid.EARLIER_NOT_ENDED: 'earlier_not_ended'>
    """
    if day_over:
        return NotPaid.RELEASE_DAY_OVER
    if leaves_by is not None and at > leaves_by:
        return NotPaid.CUT_OFF_PASSED
    if NotPaid.NOT_FOUND in earlier:  # nobody has seen its end: only the statement or the bank could show one
        return NotPaid.EARLIER_NOT_ENDED
    return NotPaid.CIRCUIT_BREAKER if breaker_open else None
