"""Where on a paper a party's signature is shown, and the operator's seal with it."""

from collections.abc import Iterable, Mapping
from typing import Any

from gateways.esign.place import Place
from gateways.esign.seal import NATURAL_SIDE, Seal

OPERATOR = "operator"
_STAMP_HEIGHT = 52.0
_STAMP_WIDTH = 150.0
_EDGE = 4.0
_MARGIN = 40.0
_LOW = 80.0
_LEAST_SEAL = 28.0
"""Points: a seal of less than a centimetre cannot be read."""
_FOOT = 68.0
"""Points: the margin at the foot of a page; page numbers and digests in it stay free."""

Box = Mapping[str, Any]
"""A place to sign as it is kept with a paper: what ``SignatureBox`` holds."""


def place_of(boxes: Iterable[Box], party: str) -> Place | None:
    """Where a party's signature is shown; None where the paper knows no boxes.

    At the foot of its box, where a pen would have signed and dated. A box that is low, the name of an issuer with the
    date under it, is not written over: the signature stands to the left of it.
    """
    box = _box(boxes, party)
    if box is None:
        return None
    width = min(box.width, _STAMP_WIDTH) - 2 * _EDGE
    height = min(box.height, _STAMP_HEIGHT) - 2 * _EDGE
    if _beside_the_box(box):
        return Place(box.page, box.x - width - _EDGE, box.y + _EDGE, width, height)
    return Place(box.page, box.x + _EDGE, box.y + _EDGE, width, height)


def seal_on(picture: bytes, boxes: Iterable[Box], party: str, pages: int) -> Seal | None:
    """Where the picture of a seal goes; None where the paper knows no boxes.

    In its natural size, or as large as its place to sign leaves room above or beside the text. Over the name and date
    of an issuer, as seals stand on official documents. Papers of two pages or more bear it across the pages as well.

    Args:
        picture: as ``seal_picture`` makes it.
        pages: how many the paper has.
    """
    box = _box(boxes, party)
    if box is None:
        return None
    if _beside_the_box(box):
        side, middle = NATURAL_SIDE, box.x + box.width / 2
        x, y = middle - side / 2, max(_FOOT, box.y + (box.height - side) / 2)
    else:
        above = min(box.width - 2 * _EDGE, box.height - _STAMP_HEIGHT - _EDGE)
        beside = min(box.width - _STAMP_WIDTH - _EDGE, box.height - 2 * _EDGE)
        over = min(box.width, box.height) - 2 * _EDGE  # where there is no room, under the words: they stay readable
        side = min(NATURAL_SIDE, max(above, beside) if max(above, beside) >= _LEAST_SEAL else over)
        x = box.x + box.width - _EDGE - side
        y = box.y + box.height - _EDGE - side
    return Seal(picture, Place(box.page, x, y, side, side), across=pages > 1)


def area_of(boxes: Iterable[Box], party: str) -> Place | None:
    """All that a party's signature may be shown over: its box, and where we put its signature.

    None where the paper knows no boxes.
    """
    known = list(boxes)
    box, place = _box(known, party), place_of(known, party)
    return box.with_room_for(place) if box and place else None


def _box(boxes: Iterable[Box], party: str) -> Place | None:
    for box in boxes:
        if box["party"] == party:
            return Place(int(box["page"]), *(float(box[name]) for name in ("x", "y", "width", "height")))
    return None


def _beside_the_box(box: Place) -> bool:
    return box.height < _LOW and box.x > min(box.width, _STAMP_WIDTH) - 2 * _EDGE + _MARGIN
