"""What a paper carries in its own file: its facts, under one name, with one digest."""

import hashlib

ATTACHMENT = "data.json"
"""Name under which every paper carries its facts."""

FONTS = "fonts"
"""Folder of an office's own fonts, in the folder of what it brings along."""

ON_EVERY_SHEET = frozenset({"case_no", "document_no", "issued_on", "operator_name"})
"""Facts that every paper carries, whatever its template says."""


def facts_digest(facts: bytes) -> str:
    """SHA-256 of the canonical JSON, 64 hexadecimal digits; ``digest_of`` of the same facts says the same."""
    return hashlib.sha256(facts).hexdigest()
