"""The JSON Schema of packs fits the packs that ship, and refuses what reading a pack would refuse."""

import json
import re
import tomllib
from datetime import date
from typing import Any

import pytest

from activities.law.measures import pack_ids
from rulebook.law.measure import SECTIONS, Measure
from rulebook.law.schema import pack_schema
from tests.rulebook.samples import PACK, PACKS, donghai

SCHEMA: dict[str, Any] = json.loads(json.dumps(pack_schema()))
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
KEYWORDS = {
    "$ref", "$schema", "$defs", "title", "description", "examples", "needed", "type", "enum", "const", "pattern",
    "format", "minLength", "maxLength", "minimum", "maximum", "required", "properties", "additionalProperties",
    "propertyNames", "items", "not",
}  # fmt: skip
"""What this test understands; a keyword beyond these would pass unseen."""


def as_json(pack: dict[str, Any]) -> Any:
    return json.loads(json.dumps(pack, default=date.isoformat))


def faults(value: Any, node: Any, path: str = "") -> list[str]:
    """Where a value does not fit the schema: enough of JSON Schema for a pack's."""
    if isinstance(node, bool):
        return [] if node else [path]
    assert set(node) <= KEYWORDS, f"{path}: {set(node) - KEYWORDS}"
    if "$ref" in node:
        return faults(value, SCHEMA["$defs"][node["$ref"].removeprefix("#/$defs/")], path)
    expected = TYPES.get(node.get("type", ""), object)
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        return [path]
    found = [path] if _breaks(value, node) or ("not" in node and not faults(value, node["not"], path)) else []
    if isinstance(value, dict):
        found += [f"{path}.{name}" for name in node.get("required", ()) if name not in value]
        for name, item in value.items():
            own = node.get("properties", {}).get(name, node.get("additionalProperties", True))
            found += faults(item, own, f"{path}.{name}")
            found += faults(name, node.get("propertyNames", True), f"{path}.{name}")
    if isinstance(value, list):
        found += [fault for place, item in enumerate(value) for fault in faults(item, node["items"], f"{path}.{place}")]
    return found


def _breaks(value: Any, node: dict[str, Any]) -> bool:
    return (
        ("enum" in node and value not in node["enum"])
        or ("const" in node and value != node["const"])
        or ("pattern" in node and not re.search(node["pattern"], value))
        or ("format" in node and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value))
        or ("minLength" in node and not node["minLength"] <= len(value) <= node.get("maxLength", len(value)))
        or ("minimum" in node and not node["minimum"] <= value <= node.get("maximum", value))
    )


@pytest.mark.parametrize("pack", pack_ids())
def test_every_pack_that_ships_fits(pack: str) -> None:
    written = tomllib.loads((PACKS / f"{pack}.toml").read_text(encoding="utf-8"))
    assert faults(as_json(written), SCHEMA) == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("cap_firm =", "cap_frim =", ".bridge.cap_frim"),
        ("[bridge]", "[bridges]", ".bridges"),
        ("city =", "rules = 1\ncity =", ".rules"),
        ("city =", 'overlay = "x"\ncity =', ".overlay"),
        ('city = "东海县"', "", ".city"),
        ('id = "donghai/2025-08-17"', 'id = "Donghai"', ".id"),
        ('"1000万元"', '"a lot"', ".bridge.cap_firm.value"),
        ('"1000万元"', "10000000", ".bridge.cap_firm.value"),
        ('"95%"', "0.95", ".bridge.promise_ratio.value"),
        ('"0.04%"', '"4 per mille"', ".fee.tiers.value.1.daily_rate"),
        ("through_day = 5", "through_days = 5", ".fee.tiers.value.0.through_days"),
        ("value = 10,", "value = 10.5,", ".bridge.term_days.value"),
        ("value = 10,", "value = true,", ".bridge.term_days.value"),
        ("value = 10,", "value = 0,", ".bridge.term_days.value"),
        ('value = ["working_capital"]', 'value = ["bridge"]', ".loan.kinds.value.0"),
        ('{ value = "95%", cite = "measure" }', '"95%"', ".bridge.promise_ratio"),
        ('{ value = "95%", cite = "measure" }', '{ value = "95%" }', ".bridge.promise_ratio.cite"),
        ("value = 2025-08-17", "value = 0", ".validity.since.value"),
        ("[articles]", '[articles]\noperator = "x"', ".articles.operator"),
    ],
)
def test_a_faulty_pack_does_not_fit(old: str, new: str, place: str) -> None:
    text = PACK.read_text(encoding="utf-8")
    assert old in text
    assert place in faults(as_json(tomllib.loads(text.replace(old, new, 1))), SCHEMA)


def test_the_schema_has_every_provision_and_says_which_a_case_needs() -> None:
    has = {
        f"{name}.{key}": provision["needed"]
        for name in SECTIONS
        for key, provision in SCHEMA["properties"][name]["properties"].items()
    }
    assert has == {f"{name}.{key}": section.needs(key) for name, section in donghai().sections() for key, _ in section}
    assert set(SCHEMA["properties"]) == set(Measure.model_fields) - {"overlay", "rules"}
    assert SCHEMA["required"] == ["id", "city", "document", "articles"]


def test_nothing_in_the_schema_points_nowhere_or_allows_null() -> None:
    text = json.dumps(SCHEMA)
    assert set(re.findall(r'"#/\$defs/(\w+)"', text)) <= set(SCHEMA["$defs"])
    assert '"null"' not in text
    for pattern in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', text):
        assert "(?P" not in pattern
        assert "(?<" not in pattern, "a named group is not understood everywhere"
