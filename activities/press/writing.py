"""How values are written on a paper: dates, amounts, rates, in Chinese and in English; and what may stand in them."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from rulebook.amounts import in_words
from rulebook.money import FEN_PER_YUAN, format_yuan
from rulebook.papers import PaperData
from rulebook.printing import plain

_PPM = 1_000_000
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


def percent(rate_ppm: int) -> str:
    """A rate in millionths as an exact percentage.

    >>> percent(200), percent(195), percent(10_000)
    ('0.02%', '0.0195%', '1%')
    """
    return f"{(Decimal(rate_ppm) * 100 / _PPM).normalize():f}%"


def daily_fee(principal_fen: int, rate_ppm: int) -> str:
    """One day's fee in yuan, exact: at least two decimals, more where the rate gives more.

    >>> daily_fee(1_000_000_000, 200), daily_fee(123_456_789, 195)
    ('2,000.00', '240.74073855')
    """
    exact = (Decimal(principal_fen) * rate_ppm / (_PPM * FEN_PER_YUAN)).normalize()
    exponent = exact.as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"{exact:,.{places}f}"


FILTERS: Mapping[str, Callable[..., str]] = {
    "figures": figures,
    "in_words": in_words,
    "percent": percent,
    "daily_fee": daily_fee,
    "chinese_date": chinese_date,
    "english_date": english_date,
}
"""What templates may use."""
