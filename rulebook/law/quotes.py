"""What a bridge would cost under a measure, asked before there is a case; drafts are asked as far as they go."""

from datetime import date
from fractions import Fraction
from typing import NamedTuple

from rulebook.calendar import DayUnit, WorkCalendar
from rulebook.law.fees import (
    CITED_FOR,
    MOST_DAYS,
    UNEVENTFUL,
    Course,
    DayCount,
    FeeEntry,
    FeeTerms,
    FeeTier,
    Outstanding,
    Tariff,
    annualised,
    course_of,
    days_out,
    fee_steps,
    prepaid_fee,
    true_up,
)
from rulebook.law.measure import Measure
from rulebook.law.provisions import FeeSection


class Quote(NamedTuple):
    """What a bridge would cost, with its working.

    Attributes:
        fee_fen: the fee in fen; ``lines`` sum to it.
        prepaid_fen: paid before the money leaves; ``refund_fen`` goes back at the end, or ``due_fen`` is still to
            come. All three None where the measure has no prepayment.
        annualised: yearly cost as a share of principal, over the calendar days the money was out; None when it was
            out for none, or when working days are counted from no date.
        citation: what the fee rests on.
        assumed: provisions that nobody has set, for which the usual day count was taken: calendar days, the first
            counted and the last not.
    """

    fee_fen: int
    days: int
    lines: tuple[FeeEntry, ...]
    prepaid_fen: int | None
    refund_fen: int | None
    due_fen: int | None
    annualised: Fraction | None
    citation: str
    assumed: tuple[str, ...]


def quote(
    measure: Measure,
    principal_fen: int,
    days: int,
    start: date | None = None,
    calendar: WorkCalendar | None = None,
) -> Quote:
    """What a bridge would cost that comes back whole after a number of fee days.

    Args:
        measure: complete or a draft; it must have tiers, unless its waivers reach every one of the days.
        principal_fen: the bridge, in fen.
        days: fee days, in the unit in which the measure counts them.
        start: day of the payout; without it nothing is waived and nothing overdue, since no day has a date.
        calendar: needed with a start where the measure counts working days.
    Raises:
        XuqiaoError: ``pack.unset``, ``fee.negative``, ``fee.too_many_days``, ``fee.calendar_needed``,
            ``calendar.out_of_period``.
    """
    count, assumed = _day_count(measure)
    terms = _terms(measure)
    course = UNEVENTFUL if start is None else _course(measure, Tariff(terms, count, calendar), start, days)
    if measure.fee.tiers.cite is None and (not days or not course.waived.issuperset(range(1, days + 1))):
        terms = measure.fees  # which refuses, naming the tiers
    segments = (Outstanding(principal_fen, days),)
    lines = fee_steps(segments, terms, course)
    fee = sum(line.fee_fen for line in lines)
    prepaid = prepaid_fee(principal_fen, terms, course)
    away = _days_away(Tariff(terms, count, calendar), start, days)
    settled = None if prepaid is None else true_up(fee, prepaid)
    return Quote(
        fee_fen=fee,
        days=days,
        lines=lines,
        prepaid_fen=prepaid,
        refund_fen=settled and settled.refund_fen,
        due_fen=settled and settled.due_fen,
        annualised=None if away is None else annualised(fee, (Outstanding(principal_fen, away),)),
        citation=_citation(measure, lines),
        assumed=assumed,
    )


def _day_count(measure: Measure) -> tuple[DayCount, tuple[str, ...]]:
    """The measure's day count, the usual one where it has none, and what was taken as usual."""
    said = measure.days_said()
    needed = (name for name in DayCount.model_fields if FeeSection.needs(name))
    return DayCount.model_validate(said), tuple(f"fee.{name}" for name in needed if name not in said)


def _terms(measure: Measure) -> FeeTerms:
    """What the measure charges. Without tiers only the waivers are known, which must then reach every day."""
    if measure.fee.tiers.cite is not None:
        return measure.fees
    return FeeTerms(tiers=(FeeTier(daily_rate=Fraction(0)),), waivers=measure.fee.waivers.value or ())


def _course(measure: Measure, tariff: Tariff, start: date, days: int) -> Course:
    """What befalls the fee days from a payout on. Days after the last one asked about do no harm."""
    due = None
    if tariff.terms.overdue_rate is not None and tariff.calendar is not None:
        due = measure.due_on(start, tariff.calendar)
    return course_of(start, _day_beyond(tariff, start, days), tariff, due_on=due)


def _days_away(tariff: Tariff, start: date | None, days: int) -> int | None:
    """Calendar days that go by in so many fee days, until a day on which money can come back; None where that depends
    on a date nobody has given."""
    if tariff.day_count.counted is DayUnit.CALENDAR:
        return days
    if start is None or tariff.calendar is None:
        return None
    back = start
    calendar = tariff.calendar
    while days_out(start, back, tariff.day_count, calendar) < days or (days and not calendar.is_workday(back)):
        back = date.fromordinal(back.toordinal() + 1)
    return (back - start).days


def _day_beyond(tariff: Tariff, start: date, days: int) -> date:
    """A day later than so many fee days from the payout, however the first and the last are counted."""
    beyond = min(max(days, 0), MOST_DAYS) + 1
    if tariff.day_count.counted is DayUnit.WORKING and tariff.calendar is not None:
        return tariff.calendar.add_workdays(start, beyond)
    return date.fromordinal(min(start.toordinal() + beyond, date.max.toordinal()))


def _citation(measure: Measure, lines: tuple[FeeEntry, ...]) -> str:
    """Everything the fee rests on, each once."""
    names = ["fee.tiers", "fee.prepaid_days", *(CITED_FOR[line.kind] for line in lines if line.kind in CITED_FOR)]
    said = (measure.citation(name) for name in names if measure.provision(name).cite is not None)
    return "、".join(dict.fromkeys(said))
