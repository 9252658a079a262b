"""The renewal without repayment (无还本续贷): judged apart from the bridge, and by no measure."""

from datetime import date
from typing import Any

import pytest

from rulebook.cases import LoanRiskClass
from rulebook.findings import Findings, Result
from rulebook.law.eligibility import NORMAL_LOAN_RULE, RENEWAL_RULE, judge_applicant, judge_direct
from rulebook.law.size import SIZE_RULE
from tests.rulebook.law.amending import of_rule, only
from tests.rulebook.samples import TODAY, changed_facts, donghai

PASS, REFER, FAIL = Result.PASS, Result.REFER, Result.FAIL
SIZED = f"{RENEWAL_RULE}、{SIZE_RULE}"
SOUND: dict[str, Any] = {
    "renewal": {
        "need_persists": True,
        "difficulty_temporary": True,
        "lawful_operation": True,
        "operating_stably": True,
        "debt_evasion": False,
        "meets_lending_standard": True,
    }
}
LARGE = {"applicant.employees": 1000, "applicant.revenue_fen": 40_000_000_000}
MEDIUM = {"applicant.employees": 300, "applicant.revenue_fen": 2_000_000_000}
LAST_OF_MEDIUM = date(2027, 9, 29)


def direct(**changes: Any) -> Findings:
    named = {name.replace("__", "."): value for name, value in changes.items()}
    return judge_direct(changed_facts(SOUND | named), TODAY)


def test_a_sound_small_firm_may_have_its_loan_renewed_and_every_condition_is_there_once() -> None:
    findings = direct()
    assert findings.result is PASS
    assert [finding.rule for finding in findings.items] == [
        "direct.product", "direct.need_persists", "direct.difficulty_temporary", "direct.lawful_operation",
        "direct.operating_stably", "direct.meets_lending_standard", "eligibility.applied_to_bank", "direct.contract",
        "eligibility.risk_class", "eligibility.bad_credit", "eligibility.dishonest_debtor",
        "eligibility.loan_misused", "eligibility.interest", "direct.debt_evasion",
    ]  # fmt: skip
    assert {finding.citation for finding in findings.items} == {RENEWAL_RULE, NORMAL_LOAN_RULE, SIZED}


def test_nothing_known_is_nothing_passed() -> None:
    renewal = {"renewal": {}, "applied_to_bank_on": "unknown", "loan.risk_class": "unknown"}
    unknown = {f"standing.{trouble}": "unknown" for trouble in ("bad_credit", "dishonest_debtor", "loan_misused")}
    facts = changed_facts(renewal | unknown | {"loan.interest_in_arrears": "unknown", "applicant.employees": "unknown"})
    findings = judge_direct(facts, date(2026, 3, 20))
    assert {finding.result for finding in findings.items} == {REFER}


@pytest.mark.parametrize(
    ("condition", "source"),
    [
        ("need_persists", RENEWAL_RULE),
        ("difficulty_temporary", RENEWAL_RULE),
        ("lawful_operation", NORMAL_LOAN_RULE),
        ("operating_stably", NORMAL_LOAN_RULE),
        ("meets_lending_standard", NORMAL_LOAN_RULE),
    ],
)
def test_each_condition_must_hold_and_be_known(condition: str, source: str) -> None:
    unknown = judge_direct(changed_facts(without(condition, None)), TODAY)
    assert only(unknown) == ("direct.condition_unknown", REFER, source)
    broken = judge_direct(changed_facts(without(condition, False)), TODAY)
    assert only(broken) == ("direct.condition_not_met", FAIL, source)
    assert broken.standing_out[0].rule == f"direct.{condition}"
    met = of_rule(direct(), f"direct.{condition}")
    assert (met.because, met.citation) == ("direct.condition_met", source)
    assert met.facts == broken.standing_out[0].facts == unknown.standing_out[0].facts == {"condition": condition}


def without(name: str, value: object) -> dict[str, Any]:
    return {"renewal": SOUND["renewal"] | {name: value}}


def test_who_evades_debts_is_out() -> None:
    assert only(judge_direct(changed_facts(without("debt_evasion", True)), TODAY)) == (
        "eligibility.trouble_found", FAIL, NORMAL_LOAN_RULE
    )  # fmt: skip
    unknown = judge_direct(changed_facts(without("debt_evasion", None)), TODAY)
    assert only(unknown) == ("eligibility.trouble_unknown", REFER, NORMAL_LOAN_RULE)
    assert unknown.standing_out[0].facts == {"trouble": "debt_evasion"}
    assert of_rule(direct(), "direct.debt_evasion").because == "eligibility.no_trouble"


@pytest.mark.parametrize("trouble", ["bad_credit", "dishonest_debtor", "loan_misused"])
def test_credit_is_good(trouble: str) -> None:
    there = direct(**{f"standing__{trouble}": True})
    assert only(there) == ("eligibility.trouble_found", FAIL, NORMAL_LOAN_RULE)
    assert there.standing_out[0].rule == f"eligibility.{trouble}"
    assert only(direct(**{f"standing__{trouble}": "unknown"}))[1] is REFER


def test_other_troubles_are_the_measures_business() -> None:
    assert direct(standing__litigation=True, standing__unpaid_wages="unknown").result is PASS


# The product ---------------------------------------------------------------------------------------------------


def product(**changes: Any) -> tuple[str, Result, str]:
    finding = of_rule(direct(**changes), "direct.product")
    return finding.because, finding.result, finding.citation


def test_a_medium_firms_loan_must_mature_before_the_day_of_the_notice() -> None:
    facts = {name.replace(".", "__"): value for name, value in MEDIUM.items()}
    in_time = direct(**facts, loan__maturity=LAST_OF_MEDIUM)
    assert in_time.result is PASS
    assert of_rule(in_time, "direct.product").because == "direct.product_of_medium"
    assert of_rule(in_time, "direct.product").facts == {
        "kind": "firm", "size": "medium", "maturity": "2027-09-29", "until": "2027-09-30"
    }  # fmt: skip
    late = direct(**facts, loan__maturity=date(2027, 9, 30))
    assert only(late) == ("direct.product_of_too_large", FAIL, SIZED)


def test_a_large_firm_is_out_and_one_without_a_size_is_for_the_bank_to_judge() -> None:
    assert product(**{name.replace(".", "__"): value for name, value in LARGE.items()}) == (
        "direct.product_of_too_large", FAIL, SIZED
    )  # fmt: skip
    unclassified = direct(applicant__industry="J66")
    assert only(unclassified) == ("direct.product_unclassified", REFER, SIZED)
    assert unclassified.standing_out[0].facts == {"industry": "J66", "why": "sizing.industry_not_covered"}
    missing = direct(applicant__employees="unknown", applicant__revenue_fen="unknown")
    assert only(missing)[0] == "direct.product_unclassified"
    assert missing.standing_out[0].facts["why"] == "sizing.employees_missing,sizing.revenue_missing"


@pytest.mark.parametrize(("employees", "size"), [(86, "small"), (1, "micro")])
def test_small_and_micro_firms_and_their_owners(employees: int, size: str) -> None:
    firm = of_rule(direct(applicant__employees=employees), "direct.product")
    assert (firm.because, firm.result, firm.citation) == ("direct.product_of_small", PASS, SIZED)
    assert firm.facts == {"kind": "firm", "size": size, "maturity": "2026-03-20", "until": "2027-09-30"}
    owner = direct(applicant__employees=employees, applicant__kind="owner", loan__kind="business_operation")
    assert owner.result is PASS
    assert of_rule(owner, "direct.product").because == "direct.product_of_small"


def test_a_medium_firms_owner_is_out() -> None:
    facts = {name.replace(".", "__"): value for name, value in MEDIUM.items()}
    assert product(**facts, applicant__kind="owner", loan__kind="business_operation")[:2] == (
        "direct.product_of_too_large", FAIL
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["individual_business", "agricultural"])
def test_the_business_loan_of_a_person_needs_no_size(kind: str) -> None:
    finding = of_rule(
        direct(applicant__kind=kind, applicant__industry="?", loan__kind="business_operation"), "direct.product"
    )
    assert (finding.because, finding.result, finding.citation) == ("direct.product_within", PASS, RENEWAL_RULE)
    assert finding.facts == {"kind": kind, "loan": "business_operation"}


@pytest.mark.parametrize("kind", ["owner", "individual_business", "agricultural"])
def test_a_working_capital_loan_of_a_person_is_not_named_so_somebody_looks(kind: str) -> None:
    assert product(applicant__kind=kind) == ("direct.product_unclear", REFER, RENEWAL_RULE)


@pytest.mark.parametrize(
    ("kind", "loan"),
    [("firm", "project"), ("firm", "off_balance"), ("owner", "project"), ("firm", "business_operation")],
)
def test_other_products_are_out(kind: str, loan: str) -> None:
    findings = direct(applicant__kind=kind, loan__kind=loan)
    assert only(findings) == ("direct.product_outside", FAIL, RENEWAL_RULE)
    assert findings.standing_out[0].facts == {"kind": kind, "loan": loan}


# Days ----------------------------------------------------------------------------------------------------------

EVE, MATURITY = date(2026, 3, 19), date(2026, 3, 20)


def contract(signed: date | None, today: date) -> tuple[str, Result, dict[str, str]]:
    finding = of_rule(judge_direct(changed_facts(without("contract_signed_on", signed)), today), "direct.contract")
    assert finding.citation == RENEWAL_RULE
    return finding.because, finding.result, finding.facts


def test_until_maturity_a_contract_that_is_not_signed_is_not_missing() -> None:
    facts = {"maturity": "2026-03-20", "today": "2026-03-19"}
    assert contract(None, EVE) == ("direct.contract_still_to_sign", PASS, facts)
    facts = {"maturity": "2026-03-20", "today": "2026-03-20"}
    assert contract(None, MATURITY) == ("direct.contract_unknown", REFER, facts)


def test_the_new_contract_is_signed_before_maturity() -> None:
    facts = {"signed": "2026-03-19", "maturity": "2026-03-20"}
    assert contract(EVE, EVE) == ("direct.contract_in_time", PASS, facts)
    facts = {"signed": "2026-03-20", "maturity": "2026-03-20"}
    assert contract(MATURITY, EVE) == ("direct.contract_too_late", FAIL, facts)
    facts = {"signed": "2026-03-19", "today": "2026-03-02"}
    assert contract(EVE, TODAY) == ("direct.contract_in_future", REFER, facts)


@pytest.mark.parametrize(
    ("changes", "because", "result"),
    [
        ({"applied_to_bank_on": "unknown"}, "eligibility.bank_application_unknown", REFER),
        ({"applied_to_bank_on": date(2026, 3, 3)}, "eligibility.bank_application_in_future", REFER),
        ({"applied_to_bank_on": MATURITY}, "eligibility.bank_application_too_late", FAIL),
        ({"loan__risk_class": "unknown"}, "eligibility.risk_class_unknown", REFER),
        ({"loan__risk_class": LoanRiskClass.LOSS}, "eligibility.risk_class_not_normal", FAIL),
        ({"loan__interest_in_arrears": "unknown"}, "eligibility.interest_unknown", REFER),
        ({"loan__interest_in_arrears": True}, "eligibility.interest_in_arrears", FAIL),
    ],
)
def test_what_the_fund_asks_too_is_answered_alike(changes: dict[str, Any], because: str, result: Result) -> None:
    findings = direct(**changes)
    assert only(findings)[:2] == (because, result)
    named = {name.replace("__", "."): value for name, value in changes.items()}
    same = of_rule(judge_applicant(changed_facts(SOUND | named), donghai(), TODAY), findings.standing_out[0].rule)
    assert same == findings.standing_out[0]
