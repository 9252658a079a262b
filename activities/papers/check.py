"""Is this file one of our papers, unchanged, signed by whom, and does it say what the case file says?"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from sqlmodel import Session

from activities.papers.against_case import against_case
from activities.papers.agreement import between
from activities.papers.findings import FileFinding, finding
from activities.papers.reading import MOST_BYTES, Facts, beginnings
from activities.papers.strict.apart import look_at
from activities.papers.strict.seen import Seen
from activities.signing.found import FoundSignature, Look
from activities.signing.judgement import Beside, faults_of, remarks_of
from models.papers import signatures
from models.papers.documents import Document
from models.papers.signatures import SignedFile, SignedHow
from rulebook.values import Value

_NUMBER = re.compile(r"(?:文书编号|Document)([A-Z][A-Z0-9-]*-\d{4}-\d{5,}-\d-[A-Z0-9]+)")
_ALIKE = 0.9
"""Of two files of one size, so much must be the same for one to be the other, changed."""


class FileForm(StrEnum):
    """In what form a paper is before us."""

    UNSIGNED = "unsigned"
    SIGNED = "signed"
    SCAN = "scan"


class RecordedSignature(Value):
    """A signature under the paper as it was put on record; ``here``: it is in this very file."""

    party: str
    name: str
    person: str
    authority: str
    how: SignedHow
    signed_at: datetime
    recorded_at: datetime
    recorded_by: str
    certificate: str | None
    demo: bool
    evidence: str | None
    here: bool


class FileReport(Value):
    """What can be said of a file.

    Attributes:
        sha256: of the file; ``size`` in bytes.
        document_no, case_no, kind, lang: of the paper that it is, or claims to be; None where it claims nothing.
        form: None where it is not one of ours.
        ours: whether it is, or claims to be, a paper on record; None where no records were at hand.
        unchanged: whether it is, byte for byte, what was put on record; None where no records were at hand.
        agrees_with_text: whether its embedded facts are those of its text; None where it has none to compare.
        agrees_with_case: whether they are those of the case; None where they could not be compared.
        signatures: the electronic signatures in the file.
        recorded: the signatures on record for the paper, in this file or another.
        faults: what is wrong, the heaviest first; remarks: what should be known besides.
    """

    sha256: str
    size: int
    document_no: str | None = None
    case_no: str | None = None
    kind: str | None = None
    lang: str | None = None
    form: FileForm | None = None
    ours: bool | None = None
    unchanged: bool | None = None
    agrees_with_text: bool | None = None
    agrees_with_case: bool | None = None
    signatures: tuple[FoundSignature, ...] = ()
    recorded: tuple[RecordedSignature, ...] = ()
    faults: tuple[FileFinding, ...] = ()
    remarks: tuple[FileFinding, ...] = ()

    @property
    def good(self) -> bool:
        """Whether nothing is wrong with it; without records, so far as the file itself shows."""
        return not self.faults and self.ours is not False


def check_file(
    content: bytes,
    session: Session | None,
    roots: Iterable[x509.Certificate] = (),
    *,
    demo_counts: bool = True,
    office_fonts: Path | None = None,
) -> FileReport:
    """Judge a file.

    It is read in a process of its own, with bounds on its time and memory, by what our papers hold and by nothing else.

    Args:
        session: of the case file; None where it is not at hand: then the file is judged by itself.
        roots: the authorities whose certificates are believed, each known by its key: a demonstration's too.
        demo_counts: whether a demonstration may sign; no longer once the operator has a certificate of its own.
        office_fonts: the folder of the office's own fonts; None where it has none.
    Returns:
        the report. No file is an error: what is wrong with it stands in the report.
    """
    return _Check(content, session, roots, demo_counts, office_fonts).report()


class _Check:
    """One file on the table."""

    def __init__(
        self,
        content: bytes,
        session: Session | None,
        roots: Iterable[x509.Certificate],
        demo_counts: bool,
        office_fonts: Path | None,
    ) -> None:
        self._content, self._session, self._roots = content, session, tuple(roots)
        self._demo_counts, self._office_fonts = demo_counts, office_fonts
        self._known = dict[str, Seen]()
        self._sha256 = hashlib.sha256(content).hexdigest()
        self._faults: list[FileFinding] = []
        self._remarks: list[FileFinding] = []
        self._read: Seen | None = None
        self._report: dict[str, object] = {}

    def report(self) -> FileReport:
        document = self._exact()
        if self._report.get("form") is not FileForm.SCAN:
            self._read_file(document)
            if self._session is None:
                self._remarks.append(finding("paper_check.no_records"))
            elif document is None:
                document = self._changed()
            self._judge_signatures(document)
            self._compare(document)
        if self._session is not None and document is not None:
            self._name(document)
            self._list_recorded(self._session, document)
        return FileReport(
            sha256=self._sha256,
            size=len(self._content),
            **self._report,
            faults=tuple(self._faults),
            remarks=tuple(self._remarks),
        )

    def _exact(self) -> Document | None:
        """The paper that the file is, byte for byte."""
        if self._session is None:
            return None
        if papers := signatures.papers_by_digest(self._session, [self._sha256]):
            self._report |= {"ours": True, "unchanged": True, "form": FileForm.UNSIGNED}
            self._keep_watch(papers[0].sha256, papers[0].pdf)
            return papers[0]
        kept = signatures.signed_file(self._session, self._sha256)
        if kept is None:
            return None
        form = FileForm.SCAN if kept.scan else FileForm.SIGNED
        self._report |= {"ours": True, "unchanged": True, "form": form}
        self._keep_watch(kept.sha256, kept.content)
        if kept.scan:
            self._remarks.append(finding("paper_check.scan_proves_nothing"))
        return signatures.paper_by_number(self._session, kept.document)

    def _keep_watch(self, digest: str, content: bytes) -> None:
        """What is stored is what was stored: whoever changed the row changed its digest as well, or is found out."""
        if hashlib.sha256(content).hexdigest() != digest:
            self._faults.append(finding("paper_check.store_damaged", digest=digest))

    def _look(self, *contents: bytes) -> list[Seen]:
        """What is seen in files, each looked at once."""
        by_digest = {hashlib.sha256(each).hexdigest(): each for each in contents}
        new = {digest: each for digest, each in by_digest.items() if digest not in self._known}
        if new:
            seen = look_at(list(new.values()), self._roots, self._office_fonts)
            self._known |= dict(zip(new, seen, strict=True))
        return [self._known[hashlib.sha256(each).hexdigest()] for each in contents]

    def _read_file(self, document: Document | None) -> None:
        if len(self._content) > MOST_BYTES:
            self._faults.append(finding("paper_check.too_big", size=len(self._content), most=MOST_BYTES))
            return
        self._read, *_ = self._look(self._content, *([document.pdf] if document else []))
        if not self._report.get("unchanged"):  # what is on record, byte for byte, was judged when it came there
            self._faults.extend(self._read.faults)
        if self._read.whole and not self._content.rstrip().endswith(b"%%EOF"):
            self._faults.append(finding("paper_check.cut_off"))
        facts = self._read.facts
        if facts is not None:
            self._report |= {
                "document_no": facts.document_no,
                "case_no": facts.case_no,
                "kind": facts.kind.value,
                "lang": facts.lang,
            }

    def _changed(self) -> Document | None:
        """The paper on record that the file comes from or claims to be; what is different is said."""
        assert self._session is not None
        document = self._alike(self._session) or self._continued(self._session) or self._claimed(self._session)
        if document is None:
            self._report |= {"ours": False, "unchanged": False}
            if self._read is None or not self._read.draft:
                self._faults.append(finding("paper_check.foreign"))
            return None
        self._report |= {"ours": True, "unchanged": False}
        if self._read is not None and self._read.pages:
            (stored,) = self._look(document.pdf)
            self._faults.extend(between(self._read, stored))
        return document

    def _continued(self, session: Session) -> Document | None:
        """A paper on record, signed or not, with something behind it that is not on record."""
        begun = beginnings(self._content)
        papers = signatures.papers_by_digest(session, list(begun))
        files = signatures.files_by_digest(session, list(begun))
        if not papers and not files:
            return None
        longest = max(begun[digest] for digest in (*(each.sha256 for each in papers), *(each.sha256 for each in files)))
        number = papers[0].number if papers else files[0].document
        self._faults.append(
            finding("paper_check.appended", document=number, count=len(self._content) - longest, ours=longest)
        )
        return signatures.paper_by_number(session, number)

    def _alike(self, session: Session) -> Document | None:
        """A paper on record of the same size, nearly all the same: bytes were changed in place."""
        for candidate in signatures.files_of_size(session, len(self._content)):
            other = candidate.content if isinstance(candidate, SignedFile) else candidate.pdf
            count, first = _different(self._content, other)
            if count <= (1 - _ALIKE) * len(other):
                number = candidate.document if isinstance(candidate, SignedFile) else candidate.number
                if count:
                    self._faults.append(finding("paper_check.bytes_differ", document=number, count=count, first=first))
                self._keep_watch(candidate.sha256, other)
                return signatures.paper_by_number(session, number)
        return None

    def _claimed(self, session: Session) -> Document | None:
        """The paper on record whose number the file bears."""
        if self._read is None:
            return None
        facts = self._read.facts
        numbers = [facts.document_no] if facts else []
        for number in dict.fromkeys([*numbers, *_NUMBER.findall(self._read.text)]):
            if document := signatures.paper_by_number(session, number):
                self._faults.append(finding("paper_check.another_file", document=number, stored=document.sha256))
                return document
        return None

    def _judge_signatures(self, document: Document | None) -> None:
        read = self._read or Seen(whole=False)
        self._report["signatures"] = read.signatures
        if read.signatures and self._report.get("ours") is not False:
            self._report.setdefault("form", FileForm.SIGNED)
        session = self._session if document is not None else None
        beside = Beside(
            facts=facts.plain if (facts := self._facts_of(document)) else {},
            recorded=signatures.signatures_of(session, document.number) if session and document else [],
            kept=self._looks_kept if session else None,
            demo_counts=self._demo_counts,
        )
        self._faults.extend(faults_of(read, beside))
        self._remarks.extend(remarks_of(read.signatures))

    def _facts_of(self, document: Document | None) -> Facts | None:
        """Those that a paper was recorded with; where there is none, those that the file brings along."""
        if document is None:
            return self._read.facts if self._read else None
        (stored,) = self._look(document.pdf)
        return stored.facts

    def _looks_kept(self, sha256: str) -> Mapping[str, Look]:
        """How signatures are shown in a file that was kept."""
        assert self._session is not None
        kept = signatures.signed_file(self._session, sha256)
        return self._look(kept.content)[0].looks if kept and not kept.scan else {}

    def _compare(self, document: Document | None) -> None:
        """Facts against text, and against the case."""
        if self._read is None:
            return
        facts = self._read.facts
        if facts is None:
            if self._read.attached:
                self._faults.append(finding("paper_check.data_unreadable"))
            elif self._read.pages and self._session is None:
                self._faults.append(finding("paper_check.no_data_alone"))
            elif document is not None:
                self._remarks.append(finding("paper_check.no_data"))
            return
        text = self._read.text_faults
        self._report["agrees_with_text"] = not text if text or not facts.earlier else None
        if facts.earlier:
            self._remarks.append(finding("paper_check.earlier_facts", names=", ".join(facts.earlier)))
        self._faults.extend(text)
        if self._session is not None and document is not None:
            case = list(against_case(self._session, document, facts))
            self._report["agrees_with_case"] = not case
            self._faults.extend(case)

    def _name(self, document: Document) -> None:
        names = {"document_no": document.number, "case_no": document.case_no, "kind": document.kind}
        self._report |= {**names, "lang": document.lang}

    def _list_recorded(self, session: Session, document: Document) -> None:
        recorded = signatures.signatures_of(session, document.number)
        here = {each.certificate for each in self._report.get("signatures", ())}  # type: ignore[attr-defined]
        self._report["recorded"] = tuple(
            RecordedSignature(
                **each.model_dump(include=set(RecordedSignature.model_fields) - {"here"}),
                here=each.sha256 == self._sha256 or each.certificate in here,
            )
            for each in recorded
        )


def _different(one: bytes, other: bytes) -> tuple[int, int]:
    """How many bytes of two files of one size differ, and the place of the first."""
    differ = (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(len(one))
    return len(one) - differ.count(0), len(differ) - len(differ.lstrip(b"\0"))
