"""A sound applicant, loan and promise; tests change what they are about. The facts are those of Donghai's examples."""

import json
import tomllib
from copy import deepcopy
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from activities.law.calendars import shipped_calendar
from activities.law.measures import draft, read_measure
from rulebook.cases import CaseFacts, Promise
from rulebook.law.measure import Measure
from rulebook.law.pack_text import parse_measure

ROOT = Path(__file__).parents[2]
PACKS = ROOT / "rulebook" / "packs"
PACK = PACKS / "donghai" / "2025-08-17.toml"
OVERLAY = ROOT / "examples" / "operator.toml"
CASES: dict[str, Any] = tomllib.loads((PACK.parent / "cases.toml").read_text(encoding="utf-8"))
TODAY: date = CASES["judged"]["today"]
CALENDAR = shipped_calendar()

ASSUMED = """
# What the examples of a pack take as the operator's choice beyond the example overlay. It is wide: nothing here may be
# what decides an example, unless the example says so.
[validity]
since = 2010-01-01
[applicant]
kinds = ["firm", "owner", "individual_business", "agricultural"]
sizes = ["medium", "small", "micro"]
[loan]
kinds = ["working_capital"]
[standing]
excluded = []
[bridge]
cap_firm = "9亿元"
cap_owner = "9亿元"
cap_individual_business = "9亿元"
cap_agricultural = "9亿元"
promise_ratio = "100%"
term_days = 10
[fee]
tiers = [{ daily_rate = "0.05%" }]
[queue]
order = []
"""


@cache
def donghai() -> Measure:
    return read_measure("donghai/2025-08-17", OVERLAY)


@cache
def completed(pack_id: str) -> Measure:
    """A pack with its gaps filled: by what its examples choose, else by the example overlay, else by ``ASSUMED``."""
    city = pack_id.split("/")[0]
    chosen = tomllib.loads((PACKS / city / "cases.toml").read_text(encoding="utf-8")).get("chosen", {})
    example = tomllib.loads(OVERLAY.read_text(encoding="utf-8"))
    lines = [f"pack = {json.dumps(pack_id)}", f"document = {json.dumps(example['document'])}"]
    published = draft(pack_id)
    for name, section in published.sections():
        lines.append(f"[{name}]")
        for key, provision in section:
            for source in (chosen, example, tomllib.loads(ASSUMED)):
                if provision.cite is None and key in source.get(name, {}):
                    lines.append(f"{key} = {_as_toml(source[name][key])}")
                    break
    return parse_measure((PACKS / f"{pack_id}.toml").read_text(encoding="utf-8"), "\n".join(lines))


def _as_toml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_as_toml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_as_toml(item)}" for key, item in value.items()) + "}"
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def some_facts(**changes: object) -> CaseFacts:
    """The sound case, changed: ``loan__kind="project"``; None takes a fact away."""
    return changed_facts({name.replace("__", "."): value for name, value in changes.items()})


def changed_facts(changes: dict[str, Any]) -> CaseFacts:
    """The sound case, changed by dotted names; 'unknown' takes a fact away."""
    facts = deepcopy(CASES["judged"]["facts"])
    for name, value in changes.items():
        *path, last = name.split(".")
        place = facts
        for step in path:
            place = place.setdefault(step, {})
        place[last] = None if value == "unknown" else value
    return CaseFacts.model_validate(facts)


def a_promise(**changes: object) -> Promise:
    return Promise.model_validate(CASES["judged"]["promise"] | changes)
