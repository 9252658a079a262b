"""The picture of a seal on a paper: in the place to sign, and across the edges of its pages (骑缝章)."""

import io
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)
from pyhanko.pdf_utils.images import pil_image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from gateways.esign.place import Place

NATURAL_SIDE = 113.4
"""Points: 40 mm, about what seals of firms and offices measure across."""
ACROSS = "seal-across-"
"""How the name of a slice begins; its page follows."""
_MOST_ABREAST = 8
"""Pages that one seal is cut over; a slice must be wide enough to be told from its neighbours."""
_FIXED = 4 | 64 | 128
"""Printed, read-only, locked (ISO 32000-1, table 165); PDF/A wants the first."""


@dataclass(frozen=True)
class Seal:
    """A seal and where it goes.

    Attributes:
        picture: a square PNG with transparency.
        place: where a party signs.
        across: whether a slice of it goes to the right edge of every page as well.
    """

    picture: bytes
    place: Place
    across: bool


def seal_image(writer: IncrementalPdfFileWriter, seal: Seal) -> IndirectObject:
    """Put the picture into a PDF, once for all its places."""
    with Image.open(io.BytesIO(seal.picture)) as image:
        found = pil_image(image.convert("RGBA"), writer)
    assert isinstance(found, IndirectObject)
    return found


def put_across(writer: IncrementalPdfFileWriter, image: IndirectObject) -> None:
    """Lay a slice of the seal at the right edge of every page; side by side, the pages of a group show it whole.

    As stamp annotations: signatures that were there before cover the pages, and hold.
    """
    for group in _groups(int(writer.root["/Pages"]["/Count"])):
        width = NATURAL_SIDE / len(group)
        for number, page in enumerate(group):
            look = _form(writer, image, width, NATURAL_SIDE, -number * width)
            _, bottom, right, top = _page_box(writer, page)
            low = (bottom + top - NATURAL_SIDE) / 2
            corners = (right - width, low, right, low + NATURAL_SIDE)
            _annotate(writer, page, corners, look, f"{ACROSS}{page + 1}", f"骑缝章 {number + 1}/{len(group)}")


def shown_on_a_draft(pdf: bytes, seal: Seal) -> bytes:
    """A draft with the seal where it would be once the paper is signed; nothing vouches for it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    image, place = seal_image(writer, seal), seal.place
    corners = (place.x, place.y, place.x + place.width, place.y + place.height)
    look = _form(writer, image, place.width, place.height, 0, place.width)
    _annotate(writer, place.page - 1, corners, look, "seal-preview", "印章预览")
    if seal.across:
        put_across(writer, image)
    made = io.BytesIO()
    writer.write(made)  # type: ignore[no-untyped-call]
    return made.getvalue()


def _groups(pages: int) -> list[range]:
    """Pages from 0 in groups of about the same number, each with a whole seal."""
    count = -(-pages // _MOST_ABREAST)
    ends = [pages * group // count for group in range(count + 1)]
    return [range(first, end) for first, end in pairwise(ends)]


def _form(
    writer: IncrementalPdfFileWriter,
    image: IndirectObject,
    width: float,
    height: float,
    shift: float,
    side: float = NATURAL_SIDE,
) -> IndirectObject:
    """A window of some width on the picture, which is drawn ``side`` wide and moved by ``shift``."""
    entries = _entries(
        Type=NameObject("/XObject"),
        Subtype=NameObject("/Form"),
        BBox=_numbers(0, 0, width, height),
        Resources=_entries(XObject=_entries(Seal=image)),
    )
    drawn = b"q %.3f 0 0 %.3f %.3f 0 cm /Seal Do Q" % (side, height, shift)
    added = writer.add_object(StreamObject(entries, stream_data=drawn))
    assert isinstance(added, IndirectObject)
    return added


def _annotate(
    writer: IncrementalPdfFileWriter,
    page: int,
    corners: tuple[float, float, float, float],
    look: IndirectObject,
    name: str,
    spoken: str,
) -> None:
    of_page, _ = writer.find_page_for_modification(page)  # type: ignore[no-untyped-call]
    annotation = _entries(
        Type=NameObject("/Annot"),
        Subtype=NameObject("/Stamp"),
        Rect=_numbers(*corners),
        F=NumberObject(_FIXED),  # type: ignore[no-untyped-call]
        NM=TextStringObject(name),
        Contents=TextStringObject(spoken),
        P=of_page,
        AP=_entries(N=look),
    )
    writer.register_annotation(of_page, writer.add_object(annotation))  # type: ignore[no-untyped-call]


def _entries(**values: PdfObject) -> DictionaryObject:
    return DictionaryObject({NameObject(f"/{name}"): value for name, value in values.items()})  # type: ignore[no-untyped-call]


def _numbers(*values: float) -> ArrayObject:
    return ArrayObject([FloatObject(round(each, 3)) for each in values])  # type: ignore[no-untyped-call]


def _page_box(writer: IncrementalPdfFileWriter, page: int) -> tuple[float, float, float, float]:
    of_page, _ = writer.find_page_for_modification(page)  # type: ignore[no-untyped-call]
    left, bottom, right, top = (float(each) for each in of_page.get_object()["/MediaBox"])
    return left, bottom, right, top
