"""Who comes first when the pool is short: a key that sorts as text, and why."""

from datetime import UTC, datetime

from rulebook.cases import CaseFacts, SizeClass
from rulebook.eligibility import size_of
from rulebook.errors import XuqiaoError
from rulebook.measure import Measure
from rulebook.provisions import QueueOrder
from rulebook.values import Value

_SMALL = (SizeClass.SMALL, SizeClass.MICRO)


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

    Args:
        arrived_at: when the case joined the queue; with its time zone.
    Raises:
        XuqiaoError: ``queue.no_time_zone``.
    Source: 晋政办发〔2018〕48号, art. 8 (green channel), where the fund follows it; the measure's order of priority.
    """
    if arrived_at.tzinfo is None:
        raise XuqiaoError("queue.no_time_zone", value=arrived_at)
    puts_first = [
        ("queue.small_or_micro", "queue.small_and_micro_first", _is_small(facts))
        for _ in range(measure.small_and_micro_first)
    ]
    puts_first += [(f"queue.{order}", "queue.order", _has(order, facts)) for order in measure.queue_order]
    grounds = [(reason, provision) for reason, provision, holds in puts_first if holds]
    reason, provision = grounds[0] if grounds else ("queue.first_come", "queue.then")
    arrived = arrived_at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    key = "".join("0" if holds else "1" for *_, holds in puts_first)
    return Rank(key=f"{key}-{arrived}", reason=reason, citation=measure.citation(provision))


def _is_small(facts: CaseFacts) -> bool:
    return size_of(facts.applicant).size in _SMALL


def _has(order: QueueOrder, facts: CaseFacts) -> bool:
    match order:
        case QueueOrder.PRIORITY_FIRM:
            return facts.applicant.priority_firm
