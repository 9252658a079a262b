"""What was found of signatures in a file: who signed, whether it holds, and how it is shown."""

from datetime import date, datetime
from typing import NamedTuple

from gateways.esign.place import Place
from rulebook.values import Value


class FoundSignature(Value):
    """One signature in a file.

    Attributes:
        field: the name of its field; ``party`` for whom it was made, empty where the field is not one of ours.
        holder: for whom its certificate was made, as the certificate says; ``issuer`` who says so.
        named: every name in the certificate's subject: common name, organisation, number of the organisation.
        certificate: SHA-256 of the certificate; empty where the signature cannot be read.
        signed_at: the signer's own clock; nobody vouches for it.
        intact: what it covers is what was signed.
        sound: it was made with this certificate's key, and nothing but further signatures came behind it,
            the operator's with slices of its seal.
        whole: it covers the file to its end, so nothing came behind it at all.
        trusted: its certificate leads, by keys, to an authority that this house believes.
        demo: its certificate says of itself that it is one of a demonstration, which proves nothing about anybody; and
            anybody can have one say so.
        expired_on: the day on which it, or one above it, ended; only where it would be trusted else.
    """

    field: str
    party: str
    holder: str
    named: tuple[str, ...]
    issuer: str
    certificate: str
    signed_at: datetime | None
    intact: bool
    sound: bool
    whole: bool
    trusted: bool
    demo: bool
    expired_on: date | None = None

    @property
    def good(self) -> bool:
        """Whether it holds for what it covers."""
        return self.intact and self.sound


class Look(NamedTuple):
    """How a signature is shown.

    Attributes:
        places: where; one, or none where it is not shown, unless somebody had it shown on several pages.
        digest: SHA-256 over its places, all it is drawn with, and the slices of a seal that came with it.
        words: the text in it, without white space; what a picture shows is not read.
    """

    places: tuple[Place, ...]
    digest: str
    words: str


def unreadable() -> FoundSignature:
    """A signature of which nothing can be said, and which therefore does not hold."""
    return FoundSignature(
        field="",
        party="",
        holder="",
        named=(),
        issuer="",
        certificate="",
        signed_at=None,
        intact=False,
        sound=False,
        whole=False,
        trusted=False,
        demo=False,
    )
