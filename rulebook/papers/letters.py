"""How the letters of an office are numbered (文号): 机关代字〔年份〕序号."""

from rulebook.papers.kinds import PAPERS, DocumentKind

_NUMERALS = "零一二三四五六七八九"


def letter_number(symbol: str, case_no: str, kind: DocumentKind, attempt: int) -> str | None:
    """The number of a letter (文号): the office's sign with the letter's sort, the case's year and its serial there.

    A case has one of each sort; the further ones say which they are, so that no number is given twice.

    Args:
        symbol: 机关代字; empty where the office has none.
    Returns:
        None without a sign, and for what is no letter.

    >>> letter_number("晶转", "DH-2026-00128-7", DocumentKind.PAYMENT_DEMAND, 1)
    '晶转催〔2026〕128号'
    >>> letter_number("晶转", "DH-2026-00128-7", DocumentKind.PAYMENT_DEMAND, 3)
    '晶转催〔2026〕128号之三'
    """
    sign = PAPERS[kind].sign
    if not symbol or not sign:
        return None
    _, year, serial, _ = case_no.rsplit("-", 3)
    return f"{symbol}{sign}〔{year}〕{int(serial)}号" + (f"之{_ordinal(attempt)}" if attempt > 1 else "")


def _ordinal(number: int) -> str:
    """Up to 99 in Chinese numerals.

    >>> [_ordinal(number) for number in (2, 10, 11, 20, 99)]
    ['二', '十', '十一', '二十', '九十九']
    """
    tens, ones = divmod(number, 10)
    if tens > 9:
        return str(number)
    head = "" if not tens else "十" if tens == 1 else f"{_NUMERALS[tens]}十"
    return head + (_NUMERALS[ones] if ones else "")
