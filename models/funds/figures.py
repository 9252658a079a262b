"""The values of a fund's monthly report and of what is expected back: plain data, amounts in fen."""

from datetime import date

from pydantic import computed_field

from models.books.entries import Held, Source
from models.cases.views import Expected
from rulebook.values import Value

AHEAD = 60
"""Returns are expected day by day for so many days after the last day of the report."""
AGES: tuple[tuple[int, int | None], ...] = ((1, 30), (31, 90), (91, None))
"""Days past due, first and last of each group."""


class CaseOut(Value):
    """A case with principal out; ``due_on`` is its last day under its measure, None for one without a case file."""

    case_no: str
    outstanding_fen: int
    due_on: date | None = None


class Contributor(Value):
    """What one contributor has in the fund (省/市/县出资)."""

    contributor: str
    opening_fen: int
    paid_in_fen: int
    taken_out_fen: int
    closing_fen: int


class Bridges(Value):
    """Principal: opening + lent - returned - written off = closing. A reversal counts against what it takes back."""

    opening_fen: int
    lent_fen: int
    lent_cases: int
    returned_fen: int
    written_off_fen: int
    closing_fen: int
    closing_cases: int


class Ageing(Value):
    """Overdue money by days past due; ``to_day`` None for the oldest."""

    from_day: int
    to_day: int | None
    cases: int
    amount_fen: int


class Overdue(Value):
    """Cases past their due day."""

    cases: tuple[str, ...]
    amount_fen: int
    ageing: tuple[Ageing, ...]


class Fees(Value):
    """Usage fees of the period, and what of the calendar year's may be spent.

    Attributes:
        received_fen, vat_fen, spent_fen: in the period.
        income_of_year_fen: received less VAT, from the first of January to the last day of the period.
        limit_ppm: share of it that may be spent, in millionths; None where the measure sets none.
        allowed_of_year_fen, left_of_year_fen: by that share, rounded down; below zero when more was spent.
    """

    received_fen: int
    vat_fen: int
    spent_fen: int
    income_of_year_fen: int
    spent_of_year_fen: int
    limit_ppm: int | None
    allowed_of_year_fen: int | None
    left_of_year_fen: int | None


class Part(Value):
    """One part of the ring-fenced account; ``in_fen`` and ``out_fen`` count moves between parts too."""

    part: str
    opening_fen: int
    in_fen: int
    out_fen: int
    closing_fen: int


class Turnover(Value):
    """How often the fund was lent in a period: lent / (sum of each day's capital / days).

    Attributes:
        lent_fen: principal paid out, less reversals.
        fund_days_fen: contributed capital at the end of each day, all days added up.
        days: on which there was any capital.
    """

    first: date
    last: date
    lent_fen: int
    fund_days_fen: int
    days: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def average_fen(self) -> int:
        """The average fund, rounded half up; 0 without capital."""
        return (2 * self.fund_days_fen + self.days) // (2 * self.days) if self.days else 0

    @computed_field  # type: ignore[prop-decorator]
    @property
    def times(self) -> str | None:
        """With two decimals, rounded half up from the exact figures; None without capital.

        >>> Turnover(
        ...     first=date(2015, 1, 1), last=date(2015, 12, 31), lent_fen=6597, fund_days_fen=779 * 365, days=365
        ... ).times
        '8.47'
        """
        if not self.fund_days_fen:
            return None
        hundredths = (200 * self.lent_fen * self.days + self.fund_days_fen) // (2 * self.fund_days_fen)
        sign = "-" if hundredths < 0 else ""
        return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"


class Waiting(Value):
    """The queue for the pool at the end of a day."""

    cases: int
    amount_fen: int


class FundReport(Value):
    """The monthly report of a fund (基金月报).

    outstanding = overdue + expected + ``expected_later_fen`` (due after ``AHEAD`` days) + ``without_due_day_fen``.
    """

    source: Source
    capital: tuple[Contributor, ...]
    bridges: Bridges
    overdue: Overdue
    fees: Fees
    escrow: tuple[Part, ...]
    held: Held
    turnover: Turnover
    turnover_of_year: Turnover
    expected: tuple[Expected, ...]
    expected_later_fen: int
    without_due_day_fen: int
    queue: Waiting
    interest_fen: int
    charges_fen: int
    recovered_fen: int
    compensated_fen: int
