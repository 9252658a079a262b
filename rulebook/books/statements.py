"""The bank's statement (对账单) of a ring-fenced account: what its lines say, how untagged money divides.

What came in is positive, what went out negative, all in fen. Pure. What running balances prove stands in
``running_balance.py``, which line is which in ``same_line.py``, how lines and books fit in ``reconciling.py``.
"""

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from pydantic import Field

from rulebook.errors import XuqiaoError
from rulebook.messages import ReceiptPurpose, digest_of
from rulebook.money import MOST_FEN, format_yuan
from rulebook.values import Value

_INTEREST = re.compile("结息|利息|存款息")
_SETTLED = re.compile("结息|利息入账|存款利息|活期利息|账户利息|存款息")
"""What a bank calls the interest it pays; enough where the line names nobody."""
_CHARGE = re.compile("手续费|工本费|管理费|服务费|电汇费|汇款费|汇划费|年费|短信费|账户费|收费|扣费|回单费|函证费")
_RETURNED = re.compile("退汇|退回|退票|冲正|汇款失败|付款失败|转账失败|支付失败")
_OF_SOMEBODY = re.compile("归还|还款|偿还|还本|转贷|贷款|代还|代付|代垫|代偿")
"""Interest that a borrower pays is not interest on the account; nor is a fee paid for him a charge for keeping it."""
_A_BANK = re.compile(
    "(银行|信用社|联社|农商行|农信社)(股份有限公司|有限责任公司|有限公司|股份公司)?(.*[支分]行|.*分理处)?(营业部)?$"
)
"""How a bank's name ends; a firm may well have the word within its own (南京银行家咖啡有限公司)."""
_ITS_OWN_ACCOUNT = re.compile("应付.*利息|利息支出|手续费收入|暂[收付]款|清算(资金|账户|款)")


class LineKind(StrEnum):
    """What a line is by its own words, whoever's it is."""

    TRANSFER = "transfer"
    INTEREST = "interest"  # of the ring-fenced account itself
    CHARGE = "charge"  # of the bank for keeping it


class StatementLine(Value):
    """One line as the bank wrote it.

    Attributes:
        on: the bank's day of booking.
        amount_fen: in fen; above zero came in, below zero went out.
        balance_fen: of the account after this line, where the statement has it.
        reference: the bank's number of the line (流水号); empty where it has none.
        payer_name, payer_account: the other side (对方户名, 对方账号); the account as digits.
        summary: 摘要, with 用途 and 附言 where there are such columns.
    """

    on: date
    amount_fen: int = Field(ge=-MOST_FEN, le=MOST_FEN)
    balance_fen: int | None = Field(default=None, ge=-MOST_FEN, le=MOST_FEN)
    reference: str = ""
    payer_name: str = ""
    payer_account: str = ""
    summary: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the whole line as the bank wrote it."""
        return digest_of(self.model_dump(mode="json", exclude={"name"}))

    @property
    def kind(self) -> LineKind:
        """Interest and charges are the bank's own doing, on whichever of its internal accounts it books them.

        They belong to no case, and an officer books them as what they are.
        """
        is_banks = not self.payer_name or _A_BANK.search(self.payer_name) or _ITS_OWN_ACCOUNT.search(self.payer_name)
        if not is_banks or _OF_SOMEBODY.search(self.summary):
            return LineKind.TRANSFER
        interest = _INTEREST if self.payer_name else _SETTLED
        if self.amount_fen > 0 and interest.search(self.summary):
            return LineKind.INTEREST
        if self.amount_fen < 0 and _CHARGE.search(self.summary):
            return LineKind.CHARGE
        return LineKind.TRANSFER

    @property
    def says_returned(self) -> bool:
        """Whether the bank's own words say that a payment came back (退汇); which one, its account and amount tell."""
        return self.amount_fen > 0 and bool(_RETURNED.search(self.summary))


class KnownLine(StatementLine):
    """A line on record; ``name`` is its reference in the books, and unique in its fund."""

    name: str


# Money that names no purpose -----------------------------------------------------------------------------------


def divide_untagged(
    amount_fen: int, order: Sequence[ReceiptPurpose] | None, *, outstanding_fen: int, fee_owed_fen: int
) -> dict[ReceiptPurpose, int]:
    """Divide money that names no purpose in the measure's order; each but the last purpose takes what is owed to it.

    Args:
        amount_fen: what came in, in fen.
        order: what the measure says such money pays first; None where it is silent.
        outstanding_fen, fee_owed_fen: principal and usage fee still to come, in fen.
    Returns:
        fen by purpose; they add up to the amount.
    Raises:
        XuqiaoError: ``statement.order_silent`` where the measure does not say enough: a person must.

    >>> both = (ReceiptPurpose.PRINCIPAL, ReceiptPurpose.FEE)
    >>> [fen for fen in divide_untagged(120, both, outstanding_fen=100, fee_owed_fen=15).values()]
    [100, 20]
    """
    owed = {ReceiptPurpose.PRINCIPAL: outstanding_fen, ReceiptPurpose.FEE: max(0, fee_owed_fen)}
    divided = dict.fromkeys(owed, 0)
    left = amount_fen
    for purpose in order or ():
        divided[purpose] = min(left, owed[purpose])
        left -= divided[purpose]
    if left and set(order or ()) == set(owed):
        divided[(order or ())[-1]] += left
        left = 0
    if left:
        raise XuqiaoError("statement.order_silent", amount=format_yuan(amount_fen, grouped=True))
    return divided
