"""Where the parties sign: the boxes of a laid-out paper in the coordinates of its PDF."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

_MARK = "sign-"
_POINTS_PER_PIXEL = 0.75


class SignatureBox(NamedTuple):
    """A place to sign and seal.

    Attributes:
        party: who signs there: ``operator``, ``borrower``, ``bank``, ``guarantor_1`` and so on.
        page: from 1.
        x, y: its lower left corner, in points from the lower left corner of the page.
        width, height: in points.
    """

    party: str
    page: int
    x: float
    y: float
    width: float
    height: float


def signature_boxes(pages: Iterable[Any]) -> tuple[SignatureBox, ...]:
    """The places to sign of WeasyPrint's pages, in reading order: every element whose id begins with ``sign-``."""
    return tuple(found for number, page in enumerate(pages, start=1) for found in _on_page(page, number))


def _on_page(page: Any, number: int) -> Iterator[SignatureBox]:
    for party, box in _marked(page._page_box):
        left, top, width, height = (
            length * _POINTS_PER_PIXEL
            for length in (box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height())
        )
        bottom = page.height * _POINTS_PER_PIXEL - top - height
        yield SignatureBox(party, number, *(round(length, 2) for length in (left, bottom, width, height)))


def _marked(box: Any) -> Iterator[tuple[str, Any]]:
    """The outermost box of each marked element; what lies inside belongs to the same element."""
    name = box.element.get("id", "") if box.element is not None else ""
    if name.startswith(_MARK):
        yield name.removeprefix(_MARK), box
        return
    for child in getattr(box, "children", ()):
        yield from _marked(child)
