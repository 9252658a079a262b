"""Which loan is bridged, with how much, and what the borrower has of the fund already."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from typing import Literal, NamedTuple

from rulebook.cases import ApplicantKind, CaseFacts, Exposure
from rulebook.law.ceiling import Cap, cap_for, cap_of
from rulebook.law.eligibility.answers import (
    RENEWAL_RULE,
    UNKNOWN,
    Answer,
    Rule,
    failed,
    in_yuan,
    passed,
    referred,
)
from rulebook.law.eligibility.applicant import Application
from rulebook.law.measure import Measure

Whose = Literal["firm", "controller", "group"]


def loan_kind(case: Application) -> Answer:
    """What a measure names as not admitted is refused by that name, whatever else it lists."""
    kind, measure = case.facts.loan.kind, case.measure
    if kind in (measure.loan.kinds_out.value or ()):
        return failed("eligibility.loan_kind_out", measure.citation("loan.kinds_out"), {"kind": str(kind)})
    for treated in measure.treated_as(case.facts.applicant) or (case.facts.applicant.kind,):
        admitted, provision = measure.loan_kinds_for(treated)
        if kind in admitted:
            return passed("eligibility.loan_kind_admitted", measure.citation(provision), {"kind": str(kind)})
    # What the measure itself lists is cited for a refusal, even where the operator's reading widens it.
    listed = "loan.kinds" if measure.loan.kinds.cite is not None else provision
    return failed("eligibility.loan_kind_not_admitted", measure.citation(listed), {"kind": str(kind)})


def least_loan(case: Application) -> Answer | None:
    """The smallest loan of a 个体户 that a measure takes."""
    least = case.measure.loan.least_individual_business.value
    if least is None or ApplicantKind.INDIVIDUAL_BUSINESS not in case.measure.treated_as(case.facts.applicant):
        return None
    citation, balance = case.measure.citation("loan.least_individual_business"), case.facts.loan.balance_fen
    facts = {"balance": case.balance, "least": in_yuan(least)}
    if balance >= least:
        return passed("eligibility.loan_large_enough", citation, facts)
    return failed("eligibility.loan_too_small", citation, facts)


def maturity_ahead(case: Application) -> Answer:
    maturity, today = case.facts.loan.maturity, case.today
    facts = {"maturity": maturity.isoformat(), "today": today.isoformat()}
    if maturity > today:
        return passed("eligibility.maturity_ahead", RENEWAL_RULE, facts)
    return failed("eligibility.maturity_reached", RENEWAL_RULE, facts)


def asked_within_balance(case: Application) -> Answer:
    asked, balance = case.facts.asked_fen, case.facts.loan.balance_fen
    citation, facts = _principal_only(case.measure), {"asked": case.asked, "balance": case.balance}
    if asked <= 0:
        return failed("eligibility.nothing_asked", citation, facts)
    if asked > balance:
        return failed("eligibility.asked_over_balance", citation, facts)
    return passed("eligibility.asked_within_balance", citation, facts)


def asked_within_cap(case: Application) -> Answer:
    """Some firms have a cap of their own where the measure names one; who may be such a firm is not refused for it."""
    applicant, asked, measure = case.facts.applicant, case.facts.asked_fen, case.measure
    kind = applicant.kind
    cap = cap_for(applicant, measure)
    if cap is None:
        return failed("eligibility.applicant_not_admitted", measure.citation("applicant.kinds"), {"kind": str(kind)})
    facts = {"asked": case.asked, "cap": in_yuan(cap.amount_fen), "kind": str(kind)}
    if asked <= cap.amount_fen:
        return passed("eligibility.asked_within_cap", measure.citation(cap.provision), facts)
    for because, most in _caps_that_may_hold(case):
        if most is not None and asked <= most.amount_fen:
            facts = {"asked": case.asked, "cap": in_yuan(most.amount_fen)}
            return referred(because, measure.citation(most.provision), facts)
    return failed("eligibility.asked_over_cap", measure.citation(cap.provision), facts)


def _caps_that_may_hold(case: Application) -> Iterator[tuple[str, Cap | None]]:
    """Caps that would hold if what nobody knows of the applicant were so, each with the reason that says what."""
    applicant, measure = case.facts.applicant, case.measure
    if applicant.listed is None:
        yield "eligibility.listed_unknown", cap_for(applicant, measure, listed=True)
    if applicant.on_list is None:
        yield "eligibility.on_list_unknown", cap_for(applicant, measure, on_list=True)
    for kind in measure.treated_as(applicant):
        yield "eligibility.farmer_cap_unknown", cap_of(kind, measure)


def whole_loan_paid(case: Application) -> Answer:
    """Bridge and own money together settle the loan; who pays the rest, a human asks."""
    own, citation = case.facts.own_contribution_fen, _principal_only(case.measure)
    lacking = case.facts.loan.balance_fen - case.facts.asked_fen - own
    facts = {"asked": case.asked, "own": in_yuan(own), "balance": case.balance}
    if lacking <= 0:
        return passed("eligibility.loan_covered", citation, facts)
    return referred("eligibility.loan_not_covered", citation, {**facts, "lacking": in_yuan(lacking)})


def _principal_only(measure: Measure) -> str:
    """What says that the bridge is for the principal; the measure as a whole, while a draft leaves that open."""
    return measure.document if measure.bridge.covers.cite is None else measure.citation("bridge.covers")


# What the borrower has of the fund already ---------------------------------------------------------------------


class Drawing(NamedTuple):
    """Money that is to leave for a borrower: how much, and when."""

    facts: CaseFacts
    measure: Measure
    amount_fen: int
    leaves: date


def drawing_asked_for(facts: CaseFacts, measure: Measure) -> Drawing:
    """What an application asks for, leaving as late as it can: on the eve of maturity."""
    return Drawing(facts, measure, facts.asked_fen, facts.loan.maturity - timedelta(days=1))


def _at_once(whose: Whose, case: Drawing) -> Answer | None:
    exposure: Exposure | None = getattr(case.facts.exposure, whose)
    return _within_limit(case, f"{whose}_at_once", None if exposure is None else exposure.out_fen)


def _per_year(whose: Whose, case: Drawing) -> Answer | None:
    exposure: Exposure | None = getattr(case.facts.exposure, whose)
    return _within_limit(case, f"{whose}_per_year", None if exposure is None else exposure.year_fen)


def _within_limit(case: Drawing, limit: str, already_fen: int | None) -> Answer | None:
    """What went out before and this bridge, together, stay within a limit."""
    most = getattr(case.measure.exposure, limit).value
    if most is None:
        return None
    name = f"exposure.{limit}"
    citation, facts = case.measure.citation(name), {"limit": name, "most": in_yuan(most)}
    if already_fen is None:
        return referred("eligibility.exposure_unknown", citation, facts)
    facts |= {"already": in_yuan(already_fen), "amount": in_yuan(case.amount_fen)}
    if already_fen + case.amount_fen <= most:
        return passed("eligibility.exposure_within", citation, facts)
    return failed("eligibility.exposure_over", citation, facts)


def _least_at_once(case: Drawing) -> Answer | None:
    """What the firm has of the fund at one time, this bridge included, is worth the trouble."""
    least = case.measure.exposure.firm_least_at_once.value
    if least is None:
        return None
    citation, exposure = case.measure.citation("exposure.firm_least_at_once"), case.facts.exposure.firm
    already = 0 if exposure is None else exposure.out_fen
    facts = {"already": in_yuan(already), "amount": in_yuan(case.amount_fen), "least": in_yuan(least)}
    if already + case.amount_fen >= least:
        return passed("eligibility.exposure_large_enough", citation, facts)
    if exposure is None:
        return referred("eligibility.exposure_below_least_unknown", citation, facts)
    return failed("eligibility.exposure_below_least", citation, facts)


def _gap_kept(case: Drawing) -> Answer | None:
    """Calendar days between the return of the last bridge and the day this one leaves."""
    gap = case.measure.exposure.gap_days.value
    if gap is None:
        return None
    citation, exposure = case.measure.citation("exposure.gap_days"), case.facts.exposure
    if exposure.firm is None:
        return referred("eligibility.last_bridge_unknown", citation, {"gap": str(gap)})
    last = exposure.last_returned_on
    facts = {"last": UNKNOWN if last is None else last.isoformat(), "leaves": case.leaves.isoformat(), "gap": str(gap)}
    if last is None or (case.leaves - last).days >= gap:
        return passed("eligibility.gap_kept", citation, facts)
    return failed("eligibility.gap_too_short", citation, facts)


EXPOSURE_RULES: tuple[Rule[Drawing], ...] = (
    Rule("eligibility.exposure_firm_at_once", partial(_at_once, "firm")),
    Rule("eligibility.exposure_controller_at_once", partial(_at_once, "controller")),
    Rule("eligibility.exposure_group_at_once", partial(_at_once, "group")),
    Rule("eligibility.exposure_firm_per_year", partial(_per_year, "firm")),
    Rule("eligibility.exposure_controller_per_year", partial(_per_year, "controller")),
    Rule("eligibility.exposure_group_per_year", partial(_per_year, "group")),
    Rule("eligibility.exposure_least", _least_at_once),
    Rule("eligibility.exposure_gap", _gap_kept),
)
