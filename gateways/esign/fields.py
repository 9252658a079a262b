"""How the field of a signature is called, so that one knows for whom it was made."""

FIELD = "sign-"
"""How the name of a signature field begins; the party follows."""


def party_of(field_name: str) -> str:
    """The party for whom a signature field was made; empty for a field that is not one of ours.

    >>> party_of("sign-bank#2"), party_of("Signature1")
    ('bank', '')
    """
    return field_name.removeprefix(FIELD).partition("#")[0] if field_name.startswith(FIELD) else ""
