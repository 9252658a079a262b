"""Reading a pack and the operator's overlay from their text, with an error for the first thing that is wrong."""

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rulebook.errors import XuqiaoError
from rulebook.law.fees import FeeTier, Waiver
from rulebook.law.measure import SECTIONS, Measure
from rulebook.law.provisions import AS_WRITTEN, OPERATOR, FundSource
from rulebook.values import Value, expected_of, shown

NOT_WRITTEN = ("overlay", "rules")
"""Fields of a measure that no pack writes: they come from the overlay and from the rulebook."""
PACK = "pack"
"""How the pack's file is called as long as its own name is not known."""
_ROWS: Mapping[str, type[Value]] = {"fund.sources": FundSource, "fee.tiers": FeeTier, "fee.waivers": Waiver}
"""Provisions that are tables of several keys."""
_WRITE: Mapping[str, str] = {
    "id": 'id = "donghai/2025-08-17"',
    "city": 'city = "东海县"',
    "document": 'document = "东政规发〔2025〕5号"',
    "articles": '[articles] measure = "东政规发〔2025〕5号"',
    "daily_rate": 'daily_rate = "0.02%"',
    "giver": 'giver = "东海县"',
    "since": "since = 2022-03-01",
    "until": "until = 2022-06-30",
}
"""What to write where one of these is missing."""


def parse_measure(pack_toml: str, overlay_toml: str | None = None, file: str | None = None) -> Measure:
    """A pack that is complete enough to judge cases by.

    Args:
        pack_toml: text of a pack; each value is ``{ value = …, cite = "key of [articles]" }``.
        overlay_toml: text of the operator's overlay; plain values, all of them the operator's own choice.
        file: the pack's name for errors; without it, the ``id`` that the text gives itself.
    Raises:
        XuqiaoError: ``pack.unset`` naming every value that is still to be decided; the errors of ``draft_measure``.
    """
    measure = draft_measure(pack_toml, overlay_toml, file)
    if unset := measure.unset():
        raise XuqiaoError("pack.unset", names=", ".join(unset), pack=measure.id)
    return measure


def draft_measure(pack_toml: str, overlay_toml: str | None = None, file: str | None = None) -> Measure:
    """A pack as far as it goes: values nobody has set stay unset, and raise ``pack.unset`` when they are asked for.

    Args: as for ``parse_measure``.
    Raises:
        XuqiaoError: ``pack.not_toml``, ``pack.unknown_key``, ``pack.missing_key``, ``pack.no_citation``,
            ``pack.fixed_by_measure`` (the overlay may fill gaps, never change the law), ``pack.wrong_pack`` (the
            overlay was made for another one), or what is wrong with a value.
    """
    content = _tables(pack_toml, file or PACK)
    file = file or str(content.get("id") or PACK)
    for key in NOT_WRITTEN:
        if key in content:
            raise _unknown_key([key], file, content[key])
    citations = _citations(content.get("articles"))
    for name, key, cited in _values(content, file):
        if not isinstance(cited, dict) or set(cited) != {"value", "cite"} or str(cited["cite"]) not in citations:
            known = ", ".join(citations) or "–"
            raise XuqiaoError("pack.no_citation", key=f"{name}.{key}", file=file, value=shown(cited), known=known)
    if overlay_toml is not None and "id" in content:  # without an id the pack itself is refused, below
        _lay_over(content, _tables(overlay_toml, OPERATOR))
    try:
        return Measure.model_validate(content, context=AS_WRITTEN)
    except ValidationError as error:
        raise _refusal(error.errors()[0], content, file) from None


def _citations(articles: object) -> list[str]:
    """The keys that a value of the pack may cite: those that say something, and never the operator's."""
    if not isinstance(articles, dict):
        return []
    return [key for key, words in articles.items() if key != OPERATOR and isinstance(words, str) and words.strip()]


def _lay_over(content: dict[str, Any], overlay: dict[str, Any]) -> None:
    """Puts the operator's choices where the pack leaves gaps."""
    made_for = overlay.pop("pack", None)
    if made_for != content.get("id"):
        raise XuqiaoError("pack.wrong_pack", pack=content.get("id"), made_for=made_for)
    document = overlay.pop("document", None)
    if not isinstance(document, str) or not document:
        raise XuqiaoError("pack.missing_key", key="document", file=OPERATOR, expected='document = "…"')
    content["overlay"] = document
    for name in overlay:
        if name not in SECTIONS:
            raise _unknown_key([name], OPERATOR, overlay[name])
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
            raise XuqiaoError("pack.bad_value", key=name, file=file, value=shown(table), expected=f"[{name}]")
    return [(name, key, value) for name, table in tables for key, value in table.items()]


def _refusal(error: ErrorDetails, content: Mapping[str, Any], pack: str) -> XuqiaoError:
    """The first thing wrong with a pack or overlay, as an error that names file, key, value and what is expected."""
    place = [str(step) for step in error["loc"] if step not in ("value", "cite")]
    here: Any = content
    for step in place[:2]:
        here = here.get(step, {}) if isinstance(here, dict) else {}
    file = OPERATOR if isinstance(here, dict) and here.get("cite") == OPERATOR else pack
    key, kind, value = ".".join(place), error["type"], shown(error["input"])
    if kind == "extra_forbidden":
        return _unknown_key(place, file, error["input"])
    if kind == "missing":
        return XuqiaoError("pack.missing_key", key=key, file=file, expected=_WRITE.get(place[-1], f"{place[-1]} = …"))
    if kind.startswith("pack."):
        return XuqiaoError(kind, key=key, file=file, value=value)
    return XuqiaoError("pack.bad_value", key=key, file=file, value=value, expected=expected_of(error))


def _unknown_key(place: list[str], file: str, value: object) -> XuqiaoError:
    """A key that does not exist, with those that do."""
    names: Iterable[str]
    if place[0] not in SECTIONS:
        names = ("pack", "document", *SECTIONS) if file == OPERATOR else _PACK_KEYS
    elif row := _ROWS.get(".".join(place[:2])):
        names = row.model_fields
    else:
        names = type(Measure.model_fields[place[0]].default).model_fields
    return XuqiaoError("pack.unknown_key", key=".".join(place), file=file, value=shown(value), known=", ".join(names))


_PACK_KEYS = tuple(name for name in Measure.model_fields if name not in NOT_WRITTEN)
