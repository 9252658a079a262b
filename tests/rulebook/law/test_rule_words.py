"""Whatever the rules can say has words in both languages, and a sentence that needs a fact gets it."""

import ast
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from activities.words import LANGUAGES, Lang, catalogue, has_words, say, say_finding
from rulebook.cases import RenewalFacts, StandingFacts
from rulebook.findings import Finding
from rulebook.law.ceiling import Bound
from rulebook.law.eligibility import judge_applicant, judge_bridge, judge_direct, judge_release
from rulebook.law.provisions import ExposureSection, QueueOrder
from rulebook.messages import ChecklistItem
from tests.rulebook.law.amending import amended
from tests.rulebook.samples import CALENDAR, ROOT, TODAY, a_promise, changed_facts, donghai

RULES = [
    *sorted((ROOT / "rulebook" / "law").rglob("*.py")),
    ROOT / "rulebook" / "calendar.py",
]
AREAS = ("eligibility", "direct", "bridging", "release_check", "sizing", "queue", "ceiling", "fee", "calendar", "pack")
CONDITIONS = set(RenewalFacts.model_fields) - {"debt_evasion", "contract_signed_on"}
CODE = re.compile(rf"({'|'.join(AREAS)})\.[a-z_]+")


def codes_in(path: Path) -> set[str]:
    """Every text in a module that has the form of a code; names of provisions have the form too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if CODE.fullmatch(text)}


def all_codes() -> set[str]:
    provisions = {name for name, _ in donghai().provisions()}
    found = set().union(*map(codes_in, RULES)) - provisions
    found |= codes_in(ROOT / "activities" / "law" / "measures.py")
    found |= {f"eligibility.{trouble}" for trouble in StandingFacts.model_fields}
    found |= {f"trouble.{trouble}" for trouble in StandingFacts.model_fields}
    found |= {f"direct.{condition}" for condition in CONDITIONS} | {
        f"condition.{condition}" for condition in CONDITIONS
    }
    found |= {f"measure.{name}" for name in provisions}
    found |= {f"queue.{order}" for order in QueueOrder}
    return found | {f"bound.{bound}" for bound in Bound}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_of_the_rules_has_words(lang: Lang) -> None:
    codes = all_codes()
    assert {"eligibility.trouble_unknown", "pack.not_an_amount", "sizing.industry_too_wide"} <= codes
    assert len(codes) > 120
    assert sorted(code for code in codes if not has_words(code, lang)) == []


ASKS_EVERYTHING = amended(
    {
        "validity.until": date(2029, 1, 1), "applicant.registered_locally": True, "applicant.tax_floor": 100_000,
        "applicant.tax_floor_for_small": False, "applicant.most_liabilities": 700_000, "applicant.conditions": ("甲",),
        "applicant.industries_excluded": ("J", "7010"), "loan.kinds_out": ("off_balance",),
        "loan.least_individual_business": 400_000_000, "bridge.cap_listed_firm": 2 * 10**9,
        "applicant.seat_locally": True, "applicant.tax_floor_for_encouraged": False, "bridge.cap_on_list": 3 * 10**9,
        "applicant.large_by_list": "丁", "applicant.industries": ("C", "D44"), "bridge.security": ("戊",),
        "applicant.persons": ("legal_representative",), "bridge.cap_agricultural_by_kind": True,
        "applicant.kinds": ("firm", "owner", "individual_business", "agricultural"),
        "papers.required": ("乙", "丙"), "standing.excluded": tuple(StandingFacts.model_fields),
        **{f"exposure.{limit}": 10**9 for limit in ExposureSection.model_fields}, "exposure.gap_days": 30,
    }
)  # fmt: skip
RENEWED = {f"renewal.{condition}": True for condition in CONDITIONS}
LARGE = {"applicant.employees": 10**6, "applicant.revenue_fen": 10**14}
FARMER = {"applicant.kind": "agricultural"}
MEDIUM = {"applicant.employees": 300, "applicant.revenue_fen": 2_000_000_000}
CHANGES: list[dict[str, Any]] = [
    {}, {"loan.kind": "project"}, {"loan.risk_class": "unknown"}, {"loan.risk_class": "loss"}, {"asked_fen": 0},
    {"loan.interest_in_arrears": True}, {"loan.interest_in_arrears": "unknown"}, {"asked_fen": 10**12},
    {"asked_fen": 10**12, "loan.balance_fen": 10**13}, {"applicant.industry": "no such"}, {"applicant.industry": "K"},
    {"applicant.kind": "individual_business"}, {"applicant.employees": 10**6, "applicant.revenue_fen": 10**14},
    {"applicant.employees": "unknown"}, {"standing.litigation": True}, {"standing.litigation": "unknown"},
    {"applied_to_bank_on": "unknown"}, {"applied_to_bank_on": date(2030, 1, 1)},
    {"applied_to_bank_on": date(2026, 3, 10)}, {"applicant.registered_locally": False},
    {"applicant.registered_locally": "unknown"}, {"applicant.tax_last_year_fen": 100_000},
    {"applicant.tax_last_year_fen": 1}, {"applicant.tax_last_year_fen": 1} | MEDIUM,
    {"applicant.liabilities_ppm": 1}, {"applicant.liabilities_ppm": 725_000}, {"applicant.industry": "J66"},
    {"loan.kind": "off_balance"}, {"applicant.kind": "individual_business", "loan.balance_fen": 1},
    {"applicant.kind": "individual_business", "loan.kind": "business_operation"}, {"own_contribution_fen": 0},
    {"papers_in": ("乙",)}, {"papers_in": ("乙", "丙")}, {"asked_fen": 15 * 10**8, "loan.balance_fen": 15 * 10**8},
    {"exposure.firm": {"out_fen": 0, "year_fen": 0}}, {"exposure.firm": {"out_fen": 10**9, "year_fen": 0}},
    {"exposure.firm": {"out_fen": 0, "year_fen": 0}, "exposure.last_returned_on": date(2026, 3, 1)},
    RENEWED, dict.fromkeys(RENEWED, False), {"renewal.debt_evasion": True}, {"renewal.debt_evasion": False}, MEDIUM,
    {"renewal.contract_signed_on": date(2026, 3, 1)}, {"renewal.contract_signed_on": date(2026, 3, 3)},
    {"applicant.tax_last_year_fen": 1, "applicant.encouraged_industry": True} | MEDIUM,
    {"applicant.seat_locally": False}, {"applicant.kind": "owner"} | LARGE,
    {"applicant.tax_last_year_fen": 1, "applicant.encouraged_industry": False} | MEDIUM, {"applicant.industry": "D"},
    *({"applicant.on_list": on_list} | LARGE for on_list in (True, False, "unknown")),
    {"applicant.kind": "owner"}, {"applicant.kind": "owner", "applicant.shareholder": True}, FARMER,
    FARMER | {"applicant.farms_as_firm": True}, FARMER | {"asked_fen": 10**9},
    FARMER | {"applicant.farms_as_firm": False, "applicant.farms_as_individual_business": False},
    {"asked_fen": 25 * 10**8, "loan.balance_fen": 25 * 10**8, "applicant.listed": False},
    {"asked_fen": 10**9 - 1, "exposure.firm": {"out_fen": 0, "year_fen": 0}},
    {"renewal.contract_signed_on": date(2026, 3, 20)}, {"loan.maturity": date(2026, 3, 2)},
]  # fmt: skip
"""What a case can be like so that, all together, every rule gives each of its answers."""


def findings() -> list[Finding]:
    """Every kind of answer, brought about by facts gone wrong one by one."""
    sound, answers = changed_facts({}), list[Finding]()
    for change in CHANGES:
        facts = changed_facts(change)
        answers += judge_applicant(facts, ASKS_EVERYTHING, TODAY).items + judge_direct(facts, TODAY).items
    for day in (date(2020, 1, 1), date(2030, 1, 1)):
        answers += judge_applicant(sound, ASKS_EVERYTHING, day).items
    answers += judge_applicant(sound, amended({"applicant.kinds": ("owner",), "standing.excluded": None}), TODAY).items
    elsewhere = amended({"applicant.registered_locally": True, "applicant.place_of_business_counts": True})
    answers += judge_applicant(changed_facts({"applicant.registered_locally": False}), elsewhere, TODAY).items
    unsaid = amended({"applicant.persons": None})
    answers += judge_applicant(
        changed_facts({"applicant.kind": "owner", "applicant.shareholder": True}), unsaid, TODAY
    ).items
    promises: tuple[dict[str, Any], ...] = (
        {},
        {"rung": "intention"},
        {"valid_until": TODAY},
        {"authority_fen": 1},
        {"amount_fen": 100},
    )
    for change in promises:
        answers += judge_bridge(sound, a_promise(**change), 475_000_000, donghai(), CALENDAR, TODAY).items
    answers += judge_bridge(sound, a_promise(), 0, donghai(), CALENDAR, TODAY).items
    for confirmed, balance, day in ((tuple(ChecklistItem), 500_000_000, TODAY), ((), 1, date(2026, 4, 1))):
        answers += judge_release(sound, a_promise(), 475_000_000, confirmed, balance, donghai(), CALENDAR, day).items
    return answers


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_answer_reads_as_a_whole_sentence_with_its_source(lang: Lang) -> None:
    answers = findings()
    given = {finding.because for finding in answers}
    sentences = [code for code in catalogue(lang) if re.match(r"(eligibility|direct|bridging|release_check)\.", code)]
    rules = {finding.rule for finding in answers}
    never_given = set(sentences) - given - rules
    assert never_given == set(), "words for answers that no rule gives"
    for finding in answers:
        sentence = say_finding(finding, lang)
        assert "{" not in sentence, sentence
        assert finding.citation in sentence, sentence
        assert not re.search(r"[a-z]+_[a-z]+", sentence), f"a bare code in: {sentence}"


def test_what_is_open_is_named_in_words() -> None:
    sentence = say("pack.unset", "zh", names="deadline.opinion, release.cut_off", pack="donghai/2025-08-17")
    assert "银行答复期限、当日最迟划款时间" in sentence
