"""What is on record for a file: the papers and signed files it is, comes from or claims to be."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from sqlmodel import Session

from activities.papers.against_case import against_case
from activities.papers.findings import FileFinding
from activities.papers.reading import Facts
from models.papers import signatures
from models.papers.documents import Document
from models.papers.signatures import Signature, SignedFile


class Kept(NamedTuple):
    """A file that was kept: the number of its paper, the digest of its row, its content, and whether it is a scan or
    signed."""

    document: str
    sha256: str
    content: bytes
    scan: bool = False
    signed: bool = True


class PaperRecords:
    """The case file, as far as files are held against it.

    Args:
        session: of the case file.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def exactly(self, sha256: str) -> Kept | None:
        """The paper or signed file that has a digest."""
        if papers := signatures.papers_by_digest(self._session, [sha256]):
            return _paper(papers[0])
        kept = signatures.signed_file(self._session, sha256)
        return _file(kept) if kept else None

    def begun_as(self, digests: Collection[str]) -> list[Kept]:
        """The papers, then the signed files, that have one of some digests; no scans."""
        papers = signatures.papers_by_digest(self._session, list(digests))
        files = signatures.files_by_digest(self._session, list(digests))
        return [*map(_paper, papers), *map(_file, files)]

    def of_size(self, size: int) -> Iterator[Kept]:
        """Papers and signed files of exactly so many bytes, a few at the most."""
        for each in signatures.files_of_size(self._session, size):
            yield _file(each) if isinstance(each, SignedFile) else _paper(each)

    def paper(self, number: str) -> Document | None:
        """A paper by the number printed on it."""
        return signatures.paper_by_number(self._session, number)

    def signatures_of(self, document: Document) -> list[Signature]:
        """All signatures under a paper, in the order they were recorded."""
        return signatures.signatures_of(self._session, document.number)

    def files(self, digests: Collection[str]) -> Mapping[str, bytes]:
        """The signed files that have one of some digests, by these; no scans."""
        return {each.sha256: each.content for each in signatures.files_by_digest(self._session, list(digests))}

    def otherwise(self, document: Document, facts: Facts) -> Iterator[FileFinding]:
        """Where the facts of a paper differ from the case file."""
        return against_case(self._session, document, facts)


def _paper(row: Document) -> Kept:
    return Kept(row.number, row.sha256, row.pdf, signed=False)


def _file(row: SignedFile) -> Kept:
    return Kept(row.document, row.sha256, row.content, scan=row.scan)
