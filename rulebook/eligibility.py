"""May this loan be bridged? Three judgements: of the applicant, of the bridge, and on the day the money leaves.

A rule is one small function that answers with a finding; adding a rule is adding a function to a judgement's tuple.
What is not known is referred to a human, never passed. Every reason (``because``) has its words in ``rules.po``.
"""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple, TypeVar

from rulebook.calendar import WorkCalendar
from rulebook.cases import ApplicantFacts, ApplicantKind, CaseFacts, LoanRiskClass, Promise, SizeClass
from rulebook.ceiling import ceiling
from rulebook.errors import XuqiaoError
from rulebook.findings import Finding, Findings, Result
from rulebook.measure import Measure
from rulebook.messages import ReleaseLine
from rulebook.money import format_yuan
from rulebook.provisions import Trouble
from rulebook.size import SIZE_RULE, Sizing, size_class

Case = TypeVar("Case")
RENEWAL_RULE = "金规〔2024〕13号"
NORMAL_LOAN_RULE = "金规〔2024〕13号、银监发〔2014〕36号"
UNKNOWN = "—"
"""How a fact that nobody has given is shown."""


# The applicant -------------------------------------------------------------------------------------------------


class Application(NamedTuple):
    """What the rules about an applicant look at."""

    facts: CaseFacts
    measure: Measure
    today: date


def judge_applicant(facts: CaseFacts, measure: Measure, today: date) -> Findings:
    """Whether the fund may help this borrower with this loan at all; judged before the bank is asked.

    Args:
        facts: as recorded when the case opened.
        today: the fund's business day.
    Returns:
        a finding for every rule; the worst one rules.
    """
    application = Application(facts, measure, today)
    troubles = (_trouble(application, *exclusion) for exclusion in measure.exclusions())
    return Findings.of([*(rule(application) for rule in APPLICANT_RULES), *troubles])


def size_of(applicant: ApplicantFacts) -> Sizing:
    """The size class as far as the facts carry; facts that cannot be right leave it unclassified."""
    try:
        return size_class(applicant.industry, applicant.employees, applicant.revenue_fen, applicant.assets_fen)
    except XuqiaoError:
        return Sizing(size=SizeClass.UNCLASSIFIED, because=("sizing.facts_wrong",))


def _measure_in_force(case: Application) -> Finding:
    measure = case.measure
    facts = {"today": case.today, "valid_from": measure.valid_from, "valid_until": measure.valid_until or UNKNOWN}
    if case.today < measure.valid_from:
        because = "eligibility.not_yet_in_force"
    elif measure.valid_until is not None and case.today > measure.valid_until:
        because = "eligibility.no_longer_in_force"
    else:
        return _passed("eligibility.measure", "eligibility.in_force", measure.document, **facts)
    return _failed("eligibility.measure", because, measure.document, **facts)


def _applicant_kind(case: Application) -> Finding:
    kind, citation = case.facts.applicant.kind, case.measure.citation("applicant.kinds")
    if kind in case.measure.applicant_kinds:
        return _passed("eligibility.applicant", "eligibility.applicant_admitted", citation, kind=kind)
    return _failed("eligibility.applicant", "eligibility.applicant_not_admitted", citation, kind=kind)


def _size(case: Application) -> Finding:
    """Asked of firms and of an owner's firm; 个体户 are admitted as such."""
    applicant, rule = case.facts.applicant, "eligibility.size"
    if applicant.kind is ApplicantKind.INDIVIDUAL_BUSINESS:
        return _passed(rule, "eligibility.size_not_asked", case.measure.citation("applicant.kinds"))
    citation = f"{case.measure.citation('applicant.sizes')}、{SIZE_RULE}"
    sizing = size_of(applicant)
    facts = {"size": sizing.size, "industry": applicant.industry, "why": ",".join(sizing.because)}
    if sizing.size is SizeClass.UNCLASSIFIED:
        return _referred(rule, "eligibility.size_unclassified", citation, **facts)
    if sizing.size in case.measure.sizes:
        return _passed(rule, "eligibility.size_admitted", citation, **facts)
    return _failed(rule, "eligibility.size_not_admitted", citation, **facts)


def _loan_kind(case: Application) -> Finding:
    kind = case.facts.loan.kind
    admitted, provision = case.measure.loan_kinds_for(case.facts.applicant.kind)
    if kind in admitted:
        return _passed(
            "eligibility.loan_kind", "eligibility.loan_kind_admitted", case.measure.citation(provision), kind=kind
        )
    # What the measure itself lists is cited for a refusal, even where the operator's reading widens it.
    citation = case.measure.citation("loan.kinds")
    return _failed("eligibility.loan_kind", "eligibility.loan_kind_not_admitted", citation, kind=kind)


def _risk_class(case: Application) -> Finding:
    risk, rule = case.facts.loan.risk_class, "eligibility.risk_class"
    if risk is None:
        return _referred(rule, "eligibility.risk_class_unknown", NORMAL_LOAN_RULE)
    if risk is LoanRiskClass.PASS:
        return _passed(rule, "eligibility.risk_class_normal", NORMAL_LOAN_RULE, risk=risk)
    return _failed(rule, "eligibility.risk_class_not_normal", NORMAL_LOAN_RULE, risk=risk)


def _interest_paid(case: Application) -> Finding:
    in_arrears, rule = case.facts.loan.interest_in_arrears, "eligibility.interest"
    if in_arrears is None:
        return _referred(rule, "eligibility.interest_unknown", RENEWAL_RULE)
    if in_arrears:
        return _failed(rule, "eligibility.interest_in_arrears", RENEWAL_RULE)
    return _passed(rule, "eligibility.interest_paid", RENEWAL_RULE)


def _credit_not_misused(case: Application) -> Finding:
    return _standing(case, "loan_misused", RENEWAL_RULE)


def _applied_to_bank(case: Application) -> Finding:
    """The borrower asks its bank itself, before maturity; the fund cannot do it for him."""
    applied, maturity = case.facts.applied_to_bank_on, case.facts.loan.maturity
    rule, facts = "eligibility.applied_to_bank", {"applied": applied or UNKNOWN, "maturity": maturity}
    if applied is None:
        return _referred(rule, "eligibility.bank_application_unknown", RENEWAL_RULE, **facts)
    if applied >= maturity:
        return _failed(rule, "eligibility.bank_application_too_late", RENEWAL_RULE, **facts)
    if applied > case.today:
        return _referred(rule, "eligibility.bank_application_in_future", RENEWAL_RULE, **facts)
    return _passed(rule, "eligibility.bank_application_in_time", RENEWAL_RULE, **facts)


def _maturity_ahead(case: Application) -> Finding:
    rule, facts = "eligibility.maturity", {"maturity": case.facts.loan.maturity, "today": case.today}
    if case.facts.loan.maturity > case.today:
        return _passed(rule, "eligibility.maturity_ahead", RENEWAL_RULE, **facts)
    return _failed(rule, "eligibility.maturity_reached", RENEWAL_RULE, **facts)


def _asked_within_balance(case: Application) -> Finding:
    asked, balance = case.facts.asked_fen, case.facts.loan.balance_fen
    rule, citation = "eligibility.asked", case.measure.citation("bridge.covers")
    facts = {"asked": _yuan(asked), "balance": _yuan(balance)}
    if asked <= 0:
        return _failed(rule, "eligibility.nothing_asked", citation, **facts)
    if asked > balance:
        return _failed(rule, "eligibility.asked_over_balance", citation, **facts)
    return _passed(rule, "eligibility.asked_within_balance", citation, **facts)


def _asked_within_cap(case: Application) -> Finding:
    kind, asked, rule = case.facts.applicant.kind, case.facts.asked_fen, "eligibility.cap"
    cap = case.measure.cap_fen(kind)
    if cap is None:
        citation = case.measure.citation("applicant.kinds")
        return _failed(rule, "eligibility.applicant_not_admitted", citation, kind=kind)
    citation = case.measure.citation(f"bridge.cap_{kind}")
    facts = {"asked": _yuan(asked), "cap": _yuan(cap), "kind": kind}
    if asked > cap:
        return _failed(rule, "eligibility.asked_over_cap", citation, **facts)
    return _passed(rule, "eligibility.asked_within_cap", citation, **facts)


APPLICANT_RULES: tuple[Callable[[Application], Finding], ...] = (
    _measure_in_force,
    _applicant_kind,
    _size,
    _loan_kind,
    _risk_class,
    _interest_paid,
    _credit_not_misused,
    _applied_to_bank,
    _maturity_ahead,
    _asked_within_balance,
    _asked_within_cap,
)


def _trouble(case: Application, trouble: Trouble, provision: str) -> Finding:
    """One trouble on the measure's list, or on the operator's."""
    return _standing(case, trouble, case.measure.citation(provision))


def _standing(case: Application, trouble: Trouble, citation: str) -> Finding:
    found: bool | None = getattr(case.facts.standing, trouble)
    rule = f"eligibility.{trouble}"
    if found is None:
        return _referred(rule, "eligibility.trouble_unknown", citation, trouble=trouble)
    if found:
        return _failed(rule, "eligibility.trouble_found", citation, trouble=trouble)
    return _passed(rule, "eligibility.no_trouble", citation, trouble=trouble)


# The bridge ----------------------------------------------------------------------------------------------------


class Bridging(NamedTuple):
    """What the rules about one bridge look at.

    Attributes:
        due: last day of the term, if the money leaves as late as it may.
    """

    facts: CaseFacts
    promise: Promise
    amount_fen: int
    measure: Measure
    due: date


def judge_bridge(
    facts: CaseFacts, promise: Promise, amount_fen: int, measure: Measure, calendar: WorkCalendar, today: date
) -> Findings:
    """Whether this promise carries this bridge; judged when the promise has come, and when an amount is proposed.

    The release day is still open, so the bridge is taken to leave on the last working day before maturity (or today,
    where that is later): the promise must then last to the end of the term.
    """
    leaves = max(today, calendar.workday_before(facts.loan.maturity))
    return _judge(BRIDGE_RULES, Bridging(facts, promise, amount_fen, measure, measure.due_on(leaves, calendar)))


def _rung_reached(case: Bridging) -> Finding:
    needed, citation = case.measure.rung_before_release, case.measure.citation("bridge.rung_before_release")
    facts = {"rung": case.promise.rung, "needed": needed}
    if case.promise.rung.height >= needed.height:
        return _passed("bridging.rung", "bridging.rung_reached", citation, **facts)
    return _failed("bridging.rung", "bridging.rung_too_low", citation, **facts)


def _promise_outlasts(case: Bridging) -> Finding:
    """The bank must still stand by its promise on the last day the money may be out.

    The term is the measure's; that the promise must outlast it stands on the checklist.
    """
    citation = f"{case.measure.citation('bridge.term_days')}、{case.measure.citation('release.checklist')}"
    facts = {"valid_until": case.promise.valid_until, "due": case.due, "term": case.measure.term_days}
    if case.promise.valid_until >= case.due:
        return _passed("bridging.validity", "bridging.promise_outlasts", citation, **facts)
    return _failed("bridging.validity", "bridging.promise_too_short", citation, **facts)


def _within_authority(case: Bridging) -> Finding:
    """A promise binds the bank as far as its signatory may bind it."""
    citation = case.measure.citation("bridge.rung_before_release")
    promised, authority = case.promise.amount_fen, case.promise.authority_fen
    facts = {"promised": _yuan(promised), "authority": _yuan(authority), "signatory": case.promise.signatory}
    if promised <= authority:
        return _passed("bridging.authority", "bridging.within_authority", citation, **facts)
    return _failed("bridging.authority", "bridging.over_authority", citation, **facts)


def _within_ceiling(case: Bridging) -> Finding:
    rule, amount, kind = "bridging.ceiling", case.amount_fen, case.facts.applicant.kind
    if case.measure.cap_fen(kind) is None:
        citation = case.measure.citation("applicant.kinds")
        return _failed(rule, "eligibility.applicant_not_admitted", citation, kind=kind)
    promised, maturing = max(0, case.promise.amount_fen), max(0, case.facts.loan.balance_fen)
    most = ceiling(kind, promised, maturing, case.measure)
    facts = {"amount": _yuan(amount), "ceiling": _yuan(most.amount_fen), "bound_by": most.bound_by}
    if amount <= 0:
        return _failed(rule, "bridging.nothing_bridged", most.citation, **facts)
    if amount > most.amount_fen:
        return _failed(rule, "bridging.over_ceiling", most.citation, **facts)
    return _passed(rule, "bridging.within_ceiling", most.citation, **facts)


BRIDGE_RULES: tuple[Callable[[Bridging], Finding], ...] = (
    _rung_reached,
    _promise_outlasts,
    _within_authority,
    _within_ceiling,
)


# The release day -----------------------------------------------------------------------------------------------


class ReleaseDay(NamedTuple):
    """What the rules of the release day look at."""

    facts: CaseFacts
    confirmed: tuple[ReleaseLine, ...]
    balance_fen: int
    measure: Measure
    today: date


def judge_release(
    facts: CaseFacts,
    promise: Promise,
    amount_fen: int,
    confirmed: tuple[ReleaseLine, ...],
    balance_fen: int,
    measure: Measure,
    calendar: WorkCalendar,
    today: date,
) -> Findings:
    """Whether the money may leave today.

    Args:
        confirmed: the lines of the checklist that the cashier has signed.
        balance_fen: the old loan's principal on the day, in fen.
    Returns:
        the release day's own findings, and those about the bridge once more, with today as the day it leaves.
    """
    day = ReleaseDay(facts, confirmed, balance_fen, measure, today)
    bridge = Bridging(facts, promise, amount_fen, measure, measure.due_on(today, calendar))
    return Findings(items=_judge(RELEASE_RULES, day).items + _judge(BRIDGE_RULES, bridge).items)


def _checklist_signed(case: ReleaseDay) -> Finding:
    citation = case.measure.citation("release.checklist")
    missing = [line for line in case.measure.checklist if line not in case.confirmed]
    if not missing:
        return _passed("release_check.checklist", "release_check.all_confirmed", citation)
    return _failed("release_check.checklist", "release_check.lines_missing", citation, missing=",".join(missing))


def _balance_unchanged(case: ReleaseDay) -> Finding:
    """Any change fails, up or down: the approval was given for another loan than the one that stands there today."""
    citation = case.measure.citation("release.checklist")
    facts = {"balance": _yuan(case.balance_fen), "recorded": _yuan(case.facts.loan.balance_fen)}
    if case.balance_fen == case.facts.loan.balance_fen:
        return _passed("release_check.balance", "release_check.balance_unchanged", citation, **facts)
    return _failed("release_check.balance", "release_check.balance_changed", citation, **facts)


def _not_past_maturity(case: ReleaseDay) -> Finding:
    citation = case.measure.citation("release.checklist")
    facts = {"maturity": case.facts.loan.maturity, "today": case.today}
    if case.today <= case.facts.loan.maturity:
        return _passed("release_check.maturity", "release_check.not_overdue", citation, **facts)
    return _failed("release_check.maturity", "release_check.overdue", citation, **facts)


RELEASE_RULES: tuple[Callable[[ReleaseDay], Finding], ...] = (
    _checklist_signed,
    _balance_unchanged,
    _not_past_maturity,
)


# Shared --------------------------------------------------------------------------------------------------------


def _judge(rules: tuple[Callable[[Case], Finding], ...], case: Case) -> Findings:
    return Findings.of(rule(case) for rule in rules)


def _yuan(fen: int) -> str:
    return format_yuan(fen, grouped=True)


def _passed(rule: str, because: str, citation: str, **facts: object) -> Finding:
    return _finding(rule, Result.PASS, because, citation, facts)


def _referred(rule: str, because: str, citation: str, **facts: object) -> Finding:
    return _finding(rule, Result.REFER, because, citation, facts)


def _failed(rule: str, because: str, citation: str, **facts: object) -> Finding:
    return _finding(rule, Result.FAIL, because, citation, facts)


def _finding(rule: str, result: Result, because: str, citation: str, facts: dict[str, object]) -> Finding:
    as_text = {name: str(value) for name, value in facts.items()}
    return Finding(rule=rule, result=result, because=because, facts=as_text, citation=citation)
