"""The facts of a paper as they go into the file itself: one canonical form, one digest."""

import json
from typing import Literal

from activities.papers.embedded import ON_EVERY_SHEET
from activities.papers.press.template_facts import TemplateFacts
from rulebook.papers.facts import PaperData
from rulebook.papers.kinds import DocumentKind
from rulebook.values import Value


def facts_of(
    kind: DocumentKind, lang: Literal["zh", "en"], data: PaperData, of_template: TemplateFacts
) -> dict[str, object]:
    """What a paper was made from, as plain data: ``{"kind", "lang", "data"}``.

    What was not said is left out, and so is what the template does not speak of: a paper is handed to others, and
    carries nothing about anybody that it does not need.

    Args:
        data: its texts as they are printed (see ``plain_data``).
        of_template: what the paper's template speaks of.
    """
    facts = _without_empty(_only_marked(data, of_template))
    assert isinstance(facts, dict)
    if not of_template.everything:
        whole = dict.fromkeys((*ON_EVERY_SHEET, "operator_choices"))
        wanted = {**of_template.facts, **whole}
        facts = {name: _only(value, wanted[name]) for name, value in facts.items() if name in wanted}
    return {"kind": kind.value, "lang": lang, "data": facts}


def facts_bytes(facts: dict[str, object]) -> bytes:
    """The same as canonical JSON (sorted keys, no spaces, UTF-8): the content of ``data.json``, byte for byte."""
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _only_marked(data: PaperData, of_template: TemplateFacts) -> PaperData:
    """The operator's own choices, of the values that the paper shows."""
    if of_template.everything or of_template.choices is None:
        return data
    shown = tuple(name for name in data.operator_choices if name in of_template.choices)
    return data.model_copy(update={"operator_choices": shown})


def _only(value: object, parts: frozenset[str] | None) -> object:
    """Of a fact, or of each of its rows, the parts that are read; None for all of it."""
    match value:
        case dict() if parts is not None:
            return {name: item for name, item in value.items() if name in parts}
        case list() if parts is not None:
            return [_only(item, parts) for item in value]
        case _:
            return value


def _without_empty(value: object) -> object:
    """A value as JSON writes it, without optional facts that are empty."""
    match value:
        case Value():
            fields = type(value).model_fields
            known = {name: item for name, item in value if item not in (None, "", ()) or fields[name].is_required()}
            written = value.model_dump(mode="json", include=set(known))
            return {name: _without_empty(item) if _nested(item) else written[name] for name, item in known.items()}
        case tuple():
            return [_without_empty(item) for item in value]
        case _:
            return value


def _nested(value: object) -> bool:
    return isinstance(value, Value) or (isinstance(value, tuple) and any(isinstance(item, Value) for item in value))
