"""Who comes first when the pool is short: a key that sorts as text, and why."""

from datetime import UTC, datetime
from typing import NamedTuple

from rulebook.cases import ApplicantFacts, CaseFacts, SizeClass
from rulebook.errors import XuqiaoError
from rulebook.law.eligibility import size_of
from rulebook.law.measure import Measure
from rulebook.law.provisions import PriorityFirm, QueueOrder
from rulebook.law.rates import PPM
from rulebook.values import Value

_SMALL = (SizeClass.SMALL, SizeClass.MICRO)
_MOST = 10**18
"""More than any number that ranks: numbers are written as what they lack of it, so that the largest sorts first."""


class Merit(NamedTuple):
    """What one rule of the queue makes of a case: the text it sorts by, and whether it puts the case forward."""

    key: str
    forward: bool


class Rank(Value):
    """A case's place in the queue.

    Attributes:
        key: of two keys, the one that sorts first as text is served first.
        reason: message id of what put the case where it is.
        citation: what that rests on.
    """

    key: str
    reason: str
    citation: str


def rank(facts: CaseFacts, measure: Measure, arrived_at: datetime) -> Rank:
    """The place of a case in the queue: small and micro firms, then the measure's own order, then first come.

    'First come' in a measure's order means the day of receipt, so that what follows it can decide between cases of
    one day.

    Args:
        arrived_at: when the case joined the queue; with its time zone.
    Raises:
        XuqiaoError: ``queue.no_time_zone``.
    Source: 晋政办发〔2018〕48号, art. 8 (green channel), where the fund follows it; the measure's order of priority.
    """
    if arrived_at.tzinfo is None:
        raise XuqiaoError("queue.no_time_zone", value=arrived_at)
    merits = [("queue.small_or_micro", "queue.small_and_micro_first", _yes_or_no(_is_small(facts)))]
    merits = merits if measure.small_and_micro_first else []
    merits += [(f"queue.{order}", "queue.order", _merit(order, facts, measure)) for order in measure.queue_order]
    grounds = [(reason, provision) for reason, provision, merit in merits if merit.forward]
    first_come = "queue.order" if QueueOrder.FIRST_COME in measure.queue_order else "queue.then"
    reason, provision = grounds[0] if grounds else ("queue.first_come", first_come)
    arrived = arrived_at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    key = "-".join([*(merit.key for *_, merit in merits), arrived])
    return Rank(key=key, reason=reason, citation=measure.citation(provision))


def _is_small(facts: CaseFacts) -> bool:
    return size_of(facts.applicant).size in _SMALL


def _merit(order: QueueOrder, facts: CaseFacts, measure: Measure) -> Merit:
    match order:
        case QueueOrder.PRIORITY_FIRM:
            classes = measure.queue.priority_firms.value or (PriorityFirm.SPECIALISED,)
            return _yes_or_no(any(_belongs_to(each, facts.applicant) for each in classes))
        case QueueOrder.LIFTED_FROM_POVERTY:
            return _yes_or_no(facts.applicant.lifted_from_poverty)
        case QueueOrder.OWN_CONTRIBUTION:
            return _more_first(facts.own_contribution_fen * PPM // max(1, facts.loan.balance_fen))
        case QueueOrder.TAX_LAST_YEAR:
            return _more_first(facts.applicant.tax_last_year_fen or 0)
        case QueueOrder.FIRST_COME:
            return Merit(facts.received_on.strftime("%Y%m%d"), forward=False)


def _belongs_to(firms: PriorityFirm, applicant: ApplicantFacts) -> bool:
    """Whether a firm is known to be of a class that a measure puts first."""
    match firms:
        case PriorityFirm.SPECIALISED:
            return applicant.priority_firm
        case PriorityFirm.LEADING:
            return applicant.leading_firm is True
        case PriorityFirm.GROWTH:
            return applicant.growth_firm is True
        case PriorityFirm.HIGH_TECH:
            return applicant.high_tech_firm is True


def _yes_or_no(holds: bool) -> Merit:
    return Merit("0" if holds else "1", holds)


def _more_first(number: int) -> Merit:
    """The larger number first; nothing, or less than nothing, puts nobody forward."""
    number = min(max(number, 0), _MOST)
    return Merit(f"{_MOST - number:019d}", forward=number > 0)
