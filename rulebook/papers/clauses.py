"""What agreements may say beside what every one says: clauses that a measure asks for or an operator wants."""

from enum import StrEnum


class OptionalClause(StrEnum):
    """A clause that is printed where the measure or the operator names it, and nowhere else."""

    FORCE_MAJEURE = "force_majeure"  # 不可抗力
    NO_ASSIGNMENT = "no_assignment"  # 不得转让
    TERMINATION = "termination"  # 解除
    ANTI_MONEY_LAUNDERING = "anti_money_laundering"  # 反洗钱
    CREDIT_INQUIRY = "credit_inquiry"  # 征信授权
    ENFORCEABLE_DEED = "enforceable_deed"  # 强制执行公证


class PartyInBreach(StrEnum):
    """Who broke an agreement with the fund (违约方)."""

    BORROWER = "borrower"  # 借款人
    BANK = "bank"  # 续贷银行
