"""What is wrong with the signatures of a paper: broken, of somebody else, or shown otherwise than they were made."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activities.papers.findings import FileFinding, finding
from activities.papers.strict.seen import Seen
from activities.signing.certificate_names import fits, names_of_party
from activities.signing.found import FoundSignature, Look
from activities.signing.moments import stamped_moment
from rulebook.papers.signing import SignedHow

if TYPE_CHECKING:  # a file is judged by itself without loading the tables
    from models.papers.signatures import Signature

_MOST_WORDS = 120


@dataclass(frozen=True)
class Beside:
    """What a file's signatures are held against.

    Attributes:
        facts: those of its paper as plain data, empty where there are none.
        recorded: what is on record for the paper.
        kept: how signatures are shown in the files that were kept, by their SHA-256; None where no records are at hand.
        demo_counts: whether a demonstration may sign.
    """

    facts: Mapping[str, Any]
    recorded: Sequence["Signature"]
    kept: Mapping[str, Mapping[str, Look]] | None
    demo_counts: bool


def faults_of(read: Seen, beside: Beside) -> Iterator[FileFinding]:
    """What is wrong with a file's signatures, the heaviest first for each."""
    found = read.signatures
    known = {each.certificate for each in beside.recorded}
    for each in found:
        yield from _validity(each, known, beside.demo_counts)
    for each in found:
        if each.good and each.party:
            yield from _holder(each, beside.facts, beside.recorded)
    if beside.kept is not None:
        for each in found:
            if each.good:
                yield from _look(each, read.looks.get(each.field), beside.recorded, beside.kept)
    if read.laid_over:
        yield finding("paper_check.laid_over", pages=", ".join(map(str, read.laid_over)))
    if found and found[-1].good and not found[-1].whole:
        yield finding("paper_check.behind_the_signature")


def remarks_of(found: Sequence[FoundSignature]) -> Iterator[FileFinding]:
    """What should be known of a file's signatures besides."""
    for each in found:
        if each.good and each.demo:
            yield finding("paper_check.signature_demo", who=_who(each), holder=each.holder)


def _validity(found: FoundSignature, known: set[str | None], demo_counts: bool) -> Iterator[FileFinding]:
    """That it holds, and that its certificate is known by its key: a name in it anybody can write."""
    who = _who(found)
    if not found.intact:
        yield finding("paper_check.signature_broken", who=who)
    elif not found.sound:
        yield finding("paper_check.signature_overwritten", who=who)
    elif found.demo and not demo_counts:
        yield finding("paper_check.signature_demo_now", who=who, holder=found.holder)
    elif found.trusted or found.certificate in known:
        return
    elif found.expired_on:
        told = {"holder": found.holder, "issuer": found.issuer, "day": found.expired_on}
        yield finding("paper_check.signature_expired", who=who, **told)
    else:
        yield finding("paper_check.signature_unknown", who=who, holder=found.holder, issuer=found.issuer)


def _holder(found: FoundSignature, facts: Mapping[str, Any], recorded: Sequence["Signature"]) -> Iterator[FileFinding]:
    """That the certificate is of the party in whose place it signs, or of the person on record as its signatory."""
    names = names_of_party(facts, found.party)
    persons = [each.person for each in recorded if each.party == found.party and each.how != SignedHow.WET_INK]
    if names and not fits(found.named, [*names, *persons]):
        named = "、".join(found.named)
        yield finding("paper_check.certificate_of_another", who=_who(found), named=named, name=names[0])


def _look(
    found: FoundSignature,
    look: Look | None,
    recorded: Sequence["Signature"],
    kept: Mapping[str, Mapping[str, Look]],
) -> Iterator[FileFinding]:
    """That a signature is shown as in the file that was kept with it, and says what its row says."""
    words = look.words[:_MOST_WORDS] if look else ""
    rows = [each for each in recorded if (each.party, each.certificate) == (found.party, found.certificate)]
    if not rows:
        yield finding("paper_check.signature_not_recorded", who=_who(found), words=words)
        return
    row = rows[-1]
    there = kept.get(row.sha256, {}).get(found.field)
    if look is None or there is None or look.digest != there.digest:
        yield finding("paper_check.shown_otherwise", who=_who(found), words=words, person=row.person)
    elif row.how == SignedHow.PADES and look.places:
        written = (row.name, row.person, row.authority, stamped_moment(row.signed_at))
        if not all("".join(each.split()) in look.words for each in written):
            yield finding("paper_check.shown_otherwise", who=_who(found), words=words, person=row.person)


def _who(found: FoundSignature) -> str:
    return found.party or found.holder or "?"
