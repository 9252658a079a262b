"""The three judgements: what is wrong fails, what is not known is referred, and each answer names its source."""

from datetime import date, timedelta
from typing import Any

import pytest

from rulebook.cases import LoanRiskClass, PromiseRung
from rulebook.findings import Findings, Result
from rulebook.law.eligibility import RENEWAL_RULE, judge_applicant, judge_bridge, judge_release
from rulebook.messages import ChecklistItem
from tests.rulebook.law.amending import ARTICLE, LAW, OPERATOR, amended, of_rule, only
from tests.rulebook.samples import CALENDAR, TODAY, a_promise, changed_facts, donghai, some_facts

EVE = date(2026, 3, 19)
ALL_LINES = tuple(ChecklistItem)


def applicant(**changes: object) -> Findings:
    return judge_applicant(some_facts(**changes), donghai(), TODAY)


def test_a_sound_applicant_passes_every_rule_and_each_cites_its_source() -> None:
    findings = applicant()
    assert findings.result is Result.PASS
    assert len(findings.items) == 17
    assert len({finding.rule for finding in findings.items}) == 17
    assert all(finding.citation for finding in findings.items)


TROUBLES = ("abnormal_operation", "unpaid_wages", "litigation", "bad_credit", "dishonest_debtor", "loan_misused")


@pytest.mark.parametrize("trouble", TROUBLES)
def test_each_trouble_fails_when_there_and_is_referred_when_not_checked(trouble: str) -> None:
    sources = {"loan_misused": RENEWAL_RULE, "dishonest_debtor": OPERATOR}
    source = sources.get(trouble, LAW)
    there = judge_applicant(changed_facts({f"standing.{trouble}": True}), donghai(), TODAY)
    assert only(there) == ("eligibility.trouble_found", Result.FAIL, source)
    unknown = judge_applicant(changed_facts({f"standing.{trouble}": None}), donghai(), TODAY)
    assert only(unknown) == ("eligibility.trouble_unknown", Result.REFER, source)
    assert unknown.standing_out[0].facts == {"trouble": trouble}


@pytest.mark.parametrize("risk", [risk for risk in LoanRiskClass if risk is not LoanRiskClass.PASS])
def test_only_a_normal_loan_is_renewed(risk: LoanRiskClass) -> None:
    because, result, _ = only(applicant(loan__risk_class=risk))
    assert (because, result) == ("eligibility.risk_class_not_normal", Result.FAIL)


@pytest.mark.parametrize(
    ("changes", "because", "result"),
    [
        ({"loan__risk_class": None}, "eligibility.risk_class_unknown", Result.REFER),
        ({"loan__interest_in_arrears": None}, "eligibility.interest_unknown", Result.REFER),
        ({"loan__interest_in_arrears": True}, "eligibility.interest_in_arrears", Result.FAIL),
        ({"applied_to_bank_on": None}, "eligibility.bank_application_unknown", Result.REFER),
        ({"applied_to_bank_on": date(2026, 3, 3)}, "eligibility.bank_application_in_future", Result.REFER),
        ({"applied_to_bank_on": date(2026, 3, 20)}, "eligibility.bank_application_too_late", Result.FAIL),
        ({"asked_fen": 500_000_001}, "eligibility.asked_over_balance", Result.FAIL),
        ({"asked_fen": 0, "own_contribution_fen": 500_000_000}, "eligibility.nothing_asked", Result.FAIL),
        ({"applicant__employees": None}, "eligibility.size_unclassified", Result.REFER),
        ({"applicant__industry": "J66"}, "eligibility.size_unclassified", Result.REFER),
        ({"applicant__industry": "nonsense"}, "eligibility.size_unclassified", Result.REFER),
        ({"applicant__revenue_fen": -1}, "eligibility.size_unclassified", Result.REFER),
        ({"applicant__kind": "owner", "applicant__revenue_fen": None}, "eligibility.size_unclassified", Result.REFER),
        ({"applicant__kind": "owner", "loan__kind": "project"}, "eligibility.loan_kind_out", Result.FAIL),
    ],
)
def test_what_keeps_an_applicant_back(changes: dict[str, Any], because: str, result: Result) -> None:
    assert only(applicant(**changes))[:2] == (because, result)


def test_amounts_at_the_limits_pass() -> None:
    assert applicant(asked_fen=500_000_000).result is Result.PASS
    at_cap = applicant(asked_fen=1_000_000_000, loan__balance_fen=1_000_000_000, own_contribution_fen=0)
    assert at_cap.result is Result.PASS
    over = applicant(asked_fen=1_000_000_001, loan__balance_fen=1_000_000_001)
    assert only(over) == ("eligibility.asked_over_cap", Result.FAIL, LAW)
    assert over.standing_out[0].facts == {"asked": "10,000,000.01", "cap": "10,000,000.00", "kind": "firm"}


def test_a_loan_must_still_be_ahead_of_its_maturity() -> None:
    on_the_day = judge_applicant(some_facts(), donghai(), date(2026, 3, 20))
    assert only(on_the_day)[:2] == ("eligibility.maturity_reached", Result.FAIL)
    assert judge_applicant(some_facts(), donghai(), EVE).result is Result.PASS


def test_a_measure_judges_only_in_its_own_time() -> None:
    measure = amended({"validity.until": date(2026, 3, 5)})
    assert judge_applicant(some_facts(), measure, date(2026, 3, 5)).result is Result.PASS
    late = judge_applicant(some_facts(), measure, date(2026, 3, 6))
    assert only(late)[:2] == ("eligibility.no_longer_in_force", Result.FAIL)
    first = some_facts(applied_to_bank_on=date(2025, 8, 1))
    assert judge_applicant(first, donghai(), date(2025, 8, 17)).result is Result.PASS
    early = judge_applicant(first, donghai(), date(2025, 8, 16))
    assert only(early)[:2] == ("eligibility.not_yet_in_force", Result.FAIL)


def test_an_individual_business_needs_no_size() -> None:
    findings = applicant(
        applicant__kind="individual_business",
        applicant__industry="?",
        loan__kind="business_operation",
        asked_fen=200_000_000,
        own_contribution_fen=300_000_000,
    )
    assert findings.result is Result.PASS


def test_a_kind_that_is_not_admitted_fails_and_is_never_capped() -> None:
    owners_only = amended({"applicant.kinds": ("owner",)})
    facts = some_facts()
    findings = judge_applicant(facts, owners_only, TODAY)
    assert [finding.because for finding in findings.standing_out] == ["eligibility.applicant_not_admitted"] * 2
    bridge = judge_bridge(facts, a_promise(), 1, owners_only, CALENDAR, TODAY)
    assert only(bridge)[:2] == ("eligibility.applicant_not_admitted", Result.FAIL)


KEPT_BACK: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"loan__risk_class": "loss"}, {"risk": "loss"}),
    ({"applied_to_bank_on": None}, {"applied": "—", "maturity": "2026-03-20"}),
    ({"loan__kind": "project"}, {"kind": "project"}),
]


@pytest.mark.parametrize(("changes", "facts"), KEPT_BACK)
def test_an_answer_shows_the_facts_it_rests_on(changes: dict[str, Any], facts: dict[str, str]) -> None:
    assert applicant(**changes).standing_out[0].facts == facts


def test_assets_count_where_the_size_rule_asks_for_them_and_wrong_facts_are_said_to_be_wrong() -> None:
    builder = {"applicant__industry": "E47", "applicant__revenue_fen": 10**12, "applicant__assets_fen": 30_000_000_000}
    assert of_rule(applicant(**builder), "eligibility.size").facts["size"] == "medium"
    wrong = of_rule(applicant(applicant__industry="nonsense"), "eligibility.size").facts
    assert wrong == {"size": "unclassified", "industry": "nonsense", "why": "sizing.facts_wrong"}


def test_a_kind_that_is_not_admitted_is_named_with_its_article_in_each_judgement() -> None:
    owners_only = amended({"applicant.kinds": ("owner",)})
    answers = judge_applicant(some_facts(), owners_only, TODAY).standing_out
    answers += judge_bridge(some_facts(), a_promise(), 1, owners_only, CALENDAR, TODAY).standing_out
    assert [(finding.facts, finding.citation) for finding in answers] == [({"kind": "firm"}, ARTICLE)] * 3


def test_the_day_of_the_bank_application_may_be_today_and_a_fen_may_be_asked_for() -> None:
    assert applicant(applied_to_bank_on=TODAY).result is Result.PASS
    assert applicant(asked_fen=1, loan__balance_fen=1).result is Result.PASS


def test_a_measures_time_is_shown_with_both_ends_as_far_as_it_has_them() -> None:
    until = amended({"validity.until": date(2026, 3, 5)})
    shown = [
        of_rule(judge_applicant(some_facts(), law, TODAY), "eligibility.measure").facts for law in (until, donghai())
    ]
    assert [facts["valid_until"] for facts in shown] == ["2026-03-05", "—"]


def test_a_refused_kind_of_loan_cites_what_the_measure_lists_not_what_the_operator_widened() -> None:
    facts = some_facts(applicant__kind="owner", loan__kind="project")
    findings = judge_applicant(facts, amended({"loan.kinds_out": None}), TODAY)
    assert only(findings) == ("eligibility.loan_kind_not_admitted", Result.FAIL, f"{LAW}第三条")
    assert of_rule(findings, "eligibility.loan_kind").facts == {"kind": "project"}


# The bridge ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rung", list(PromiseRung))
def test_money_waits_for_the_rung_the_pack_names(rung: PromiseRung) -> None:
    findings = judge_bridge(some_facts(), a_promise(rung=rung), 475_000_000, donghai(), CALENDAR, TODAY)
    assert (findings.result is Result.PASS) is (rung is not PromiseRung.INTENTION)


def test_a_bridge_judged_after_maturitys_eve_is_due_from_today() -> None:
    today = date(2026, 3, 25)
    until = today + timedelta(days=10)
    assert judge_bridge(some_facts(), a_promise(valid_until=until), 1, donghai(), CALENDAR, today).result is Result.PASS
    short = a_promise(valid_until=until - timedelta(days=1))
    assert only(judge_bridge(some_facts(), short, 1, donghai(), CALENDAR, today))[0] == "bridging.promise_too_short"


@pytest.mark.parametrize("amount", [0, -1])
def test_a_bridge_of_nothing_is_none(amount: int) -> None:
    findings = judge_bridge(some_facts(), a_promise(), amount, donghai(), CALENDAR, TODAY)
    assert only(findings)[:2] == ("bridging.nothing_bridged", Result.FAIL)


def test_a_promise_up_to_the_signatorys_authority_binds() -> None:
    promise = a_promise(authority_fen=500_000_000)
    assert judge_bridge(some_facts(), promise, 475_000_000, donghai(), CALENDAR, TODAY).result is Result.PASS
    promise = a_promise(authority_fen=499_999_999)
    findings = judge_bridge(some_facts(), promise, 475_000_000, donghai(), CALENDAR, TODAY)
    assert only(findings) == ("bridging.over_authority", Result.FAIL, OPERATOR)


def test_a_senseless_promise_fails_instead_of_breaking() -> None:
    findings = judge_bridge(some_facts(), a_promise(amount_fen=-5), 475_000_000, donghai(), CALENDAR, TODAY)
    assert only(findings)[0] == "bridging.over_ceiling"


# The release day -----------------------------------------------------------------------------------------------


def release(
    confirmed: tuple[ChecklistItem, ...] = ALL_LINES,
    balance_fen: int = 500_000_000,
    today: date = EVE,
    **promise: object,
) -> Findings:
    return judge_release(
        some_facts(), a_promise(**promise), 475_000_000, confirmed, balance_fen, donghai(), CALENDAR, today
    )


def test_with_everything_in_order_the_money_may_leave() -> None:
    assert release().result is Result.PASS


@pytest.mark.parametrize("line", ALL_LINES)
def test_every_line_of_the_checklist_must_be_signed(line: ChecklistItem) -> None:
    findings = release(confirmed=tuple(other for other in ALL_LINES if other is not line))
    assert only(findings) == ("release_check.lines_missing", Result.FAIL, OPERATOR)
    assert findings.standing_out[0].facts == {"missing": line}


@pytest.mark.parametrize("balance", [499_999_999, 500_000_001])
def test_any_change_of_the_balance_voids_the_approval(balance: int) -> None:
    assert only(release(balance_fen=balance))[:2] == ("release_check.balance_changed", Result.FAIL)


def test_maturity_itself_is_the_last_day() -> None:
    assert release(today=date(2026, 3, 20)).result is Result.PASS
    assert only(release(today=date(2026, 3, 21)))[:2] == ("release_check.overdue", Result.FAIL)


def test_the_promise_must_outlast_a_bridge_that_leaves_today() -> None:
    assert release(valid_until=EVE + timedelta(days=10)).result is Result.PASS
    short = release(valid_until=EVE + timedelta(days=9))
    assert only(short) == ("bridging.promise_too_short", Result.FAIL, f"{LAW}、{OPERATOR}")
    assert short.standing_out[0].facts["due"] == "2026-03-29"


def test_a_promise_that_has_shrunk_since_the_approval_stops_the_money() -> None:
    assert only(release(amount_fen=400_000_000))[0] == "bridging.over_ceiling"
    assert only(release(rung="intention"))[0] == "bridging.rung_too_low"
