"""The fonts papers are set in: which characters they have, and how they are laid before the engine that draws."""

import hashlib
import threading
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import uharfbuzz as harfbuzz

from rulebook.errors import XuqiaoError

if TYPE_CHECKING:
    from weasyprint.text.fonts import FontConfiguration


class OfficeFonts(NamedTuple):
    """Font files of an office's own (OpenType or TrueType), set before the bundled ones.

    Attributes:
        body: for running text, such as a licensed 仿宋.
        title: for titles, such as a licensed 小标宋.
        label: for clause headings and labels, such as a licensed 黑体.
    """

    body: Path | None = None
    title: Path | None = None
    label: Path | None = None


_BUNDLED = {
    "song": "XuqiaoSong-Regular.ttf",
    "hei": "XuqiaoHei-Regular.ttf",
    "heading": "XuqiaoHeading-Bold.ttf",
}
_ROLES = {"body": "song", "title": "heading", "label": "hei"}
_LAST_RESORT = "song"
_LAID_OUT_AWAY = frozenset("\n\r\t")
"""White space that HTML folds away before it ever asks for a glyph."""

_LEAN = harfbuzz.SubsetFlags.NO_HINTING | harfbuzz.SubsetFlags.DESUBROUTINIZE
"""Hints are for screens; subroutines only get in the way of the PDF's own compression."""
_NOT_PRINTED = frozenset(int.from_bytes(name, "big") for name in (b"BASE", b"VORG", b"vhea", b"vmtx"))
"""Tables for vertical writing, which no paper uses."""


def _everyday() -> frozenset[int]:
    """The 8,105 characters of the Table of General Standard Chinese Characters (通用规范汉字表, 国发〔2013〕23号), from
    which names are chosen today, in its order as Unihan has it (kTGH); the signs of GB 2312-80; Latin script."""
    table = files("activities.papers.press").joinpath("standard_characters.txt").read_text(encoding="utf-8")
    pairs = (bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xA1, 0xAA) for cell in range(0xA1, 0xFF))
    latin = {*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2000, 0x2070)}
    return frozenset(latin | set(map(ord, table.replace("\n", "") + "".join(pairs))))


_EVERYDAY = _everyday()


class _Font:
    """One font file: its characters, and harfbuzz's view of it to cut from."""

    def __init__(self, path: Path) -> None:
        try:
            content = path.read_bytes()
        except OSError as trouble:
            raise XuqiaoError("papers.font_unreadable", path=path, why=trouble.strerror or trouble) from None
        self.digest = hashlib.sha256(content).hexdigest()
        self._outlines = harfbuzz.Face(harfbuzz.Blob(content))
        self.codepoints = frozenset(self._outlines.unicodes)
        if not self.codepoints:
            raise XuqiaoError("papers.font_unreadable", path=path, why="no characters in it")

    def cut(self, codepoints: frozenset[int]) -> bytes:
        """The font with these characters only, as the bytes of a font file."""
        wanted = harfbuzz.SubsetInput()
        wanted.unicode_set.update(codepoints & self.codepoints)
        wanted.flags = _LEAN
        wanted.drop_table_tag_set.update(_NOT_PRINTED)
        return bytes(harfbuzz.subset(self._outlines, wanted).blob.data)


class FontCase:
    """All fonts of a press: bundled ones, and the office's own before them.

    Args:
        folder: where the bundled fonts lie.
        office: the office's own font files.
    Raises:
        XuqiaoError: ``papers.font_unreadable`` for a file that is missing or no font.
    """

    def __init__(self, folder: Path, office: OfficeFonts) -> None:
        self._fonts = {name: _Font(folder / file) for name, file in _BUNDLED.items()}
        own = {role: path for role, path in office._asdict().items() if path is not None}
        self._fonts |= {f"office-{role}": _Font(path) for role, path in own.items()}
        # Every stack ends in the body fonts, so what they have can stand anywhere. What only a title font has could
        # not: in running text it would be tofu.
        behind_all = [_LAST_RESORT, *(["office-body"] if "body" in own else [])]
        self._stacks = {
            role: list(dict.fromkeys([*([f"office-{role}"] if role in own else []), bundled, *behind_all]))
            for role, bundled in _ROLES.items()
        }
        self._everywhere = frozenset().union(*(self._fonts[name].codepoints for name in behind_all))
        self.in_use = threading.Lock()
        """Held while something is drawn: the engine is not made for several threads."""

    @property
    def digest(self) -> str:
        """SHA-256 over the digests of all font files, by name."""
        listed = "".join(f"{name} {font.digest}\n" for name, font in sorted(self._fonts.items()))
        return hashlib.sha256(listed.encode()).hexdigest()

    @property
    def stacks(self) -> Mapping[str, list[str]]:
        """For each role (body, title, label) the names to try in a style sheet, in order."""
        parts = self._parts
        return {
            role: [part for name in stack for part in _names(name) if part in parts]
            for role, stack in self._stacks.items()
        }

    @cached_property
    def opened(self) -> "FontConfiguration":
        """All fonts as the engine takes them; opened when first asked for, and then for all papers: to open them for
        each took a fifth of its time.

        Each comes in two parts, since what a file embeds of a font costs by all the characters the font has: those of
        every day, and the rest, which only a rare name asks for.
        """
        from activities.papers.press.engine import open_fonts

        return open_fonts(self._parts)

    @cached_property
    def _parts(self) -> Mapping[str, bytes]:
        parts: dict[str, bytes] = {}
        for name, font in self._fonts.items():
            halves = (font.codepoints & _EVERYDAY, font.codepoints - _EVERYDAY)
            parts |= {part: font.cut(half) for part, half in zip(_names(name), halves, strict=True) if half}
        return parts

    def missing(self, text: str) -> Iterator[str]:
        """The characters of a text that no font is sure to have, in order of code point."""
        return (char for char in sorted(set(text) - _LAID_OUT_AWAY) if ord(char) not in self._everywhere)

    def cut(self, text: str) -> bytes:
        """The bundled body font with the characters of a text only, as the bytes of a font file: for a stamp."""
        return self._fonts[_LAST_RESORT].cut(frozenset(map(ord, text)))


def _names(font: str) -> tuple[str, str]:
    """What style sheets call the two parts of a font."""
    return f"xuqiao-{font}", f"xuqiao-{font}-rare"
