"""Papers that others made, put on record for a case: the archive's index lists them beside those of this house."""

import hashlib
from datetime import date, datetime

from activities.papers.reading import ReadPaper
from activities.papers.scans import PDF, media_type_of
from activities.signing.in_house import officer_of
from activities.store import Begin
from models.cases.case_file import the_case
from models.papers.brought import BroughtPaper, keep_brought
from rulebook.calendar import LAW_ZONE
from rulebook.errors import XuqiaoError
from rulebook.values import Value


class Described(Value):
    """What an officer says of a paper that he has seen.

    Attributes:
        name: such as 营业执照.
        dated_on: the date it bears, if it bears one.
        pages: of the paper; None counts those of a PDF, and takes a picture for one.
        original: the paper itself is kept; else a copy.
        kept_for: how long it is kept (保管期限), if that is said.
    """

    name: str
    dated_on: date | None = None
    pages: int | None = None
    original: bool = False
    kept_for: str | None = None


def bring_in(begin: Begin, case_no: str, officer: str, content: bytes, said: Described, at: datetime) -> BroughtPaper:
    """Keep a paper that others made; the same file again changes nothing.

    Args:
        officer: who has seen it, by his user name; a maker or a checker.
        content: of the scan; its type is told from the bytes, whatever the file was called.
        at: the moment of recording.
    Raises:
        XuqiaoError: ``case.unknown``, ``person.unknown``, ``person.not_in_role``, ``signing.scan_too_big``,
            ``signing.scan_type``, ``brought.in_the_future``, ``brought.known_already`` for a file that is on record.
    """
    if said.dated_on is not None and said.dated_on > at.astimezone(LAW_ZONE).date():
        raise XuqiaoError("brought.in_the_future", day=said.dated_on)
    media_type = media_type_of(content)
    pages = said.pages or (ReadPaper(content).count if media_type == PDF else 1)
    with begin() as session:
        the_case(session, case_no)
        paper = BroughtPaper(
            case_no=case_no,
            name=said.name.strip(),
            dated_on=said.dated_on,
            pages=pages,
            original=said.original,
            kept_for=said.kept_for,
            sha256=hashlib.sha256(content).hexdigest(),
            media_type=media_type,
            content=content,
            recorded_by=officer_of(session, officer, case_no).id,
            recorded_at=at,
        )
        if not keep_brought(session, paper):
            raise XuqiaoError("brought.known_already", case=case_no, digest=paper.sha256)
        return paper
