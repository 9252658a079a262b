"""Whether a promise carries a bridge, and whether the money may leave on the day."""

from datetime import date
from typing import NamedTuple

from rulebook.calendar import WorkCalendar
from rulebook.cases import CaseFacts, Promise
from rulebook.law.ceiling import ceiling_of
from rulebook.law.eligibility.answers import Answer, Rule, failed, in_yuan, passed
from rulebook.law.measure import Measure
from rulebook.messages import ChecklistItem


class Bridging(NamedTuple):
    """What the rules about one bridge look at.

    Attributes:
        leaves: the day the money leaves, or the last one on which it may.
    """

    facts: CaseFacts
    promise: Promise
    amount_fen: int
    measure: Measure
    calendar: WorkCalendar
    leaves: date


def _rung_reached(case: Bridging) -> Answer:
    needed, rung = case.measure.rung_before_release, case.promise.rung
    citation = case.measure.citation("bridge.rung_before_release")
    facts = {"rung": str(rung), "needed": str(needed)}
    if rung.height >= needed.height:
        return passed("bridging.rung_reached", citation, facts)
    return failed("bridging.rung_too_low", citation, facts)


def _promise_outlasts(case: Bridging) -> Answer:
    """The bank must still stand by its promise on the last day the money may be out.

    The term is the measure's; that the promise must outlast it stands on the checklist.
    """
    due, valid_until = case.measure.due_on(case.leaves, case.calendar), case.promise.valid_until
    citation = f"{case.measure.citation('bridge.term_days')}、{case.measure.citation('release.checklist')}"
    facts = {"valid_until": valid_until.isoformat(), "due": due.isoformat(), "term": str(case.measure.term_days)}
    if valid_until >= due:
        return passed("bridging.promise_outlasts", citation, facts)
    return failed("bridging.promise_too_short", citation, facts)


def _within_authority(case: Bridging) -> Answer:
    """A promise binds the bank as far as its signatory may bind it."""
    citation = case.measure.citation("bridge.rung_before_release")
    promised, authority = case.promise.amount_fen, case.promise.authority_fen
    facts = {"promised": in_yuan(promised), "authority": in_yuan(authority), "signatory": case.promise.signatory}
    if promised <= authority:
        return passed("bridging.within_authority", citation, facts)
    return failed("bridging.over_authority", citation, facts)


def _within_ceiling(case: Bridging) -> Answer:
    applicant, amount = case.facts.applicant, case.amount_fen
    if applicant.kind not in case.measure.applicant_kinds or not case.measure.treated_as(applicant):
        citation = case.measure.citation("applicant.kinds")
        return failed("eligibility.applicant_not_admitted", citation, {"kind": str(applicant.kind)})
    most = ceiling_of(case.facts, case.promise, case.measure)
    facts = {"amount": in_yuan(amount), "ceiling": in_yuan(most.amount_fen), "bound_by": str(most.bound_by)}
    if amount <= 0:
        return failed("bridging.nothing_bridged", most.citation, facts)
    if amount > most.amount_fen:
        return failed("bridging.over_ceiling", most.citation, facts)
    return passed("bridging.within_ceiling", most.citation, facts)


BRIDGE_RULES: tuple[Rule[Bridging], ...] = (
    Rule("bridging.rung", _rung_reached),
    Rule("bridging.validity", _promise_outlasts),
    Rule("bridging.authority", _within_authority),
    Rule("bridging.ceiling", _within_ceiling),
)


# The release day -----------------------------------------------------------------------------------------------


class ReleaseDay(NamedTuple):
    """What the rules of the release day look at."""

    facts: CaseFacts
    confirmed: tuple[ChecklistItem, ...]
    balance_fen: int
    measure: Measure
    today: date


def _checklist_signed(case: ReleaseDay) -> Answer:
    citation = case.measure.citation("release.checklist")
    missing = [item for item in case.measure.checklist if item not in case.confirmed]
    if not missing:
        return passed("release_check.all_confirmed", citation, {})
    return failed("release_check.lines_missing", citation, {"missing": ",".join(missing)})


def _balance_unchanged(case: ReleaseDay) -> Answer:
    """Any change fails, up or down: the approval was given for another loan than the one that stands there today."""
    citation = case.measure.citation("release.checklist")
    facts = {"balance": in_yuan(case.balance_fen), "recorded": in_yuan(case.facts.loan.balance_fen)}
    if case.balance_fen == case.facts.loan.balance_fen:
        return passed("release_check.balance_unchanged", citation, facts)
    return failed("release_check.balance_changed", citation, facts)


def _not_past_maturity(case: ReleaseDay) -> Answer:
    citation, maturity = case.measure.citation("release.checklist"), case.facts.loan.maturity
    facts = {"maturity": maturity.isoformat(), "today": case.today.isoformat()}
    if case.today <= maturity:
        return passed("release_check.not_overdue", citation, facts)
    return failed("release_check.overdue", citation, facts)


RELEASE_RULES: tuple[Rule[ReleaseDay], ...] = (
    Rule("release_check.checklist", _checklist_signed),
    Rule("release_check.balance", _balance_unchanged),
    Rule("release_check.maturity", _not_past_maturity),
)
