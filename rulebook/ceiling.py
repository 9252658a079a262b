"""The most that one loan may be bridged with, and what bounds it."""

from enum import StrEnum

from rulebook.cases import ApplicantKind
from rulebook.errors import XuqiaoError
from rulebook.fees import PPM
from rulebook.measure import Measure
from rulebook.money import format_yuan
from rulebook.values import Value


class Bound(StrEnum):
    """What bounds the amount of a bridge."""

    CAP = "cap"  # 单户上限
    PROMISE = "promise"  # 承诺续贷额的比例
    MATURING = "maturing"  # 到期本金


class Ceiling(Value):
    """The most that a loan may be bridged with, in fen, and what bounds it."""

    amount_fen: int
    bound_by: Bound
    citation: str


def ceiling(kind: ApplicantKind, promised_fen: int, maturing_fen: int, measure: Measure) -> Ceiling:
    """The most that may be bridged: the lowest of the cap, the share of the promise, and the principal that matures.

    Args:
        kind: who borrows; caps differ.
        promised_fen: the renewed loan that the bank promises, in fen.
        maturing_fen: principal that falls due, in fen.
    Returns:
        whole fen (a fraction of the share is dropped); of equal bounds the first named above.
    Raises:
        XuqiaoError: ``ceiling.not_admitted`` for a kind the measure does not admit, ``ceiling.negative``.
    Source: the measure's cap and ratio; that principal alone is covered, as ``bridge.covers`` says.
    """
    if promised_fen < 0 or maturing_fen < 0:
        raise XuqiaoError("ceiling.negative", promised=format_yuan(promised_fen), maturing=format_yuan(maturing_fen))
    cap = measure.cap_fen(kind)
    if cap is None:
        raise XuqiaoError("ceiling.not_admitted", kind=kind, citation=measure.citation("applicant.kinds"))
    bounds = (
        (cap, Bound.CAP, f"bridge.cap_{kind}"),
        (promised_fen * measure.promise_ratio_ppm // PPM, Bound.PROMISE, "bridge.promise_ratio"),
        (maturing_fen, Bound.MATURING, "bridge.covers"),
    )
    amount, bound, provision = min(bounds, key=lambda each: each[0])
    return Ceiling(amount_fen=amount, bound_by=bound, citation=measure.citation(provision))
