"""The most that one loan may be bridged with, and what bounds it."""

from enum import StrEnum
from typing import NamedTuple

from rulebook.cases import ApplicantFacts, ApplicantKind, CaseFacts, Promise
from rulebook.errors import XuqiaoError
from rulebook.law.measure import Measure
from rulebook.law.rates import PPM
from rulebook.money import format_yuan


class Bound(StrEnum):
    """What bounds the amount of a bridge."""

    CAP = "cap"  # 单户上限
    PROMISE = "promise"  # 承诺续贷额的比例
    OWN_FUNDS = "own_funds"  # 到期本金的比例, the rest being own money
    MATURING = "maturing"  # 到期本金


class Ceiling(NamedTuple):
    """The most that a loan may be bridged with, in fen, and what bounds it."""

    amount_fen: int
    bound_by: Bound
    citation: str


class Cap(NamedTuple):
    """The most that one applicant may be bridged, in fen, and the name of the provision that says so."""

    amount_fen: int
    provision: str


def cap_of(kind: ApplicantKind, measure: Measure, *, listed: bool = False, on_list: bool = False) -> Cap | None:
    """The cap for one applicant; None when the measure does not admit the kind.

    Args:
        kind: who borrows. A farmer of whom no more is known has the lower cap of what it may be, where the measure
            goes by what it is.
        listed: whether it is a listed firm; it has a cap of its own where the measure names one.
        on_list: whether it is a firm on the measure's list, likewise.
    Raises:
        XuqiaoError: ``pack.unset`` in a draft that has no cap for the kind.
    """
    bridge = measure.bridge
    if kind is ApplicantKind.AGRICULTURAL and bridge.cap_agricultural_by_kind.value and kind in measure.applicant_kinds:
        may_be = (cap_of(each, measure) for each in (ApplicantKind.FIRM, ApplicantKind.INDIVIDUAL_BUSINESS))
        return min((cap for cap in may_be if cap is not None), default=None)
    cap = measure.cap_fen(kind)
    if cap is None:
        return None
    of_its_own = []
    if kind is ApplicantKind.FIRM:
        if listed and bridge.cap_listed_firm.value is not None:
            of_its_own.append(Cap(bridge.cap_listed_firm.value, "bridge.cap_listed_firm"))
        if on_list and bridge.cap_on_list.value is not None:
            of_its_own.append(Cap(bridge.cap_on_list.value, "bridge.cap_on_list"))
    return max(of_its_own, default=Cap(cap, "bridge.cap_" + kind))


def cap_for(
    applicant: ApplicantFacts, measure: Measure, *, listed: bool | None = None, on_list: bool | None = None
) -> Cap | None:
    """The cap for an applicant as far as its facts are known; None when the measure does not admit it.

    Args:
        listed, on_list: what to take instead of the facts.
    Raises:
        XuqiaoError: ``pack.unset``, as ``cap_of``.
    """
    known = {
        "listed": bool(applicant.listed if listed is None else listed),
        "on_list": bool(applicant.on_list if on_list is None else on_list),
    }
    caps = (cap_of(kind, measure, **known) for kind in measure.treated_as(applicant))
    return min((cap for cap in caps if cap is not None), default=None)


def ceiling(
    kind: ApplicantKind,
    promised_fen: int,
    maturing_fen: int,
    measure: Measure,
    *,
    listed: bool = False,
    on_list: bool = False,
) -> Ceiling:
    """The most that may be bridged: the lowest of the cap, the share of the promise, and what matures (or a share).

    Args:
        kind: who borrows; caps differ.
        promised_fen: the renewed loan that the bank promises, in fen.
        maturing_fen: principal that falls due, in fen.
        listed: whether it is a listed firm.
    Returns:
        whole fen (a fraction of a share is dropped); of equal bounds the first in the order of ``Bound``.
    Raises:
        XuqiaoError: ``ceiling.not_admitted`` for a kind the measure does not admit, ``ceiling.negative``;
            ``pack.unset`` in a draft that lacks the cap or the ratio.
    Source: the measure's cap and ratios; that principal alone is covered, as ``bridge.covers`` says.
    """
    if promised_fen < 0 or maturing_fen < 0:
        raise XuqiaoError("ceiling.negative", promised=format_yuan(promised_fen), maturing=format_yuan(maturing_fen))
    return _lowest(kind, cap_of(kind, measure, listed=listed, on_list=on_list), promised_fen, maturing_fen, measure)


def _lowest(kind: ApplicantKind, cap: Cap | None, promised_fen: int, maturing_fen: int, measure: Measure) -> Ceiling:
    if cap is None:
        raise XuqiaoError("ceiling.not_admitted", kind=kind, citation=measure.citation("applicant.kinds"))
    bounds = [
        (cap.amount_fen, Bound.CAP, cap.provision),
        (promised_fen * measure.promise_ratio_ppm // PPM, Bound.PROMISE, "bridge.promise_ratio"),
    ]
    share = measure.bridge.maturing_ratio.value
    if share is not None:
        bounds.append((maturing_fen * share // PPM, Bound.OWN_FUNDS, "bridge.maturing_ratio"))
    bounds.append((maturing_fen, Bound.MATURING, "bridge.covers"))
    amount, bound, provision = min(bounds, key=lambda each: each[0])
    # A draft may leave open what the bridge covers; that it is never more than falls due is in every measure's nature.
    open_yet = bound is Bound.MATURING and measure.provision(provision).cite is None
    citation = measure.document if open_yet else measure.citation(provision)
    return Ceiling(amount_fen=amount, bound_by=bound, citation=citation)


def ceiling_of(facts: CaseFacts, promise: Promise, measure: Measure) -> Ceiling:
    """The most that a case may be bridged with; a promise or balance of less than nothing bridges nothing.

    Raises:
        XuqiaoError: ``ceiling.not_admitted``, ``pack.unset``, as ``ceiling``.
    """
    applicant = facts.applicant
    promised, maturing = max(0, promise.amount_fen), max(0, facts.loan.balance_fen)
    return _lowest(applicant.kind, cap_for(applicant, measure), promised, maturing, measure)
