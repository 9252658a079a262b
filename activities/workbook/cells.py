"""One cell of the application workbook: what stands in it becomes a value, or says why it cannot."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from typing import NamedTuple, TypeVar

from activities.words import LANGUAGES, word
from activities.workbook.columns import MONEY_UNITS, NO, YES, Column, Content, tidy
from activities.workbook.formats import Shape, hides, shape_of, shows_whole_day
from rulebook.applications import PartnerBank, bank_called, nearest_banks
from rulebook.cases import ApplicantKind, LoanKind, LoanRiskClass
from rulebook.errors import XuqiaoError
from rulebook.money import FEN_PER_YUAN, yuan
from rulebook.papers.printing import unprintable
from rulebook.parties.credit_codes import check_code
from rulebook.parties.names import code_point, hidden, line_break, stands_for, with_hidden_shown

MOST_CHARACTERS = 150
MOST_YUAN = 100_000_000_000
MOST_PEOPLE = 10_000_000
MOST_PERCENT = 10_000
_PPM_PER_PERCENT = 10_000
_RATIOS_END = 10
"""Below this a number without a sign could be a ratio: nobody's debts are ten times what it owns."""
_YUAN_DECIMALS = 2


class Cell(NamedTuple):
    """A cell as the file holds it.

    Attributes:
        kind: openpyxl's: f formula, e error, anything else a value.
        form: the number format, by which the cell is shown.
    """

    value: object
    kind: str
    form: str = "General"

    @property
    def blank(self) -> bool:
        return self.value is None or (isinstance(self.value, str) and not tidy(self.value))

    @property
    def shown(self) -> str:
        """The content as the officer sees it, cut to a length that fits a message."""
        if isinstance(self.value, datetime):
            text = self.value.date().isoformat()
        else:
            text = "" if self.value is None else with_hidden_shown(str(getattr(self.value, "text", self.value)))
        return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


_SHOWN = 60
BLANK = Cell(None, "n")

Member = TypeVar("Member", bound=StrEnum)


def read_cell(cell: Cell, column: Column, unit: str, banks: Sequence[PartnerBank] | None) -> object:
    """The value of one cell.

    Args:
        cell: as the file holds it.
        column: what the cell is for.
        unit: 万元 or 元 for amounts, from the heading.
        banks: the fund's partner banks; None takes every bank as written.
    Returns:
        the value; None for a blank cell that may be blank. Amounts in fen.
    Raises:
        XuqiaoError: ``workbook.…`` with the rule that was broken.
    """
    if cell.kind == "f":
        raise XuqiaoError("workbook.formula")
    if cell.kind == "e":
        raise XuqiaoError("workbook.error_value")
    if cell.blank:
        if column.required:
            raise XuqiaoError("workbook.required")
        return None
    if isinstance(cell.value, str) and len(cell.value) > MOST_CHARACTERS:
        raise XuqiaoError("workbook.too_long", most=MOST_CHARACTERS)
    if hides(cell.form, cell.value):
        raise XuqiaoError("workbook.hidden_by_format", format=cell.form)
    match column.content:
        case Content.MONEY:
            return _money(cell, unit)
        case Content.COUNT:
            return _count(cell)
        case Content.PERCENT:
            return _percent(cell)
        case Content.DATE:
            return _date(cell)
        case Content.BANK:
            return _bank(cell.value, banks)
        case _:
            return _READERS[column.content](cell.value)


def name_of(value: object) -> str:
    """A name as it is written, sign for sign, without the blanks around it.

    Raises:
        XuqiaoError: ``workbook.line_break``, ``workbook.hidden_sign``, ``workbook.stands_for``,
            ``workbook.unprintable``: what could not come back from a paper or a bank as it went there;
            ``workbook.not_text`` for a number or a day.
    """
    text = _words(value).strip()
    if line_break(text) is not None:
        raise XuqiaoError("workbook.line_break")
    _check_signs(text)
    return text


def _text(value: object) -> str:
    """Words that papers will repeat; here a new line is a blank."""
    text = " ".join(_words(value).strip().splitlines())
    _check_signs(text)
    return text


def _words(value: object) -> str:
    if not isinstance(value, str):
        raise XuqiaoError("workbook.not_text")
    return value


def _check_signs(text: str) -> None:
    if (sign := hidden(text)) is not None:
        raise XuqiaoError("workbook.hidden_sign", codepoint=code_point(sign))
    if (twins := stands_for(text)) is not None:
        signs, meant = twins
        raise XuqiaoError(
            "workbook.stands_for", sign=signs, codepoint=code_point(signs), meant=meant, its_codepoint=code_point(meant)
        )
    if (sign := unprintable(text)) is not None:
        raise XuqiaoError("workbook.unprintable", codepoint=code_point(sign))


def _word(value: object) -> str:
    """One of a few words, to be looked up."""
    return tidy(str(value)).casefold()


_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: " "}
"""Full-width digits, letters and signs as they are typed otherwise."""


def _narrow(value: object) -> str:
    """What digits and letters of either width say; nothing else is changed: ① is no 1."""
    return value.translate(_NARROW).strip() if isinstance(value, str) else ""


def _code(value: object) -> str:
    """A code must be text: a number cell has lost leading zeros, and every digit after the fifteenth."""
    if not isinstance(value, str):
        raise XuqiaoError("workbook.code_as_number")
    code = "".join(value.translate(_NARROW).split())
    _check_signs(code)
    return code


def _uscc(value: object) -> str:
    return check_code(_code(value).replace("-", "").upper())


def _industry(value: object) -> str:
    """The class of GB/T 4754; words behind the code are allowed."""
    if not isinstance(value, str):
        raise XuqiaoError("workbook.code_as_number")
    match = re.match(r"([A-T]?[0-9]{2,4})(?![0-9A-Z])", _narrow(value).upper())
    if match is None:
        raise XuqiaoError("workbook.not_an_industry")
    return match[1]


def _phone(value: object) -> str:
    text = re.sub(r"[\s\-()]", "", _narrow(str(value)))
    if not re.fullmatch(r"\+?[0-9]{7,15}", text):
        raise XuqiaoError("workbook.not_a_phone")
    return text


def _account(value: object) -> str:
    digits = re.sub(r"[\s\-]", "", _code(value))
    if not re.fullmatch(r"[0-9]{8,32}", digits):
        raise XuqiaoError("workbook.not_an_account")
    return digits


_GROUPED = "|".join(f"[0-9]{{1,3}}({mark}[0-9]{{3}})+" for mark in (",", " "))
_NUMBER = re.compile(rf"-?({_GROUPED}|[0-9]+)(\.[0-9]+)?")
"""Digits, or groups of three with one mark between them; ``2 80`` and ``2,80`` are slips."""


def _number(value: object) -> Decimal:
    """A number without any rounding: a cell's float is read as the shortest decimal that means it."""
    if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
        return Decimal(repr(value))
    text = _narrow(value)
    if not _NUMBER.fullmatch(text):
        raise XuqiaoError("workbook.not_a_number")
    return Decimal(text.replace(",", "").replace(" ", ""))


def _written(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _shape(cell: Cell, number: Decimal) -> Shape:
    return Shape() if isinstance(cell.value, str) else shape_of(cell.form, number)


def _count(cell: Cell) -> int:
    number = _number(cell.value)
    _check_shown(cell, number, worth=1)
    if number != number.to_integral_value() or not 0 <= number <= MOST_PEOPLE:
        raise XuqiaoError("workbook.not_a_count")
    return int(number)


def _money(cell: Cell, unit: str) -> int:
    amount = _number(cell.value)
    _check_shown(cell, amount, worth=MONEY_UNITS[unit])
    in_yuan = amount * MONEY_UNITS[unit]
    if in_yuan < 0:
        raise XuqiaoError("workbook.negative")
    if in_yuan > MOST_YUAN:
        raise XuqiaoError("workbook.amount_absurd")
    if in_yuan * FEN_PER_YUAN % 1:
        decimals = _YUAN_DECIMALS + (len(str(MONEY_UNITS[unit])) - 1)
        raise XuqiaoError("workbook.too_many_decimals", unit=unit, decimals=decimals)
    return yuan(in_yuan)


def _check_shown(cell: Cell, number: Decimal, worth: int) -> None:
    """That what the officer sees and what the cell holds are one amount.

    A format that only divides (``#,##0,``) is the usual way to look at yuan in thousands: in a column of single units
    the cell holds what is meant. With a unit of its own it must come to the same, else the row is refused.

    Args:
        worth: single units in one unit of the heading.
    """
    shape = _shape(cell, number)
    if shape.percent or shape.odd:
        raise XuqiaoError("workbook.percent_here")
    if shape.foreign:
        raise XuqiaoError("workbook.foreign_currency", currency=shape.foreign)
    shown = number * (shape.unit if shape.unit is not None else worth) / shape.divided
    only_divided = shape.unit is None and worth == 1
    if shown != number * worth and not only_divided:
        raise XuqiaoError("workbook.shown_otherwise", format=cell.form, held=_written(number))


def _percent(cell: Cell) -> int:
    """A percentage as millionths.

    The sign stands behind the number, or the cell has a format of percent and holds the hundredth. Without either a
    small number could be a percentage or a ratio (0.855, 1), and is not guessed.
    """
    signed = re.fullmatch(r"(.*?)\s*%", _narrow(cell.value))
    number = _number(signed[1] if signed else cell.value)
    shape = _shape(cell, number)
    if shape.odd or shape.foreign or shape.unit is not None or shape.divided != 1:
        raise XuqiaoError("workbook.shown_otherwise", format=cell.form, held=_written(number))
    if shape.percent:
        number *= 100
    elif not signed and 0 < number < _RATIOS_END:
        raise XuqiaoError("workbook.ratio_unclear", ratio=_written(number * 100), percentage=_written(number))
    ppm = number * _PPM_PER_PERCENT
    if ppm != ppm.to_integral_value() or not 0 <= number <= MOST_PERCENT:
        raise XuqiaoError("workbook.not_a_percentage", most=MOST_PERCENT)
    return int(ppm)


def _date(cell: Cell) -> date:
    value = cell.value
    if isinstance(value, datetime):
        if not shows_whole_day(cell.form):
            raise XuqiaoError("workbook.day_in_part", format=cell.form, held=value.date())
        return value.date()
    if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
        # Eight digits are a day written together; a spreadsheet's count of days never has so many.
        value = str(int(value)) if value == int(value) and len(str(int(value))) == _EIGHT else ""
    text = re.sub(r"\s+(?=[年月日/.-])|(?<=[年月/.-])\s+", "", _narrow(value))
    match = _DAY.fullmatch(text)
    if match is None:
        raise XuqiaoError("workbook.not_a_date")
    try:
        return date(*(int(part) for part in match.groups() if part))
    except ValueError:
        raise XuqiaoError("workbook.no_such_day") from None


_EIGHT = 8
_TIME = r"(?:[ T](?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.0+)?)?)?"
_DAY = re.compile(
    rf"(?:([0-9]{{4}})年([0-9]{{1,2}})月([0-9]{{1,2}})日?"
    rf"|([0-9]{{4}})-([0-9]{{1,2}})-([0-9]{{1,2}})"
    rf"|([0-9]{{4}})/([0-9]{{1,2}})/([0-9]{{1,2}})"
    rf"|([0-9]{{4}})\.([0-9]{{1,2}})\.([0-9]{{1,2}})"
    rf"|([0-9]{{4}})([0-9]{{2}})([0-9]{{2}})){_TIME}"
)
"""The year first and in full: 12/11/2026 is two days."""


def _yes_no(value: object) -> bool:
    if isinstance(value, bool):
        return value
    match _word(value):
        case "是" | "有" | "y" | "yes":
            return True
        case "否" | "无" | "n" | "no":
            return False
    raise XuqiaoError("workbook.not_yes_or_no", yes=YES, no=NO)


def _bank(value: object, banks: Sequence[PartnerBank] | None) -> str:
    """The code of the partner bank that goes by this code, name, other name or branch."""
    written = name_of(value)
    if banks is None:
        return written
    if bank := bank_called(written, banks):
        return bank.code
    raise XuqiaoError("workbook.unknown_bank", known="、".join(nearest_banks(written, banks)))


def _choice(members: type[Member], others: Mapping[str, Member]) -> Callable[[object], Member]:
    """A reader for the words of an enum, in both languages, its own value, and other usual words."""

    def read(value: object) -> Member:
        known = {name.casefold(): member for name, member in others.items()}
        for member in members:
            known |= {name.casefold(): member for name in (member.value, *(word(member, lang) for lang in LANGUAGES))}
        found = known.get(_word(value))
        if found is None:
            raise XuqiaoError("workbook.unknown_choice", known="、".join(word(member, "zh") for member in members))
        return found

    return read


_READERS: Mapping[Content, Callable[[object], object]] = {
    Content.NAME: name_of,
    Content.TEXT: _text,
    Content.CODE: _code,
    Content.USCC: _uscc,
    Content.INDUSTRY: _industry,
    Content.PHONE: _phone,
    Content.ACCOUNT: _account,
    Content.YES_NO: _yes_no,
    Content.APPLICANT: _choice(
        ApplicantKind,
        {
            "个体户": ApplicantKind.INDIVIDUAL_BUSINESS,
            "公司": ApplicantKind.FIRM,
            "法人代表": ApplicantKind.OWNER,
            "新型农业主体": ApplicantKind.AGRICULTURAL,
        },
    ),
    Content.LOAN: _choice(
        LoanKind,
        {
            "流动资金": LoanKind.WORKING_CAPITAL,
            "流贷": LoanKind.WORKING_CAPITAL,
            "经营性贷款": LoanKind.BUSINESS_OPERATION,
            # 东海 2023 names these three as off-balance.
            "委托贷款": LoanKind.OFF_BALANCE,
            "信托贷款": LoanKind.OFF_BALANCE,
            "未贴现银行承兑汇票": LoanKind.OFF_BALANCE,
        },
    ),
    Content.RISK: _choice(
        LoanRiskClass,
        {"正常类": LoanRiskClass.PASS, "关注类": LoanRiskClass.SPECIAL_MENTION, "次级类": LoanRiskClass.SUBSTANDARD},
    ),
}
