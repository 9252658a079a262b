"""Rates and shares as exact fractions, as measures write them and as histories keep them."""

import re
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

PPM = 1_000_000
_PERCENT = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,9})?)%(?:/([1-9][0-9]{0,2}))?")
_FRACTION = re.compile(r"[0-9]{1,14}/[1-9][0-9]{0,13}")
"""Wide enough for every percentage above as an exact fraction, the form in which a history keeps it."""


def read_rate(written: object) -> Fraction:
    """A rate as a measure writes it: ``0.02%``, an annual rate over its days, or an exact fraction such as ``1/5000``.

    >>> read_rate("0.02%"), read_rate("7.2%/360"), read_rate("1/5000")
    (Fraction(1, 5000), Fraction(1, 5000), Fraction(1, 5000))
    """
    if isinstance(written, Fraction):
        rate = written
    elif isinstance(written, str) and (parts := _PERCENT.fullmatch(written)):
        rate = Fraction(parts[1]) / 100 / int(parts[2] or 1)
    elif isinstance(written, str) and _FRACTION.fullmatch(written):
        rate = Fraction(written)
    else:
        raise PydanticCustomError("pack.not_a_rate", "write a rate as 0.02% or 1/5000")
    if not 0 <= rate <= 1:
        raise PydanticCustomError("pack.not_a_rate", "a rate lies between 0% and 100%")
    return rate


def _write_rate(rate: Fraction) -> str:
    """Always with its denominator, so that ``0/1`` and ``1/1`` are not taken for numbers without a unit."""
    return f"{rate.numerator}/{rate.denominator}"


_RATE_PATTERN = f"^({_PERCENT.pattern}|{_FRACTION.pattern})$"
Rate = Annotated[
    Fraction,
    BeforeValidator(read_rate),
    PlainSerializer(_write_rate),
    WithJsonSchema({"type": "string", "pattern": _RATE_PATTERN, "examples": ["0.02%", "4.35%/360"]}),
]
