"""The facts of a case, by value: what every judgement and every paper is made from."""

from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from rulebook.money import MOST_FEN
from rulebook.values import Value


class ApplicantKind(StrEnum):
    """Who borrows; caps differ by kind."""

    FIRM = "firm"  # 企业
    OWNER = "owner"  # 法定代表人 in person
    INDIVIDUAL_BUSINESS = "individual_business"  # 个体工商户
    AGRICULTURAL = "agricultural"  # 新型农业经营主体


class SizeClass(StrEnum):
    """工信部联企业〔2011〕300号; what the rule does not reach is unclassified, never guessed."""

    LARGE = "large"
    MEDIUM = "medium"
    SMALL = "small"
    MICRO = "micro"
    UNCLASSIFIED = "unclassified"


class LoanKind(StrEnum):
    """What the maturing loan is for."""

    WORKING_CAPITAL = "working_capital"  # 流动资金贷款
    BUSINESS_OPERATION = "business_operation"  # 个人经营性贷款
    PROJECT = "project"  # 项目贷款
    OFF_BALANCE = "off_balance"  # 表外融资


class LoanRiskClass(StrEnum):
    """贷款五级分类."""

    PASS = "pass"
    SPECIAL_MENTION = "special_mention"
    SUBSTANDARD = "substandard"
    DOUBTFUL = "doubtful"
    LOSS = "loss"


class Route(StrEnum):
    """What the bank's answer leads to."""

    DIRECT = "direct"  # 无还本续贷: the fund's money stays home
    BRIDGE = "bridge"  # 先还后贷: the fund bridges
    NONE = "none"  # no renewal: no bridge


class BankAnswer(StrEnum):
    """The bank's reason code when it is asked what it can do with a maturing loan."""

    RENEW_WITHOUT_REPAYMENT = "renew_without_repayment"  # 无还本续贷
    EXTEND = "extend"  # 展期
    REVOLVING = "revolving"  # 循环/年审
    REDUCED_RENEWAL = "reduced_renewal"  # 缩额续贷, the difference repaid
    REPAY_THEN_LEND = "repay_then_lend"  # 先还后贷
    NO_RENEWAL = "no_renewal"  # 不续贷

    @property
    def route(self) -> Route:
        """Only repay-first, and the bridgeable part of a smaller renewal, need the fund."""
        match self:
            case BankAnswer.REPAY_THEN_LEND | BankAnswer.REDUCED_RENEWAL:
                return Route.BRIDGE
            case BankAnswer.NO_RENEWAL:
                return Route.NONE
            case _:
                return Route.DIRECT


class PromiseRung(StrEnum):
    """How far the bank's promise has come; a promise is a ladder, not an event."""

    INTENTION = "intention"  # 意向
    APPROVED = "approved"  # 有权审批行批复
    CONTRACTS_SIGNED = "contracts_signed"
    CONDITIONS_MET = "conditions_met"
    RELEASED = "released"

    @property
    def height(self) -> int:
        return _HEIGHTS[self]


_HEIGHTS = {rung: height for height, rung in enumerate(PromiseRung)}


class Promise(Value):
    """What the bank promises to lend anew, and how firmly (续贷承诺函).

    Attributes:
        rung: how far it has come.
        amount_fen: the renewed loan promised, in fen.
        valid_until: last day on which the bank stands by it.
        reference: number of the letter or of the approval.
        signatory: name and post of the person who signed for the bank.
        authority_fen: the most this person may promise, in fen.
        conditions: limiting conditions, as the letter says them.
    """

    rung: PromiseRung
    amount_fen: int = Field(ge=-MOST_FEN, le=MOST_FEN)
    valid_until: date
    reference: str
    signatory: str
    authority_fen: int = Field(ge=-MOST_FEN, le=MOST_FEN)
    conditions: str = ""

    @property
    def terms(self) -> dict[str, object]:
        """All of it but the rung: what an approval relies on, as plain data."""
        return self.model_dump(mode="json", exclude={"rung"})


class Asked(Value):
    """Facts about a borrower. Those that the forms asked only later are left out where nobody knows them.

    So facts recorded before them have the digest today that they had then, which an approval rests on.
    """

    ASKED_LATER: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _without_what_nobody_was_asked(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: fact for name, fact in dump(self).items() if fact is not None or name not in self.ASKED_LATER}


class ApplicantFacts(Asked):
    """The borrower as the law looks at him. None means not known: that never passes a rule.

    Attributes:
        liabilities_ppm: liabilities to assets, in millionths.
        listed: whether its shares are listed.
        lifted_from_poverty: whether it employs 脱贫户.
        seat_locally: whether it is registered here, wherever it pays its taxes.
        on_list: whether it stands on the list of firms (名单) that the measure names.
        shareholder: of a person who borrows: a shareholder, and not the legal representative.
        farms_as_firm, farms_as_individual_business: what a 新型农业经营主体 is by its licence.
        encouraged_industry: whether its industry is one that the state encourages.
    """

    ASKED_LATER = frozenset(
        {
            "seat_locally", "on_list", "shareholder", "farms_as_firm", "farms_as_individual_business",
            "encouraged_industry", "leading_firm", "growth_firm", "high_tech_firm",
        }
    )  # fmt: skip

    kind: ApplicantKind
    industry: str
    employees: int | None = None
    revenue_fen: int | None = None
    assets_fen: int | None = None
    tax_last_year_fen: int | None = None
    registered_locally: bool | None = None
    priority_firm: bool = False  # 专精特新, 强优
    liabilities_ppm: int | None = None
    listed: bool | None = None
    lifted_from_poverty: bool = False
    seat_locally: bool | None = None
    on_list: bool | None = None
    shareholder: bool | None = None
    farms_as_firm: bool | None = None
    farms_as_individual_business: bool | None = None
    encouraged_industry: bool | None = None
    leading_firm: bool | None = None  # 龙头企业
    growth_firm: bool | None = None  # 成长型企业
    high_tech_firm: bool | None = None  # 高新技术企业


class StandingFacts(Asked):
    """Each is True when the trouble exists, False when it was checked and does not, None when not known."""

    ASKED_LATER = frozenset({"representative_bad_credit", "controller_bad_credit", "unpaid_tax"})

    abnormal_operation: bool | None = None  # 经营异常
    unpaid_wages: bool | None = None  # 拖欠工资
    litigation: bool | None = None  # 涉诉
    bad_credit: bool | None = None  # 不良信用
    dishonest_debtor: bool | None = None  # 失信被执行人
    loan_misused: bool | None = None  # 挪用信贷资金
    stopped_over_six_months: bool | None = None  # 停产停业六个月以上
    no_tax_for_six_months: bool | None = None  # 六个月以上无增值税等税收
    overdue_over_three_months: bool | None = None  # 逾期三个月以上
    representative_bad_credit: bool | None = None  # 法定代表人不良信用
    controller_bad_credit: bool | None = None  # 实际控制人不良信用
    unpaid_tax: bool | None = None  # 欠税漏税


class RenewalFacts(Value):
    """What the bank's renewal as such rests on (金规〔2024〕13号). None means not known."""

    need_persists: bool | None = None  # 仍有融资需求
    difficulty_temporary: bool | None = None  # 存在临时性资金困难
    lawful_operation: bool | None = None  # 依法合规经营
    operating_stably: bool | None = None  # 生产经营正常, 具备持续经营能力
    debt_evasion: bool | None = None  # 逃废债
    meets_lending_standard: bool | None = None  # 符合新发放贷款条件
    contract_signed_on: date | None = None  # the new contract, and that of the guarantee


class Exposure(Value):
    """Money of the fund with somebody, other bridges than this one; in fen.

    Attributes:
        out_fen: applied for earlier and still open, held, or paid out and not yet back.
        year_fen: paid out in the calendar year of the application.
    """

    out_fen: int
    year_fen: int


class ExposureFacts(Value):
    """What the borrower already had of the fund. None means not known.

    Attributes:
        last_returned_on: the day its last bridge was returned; None also when it never had one.
    """

    firm: Exposure | None = None
    controller: Exposure | None = None
    group: Exposure | None = None
    last_returned_on: date | None = None


class LoanFacts(Value):
    """The loan that falls due. ``note`` is the bank's LoanNote number (借据号)."""

    bank: str
    note: str
    kind: LoanKind
    balance_fen: int
    maturity: date
    risk_class: LoanRiskClass | None = None
    interest_in_arrears: bool | None = None
    collateral_anew: bool = False  # collateral must be released and registered again


class CaseFacts(Value):
    """Everything a judgement uses, recorded by value when the case opens.

    Attributes:
        payee_digest: SHA-256 of the registered repayment account (name, number, branch); the number itself
            stays in the case file.
        received_on: the day the application came in, in the fund's business days.
        applied_to_bank_on: the day the borrower asked its bank for the renewal, itself.
        papers_in: names of the papers handed in, as the measure names them; None when nobody has looked.
    """

    applicant: ApplicantFacts
    standing: StandingFacts
    loan: LoanFacts
    asked_fen: int
    own_contribution_fen: int
    payee_digest: str
    received_on: date
    applied_to_bank_on: date | None = None
    renewal: RenewalFacts = RenewalFacts()
    exposure: ExposureFacts = ExposureFacts()
    papers_in: tuple[str, ...] | None = None


def renewal_id(fund: str, case_no: str) -> str:
    """The id of the workflow that carries a case from intake to its end.

    >>> renewal_id("DH", "DH-2026-00017-4")
    'renewal/DH/DH-2026-00017-4'
    """
    return f"renewal/{fund}/{case_no}"


def recovery_id(fund: str, case_no: str) -> str:
    """The id of the workflow that pursues money which did not come back in time.

    >>> recovery_id("DH", "DH-2026-00017-4")
    'recovery/DH/DH-2026-00017-4'
    """
    return f"recovery/{fund}/{case_no}"
