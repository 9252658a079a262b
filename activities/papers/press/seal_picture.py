"""The picture of an office's seal, made ready to be laid over a paper like ink."""

import io
import warnings

_MOST_BYTES = 5_000_000
_MOST_PIXELS = 25_000_000
_FEWEST_ACROSS = 100
_MOST_ACROSS = 480
"""Pixels: 40 mm at 300 dots per inch are 472."""
_PAPER = 225
"""As light as this and lighter, in all colours, is paper and no ink."""
_STRONG = 200
"""Of 255: so much ink shows its own colour."""
_MOST_INK = 0.9
"""Of the square that the seal fills; a picture of more has a dark ground, and would be a dark square on every paper."""
_MARKS = 5
_GREY = (70, 70, 70, 255)


def seal_picture(content: bytes) -> bytes:
    """A seal as a square PNG in which everything but its ink lets the paper through.

    On a clear ground or on white, drawn or scanned: a seal is ink of one colour, here more of it and there less.

    Args:
        content: of a PNG file.
    Raises:
        ValueError: it is no PNG, damaged, empty, too small to be printed, too big, on a dark ground, or in sixteen bits
            of grey.
    """
    from PIL import Image, ImageChops, ImageOps, ImageStat

    if len(content) > _MOST_BYTES:
        raise ValueError("too big")
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(content), formats=["PNG"]) as opened:
            warnings.simplefilter("error")  # a picture that would fill the memory is only warned of
            # WeasyPrint has the library take damaged pictures, in all of the process; this finds them all the same.
            Image.open(io.BytesIO(content), formats=["PNG"]).verify()
            if opened.width * opened.height > _MOST_PIXELS:
                raise ValueError("too big")
            if opened.mode.startswith("I"):
                raise ValueError("16 bits of grey, save it with 8 and in colour")
            picture = Image.alpha_composite(Image.new("RGBA", opened.size, "white"), opened.convert("RGBA"))
    except Exception as damaged:  # a damaged picture makes the library fail in any way
        raise ValueError(str(damaged)) from None
    red, green, blue, _ = picture.split()
    darkest = ImageChops.darker(red, ImageChops.darker(green, blue))
    # The darkest spot is full ink, so that a pale scan does not become paler still.
    full = 255 - next(grey for grey, count in enumerate(darkest.histogram()) if count) or 1
    ink = darkest.point([0 if grey >= _PAPER else min(255, (255 - grey) * 255 // full) for grey in range(256)])
    inked = ink.getbbox()
    if inked is None or min(inked[2] - inked[0], inked[3] - inked[1]) < _FEWEST_ACROSS:
        raise ValueError("empty or too small")
    strong = ink.point(lambda value: 255 if value > _STRONG else 0)
    if ImageStat.Stat(strong.crop(inked)).mean[0] > 255 * _MOST_INK:
        raise ValueError("nothing but ink, no white or clear ground")
    colour = ImageStat.Stat(picture.convert("RGB"), strong).mean
    side = min(_MOST_ACROSS, max(inked[2] - inked[0], inked[3] - inked[1]))
    made, file = Image.new("RGBA", (side, side), tuple(round(each) for each in colour)), io.BytesIO()
    # Sixteen strengths of ink are enough, and compress to a fraction.
    made.putalpha(ImageOps.posterize(ImageOps.pad(ink.crop(inked), (side, side), color=0), 4))
    made.save(file, "PNG")
    return file.getvalue()


def marked(picture: bytes, word: str, font_file: bytes) -> bytes:
    """The picture with a word all over it, so that each slice of it bears some: it stands for no real signature.

    Args:
        picture: as ``seal_picture`` makes it.
        font_file: of a font that has every character of the word.
    """
    from PIL import Image, ImageDraw, ImageFont

    with Image.open(io.BytesIO(picture)) as opened:
        image = opened.convert("RGBA")
    step, file = image.width / _MARKS, io.BytesIO()
    font = ImageFont.truetype(io.BytesIO(font_file), 100)
    font = font.font_variant(size=min(0.45, 85 / font.getlength(word)) * step)
    draw = ImageDraw.Draw(image)
    for row in range(_MARKS):
        for column in range(_MARKS):
            at = ((column + 0.5) * step, (row + 0.5) * step)
            draw.text(at, word, font=font, fill=_GREY, anchor="mm")
    image.save(file, "PNG")
    return file.getvalue()
