"""Which signatures must be on record before money leaves, and what is still missing."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from rulebook.papers.kinds import DocumentKind


class SignedHow(StrEnum):
    """In what way a party signed."""

    PADES = "pades"  # with a certificate, in this house
    PLATFORM = "platform"  # on a signing platform
    WET_INK = "wet_ink"  # by hand and seal; a scan of it is kept


class OnRecord(StrEnum):
    """In what form signatures are on record before payment; the measure or the operator says so."""

    ELECTRONIC = "electronic"  # with certificates, in this house or on a platform
    SCANNED = "scanned"  # by hand and seal, the scan attached
    EITHER = "either"


class PaperSigned(NamedTuple):
    """One paper that must be signed, as it is on record.

    Attributes:
        number: of the paper; empty where it is not drawn up yet.
        parties: those that have a place to sign on it.
        electronic: the parties whose electronic signature is on record; one of a demonstration is none.
        scanned: those of whom a scan is on record.
    """

    kind: DocumentKind
    number: str = ""
    parties: Sequence[str] = ()
    electronic: Collection[str] = ()
    scanned: Collection[str] = ()


class Unsigned(NamedTuple):
    """A paper on which signatures are missing: of which parties; none where the paper itself is missing."""

    kind: DocumentKind
    number: str
    parties: tuple[str, ...]


def unsigned(papers: Sequence[PaperSigned], form: OnRecord) -> tuple[Unsigned, ...]:
    """What stands between the money and its release.

    Args:
        papers: all that must be signed for this payment.
        form: in which form the signatures must be.

    >>> form = PaperSigned(DocumentKind.DISBURSEMENT_FORM, "DH-1-BF", ("operator",), scanned=("operator",))
    >>> unsigned([form], OnRecord.EITHER), unsigned([form], OnRecord.ELECTRONIC)[0].parties
    ((), ('operator',))
    """
    missing = []
    for paper in papers:
        there = {*(paper.electronic if _COUNTS[form][0] else ()), *(paper.scanned if _COUNTS[form][1] else ())}
        parties = tuple(party for party in paper.parties if party not in there)
        if parties or not paper.number:
            missing.append(Unsigned(paper.kind, paper.number, parties))
    return tuple(missing)


_COUNTS: Mapping[OnRecord, tuple[bool, bool]] = {
    OnRecord.ELECTRONIC: (True, False),
    OnRecord.SCANNED: (False, True),
    OnRecord.EITHER: (True, True),
}
"""Whether an electronic signature counts, and whether a scan does."""
