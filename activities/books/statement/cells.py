"""One cell of a bank's statement: days, amounts, numbers and words in the forms that banks write them."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from activities.workbook.cells import Cell
from rulebook.errors import XuqiaoError
from rulebook.money import yuan

MOST_CHARACTERS = 500
_EXACT_DIGITS = 15
"""A number cell of Excel keeps no more of them."""
_NOTHING = re.compile(r"[-‐-―−_/*\\.]*|null|none|n/?a|无", re.IGNORECASE)
_MINUS = str.maketrans(dict.fromkeys("‐‑‒–—−﹣－", "-"))
_AMOUNT = re.compile(
    r"(?P<open>\()?(?P<before>[+-])?\s*(?:¥|CNY|RMB|人民币)?\s*(?P<behind>[+-])?\s*"
    r"(?P<number>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    r"\s*(?:元|圆|CNY|RMB)?\s*(?P<last>[+-])?(?P<close>\))?",
    re.IGNORECASE,
)
_OUT = frozenset(
    {"借", "借方", "借记", "支出", "支取", "支", "付", "付款", "付出", "转出", "汇出", "出", "出账", "往账", "往"}
    | {"流出", "d", "dr", "debit"}
)
_IN = frozenset(
    {"贷", "贷方", "贷记", "收入", "存入", "收", "收款", "存", "转入", "汇入", "进", "入", "进账", "入账", "来账", "来"}
    | {"流入", "c", "cr", "credit"}
)
_TIME = r"(?:[01]?[0-9]|2[0-3])[:时.]?[0-5][0-9](?:[:分.]?[0-5][0-9]秒?)?(?:\.[0-9]+)?"
_DAY = re.compile(
    rf"(?:([0-9]{{4}})([-/.])([0-9]{{1,2}})\2([0-9]{{1,2}})(?:[ T]+{_TIME})?"
    rf"|([0-9]{{4}})年([0-9]{{1,2}})月([0-9]{{1,2}})日(?: *{_TIME})?"
    rf"|([0-9]{{4}})([0-9]{{2}})([0-9]{{2}})(?:\.0)?(?:[ T]*{_TIME})?)"
)
_DONE = re.compile(
    r"(交易|处理|支付|转账|入账|记账|收款|付款)?(成功|完成)|已(完成|入账|记账|支付|收款|到账|处理)|正常|对方已收(钱|款)|success",
    re.IGNORECASE,
)
_UNDONE = re.compile(r"失败|关闭|撤销|取消|退回|作废|未|待|处理中|fail|cancel", re.IGNORECASE)
_OTHER_MONEY = re.compile(
    r"美元|港币|港元|欧元|日元|日圆|英镑|澳元|加元|韩元|卢布|新加坡元|瑞士法郎|usd|hkd|eur|jpy|gbp|aud|cad|krw|rub|sgd|chf",
    re.IGNORECASE,
)
_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0xFFE5: 0xA5, 0x3000: 0x20}
"""Full-width digits and signs; other signs that mean a number (², ①) are no digits of an amount."""
_YUAN = frozenset(
    {"cny", "rmb", "人民币", "人民币元", "元", "156", "01", "001", "人民币(cny)", "cny人民币", "人民币cny"}
)


class Amount(NamedTuple):
    """An amount in fen; ``signed`` says whether the cell itself says which way the money went."""

    fen: int
    signed: bool


def plain(text: str) -> str:
    """Text for comparing: full width made plain, no blanks at the ends, none doubled."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()


def is_nothing(cell: Cell) -> bool:
    """Whether a cell is empty, or holds what a bank writes where there is nothing: dashes of any number."""
    return cell.blank or bool(_NOTHING.fullmatch(plain(str(cell.value))))


def refuse_broken(cell: Cell) -> None:
    """Refuse what Excel would reckon, or could not.

    Raises:
        XuqiaoError: ``workbook.formula``, ``workbook.error_value``.
    """
    if cell.kind == "f":
        raise XuqiaoError("workbook.formula")
    if cell.kind == "e":
        raise XuqiaoError("workbook.error_value")


def words_of(cell: Cell) -> str:
    """Words as the bank wrote them; only blanks around them, and line breaks of the cell, are gone.

    Raises:
        XuqiaoError: ``workbook.too_long``.
    """
    if is_nothing(cell):
        return ""
    refuse_broken(cell)
    text = re.sub(r"[\t\r\n]+", "", str(cell.value)).strip()
    if len(text) > MOST_CHARACTERS:
        raise XuqiaoError("workbook.too_long", most=MOST_CHARACTERS)
    return text


def code_of(cell: Cell) -> str:
    """A number of the bank's, as text: a number cell has lost every digit after the fifteenth.

    Raises:
        XuqiaoError: ``workbook.code_as_number``, ``workbook.too_long``.
    """
    if cell.blank:
        return ""
    value = cell.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = Decimal(repr(value))
        digits = f"{number:f}".removesuffix(".0")
        if number != number.to_integral_value() or len(digits) > _EXACT_DIGITS:
            raise XuqiaoError("workbook.code_as_number")
        return digits
    text = re.sub(r"\s", "", plain(words_of(cell)))
    if re.fullmatch(r"\d(\.\d+)?[eE]\+\d+", text):  # Excel has been at it: 6.22848E+18
        raise XuqiaoError("workbook.code_as_number")
    return text


def digits_of(cell: Cell) -> str:
    """An account number without what is written between its digits; what the bank hides stays a star."""
    text = re.sub(r"[xX×＊*]{2,}", lambda hidden: "*" * len(hidden[0]), code_of(cell))
    return re.sub(r"[^0-9*]", "", text)


def split_account(cell: Cell) -> tuple[str, str]:
    """Account and name that stand in one cell, in either order."""
    text = words_of(cell)
    number = re.search(r"(?<![0-9])[0-9*][0-9* -]{4,38}[0-9](?![0-9])", text)
    if number is None:
        return "", text
    name = (text[: number.start()] + text[number.end() :]).strip(" /|,;:：，；、-()（）[]")
    return re.sub(r"[^0-9*]", "", number[0]), name


def amount_of(cell: Cell) -> Amount:
    """An amount in yuan as fen; nothing is rounded. A minus stands before or behind, or brackets around.

    Raises:
        XuqiaoError: ``money.not_a_number``, ``money.too_many_decimals``.

    >>> [amount_of(Cell(each, "s")).fen for each in ("1,234.50-", "−8", "-￥8", "（￥8）", "CNY 8", ".50")]
    [-123450, -800, -800, -800, 800, 50]
    """
    value = cell.value
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        return Amount(yuan(number), number < 0)
    text = re.sub(r"\s+", " ", str(value).translate(_WIDE).translate(_MINUS)).strip()
    match = _AMOUNT.fullmatch(text)
    if match is None or bool(match["open"]) != bool(match["close"]):
        raise XuqiaoError("money.not_a_number", value=cell.shown)
    signs = [sign for sign in (match["before"], match["behind"], match["last"], "-" if match["open"] else None) if sign]
    if len(signs) > 1:
        raise XuqiaoError("money.not_a_number", value=cell.shown)
    number_text = match["number"].replace(",", "")
    fen = yuan(f"0{number_text}" if number_text.startswith(".") else number_text)
    return Amount(-fen if signs == ["-"] else fen, bool(signs))


def direction_of(cell: Cell, own: Mapping[str, int]) -> int:
    """1 for money in, -1 for money out.

    Args:
        own: the marks of the bank's own layout, where it has some.
    Raises:
        XuqiaoError: ``statement.mark_unknown``.
    """
    written = plain(str(cell.value).translate(_MINUS)).casefold().removesuffix(".0")
    if written in own:
        return own[written]
    word = re.sub(r"(?<=[\u3400-\u9fff])[\s/]*(dr|cr|debit|credit)\.?$", "", written)
    if word in _OUT:
        return -1
    if word in _IN:
        return 1
    raise XuqiaoError("statement.mark_unknown", mark=cell.shown)


_HINT_OUT = re.compile(r"支取|支出|付款|付出|转出|汇出|往账|^借")
_HINT_IN = re.compile(r"存入|收入|收款|转入|汇入|来账|^贷")


def hint_of(cell: Cell) -> int | None:
    """1 or -1 where a cell outside the columns that are known speaks of one direction; None where of none or both."""
    if is_nothing(cell):
        return None
    try:
        return direction_of(cell, {})
    except XuqiaoError:
        text = plain(str(cell.value))
        out, came = bool(_HINT_OUT.search(text)), bool(_HINT_IN.search(text))
        return None if out == came else (-1 if out else 1)


def refuse_other_currency(cell: Cell) -> None:
    """Refuse a line that is not in yuan.

    Raises:
        XuqiaoError: ``statement.other_currency``.
    """
    if not is_nothing(cell) and plain(str(cell.value)).casefold().replace(" ", "") not in _YUAN:
        raise XuqiaoError("statement.other_currency", currency=cell.shown)


def is_done(cell: Cell) -> bool:
    """Whether a transaction took place, by the word of a column for its state.

    Raises:
        XuqiaoError: ``statement.state_unknown`` for a word that nobody knows.
    """
    word = plain(str(cell.value))
    if is_nothing(cell) or _DONE.fullmatch(word):
        return True
    if _UNDONE.search(word):
        return False
    raise XuqiaoError("statement.state_unknown", state=cell.shown)


def names_other_money(cell: Cell) -> bool:
    """Whether a cell holds the name of another currency and nothing else."""
    return not cell.blank and bool(_OTHER_MONEY.fullmatch(plain(str(cell.value))))


def day_of(cell: Cell) -> date:
    """The day; a time of day behind it is passed over.

    Raises:
        XuqiaoError: ``statement.not_a_day``.
    """
    value = cell.value
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    match = _DAY.fullmatch(plain(str(value)))
    if match is None:
        raise XuqiaoError("statement.not_a_day", value=cell.shown)
    try:
        return date(*(int(part) for part in match.groups() if part and part.isdigit()))
    except ValueError:
        raise XuqiaoError("statement.not_a_day", value=cell.shown) from None
