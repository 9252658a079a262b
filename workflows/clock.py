"""The clock of a case: days and hours as its measure and its calendar count them."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from temporalio import workflow

from rulebook.calendar import LAW_ZONE, WorkCalendar
from rulebook.law.measure import Measure

MOST_DAYS_BETWEEN_WORKDAYS = timedelta(days=14)
"""More than any one working day can be away from the next."""

JUST_AFTER = timedelta(minutes=1)
"""Whoever is given until a close is asked this long after it."""


def today() -> date:
    """The day in the law's time zone."""
    return workflow.now().astimezone(LAW_ZONE).date()


class Clock(NamedTuple):
    """Deadlines under one measure and one calendar."""

    measure: Measure
    calendar: WorkCalendar

    def in_workdays(self, days: int) -> datetime:
        """The close of business so many working days from today."""
        return self.close_of(self.workday(today(), days))

    def workday(self, day: date, count: int) -> date:
        """So many working days on, however long the money is out: recovery may last longer than the calendar."""
        reach = day + MOST_DAYS_BETWEEN_WORKDAYS * (abs(count) + 1)
        by_the_week = self.calendar.reaching(reach, decreed=False).add_workdays(day, count)
        if max(day, by_the_week) <= self.calendar.last or not workflow.patched("days-off-by-decree"):
            return by_the_week
        return self.calendar.reaching(reach).add_workdays(day, count)

    def close_of(self, day: date) -> datetime:
        """The moment at which business closes on a day."""
        return self.calendar.moment(day, self.measure.cut_off)

    def moved(self, at: datetime, to: "Clock", days: Mapping[date, date]) -> datetime:
        """A deadline by another calendar: as many working days from today, at the same time of day.

        What is over, and what neither a working day's close nor the moment just after it ends, stays.

        Args:
            to: the clock by that calendar.
            days: those that are reckoned from something else than today, as they were and as they are.
        """
        day, now = at.astimezone(LAW_ZONE).date(), today()
        if day in days:
            return at + (days[day] - day)
        old, after = self.calendar.reaching(day), at - self.close_of(day)
        if day <= now or not old.is_workday(day) or after not in (timedelta(), JUST_AFTER):
            return at
        return to.close_of(to.workday(now, old.count_workdays(now, day))) + after

    @property
    def review_period(self) -> int:
        """Working days after which a task nobody did is looked at again.

        One at least, whatever the measure says: a wait that is over when it begins would begin again without end.
        """
        return max(1, self.measure.deadlines.referral)
