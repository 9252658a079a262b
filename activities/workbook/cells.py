"""One cell of the application workbook: what stands in it becomes a value, or says why it cannot."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, TypeVar

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from activities.words import LANGUAGES, word
from activities.workbook.columns import MONEY_UNITS, NO, YES, Column, Content, tidy
from rulebook.applications import PartnerBank
from rulebook.cases import ApplicantKind, LoanKind, LoanRiskClass
from rulebook.errors import XuqiaoError
from rulebook.money import FEN_PER_YUAN, yuan
from rulebook.papers.printing import unprintable

MOST_CHARACTERS = 150
MOST_YUAN = 100_000_000_000
MOST_PEOPLE = 10_000_000
MOST_PERCENT = 10_000
_PPM_PER_PERCENT = 10_000
_YUAN_DECIMALS = 2


class Cell(NamedTuple):
    """A cell as the file holds it; ``kind`` is openpyxl's: f formula, e error, anything else a value."""

    value: object
    kind: str

    @property
    def blank(self) -> bool:
        return self.value is None or (isinstance(self.value, str) and not tidy(self.value))

    @property
    def shown(self) -> str:
        """The content as the officer sees it, cut to a length that fits a message."""
        if isinstance(self.value, datetime):
            text = self.value.date().isoformat()
        else:
            text = "" if self.value is None else str(getattr(self.value, "text", self.value))
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
    if column.content is Content.MONEY:
        return _money(cell.value, unit)
    if column.content is Content.BANK:
        return _bank(cell.value, banks)
    return _READERS[column.content](cell.value)


def _text(value: object) -> str:
    """Words that papers will repeat."""
    text = tidy(str(value))
    if (char := unprintable(text)) is not None:
        raise XuqiaoError("workbook.unprintable", codepoint=f"U+{ord(char):04X}")
    return text


def _code(value: object) -> str:
    """A code must be text: a number cell has lost leading zeros, and every digit after the fifteenth."""
    if not isinstance(value, str):
        raise XuqiaoError("workbook.code_as_number")
    return tidy(value).replace(" ", "")


def _uscc(value: object) -> str:
    number = _code(value).replace("-", "").upper()
    try:
        return str(uscc.validate(number))
    except InvalidChecksum:
        raise XuqiaoError("workbook.uscc_check", given=number[-1], right=uscc.calc_check_digit(number)) from None
    except ValidationError:
        raise XuqiaoError("workbook.uscc_form", length=len(number)) from None


def _industry(value: object) -> str:
    """The class of GB/T 4754; words behind the code are allowed."""
    if not isinstance(value, str):
        raise XuqiaoError("workbook.code_as_number")
    match = re.match(r"([A-T]?[0-9]{2,4})(?![0-9A-Z])", tidy(value).upper())
    if match is None:
        raise XuqiaoError("workbook.not_an_industry")
    return match[1]


def _phone(value: object) -> str:
    text = re.sub(r"[\s\-()]", "", _text(value))
    if not re.fullmatch(r"\+?[0-9]{7,15}", text):
        raise XuqiaoError("workbook.not_a_phone")
    return text


def _account(value: object) -> str:
    digits = re.sub(r"[\s\-]", "", _code(value))
    if not re.fullmatch(r"[0-9]{8,32}", digits):
        raise XuqiaoError("workbook.not_an_account")
    return digits


def _number(value: object) -> Decimal:
    """A number without any rounding: a cell's float is read as the shortest decimal that means it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(repr(value))
    text = tidy(value).replace(" ", "") if isinstance(value, str) else ""
    if not re.fullmatch(r"-?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\.[0-9]+)?", text):
        raise XuqiaoError("workbook.not_a_number")
    return Decimal(text.replace(",", ""))


def _count(value: object) -> int:
    number = _number(value)
    if number != number.to_integral_value() or not 0 <= number <= MOST_PEOPLE:
        raise XuqiaoError("workbook.not_a_count")
    return int(number)


def _money(value: object, unit: str) -> int:
    amount = _number(value)
    in_yuan = amount * MONEY_UNITS[unit]
    if in_yuan < 0:
        raise XuqiaoError("workbook.negative")
    if in_yuan > MOST_YUAN:
        raise XuqiaoError("workbook.amount_absurd")
    if in_yuan * FEN_PER_YUAN % 1:
        decimals = _YUAN_DECIMALS + (len(str(MONEY_UNITS[unit])) - 1)
        raise XuqiaoError("workbook.too_many_decimals", unit=unit, decimals=decimals)
    return yuan(in_yuan)


def _percent(value: object) -> int:
    """A percentage as millionths; the sign is in the heading, and may stand behind the number too."""
    number = _number(value.strip().rstrip("%％") if isinstance(value, str) else value)
    ppm = number * _PPM_PER_PERCENT
    if ppm != ppm.to_integral_value() or not 0 <= number <= MOST_PERCENT:
        raise XuqiaoError("workbook.not_a_percentage", most=MOST_PERCENT)
    return int(ppm)


def _date(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    text = tidy(value).replace(" ", "") if isinstance(value, str) else ""
    match = re.fullmatch(r"([0-9]{4})(?:-|/|\.|年)([0-9]{1,2})(?:-|/|\.|月)([0-9]{1,2})日?", text) or re.fullmatch(
        r"([0-9]{4})([0-9]{2})([0-9]{2})", text
    )
    if match is None:
        raise XuqiaoError("workbook.not_a_date")
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        raise XuqiaoError("workbook.no_such_day") from None


def _yes_no(value: object) -> bool:
    if isinstance(value, bool):
        return value
    match _text(value).casefold():
        case "是" | "有" | "y" | "yes":
            return True
        case "否" | "无" | "n" | "no":
            return False
    raise XuqiaoError("workbook.not_yes_or_no", yes=YES, no=NO)


def _bank(value: object, banks: Sequence[PartnerBank] | None) -> str:
    """The code of the partner bank that goes by this code, name or other name."""
    written = _text(value)
    if banks is None:
        return written
    for bank in banks:
        if written.casefold() in {tidy(name).casefold() for name in (bank.code, bank.name, *bank.aliases)}:
            return bank.code
    raise XuqiaoError("workbook.unknown_bank", known="、".join(bank.name for bank in banks))


def _choice(members: type[Member], others: Mapping[str, Member]) -> Callable[[object], Member]:
    """A reader for the words of an enum, in both languages, its own value, and other usual words."""

    def read(value: object) -> Member:
        known = {name.casefold(): member for name, member in others.items()}
        for member in members:
            known |= {name.casefold(): member for name in (member.value, *(word(member, lang) for lang in LANGUAGES))}
        found = known.get(_text(value).casefold())
        if found is None:
            raise XuqiaoError("workbook.unknown_choice", known="、".join(word(member, "zh") for member in members))
        return found

    return read


_READERS: Mapping[Content, Callable[[object], object]] = {
    Content.TEXT: _text,
    Content.CODE: _code,
    Content.USCC: _uscc,
    Content.INDUSTRY: _industry,
    Content.PHONE: _phone,
    Content.ACCOUNT: _account,
    Content.COUNT: _count,
    Content.PERCENT: _percent,
    Content.DATE: _date,
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
