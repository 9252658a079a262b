"""Scans of papers: what counts as one, told from its bytes and never from its name."""

import io
import warnings

from PIL import Image

from activities.papers.reading import ReadPaper
from rulebook.errors import XuqiaoError

PDF = "application/pdf"
MOST_SCAN_BYTES = 20_000_000
_MOST_PIXELS = 120_000_000
_IMAGES = {"PNG": "image/png", "JPEG": "image/jpeg"}
_ENDS = {"PNG": b"IEND\xaeB`\x82", "JPEG": b"\xff\xd9"}
"""How a whole picture ends; the library fills up a cut one in silence where another part of the program lets it."""
_LAST_BYTES = 1024


def media_type_of(content: bytes) -> str:
    """What a scan is: a PDF with pages that can be read, or a picture that can be drawn to its last line.

    Raises:
        XuqiaoError: ``signing.scan_too_big``; ``signing.scan_type`` for anything but a readable PDF, PNG or JPEG.
    """
    if len(content) > MOST_SCAN_BYTES:
        raise XuqiaoError("signing.scan_too_big", size=len(content), most=MOST_SCAN_BYTES)
    if content.startswith(b"%PDF-"):
        try:
            if ReadPaper(content).count:
                return PDF
        except XuqiaoError:
            pass
        raise XuqiaoError("signing.scan_type")
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(content), formats=list(_IMAGES)) as image:
            warnings.simplefilter("error")  # a picture that would fill the memory is only warned of
            width, height = image.size
            whole = _ENDS[str(image.format)] in content[-_LAST_BYTES:]
            if whole and width * height <= _MOST_PIXELS:
                kind = _IMAGES[str(image.format)]
                image.draft("L", (width // 8, height // 8))  # a JPEG is read to its end without all its pixels
                image.load()
                return kind
    except Exception:  # a damaged picture makes the library fail in any way
        pass
    raise XuqiaoError("signing.scan_type")
