"""How fast the rules judge: the applicant, the direct route and the bridge of one case after another, on one core.

Run it without arguments, or with ``--quick`` or ``--smoke``. The last line is one JSON object:

``{"judgements_per_s", "median_per_s", "findings_per_case"}``

One judgement is all three of them for one set of facts. The facts vary: sizes, industries, kinds of borrower and loan,
amounts, days, and now and then something unknown or wrong; no two sets are alike, and each is judged once in a round.
The time is the process's own, whatever else the core does; the best round counts, and the median is beside it.
"""

import gc
import json
import sys
from datetime import date, timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import process_time
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from activities.law.calendars import shipped_calendar
from activities.law.measures import read_measure
from benchmarks.length import of_length
from rulebook.cases import ApplicantKind, CaseFacts, LoanKind, LoanRiskClass, Promise, PromiseRung
from rulebook.law.eligibility import judge_applicant, judge_bridge, judge_direct
from rulebook.money import yuan

PACK, OVERLAY = "donghai/2025-08-17", Path(__file__).resolve().parents[1] / "examples" / "operator.toml"
TODAY = date(2026, 3, 2)
INDUSTRIES = ("C1811", "A0311", "E4710", "F5169", "5211", "G5431", "6110", "6513", "7010", "L7211", "R8810", "J6620")
KINDS = (*[ApplicantKind.FIRM] * 7, ApplicantKind.OWNER, ApplicantKind.INDIVIDUAL_BUSINESS)
CHECKED = (False,) * 30 + (True, None)
TROUBLES = ("abnormal_operation", "unpaid_wages", "litigation", "bad_credit", "dishonest_debtor", "loan_misused")
RENEWAL = ("need_persists", "difficulty_temporary", "lawful_operation", "operating_stably", "meets_lending_standard")


class Question(NamedTuple):
    """One case to judge."""

    facts: CaseFacts
    promise: Promise
    amount_fen: int


def questions(many: int) -> list[Question]:
    """So many cases, every time the same ones."""
    dice = Random(20260302)
    return [question(dice, number) for number in range(many)]


def question(dice: Random, number: int) -> Question:
    kind = dice.choice(KINDS)
    balance = yuan(dice.randrange(100_000, 12_000_000, 10_000)) + number
    own = balance // dice.randrange(10, 30)
    maturity = TODAY + timedelta(days=dice.randrange(5, 60))
    in_person = kind is not ApplicantKind.FIRM
    facts: dict[str, object] = {
        "applicant": {
            "kind": kind,
            "industry": dice.choice(INDUSTRIES),
            "employees": dice.choice((None, 1, 8, 60, 250, 1200)),
            "revenue_fen": yuan(dice.randrange(100_000, 500_000_000, 1_000)),
            "assets_fen": yuan(dice.randrange(100_000, 500_000_000, 1_000)),
        },
        "standing": {trouble: dice.choice(CHECKED) for trouble in TROUBLES},
        "loan": {
            "bank": "BANK",
            "note": f"NOTE-{number}",
            "kind": LoanKind.BUSINESS_OPERATION if in_person else LoanKind.WORKING_CAPITAL,
            "balance_fen": balance,
            "maturity": maturity,
            "risk_class": dice.choice((LoanRiskClass.PASS,) * 9 + (LoanRiskClass.SPECIAL_MENTION,)),
            "interest_in_arrears": dice.choice(CHECKED),
        },
        "asked_fen": balance - own,
        "own_contribution_fen": own,
        "payee_digest": f"{number:064x}",
        "received_on": TODAY,
        "applied_to_bank_on": TODAY - timedelta(days=dice.randrange(0, 20)),
        "renewal": {condition: dice.random() > 0.05 for condition in RENEWAL} | {"debt_evasion": dice.choice(CHECKED)},
    }
    promise = Promise(
        rung=dice.choice((PromiseRung.INTENTION, PromiseRung.APPROVED, PromiseRung.CONTRACTS_SIGNED)),
        amount_fen=balance,
        valid_until=maturity + timedelta(days=dice.randrange(5, 90)),
        reference=f"APPROVAL-{number}",
        signatory="VICE-PRESIDENT",
        authority_fen=yuan(10_000_000),
    )
    return Question(CaseFacts.model_validate(facts), promise, balance - own)


def main() -> None:
    cases, rounds = of_length((10_000, 9), quick=(2_000, 3), smoke=(100, 1))
    asked = questions(cases)
    measure, calendar = read_measure(PACK, OVERLAY), shipped_calendar()
    gc.freeze()  # the questions are not garbage, and no part of judging
    speeds: list[float] = []
    made = 0
    for _ in range(rounds):
        made, begun = 0, process_time()
        for facts, promise, amount in asked:
            applicant = judge_applicant(facts, measure, TODAY)
            direct = judge_direct(facts, TODAY)
            bridge = judge_bridge(facts, promise, amount, measure, calendar, TODAY)
            made += len(applicant.items) + len(direct.items) + len(bridge.items)
        speeds.append(cases / (process_time() - begun))
    best = {"judgements_per_s": round(max(speeds)), "median_per_s": round(median(speeds))}
    print(json.dumps(best | {"findings_per_case": round(made / cases, 1)}))


if __name__ == "__main__":
    main()
