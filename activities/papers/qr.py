"""The QR on the first page of a paper: where it can be checked, its number, and the digest of its facts."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from urllib.parse import quote

import segno

from rulebook.errors import XuqiaoError

_MASK = 2
_POINTS_PER_MM = 72 / 25.4
_EDGE, _WIDTH = 5 * _POINTS_PER_MM, 17 * _POINTS_PER_MM
_QUIET = 2


def qr_content(check_url: str | None, document_no: str, data_digest: str) -> str:
    """What the QR says.

    Args:
        check_url: address of the page on which anybody can check a paper; None where there is none.

    >>> qr_content("https://zhuandai.example.cn/check", "DH-1-XY", "ab" * 2)
    'https://zhuandai.example.cn/check?no=DH-1-XY&d=abab'
    >>> qr_content(None, "DH-1-XY", "ab" * 2)
    'XUQIAO:DH-1-XY:abab'
    """
    if check_url is None:
        return f"XUQIAO:{document_no}:{data_digest}"
    return f"{check_url}?no={quote(document_no, safe='')}&d={data_digest}"


def qr_drawing(content: str) -> bytes:
    """The QR in PDF's own strokes, for a page whose origin is its upper right corner and whose y runs down, in points.

    It stands 5 mm from both edges, so that a printer reaches it, 17 mm wide with its quiet zone of two modules. By way
    of HTML it would take a tenth of the time of a paper.

    Raises:
        XuqiaoError: ``papers.qr_too_long`` where no QR can hold it.
    """
    try:
        # Correction is raised as far as the size allows: large modules read better than much correction of small ones.
        # One mask is as readable as another here; to rate all eight would take a tenth of the time of a paper.
        matrix = segno.make_qr(content, error="l", mask=_MASK).matrix
    except segno.DataOverflowError:
        raise XuqiaoError("papers.qr_too_long", length=len(content)) from None
    module = _WIDTH / (len(matrix) + 2 * _QUIET)
    left, top = -_EDGE - _WIDTH + _QUIET * module, _EDGE + _QUIET * module
    runs = (
        b"%.3f %.3f %.3f %.3f re" % (left + start * module, top + row * module, length * module, module)
        for row, modules in enumerate(matrix)
        for start, length in _dark_runs(modules)
    )
    return b"0 g\n" + b"\n".join(runs) + b"\nf"


def _dark_runs(modules: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Where dark modules begin in a row, and how many follow each other."""
    start = 0
    for dark, run in groupby(modules):
        length = len(list(run))
        if dark:
            yield start, length
        start += length
