"""Whatever the rules can say has words in both languages, and a sentence that needs a fact gets it."""

import ast
import re
from datetime import date
from pathlib import Path

import pytest

from activities.words import LANGUAGES, Lang, catalogue, has_words, say, say_finding
from rulebook.cases import StandingFacts
from rulebook.ceiling import Bound
from rulebook.eligibility import judge_applicant, judge_bridge, judge_release
from rulebook.findings import Finding
from rulebook.messages import ReleaseLine
from rulebook.provisions import QueueOrder
from tests.rulebook.samples import ROOT, TODAY, a_promise, changed_facts, donghai

MODULES = ("calendar", "ceiling", "eligibility", "fees", "measure", "provisions", "queue", "size")
AREAS = ("eligibility", "bridging", "release_check", "sizing", "queue", "ceiling", "fee", "calendar", "pack")
CODE = re.compile(rf"({'|'.join(AREAS)})\.[a-z_]+")


def codes_in(path: Path) -> set[str]:
    """Every text in a module that has the form of a code; names of provisions have the form too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if CODE.fullmatch(text)}


def all_codes() -> set[str]:
    provisions = {name for name, _ in donghai().provisions()}
    found = set().union(*(codes_in(ROOT / "rulebook" / f"{module}.py") for module in MODULES)) - provisions
    found |= codes_in(ROOT / "activities" / "measures.py")
    found |= {f"eligibility.{trouble}" for trouble in StandingFacts.model_fields}
    found |= {f"trouble.{trouble}" for trouble in StandingFacts.model_fields}
    found |= {f"measure.{name}" for name in provisions}
    found |= {f"queue.{order}" for order in QueueOrder}
    return found | {f"bound.{bound}" for bound in Bound}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_of_the_rules_has_words(lang: Lang) -> None:
    codes = all_codes()
    assert {"eligibility.trouble_unknown", "pack.not_an_amount", "sizing.industry_too_wide"} <= codes
    assert len(codes) > 120
    assert sorted(code for code in codes if not has_words(code, lang)) == []


def findings() -> list[Finding]:
    """Every kind of answer, brought about by facts gone wrong one by one."""
    changes: list[dict[str, object]] = [
        {}, {"loan.kind": "project"}, {"loan.risk_class": "unknown"}, {"loan.risk_class": "loss"}, {"asked_fen": 0},
        {"loan.interest_in_arrears": True}, {"loan.interest_in_arrears": "unknown"}, {"asked_fen": 10**12},
        {"asked_fen": 10**12, "loan.balance_fen": 10**13}, {"applicant.industry": "no such"},
        {"applicant.kind": "individual_business"}, {"applicant.employees": 10**6, "applicant.revenue_fen": 10**14},
        {"applicant.employees": "unknown"}, {"standing.litigation": True}, {"standing.litigation": "unknown"},
        {"applied_to_bank_on": "unknown"}, {"applied_to_bank_on": date(2030, 1, 1)},
        {"applied_to_bank_on": date(2026, 3, 10)},
    ]  # fmt: skip
    answers: list[Finding] = []
    for change in changes:
        answers += judge_applicant(changed_facts(change), donghai(), TODAY).items
    for day in (date(2020, 1, 1), date(2030, 1, 1)):
        ended = donghai().model_copy(update={"valid_until": date(2029, 1, 1)})
        answers += judge_applicant(changed_facts({}), ended, day).items
    for promise in ({}, {"rung": "intention"}, {"valid_until": TODAY}, {"authority_fen": 1}, {"amount_fen": 100}):
        answers += judge_bridge(changed_facts({}), a_promise(**promise), 475_000_000, donghai(), TODAY).items
    answers += judge_bridge(changed_facts({}), a_promise(), 0, donghai(), TODAY).items
    for confirmed, balance, day in ((tuple(ReleaseLine), 500_000_000, TODAY), ((), 1, date(2026, 4, 1))):
        facts = changed_facts({})
        answers += judge_release(facts, a_promise(), 475_000_000, confirmed, balance, donghai(), day).items
    return answers


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_answer_reads_as_a_whole_sentence_with_its_source(lang: Lang) -> None:
    answers = findings()
    given = {finding.because for finding in answers}
    sentences = [code for code in catalogue(lang) if re.match(r"(eligibility|bridging|release_check)\.", code)]
    rules = {finding.rule for finding in answers}
    never_given = set(sentences) - given - rules - {"eligibility.applicant_not_admitted"}
    assert never_given == set(), "words for answers that no rule gives"
    for finding in answers:
        sentence = say_finding(finding, lang)
        assert "{" not in sentence, sentence
        assert finding.citation in sentence, sentence
        assert not re.search(r"[a-z]+_[a-z]+", sentence), f"a bare code in: {sentence}"


def test_what_is_open_is_named_in_words() -> None:
    sentence = say("pack.unset", "zh", names="deadline.opinion, release.cut_off", pack="donghai/2025-08-17")
    assert "银行答复期限、当日最迟划款时间" in sentence
