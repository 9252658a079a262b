"""The rules that only some measures have: without the provision no rule, with it an answer by its own article."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from activities.law.measures import draft
from rulebook.calendar import DayUnit
from rulebook.cases import CaseFacts
from rulebook.errors import XuqiaoError
from rulebook.findings import Findings, Result
from rulebook.law.eligibility import judge_applicant, judge_bridge, judge_release
from rulebook.messages import ChecklistItem
from tests.rulebook.law.amending import ARTICLE, LAW, OPERATOR, amended, of_rule, only
from tests.rulebook.samples import CALENDAR, TODAY, a_promise, changed_facts, donghai, some_facts

WAN = 1_000_000
"""Fen in 1万元."""
PASS, REFER, FAIL = Result.PASS, Result.REFER, Result.FAIL
EVE = date(2026, 3, 19)


def judged(provisions: Mapping[str, object], changes: Mapping[str, Any]) -> Findings:
    return judge_applicant(changed_facts({**changes}), amended(provisions), TODAY)


LOCAL = {"applicant.registered_locally": True}
PLACE = {**LOCAL, "applicant.place_of_business_counts": True}
TAX = {"applicant.tax_floor": 10 * WAN}
RELAXED = {**TAX, "applicant.tax_floor_for_small": False}
STRICT = {**TAX, "applicant.tax_floor_for_small": True}
LIABILITIES = {"applicant.most_liabilities": 700_000}
INDUSTRIES = {"applicant.industries_excluded": ("J", "7010", "51")}
OUT = {"loan.kinds_out": ("project", "off_balance")}
LEAST = {"loan.least_individual_business": 500_000_000}
LISTED = {"bridge.cap_listed_firm": 2000 * WAN}
PAPERS = {"papers.required": ("营业执照", "续贷申请书")}
BUSINESS = {"applicant.kind": "individual_business", "asked_fen": 200 * WAN, "own_contribution_fen": 300 * WAN}
TAXES = {"tax": "99,999.99", "floor": "100,000.00"}
MEDIUM = {"applicant.employees": 300, "applicant.revenue_fen": 2000 * WAN}
KEPT_OUT = "J、7010、51"
SEAT = {"applicant.seat_locally": True}
ENCOURAGED = {**TAX, "applicant.tax_floor_for_encouraged": False}
BELOW = {"applicant.tax_last_year_fen": 10 * WAN - 1} | MEDIUM
LET_IN = {"applicant.industries": ("B", "C", "7010")}
ADMITTED = "B、C、7010"
PERSONS = {"applicant.persons": ("legal_representative", "shareholder")}
REPRESENTATIVE = {"applicant.persons": ("legal_representative",)}
IN_PERSON = {"applicant.kind": "owner", "loan.kind": "business_operation"}
BY_LIST = {"applicant.large_by_list": "双百企业名单"}
LARGE = {"applicant.employees": 1000, "applicant.revenue_fen": 40_000 * WAN}
NAMED = {"list": "双百企业名单"}
ON_LIST = {"bridge.cap_on_list": 2000 * WAN}
FARMERS = {
    "applicant.kinds": ("firm", "individual_business", "agricultural"), "bridge.cap_agricultural_by_kind": True,
    "bridge.cap_firm": 1000 * WAN, "bridge.cap_individual_business": 200 * WAN,
}  # fmt: skip
FARMER = {"applicant.kind": "agricultural"}
A_FIRM = FARMER | {"applicant.farms_as_firm": True}
AN_INDIVIDUAL = FARMER | {"applicant.farms_as_individual_business": True}
LEAST_AT_ONCE = {"exposure.firm_least_at_once": 300 * WAN}
"""What one firm must have at one time; the sound case asks for 475万元."""
OVER_A_FIRM = {"loan.balance_fen": 2000 * WAN, "asked_fen": 2000 * WAN}
OVER_ANY_FIRM = {"loan.balance_fen": 2000 * WAN + 1, "asked_fen": 2000 * WAN + 1}

RULES: list[tuple[str, Mapping[str, Any], Mapping[str, Any], Result, str, dict[str, str]]] = [
    ("registration", LOCAL, {}, PASS, "registered_here", {}),
    ("registration", LOCAL, {"applicant.registered_locally": False}, FAIL, "registered_elsewhere", {}),
    ("registration", LOCAL, {"applicant.registered_locally": "unknown"}, REFER, "registration_unknown", {}),
    ("registration", PLACE, {"applicant.registered_locally": False}, REFER, "place_to_see", {}),
    ("registration", PLACE, {}, PASS, "registered_here", {}),
    ("tax", TAX, {"applicant.tax_last_year_fen": 10 * WAN}, PASS, "tax_reached",
     {"tax": "100,000.00", "floor": "100,000.00"}),
    ("tax", TAX, {"applicant.tax_last_year_fen": 10 * WAN - 1}, FAIL, "tax_below_floor", TAXES),
    ("tax", STRICT, {"applicant.tax_last_year_fen": 10 * WAN - 1}, FAIL, "tax_below_floor", TAXES),
    ("tax", RELAXED, {"applicant.tax_last_year_fen": 10 * WAN - 1} | MEDIUM, FAIL, "tax_below_floor", TAXES),
    ("tax", TAX, {"applicant.tax_last_year_fen": "unknown"}, REFER, "tax_unknown", {"floor": "100,000.00"}),
    ("liabilities", LIABILITIES, {"applicant.liabilities_ppm": 700_000}, PASS, "liabilities_within",
     {"ratio": "70%", "most": "70%"}),
    ("liabilities", LIABILITIES, {"applicant.liabilities_ppm": 700_001}, FAIL, "liabilities_over",
     {"ratio": "70.0001%", "most": "70%"}),
    ("liabilities", LIABILITIES, {"applicant.liabilities_ppm": 0}, PASS, "liabilities_within",
     {"ratio": "0%", "most": "70%"}),
    ("liabilities", LIABILITIES, {}, REFER, "liabilities_unknown", {"most": "70%"}),
    ("industry", INDUSTRIES, {}, PASS, "industry_admitted", {"industry": "C1811", "excluded": KEPT_OUT}),
    ("industry", INDUSTRIES, {"applicant.industry": "7020"}, PASS, "industry_admitted",
     {"industry": "7020", "excluded": KEPT_OUT}),
    ("industry", INDUSTRIES, {"applicant.industry": "7010"}, FAIL, "industry_excluded",
     {"industry": "7010", "excluded": KEPT_OUT}),
    ("industry", INDUSTRIES, {"applicant.industry": "F5169"}, FAIL, "industry_excluded",
     {"industry": "F5169", "excluded": KEPT_OUT}),
    ("industry", INDUSTRIES, {"applicant.industry": "J"}, FAIL, "industry_excluded",
     {"industry": "J", "excluded": KEPT_OUT}),
    ("industry", INDUSTRIES, {"applicant.industry": "66"}, FAIL, "industry_excluded",
     {"industry": "66", "excluded": KEPT_OUT}),
    ("industry", INDUSTRIES, {"applicant.industry": "K"}, REFER, "industry_too_wide",
     {"industry": "K", "excluded": KEPT_OUT}),
    ("industry", INDUSTRIES, {"applicant.industry": "C51"}, REFER, "industry_unknown",
     {"industry": "C51", "excluded": KEPT_OUT}),
    ("loan_kind", OUT, {"loan.kind": "project"}, FAIL, "loan_kind_out", {"kind": "project"}),
    ("least_loan", LEAST, BUSINESS, PASS, "loan_large_enough",
     {"balance": "5,000,000.00", "least": "5,000,000.00"}),
    ("least_loan", LEAST, BUSINESS | {"loan.balance_fen": 499_999_999}, FAIL, "loan_too_small",
     {"balance": "4,999,999.99", "least": "5,000,000.00"}),
    ("cap", LISTED, OVER_A_FIRM | {"applicant.listed": True}, PASS, "asked_within_cap",
     {"asked": "20,000,000.00", "cap": "20,000,000.00", "kind": "firm"}),
    ("cap", LISTED, OVER_A_FIRM, REFER, "listed_unknown", {"asked": "20,000,000.00", "cap": "20,000,000.00"}),
    ("cap", LISTED, OVER_ANY_FIRM | {"applicant.listed": True}, FAIL, "asked_over_cap",
     {"asked": "20,000,000.01", "cap": "20,000,000.00", "kind": "firm"}),
    ("seat", SEAT, {"applicant.seat_locally": True, "applicant.registered_locally": False}, PASS, "seat_here", {}),
    ("seat", SEAT, {"applicant.registered_locally": True}, PASS, "seat_here", {}),
    ("seat", SEAT, {"applicant.registered_locally": False}, REFER, "seat_unknown", {}),
    ("seat", SEAT, {"applicant.registered_locally": "unknown"}, REFER, "seat_unknown", {}),
    ("seat", SEAT, {"applicant.seat_locally": False}, FAIL, "seat_elsewhere", {}),
    ("industry_list", LET_IN, {}, PASS, "industry_on_list", {"industry": "C1811", "admitted": ADMITTED}),
    ("industry_list", LET_IN, {"applicant.industry": "7020"}, FAIL, "industry_not_on_list",
     {"industry": "7020", "admitted": ADMITTED}),
    ("industry_list", LET_IN, {"applicant.industry": "K"}, REFER, "industry_not_told",
     {"industry": "K", "admitted": ADMITTED}),
    ("industry_list", LET_IN, {"applicant.industry": "C51"}, REFER, "industry_not_told",
     {"industry": "C51", "admitted": ADMITTED}),
    ("person", PERSONS, IN_PERSON, PASS, "person_admitted", {"who": "legal_representative"}),
    ("person", PERSONS, IN_PERSON | {"applicant.shareholder": True}, PASS, "person_admitted", {"who": "shareholder"}),
    ("person", REPRESENTATIVE, IN_PERSON | {"applicant.shareholder": True}, FAIL, "person_not_admitted",
     {"who": "shareholder"}),
    ("size", BY_LIST, LARGE | {"applicant.on_list": True}, PASS, "large_on_list", NAMED),
    ("size", BY_LIST, LARGE | {"applicant.on_list": False}, FAIL, "large_not_on_list", NAMED),
    ("size", BY_LIST, LARGE, REFER, "large_list_unknown", NAMED),
    ("cap", ON_LIST, OVER_A_FIRM | {"applicant.on_list": True}, PASS, "asked_within_cap",
     {"asked": "20,000,000.00", "cap": "20,000,000.00", "kind": "firm"}),
    ("cap", ON_LIST, OVER_A_FIRM, REFER, "on_list_unknown", {"asked": "20,000,000.00", "cap": "20,000,000.00"}),
    ("cap", ON_LIST, OVER_ANY_FIRM | {"applicant.on_list": True}, FAIL, "asked_over_cap",
     {"asked": "20,000,000.01", "cap": "20,000,000.00", "kind": "firm"}),
    ("farmer", FARMERS, A_FIRM, PASS, "farmer_known", {"kind": "firm"}),
    ("farmer", FARMERS, AN_INDIVIDUAL, PASS, "farmer_known", {"kind": "individual_business"}),
    ("farmer", FARMERS, FARMER, REFER, "farmer_unknown", {}),
    ("farmer", FARMERS, FARMER | {"applicant.farms_as_firm": False}, REFER, "farmer_unknown", {}),
    ("farmer", FARMERS, A_FIRM | AN_INDIVIDUAL, REFER, "farmer_unknown", {}),
    ("farmer", FARMERS, FARMER | {"applicant.farms_as_firm": False, "applicant.farms_as_individual_business": False},
     FAIL, "farmer_neither", {}),
    ("cap", FARMERS, A_FIRM, PASS, "asked_within_cap",
     {"asked": "4,750,000.00", "cap": "10,000,000.00", "kind": "agricultural"}),
    ("cap", FARMERS, AN_INDIVIDUAL, FAIL, "asked_over_cap",
     {"asked": "4,750,000.00", "cap": "2,000,000.00", "kind": "agricultural"}),
    ("cap", FARMERS, FARMER, REFER, "farmer_cap_unknown", {"asked": "4,750,000.00", "cap": "10,000,000.00"}),
    ("exposure_least", LEAST_AT_ONCE, {"asked_fen": 300 * WAN}, PASS, "exposure_large_enough",
     {"already": "0.00", "amount": "3,000,000.00", "least": "3,000,000.00"}),
    ("exposure_least", LEAST_AT_ONCE, {"asked_fen": 300 * WAN - 1}, REFER, "exposure_below_least_unknown",
     {"already": "0.00", "amount": "2,999,999.99", "least": "3,000,000.00"}),
    ("exposure_least", LEAST_AT_ONCE,
     {"asked_fen": 100 * WAN, "exposure.firm": {"out_fen": 200 * WAN, "year_fen": 0}}, PASS, "exposure_large_enough",
     {"already": "2,000,000.00", "amount": "1,000,000.00", "least": "3,000,000.00"}),
    ("exposure_least", LEAST_AT_ONCE,
     {"asked_fen": 100 * WAN - 1, "exposure.firm": {"out_fen": 200 * WAN, "year_fen": 0}}, FAIL,
     "exposure_below_least", {"already": "2,000,000.00", "amount": "999,999.99", "least": "3,000,000.00"}),
    ("security", {"bridge.security": ("实际控制人连带担保",)}, {}, REFER, "security_to_see",
     {"security": "实际控制人连带担保"}),
    ("papers", PAPERS, {"papers_in": ("续贷申请书", "营业执照")}, PASS, "papers_complete",
     {"required": "营业执照、续贷申请书"}),
    ("papers", PAPERS, {"papers_in": ("贷款合同",)}, REFER, "papers_missing", {"missing": "营业执照、续贷申请书"}),
    ("papers", PAPERS, {}, REFER, "papers_unknown", {"required": "营业执照、续贷申请书"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "provisions", "changes", "result", "because", "facts"), RULES, ids=[f"{row[0]}-{row[4]}" for row in RULES]
)
def test_a_rule_answers_by_its_own_article(
    rule: str, provisions: Mapping[str, Any], changes: Mapping[str, Any], result: Result, because: str, facts: Any
) -> None:
    finding = of_rule(judged(provisions, changes), f"eligibility.{rule}")
    assert (finding.result, finding.because) == (result, f"eligibility.{because}")
    assert finding.citation == ARTICLE
    assert finding.facts == facts


@pytest.mark.parametrize(
    ("encouraged", "result", "because"),
    [
        (True, REFER, "tax_below_floor_encouraged"),
        ("unknown", REFER, "encouraged_unknown"),
        (False, FAIL, "tax_below_floor"),
    ],
)
def test_below_the_tax_floor_a_human_decides_for_industries_that_the_state_encourages(
    encouraged: object, result: Result, because: str
) -> None:
    finding = of_rule(judged(ENCOURAGED, BELOW | {"applicant.encouraged_industry": encouraged}), "eligibility.tax")
    assert (finding.result, finding.because) == (result, f"eligibility.{because}")
    assert finding.citation == (f"{ARTICLE}、{ARTICLE}" if result is REFER else ARTICLE)
    assert finding.facts == TAXES


def test_an_encouraged_industry_at_the_floor_needs_nobodys_leave() -> None:
    at_it = {"applicant.tax_last_year_fen": 10 * WAN, "applicant.encouraged_industry": True}
    assert of_rule(judged(ENCOURAGED, MEDIUM | at_it), "eligibility.tax").result is PASS
    strict = ENCOURAGED | {"applicant.tax_floor_for_encouraged": True}
    assert of_rule(judged(strict, BELOW | {"applicant.encouraged_industry": True}), "eligibility.tax").result is FAIL


def test_a_shareholder_is_left_to_a_human_where_the_measure_does_not_say_who_borrows_in_person() -> None:
    silent = {"applicant.persons": None}
    finding = of_rule(judged(silent, IN_PERSON | {"applicant.shareholder": True}), "eligibility.person")
    assert (finding.result, finding.because) == (REFER, "eligibility.person_unclear")
    rules = {finding.rule for finding in judged(silent, IN_PERSON).items}
    assert "eligibility.person" not in rules
    assert "eligibility.person" not in {finding.rule for finding in judged(PERSONS, {}).items}
    firms_only = judged({"applicant.kinds": ("firm",), **silent}, IN_PERSON | {"applicant.shareholder": True})
    assert "eligibility.person" not in {finding.rule for finding in firms_only.items}
    kinds_open = judged({"applicant.kinds": None, **PERSONS}, IN_PERSON)
    assert of_rule(kinds_open, "eligibility.person").result is PASS


def test_the_firm_of_a_person_may_be_asked_for_another_size() -> None:
    small_owners = {"applicant.sizes": ("large", "medium", "small", "micro"),
                    "applicant.sizes_of_owner": ("small", "micro")}  # fmt: skip
    of_owner = of_rule(judged(small_owners, IN_PERSON | MEDIUM), "eligibility.size")
    assert (of_owner.result, of_owner.because) == (FAIL, "eligibility.size_not_admitted")
    assert of_rule(judged(small_owners, MEDIUM), "eligibility.size").result is PASS
    assert of_rule(judged(small_owners, IN_PERSON), "eligibility.size").result is PASS


def test_a_list_admits_large_firms_only_and_nobody_else() -> None:
    small_only = BY_LIST | {"applicant.sizes": ("small", "micro")}
    medium = of_rule(judged(small_only, MEDIUM | {"applicant.on_list": True}), "eligibility.size")
    assert (medium.result, medium.because) == (FAIL, "eligibility.size_not_admitted")
    owner = of_rule(judged(BY_LIST, LARGE | IN_PERSON | {"applicant.on_list": True}), "eligibility.size")
    assert (owner.result, owner.because) == (FAIL, "eligibility.size_not_admitted")


def test_a_farmer_is_judged_in_all_as_what_it_is() -> None:
    farmers = FARMERS | {"loan.least_individual_business": 600 * WAN}
    large = judged(farmers, A_FIRM | LARGE)
    assert of_rule(large, "eligibility.size").because == "eligibility.size_not_admitted"
    assert "eligibility.least_loan" not in {finding.rule for finding in large.items}
    individual = judged(farmers, AN_INDIVIDUAL | LARGE)
    assert of_rule(individual, "eligibility.size").because == "eligibility.size_not_asked"
    assert of_rule(individual, "eligibility.least_loan").because == "eligibility.loan_too_small"
    operation = {"loan.kind": "business_operation"}
    assert of_rule(judged(farmers, A_FIRM | operation), "eligibility.loan_kind").result is FAIL
    assert of_rule(judged(farmers, AN_INDIVIDUAL | operation), "eligibility.loan_kind").result is PASS
    assert of_rule(judged(farmers, FARMER | operation), "eligibility.loan_kind").result is PASS


def test_no_bridge_is_larger_than_the_farmers_own_cap() -> None:
    def bridged(facts: Mapping[str, Any], amount_fen: int) -> Findings:
        promise = a_promise(amount_fen=2000 * WAN)
        larger = {"loan.balance_fen": 2000 * WAN}
        return judge_bridge(changed_facts({**facts, **larger}), promise, amount_fen, amended(FARMERS), CALENDAR, TODAY)

    for facts, cap in ((A_FIRM, 1000 * WAN), (AN_INDIVIDUAL, 200 * WAN), (FARMER, 200 * WAN)):
        assert of_rule(bridged(facts, cap), "bridging.ceiling").result is PASS
        assert of_rule(bridged(facts, cap + 1), "bridging.ceiling").because == "bridging.over_ceiling"
    neither = FARMER | {"applicant.farms_as_firm": False, "applicant.farms_as_individual_business": False}
    assert of_rule(bridged(neither, 1), "bridging.ceiling").because == "eligibility.applicant_not_admitted"


def test_a_measure_that_is_silent_has_none_of_these_rules() -> None:
    rules = {f"eligibility.{row[0]}" for row in RULES} - {
        "eligibility.loan_kind", "eligibility.cap", "eligibility.size"
    }  # fmt: skip
    findings = judge_applicant(some_facts(), donghai(), TODAY)
    assert {finding.rule for finding in findings.items} & rules == set()
    assert not any("exposure" in finding.rule or "condition" in finding.rule for finding in findings.items)


def test_a_measure_that_lets_in_who_is_not_local_does_not_ask() -> None:
    findings = judged({"applicant.registered_locally": False}, {"applicant.registered_locally": False})
    assert findings.result is PASS
    assert "eligibility.registration" not in {finding.rule for finding in findings.items}


@pytest.mark.parametrize("industry", ["C1811", "J66", "nonsense"])
def test_below_the_tax_floor_a_human_decides_for_small_firms_and_for_those_without_a_size(industry: str) -> None:
    findings = judged(RELAXED, {"applicant.tax_last_year_fen": 0, "applicant.industry": industry})
    finding = of_rule(findings, "eligibility.tax")
    assert (finding.because, finding.result) == ("eligibility.tax_below_floor_small", REFER)
    assert finding.citation == f"{ARTICLE}、{ARTICLE}"
    assert finding.facts == {"tax": "0.00", "floor": "100,000.00"}


def test_a_large_firm_below_the_tax_floor_fails() -> None:
    large = {"applicant.employees": 1000, "applicant.revenue_fen": 40_000 * WAN, "applicant.tax_last_year_fen": 1}
    assert of_rule(judged(RELAXED, large), "eligibility.tax").result is FAIL


def test_the_smallest_loan_is_asked_of_individual_businesses_only() -> None:
    findings = judged(LEAST, {"loan.balance_fen": 1, "asked_fen": 1})
    assert "eligibility.least_loan" not in {finding.rule for finding in findings.items}


def test_a_firm_that_is_not_listed_keeps_the_ordinary_cap() -> None:
    findings = judged(LISTED, OVER_A_FIRM | {"applicant.listed": False})
    assert only(findings) == ("eligibility.asked_over_cap", FAIL, LAW)
    unlisted_unknown = judged(LISTED, OVER_ANY_FIRM)
    assert only(unlisted_unknown) == ("eligibility.asked_over_cap", FAIL, LAW)
    assert of_rule(judged(LISTED, {}), "eligibility.cap").result is PASS


def test_a_listed_firms_cap_is_no_owners_cap() -> None:
    owner = {"applicant.kind": "owner", "asked_fen": 500 * WAN + 1, "loan.balance_fen": 500 * WAN + 1}
    for listed in ("unknown", True):
        findings = judged(LISTED, owner | {"applicant.listed": listed})
        assert only(findings) == ("eligibility.asked_over_cap", FAIL, LAW)


def test_each_further_condition_is_for_a_human_and_named() -> None:
    findings = judged({"applicant.conditions": ("无拖欠税款", "非房地产企业")}, {})
    seen = [(finding.rule, finding.because, finding.result, finding.citation) for finding in findings.standing_out]
    assert seen == [("eligibility.condition", "eligibility.condition_to_see", REFER, ARTICLE)] * 2
    assert [finding.facts for finding in findings.standing_out] == [
        {"condition": "无拖欠税款"},
        {"condition": "非房地产企业"},
    ]


@pytest.mark.parametrize("trouble", ["stopped_over_six_months", "no_tax_for_six_months", "overdue_over_three_months"])
def test_troubles_that_other_measures_list(trouble: str) -> None:
    listed: dict[str, object] = {"standing.excluded": (trouble,), "standing.also_excluded": (trouble,)}
    assert only(judged(listed, {})) == ("eligibility.trouble_unknown", REFER, ARTICLE)
    assert only(judged(listed, {f"standing.{trouble}": True})) == ("eligibility.trouble_found", FAIL, ARTICLE)
    clean = judged(listed, {f"standing.{trouble}": False})
    assert clean.result is PASS
    assert of_rule(clean, f"eligibility.{trouble}").facts == {"trouble": trouble}


# Own money -----------------------------------------------------------------------------------------------------


def test_bridge_and_own_money_settle_the_loan_or_somebody_is_asked_who_does() -> None:
    settled = of_rule(judge_applicant(some_facts(), donghai(), TODAY), "eligibility.own_money")
    assert (settled.result, settled.because, settled.citation) == (PASS, "eligibility.loan_covered", OPERATOR)
    assert settled.facts == {"asked": "4,750,000.00", "own": "250,000.00", "balance": "5,000,000.00"}
    short = judge_applicant(some_facts(own_contribution_fen=24_999_999), donghai(), TODAY)
    assert only(short) == ("eligibility.loan_not_covered", REFER, OPERATOR)
    assert short.standing_out[0].facts == {
        "asked": "4,750,000.00", "own": "249,999.99", "balance": "5,000,000.00", "lacking": "0.01"
    }  # fmt: skip


def test_while_a_draft_does_not_say_what_is_covered_the_document_is_cited() -> None:
    findings = judged({"bridge.covers": None}, {})
    assert findings.result is PASS
    assert of_rule(findings, "eligibility.own_money").citation == LAW
    assert of_rule(findings, "eligibility.asked").citation == LAW


# What the borrower has of the fund already ---------------------------------------------------------------------

LIMITS = [
    ("firm_at_once", "out_fen"), ("controller_at_once", "out_fen"), ("group_at_once", "out_fen"),
    ("firm_per_year", "year_fen"), ("controller_per_year", "year_fen"), ("group_per_year", "year_fen"),
]  # fmt: skip


def exposed(whose: str, amount: str, fen: int) -> dict[str, Any]:
    return {f"exposure.{whose}": {"out_fen": 0, "year_fen": 0} | {amount: fen}}


@pytest.mark.parametrize(("limit", "amount"), LIMITS)
def test_earlier_bridges_and_this_one_stay_within_each_limit(limit: str, amount: str) -> None:
    whose, rule = limit.split("_")[0], f"eligibility.exposure_{limit}"
    provisions: dict[str, object] = {f"exposure.{limit}": 1000 * WAN}
    unknown = judged(provisions, {})
    assert only(unknown) == ("eligibility.exposure_unknown", REFER, ARTICLE)
    assert unknown.standing_out[0].facts == {"limit": f"exposure.{limit}", "most": "10,000,000.00"}
    at_limit = judged(provisions, exposed(whose, amount, 525 * WAN))
    assert at_limit.result is PASS
    assert of_rule(at_limit, rule).because == "eligibility.exposure_within"
    assert of_rule(at_limit, rule).citation == ARTICLE
    over = judged(provisions, exposed(whose, amount, 525 * WAN + 1))
    assert only(over) == ("eligibility.exposure_over", FAIL, ARTICLE)
    assert over.standing_out[0].rule == rule
    assert over.standing_out[0].facts == {
        "limit": f"exposure.{limit}", "most": "10,000,000.00", "already": "5,250,000.01", "amount": "4,750,000.00"
    }  # fmt: skip


def exposed_firm(**changes: object) -> CaseFacts:
    return changed_facts({"exposure.firm": {"out_fen": 525 * WAN, "year_fen": 0}} | changes)


def test_the_bridge_is_judged_by_its_own_amount_and_again_on_the_release_day() -> None:
    measure, facts = amended({"exposure.firm_at_once": 1000 * WAN}), exposed_firm()
    lines = tuple(ChecklistItem)
    assert judge_bridge(facts, a_promise(), 475 * WAN, measure, CALENDAR, TODAY).result is PASS
    over = amended({"exposure.firm_at_once": 1000 * WAN - 1})
    assert only(judge_bridge(facts, a_promise(), 475 * WAN, over, CALENDAR, TODAY))[:2] == (
        "eligibility.exposure_over", FAIL
    )  # fmt: skip
    assert judge_bridge(facts, a_promise(), 475 * WAN - 1, over, CALENDAR, TODAY).result is PASS
    released = judge_release(facts, a_promise(), 475 * WAN, lines, 500 * WAN, over, CALENDAR, EVE)
    assert only(released)[:2] == ("eligibility.exposure_over", FAIL)
    released = judge_release(facts, a_promise(), 475 * WAN, lines, 500 * WAN, measure, CALENDAR, EVE)
    assert released.result is PASS
    assert of_rule(released, "eligibility.exposure_firm_at_once").facts["amount"] == "4,750,000.00"


def test_what_a_human_had_to_decide_before_does_not_stop_the_release() -> None:
    measure = amended({"exposure.firm_at_once": 1000 * WAN, "exposure.gap_days": 30})
    bridge = judge_bridge(some_facts(), a_promise(), 475 * WAN, measure, CALENDAR, TODAY)
    assert [finding.because for finding in bridge.standing_out] == [
        "eligibility.exposure_unknown",
        "eligibility.last_bridge_unknown",
    ]
    released = judge_release(
        some_facts(), a_promise(), 475 * WAN, tuple(ChecklistItem), 500 * WAN, measure, CALENDAR, EVE
    )
    assert released.result is PASS


def gap(returned: date | str, leaves: date = EVE) -> Findings:
    facts = exposed_firm(**{"exposure.last_returned_on": returned})
    measure = amended({"exposure.gap_days": 30})
    promise, lines = a_promise(valid_until=date(2026, 6, 1)), tuple(ChecklistItem)
    return judge_release(facts, promise, 475 * WAN, lines, 500 * WAN, measure, CALENDAR, leaves)


def test_the_gap_runs_to_the_day_the_money_leaves() -> None:
    assert gap(EVE - timedelta(days=30)).result is PASS
    short = gap(EVE - timedelta(days=29))
    assert only(short) == ("eligibility.gap_too_short", FAIL, ARTICLE)
    assert short.standing_out[0].rule == "eligibility.exposure_gap"
    assert short.standing_out[0].facts == {"last": "2026-02-18", "leaves": "2026-03-19", "gap": "30"}
    assert gap(EVE - timedelta(days=30), leaves=EVE - timedelta(days=1)).result is FAIL


def test_who_never_had_a_bridge_keeps_every_gap() -> None:
    finding = of_rule(gap("unknown"), "eligibility.exposure_gap")
    assert (finding.result, finding.because, finding.citation) == (PASS, "eligibility.gap_kept", ARTICLE)
    assert finding.facts == {"last": "—", "leaves": "2026-03-19", "gap": "30"}


def test_an_applicants_gap_is_taken_to_the_eve_of_maturity() -> None:
    measure = amended({"exposure.gap_days": 30})
    in_time = exposed_firm(**{"exposure.last_returned_on": date(2026, 2, 17)})
    assert judge_applicant(in_time, measure, TODAY).result is PASS
    late = exposed_firm(**{"exposure.last_returned_on": date(2026, 2, 18)})
    assert only(judge_applicant(late, measure, TODAY))[:2] == ("eligibility.gap_too_short", FAIL)
    unknown = judge_applicant(some_facts(), measure, TODAY)
    assert only(unknown) == ("eligibility.last_bridge_unknown", REFER, ARTICLE)
    assert unknown.standing_out[0].facts == {"gap": "30"}


# Drafts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provision", "rules"),
    [
        ("validity.since", ["eligibility.measure"]),
        ("applicant.kinds", ["eligibility.applicant", "eligibility.cap"]),
        ("applicant.sizes", ["eligibility.size"]),
        ("loan.kinds", ["eligibility.loan_kind"]),
        ("bridge.cap_firm", ["eligibility.cap"]),
        ("standing.excluded", ["eligibility.standing"]),
    ],
)
def test_what_a_draft_leaves_open_refers_the_case_and_is_named(provision: str, rules: list[str]) -> None:
    findings = judged({provision: None}, {})
    seen = [(finding.rule, finding.because, finding.result, finding.citation) for finding in findings.standing_out]
    assert seen == [(rule, "eligibility.measure_silent", REFER, LAW) for rule in rules]
    assert {finding.facts["names"] for finding in findings.standing_out} == {provision}


def test_a_calendar_that_does_not_reach_far_enough_is_an_error_and_no_finding() -> None:
    """Only what a draft leaves open is referred; everything else that goes wrong is told as it is."""
    facts = some_facts(loan__maturity=CALENDAR.last)
    with pytest.raises(XuqiaoError) as refused:
        judge_bridge(facts, a_promise(), 1, amended({"bridge.term_counted": DayUnit.WORKING}), CALENDAR, TODAY)
    assert refused.value.code == "calendar.out_of_period"


@pytest.mark.parametrize(
    ("provision", "rules"),
    [
        ("bridge.rung_before_release", ["bridging.rung", "bridging.authority"]),
        ("bridge.term_days", ["bridging.validity"]),
        ("bridge.due_on_day_off", ["bridging.validity"]),
        ("bridge.promise_ratio", ["bridging.ceiling"]),
        ("bridge.cap_firm", ["bridging.ceiling"]),
    ],
)
def test_a_bridge_under_a_draft_is_referred_where_it_is_open(provision: str, rules: list[str]) -> None:
    findings = judge_bridge(some_facts(), a_promise(), 475 * WAN, amended({provision: None}), CALENDAR, TODAY)
    seen = [(finding.rule, finding.because, finding.result, finding.citation) for finding in findings.standing_out]
    assert seen == [(rule, "eligibility.measure_silent", REFER, LAW) for rule in rules]
    assert {finding.facts["names"] for finding in findings.standing_out} == {provision}


def test_a_release_without_a_checklist_is_never_passed() -> None:
    measure = amended({"release.checklist": None})
    findings = judge_release(some_facts(), a_promise(), 475 * WAN, (), 500 * WAN, measure, CALENDAR, EVE)
    assert [finding.rule for finding in findings.standing_out] == [
        "release_check.checklist", "release_check.balance", "release_check.maturity", "bridging.validity"
    ]  # fmt: skip
    assert {(finding.because, finding.citation) for finding in findings.standing_out} == {
        ("eligibility.measure_silent", LAW)
    }


def test_a_kind_named_as_out_fails_even_in_a_draft_without_a_list() -> None:
    open_list = judged({**OUT, "loan.kinds": None}, {"loan.kind": "off_balance"})
    assert only(open_list) == ("eligibility.loan_kind_out", FAIL, ARTICLE)
    neither = {"loan.kinds": None, "loan.kinds_out": None}
    in_person = judged(neither, {"applicant.kind": "owner", "loan.kind": "project"})
    assert only(in_person) == ("eligibility.loan_kind_not_admitted", FAIL, OPERATOR)


@pytest.mark.parametrize("pack", ["donghai/2025-08-17", "shanxi/2023-09-14", "qianjiang/2016", "quanzhou/2014"])
def test_every_judgement_works_on_a_pack_as_published(pack: str) -> None:
    facts, measure = some_facts(), draft(pack)
    assert judge_applicant(facts, measure, TODAY).items
    assert judge_bridge(facts, a_promise(), 1, measure, CALENDAR, TODAY).result is not PASS
    lines = tuple(ChecklistItem)
    assert judge_release(facts, a_promise(), 1, lines, 500 * WAN, measure, CALENDAR, EVE).result is not PASS
