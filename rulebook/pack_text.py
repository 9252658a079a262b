"""Reading a pack and the operator's overlay from their text, with an error for the first thing that is wrong."""

import tomllib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rulebook.errors import XuqiaoError
from rulebook.measure import SECTIONS, Measure
from rulebook.provisions import AS_WRITTEN, OPERATOR

NOT_WRITTEN = ("overlay", "rules")
"""Fields of a measure that no pack writes: they come from the overlay and from the rulebook."""


def parse_measure(pack_toml: str, overlay_toml: str | None = None) -> Measure:
    """A pack that is complete enough to judge cases by.

    Args:
        pack_toml: text of a pack; each value is ``{ value = …, cite = "key of [articles]" }``.
        overlay_toml: text of the operator's overlay; plain values, all of them the operator's own choice.
    Raises:
        XuqiaoError: ``pack.unset`` naming every value that is still to be decided; the errors of ``draft_measure``.
    """
    measure = draft_measure(pack_toml, overlay_toml)
    if unset := measure.unset():
        raise XuqiaoError("pack.unset", names=", ".join(unset), pack=measure.id)
    return measure


def draft_measure(pack_toml: str, overlay_toml: str | None = None) -> Measure:
    """A pack as far as it goes: values nobody has set stay unset, and raise ``pack.unset`` when they are asked for.

    Raises:
        XuqiaoError: ``pack.not_toml``, ``pack.unknown_key``, ``pack.missing_key``, ``pack.no_citation``,
            ``pack.fixed_by_measure`` (the overlay may fill gaps, never change the law), ``pack.wrong_pack`` (the
            overlay was made for another one), or what is wrong with a value.
    """
    content = _tables(pack_toml, "pack")
    for key in NOT_WRITTEN:
        if key in content:
            raise XuqiaoError("pack.unknown_key", key=key, file="pack")
    articles = content.get("articles")
    citations = set(articles) - {OPERATOR} if isinstance(articles, dict) else set()
    for name, key, cited in _values(content, "pack"):
        if not isinstance(cited, dict) or set(cited) != {"value", "cite"} or str(cited["cite"]) not in citations:
            raise XuqiaoError("pack.no_citation", key=f"{name}.{key}", value=cited)
    if overlay_toml is not None:
        _lay_over(content, _tables(overlay_toml, OPERATOR))
    try:
        return Measure.model_validate(content, context=AS_WRITTEN)
    except ValidationError as error:
        raise _refusal(error.errors()[0], content) from None


def _lay_over(content: dict[str, Any], overlay: dict[str, Any]) -> None:
    """Puts the operator's choices where the pack leaves gaps."""
    made_for = overlay.pop("pack", None)
    if made_for != content.get("id"):
        raise XuqiaoError("pack.wrong_pack", pack=content.get("id"), made_for=made_for)
    document = overlay.pop("document", None)
    if not isinstance(document, str) or not document:
        raise XuqiaoError("pack.missing_key", key="document", file=OPERATOR)
    content["overlay"] = document
    for name in overlay:
        if name not in SECTIONS:
            raise XuqiaoError("pack.unknown_key", key=name, file=OPERATOR)
    for name, key, value in _values(overlay, OPERATOR):
        section = content.setdefault(name, {})
        if key in section:
            fixed = section[key]
            cited = content["articles"][fixed["cite"]]
            raise XuqiaoError("pack.fixed_by_measure", key=f"{name}.{key}", value=fixed["value"], citation=cited)
        section[key] = {"value": value, "cite": OPERATOR}


def _tables(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise XuqiaoError("pack.not_toml", file=file, reason=error) from None


def _values(content: Mapping[str, Any], file: str) -> list[tuple[str, str, Any]]:
    """Section, key and value of everything that stands in a section."""
    tables = [(name, content[name]) for name in SECTIONS if name in content]
    for name, table in tables:
        if not isinstance(table, dict):
            raise XuqiaoError("pack.bad_value", key=name, file=file, value=table, expected=f"[{name}]")
    return [(name, key, value) for name, table in tables for key, value in table.items()]


def _refusal(error: ErrorDetails, content: Mapping[str, Any]) -> XuqiaoError:
    """The first thing wrong with a pack or overlay, as an error that names file, key, value and what is expected."""
    place = [str(step) for step in error["loc"] if step not in ("value", "cite")]
    here: Any = content
    for step in place[:2]:
        here = here.get(step, {}) if isinstance(here, dict) else {}
    file = OPERATOR if isinstance(here, dict) and here.get("cite") == OPERATOR else "pack"
    key, kind = ".".join(place), error["type"]
    if kind == "extra_forbidden":
        return XuqiaoError("pack.unknown_key", key=key, file=file)
    if kind == "missing":
        return XuqiaoError("pack.missing_key", key=key, file=file)
    if kind.startswith("pack."):
        return XuqiaoError(kind, key=key, file=file, value=error["input"])
    return XuqiaoError("pack.bad_value", key=key, file=file, value=error["input"], expected=error["msg"])
