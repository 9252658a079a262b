"""An invented seal and stamp, and how much red a paper shows: pages looked at as pictures."""

import io
from collections.abc import Iterator

import pypdfium2  # type: ignore[import-untyped]  # it has no types
from PIL import Image, ImageChops, ImageDraw

from activities.papers.press.fonts import FontCase, OfficeFonts
from activities.papers.press.office import bundled_dir
from gateways.esign import Stamp

_RED = (204, 16, 16)


def a_seal(size: int = 500, ground: str = "white") -> bytes:
    """A ring with a bar in it, as PNG.

    Args:
        size: pixels across.
        ground: of the picture; ``clear`` for none.
    """
    clear = ground == "clear"
    image = Image.new("RGBA" if clear else "RGB", (size, size), (0, 0, 0, 0) if clear else ground)
    draw, line = ImageDraw.Draw(image), max(1, size // 20)
    draw.ellipse((0, 0, size - 1, size - 1), outline=_RED, width=line)
    draw.rectangle((size * 0.3, size * 0.45, size * 0.7, size * 0.55), fill=_RED)
    made = io.BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


def pictures(pdf: bytes, dots_per_inch: int = 72) -> Iterator[Image.Image]:
    """The pages as a reader shows them, with signatures and stamps."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        document.init_forms()
        for page in document:
            yield page.render(scale=dots_per_inch / 72, may_draw_forms=True).to_pil().convert("RGB")
    finally:
        document.close()


def red_spots(pdf: bytes) -> list[int]:
    """How many points of each page are as red as a seal."""
    return [spots_in(picture) for picture in pictures(pdf)]


def spots_in(picture: Image.Image) -> int:
    """How many points of a picture are as red as a seal."""
    red, green, blue = picture.split()
    strong, weak = [255 * (level > 180) for level in range(256)], [255 * (level < 110) for level in range(256)]
    found = ImageChops.multiply(red.point(strong), ImageChops.multiply(green.point(weak), blue.point(weak)))
    return found.histogram()[255]


def a_stamp(*lines: str) -> Stamp:
    """Words for a place to sign, in the font of our papers."""
    fonts = FontCase(bundled_dir() / "fonts", OfficeFonts())
    return Stamp(lines, fonts.cut("".join(lines)))
