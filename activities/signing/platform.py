"""Papers signed on an outside platform: handed over, asked about, and taken back only when they are ours."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from activities.papers.reading import ReadPaper
from activities.papers.scans import PDF
from activities.signing.additions import only_signed_behind
from activities.signing.certificate_names import fits, names_of_party
from activities.signing.check import find_signatures
from activities.signing.found import FoundSignature
from activities.signing.in_house import Begin, check_free, file_of, party_name
from activities.signing.looks import laid_over, looks_of
from activities.signing.places import area_of, place_of
from gateways.esign import ESignPlatform, Evidence, FlowState, SignerTask, SigningRequest
from models.funds import people
from models.papers import signatures
from models.papers.documents import Document
from models.papers.signatures import FlowEnd, Signature, SigningFlow
from rulebook.papers.signing import SignedHow
from rulebook.stages import Role
from rulebook.values import Value


class Asked(Value):
    """Who is asked to sign for a party. ``authority``: his post, or the number of his authorisation."""

    party: str
    person: str
    authority: str


class PlatformSigning:
    """Signings on one platform.

    A call of the platform is only a reason to look: what counts is what it says when it is asked, and what it hands
    back is judged here. So calls may come late, twice, a hundred times at once, or never.

    Args:
        begin: opens a session of the desk that commits at the end of its block.
    """

    def __init__(self, begin: Begin, platform: ESignPlatform) -> None:
        self._begin, self._platform = begin, platform

    def start(self, case_no: str, which: str, asked: Sequence[Asked], officer: str, at: datetime) -> str:
        """Hand a paper over and have the platform ask its signers.

        Args:
            which: the paper's number, or its kind for the latest of that kind.
            officer: who hands it over, by his user name; a maker.
        Returns:
            the platform's name of the signing; the same when this was done before and is under way.
        Raises:
            XuqiaoError: ``paper.unknown``, ``person.unknown``, ``person.not_in_role``, ``signing.no_place``,
                ``signing.signed_already``; ``signing.flow_open`` when the paper is out for other signers.
            PlatformAway: try again.
        """
        with self._begin() as session:
            document = signatures.paper_of_case(session, case_no, which)
            person = people.actor_in_case(session, officer, Role.MAKER, case_no)
            running = signatures.open_flow(session, document.number)
            tasks = tuple(_task(document, each) for each in asked)
            if running is not None and running.signers == [task.model_dump(mode="json") for task in tasks]:
                flow = running.flow
            else:
                flow = ""
                for task in tasks:
                    check_free(session, document, task.party)
            content = signatures.newest_file(session, document)
            request = _request(session, document, content, tasks)
        if not flow:
            flow = self._platform.prepare(request, content)
            with self._begin() as session:
                signatures.lock_paper(session, document.number)
                for task in tasks:
                    check_free(session, document, task.party)
                signatures.begin_flow(session, self._flow(flow, request, person.id, at))
        self._platform.start(flow)
        return flow

    def on_callback(self, body: bytes, headers: Mapping[str, str], at: datetime) -> FlowEnd:
        """Take a call of the platform: look what became of its signing.

        Raises:
            XuqiaoError: ``signing.callback_forged``, ``signing.flow_unknown``.
            PlatformAway: nothing was changed; the platform will call again, or somebody will settle.
        """
        return self.settle(self._platform.on_callback(body, headers).flow, at)

    def settle(self, flow: str, at: datetime) -> FlowEnd:
        """Look what became of a signing, and put it on record; again and again changes nothing.

        Raises:
            XuqiaoError: ``signing.flow_unknown``.
            PlatformAway: nothing was changed.
        """
        with self._begin() as session:
            known = signatures.the_flow(session, flow)
        if known.state != FlowEnd.STARTED:
            return FlowEnd(known.state)
        report = self._platform.look(flow)
        if report.state is FlowState.COMPLETED:
            return self._take(known, self._platform.fetch_signed(flow), self._platform.fetch_evidence(flow), at)
        if report.state.final:
            return self._end(flow, FlowEnd(report.state.value), report.reason)
        return FlowEnd.STARTED

    def cancel(self, flow: str, reason: str, at: datetime) -> FlowEnd:
        """Call a signing off; one that was completed before stays completed.

        Raises:
            XuqiaoError: ``signing.flow_unknown``.
            PlatformAway: nothing was changed.
        """
        with self._begin() as session:
            known = signatures.the_flow(session, flow)
        if known.state == FlowEnd.STARTED and self._platform.cancel(flow, reason) is FlowState.CANCELLED:
            return self._end(flow, FlowEnd.CANCELLED, reason)
        return self.settle(flow, at)

    def _take(self, flow: SigningFlow, content: bytes, evidence: Evidence, at: datetime) -> FlowEnd:
        """Put what came back on record, if it is what was handed over with the signatures that were asked for."""
        with self._begin() as session:
            signatures.lock_paper(session, flow.document)
            document = signatures.paper_by_number(session, flow.document)
            assert document is not None, "a signing has its paper"
            if signatures.the_flow(session, flow.flow).state != FlowEnd.STARTED:
                pass  # another call of the platform was faster
            elif wrong := _wrong(flow, document, signatures.newest_file(session, document), content, evidence):
                signatures.end_flow(session, flow.flow, FlowEnd.REJECTED, wrong.value)
            else:
                self._record(session, flow, document, content, evidence, at)
                signatures.end_flow(session, flow.flow, FlowEnd.COMPLETED)
        return self._ended(flow.flow)

    def _record(
        self, session: Session, flow: SigningFlow, document: Document, content: bytes, evidence: Evidence, at: datetime
    ) -> None:
        demo = {each.certificate for each in find_signatures(content) if each.demo}
        file = file_of(document, content, PDF, at)
        signatures.keep_file(session, file)
        for each in evidence.signatures:
            signature = Signature(
                document=document.number,
                party=each.party,
                name=party_name(document, each.party),
                person=each.person,
                authority=each.authority,
                how=SignedHow.PLATFORM,
                signed_at=min(each.signed_at, at),  # a platform's clock may be before ours
                recorded_at=at,
                recorded_by=flow.started_by,
                sha256=file.sha256,
                certificate=each.certificate,
                demo=each.certificate in demo,
                flow=flow.flow,
                evidence=evidence.number,
            )
            signatures.record(session, signature)

    def _end(self, flow: str, state: FlowEnd, reason: str) -> FlowEnd:
        with self._begin() as session:
            signatures.end_flow(session, flow, state, reason)
        return self._ended(flow)

    def _ended(self, flow: str) -> FlowEnd:
        with self._begin() as session:
            return FlowEnd(signatures.the_flow(session, flow).state)

    def _flow(self, flow: str, request: SigningRequest, officer: str, at: datetime) -> SigningFlow:
        return SigningFlow(
            flow=flow,
            platform=self._platform.name,
            document=request.document_no,
            file_sha256=request.sha256,
            signers=[task.model_dump(mode="json") for task in request.signers],
            started_by=officer,
            started_at=at,
            state=FlowEnd.STARTED,
        )


def _task(document: Document, asked: Asked) -> SignerTask:
    name, place = party_name(document, asked.party), place_of(document.boxes, asked.party)
    where = {} if place is None else {each: getattr(place, each) for each in ("page", "x", "y", "width", "height")}
    return SignerTask(party=asked.party, name=name, person=asked.person, authority=asked.authority, **where)


def _request(session: Session, document: Document, content: bytes, tasks: tuple[SignerTask, ...]) -> SigningRequest:
    """The key counts the signings that are over: after a refusal the same paper can be handed over anew."""
    digest = hashlib.sha256(content).hexdigest()
    over = sum(flow.state != FlowEnd.STARTED for flow in signatures.flows_of(session, document.number))
    key = f"{document.number}/{digest[:16]}/{over + 1}"
    return SigningRequest(key=key, document_no=document.number, title=document.kind, sha256=digest, signers=tasks)


class NotTaken(StrEnum):
    """Why a file that a platform gave back is not taken."""

    ANOTHER_FILE = "another_file"
    ANOTHER_DIGEST = "another_digest"
    OTHER_SIGNERS = "other_signers"
    BROKEN_SIGNATURE = "broken_signature"
    CHANGED_BEFORE_SIGNING = "changed_before_signing"
    OTHER_CERTIFICATES = "other_certificates"
    ANOTHER_HOLDER = "another_holder"
    OUTSIDE_ITS_PLACE = "outside_its_place"


def _wrong(flow: SigningFlow, document: Document, ours: bytes, content: bytes, evidence: Evidence) -> NotTaken | None:
    """Why what came back is not taken; None when it is."""
    if hashlib.sha256(ours).hexdigest() != flow.file_sha256 or not content.startswith(ours):
        return NotTaken.ANOTHER_FILE
    if (evidence.original_sha256, evidence.signed_sha256) != (flow.file_sha256, hashlib.sha256(content).hexdigest()):
        return NotTaken.ANOTHER_DIGEST
    attested = sorted((each.party, each.person, each.authority) for each in evidence.signatures)
    if attested != sorted((each["party"], each["person"], each["authority"]) for each in flow.signers):
        return NotTaken.OTHER_SIGNERS
    found = find_signatures(content)
    made = {(each.party, each.certificate) for each in found}
    if not all(each.good for each in found) or not found or not found[-1].whole:
        return NotTaken.BROKEN_SIGNATURE
    if not only_signed_behind(content, ours):
        return NotTaken.CHANGED_BEFORE_SIGNING
    if not all((each.party, each.certificate) in made for each in evidence.signatures):
        return NotTaken.OTHER_CERTIFICATES
    asked = {(each.party, each.certificate): each.person for each in evidence.signatures}
    before = {each.field for each in find_signatures(ours)}
    new = [each for each in found if each.field not in before]
    if not all((each.party, each.certificate) in asked for each in new):
        return NotTaken.OTHER_SIGNERS
    facts = ReadPaper(document.pdf).facts
    plain = facts.plain if facts else {}
    if not all(fits(e.named, [*names_of_party(plain, e.party), asked[e.party, e.certificate]]) for e in new):
        return NotTaken.ANOTHER_HOLDER
    return None if _in_their_places(document, new, content) else NotTaken.OUTSIDE_ITS_PLACE


def _in_their_places(document: Document, new: Sequence[FoundSignature], content: bytes) -> bool:
    """Whether the new signatures are shown nowhere but where their parties sign, and nothing else is: what is laid over
    a page could cover an amount. On a paper without places to sign nothing is shown.

    What a platform draws there is its own affair; the file that is kept says ever after what it was.
    """
    if laid_over(content):
        return False
    looks = looks_of(content)
    for each in new:
        area = area_of(document.boxes, each.party)
        if each.field not in looks or not all(area and area.holds(place) for place in looks[each.field].places):
            return False
    return True
