"""Papers signed in this house, and scans of papers signed by hand, put on record."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cached_property
from pathlib import Path

from sqlmodel import Session

from activities.papers.press.fonts import FontCase, OfficeFonts
from activities.papers.press.office import bundled_dir
from activities.papers.press.seal_picture import marked
from activities.papers.reading import ReadPaper, name_of_party
from activities.papers.scans import PDF, media_type_of
from activities.signing.certificate_names import fits, names_of_party
from activities.signing.moments import stamped_moment
from activities.signing.places import OPERATOR, place_of, seal_on
from activities.words import Lang, say
from gateways.esign import Credential, DemoAuthority, Stamp, load_pkcs12, sign_pdf
from gateways.esign.certificates import names_in
from models.funds import people
from models.papers import signatures
from models.papers.documents import Document
from models.papers.signatures import Signature, SignedFile
from rulebook.calendar import LAW_ZONE
from rulebook.errors import XuqiaoError
from rulebook.messages import Actor
from rulebook.papers.signing import SignedHow
from rulebook.stages import Role
from rulebook.values import Value

Begin = Callable[[], AbstractContextManager[Session]]
_LINE_SIGNS = 15


class Certificates:
    """What this house signs with.

    Args:
        demo_folder: of the demonstration's authority, made when it is first needed; never where ``own`` is set.
        own: the operator's own certificate as a PKCS#12 file, with its ``passphrase``.
    """

    def __init__(self, demo_folder: Path, own: Path | None = None, passphrase: str | None = None) -> None:
        self._demo_folder, self._own, self._passphrase = demo_folder, own, passphrase

    def of(self, party: str, name: str) -> Credential:
        """The certificate of a party.

        Args:
            name: of the organisation.
        Raises:
            XuqiaoError: ``signing.no_certificate`` for others than the operator where the house signs in earnest, and
                those of ``load_pkcs12``.
        """
        if self._own is None:
            return DemoAuthority(self._demo_folder).credential(party, name)
        if party != OPERATOR:
            raise XuqiaoError("signing.no_certificate", party=party)
        return load_pkcs12(self._own, self._passphrase)


class ByHand(Value):
    """What is known of a signature made by hand.

    Attributes:
        authority: the person's post, or the number of his authorisation.
    """

    person: str
    authority: str
    signed_at: datetime


class InHouseSigning:
    """Signs papers and takes scans of signed ones.

    Args:
        begin: opens a session of the desk that commits at the end of its block.
        certificates: what is signed with.
        seal: the picture of the operator's seal, as ``read_seal`` gives it; None where the office has none.
    """

    def __init__(self, begin: Begin, certificates: Certificates, seal: bytes | None = None) -> None:
        self._begin, self._certificates, self._seal = begin, certificates, seal

    def sign(
        self, case_no: str, which: str, party: str, officer: str, *, authority: str | None, at: datetime
    ) -> Signature:
        """Sign a paper for a party with its certificate; the signed file stands beside the unsigned one.

        Args:
            which: the paper's number, or its kind for the latest of that kind.
            party: such as ``operator``; only a demonstration has certificates of others.
            officer: who signs, by his user name; he must be a checker.
            authority: his post or the number of his authorisation; None: his part in this house.
            at: the moment of signing.
        Raises:
            XuqiaoError: ``paper.unknown``, ``person.unknown``, ``person.not_in_role``, ``signing.no_place``,
                ``signing.signed_already``, ``signing.flow_open``, ``papers.missing_glyph``,
                ``signing.certificate_of_another``, and those of ``Certificates.of``.
        """
        with self._begin() as session:
            document = signatures.paper_of_case(session, case_no, which)
            signatures.lock_paper(session, document.number)
            person = people.actor_in_case(session, officer, Role.CHECKER, case_no)
            check_free(session, document, party)
            name = party_name(document, party)
            credential = self._certificates.of(party, name)
            _check_holder(credential, document, party, person.name)
            title = authority or say(f"role.{person.role}", _lang(document))
            place = place_of(document.boxes, party)
            stamp = self._stamp(document, name, f"{person.name}（{title}）", at, credential.demo) if place else None
            picture = self._picture(document, credential.demo) if party == OPERATOR else None
            seal = seal_on(picture, document.boxes, party, document.pages) if picture else None
            content = sign_pdf(signatures.newest_file(session, document), party, credential, place, stamp, seal)
            return _record(
                session,
                file_of(document, content, PDF, at),
                party=party,
                name=name,
                person=person.name,
                authority=title,
                how=SignedHow.PADES,
                signed_at=at,
                recorded_at=at,
                recorded_by=person.id,
                certificate=credential.fingerprint,
                demo=credential.demo,
            )

    def attach_scan(
        self, case_no: str, which: str, party: str, officer: str, content: bytes, by_hand: ByHand, at: datetime
    ) -> Signature:
        """Put a scan of a paper signed by hand on record; the scan proves nothing by itself.

        Args:
            which: the paper's number, or its kind for the latest of that kind.
            officer: who has seen the original and keeps the scan, by his user name; a maker or a checker.
            content: of the scan; its type is told from the bytes, whatever the file was called.
            by_hand: who signed, by what authority, when.
            at: the moment of recording.
        Raises:
            XuqiaoError: ``paper.unknown``, ``person.unknown``, ``person.not_in_role``, ``signing.no_place``,
                ``signing.in_the_future``, ``signing.scan_too_big``, ``signing.scan_type``,
                ``signing.scan_is_the_paper``, ``signing.before_the_paper``, ``signing.file_of_another``,
                ``signing.recorded_otherwise``.
        """
        media_type = media_type_of(content)
        if by_hand.signed_at > at:
            raise XuqiaoError("signing.in_the_future", signed_at=by_hand.signed_at.isoformat())
        with self._begin() as session:
            document = signatures.paper_of_case(session, case_no, which)
            signatures.lock_paper(session, document.number)
            person = officer_of(session, officer, case_no)
            name = party_name(document, party)
            file = file_of(document, content, media_type, at, scan=True)
            kept = signatures.signed_file(session, file.sha256)
            if by_hand.signed_at.astimezone(LAW_ZONE).date() < min(document.made_at, at).astimezone(LAW_ZONE).date():
                raise XuqiaoError("signing.before_the_paper", signed_at=by_hand.signed_at.isoformat())
            # What carries facts of a paper was made by a program, not by a scanner: it could be another paper.
            drawn = media_type == PDF and ReadPaper(content).has_facts
            if drawn or content.startswith(document.pdf) or (kept is not None and not kept.scan):
                raise XuqiaoError("signing.scan_is_the_paper", document=document.number)
            return _record(
                session,
                file,
                party=party,
                name=name,
                person=by_hand.person,
                authority=by_hand.authority,
                how=SignedHow.WET_INK,
                signed_at=by_hand.signed_at,
                recorded_at=at,
                recorded_by=person.id,
            )

    def _stamp(self, document: Document, name: str, person: str, at: datetime, demo: bool) -> Stamp:
        """What the signature shows: for whom, by whom, when; a demonstration says that it is one."""
        lang = _lang(document)
        lines = [*_folded(name), *_folded(person), say("signing.stamp_at", lang, at=stamped_moment(at))]
        lines += [say("signing.stamp_demo", lang)] if demo else []
        text = "".join(lines)
        for char in self._fonts.missing(text):
            raise XuqiaoError(
                "papers.missing_glyph", character=char, codepoint=f"U+{ord(char):04X}", document=document.number
            )
        return Stamp(tuple(lines), self._fonts.cut(text))

    def _picture(self, document: Document, demo: bool) -> bytes | None:
        """The seal; a demonstration's says on every piece of it that it is one."""
        if self._seal is None or not demo:
            return self._seal
        word = say("signing.seal_demo", _lang(document))
        return marked(self._seal, word, self._fonts.cut(word))

    @cached_property
    def _fonts(self) -> FontCase:
        return FontCase(bundled_dir() / "fonts", OfficeFonts())


def check_free(session: Session, document: Document, party: str) -> None:
    """That a party can sign now: it has not yet, and no platform has the paper.

    Raises:
        XuqiaoError: ``signing.signed_already``, ``signing.flow_open``.
    """
    for signature in signatures.signatures_of(session, document.number):
        if signature.party == party and signature.how != SignedHow.WET_INK:
            at = f"{signature.signed_at.astimezone(LAW_ZONE):%Y-%m-%d %H:%M}"
            raise XuqiaoError("signing.signed_already", party=party, person=signature.person, at=at)
    if flow := signatures.open_flow(session, document.number):
        raise XuqiaoError("signing.flow_open", flow=flow.flow, platform=flow.platform)


def _check_holder(credential: Credential, document: Document, party: str, person: str) -> None:
    """That a certificate is of the party, before it is used: nobody believes the signature otherwise."""
    named = names_in(credential.certificate)
    facts = ReadPaper(document.pdf).facts
    expected = names_of_party(facts.plain if facts else {}, party)
    if not fits(named, [*expected, person]):
        raise XuqiaoError("signing.certificate_of_another", party=party, named="、".join(named), name=expected[0])


def party_name(document: Document, party: str) -> str:
    """The organisation that signs at a party's place, as the paper itself names it.

    Raises:
        XuqiaoError: ``signing.no_place`` for a party that has none on this paper.
    """
    places = [str(box["party"]) for box in document.boxes]
    facts = ReadPaper(document.pdf).facts
    name = name_of_party(facts.plain, party) if facts else ""
    if not name or (places and party not in places):
        raise XuqiaoError("signing.no_place", party=party, document=document.number, known=", ".join(places))
    return name


def file_of(document: Document, content: bytes, media_type: str, at: datetime, *, scan: bool = False) -> SignedFile:
    """A file that belongs to a paper, to be kept."""
    digest = hashlib.sha256(content).hexdigest()
    return SignedFile(
        sha256=digest, document=document.number, media_type=media_type, stored_at=at, content=content, scan=scan
    )


def _record(session: Session, file: SignedFile, **facts: object) -> Signature:
    """Keep the file with its signature; the same again changes nothing, another under the same file is refused."""
    signature = Signature.model_validate({"document": file.document, "sha256": file.sha256, **facts})
    signatures.keep_file(session, file)
    if not signatures.record(session, signature):
        known = signatures.signature_in(session, file.sha256, signature.party)
        if any(getattr(known, each) != getattr(signature, each) for each in ("person", "authority", "signed_at")):
            raise XuqiaoError("signing.recorded_otherwise", party=known.party, person=known.person)
        return known
    return signature


def officer_of(session: Session, officer: str, case_no: str) -> Actor:
    """A maker or a checker of the case's fund by his user name: who may say that he has seen a paper."""
    try:
        return people.actor_in_case(session, officer, Role.MAKER, case_no)
    except XuqiaoError as error:
        if error.code != "person.not_in_role":
            raise
        return people.actor_in_case(session, officer, Role.CHECKER, case_no)


def _folded(text: str) -> list[str]:
    """Lines that fit the stamp."""
    return [text[start : start + _LINE_SIGNS] for start in range(0, len(text), _LINE_SIGNS)]


def _lang(document: Document) -> Lang:
    return "en" if document.lang == "en" else "zh"
