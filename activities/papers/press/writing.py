"""How values are written on a paper: dates, amounts, rates, in Chinese and in English; and what may stand in them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

from rulebook.law.fees import TierSpan, spans_of
from rulebook.money import FEN_PER_YUAN, format_yuan
from rulebook.papers.amounts import in_words
from rulebook.papers.earlier import FeeStep
from rulebook.papers.facts import PaperData
from rulebook.papers.printing import plain

_DAY_BASES = (360, 365)
"""Days of a year over which an annual rate is written; 360 first, as banks reckon."""
_PLACES = 6
"""Decimals of a percentage beyond which a rate is rather written in another way."""
_MOST_PLACES = 12
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def plain_data(data: PaperData) -> PaperData:
    """The same facts with every text made plain."""

    def walk(value: object) -> object:
        match value:
            case str():
                return plain(value)
            case dict():
                return {name: walk(item) for name, item in value.items()}
            case list() | tuple():
                return tuple(walk(item) for item in value)
            case _:
                return value

    return PaperData.model_validate(walk(data.model_dump()))


def chinese_date(day: date) -> str:
    """2026年3月2日."""
    return f"{day.year}年{day.month}月{day.day}日"


def english_date(day: date) -> str:
    """2 March 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def figures(fen: int) -> str:
    """Fen as yuan in figures, with thousands marked: 1,000,000.00."""
    return format_yuan(fen, grouped=True)


def chinese_rate(rate: Fraction) -> str:
    """A daily rate, never rounded: as a percentage, as an annual rate over its days, or else as a fraction.

    >>> chinese_rate(Fraction(195, 1_000_000)), chinese_rate(Fraction("0.0435") / 360), chinese_rate(Fraction(1, 7))
    ('0.0195%', '年利率4.35%÷360', '1/7')
    """
    return _rate(rate, "年利率{percent}÷{days}")


def english_rate(rate: Fraction) -> str:
    """The same in English: ``4.35% a year ÷ 360``."""
    return _rate(rate, "{percent} a year ÷ {days}")


def _rate(rate: Fraction, annual: str) -> str:
    if percent := _percent(rate, _PLACES):
        return percent
    for days in _DAY_BASES:
        if percent := _percent(rate * days, _PLACES):
            return annual.format(percent=percent, days=days)
    return _percent(rate, _MOST_PLACES) or f"{rate.numerator}/{rate.denominator}"


def _percent(share: Fraction, places: int) -> str:
    """A share as a percentage of at most so many decimals; empty where that would round it."""
    exact = _decimal(share * 100, places)
    return "" if exact is None else f"{exact:f}%"


def _decimal(number: Fraction, places: int) -> Decimal | None:
    """A number written out, without zeros at its end; None where it has more decimals than that."""
    shifted = number * 10**places
    return Decimal(shifted.numerator).scaleb(-places).normalize() if shifted.denominator == 1 else None


def daily_fee(principal_fen: int, rate: Fraction) -> str:
    """One day's fee in yuan: at least two decimals, more where the rate gives more; one that never ends is marked.

    >>> daily_fee(1_000_000_000, Fraction(1, 5000)), daily_fee(123_456_789, Fraction(195, 1_000_000))
    ('2,000.00', '240.74073855')
    >>> daily_fee(475_000_000, Fraction("0.0435") / 360)
    '≈573.9583'
    """
    fee = Fraction(principal_fen, FEN_PER_YUAN) * rate
    exact = _decimal(fee, _MOST_PLACES)
    if exact is None:
        return f"≈{Decimal(floor(fee * 10_000 + Fraction(1, 2))).scaleb(-4):,.4f}"
    exponent = exact.as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"{exact:,.{places}f}"


def fee_after(
    spans: Iterable[TierSpan | FeeStep], principal_fen: int, days: int, minimum_fen: int | None = None
) -> int:
    """The fee after so many days that bear it, all of the principal being out: in fen, rounded half up once.

    >>> fee_after([TierSpan(1, None, Fraction("0.0435") / 360)], 475_000_000, 10)
    573958
    """
    shares = (
        span.daily_rate * (min(days, span.through_day or days) - span.from_day + 1)
        for span in spans
        if span.from_day <= days
    )
    fee = floor(principal_fen * sum(shares, Fraction(0)) + Fraction(1, 2))
    return max(fee, minimum_fen or 0)


def a_day(fee_fen: int, principal_fen: int, days: int) -> Fraction:
    """What a fee comes to for each calendar day that the money is out, as a share of the principal."""
    return Fraction(fee_fen, principal_fen * days)


def per_year(rate: Fraction) -> str:
    """A daily rate over 365 days, without compounding, to two decimals.

    >>> per_year(a_day(1_425_000, 475_000_000, 10))
    '10.95%'
    """
    return f"{Decimal(floor(rate * 365 * 10_000 + Fraction(1, 2))).scaleb(-2)}%"


FILTERS: Mapping[str, Callable[..., str | int | Fraction | tuple[TierSpan, ...]]] = {
    "figures": figures,
    "in_words": in_words,
    "chinese_rate": chinese_rate,
    "english_rate": english_rate,
    "daily_fee": daily_fee,
    "spans": spans_of,
    "fee_after": fee_after,
    "a_day": a_day,
    "per_year": per_year,
    "chinese_date": chinese_date,
    "english_date": english_date,
}
"""What templates may use."""
