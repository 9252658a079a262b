"""The fee and its days as earlier releases named them on papers: each part a fact of its own.

Papers drawn then are still read. Templates of that time, which an office wrote or a case was approved with, still find
what they speak of.
"""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field

from rulebook.calendar import DayUnit
from rulebook.law.rates import Rate
from rulebook.papers.facts import PaperData
from rulebook.papers.limits import Amount, Count, PaperValue, Rows

EARLIER_NAMES: Mapping[str, tuple[str, str]] = {
    "fee_steps": ("fees", "tiers"),
    "minimum_fee_fen": ("fees", "minimum_fen"),
    "prepaid_days": ("fees", "prepaid_days"),
    "waivers": ("fees", "waivers"),
    "extension_rate": ("fees", "extension_rate"),
    "overdue_rate": ("fees", "overdue_rate"),
    "first_day_counts": ("day_count", "first_day_counts"),
    "last_day_counts": ("day_count", "last_day_counts"),
    "days_off_count": ("day_count", "counted"),
    "part_day_counts": ("day_count", "part_day_counts"),
}
"""Earlier name to the fact that it is a part of, and the part's name there."""


class FeeStep(PaperValue):
    """One tier of the usage fee, with both its ends; ``daily_rate`` as a share of the principal."""

    from_day: Annotated[Count, Field(ge=1)]
    through_day: Count | None = None
    daily_rate: Rate


class PaperWaiver(PaperValue):
    """A period whose fee days cost nothing; both days are included."""

    since: date
    until: date


class EarlierTariff(PaperValue):
    """The fee and its days under their earlier names; ``EARLIER_NAMES`` says what each is today.

    Attributes:
        minimum_fee_fen: None where the measure has none.
        days_off_count: whether weekends and holidays bear the fee.
    """

    fee_steps: Rows[FeeStep] = ()
    first_day_counts: bool = True
    last_day_counts: bool = False
    days_off_count: bool = True
    part_day_counts: bool = False
    minimum_fee_fen: Amount | None = Field(default=None, ge=0)
    prepaid_days: Count | None = Field(default=None, ge=1)
    waivers: Rows[PaperWaiver] = ()
    extension_rate: Rate | None = None
    overdue_rate: Rate | None = None

    @classmethod
    def of(cls, data: PaperData) -> Self:
        """What the facts of a paper say, under these names."""
        count, fees = data.day_count, data.fees
        days = {
            "first_day_counts": count.first_day_counts,
            "last_day_counts": count.last_day_counts,
            "days_off_count": count.counted is DayUnit.CALENDAR,
            "part_day_counts": count.part_day_counts,
        }
        if fees is None:
            return cls.model_validate(days)
        return cls(
            **days,
            fee_steps=tuple(FeeStep(**span._asdict()) for span in fees.spans()),
            minimum_fee_fen=fees.minimum_fen or None,
            prepaid_days=fees.prepaid_days,
            waivers=tuple(PaperWaiver(since=each.since, until=each.until) for each in fees.waivers),
            extension_rate=fees.extension_rate,
            overdue_rate=fees.overdue_rate,
        )


class WithEarlierNames:
    """The facts of a paper as a template reads them: by their names, and by those of earlier releases."""

    def __init__(self, data: PaperData) -> None:
        self._data = data

    @cached_property
    def _earlier(self) -> EarlierTariff:
        return EarlierTariff.of(self._data)

    def __getattr__(self, name: str) -> object:
        fact: object = getattr(self._earlier if name in EARLIER_NAMES else self._data, name)
        return fact
