"""What a measure can say: every value with its source, in sections as a pack's tables have them."""

import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StrictBool, ValidationInfo
from pydantic_core import PydanticCustomError

from rulebook.calendar import DayUnit, read_clock
from rulebook.cases import ApplicantKind, LoanKind, PromiseRung, SizeClass
from rulebook.errors import XuqiaoError
from rulebook.fees import PPM, FeeTiers, read_rate
from rulebook.messages import ReleaseLine
from rulebook.money import FEN_PER_YUAN, YUAN_PER_WAN
from rulebook.values import Value

T = TypeVar("T")
_AMOUNT = re.compile(r"(?P<number>[0-9]{1,12}(\.[0-9]{1,6})?)(?P<wan>万)?元")
OPERATOR = "operator"
"""Source of a value that is the operator's own choice; every other source is a key of ``Measure.articles``."""


class QueueOrder(StrEnum):
    """What a measure puts first when the pool is short."""

    PRIORITY_FIRM = "priority_firm"  # 专精特新, 强优


Trouble = Literal["abnormal_operation", "unpaid_wages", "litigation", "bad_credit", "dishonest_debtor", "loan_misused"]
"""Names of ``StandingFacts``."""


AS_WRITTEN = {"as_written": True}
"""Validation context of a pack's or an overlay's text. Only a history may hold bare fen and millionths: in a text
written by people a bare number leaves its unit open, and is refused."""


def _kept(value: object, info: ValidationInfo) -> int | None:
    """A number as a history keeps it; None for what people wrote."""
    written = bool(info.context and info.context.get("as_written"))
    return value if isinstance(value, int) and not isinstance(value, bool) and not written else None


def _read_amount(written: object, info: ValidationInfo) -> int:
    """``1000万元`` or ``5000.00元`` in fen."""
    if (kept := _kept(written, info)) is not None:
        return kept
    if isinstance(written, str) and (parts := _AMOUNT.fullmatch(written)):
        fen = Decimal(parts["number"]) * FEN_PER_YUAN * (YUAN_PER_WAN if parts["wan"] else 1)
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


Amount = Annotated[int, BeforeValidator(_read_amount)]
Share = Annotated[int, BeforeValidator(_read_share)]
Days = Annotated[int, Field(ge=0, strict=True)]
Clock = Annotated[str, AfterValidator(_check_clock)]


class Provision(Value, Generic[T]):
    """One value of a measure: where it comes from, or nothing at all.

    Attributes:
        value: None when unset.
        source: key of ``Measure.articles``, or ``operator``; None when unset.
    """

    value: T | None = None
    source: str | None = None


class Section(Value):
    """A table of a pack; every field is a provision, unset unless the pack or the overlay says it."""

    model_config = ConfigDict(validate_default=True)


class ApplicantSection(Section):
    """Who is admitted. ``sizes`` is asked of firms, and of the firm of an owner in person."""

    kinds: Provision[tuple[ApplicantKind, ...]] = Provision()
    sizes: Provision[tuple[SizeClass, ...]] = Provision()


class LoanSection(Section):
    """Which maturing loans are admitted: ``kinds`` for firms, ``kinds_in_person`` for owners and 个体户."""

    kinds: Provision[tuple[LoanKind, ...]] = Provision()
    kinds_in_person: Provision[tuple[LoanKind, ...]] = Provision()


class StandingSection(Section):
    """What keeps a borrower out: as the measure lists it, and what the operator adds."""

    excluded: Provision[tuple[Trouble, ...]] = Provision()
    also_excluded: Provision[tuple[Trouble, ...]] = Provision()


class BridgeSection(Section):
    """How much, how long, on what promise. ``covers``: the bridge pays principal; interest is the borrower's."""

    cap_firm: Provision[Amount] = Provision()
    cap_owner: Provision[Amount] = Provision()
    cap_individual_business: Provision[Amount] = Provision()
    promise_ratio: Provision[Share] = Provision()
    covers: Provision[Literal["principal"]] = Provision()
    term_days: Provision[Annotated[int, Field(ge=1, strict=True)]] = Provision()
    term_counted: Provision[Literal[DayUnit.CALENDAR]] = Provision()
    rung_before_release: Provision[PromiseRung] = Provision()


class FeeSection(Section):
    """What the money costs, and which days count."""

    tiers: Provision[FeeTiers] = Provision()
    counted: Provision[Literal[DayUnit.CALENDAR]] = Provision()  # a bridge's days run without a calendar
    first_day_counts: Provision[StrictBool] = Provision()
    last_day_counts: Provision[StrictBool] = Provision()


class ReleaseSection(Section):
    """The release day: lines of the checklist, and the time by which money must have left."""

    checklist: Provision[tuple[ReleaseLine, ...]] = Provision()
    cut_off: Provision[Clock] = Provision()


class DeadlineSection(Section):
    """Working days for each step; meanings in ``Deadlines``."""

    referral: Provision[Days] = Provision()
    opinion: Provision[Days] = Provision()
    promise: Provision[Days] = Provision()
    approval: Provision[Days] = Provision()
    queue: Provision[Days] = Provision()
    signing: Provision[Days] = Provision()
    settlement: Provision[Days] = Provision()
    collateral: Provision[Days] = Provision()
    new_loan: Provision[Days] = Provision()
    return_: Provision[Days] = Provision()
    remind_before: Provision[Days] = Provision()
    direct_signing_before: Provision[Days] = Provision()


class QueueSection(Section):
    """Who comes first when the pool is short; ``then`` decides between equals."""

    order: Provision[tuple[QueueOrder, ...]] = Provision()
    then: Provision[Literal["first_come"]] = Provision()
    small_and_micro_first: Provision[StrictBool] = Provision()
    overtaking: Provision[StrictBool] = Provision()
