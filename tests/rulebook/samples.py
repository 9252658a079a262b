"""A sound applicant, loan and promise; tests change what they are about. The facts are those of Donghai's examples."""

import tomllib
from copy import deepcopy
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from activities.measures import read_measure
from rulebook.calendar import calendar_from_days
from rulebook.cases import CaseFacts, Promise
from rulebook.measure import Measure
from runtime.seed import working_days

ROOT = Path(__file__).parents[2]
PACK = ROOT / "rulebook" / "packs" / "donghai" / "2025-08-17.toml"
OVERLAY = ROOT / "examples" / "operator.toml"
CASES: dict[str, Any] = tomllib.loads((PACK.parent / "cases.toml").read_text(encoding="utf-8"))
TODAY: date = CASES["judged"]["today"]
CALENDAR = calendar_from_days(working_days(2027))


@cache
def donghai() -> Measure:
    return read_measure("donghai/2025-08-17", OVERLAY)


def some_facts(**changes: object) -> CaseFacts:
    """The sound case, changed: ``loan__kind="project"``; None takes a fact away."""
    return changed_facts({name.replace("__", "."): value for name, value in changes.items()})


def changed_facts(changes: dict[str, Any]) -> CaseFacts:
    facts = deepcopy(CASES["judged"]["facts"])
    for name, value in changes.items():
        *path, last = name.split(".")
        place = facts
        for step in path:
            place = place[step]
        place[last] = None if value == "unknown" else value
    return CaseFacts.model_validate(facts)


def a_promise(**changes: object) -> Promise:
    return Promise.model_validate(CASES["judged"]["promise"] | changes)
