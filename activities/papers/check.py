"""Is this file one of our papers, unchanged, signed by whom, and does it say what the case file says?"""

import hashlib
import re
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509

from activities.papers.agreement import between
from activities.papers.findings import FileFinding, finding
from activities.papers.reading import MOST_BYTES, beginnings
from activities.papers.strict.apart import look_at
from activities.papers.strict.bounds import BOUNDS
from activities.papers.strict.seen import Seen, Wanted
from activities.signing.found import FoundSignature
from activities.signing.judgement import Beside, faults_of, remarks_of
from rulebook.papers.signing import SignedHow
from rulebook.values import Value

if TYPE_CHECKING:
    from sqlmodel import Session

    from activities.papers.on_record import PaperRecords
    from models.papers.documents import Document
    from models.papers.signatures import Signature

_NUMBER = re.compile(r"(?:文书编号|Document)([A-Z][A-Z0-9-]*-\d{4}-\d{5,}-\d-[A-Z0-9]+)")
_SIGNED = b"/ByteRange"
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
    session: "Session | None",
    roots: Iterable[x509.Certificate] = (),
    *,
    demo_counts: bool = True,
    office_fonts: Path | None = None,
) -> FileReport:
    """Judge a file.

    It is read in a process of its own, with bounds on its time and memory, by what our papers hold and by nothing else,
    together with what it is held against; where that is known only then, it is read in another, within the same time.

    Args:
        session: of the case file; None where it is not at hand: then the file is judged by itself.
        roots: the authorities whose certificates are believed, each known by its key: a demonstration's too.
        demo_counts: whether a demonstration may sign; no longer once the operator has a certificate of its own.
        office_fonts: the folder of the office's own fonts; None where it has none.
    Returns:
        the report. No file is an error: what is wrong with it stands in the report.
    """
    records = None
    if session is not None:
        from activities.papers.on_record import PaperRecords  # whoever has no records does not load the tables either

        records = PaperRecords(session)
    return _Check(content, records, roots, demo_counts, office_fonts).report()


class _Check:
    """One file on the table."""

    def __init__(
        self,
        content: bytes,
        records: "PaperRecords | None",
        roots: Iterable[x509.Certificate],
        demo_counts: bool,
        office_fonts: Path | None,
    ) -> None:
        self._content, self._records, self._roots = content, records, tuple(roots)
        self._demo_counts, self._office_fonts = demo_counts, office_fonts
        self._known = dict[tuple[str, Wanted], Seen]()
        self._until = time.monotonic() + BOUNDS["seconds"]
        self._sha256 = hashlib.sha256(content).hexdigest()
        self._faults: list[FileFinding] = []
        self._remarks: list[FileFinding] = []
        self._read: Seen | None = None
        self._recorded: list[Signature] = []
        self._kept: Mapping[str, bytes] = {}
        self._report: dict[str, object] = {}

    def report(self) -> FileReport:
        document = self._exact()
        self._find_kept(document)
        if self._report.get("form") is not FileForm.SCAN:
            self._read_file(document)
            if self._records is None:
                self._remarks.append(finding("paper_check.no_records"))
            elif document is None:
                document = self._changed()
                self._find_kept(document)
            self._judge_signatures(document)
            self._compare(document)
        if document is not None:
            self._name(document)
            self._list()
        return FileReport(
            sha256=self._sha256,
            size=len(self._content),
            **self._report,
            faults=tuple(self._faults),
            remarks=tuple(self._remarks),
        )

    def _exact(self) -> "Document | None":
        """The paper that the file is, byte for byte."""
        kept = self._records.exactly(self._sha256) if self._records else None
        if self._records is None or kept is None:
            return None
        form = FileForm.SCAN if kept.scan else FileForm.SIGNED if kept.signed else FileForm.UNSIGNED
        self._report |= {"ours": True, "unchanged": True, "form": form}
        self._keep_watch(kept.sha256, kept.content)
        if kept.scan:
            self._remarks.append(finding("paper_check.scan_proves_nothing"))
        return self._records.paper(kept.document)

    def _find_kept(self, document: "Document | None") -> None:
        """The signatures on record for a paper, and the files that were kept with them."""
        if self._records is not None and document is not None:
            self._recorded = self._records.signatures_of(document)
            self._kept = self._records.files({each.sha256 for each in self._recorded})

    def _beside(self, document: "Document | None") -> list[tuple[bytes, Wanted]]:
        """What a file is held against: the paper as it was drawn, and how signatures were shown when they were made."""
        if document is None:
            return []
        kept = self._kept.values() if _SIGNED in self._content else ()
        return [(document.pdf, Wanted.FACTS), *((content, Wanted.LOOKS) for content in kept)]

    def _keep_watch(self, digest: str, content: bytes) -> None:
        """What is stored is what was stored: whoever changed the row changed its digest as well, or is found out."""
        if hashlib.sha256(content).hexdigest() != digest:
            self._faults.append(finding("paper_check.store_damaged", digest=digest))

    def _look(self, *asked: tuple[bytes, Wanted]) -> list[Seen]:
        """What is wanted of files, each looked at once; all together in the time that there is for one check."""
        digests = [hashlib.sha256(content).hexdigest() for content, _ in asked]
        whole = {digest for digest, (_, wanted) in zip(digests, asked, strict=True) if wanted is Wanted.ALL}
        whole |= {digest for digest, wanted in self._known if wanted is Wanted.ALL}
        keys = [
            (digest, Wanted.ALL if digest in whole else wanted)
            for digest, (_, wanted) in zip(digests, asked, strict=True)
        ]
        new = {key: content for key, (content, _) in zip(keys, asked, strict=True) if key not in self._known}
        if new:
            left = max(0.0, self._until - time.monotonic())
            unseen = [(content, wanted) for (_, wanted), content in new.items()]
            seen = look_at(unseen, self._roots, self._office_fonts, seconds=left)
            self._known |= dict(zip(new, seen, strict=True))
        return [self._known[key] for key in keys]

    def _read_file(self, document: "Document | None") -> None:
        if len(self._content) > MOST_BYTES:
            self._faults.append(finding("paper_check.too_big", size=len(self._content), most=MOST_BYTES))
            return
        self._read, *_ = self._look((self._content, Wanted.ALL), *self._beside(document))
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

    def _changed(self) -> "Document | None":
        """The paper on record that the file comes from or claims to be; what is different is said."""
        assert self._records is not None
        document = self._alike(self._records) or self._continued(self._records) or self._claimed(self._records)
        if document is None:
            self._report |= {"ours": False, "unchanged": False}
            if self._read is None or not self._read.draft:
                self._faults.append(finding("paper_check.foreign"))
            return None
        self._report |= {"ours": True, "unchanged": False}
        if self._read is not None and self._read.pages:
            (stored,) = self._look((document.pdf, Wanted.TEXT))
            self._faults.extend(between(self._read, stored))
        return document

    def _continued(self, records: "PaperRecords") -> "Document | None":
        """A paper on record, signed or not, with something behind it that is not on record."""
        begun = beginnings(self._content)
        kept = records.begun_as(begun)
        if not kept:
            return None
        number, longest = kept[0].document, max(begun[each.sha256] for each in kept)
        self._faults.append(
            finding("paper_check.appended", document=number, count=len(self._content) - longest, ours=longest)
        )
        return records.paper(number)

    def _alike(self, records: "PaperRecords") -> "Document | None":
        """A paper on record of the same size, nearly all the same: bytes were changed in place."""
        for kept in records.of_size(len(self._content)):
            count, first = _different(self._content, kept.content)
            if count <= (1 - _ALIKE) * len(kept.content):
                if count:
                    told = {"document": kept.document, "count": count, "first": first}
                    self._faults.append(finding("paper_check.bytes_differ", **told))
                self._keep_watch(kept.sha256, kept.content)
                return records.paper(kept.document)
        return None

    def _claimed(self, records: "PaperRecords") -> "Document | None":
        """The paper on record whose number the file bears."""
        if self._read is None:
            return None
        facts = self._read.facts
        numbers = [facts.document_no] if facts else []
        for number in dict.fromkeys([*numbers, *_NUMBER.findall(self._read.text)]):
            if document := records.paper(number):
                self._faults.append(finding("paper_check.another_file", document=number, stored=document.sha256))
                return document
        return None

    def _judge_signatures(self, document: "Document | None") -> None:
        read = self._read or Seen(whole=False)
        self._report["signatures"] = read.signatures
        if read.signatures and self._report.get("ours") is not False:
            self._report.setdefault("form", FileForm.SIGNED)
        facts, kept = read.facts, None
        if self._records is not None and document is not None:
            # A paper's facts are those that it was recorded with; those that a file brings along count where it is on
            # no record.
            stored, *shown = self._look(*self._beside(document))
            facts = stored.facts
            kept = {sha256: each.looks for sha256, each in zip(self._kept, shown, strict=False)}
        beside = Beside(facts.plain if facts else {}, self._recorded, kept, self._demo_counts)
        self._faults.extend(faults_of(read, beside))
        self._remarks.extend(remarks_of(read.signatures))

    def _compare(self, document: "Document | None") -> None:
        """Facts against text, and against the case."""
        if self._read is None:
            return
        facts = self._read.facts
        if facts is None:
            if self._read.attached:
                self._faults.append(finding("paper_check.data_unreadable"))
            elif self._read.pages and self._records is None:
                self._faults.append(finding("paper_check.no_data_alone"))
            elif document is not None:
                self._remarks.append(finding("paper_check.no_data"))
            return
        text = self._read.text_faults
        self._report["agrees_with_text"] = not text if text or not facts.earlier else None
        if facts.earlier:
            self._remarks.append(finding("paper_check.earlier_facts", names=", ".join(facts.earlier)))
        self._faults.extend(text)
        if self._records is not None and document is not None:
            case = list(self._records.otherwise(document, facts))
            self._report["agrees_with_case"] = not case
            self._faults.extend(case)

    def _name(self, document: "Document") -> None:
        names = {"document_no": document.number, "case_no": document.case_no, "kind": document.kind}
        self._report |= {**names, "lang": document.lang}

    def _list(self) -> None:
        here = {each.certificate for each in self._report.get("signatures", ())}  # type: ignore[attr-defined]
        self._report["recorded"] = tuple(
            RecordedSignature(
                **each.model_dump(include=set(RecordedSignature.model_fields) - {"here"}),
                here=each.sha256 == self._sha256 or each.certificate in here,
            )
            for each in self._recorded
        )


def _different(one: bytes, other: bytes) -> tuple[int, int]:
    """How many bytes of two files of one size differ, and the place of the first."""
    differ = (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(len(one))
    return len(one) - differ.count(0), len(differ) - len(differ.lstrip(b"\0"))
