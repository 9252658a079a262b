"""人民币大写, against the examples of 支付结算办法 and against a reader written from the other side."""

from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from rulebook.papers.amounts import MOST_FEN, in_words, read_words, signs_of

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
        ("10005000", "人民币壹仟万伍仟元整"),
        ("100005000", "人民币壹亿零伍仟元整"),
        ("1050000000", "人民币壹拾亿伍仟万元整"),
        ("1000000000000", "人民币壹万亿元整"),
        ("1000050000000", "人民币壹万亿零伍仟万元整"),
        ("9999999999999.99", "人民币玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        ("100500", "人民币壹拾万零伍佰元整"),
        ("1000010", "人民币壹佰万零壹拾元整"),
        ("0.05", "人民币伍分"),
        ("0.50", "人民币伍角"),
        ("0", "人民币零元整"),
    ],
)
def test_an_amount_is_written_as_the_rule_asks(amount: str, words: str) -> None:
    assert in_words(yuan(amount)) == words
    assert read_words(words) == yuan(amount)


def read_back(words: str) -> int:
    """Fen from words, by adding up what stands before each unit; knows nothing of how they were written."""
    whole, _, rest = words.removeprefix("人民币").rstrip("整正").replace("圆", "元").rpartition("元")
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


def every_writing(fen: int) -> list[str]:
    """All that the rule permits for an amount: each choice it leaves, taken both ways."""
    choices = [(each.sign,) if each.required else (each.sign, "") for each in signs_of(fen)]
    plain = ["".join(chosen) for chosen in product(*choices)]
    other = [words.replace("元", "圆").replace("整", "正") for words in plain]
    older = [words.translate(str.maketrans("贰陆亿万元", "貳陸億萬圓")) for words in plain]
    return [before + words for before in ("", "人民币") for words in (*plain, *other, *older)]


@given(AMOUNTS)
@example(0)
@example(MOST_FEN)
@example(100_005_000_000_000)
def test_what_is_written_reads_back_as_the_same_amount(fen: int) -> None:
    words = in_words(fen)
    assert read_words(words) == read_back(words) == fen
    assert "零零" not in words
    assert words.endswith("整") == (fen % 100 == 0)
    assert not words.removeprefix("人民币").startswith("零") or fen == 0


@given(AMOUNTS)
def test_every_other_permitted_writing_reads_as_the_same_amount(fen: int) -> None:
    writings = every_writing(fen)
    assert in_words(fen) in writings
    assert {read_words(words) for words in writings} == {fen}


def outcome(words: str) -> int | XuqiaoError:
    """The amount read, or how it was refused; anything else is a crash."""
    try:
        return read_words(words)
    except XuqiaoError as refused:
        return refused


def assert_read_strictly(words: str) -> None:
    """What is read is one of the permitted writings of what it says; what is refused is quoted where it is wrong."""
    read = outcome(words)
    if isinstance(read, int):
        assert words.replace("圆", "元").replace("正", "整") in every_writing(read)
    elif read.code != "papers.amount_absurd":
        assert read.code.startswith("amounts.")
        assert read.params["text"] == words
        assert "place" not in read.params or words[int(read.params["place"]) - 1] == read.params["sign"]


@given(AMOUNTS, st.data())
def test_a_changed_sign_is_refused_or_says_another_amount(fen: int, data: st.DataObject) -> None:
    words = in_words(fen)
    at = data.draw(st.integers(0, len(words)))
    length = data.draw(st.integers(0, 2))
    put = data.draw(st.text(alphabet="零壹贰拾佰仟万亿元角分整正圆廿 ", max_size=2))
    assert_read_strictly(words[:at] + put + words[at + length :])


@given(st.text(alphabet="零壹贰玖拾佰仟万亿元角分整人民币廿1.", max_size=12))
def test_any_heap_of_signs_is_refused_or_permitted(words: str) -> None:
    assert_read_strictly(words)


@pytest.mark.parametrize(
    ("words", "amount"),
    [
        ("壹仟陆佰捌拾元叁角贰分", "1680.32"),
        ("人民币壹拾万零柒仟元伍角叁分", "107000.53"),
        ("壹拾万柒仟元伍角叁分", "107000.53"),
        ("伍角整", "0.50"),
        ("人民币貳佰陸拾圓正", "260"),
        ("壹亿伍仟元整", "100005000"),
        ("壹拾亿零伍仟万元整", "1050000000"),
    ],
)
def test_both_permitted_forms_are_read(words: str, amount: str) -> None:
    assert read_words(words) == yuan(amount)


@pytest.mark.parametrize(
    ("words", "code", "place", "sign"),
    [
        ("人民币拾万元整", "amounts.not_in_words", "4", "拾"),
        ("廿元整", "amounts.not_a_sign", "1", "廿"),
        ("壹百元整", "amounts.not_a_sign", "2", "百"),
        ("人民币 壹元整", "amounts.not_a_sign", "4", " "),
        ("人民币人民币壹元整", "amounts.not_a_sign", "4", "人"),
        ("伍分整", "amounts.not_in_words", "3", "整"),
        ("壹元整整", "amounts.not_in_words", "4", "整"),
        ("壹亿贰亿元整", "amounts.not_in_words", "4", "亿"),
        ("壹佰贰仟元整", "amounts.not_in_words", "4", "仟"),
        ("壹贰元整", "amounts.not_in_words", "2", "贰"),
        ("壹拾伍角", "amounts.not_in_words", "4", "角"),
        ("壹角伍元整", "amounts.not_in_words", "4", "元"),
        ("壹佰伍元整", "amounts.sign_missing", "3", "伍"),
        ("壹仟零佰元整", "amounts.not_in_words", "4", "佰"),
        ("壹佰零零伍元整", "amounts.sign_missing", "4", "零"),
        ("壹佰伍拾壹万零伍仟元整", "amounts.sign_missing", "7", "零"),
        ("壹元伍分", "amounts.sign_missing", "3", "伍"),
        ("零元伍角", "amounts.sign_missing", "1", "零"),
        ("壹元", "amounts.breaks_off", None, None),
        ("壹佰", "amounts.breaks_off", None, None),
        ("壹亿贰", "amounts.breaks_off", None, None),
        ("人民币", "amounts.breaks_off", None, None),
        ("", "amounts.breaks_off", None, None),
        ("玖拾万亿元整", "papers.amount_absurd", None, None),
    ],
)
def test_what_the_rule_does_not_permit_is_refused_at_its_place(
    words: str, code: str, place: str | None, sign: str | None
) -> None:
    with pytest.raises(XuqiaoError) as refused:
        read_words(words)
    params = refused.value.params
    assert (refused.value.code, params.get("place"), params.get("sign")) == (code, place, sign)
    assert code == "papers.amount_absurd" or params["text"] == words


def test_a_long_text_is_quoted_in_part() -> None:
    with pytest.raises(XuqiaoError) as refused:
        read_words("壹" * 100_000)
    assert len(refused.value.params["text"]) == 60


@pytest.mark.parametrize(("fen", "code"), [(-1, "papers.amount_negative"), (MOST_FEN + 1, "papers.amount_absurd")])
def test_an_amount_that_cannot_be_meant_is_refused(fen: int, code: str) -> None:
    with pytest.raises(XuqiaoError) as refused:
        in_words(fen)
    assert refused.value.code == code
    assert refused.value.params["fen"] == str(fen)
