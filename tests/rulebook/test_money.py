"""Money: whole fen or a clear refusal, and never a fen that was rounded away."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.errors import XuqiaoError
from rulebook.money import MOST_FEN, format_yuan, yuan


def refusal(amount: str | int | Decimal) -> XuqiaoError:
    with pytest.raises(XuqiaoError) as refused:
        yuan(amount)
    return refused.value


@pytest.mark.parametrize(
    ("amount", "fen"),
    [
        ("1409.50", 140_950),
        ("1409.5", 140_950),
        ("0.01", 1),
        ("-0.01", -1),
        ("1.500", 150),
        ("0", 0),
        (5_000_000, 500_000_000),
        (Decimal("107000.53"), 10_700_053),
        ("1e3", 100_000),
    ],
)
def test_an_amount_in_yuan_is_so_many_fen(amount: str | int | Decimal, fen: int) -> None:
    assert yuan(amount) == fen


@pytest.mark.parametrize("text", ["", "一百", "1,000.00", "1.2.3", "￥5", "NaN", "sNaN", "Infinity", "-inf"])
def test_what_is_no_number_is_refused_as_it_was_written(text: str) -> None:
    error = refusal(text)
    assert (error.code, error.params) == ("money.not_a_number", {"value": text})


@pytest.mark.parametrize("text", ["1.005", "0.001", "-3.999", "99999999999.001"])
def test_a_part_of_a_fen_is_refused(text: str) -> None:
    error = refusal(text)
    assert (error.code, error.params) == ("money.too_many_decimals", {"value": text})


@given(st.integers(min_value=0, max_value=10**20), st.integers(min_value=3, max_value=200))
def test_a_part_of_a_fen_is_refused_however_small_it_is(whole: int, places: int) -> None:
    """Decimal keeps 28 digits by itself: the rest would be rounded away without a word."""
    assert refusal(f"{whole}.{'1'.rjust(places, '0')}").code == "money.too_many_decimals"
    assert refusal(f"-{whole}.{'1'.rjust(places, '0')}").code == "money.too_many_decimals"


@pytest.mark.parametrize("text", ["1e-9999999", "5e-70", f"{MOST_FEN}.{'0' * 40}5"])
def test_so_is_one_that_lies_beyond_every_digit(text: str) -> None:
    error = refusal(text)
    assert (error.code, error.params) == ("money.too_many_decimals", {"value": text})


@pytest.mark.parametrize("text", ["1e59", "1e999999", "-1e9999999", "9" * 60])
def test_a_number_beyond_sixty_digits_is_no_amount(text: str) -> None:
    assert refusal(text).code == "money.not_a_number"


@given(st.integers(min_value=-(10**58), max_value=10**58))
def test_what_is_written_in_yuan_is_read_back_to_the_fen(fen: int) -> None:
    assert yuan(format_yuan(fen)) == fen
    assert yuan(format_yuan(fen, grouped=True).replace(",", "")) == fen


@pytest.mark.parametrize(
    ("fen", "plain", "grouped"),
    [
        (0, "0.00", "0.00"),
        (7, "0.07", "0.07"),
        (-7, "-0.07", "-0.07"),
        (99_999, "999.99", "999.99"),
        (100_000, "1000.00", "1,000.00"),
        (-100_005, "-1000.05", "-1,000.05"),
        (1_200_000_000, "12000000.00", "12,000,000.00"),
    ],
)
def test_fen_are_written_with_two_places_and_the_sign_once(fen: int, plain: str, grouped: str) -> None:
    assert (format_yuan(fen), format_yuan(fen, grouped=True)) == (plain, grouped)
