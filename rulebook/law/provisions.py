"""What a measure can say: every value with its citation, in sections as a pack's tables have them."""

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StrictBool,
    ValidationInfo,
    WithJsonSchema,
    model_serializer,
)
from pydantic_core import PydanticCustomError

from rulebook.calendar import DayUnit, read_clock
from rulebook.cases import ApplicantKind, LoanKind, PromiseRung, SizeClass
from rulebook.errors import XuqiaoError
from rulebook.law.fees import MOST_DAYS, FeeTiers, Waivers
from rulebook.law.rates import PPM, Rate, read_rate
from rulebook.law.size import industry_of
from rulebook.messages import BorrowersPurpose, ChecklistItem
from rulebook.money import FEN_PER_YUAN, YUAN_PER_WAN
from rulebook.papers.clauses import OptionalClause
from rulebook.papers.kinds import DocumentKind, LegalForm
from rulebook.papers.signing import OnRecord
from rulebook.values import Day, Value

T = TypeVar("T")
_AMOUNT = re.compile(r"(?P<number>[0-9]{1,12}(\.[0-9]{1,6})?)(?P<unit>[万亿]?)元")
_YUAN_PER_UNIT = {"": 1, "万": YUAN_PER_WAN, "亿": YUAN_PER_WAN**2}
OPERATOR = "operator"
"""Citation of a value that is the operator's own choice; every other citation is a key of ``Measure.articles``."""


class QueueOrder(StrEnum):
    """What a measure puts first when the pool is short."""

    PRIORITY_FIRM = "priority_firm"  # the classes of ``queue.priority_firms``; without them 专精特新, 强优
    LIFTED_FROM_POVERTY = "lifted_from_poverty"  # firms that employ 脱贫户
    OWN_CONTRIBUTION = "own_contribution"  # more own money for the same loan
    TAX_LAST_YEAR = "tax_last_year"  # more tax paid in the year before
    FIRST_COME = "first_come"  # the earlier day of receipt


class PriorityFirm(StrEnum):
    """Classes of firms that a measure serves first, all alike."""

    SPECIALISED = "specialised"  # 专精特新, 强优
    LEADING = "leading"  # 龙头企业
    GROWTH = "growth"  # 成长型企业
    HIGH_TECH = "high_tech"  # 高新技术企业


class Person(StrEnum):
    """Who of a firm borrows in person."""

    LEGAL_REPRESENTATIVE = "legal_representative"  # 法定代表人
    SHAREHOLDER = "shareholder"  # 股东


Trouble = Literal[
    "abnormal_operation",
    "unpaid_wages",
    "litigation",
    "bad_credit",
    "dishonest_debtor",
    "loan_misused",
    "stopped_over_six_months",
    "no_tax_for_six_months",
    "overdue_over_three_months",
    "representative_bad_credit",
    "controller_bad_credit",
    "unpaid_tax",
]
"""Names of ``StandingFacts``."""


AS_WRITTEN = {"as_written": True}
"""Validation context of a pack's or an overlay's text. Only a history may hold bare fen and millionths: in a text
written by people a bare number leaves its unit open, and is refused."""


def _kept(value: object, info: ValidationInfo) -> int | None:
    """A number as a history keeps it; None for what people wrote."""
    written = bool(info.context and info.context.get("as_written"))
    return value if isinstance(value, int) and not isinstance(value, bool) and not written else None


def _read_amount(written: object, info: ValidationInfo) -> int:
    """``1000万元``, ``2亿元`` or ``5000.00元`` in fen."""
    if (kept := _kept(written, info)) is not None:
        return kept
    if isinstance(written, str) and (parts := _AMOUNT.fullmatch(written)):
        fen = Decimal(parts["number"]) * FEN_PER_YUAN * _YUAN_PER_UNIT[parts["unit"]]
        if fen == fen.to_integral_value():
            return int(fen)
    raise PydanticCustomError("pack.not_an_amount", "write an amount as 1000万元 or 5000.00元")


def _read_share(written: object, info: ValidationInfo) -> int:
    """``95%`` in millionths."""
    if (kept := _kept(written, info)) is not None:
        return kept
    share = read_rate(written) * PPM
    if share.denominator != 1:
        raise PydanticCustomError("pack.not_a_rate", "a share has at most four decimals of a percent")
    return int(share)


def _check_clock(written: str) -> str:
    try:
        read_clock(written)
    except XuqiaoError:
        raise PydanticCustomError("pack.not_a_time", "write a time of day as 16:30") from None
    return written


def _check_industry(code: str) -> str:
    try:
        industry_of(code)
    except XuqiaoError:
        raise PydanticCustomError("pack.not_an_industry", "write a code of GB/T 4754 such as J or 7010") from None
    return code


def _written(pattern: str, example: str) -> WithJsonSchema:
    """How a value that people write as text stands in the schema of a pack."""
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


Amount = Annotated[int, BeforeValidator(_read_amount), _written(r"^[0-9]{1,12}(\.[0-9]{1,6})?[万亿]?元$", "1000万元")]
Share = Annotated[int, BeforeValidator(_read_share), _written(r"^[0-9]+(\.[0-9]+)?%$", "95%")]
Days = Annotated[int, Field(ge=0, le=MOST_DAYS, strict=True)]
DaysOfTerm = Annotated[int, Field(ge=1, le=MOST_DAYS, strict=True)]
Clock = Annotated[str, AfterValidator(_check_clock)]
Industry = Annotated[str, AfterValidator(_check_industry)]
Words = Annotated[str, Field(min_length=1, max_length=200)]


class Provision(Value, Generic[T]):
    """One value of a measure and what it rests on, or nothing at all.

    Attributes:
        value: None when unset.
        cite: key of ``Measure.articles``, or ``operator``; None when unset.
    """

    value: T | None = None
    cite: str | None = None


NEEDED = "needed"


def needed() -> Any:
    """A provision without which no case can be judged: the measure says it, or the operator must."""
    return Field(default=Provision(), json_schema_extra={NEEDED: True})


def silent() -> Any:
    """A provision that a measure may be silent about: then there is no such rule."""
    return Field(default=Provision(), json_schema_extra={NEEDED: False})


class Section(Value):
    """A table of a pack; every field is a provision, unset unless the pack or the overlay says it."""

    model_config = ConfigDict(validate_default=True)

    @model_serializer(mode="wrap")
    def _only_what_is_set(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: kept for name, kept in dump(self).items() if kept["cite"] is not None}

    @classmethod
    def needs(cls, name: str) -> bool:
        """Whether no case can be judged without this provision."""
        extra = cls.model_fields[name].json_schema_extra
        return isinstance(extra, Mapping) and bool(extra[NEEDED])


class ValiditySection(Section):
    """When the measure holds: both days included. ``superseded_by``: the document that replaced it."""

    since: Provision[Day] = needed()
    until: Provision[Day] = silent()
    superseded_by: Provision[Words] = silent()


class FundSource(Value):
    """Whose money the fund is made of; ``at_least`` where the amount is the least that must be paid in."""

    giver: Words
    amount: Amount | None = None
    at_least: StrictBool = False


class FundSection(Section):
    """The fund itself: its money, what its fee income may be spent on, and when it stops lending.

    ``stop_at_overdue``: share of the fund that is overdue from which no more money leaves (circuit breaker).
    ``spending_limit``: share of a year's fee income that may be spent, on ``spending_on``; the rest joins the fund.
    """

    sources: Provision[tuple[FundSource, ...]] = silent()
    stop_at_overdue: Provision[Share] = silent()
    spending_limit: Provision[Share] = silent()
    spending_on: Provision[tuple[Words, ...]] = silent()


class ApplicantSection(Section):
    """Who is admitted. ``sizes`` is asked of firms, and of the firm of an owner in person.

    ``sizes_of_owner``: where the firm of a person is asked for another size. ``large_by_list``: the list on which a
    large firm must stand to be admitted beside ``sizes``. ``persons``: who of a firm may borrow in person.
    ``registered_locally``: registered and taxed here, or, where ``place_of_business_counts``, at work and taxed here: a
    human looks at who is registered elsewhere. ``seat_locally``: registered here, wherever it is taxed.
    ``industries``: codes of GB/T 4754, no others are admitted; ``industries_excluded``: all but these.
    ``tax_floor``: tax of the year before; ``tax_floor_for_small`` and ``tax_floor_for_encouraged`` False let a human
    decide below it for small and micro firms, and for industries that the state encourages.
    ``most_liabilities``: liabilities to assets; more than 100 % is 资不抵债.
    ``conditions``: what the measure asks in words that no fact answers; a human sees to each of them.
    """

    kinds: Provision[tuple[ApplicantKind, ...]] = needed()
    sizes: Provision[tuple[SizeClass, ...]] = needed()
    sizes_of_owner: Provision[tuple[SizeClass, ...]] = silent()
    large_by_list: Provision[Words] = silent()
    persons: Provision[tuple[Person, ...]] = silent()
    registered_locally: Provision[StrictBool] = silent()
    place_of_business_counts: Provision[StrictBool] = silent()
    seat_locally: Provision[StrictBool] = silent()
    tax_floor: Provision[Amount] = silent()
    tax_floor_for_small: Provision[StrictBool] = silent()
    tax_floor_for_encouraged: Provision[StrictBool] = silent()
    most_liabilities: Provision[Share] = silent()
    industries: Provision[tuple[Industry, ...]] = silent()
    industries_excluded: Provision[tuple[Industry, ...]] = silent()
    conditions: Provision[tuple[Words, ...]] = silent()


class LoanSection(Section):
    """Which maturing loans are admitted: ``kinds`` for firms, ``kinds_in_person`` for everybody else.

    ``kinds_out``: what the measure names as not admitted. ``least_individual_business``: the smallest loan of a 个体户.
    ``another_bank``: whether another bank than the old one may renew (跨行转贷).
    """

    kinds: Provision[tuple[LoanKind, ...]] = needed()
    kinds_in_person: Provision[tuple[LoanKind, ...]] = needed()
    kinds_out: Provision[tuple[LoanKind, ...]] = silent()
    least_individual_business: Provision[Amount] = silent()
    another_bank: Provision[StrictBool] = silent()


class StandingSection(Section):
    """What keeps a borrower out: as the measure lists it, and what the operator adds."""

    excluded: Provision[tuple[Trouble, ...]] = needed()
    also_excluded: Provision[tuple[Trouble, ...]] = silent()


class DayOff(StrEnum):
    """What becomes of a date that falls on a day off."""

    SAME = "same"  # it stays where it is
    BEFORE = "workday_before"
    AFTER = "workday_after"


class BridgeSection(Section):
    """How much, how long, on what promise. ``covers``: the bridge pays principal; interest is the borrower's.

    Caps are for one bridge of one applicant. ``cap_listed_firm``: of a firm whose shares are listed; ``cap_on_list``:
    of a firm on the measure's list (名单制). ``cap_agricultural_by_kind``: a 新型农业经营主体 has the cap, the sizes
    and the loans of the firm or 个体户 that it is. ``promise_ratio``: of the renewed loan that the bank promises;
    ``maturing_ratio``: of the principal that falls due, the rest being own money. ``term_days`` begin with the payout;
    ``due_on_day_off`` says what becomes of a last day that is not worked. ``security``: what secures the bridge itself,
    in words; a human sees to each.
    """

    cap_firm: Provision[Amount] = needed()
    cap_listed_firm: Provision[Amount] = silent()
    cap_on_list: Provision[Amount] = silent()
    cap_owner: Provision[Amount] = needed()
    cap_individual_business: Provision[Amount] = needed()
    cap_agricultural: Provision[Amount] = needed()
    cap_agricultural_by_kind: Provision[StrictBool] = silent()
    promise_ratio: Provision[Share] = needed()
    maturing_ratio: Provision[Share] = silent()
    covers: Provision[Literal["principal"]] = needed()
    term_days: Provision[DaysOfTerm] = needed()
    term_counted: Provision[DayUnit] = needed()
    due_on_day_off: Provision[DayOff] = needed()
    rung_before_release: Provision[PromiseRung] = needed()
    security: Provision[tuple[Words, ...]] = silent()


class ExtensionSection(Section):
    """Longer than the term, with the fund's leave (展期); days in the unit of the term, from the payout."""

    longest_days: Provision[DaysOfTerm] = silent()
    times: Provision[Days] = silent()
    daily_rate: Provision[Rate] = silent()


class OverdueSection(Section):
    """After the last day; without a rate of its own overdue money costs what it did before."""

    daily_rate: Provision[Rate] = silent()


class ExposureSection(Section):
    """How much one borrower may have: at one time and in a calendar year, alone, with its controller, as a group.

    ``firm_least_at_once``: the least that one firm must have at one time, this bridge included.
    ``gap_days``: calendar days between the return of one bridge and the payout of the next.
    """

    firm_at_once: Provision[Amount] = silent()
    firm_least_at_once: Provision[Amount] = silent()
    controller_at_once: Provision[Amount] = silent()
    group_at_once: Provision[Amount] = silent()
    firm_per_year: Provision[Amount] = silent()
    controller_per_year: Provision[Amount] = silent()
    group_per_year: Provision[Amount] = silent()
    gap_days: Provision[Days] = silent()


class FeeSection(Section):
    """What the money costs, and which days count.

    ``highest_average``: the most that a day may cost on average over the term. ``part_day_counts``: money that was out
    for part of a day was out for a day. ``minimum``: the least that a bridge costs. ``prepaid_days``: the fee of so
    many days is paid before the money leaves, and trued up at the end (多退少补). ``waivers``: periods whose fee days
    cost nothing. ``bank_delay_borne_by``: who pays for days that the bank is late. ``collected_by``: who takes the fee
    from the borrower. ``linked_to``: the published rate that the fee follows, in words, where it has no tiers.
    """

    tiers: Provision[FeeTiers] = needed()
    highest_average: Provision[Rate] = silent()
    counted: Provision[DayUnit] = needed()
    first_day_counts: Provision[StrictBool] = needed()
    last_day_counts: Provision[StrictBool] = needed()
    part_day_counts: Provision[StrictBool] = silent()
    minimum: Provision[Amount] = silent()
    prepaid_days: Provision[DaysOfTerm] = silent()
    waivers: Provision[Waivers] = silent()
    bank_delay_borne_by: Provision[Literal["borrower", "bank", "fund"]] = silent()
    collected_by: Provision[Literal["fund", "bank"]] = silent()
    linked_to: Provision[Words] = silent()


class RepaymentSection(Section):
    """What comes back. ``untagged``: what money that names no purpose pays first."""

    untagged: Provision[tuple[BorrowersPurpose, ...]] = silent()


class PapersSection(Section):
    """The papers: what the borrower hands in, the legal form of the bridge, and the set that is drawn up.

    ``signed_before_payment``: in which form the signatures of all parties must be on record before money leaves; where
    nobody says so, the signing that the maker records stands for them. ``clauses``: what
    agreements say beside what each says.
    """

    required: Provision[tuple[Words, ...]] = silent()
    legal_form: Provision[LegalForm] = silent()
    drawn_up: Provision[tuple[DocumentKind, ...]] = silent()
    signed_before_payment: Provision[OnRecord] = silent()
    clauses: Provision[tuple[OptionalClause, ...]] = silent()


class ApprovalSection(Section):
    """Who approves. ``committee_above``: amounts above it need the minutes of a committee (会议纪要)."""

    steps: Provision[tuple[Literal["maker", "checker"], ...]] = silent()
    committee_above: Provision[Amount] = silent()


class ReleaseSection(Section):
    """The release day: items of the checklist, and the time by which money must have left (the payment system's)."""

    checklist: Provision[tuple[ChecklistItem, ...]] = needed()
    cut_off: Provision[Clock] = needed()


class DeadlineSection(Section):
    """Working days for each step; meanings in ``Deadlines``."""

    referral: Provision[Days] = needed()
    opinion: Provision[Days] = needed()
    promise: Provision[Days] = needed()
    approval: Provision[Days] = needed()
    queue: Provision[Days] = needed()
    signing: Provision[Days] = needed()
    settlement: Provision[Days] = needed()
    collateral: Provision[Days] = needed()
    new_loan: Provision[Days] = needed()
    return_: Provision[Days] = needed()
    remind_before: Provision[Days] = needed()
    direct_signing_before: Provision[Days] = needed()


class QueueSection(Section):
    """Who comes first when the pool is short; ``then`` decides between equals.

    ``priority_firms``: the classes that ``priority_firm`` in ``order`` means, all alike.
    """

    order: Provision[tuple[QueueOrder, ...]] = needed()
    priority_firms: Provision[tuple[PriorityFirm, ...]] = silent()
    then: Provision[Literal["first_come"]] = needed()
    small_and_micro_first: Provision[StrictBool] = needed()
    overtaking: Provision[StrictBool] = needed()


class RestSection(Section):
    """What the measure's text says and no other provision carries; people must see to it."""

    not_carried: Provision[tuple[Words, ...]] = silent()
