"""Amounts in words (人民币大写), as cheques and agreements carry them."""

from rulebook.errors import XuqiaoError
from rulebook.money import FEN_PER_YUAN

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("仟", "佰", "拾", "")
_SECTION = 10_000

MOST_FEN = 10_000_000_000_000 * FEN_PER_YUAN - 1
"""The largest amount written: just under 十万亿 yuan. A larger one can only be a mistake."""


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
    yuan, cents = divmod(fen, FEN_PER_YUAN)
    whole = f"{_whole(yuan)}元" if yuan else ""
    return "人民币" + (whole + _cents(yuan, cents) or "零元整")


def _whole(number: int) -> str:
    """Whole yuan in words, by sections of four digits: 亿 twice as far apart as 万."""
    if number >= _SECTION**2:
        high, low = divmod(number, _SECTION**2)
        return f"{_whole(high)}亿" + _joined(low, _SECTION**2)
    if number >= _SECTION:
        high, low = divmod(number, _SECTION)
        return f"{_section(high)}万" + _joined(low, _SECTION)
    return _section(number)


def _joined(low: int, width: int) -> str:
    """What follows a 万 or 亿: a 零 first where its own leading digit is zero."""
    if not low:
        return ""
    return ("零" if low < width // 10 else "") + _whole(low)


def _section(number: int) -> str:
    """One to four digits in words; zeros in a row inside give one 零, zeros at either end none."""
    words, gap = "", False
    for digit, place in zip(f"{number:04d}", _PLACES, strict=True):
        if digit == "0":
            gap = bool(words)
            continue
        words += ("零" if gap else "") + _DIGITS[int(digit)] + place
        gap = False
    return words


def _cents(yuan: int, cents: int) -> str:
    jiao, fen = divmod(cents, 10)
    if not cents:
        return "整" if yuan else ""
    gap = "零" if yuan and (not jiao or yuan % 10 == 0) else ""
    return gap + (f"{_DIGITS[jiao]}角" if jiao else "") + (f"{_DIGITS[fen]}分" if fen else "")
