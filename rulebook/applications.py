"""An application as the officer takes it in, and the fund's partner banks."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from difflib import SequenceMatcher
from typing import Any

from rulebook.cases import (
    ApplicantFacts,
    ApplicantKind,
    CaseFacts,
    LoanFacts,
    LoanKind,
    LoanRiskClass,
    RenewalFacts,
    StandingFacts,
)
from rulebook.messages import digest_of
from rulebook.parties.names import compared, same_name
from rulebook.parties.reached import Reached
from rulebook.values import Value


class PartnerBank(Reached):
    """A bank that has a cooperation agreement with the fund (合作银行).

    Attributes:
        code: the short code the fund uses for it.
        name: its registered name, as papers call it.
        aliases: other names by which officers write it (简称).
        branches: its branches (经办网点) that the agreement names; each stands for the bank.
        account_number: the account it keeps for the fund's money (专户), where it keeps one.
        agreement: number of the cooperation agreement (合作协议).
        ceiling_fen: how much of the fund's money may be out for its loans at once; None where none is agreed.
        valid_from, valid_until: the agreement's first and last day; None is without an end.
        uscc: its 统一社会信用代码. The fields of ``Reached`` say where papers reach it.
    """

    code: str
    name: str
    aliases: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    account_number: str | None = None
    agreement: str = "-"
    ceiling_fen: int | None = None
    valid_from: date = date.min
    valid_until: date | None = None
    uscc: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Everything by which it is known: code, name, other names and branches."""
        return (self.code, self.name, *self.aliases, *self.branches)

    def covers(self, day: date) -> bool:
        """Whether the cooperation agreement is in force on a day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


def bank_called(written: str, banks: Sequence[PartnerBank]) -> PartnerBank | None:
    """The bank of a register that goes by a name; None where none does.

    >>> bank_called("晶都农商行", [PartnerBank(code="JDRCB", name="晶都农村商业银行", aliases=("晶都农商行",))]).code
    'JDRCB'
    """
    return next((bank for bank in banks if any(same_name(written, name) for name in bank.names)), None)


def branch_as_written(written: str, bank: PartnerBank) -> str:
    """The branch that an application names, to stand behind the bank's registered name; empty for the bank itself.

    >>> bank = PartnerBank(
    ...     code="JD", name="晶都农村商业银行股份有限公司", aliases=("晶都农村商业银行",),
    ...     branches=("晶都农村商业银行东海支行",),
    ... )
    >>> branch_as_written("晶都农村商业银行东海支行", bank), branch_as_written("晶都农村商业银行", bank)
    ('东海支行', '')
    """
    if not any(same_name(written, branch) for branch in bank.branches):
        return ""
    heads = [name for name in (bank.name, *bank.aliases) if written.startswith(name)]
    return written.removeprefix(max(heads, key=len, default=""))


def nearest_banks(written: str, banks: Sequence[PartnerBank]) -> list[str]:
    """The registered names that are most like what was written, the nearest first; all where none is like it.

    >>> register = [PartnerBank(code="JD", name="晶都农村商业银行"), PartnerBank(code="HZ", name="海州湾银行")]
    >>> nearest_banks("晶都农业银行", register)
    ['晶都农村商业银行']
    """

    def likeness(bank: PartnerBank) -> float:
        return max(SequenceMatcher(None, compared(written), compared(name)).ratio() for name in bank.names)

    ranked = sorted(banks, key=likeness, reverse=True)
    near = [bank for bank in ranked if likeness(bank) >= LIKE_ENOUGH]
    return [bank.name for bank in (near or ranked)[:MOST_NEAREST]]


LIKE_ENOUGH = 0.6
"""Share of signs in common by which a name counts as a slip of another."""
MOST_NEAREST = 5


class ApplicationRow(Value):
    """One application of one borrower for one maturing loan; amounts in fen, None where nothing was said.

    Attributes:
        row: the row of the workbook it stood in; 0 when it came another way.
        uscc: 统一社会信用代码 of the firm, or of the firm whose legal representative borrows in person.
        legal_representative: 法定代表人, or 经营者 of an individual business.
        address, contact, email: where papers reach it besides its telephone; see ``Reached``.
        industry: class of GB/T 4754, such as ``C3052``.
        bank: code of the partner bank; without a register of banks, the name as written.
        bank_name: the bank as the officer wrote it.
        loan_note: 借据号.
        liabilities_ppm: liabilities to assets, in millionths.
        lifted_from_poverty: whether it employs 脱贫户.
        own_contribution_fen: 自筹资金.
        applied_to_bank_on: the day the borrower asked its bank for the renewal, itself.
        account_name, account_number, account_branch: the registered repayment account (还款账户).
        collateral_anew: whether collateral must be released and registered again.
        collateral_type, collateral: kind of the collateral and what it is.
    """

    row: int = 0
    applicant_name: str
    uscc: str
    kind: ApplicantKind
    legal_representative: str
    phone: str
    address: str | None = None
    contact: str | None = None
    email: str | None = None
    industry: str
    employees: int | None = None
    revenue_fen: int | None = None
    assets_fen: int | None = None
    tax_last_year_fen: int | None = None
    registered_locally: bool | None = None
    priority_firm: bool = False
    liabilities_ppm: int | None = None
    listed: bool | None = None
    lifted_from_poverty: bool = False
    seat_locally: bool | None = None
    on_list: bool | None = None
    shareholder: bool | None = None
    farms_as_firm: bool | None = None
    farms_as_individual_business: bool | None = None
    encouraged_industry: bool | None = None
    leading_firm: bool | None = None
    growth_firm: bool | None = None
    high_tech_firm: bool | None = None
    bank: str
    bank_name: str
    loan_note: str
    loan_kind: LoanKind
    balance_fen: int
    maturity: date
    risk_class: LoanRiskClass | None = None
    interest_in_arrears: bool | None = None
    asked_fen: int
    own_contribution_fen: int
    applied_to_bank_on: date | None = None
    account_name: str
    account_number: str
    account_branch: str
    collateral_anew: bool = False
    collateral_type: str | None = None
    collateral: str | None = None
    guarantor: str | None = None
    standing: StandingFacts = StandingFacts()
    renewal: RenewalFacts = RenewalFacts()

    @property
    def payee_digest(self) -> str:
        """The digest that stands for the registered repayment account wherever its number should not."""
        return payee_digest(self.account_name, self.account_number, self.account_branch)

    def facts(self, received_on: date) -> CaseFacts:
        """What the judgements use.

        Args:
            received_on: the fund's business day on which the application came in.
        Returns:
            the facts by value, without names, telephone and account number.
        """
        return CaseFacts(
            applicant=ApplicantFacts(
                kind=self.kind,
                industry=self.industry,
                employees=self.employees,
                revenue_fen=self.revenue_fen,
                assets_fen=self.assets_fen,
                tax_last_year_fen=self.tax_last_year_fen,
                registered_locally=self.registered_locally,
                priority_firm=self.priority_firm,
                liabilities_ppm=self.liabilities_ppm,
                listed=self.listed,
                lifted_from_poverty=self.lifted_from_poverty,
                seat_locally=self.seat_locally,
                on_list=self.on_list,
                shareholder=self.shareholder,
                farms_as_firm=self.farms_as_firm,
                farms_as_individual_business=self.farms_as_individual_business,
                encouraged_industry=self.encouraged_industry,
                leading_firm=self.leading_firm,
                growth_firm=self.growth_firm,
                high_tech_firm=self.high_tech_firm,
            ),
            standing=self.standing,
            loan=LoanFacts(
                bank=self.bank,
                note=self.loan_note,
                kind=self.loan_kind,
                balance_fen=self.balance_fen,
                maturity=self.maturity,
                risk_class=self.risk_class,
                interest_in_arrears=self.interest_in_arrears,
                collateral_anew=self.collateral_anew,
            ),
            asked_fen=self.asked_fen,
            own_contribution_fen=self.own_contribution_fen,
            payee_digest=self.payee_digest,
            received_on=received_on,
            applied_to_bank_on=self.applied_to_bank_on,
            renewal=self.renewal,
        )


def differences(one: ApplicationRow, other: ApplicationRow) -> tuple[str, ...]:
    """The fields in which two applications differ, wherever they stood; those of a group as ``standing.litigation``."""
    return tuple(_differing("", one.model_dump(exclude={"row"}), other.model_dump(exclude={"row"})))


def _differing(group: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    for name, value in one.items():
        if isinstance(value, dict):
            yield from _differing(f"{name}.", value, other[name])
        elif value != other[name]:
            yield group + name


def payee_digest(name: str, number: str, branch: str) -> str:
    """SHA-256 of a repayment account.

    Args:
        name: 户名. number: account number, digits only. branch: 开户行.
    Returns:
        64 hexadecimal digits.
    """
    return digest_of({"name": name, "number": number, "branch": branch})
