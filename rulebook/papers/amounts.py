"""Amounts in words (人民币大写), as cheques and agreements carry them: written in one form, read in all permitted."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from rulebook.errors import XuqiaoError
from rulebook.money import FEN_PER_YUAN, Fen

CURRENCY = "人民币"
_ZERO = "零"
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_SECTION = 4
_UNITS = {"仟": 1000, "佰": 100, "拾": 10, "万": 10_000, "亿": 100_000_000, "元": 1, "角": 10, "分": 1}
"""What each unit multiplies by: yuan, and fen after 元."""
_SECTION_ENDS = "万亿元"
_SECTION_SIGNS = {4: "万", 8: "亿", 12: "万"}
_WHOLE = "(仟?佰?拾?万)?仟?佰?拾?"
_ORDER = re.compile(f"(({_WHOLE}亿)?{_WHOLE}元)?角?分?|({_WHOLE}亿)?{_WHOLE}")
"""Every beginning of a descending row of units; which of them have a digit is looked at one by one."""
_PLAIN = str.maketrans("貳陸億萬圓圆正", "贰陆亿万元元整")
"""The older and the other form of a sign, as the rule admits them."""
_QUOTED = 60

MOST_FEN = 10_000_000_000_000 * FEN_PER_YUAN - 1
"""The largest amount written: just under 十万亿 yuan. A larger one can only be a mistake."""


class Sign(NamedTuple):
    """One sign of an amount in words.

    Attributes:
        required: whether it must stand there; where the rule leaves a choice, reading takes it either way.
        written: whether the form that is written has it.
    """

    sign: str
    required: bool = True
    written: bool = True


def in_words(fen: int) -> str:
    """An amount as it is written on a cheque or an agreement, with the word 人民币 before it.

    Where the rule leaves a choice, this writes one form: a 零 where the yuan digit is zero and the jiao digit is not
    (so that nothing can be squeezed in before the jiao), no 零 where only the 万 or 亿 digit is zero and the digit
    after it is not, 整 after whole yuan, and nothing after jiao or fen.

    Args:
        fen: the amount in fen, zero or more.
    Returns:
        the words, such as 人民币壹拾万柒仟元零伍角叁分.
    Raises:
        XuqiaoError: ``papers.amount_negative`` below zero, ``papers.amount_absurd`` beyond ``MOST_FEN``.
    Source: 支付结算办法 附一《正确填写票据和结算凭证的基本规定》, the rules on 零 and 整.

    >>> in_words(140950), in_words(600714)
    ('人民币壹仟肆佰零玖元伍角', '人民币陆仟零柒元壹角肆分')
    >>> in_words(168032), in_words(10700053)
    ('人民币壹仟陆佰捌拾元零叁角贰分', '人民币壹拾万柒仟元零伍角叁分')
    >>> in_words(1640902), in_words(32504)
    ('人民币壹万陆仟肆佰零玖元零贰分', '人民币叁佰贰拾伍元零肆分')
    >>> in_words(1_000_000_000), in_words(0)
    ('人民币壹仟万元整', '人民币零元整')
    """
    if fen < 0:
        raise XuqiaoError("papers.amount_negative", fen=fen)
    if fen > MOST_FEN:
        raise XuqiaoError("papers.amount_absurd", fen=fen, most=MOST_FEN)
    return CURRENCY + "".join(each.sign for each in signs_of(fen) if each.written)


def read_words(text: str) -> Fen:
    """The amount that words say, in any form that the rule permits.

    The choices that the rule leaves: with or without 人民币 before it; 元 or 圆, 整 or 正; no 整 after jiao; 零 or none
    before a 仟 that follows a zero in 万's or 亿's place, and before a 角 that follows a zero in 元's place; 貳陸億萬圓
    for 贰陆亿万元. Nothing else is read: no blanks, no 廿, no 拾 without 壹 before it (the rule's examples have 壹拾,
    and a sign could be put before a bare 拾), no 零元 before jiao, no 元 without 整 at the end, no 整 after fen.

    Returns:
        fen.
    Raises:
        XuqiaoError: ``amounts.…`` with the text, the place counted from 1, and the sign found there: ``not_a_sign``,
            ``not_in_words`` (it cannot stand there), ``sign_missing``, ``breaks_off``; ``papers.amount_absurd``.
    Source: as for ``in_words``.

    >>> read_words("人民币壹拾万柒仟元零伍角叁分"), read_words("壹拾万零柒仟圆伍角叁分")
    (10700053, 10700053)
    """
    plain = text.translate(_PLAIN)
    begin = len(CURRENCY) if plain.startswith(CURRENCY) else 0
    fen = _sum(text, plain, begin)
    if fen > MOST_FEN:
        raise XuqiaoError("papers.amount_absurd", fen=fen, most=MOST_FEN)
    _follow(text, plain, begin, fen)
    return Fen(fen)


def signs_of(fen: int) -> Iterator[Sign]:
    """The signs of an amount from 0 to ``MOST_FEN`` in fen, without 人民币; what the rule leaves open is marked."""
    yuan, cents = divmod(fen, FEN_PER_YUAN)
    jiao, last = divmod(cents, 10)
    if yuan:
        yield from _whole(yuan)
    elif not cents:
        yield Sign(_ZERO)
    if yuan or not cents:
        yield Sign("元")
    if yuan and last and not jiao:
        yield Sign(_ZERO)
    elif jiao and yuan and yuan % 10 == 0:
        yield Sign(_ZERO, required=False)
    for digit, unit in ((jiao, "角"), (last, "分")):
        if digit:
            yield Sign(_DIGITS[digit])
            yield Sign(unit)
    if not last:
        yield Sign("整", required=not cents, written=not cents)


def _whole(yuan: int) -> Iterator[Sign]:
    """Whole yuan, from the highest digit down; ``place`` counts digits from the right, from 0."""
    digits, zeros = str(yuan), 0
    for place, digit in zip(range(len(digits) - 1, -1, -1), map(int, digits), strict=True):
        if digit:
            if zeros:
                # Before a 仟 the zeros end in 万's or 亿's place: the rule leaves the choice. A whole section of zeros
                # is never passed over without a word.
                open_choice = place % _SECTION == _SECTION - 1
                yield Sign(_ZERO, required=not open_choice, written=not open_choice or zeros >= _SECTION)
            yield Sign(_DIGITS[digit])
            if unit := _PLACES[place % _SECTION]:
                yield Sign(unit)
        zeros = 0 if digit else zeros + 1
        if place in _SECTION_SIGNS and (place == 8 or zeros < _SECTION):
            yield Sign(_SECTION_SIGNS[place])


def _sum(text: str, plain: str, begin: int) -> int:
    """Fen of words whose units descend, each with its digit; whether 零 and 整 stand right is not looked at here.

    Raises:
        XuqiaoError: as for ``read_words``.
    """
    units, total, section, digit, cents = "", 0, 0, 0, 0
    for at, sign in enumerate(plain[begin:], begin):
        if sign in _DIGITS or sign == "整":
            fits = not digit
            digit = digit or max(0, _DIGITS.find(sign))
        elif sign in _UNITS:
            units += sign
            fits = _ORDER.fullmatch(units) is not None and (digit > 0 or sign in _SECTION_ENDS)
            match sign:
                case "万" | "元":
                    total, section = total + (section + digit) * _UNITS[sign], 0
                case "亿":
                    total, section = (total + section + digit) * _UNITS[sign], 0
                case "角" | "分":
                    cents += digit * _UNITS[sign]
                case _:
                    section += digit * _UNITS[sign]
            digit = 0
        else:
            raise XuqiaoError("amounts.not_a_sign", text=_quoted(text), place=at + 1, sign=text[at])
        if not fits:
            raise XuqiaoError("amounts.not_in_words", text=_quoted(text), place=at + 1, sign=text[at])
    if digit:
        raise XuqiaoError("amounts.breaks_off", text=_quoted(text))
    return (total + section) * FEN_PER_YUAN + cents


def _follow(text: str, plain: str, begin: int, fen: int) -> None:
    """Refuse words that do not follow the signs of the amount they add up to: the rules of 零 and 整."""
    at = begin
    for sign, required, _ in signs_of(fen):
        if plain[at : at + 1] == sign:
            at += 1
        elif required and at == len(plain):
            raise XuqiaoError("amounts.breaks_off", text=_quoted(text))
        elif required:
            raise XuqiaoError("amounts.sign_missing", text=_quoted(text), place=at + 1, sign=text[at], expected=sign)
    if at < len(plain):
        raise XuqiaoError("amounts.not_in_words", text=_quoted(text), place=at + 1, sign=text[at])


def _quoted(text: str) -> str:
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"
