"""The QR on the first page of a paper: where it can be checked, its number, and the digest of its facts."""

import io
from urllib.parse import quote

import segno
from markupsafe import Markup

from rulebook.errors import XuqiaoError

_MASK = 2


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


def qr_svg(content: str, title: str) -> Markup:
    """The QR as an inline picture that fills the width it is given; one unit is one module, the quiet zone is 2.

    Raises:
        XuqiaoError: ``papers.qr_too_long`` where no QR can hold it.
    """
    try:
        # Correction is raised as far as the size allows: large modules read better than much correction of small ones.
        # One mask is as readable as another here; to rate all eight would take a tenth of the time of a paper.
        code = segno.make_qr(content, error="l", mask=_MASK)
    except segno.DataOverflowError:
        raise XuqiaoError("papers.qr_too_long", length=len(content)) from None
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", xmldecl=False, nl=False, border=2, omitsize=True, title=title, svgclass=None)
    return Markup(drawn.getvalue().decode())  # drawn by segno, which escapes the title
