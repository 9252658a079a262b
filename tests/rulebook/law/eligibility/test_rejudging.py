"""What was once judged is judged the same for ever: recorded facts, law and calendar, and every finding they gave.

A record is never edited. When a rule is to judge otherwise, the rules get a new edition (``Measure.rules``), and the
old edition goes on judging what names it; a new record is made beside the old ones:

    XUQIAO_RECORD_JUDGEMENTS=1 pytest tests/rulebook/law/eligibility/test_rejudging.py

writes the records of ``scenarios`` that do not exist yet, and leaves the others alone.
"""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rulebook.calendar import WorkCalendar
from rulebook.cases import CaseFacts, Promise
from rulebook.findings import Findings
from rulebook.law.eligibility import judge_applicant, judge_bridge, judge_direct, judge_release
from rulebook.law.measure import Measure
from rulebook.messages import ChecklistItem
from rulebook.values import Value
from tests.rulebook.law.amending import amended
from tests.rulebook.samples import CALENDAR, TODAY, a_promise, changed_facts, completed, donghai

RECORDED = Path(__file__).parents[2] / "recorded"


class Judged(Value):
    """Everything the judgements looked at, by value, as a history keeps it."""

    facts: CaseFacts
    measure: Measure
    promise: Promise
    amount_fen: int
    confirmed: tuple[ChecklistItem, ...]
    balance_fen: int
    calendar: WorkCalendar
    today: date
    release_day: date

    def findings(self) -> dict[str, Findings]:
        """All four judgements."""
        bridge = (self.facts, self.promise, self.amount_fen)
        law = (self.measure, self.calendar)
        return {
            "applicant": judge_applicant(self.facts, self.measure, self.today),
            "direct": judge_direct(self.facts, self.today),
            "bridge": judge_bridge(*bridge, *law, self.today),
            "release": judge_release(*bridge, self.confirmed, self.balance_fen, *law, self.release_day),
        }


class Scenario(NamedTuple):
    """What a record is made from; used only to make it."""

    measure: Measure
    changes: dict[str, Any]
    promise: dict[str, Any] = {}
    amount_fen: int = 475_000_000
    confirmed: tuple[ChecklistItem, ...] = tuple(ChecklistItem)


def scenarios() -> dict[str, Scenario]:
    renewal = dict.fromkeys(
        ("need_persists", "difficulty_temporary", "lawful_operation", "operating_stably", "meets_lending_standard"),
        True,
    )
    asks_much = amended(
        {
            "applicant.tax_floor": 10_000_000, "applicant.tax_floor_for_small": False,
            "applicant.industries_excluded": ("J", "7010"), "applicant.conditions": ("无拖欠税款",),
            "papers.required": ("营业执照",), "exposure.firm_at_once": 1_000_000_000, "exposure.gap_days": 30,
        }
    )  # fmt: skip
    earlier = {"exposure.firm": {"out_fen": 600_000_000, "year_fen": 600_000_000}}
    return {
        "donghai_sound": Scenario(donghai(), {"renewal": renewal | {"debt_evasion": False}}),
        "donghai_owner": Scenario(
            donghai(), {"applicant.kind": "owner", "loan.kind": "business_operation", "standing.litigation": True}
        ),
        "donghai_unknown": Scenario(
            donghai(),
            {"loan.risk_class": "unknown", "standing": {}, "applicant.employees": "unknown", "own_contribution_fen": 0},
            {"rung": "intention", "authority_fen": 1},
            confirmed=(),
        ),
        "donghai_direct_refused": Scenario(
            donghai(),
            {
                "applicant.employees": 1000,
                "applicant.revenue_fen": 40_000_000_000,
                "loan.interest_in_arrears": True,
                "renewal": renewal | {"operating_stably": False, "contract_signed_on": date(2026, 3, 20)},
            },
            amount_fen=475_000_001,
        ),
        "asks_much_known": Scenario(
            asks_much,
            earlier | {"applicant.tax_last_year_fen": 5, "papers_in": ["营业执照"], "exposure.last_returned_on": TODAY},
        ),
        "asks_much_unknown": Scenario(asks_much, {"applicant.industry": "K"}, {"valid_until": date(2026, 3, 20)}),
        "qianjiang_own_funds": Scenario(completed("qianjiang/2016"), {}, amount_fen=450_000_000),
        "wenzhou_working_days": Scenario(
            completed("wenzhou/2018"), {"standing.stopped_over_six_months": True}, {"valid_until": date(2026, 3, 26)}
        ),
        "yangzhou_listed": Scenario(
            completed("yangzhou/2022"),
            {"applicant.listed": True, "loan.balance_fen": 5_000_000_000, "asked_fen": 5_000_000_000},
            {"amount_fen": 5_000_000_000, "authority_fen": 5_000_000_000},
            amount_fen=5_000_000_000,
        ),
        "quanzhou_liabilities": Scenario(completed("quanzhou/2014"), {"applicant.liabilities_ppm": 700_001}),
    }


def record() -> None:
    RECORDED.mkdir(exist_ok=True)
    for name, scenario in scenarios().items():
        place = RECORDED / f"{name}.json"
        if place.exists():
            continue
        facts = changed_facts(scenario.changes)
        judged = Judged(
            facts=facts,
            measure=scenario.measure,
            promise=a_promise(**scenario.promise),
            amount_fen=scenario.amount_fen,
            confirmed=scenario.confirmed,
            balance_fen=500_000_000,
            calendar=CALENDAR,
            today=TODAY,
            release_day=date(2026, 3, 19),
        )
        found = {name: findings.model_dump(mode="json") for name, findings in judged.findings().items()}
        kept = {"judged": judged.model_dump(mode="json"), "findings": found}
        place.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if os.environ.get("XUQIAO_RECORD_JUDGEMENTS"):
    record()
RECORDS = sorted(RECORDED.glob("*.json"))


@pytest.mark.parametrize("place", RECORDS, ids=[place.stem for place in RECORDS])
def test_a_recorded_case_is_judged_as_it_was(place: Path) -> None:
    kept = json.loads(place.read_text(encoding="utf-8"))
    judged = Judged.model_validate_json(json.dumps(kept["judged"]))
    found = {name: findings.model_dump(mode="json") for name, findings in judged.findings().items()}
    assert found == kept["findings"]


@pytest.mark.parametrize("place", RECORDS, ids=[place.stem for place in RECORDS])
def test_recorded_law_names_the_edition_of_the_rules_and_keeps_its_digest(place: Path) -> None:
    kept = json.loads(place.read_text(encoding="utf-8"))["judged"]["measure"]
    measure = Measure.model_validate_json(json.dumps(kept))
    assert kept["rules"] == 1
    assert measure.model_dump(mode="json") == kept
    assert kept["overlay"]


def test_the_records_are_varied() -> None:
    kept = [json.loads(place.read_text(encoding="utf-8")) for place in RECORDS]
    assert len({record["judged"]["measure"]["id"] for record in kept}) >= 5
    for judgement in ("applicant", "direct", "bridge", "release"):
        given = {item["because"] for record in kept for item in record["findings"][judgement]["items"]}
        results = {item["result"] for record in kept for item in record["findings"][judgement]["items"]}
        assert {"pass", "fail"} <= results
        assert len(given) >= 10
