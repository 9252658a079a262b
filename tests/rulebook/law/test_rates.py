"""Rates: what people may write, and that a history can read again what it keeps."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from rulebook.law.rates import Rate, read_rate

RATE: TypeAdapter[Fraction] = TypeAdapter(Rate)
PATTERN = re.compile(RATE.json_schema()["pattern"])
percentages = st.decimals(0, 100, places=9).map(lambda percent: f"{percent:f}%")
written = st.one_of(
    percentages,
    st.tuples(percentages, st.integers(1, 999)).map(lambda parts: f"{parts[0]}/{parts[1]}"),
    st.integers(0, 999).map(lambda days: f"{100 * days}%/{days or 1}"),
)


@given(written)
def test_what_is_kept_of_a_rate_is_read_again_as_the_same_rate(text: str) -> None:
    rate = RATE.validate_python(text)
    assert PATTERN.search(text)
    assert RATE.validate_json(RATE.dump_json(rate)) == rate == RATE.validate_python(rate)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("0%", Fraction(0)),
        ("100%", Fraction(1)),
        ("0.0195%", Fraction(195, 10**6)),
        ("4.35%/360", Fraction(435, 10_000 * 360)),
        ("400%/360", Fraction(4, 360)),
        ("1/5000", Fraction(1, 5000)),
    ],
)
def test_a_rate_is_exact(text: str, rate: Fraction) -> None:
    assert read_rate(text) == rate
    assert RATE.dump_python(rate) == f"{rate.numerator}/{rate.denominator}"


@pytest.mark.parametrize(
    "text",
    [
        "0.02",
        "1",
        "5",
        "",
        "%",
        "-1%",
        "0.02 %",
        "two%",
        "7.2%/0",
        "7.2%/1000",
        "1/0",
        "1/5000/2",
        "0,02%",
        "1e-3%",
    ],
)
def test_a_rate_without_its_unit_is_refused(text: str) -> None:
    assert not PATTERN.search(text)
    with pytest.raises(ValidationError) as refused:
        RATE.validate_python(text)
    assert refused.value.errors()[0]["type"] == "pack.not_a_rate"
    assert refused.value.errors()[0]["msg"] == "write a rate as 0.02% or 1/5000"


@pytest.mark.parametrize("number", [0, 1, 0.0002, None, True])
def test_a_number_is_no_rate(number: object) -> None:
    with pytest.raises(ValidationError, match=r"write a rate as 0\.02% or 1/5000"):
        RATE.validate_python(number)


@pytest.mark.parametrize("rate", ["100.000000001%", "3/2", Fraction(-1, 5000), Fraction(5001, 5000)])
def test_a_rate_lies_between_nothing_and_everything(rate: object) -> None:
    with pytest.raises(ValidationError) as refused:
        RATE.validate_python(rate)
    assert refused.value.errors()[0]["type"] == "pack.not_a_rate"
    assert refused.value.errors()[0]["msg"] == "a rate lies between 0% and 100%"
