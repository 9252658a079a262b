"""Whom a measure admits: its own time, the kind of borrower, its size, taxes, debts, industry and standing."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from rulebook.cases import ApplicantKind, CaseFacts, SizeClass
from rulebook.errors import XuqiaoError
from rulebook.findings import Finding, found
from rulebook.law.eligibility.answers import (
    UNKNOWN,
    Answer,
    failed,
    in_yuan,
    passed,
    referred,
    size_of,
)
from rulebook.law.eligibility.renewal import free_of
from rulebook.law.measure import Measure
from rulebook.law.provisions import Person
from rulebook.law.rates import PPM
from rulebook.law.size import SIZE_RULE, Industry, industry_of

_SIZED = (ApplicantKind.FIRM, ApplicantKind.OWNER)
_NOT_SMALL = (SizeClass.LARGE, SizeClass.MEDIUM)


class Application(NamedTuple):
    """What the rules about an applicant look at; ``asked`` and ``balance`` are the amounts as findings show them."""

    facts: CaseFacts
    measure: Measure
    today: date
    asked: str
    balance: str


def in_force(case: Application) -> Answer:
    """A measure judges in its own time, both ends included."""
    measure, today = case.measure, case.today
    since, until = measure.valid_from, measure.valid_until
    facts = {"today": today.isoformat(), "valid_from": since.isoformat()}
    facts["valid_until"] = UNKNOWN if until is None else until.isoformat()
    if today < since:
        return failed("eligibility.not_yet_in_force", measure.document, facts)
    if until is not None and today > until:
        return failed("eligibility.no_longer_in_force", measure.document, facts)
    return passed("eligibility.in_force", measure.document, facts)


def applicant_kind(case: Application) -> Answer:
    kind, citation = case.facts.applicant.kind, case.measure.citation("applicant.kinds")
    if kind in case.measure.applicant_kinds:
        return passed("eligibility.applicant_admitted", citation, {"kind": str(kind)})
    return failed("eligibility.applicant_not_admitted", citation, {"kind": str(kind)})


def person(case: Application) -> Answer | None:
    """A person borrows as the legal representative of a firm, unless it is said that he is a shareholder.

    Where the measure does not say who of a firm may, a human decides about a shareholder.
    """
    applicant, measure = case.facts.applicant, case.measure
    kinds = measure.applicant.kinds.value
    if applicant.kind is not ApplicantKind.OWNER or (kinds is not None and applicant.kind not in kinds):
        return None
    who = Person.SHAREHOLDER if applicant.shareholder else Person.LEGAL_REPRESENTATIVE
    admitted = measure.applicant.persons.value
    if admitted is None:
        if who is Person.LEGAL_REPRESENTATIVE:
            return None
        return referred("eligibility.person_unclear", measure.citation("applicant.kinds"), {"who": who})
    citation = measure.citation("applicant.persons")
    if who in admitted:
        return passed("eligibility.person_admitted", citation, {"who": who})
    return failed("eligibility.person_not_admitted", citation, {"who": who})


def farmer(case: Application) -> Answer | None:
    """A 新型农业经营主体 is by its licence a firm or a 个体户, where the measure treats it as what it is."""
    applicant, measure = case.facts.applicant, case.measure
    if applicant.kind is not ApplicantKind.AGRICULTURAL or not measure.bridge.cap_agricultural_by_kind.value:
        return None
    citation = measure.citation("bridge.cap_agricultural_by_kind")
    firm, individual = applicant.farms_as_firm, applicant.farms_as_individual_business
    if firm is False and individual is False:
        return failed("eligibility.farmer_neither", citation, {})
    if bool(firm) is bool(individual):
        return referred("eligibility.farmer_unknown", citation, {})
    treated = ApplicantKind.FIRM if firm else ApplicantKind.INDIVIDUAL_BUSINESS
    return passed("eligibility.farmer_known", citation, {"kind": str(treated)})


def size(case: Application) -> Answer:
    """Asked of firms and of an owner's firm; everybody else is admitted as what he is.

    A large firm may be admitted by standing on a list that the measure names.
    """
    applicant, measure = case.facts.applicant, case.measure
    treated = measure.treated_as(applicant)
    if not set(treated) & set(_SIZED):
        return passed("eligibility.size_not_asked", measure.citation("applicant.kinds"), {})
    admitted, provision = measure.sizes_for(applicant.kind)
    citation = f"{measure.citation(provision)}、{SIZE_RULE}"
    reached, because = size_of(applicant)
    facts = {"size": str(reached), "industry": applicant.industry, "why": ",".join(because)}
    if reached is SizeClass.UNCLASSIFIED:
        return referred("eligibility.size_unclassified", citation, facts)
    if reached in admitted:
        return passed("eligibility.size_admitted", citation, facts)
    named = measure.applicant.large_by_list.value
    if reached is SizeClass.LARGE and applicant.kind is ApplicantKind.FIRM and named is not None:
        return _on_list(applicant.on_list, named, measure.citation("applicant.large_by_list"))
    return failed("eligibility.size_not_admitted", citation, facts)


def _on_list(on_list: bool | None, named: str, citation: str) -> Answer:
    """Whether a large firm stands on the list by which alone it is admitted."""
    if on_list is None:
        return referred("eligibility.large_list_unknown", citation, {"list": named})
    if on_list:
        return passed("eligibility.large_on_list", citation, {"list": named})
    return failed("eligibility.large_not_on_list", citation, {"list": named})


def registered_locally(case: Application) -> Answer | None:
    if not case.measure.applicant.registered_locally.value:
        return None
    citation = case.measure.citation("applicant.registered_locally")
    registered = case.facts.applicant.registered_locally
    if registered is None:
        return referred("eligibility.registration_unknown", citation, {})
    if registered:
        return passed("eligibility.registered_here", citation, {})
    if case.measure.applicant.place_of_business_counts.value:
        counts = case.measure.citation("applicant.place_of_business_counts")
        return referred("eligibility.place_to_see", counts, {})
    return failed("eligibility.registered_elsewhere", citation, {})


def seat_locally(case: Application) -> Answer | None:
    """Registered here, wherever it pays its taxes; who is registered and taxed here is registered here."""
    if not case.measure.applicant.seat_locally.value:
        return None
    citation, applicant = case.measure.citation("applicant.seat_locally"), case.facts.applicant
    seated = applicant.seat_locally
    if seated is None and applicant.registered_locally:
        seated = True
    if seated is None:
        return referred("eligibility.seat_unknown", citation, {})
    if seated:
        return passed("eligibility.seat_here", citation, {})
    return failed("eligibility.seat_elsewhere", citation, {})


def tax_floor(case: Application) -> Answer | None:
    """Tax of the year before; below the floor a human decides where the measure lets him.

    It may let him for small and micro firms, and for industries that the state encourages.
    """
    floor = case.measure.applicant.tax_floor.value
    if floor is None:
        return None
    citation, tax = case.measure.citation("applicant.tax_floor"), case.facts.applicant.tax_last_year_fen
    if tax is None:
        return referred("eligibility.tax_unknown", citation, {"floor": in_yuan(floor)})
    facts = {"tax": in_yuan(tax), "floor": in_yuan(floor)}
    if tax >= floor:
        return passed("eligibility.tax_reached", citation, facts)
    if case.measure.applicant.tax_floor_for_small.value is False and _may_be_small(case):
        relaxed = case.measure.citation("applicant.tax_floor_for_small")
        return referred("eligibility.tax_below_floor_small", f"{citation}、{relaxed}", facts)
    encouraged = case.facts.applicant.encouraged_industry
    if case.measure.applicant.tax_floor_for_encouraged.value is False and encouraged is not False:
        relaxed = case.measure.citation("applicant.tax_floor_for_encouraged")
        because = "eligibility.tax_below_floor_encouraged" if encouraged else "eligibility.encouraged_unknown"
        return referred(because, f"{citation}、{relaxed}", facts)
    return failed("eligibility.tax_below_floor", citation, facts)


def _may_be_small(case: Application) -> bool:
    """Whether nothing says that the applicant is larger than small; without a size class a human has to look."""
    return size_of(case.facts.applicant).size not in _NOT_SMALL


def liabilities(case: Application) -> Answer | None:
    most = case.measure.applicant.most_liabilities.value
    if most is None:
        return None
    citation, ratio = case.measure.citation("applicant.most_liabilities"), case.facts.applicant.liabilities_ppm
    if ratio is None:
        return referred("eligibility.liabilities_unknown", citation, {"most": _percent(most)})
    if ratio <= most:
        return passed("eligibility.liabilities_within", citation, {"ratio": _percent(ratio), "most": _percent(most)})
    return failed("eligibility.liabilities_over", citation, {"ratio": _percent(ratio), "most": _percent(most)})


def _percent(ppm: int) -> str:
    """Millionths as a percentage, exactly: 725000 is 72.5%."""
    whole, rest = divmod(ppm, PPM // 100)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + "%"


def industry(case: Application) -> Answer | None:
    """No excluded industry, and none that a code is too wide to tell from one."""
    excluded = case.measure.applicant.industries_excluded.value
    if excluded is None:
        return None
    citation, code = case.measure.citation("applicant.industries_excluded"), case.facts.applicant.industry
    facts = {"industry": code, "excluded": "、".join(excluded)}
    try:
        own = industry_of(code)
    except XuqiaoError:
        return referred("eligibility.industry_unknown", citation, facts)
    kept_out = [industry_of(other) for other in excluded]
    if any(_lies_within(own, other) for other in kept_out):
        return failed("eligibility.industry_excluded", citation, facts)
    if any(_lies_within(other, own) for other in kept_out):
        return referred("eligibility.industry_too_wide", citation, facts)
    return passed("eligibility.industry_admitted", citation, facts)


def industry_listed(case: Application) -> Answer | None:
    """One of the industries that alone are admitted, and none that a code is too wide to tell from another."""
    admitted = case.measure.applicant.industries.value
    if admitted is None:
        return None
    citation, code = case.measure.citation("applicant.industries"), case.facts.applicant.industry
    facts = {"industry": code, "admitted": "、".join(admitted)}
    try:
        own = industry_of(code)
    except XuqiaoError:
        return referred("eligibility.industry_not_told", citation, facts)
    let_in = [industry_of(other) for other in admitted]
    if any(_lies_within(own, other) for other in let_in):
        return passed("eligibility.industry_on_list", citation, facts)
    if any(_lies_within(other, own) for other in let_in):
        return referred("eligibility.industry_not_told", citation, facts)
    return failed("eligibility.industry_not_on_list", citation, facts)


def _lies_within(narrow: Industry, wide: Industry) -> bool:
    return narrow.section == wide.section and narrow.digits.startswith(wide.digits)


def papers_handed_in(case: Application) -> Answer | None:
    required = case.measure.papers.required.value
    if required is None:
        return None
    citation, handed_in = case.measure.citation("papers.required"), case.facts.papers_in
    if handed_in is None:
        return referred("eligibility.papers_unknown", citation, {"required": "、".join(required)})
    missing = [paper for paper in required if paper not in handed_in]
    if missing:
        return referred("eligibility.papers_missing", citation, {"missing": "、".join(missing)})
    return passed("eligibility.papers_complete", citation, {"required": "、".join(required)})


def exclusions_decided(case: Application) -> None:
    """Each exclusion answers for itself; this asks only whether the measure, or the operator, has any to go by."""
    case.measure.citation("standing.excluded")


def listed(case: Application) -> Iterator[Finding]:
    """What a measure, or its operator, lists: what keeps a borrower out, and what only a human can see."""
    measure = case.measure
    standing = case.facts.standing
    for trouble, citation in measure.exclusions_cited:
        yield found("eligibility." + trouble, *free_of(trouble, getattr(standing, trouble), citation))
    for condition in measure.applicant.conditions.value or ():
        answer = referred(
            "eligibility.condition_to_see", measure.citation("applicant.conditions"), {"condition": condition}
        )
        yield found("eligibility.condition", *answer)
    for security in measure.bridge.security.value or ():
        answer = referred("eligibility.security_to_see", measure.citation("bridge.security"), {"security": security})
        yield found("eligibility.security", *answer)
