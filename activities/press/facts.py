"""The facts of a paper as they go into the file itself: one canonical form, one digest."""

import hashlib
import json
from typing import Literal

from activities.press.writing import plain_data
from rulebook.papers import DocumentKind, PaperData
from rulebook.values import Value

ATTACHMENT = "data.json"
"""Name under which every paper carries its facts."""


def facts_of(kind: DocumentKind, lang: Literal["zh", "en"], data: PaperData) -> dict[str, object]:
    """What a paper was made from, as plain data: ``{"kind", "lang", "data"}``.

    Texts are as they are printed (see ``plain``); what was not said is left out, so ``PaperData.model_validate`` of
    ``data`` gives the facts back.
    """
    return {"kind": kind.value, "lang": lang, "data": _said(plain_data(data))}


def facts_bytes(kind: DocumentKind, lang: Literal["zh", "en"], data: PaperData) -> bytes:
    """The same as canonical JSON (sorted keys, no spaces, UTF-8): the content of ``data.json``, byte for byte."""
    facts = facts_of(kind, lang, data)
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def facts_digest(facts: bytes) -> str:
    """SHA-256 of the canonical JSON, 64 hexadecimal digits; ``digest_of`` of the same facts says the same."""
    return hashlib.sha256(facts).hexdigest()


def _said(value: object) -> object:
    """A value as JSON writes it, without optional facts that are empty."""
    match value:
        case Value():
            fields = type(value).model_fields
            known = {name: item for name, item in value if item not in (None, "", ()) or fields[name].is_required()}
            written = value.model_dump(mode="json", include=set(known))
            return {name: _said(item) if _nested(item) else written[name] for name, item in known.items()}
        case tuple():
            return [_said(item) for item in value]
        case _:
            return value


def _nested(value: object) -> bool:
    return isinstance(value, Value) or (isinstance(value, tuple) and any(isinstance(item, Value) for item in value))
