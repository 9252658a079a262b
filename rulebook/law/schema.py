"""The file format of a pack as a JSON Schema, for editors and for whoever writes packs with other tools."""

from collections.abc import Mapping
from typing import Any

from rulebook.law.measure import SECTIONS, Measure
from rulebook.law.pack_text import NOT_WRITTEN
from rulebook.law.provisions import NEEDED, OPERATOR

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PACK_ID = "^[a-z]+/([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?|undated)$"
_WORDS = {"type": "string", "minLength": 1}
_REFERENCE = "#/$defs/"


def pack_schema() -> dict[str, object]:
    """What a pack's TOML may hold, read as JSON: a date is a string such as ``2025-08-17``.

    The schema says what can be said of one value at a time. That a citation is a key of ``[articles]``, that tiers and
    periods are in order, that an industry's code exists, only reading the pack shows.

    Returns:
        a JSON Schema (draft 2020-12). Every value is ``{value, cite}``; ``needed`` marks those without which no case
        can be judged, so that the operator's overlay must supply what the pack leaves out.
    """
    generated = Measure.model_json_schema()
    definitions: dict[str, Any] = generated["$defs"]
    values = {name: node["properties"]["value"] for name, node in definitions.items() if _is_provision(node)}
    kept = {name: node for name, node in definitions.items() if name not in values and not _is_section(name)}
    properties = {name: _section(definitions[_section_name(name)], values) for name in SECTIONS}
    return {
        "$schema": DIALECT,
        "title": "xuqiao rule pack",
        "type": "object",
        "additionalProperties": False,
        "required": [name for name in generated["required"] if name not in NOT_WRITTEN],
        "properties": {
            "id": {"type": "string", "pattern": _PACK_ID, "examples": ["donghai/2025-08-17", "wenzhou/2018"]},
            "city": _WORDS,
            "document": _WORDS,
            "articles": {
                "description": "Short keys to citations; every value of the pack cites one of them.",
                "type": "object",
                "propertyNames": {"not": {"const": OPERATOR}},
                "additionalProperties": {**_WORDS, "pattern": r"\S"},
            },
            **properties,
        },
        "$defs": {name: _plain(node) for name, node in sorted(kept.items())},
    }


def _section(node: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, object]:
    return {
        "description": node["description"],
        "type": "object",
        "additionalProperties": False,
        "properties": {key: _provision(reference, values) for key, reference in node["properties"].items()},
    }


def _provision(reference: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, object]:
    """A value with its citation; both must be there."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["value", "cite"],
        "properties": {"value": _plain(values[reference["$ref"].removeprefix(_REFERENCE)]), "cite": _WORDS},
        NEEDED: reference[NEEDED],
    }


def _plain(node: Any) -> Any:
    """Without what a history may hold and a pack may not: TOML has no null, and no default needs to be written."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    options = [option for option in node.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        return _plain({**{key: item for key, item in node.items() if key != "anyOf"}, **options[0]})
    plain = {key: _plain(item) for key, item in node.items() if key not in ("default", "title", "properties")}
    if "properties" in node:
        plain["properties"] = {key: _plain(item) for key, item in node["properties"].items()}
    return plain


def _is_provision(node: Mapping[str, Any]) -> bool:
    return set(node.get("properties", ())) == {"value", "cite"}


def _section_name(name: str) -> str:
    return type(Measure.model_fields[name].default).__name__


def _is_section(definition: str) -> bool:
    return definition in {_section_name(name) for name in SECTIONS}
