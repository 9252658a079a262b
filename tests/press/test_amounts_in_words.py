"""人民币大写, against the examples of 支付结算办法 and against a reader written from the other side."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.amounts import MOST_FEN, in_words
from rulebook.errors import XuqiaoError
from rulebook.money import yuan

DIGITS = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
PLACES = {"仟": 1000, "佰": 100, "拾": 10}


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("1409.50", "人民币壹仟肆佰零玖元伍角"),
        ("6007.14", "人民币陆仟零柒元壹角肆分"),
        ("1680.32", "人民币壹仟陆佰捌拾元零叁角贰分"),
        ("107000.53", "人民币壹拾万柒仟元零伍角叁分"),
        ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "人民币叁佰贰拾伍元零肆分"),
        ("4750000", "人民币肆佰柒拾伍万元整"),
        ("10000000", "人民币壹仟万元整"),
        ("100005000", "人民币壹亿零伍仟元整"),
        ("1050000000", "人民币壹拾亿伍仟万元整"),
        ("1000000000000", "人民币壹万亿元整"),
        ("100500", "人民币壹拾万零伍佰元整"),
        ("1000010", "人民币壹佰万零壹拾元整"),
        ("0.05", "人民币伍分"),
        ("0.50", "人民币伍角"),
        ("0", "人民币零元整"),
    ],
)
def test_an_amount_is_written_as_the_rule_asks(amount: str, words: str) -> None:
    assert in_words(yuan(amount)) == words


def read_back(words: str) -> int:
    """Fen from words, by adding up what stands before each unit; knows nothing of how they were written."""
    whole, _, rest = words.removeprefix("人民币").removesuffix("整").rpartition("元")
    return 100 * _yuan(whole) + _cents(rest)


def _yuan(words: str) -> int:
    for unit, size in (("亿", 100_000_000), ("万", 10_000)):
        before, found, after = words.rpartition(unit)
        if found:
            return _yuan(before) * size + _yuan(after)
    total, digit = 0, 0
    for char in words:
        if char in PLACES:
            total, digit = total + digit * PLACES[char], 0
        else:
            digit = DIGITS[char]
    return total + digit


def _cents(words: str) -> int:
    jiao, found, rest = words.rpartition("角")
    fen = rest if found else words
    return 10 * DIGITS[jiao.removeprefix("零") or "零"] + DIGITS[fen.removesuffix("分").removeprefix("零") or "零"]


AMOUNTS = st.one_of(
    st.integers(min_value=0, max_value=MOST_FEN),
    # Amounts made of few digits and many zeros, where the rules of 零 live.
    st.lists(st.sampled_from("00000123459"), min_size=1, max_size=15).map(lambda digits: int("".join(digits))),
)


@given(AMOUNTS)
def test_what_is_written_reads_back_as_the_same_amount(fen: int) -> None:
    words = in_words(fen)
    assert read_back(words) == fen
    assert "零零" not in words
    assert words.endswith("整") == (fen % 100 == 0)
    assert not words.removeprefix("人民币").startswith("零") or fen == 0


@pytest.mark.parametrize(("fen", "code"), [(-1, "papers.amount_negative"), (MOST_FEN + 1, "papers.amount_absurd")])
def test_an_amount_that_cannot_be_meant_is_refused(fen: int, code: str) -> None:
    with pytest.raises(XuqiaoError) as refused:
        in_words(fen)
    assert refused.value.code == code
    assert refused.value.params["fen"] == str(fen)
