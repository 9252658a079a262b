"""The conditions of a renewal as such, whoever's money settles the old loan, and of the one without repayment.

Source: 金规〔2024〕13号; 银监发〔2014〕36号. They are cited as whole documents.
"""

from datetime import date
from functools import partial
from typing import NamedTuple

from rulebook.cases import ApplicantKind, CaseFacts, LoanKind, LoanRiskClass, SizeClass
from rulebook.law.eligibility.answers import (
    NORMAL_LOAN_RULE,
    RENEWAL_RULE,
    UNKNOWN,
    Answer,
    Dated,
    Rule,
    failed,
    passed,
    referred,
    size_of,
)
from rulebook.law.provisions import Trouble
from rulebook.law.size import SIZE_RULE

MEDIUM_FIRMS_BEFORE = date(2027, 9, 30)
"""Loans of medium firms can be renewed without repayment when they mature before this day."""
_SIZED_PRODUCT = f"{RENEWAL_RULE}、{SIZE_RULE}"


class Renewal(NamedTuple):
    """What the rules about a renewal without repayment look at."""

    facts: CaseFacts
    today: date


# Shared with the fund's own judgement --------------------------------------------------------------------------


def risk_class(case: Dated) -> Answer:
    """Only a normal loan is renewed."""
    risk = case.facts.loan.risk_class
    if risk is None:
        return referred("eligibility.risk_class_unknown", NORMAL_LOAN_RULE, {})
    if risk is LoanRiskClass.PASS:
        return passed("eligibility.risk_class_normal", NORMAL_LOAN_RULE, {"risk": str(risk)})
    return failed("eligibility.risk_class_not_normal", NORMAL_LOAN_RULE, {"risk": str(risk)})


def interest_paid(case: Dated) -> Answer:
    in_arrears = case.facts.loan.interest_in_arrears
    if in_arrears is None:
        return referred("eligibility.interest_unknown", RENEWAL_RULE, {})
    if in_arrears:
        return failed("eligibility.interest_in_arrears", RENEWAL_RULE, {})
    return passed("eligibility.interest_paid", RENEWAL_RULE, {})


def applied_to_bank(case: Dated) -> Answer:
    """The borrower asks its bank itself, before maturity; the fund cannot do it for him."""
    applied, maturity = case.facts.applied_to_bank_on, case.facts.loan.maturity
    if applied is None:
        unknown = {"applied": UNKNOWN, "maturity": maturity.isoformat()}
        return referred("eligibility.bank_application_unknown", RENEWAL_RULE, unknown)
    facts = {"applied": applied.isoformat(), "maturity": maturity.isoformat()}
    if applied >= maturity:
        return failed("eligibility.bank_application_too_late", RENEWAL_RULE, facts)
    if applied > case.today:
        return referred("eligibility.bank_application_in_future", RENEWAL_RULE, facts)
    return passed("eligibility.bank_application_in_time", RENEWAL_RULE, facts)


def no_trouble(trouble: Trouble, citation: str, case: Dated) -> Answer:
    """One of the troubles of ``StandingFacts``."""
    return free_of(trouble, getattr(case.facts.standing, trouble), citation)


def free_of(trouble: str, found: bool | None, citation: str) -> Answer:
    """The answer about a trouble that was found, not found, or not looked for (None)."""
    if found is None:
        return referred("eligibility.trouble_unknown", citation, {"trouble": trouble})
    if found:
        return failed("eligibility.trouble_found", citation, {"trouble": trouble})
    return passed("eligibility.no_trouble", citation, {"trouble": trouble})


# Of the renewal without repayment ------------------------------------------------------------------------------


def _product(case: Renewal) -> Answer:
    """A working-capital loan of a firm, or the business loan of a person; who else may have either is not said."""
    kind, loan = case.facts.applicant.kind, case.facts.loan.kind
    facts = {"kind": str(kind), "loan": str(loan)}
    if loan not in (LoanKind.WORKING_CAPITAL, LoanKind.BUSINESS_OPERATION):
        return failed("direct.product_outside", RENEWAL_RULE, facts)
    of_a_firm = kind is ApplicantKind.FIRM
    if of_a_firm and loan is LoanKind.BUSINESS_OPERATION:
        return failed("direct.product_outside", RENEWAL_RULE, facts)
    if not of_a_firm and loan is LoanKind.WORKING_CAPITAL:
        return referred("direct.product_unclear", RENEWAL_RULE, facts)
    if of_a_firm or kind is ApplicantKind.OWNER:
        return _product_by_size(case)
    return passed("direct.product_within", RENEWAL_RULE, facts)


def _product_by_size(case: Renewal) -> Answer:
    """Small and micro firms and their owners; medium firms for a time, their owners not."""
    applicant, maturity = case.facts.applicant, case.facts.loan.maturity
    size, because = size_of(applicant)
    if size is SizeClass.UNCLASSIFIED:
        facts = {"industry": applicant.industry, "why": ",".join(because)}
        return referred("direct.product_unclassified", _SIZED_PRODUCT, facts)
    days = {"maturity": maturity.isoformat(), "until": MEDIUM_FIRMS_BEFORE.isoformat()}
    facts = {"kind": str(applicant.kind), "size": str(size), **days}
    if size is SizeClass.SMALL or size is SizeClass.MICRO:
        return passed("direct.product_of_small", _SIZED_PRODUCT, facts)
    if size is SizeClass.MEDIUM and applicant.kind is ApplicantKind.FIRM and maturity < MEDIUM_FIRMS_BEFORE:
        return passed("direct.product_of_medium", _SIZED_PRODUCT, facts)
    return failed("direct.product_of_too_large", _SIZED_PRODUCT, facts)


def _condition(condition: str, citation: str, case: Renewal) -> Answer:
    """One of ``RenewalFacts`` that must hold."""
    holds: bool | None = getattr(case.facts.renewal, condition)
    if holds is None:
        return referred("direct.condition_unknown", citation, {"condition": condition})
    if holds:
        return passed("direct.condition_met", citation, {"condition": condition})
    return failed("direct.condition_not_met", citation, {"condition": condition})


def _no_debt_evasion(case: Renewal) -> Answer:
    return free_of("debt_evasion", case.facts.renewal.debt_evasion, NORMAL_LOAN_RULE)


def _contract_signed(case: Renewal) -> Answer:
    """The new contract is signed before maturity; until then nothing is missing yet."""
    signed, maturity, today = case.facts.renewal.contract_signed_on, case.facts.loan.maturity, case.today
    if signed is None:
        open_still = {"maturity": maturity.isoformat(), "today": today.isoformat()}
        if today < maturity:
            return passed("direct.contract_still_to_sign", RENEWAL_RULE, open_still)
        return referred("direct.contract_unknown", RENEWAL_RULE, open_still)
    if signed >= maturity:
        facts = {"signed": signed.isoformat(), "maturity": maturity.isoformat()}
        return failed("direct.contract_too_late", RENEWAL_RULE, facts)
    if signed > today:
        return referred(
            "direct.contract_in_future", RENEWAL_RULE, {"signed": signed.isoformat(), "today": today.isoformat()}
        )
    return passed(
        "direct.contract_in_time", RENEWAL_RULE, {"signed": signed.isoformat(), "maturity": maturity.isoformat()}
    )


_CONDITIONS = {
    "need_persists": RENEWAL_RULE,
    "difficulty_temporary": RENEWAL_RULE,
    "lawful_operation": NORMAL_LOAN_RULE,
    "operating_stably": NORMAL_LOAN_RULE,
    "meets_lending_standard": NORMAL_LOAN_RULE,
}
"""Fields of ``RenewalFacts`` that must hold, with their source."""

_CREDIT: tuple[Trouble, ...] = ("bad_credit", "dishonest_debtor", "loan_misused")
"""What good credit means here: clean, on no list, and the money was used for what it was lent for."""

DIRECT_RULES: tuple[Rule[Renewal], ...] = (
    Rule("direct.product", _product),
    *(Rule(f"direct.{condition}", partial(_condition, condition, source)) for condition, source in _CONDITIONS.items()),
    Rule("eligibility.applied_to_bank", applied_to_bank),
    Rule("direct.contract", _contract_signed),
    Rule("eligibility.risk_class", risk_class),
    *(Rule(f"eligibility.{trouble}", partial(no_trouble, trouble, NORMAL_LOAN_RULE)) for trouble in _CREDIT),
    Rule("eligibility.interest", interest_paid),
    Rule("direct.debt_evasion", _no_debt_evasion),
)
