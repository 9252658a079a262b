"""The columns of banks' statements: what each bank calls what."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from activities.workbook.columns import tidy
from rulebook.errors import XuqiaoError


class Field(StrEnum):
    """What a column of a statement holds."""

    DAY = "day"
    DEBIT = "debit"
    CREDIT = "credit"
    AMOUNT = "amount"
    MARK = "mark"
    BALANCE = "balance"
    REFERENCE = "reference"
    PAYER_NAME = "payer_name"
    PAYER_ACCOUNT = "payer_account"
    SUMMARY = "summary"
    OWN_ACCOUNT = "own_account"


_NAMES: Mapping[Field, tuple[str, ...]] = {
    Field.DAY: ("记账日期", "入账日期", "交易日期", "记账日", "交易日", "日期", "记账时间", "入账时间", "交易时间"),
    Field.DEBIT: (
        *("借方发生额", "借方金额", "借方", "借", "支出金额", "支出", "付款金额", "转出金额"),
        *("借方发生额/支出", "借方(支出)"),
    ),
    Field.CREDIT: (
        *("贷方发生额", "贷方金额", "贷方", "贷", "收入金额", "收入", "收款金额", "转入金额"),
        *("贷方发生额/收入", "贷方(收入)"),
    ),
    Field.AMOUNT: ("交易金额", "发生额", "金额"),
    Field.MARK: ("借贷标志", "借贷标识", "借贷方向", "借贷", "借/贷", "收支标志", "收支", "收付标志", "方向"),
    Field.BALANCE: ("账户余额", "帐户余额", "交易后余额", "当前余额", "余额"),
    Field.REFERENCE: ("流水号", "交易流水号", "银行流水号", "核心流水号", "账户流水号", "交易参考号", "银行参考号"),
    Field.PAYER_NAME: ("对方户名", "对方名称", "对方账户名称", "对方账户名", "对手户名", "对方单位名称", "对方单位"),
    Field.PAYER_ACCOUNT: ("对方账号", "对方帐号", "对方账户", "对方卡号", "对手账号", "对方账号/卡号"),
    Field.SUMMARY: ("摘要", "交易摘要", "用途", "附言", "备注", "交易附言"),
    Field.OWN_ACCOUNT: ("账号", "帐号", "本方账号", "本方帐号", "卡号"),
}
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names}
_SEVERAL = frozenset({Field.SUMMARY, Field.OWN_ACCOUNT})
_UNIT = re.compile(r"[(（](元|人民币|人民币元|CNY|RMB)[)）]$", re.IGNORECASE)


def columns_of(headings: Sequence[str]) -> dict[int, Field] | None:
    """What stands in which column.

    Args:
        headings: a row that may be the headings.
    Returns:
        the fields by place; None where the row has no day or no amount, and so is no row of headings. Of several days
        (记账日期, 交易日期, 交易时间) the one that the books go by.
    Raises:
        XuqiaoError: ``statement.column_twice`` where it cannot be known which one counts.
    """
    found: dict[int, Field] = {}
    named = [_UNIT.sub("", re.sub(r"\s", "", tidy(heading))) for heading in headings]
    days = [name for name in _NAMES[Field.DAY] if name in named]
    twice: list[str] = []
    for place, name in enumerate(named):
        field = _FIELD_OF.get(name)
        if field is None or (field is Field.DAY and name != days[0]):
            continue
        if field in found.values() and field not in _SEVERAL:
            twice.append(headings[place])
        found[place] = field
    fields = set(found.values())
    if Field.DAY not in fields or not (Field.AMOUNT in fields or fields >= {Field.DEBIT, Field.CREDIT}):
        return None
    if twice:
        raise XuqiaoError("statement.column_twice", heading=twice[0])
    return found
