"""The fonts in a file: which character a glyph is read as, and whether the eye sees that character in it.

A font is a program that the file brings along; it can draw an 8 where the text says 4. So every glyph that is used is
laid beside the glyph of that character in the fonts that this house prints with.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple, TypeAlias

import uharfbuzz as harfbuzz
from fontTools.pens.recordingPen import RecordingPen

from activities.papers.strict.bounds import within
from activities.papers.strict.pdf import Operator, Pdf, Ref, Thing, Tokens, broken, whole

Outline: TypeAlias = list[tuple[str, tuple[tuple[float, float], ...]]]
_WIDE = 1000.0
_AS_WIDE = 2.0
_MOST_JOINED = 8
_LAST_SIGN = 0x10FFFF
_FIGURES = "0123456789,.¥零壹贰叁肆伍陆柒捌玖拾佰仟万亿"
_ALIKE = 0.003
"""Of the height of a letter: so far two points may be apart that were rounded differently."""


@dataclass
class EmbeddedFont:
    """A font of a file, with the glyphs of it that were used.

    Args:
        font: what the resources of a page name.
    Raises:
        XuqiaoError: ``paper_check.unreadable``.
    """

    pdf: Pdf
    font: Ref
    used: dict[int, str] = field(default_factory=dict)

    @cached_property
    def name(self) -> str:
        """What it calls itself."""
        return str(self.pdf.get(self._of_font.get("BaseFont")))[:80]

    @cached_property
    def _of_font(self) -> Mapping[str, Thing]:
        return self.pdf.entries(self.font)

    @cached_property
    def _below(self) -> Mapping[str, Thing]:
        first, *more = self.pdf.items(self._of_font.get("DescendantFonts")) or [None]
        entries = self.pdf.entries(first)
        if more or not entries:
            raise broken("a font of another kind")
        return entries

    @cached_property
    def content(self) -> bytes:
        """The font program."""
        return self.pdf.data(self.pdf.entries(self._below.get("FontDescriptor")).get("FontFile2"))

    def glyphs(self, shown: bytes) -> Iterator[tuple[str, float]]:
        """The characters that a text is read as, each with the width of its glyph, in thousandths of the size."""
        if len(shown) % 2:
            raise broken("half a glyph")
        for place in range(0, len(shown), 2):
            number = int.from_bytes(shown[place : place + 2])
            char = self._characters.get(number, "\N{REPLACEMENT CHARACTER}")
            self.used[number] = char
            yield char, self.width(number)

    def width(self, number: int) -> float:
        """How far the file moves on behind a glyph, in thousandths of the size."""
        return self._widths.get(number, _WIDE)

    @cached_property
    def _characters(self) -> Mapping[int, str]:
        known, held = dict[int, str](), list[Thing]()
        for thing in Tokens(self.pdf.data(self._of_font.get("ToUnicode")), references=False):
            if not isinstance(thing, Operator):
                held.append(thing)
            elif thing.word == b"endbfchar":
                known |= {code: _text(text) for code, text in _codes(held)}
            elif thing.word == b"endbfrange":
                for first, last, text in _ranges(held):
                    known |= dict(zip(range(first, last + 1), text, strict=False))
            if isinstance(thing, Operator):
                held = []
        return known

    @cached_property
    def _widths(self) -> Mapping[int, float]:
        widths, rest = dict[int, float](), list(self.pdf.items(self._below.get("W")))
        while rest:
            first, second = whole(self.pdf.get(rest.pop(0))), self.pdf.get(rest.pop(0) if rest else None)
            if isinstance(second, list):
                widths |= {
                    first + step: float(each) for step, each in enumerate(second) if isinstance(each, int | float)
                }
            else:
                width = self.pdf.get(rest.pop(0) if rest else None)
                if not isinstance(width, int | float):
                    raise broken("widths of a form of their own")
                span = within("glyphs", whole(second) - first + 1)
                widths |= {first + step: float(width) for step in range(span)}
        return widths


class Otherwise(NamedTuple):
    """A glyph that does not show the character that it is read as; ``shown`` is what it shows, where that is known."""

    read: str
    shown: str


class Known:
    """The fonts that papers of this house are printed with.

    Args:
        paths: of their files.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._shapes = [_shapes_of(path, path.stat().st_mtime_ns) for path in paths if path.is_file()]

    def otherwise(self, font: EmbeddedFont) -> list[Otherwise]:
        """The used glyphs of a font that do not look as in the one font of this house that it is most like."""
        program = font.content
        try:
            own = _Shapes(harfbuzz.Blob(program))
        except Exception as error:  # a damaged font makes the library fail in any way
            raise broken(f"a font that is none: {error}") from None
        if any(next(_unlike(own, font, shapes), None) is None for shapes in self._shapes):
            return []
        counted = [(list(_unlike(own, font, shapes)), shapes) for shapes in self._shapes]
        if not counted:
            return [Otherwise(char, "") for char in font.used.values()]
        best, against = min(counted, key=lambda pair: len(pair[0]))
        return [Otherwise(font.used[number], _shown(own, number, against)) for number in best]


class _Shapes:
    """The outlines of a font's glyphs, in units of which ``em`` has so many."""

    def __init__(self, blob: harfbuzz.Blob) -> None:
        face = harfbuzz.Face(blob)
        self._font, self.em, self._count = harfbuzz.Font(face), face.upem or 1, face.glyph_count
        self._known = dict[int, Outline]()

    def number(self, char: str) -> int | None:
        """The glyph of a character, or of several that are joined in one."""
        if len(char) == 1:
            found: int | None = self._font.get_nominal_glyph(ord(char))
            return found
        text = harfbuzz.Buffer()
        text.add_str(char[:_MOST_JOINED])
        text.guess_segment_properties()
        harfbuzz.shape(self._font, text)
        return text.glyph_infos[0].codepoint if len(text.glyph_infos) == 1 else None

    def width(self, char: str) -> float:
        """How wide a character is, in thousandths of the em."""
        number = self.number(char)
        return 0.0 if number is None else self._font.get_glyph_h_advance(number) * 1000 / self.em

    def outline(self, number: int) -> Outline:
        """What a glyph is drawn with."""
        if number not in self._known:
            pen = RecordingPen()
            if number < self._count:
                self._font.draw_glyph_with_pen(number, pen)
            self._known[number] = pen.value
        return self._known[number]


@cache
def _shapes_of(path: Path, _changed: int) -> _Shapes:
    """Those of a font of this house: what was drawn for one file is not drawn again for the next."""
    return _Shapes(harfbuzz.Blob.from_file_path(str(path)))


def _unlike(own: _Shapes, font: EmbeddedFont, shapes: _Shapes) -> Iterator[int]:
    """The used glyphs of a font that do not look as in another."""
    for number, char in font.used.items():
        if not _same(own, number, shapes, char) or abs(shapes.width(char) - font.width(number)) > _AS_WIDE:
            yield number


def _same(own: _Shapes, number: int, known: _Shapes, char: str) -> bool:
    expected = known.number(char)
    if expected is None:
        return False
    one, other = own.outline(number), known.outline(expected)
    return one == other if own.em == known.em else _alike(one, other, own.em, known.em)


def _alike(one: Outline, other: Outline, em: int, other_em: int) -> bool:
    """Whether two outlines are the same but for rounding, in fonts with units of two sizes."""
    return len(one) == len(other) and all(
        step == again
        and len(points) == len(others)
        and all(
            abs(x / em - u / other_em) <= _ALIKE and abs(y / em - v / other_em) <= _ALIKE
            for (x, y), (u, v) in zip(points, others, strict=True)
        )
        for (step, points), (again, others) in zip(one, other, strict=True)
    )


def _shown(own: _Shapes, number: int, known: _Shapes) -> str:
    """Which figure a glyph shows; empty where it shows none that is told from others."""
    drawn = own.outline(number)
    for char in _FIGURES:
        like = known.number(char)
        if like is not None and _alike(drawn, known.outline(like), own.em, known.em):
            return char
    return ""


def _codes(held: list[Thing]) -> Iterator[tuple[int, bytes]]:
    """Glyphs with their text, as ``bfchar`` has them."""
    for code, text in zip(held[::2], held[1::2], strict=False):
        if isinstance(code, bytes) and isinstance(text, bytes):
            yield int.from_bytes(code), text


def _ranges(held: list[Thing]) -> Iterator[tuple[int, int, list[str]]]:
    """The first and last glyph of a range with their texts, as ``bfrange`` has them: a list, or the first to count
    from."""
    for first, last, texts in zip(held[::3], held[1::3], held[2::3], strict=False):
        if not isinstance(first, bytes) or not isinstance(last, bytes):
            raise broken("a range of glyphs of a form of its own")
        begin, end = int.from_bytes(first), int.from_bytes(last)
        span = within("glyphs", max(0, end - begin + 1))
        if isinstance(texts, bytes) and texts:
            before, sign = _text(texts)[:-1], ord(_text(texts)[-1:] or "\0")
            yield begin, end, [before + chr(min(sign + step, _LAST_SIGN)) for step in range(span)]
        elif isinstance(texts, list):
            yield begin, end, [_text(each) for each in texts if isinstance(each, bytes)]


def _text(content: bytes) -> str:
    return content.decode("utf-16-be", "replace")
