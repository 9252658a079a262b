"""What is wrong with the signatures of a paper: broken, of somebody else, or shown otherwise than they were made."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlmodel import Session

from activities.papers.agreement import FileFinding, finding
from activities.signing.certificate_names import fits, names_of_party
from activities.signing.check import FoundSignature
from activities.signing.in_house import stamped_moment
from activities.signing.looks import Look, laid_over, looks_of
from models.papers import signatures
from models.papers.signatures import Signature, SignedHow

_MOST_WORDS = 120


def faults_of(
    content: bytes,
    found: Sequence[FoundSignature],
    facts: Mapping[str, Any],
    recorded: Sequence[Signature],
    session: Session | None,
) -> Iterator[FileFinding]:
    """What is wrong with a file's signatures, the heaviest first for each.

    Args:
        found: the signatures in the file; ``facts`` those of its paper as plain data, empty where there are none.
        recorded: what is on record for the paper.
        session: of the case file; None where it is not at hand: then nothing is compared with records.
    """
    known = {each.certificate for each in recorded}
    for each in found:
        yield from _validity(each, known)
    for each in found:
        if each.good and each.party:
            yield from _holder(each, facts, recorded)
    if session is not None and found:
        looks = looks_of(content)
        for each in found:
            if each.good:
                yield from _look(each, looks.get(each.field), recorded, session)
    if over := laid_over(content):
        yield finding("paper_check.laid_over", pages=", ".join(map(str, over)))
    if found and found[-1].good and not found[-1].whole:
        yield finding("paper_check.behind_the_signature")


def remarks_of(found: Sequence[FoundSignature]) -> Iterator[FileFinding]:
    """What should be known of a file's signatures besides."""
    for each in found:
        if each.good and each.demo:
            yield finding("paper_check.signature_demo", who=_who(each), holder=each.holder)


def _validity(found: FoundSignature, known: set[str | None]) -> Iterator[FileFinding]:
    who = _who(found)
    if not found.intact:
        yield finding("paper_check.signature_broken", who=who)
    elif not found.sound:
        yield finding("paper_check.signature_overwritten", who=who)
    elif not found.demo and not found.trusted and found.certificate not in known:
        yield finding("paper_check.signature_unknown", who=who, holder=found.holder, issuer=found.issuer)


def _holder(found: FoundSignature, facts: Mapping[str, Any], recorded: Sequence[Signature]) -> Iterator[FileFinding]:
    """That the certificate is of the party in whose place it signs, or of the person on record as its signatory."""
    names = names_of_party(facts, found.party)
    persons = [each.person for each in recorded if each.party == found.party and each.how != SignedHow.WET_INK]
    if names and not fits(found.named, [*names, *persons]):
        named = "、".join(found.named)
        yield finding("paper_check.certificate_of_another", who=_who(found), named=named, name=names[0])


def _look(
    found: FoundSignature, look: Look | None, recorded: Sequence[Signature], session: Session
) -> Iterator[FileFinding]:
    """That a signature is shown as in the file that was kept with it, and says what its row says."""
    words = look.words[:_MOST_WORDS] if look else ""
    rows = [each for each in recorded if (each.party, each.certificate) == (found.party, found.certificate)]
    if not rows:
        yield finding("paper_check.signature_not_recorded", who=_who(found), words=words)
        return
    row = rows[-1]
    kept = signatures.signed_file(session, row.sha256)
    there = looks_of(kept.content).get(found.field) if kept else None
    if look is None or there is None or look.digest != there.digest:
        yield finding("paper_check.shown_otherwise", who=_who(found), words=words, person=row.person)
    elif row.how == SignedHow.PADES and look.places:
        written = (row.name, row.person, row.authority, stamped_moment(row.signed_at))
        if not all("".join(each.split()) in look.words for each in written):
            yield finding("paper_check.shown_otherwise", who=_who(found), words=words, person=row.person)


def _who(found: FoundSignature) -> str:
    return found.party or found.holder or "?"
