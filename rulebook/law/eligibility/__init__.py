"""May this loan be renewed, and may it be bridged? Four judgements, each a tuple of rules.

Of the applicant, of the renewal without repayment (the direct route), of the bridge, and on the day the money leaves.
A rule is one small function that answers pass, refer or fail, with its source; adding a rule is adding a function to a
judgement's tuple. What is not known is referred to a human, never passed; where a measure is silent there is no rule.
Every reason (``because``) has its words in ``rules.po``.
"""

from datetime import date
from functools import partial

from rulebook.calendar import WorkCalendar
from rulebook.cases import CaseFacts, Promise
from rulebook.findings import Findings, Result
from rulebook.law.ceiling import ceiling
from rulebook.law.eligibility import applicant, loan, renewal
from rulebook.law.eligibility.answers import NORMAL_LOAN_RULE, RENEWAL_RULE, UNKNOWN, Rule, ask_all, in_yuan, size_of
from rulebook.law.eligibility.applicant import Application
from rulebook.law.eligibility.bridge import BRIDGE_RULES, RELEASE_RULES, Bridging, ReleaseDay
from rulebook.law.measure import Measure
from rulebook.messages import ChecklistItem

__all__ = [
    "NORMAL_LOAN_RULE",
    "RENEWAL_RULE",
    "UNKNOWN",
    "ceiling",
    "judge_applicant",
    "judge_bridge",
    "judge_direct",
    "judge_release",
    "size_of",
]

APPLICANT_RULES: tuple[Rule[Application], ...] = (
    Rule("eligibility.measure", applicant.in_force),
    Rule("eligibility.applicant", applicant.applicant_kind),
    Rule("eligibility.person", applicant.person),
    Rule("eligibility.farmer", applicant.farmer),
    Rule("eligibility.size", applicant.size),
    Rule("eligibility.registration", applicant.registered_locally),
    Rule("eligibility.seat", applicant.seat_locally),
    Rule("eligibility.tax", applicant.tax_floor),
    Rule("eligibility.liabilities", applicant.liabilities),
    Rule("eligibility.industry", applicant.industry),
    Rule("eligibility.industry_list", applicant.industry_listed),
    Rule("eligibility.loan_kind", loan.loan_kind),
    Rule("eligibility.least_loan", loan.least_loan),
    Rule("eligibility.risk_class", renewal.risk_class),
    Rule("eligibility.interest", renewal.interest_paid),
    Rule("eligibility.loan_misused", partial(renewal.no_trouble, "loan_misused", RENEWAL_RULE)),
    Rule("eligibility.applied_to_bank", renewal.applied_to_bank),
    Rule("eligibility.maturity", loan.maturity_ahead),
    Rule("eligibility.asked", loan.asked_within_balance),
    Rule("eligibility.cap", loan.asked_within_cap),
    Rule("eligibility.own_money", loan.whole_loan_paid),
    Rule("eligibility.papers", applicant.papers_handed_in),
    Rule("eligibility.standing", applicant.exclusions_decided),
)


def judge_applicant(facts: CaseFacts, measure: Measure, today: date) -> Findings:
    """Whether the fund may help this borrower with this loan at all; judged before the bank is asked.

    Args:
        facts: as recorded when the case opened.
        measure: in force, or a draft: what it leaves open refers the case.
        today: the fund's business day.
    Returns:
        a finding for every rule; the worst one rules.
    """
    case = Application(facts, measure, today, in_yuan(facts.asked_fen), in_yuan(facts.loan.balance_fen))
    document = measure.document
    findings = ask_all(APPLICANT_RULES, case, document)
    if measure.limits_exposure:
        findings += ask_all(loan.EXPOSURE_RULES, loan.drawing_asked_for(facts, measure), document)
    findings += applicant.listed(case)
    return Findings.of(findings)


def judge_direct(facts: CaseFacts, today: date) -> Findings:
    """Whether the bank may renew the loan without repayment (无还本续贷), so that no bridge is needed.

    No measure has a say in it, and it does not bind the bank to renew.

    Args:
        facts: as recorded when the case opened, or as they stand now.
        today: the fund's business day.
    Returns:
        a finding for every condition.
    Source: 金规〔2024〕13号; 银监发〔2014〕36号.
    """
    return Findings.of(ask_all(renewal.DIRECT_RULES, renewal.Renewal(facts, today), RENEWAL_RULE))


def judge_bridge(
    facts: CaseFacts, promise: Promise, amount_fen: int, measure: Measure, calendar: WorkCalendar, today: date
) -> Findings:
    """Whether this promise carries this bridge; judged when the promise has come, and when an amount is proposed.

    The release day is still open, so the bridge is taken to leave on the last working day before maturity (or today,
    where that is later): the promise must then last to the end of the term.

    Args:
        facts: as recorded when the case opened.
        promise: the bank's latest.
        amount_fen: the bridge, in fen.
        calendar: working days from today to the end of the term.
    """
    leaves = max(today, calendar.workday_before(facts.loan.maturity))
    bridge = Bridging(facts, promise, amount_fen, measure, calendar, leaves)
    findings = ask_all(BRIDGE_RULES, bridge, measure.document)
    if measure.limits_exposure:
        findings += ask_all(loan.EXPOSURE_RULES, loan.Drawing(facts, measure, amount_fen, leaves), measure.document)
    return Findings.of(findings)


def judge_release(
    facts: CaseFacts,
    promise: Promise,
    amount_fen: int,
    confirmed: tuple[ChecklistItem, ...],
    balance_fen: int,
    measure: Measure,
    calendar: WorkCalendar,
    today: date,
) -> Findings:
    """Whether the money may leave today.

    Args:
        confirmed: the items of the checklist that the cashier has signed.
        balance_fen: the old loan's principal on the day, in fen.
    Returns:
        the release day's own findings, and those about the bridge once more, with today as the day it leaves. What
        the borrower has of the fund counts as far as it is known: what was not, a human has decided by now.
    """
    day = ReleaseDay(facts, confirmed, balance_fen, measure, today)
    bridge = Bridging(facts, promise, amount_fen, measure, calendar, today)
    exposure = ask_all(loan.EXPOSURE_RULES, loan.Drawing(facts, measure, amount_fen, today), measure.document)
    return Findings.of(
        [
            *ask_all(RELEASE_RULES, day, measure.document),
            *ask_all(BRIDGE_RULES, bridge, measure.document),
            *(finding for finding in exposure if finding.result is not Result.REFER),
        ]
    )
