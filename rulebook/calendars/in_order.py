"""What must lie before and after each date that people and banks say: one table, judged by what the case knows."""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from rulebook.cases import PromiseRung
from rulebook.errors import XuqiaoError
from rulebook.messages import (
    MESSAGES,
    ActBody,
    ApproveDate,
    ApproveMeasure,
    CollateralRegistered,
    MessageBody,
    NewLoan,
    OldLoanSettled,
    Opinion,
    PromiseGiven,
    ProposeDate,
    ProposeMeasure,
    Receipt,
    RecordSigning,
)
from rulebook.values import Value


class Milestone(StrEnum):
    """A day in the life of a case that bounds other days."""

    RECEIVED = "received"  # 受理
    APPROVED = "approved"  # 审批通过
    PAID = "paid"  # 放款
    SETTLED = "settled"  # 旧贷结清
    TODAY = "today"


class KnownDays(NamedTuple):
    """The days that a case knows when something is said to it; None where it has not come so far.

    Attributes:
        received: the application came in.
        approved: the checker approved the proposal that holds.
        paid: the money left, as the bank dates it.
        settled: the old loan's last balance was deducted, as the bank says.
        signed_early: the bank has promised that the new loan's contracts are signed before the old loan is settled.
        today: the business day on which it is said.
    """

    today: date
    received: date | None = None
    approved: date | None = None
    paid: date | None = None
    settled: date | None = None
    signed_early: bool = False

    def day_of(self, milestone: Milestone) -> date | None:
        """The day of a milestone; None where the case has not come so far."""
        day: date | None = getattr(self, milestone.value)
        return day


class Between(NamedTuple):
    """The milestones that a date may not lie before and not after; of each the first that is known counts."""

    earliest: tuple[Milestone, ...]
    latest: tuple[Milestone, ...] = (Milestone.TODAY,)


_M = Milestone
DATES: Mapping[tuple[type[Value], str], Between] = {
    (RecordSigning, "signed_on"): Between((_M.APPROVED, _M.RECEIVED), (_M.PAID, _M.TODAY)),
    (OldLoanSettled, "settled_on"): Between((_M.PAID, _M.RECEIVED)),
    (CollateralRegistered, "registered_on"): Between((_M.SETTLED, _M.PAID, _M.RECEIVED)),
    (NewLoan, "signed_on"): Between((_M.SETTLED, _M.PAID, _M.RECEIVED)),
    (Receipt, "received_on"): Between((_M.PAID, _M.RECEIVED)),
    # A promise that has run out is a word of the bank like a withdrawal: it is never refused unheard, and the rules of
    # the bridge and of the release day judge how long it must last.
    (Opinion, "valid_until"): Between((), ()),
    (PromiseGiven, "valid_until"): Between((), ()),
    # The days from which a fund has a measure are its own table; approval asks besides that the day has begun.
    (ProposeMeasure, "effective_from"): Between((), ()),
    (ApproveMeasure, "effective_from"): Between((), ()),
    # What is corrected is judged as if it had been said so from the first: see ``corrected.py``.
    (ProposeDate, "was"): Between((), ()),
    (ProposeDate, "now"): Between((), ()),
    (ApproveDate, "was"): Between((), ()),
    (ApproveDate, "now"): Between((), ()),
}
"""By body and field: every date of every act and message stands here, also where nothing bounds it, and why."""
_SIGNED_EARLY = Between((_M.RECEIVED,))
"""Of a new loan whose contracts the bank has promised to sign before the old loan is settled."""
_OCCURRED = "occurred_at"


def promises_signing(rung: PromiseRung) -> bool:
    """Whether a bank that has come so far may sign the new loan before the old one is settled."""
    return rung.height >= PromiseRung.CONTRACTS_SIGNED.height


def misdated(body: ActBody | MessageBody, known: KnownDays, occurred_on: date | None = None) -> XuqiaoError | None:
    """Say what is wrong with the first date of an act or message that cannot be; None where all can be.

    Args:
        known: the days that the case knows; a bound that is not known yet bounds nothing.
        occurred_on: the law's day on which a bank says that it happened; nothing has happened later than today.
    Returns:
        ``message.date_too_early``, ``message.date_too_late``, ``act.date_too_early``, ``act.date_too_late`` with the
        date, the bound and the milestone it comes from; ``message.receipt_date`` for money that came in.

    >>> voucher = OldLoanSettled(settled_on=date(2026, 11, 15), balance_fen=0, voucher="HK1")
    >>> str(misdated(voucher, KnownDays(today=date(2026, 12, 2), paid=date(2026, 12, 1))).params["bound"])
    '2026-12-01'
    """
    for field, given, between in _dates_of(body, occurred_on):
        bounds = between if not known.signed_early or not isinstance(body, NewLoan) else _SIGNED_EARLY
        since = next((each for each in bounds.earliest if known.day_of(each)), None)
        until = next((each for each in bounds.latest if known.day_of(each)), None)
        earliest, latest = since and known.day_of(since), until and known.day_of(until)
        if isinstance(body, Receipt) and field != _OCCURRED and known.paid and not known.paid <= given <= known.today:
            return XuqiaoError("message.receipt_date", received=given, first=known.paid, last=known.today)
        if since and earliest and given < earliest:
            return _refusal(body, "early", field=field, given=given, bound=earliest, milestone=since)
        if until and latest and given > latest:
            return _refusal(body, "late", field=field, given=given, bound=latest, milestone=until)
    return None


def _dates_of(body: ActBody | MessageBody, occurred_on: date | None) -> Iterator[tuple[str, date, Between]]:
    """The dates of one act or message with what bounds them."""
    if occurred_on is not None:
        yield _OCCURRED, occurred_on, Between(())
    for (kind, field), between in DATES.items():
        if isinstance(body, kind) and isinstance(given := getattr(body, field, None), date):
            yield field, given, between


def _refusal(body: ActBody | MessageBody, which: str, **params: object) -> XuqiaoError:
    said = "message" if type(body) in MESSAGES.values() else "act"
    return XuqiaoError(f"{said}.date_too_{which}", kind=body.kind, **params)
