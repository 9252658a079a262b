"""What WeasyPrint works out anew for each paper, box or line although it only depends on the style, worked out once.

Every paper of one set of templates has the same style sheet: computed styles are kept from paper to paper, and what
follows from a style alone is kept with it. What is drawn stays the same, byte for byte, but for the lines of tables,
which are drawn in one stroke instead of one by one; ``REPLACED`` names all that is replaced of WeasyPrint and pydyf.
"""

import re
import sys
from collections.abc import Callable, Iterable, MutableMapping
from contextlib import nullcontext
from copy import copy
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

import pydyf
import uharfbuzz
from weasyprint import css, draw
from weasyprint.draw import text as drawing
from weasyprint.draw.color import get_color
from weasyprint.layout import background, percent
from weasyprint.pdf.fonts import Font
from weasyprint.text import line_break
from weasyprint.text.ffi import ffi, gobject, pango
from weasyprint.text.line_break import Layout

Styles = MutableMapping[object, Any]
"""Computed styles of one style sheet, by what they follow from."""

_MOST_STYLES = 2000
"""A style takes some 10 kB; all kinds of papers in one language have 1,300."""
_UNSET = "overflow", "anchor"
"""What WeasyPrint writes into a computed style while it lays out a document, and would find there in the next."""
_SIDES = "top", "right", "bottom", "left"
_LENGTHS = (
    *(f"{what}_{side}" for what in ("margin", "padding") for side in _SIDES),
    *(f"{which}{what}" for what in ("width", "height") for which in ("", "min_", "max_")),
)
_BORDERS = tuple(f"border_{side}_width" for side in _SIDES)
_RADII = tuple(f"border_{corner}_radius" for corner in ("top_left", "top_right", "bottom_right", "bottom_left"))
_BARE = dict.fromkeys(_RADII, (0, 0)) | {"background": None}
_PARAGRAPH_ENDS = re.compile("[\n\r\u2029]")
_UNUSED_TABLES = frozenset(
    int.from_bytes(tag, "big")
    for tag in (b"BASE", b"DSIG", b"EBDT", b"EBLC", b"EBSC", b"GPOS", b"GSUB", b"JSTF", b"LTSH", b"PCLT", b"SVG ")
)
_CUT = (
    uharfbuzz.SubsetFlags.RETAIN_GIDS
    | uharfbuzz.SubsetFlags.DESUBROUTINIZE
    | uharfbuzz.SubsetFlags.PASSTHROUGH_UNRECOGNIZED
    | uharfbuzz.SubsetFlags.NO_HINTING
)

S = TypeVar("S")
R = TypeVar("R")


class Replaced(NamedTuple):
    """A function of WeasyPrint or pydyf that ours stands in for.

    Attributes:
        owners: the class or modules in which it is looked up.
        theirs: as the library has it.
        ours: what is called instead.
        same_bytes: whether a paper is the same, byte for byte, with either.
    """

    owners: tuple[object, ...]
    theirs: Callable[..., Any]
    ours: Callable[..., Any]
    same_bytes: bool = True

    @property
    def name(self) -> str:
        """What it is called in its owners."""
        return self.theirs.__name__


def once(of_style: Callable[[S], R]) -> Callable[[S], R]:
    """A function of a style alone, whose result is kept with the style."""
    name = f"once {of_style.__name__}"

    def kept(style: S) -> R:
        known = vars(style)
        if name not in known:
            known[name] = of_style(style)
        result: R = known[name]
        return result

    return kept


# Styles ------------------------------------------------------------------------------------------------------------


class KnownStyles(css.StyleFor):  # type: ignore[misc]  # WeasyPrint has no types
    """The computed styles of a document, taken from an earlier document's where they follow from the same rules."""

    def __init__(self, html: Any, *rest: object) -> None:
        self._known: Styles = getattr(html, "known_styles", {})
        if len(self._known) > _MOST_STYLES:
            self._known.clear()
        super().__init__(html, *rest)

    def set_computed_styles(
        self,
        element: object,
        parent: object,
        root: object = None,
        pseudo_type: str | None = None,
        base_url: str | None = None,
        target_collector: Any = None,
    ) -> None:
        """As WeasyPrint's: what an element is declared to be, and what its parent is, make its style."""
        cascaded = self._cascaded_styles.get((element, pseudo_type), {})
        above = None if parent is None else id(self._computed_styles[parent, None])
        rules = ((name, _identity(value), str(weight)) for name, (value, weight) in cascaded.items())
        key = (above, pseudo_type, base_url, *rules)
        style = self._known.get(key)
        if style is None:
            super().set_computed_styles(element, parent, root, pseudo_type, base_url, target_collector)
            self._known[key] = self._computed_styles[element, pseudo_type]
            return
        for name in _UNSET:
            style.pop(name, None)
        self._computed_styles[element, pseudo_type] = style
        if target_collector and style["anchor"]:
            target_collector.collect_anchor(style["anchor"])


def _identity(value: object) -> object:
    """What tells a declared value from others: words by themselves, else which object it is. A style that is kept
    keeps its values and its parent, so that no other object comes to have the same identity."""
    words = value if isinstance(value, tuple) else (value,)
    return value if all(type(word) is str for word in words) else id(value)


# Boxes -------------------------------------------------------------------------------------------------------------


def _attributes(box: Any) -> dict[str, Any]:
    """Where the attributes of a box are, also of one that is placed elsewhere and only has its place held here."""
    there: dict[str, Any] = vars(vars(box).get("_box", box))
    return there


@once
def _fixed_lengths(style: Any) -> tuple[dict[str, object], dict[str, object]] | None:
    """Lengths that are the same in every containing block, and the widths of borders; None where one is relative."""
    if style["box_sizing"] != "content-box":
        return None
    lengths: dict[str, object] = {}
    for name in _LENGTHS:
        length = style[name]
        if length == "auto":
            lengths[name] = 0 if name.startswith("min_") else "auto"
        elif getattr(length, "unit", None) == "px":
            lengths[name] = length.value
        else:
            return None
    return lengths, {name: style[name] for name in _BORDERS}


def resolve_percentages(box: Any, containing_block: object) -> None:
    """As WeasyPrint's, without asking what a percentage refers to where there is none."""
    fixed = _fixed_lengths(box.style)
    if fixed is None:
        _theirs_resolve_percentages(box, containing_block)
        return
    lengths, borders = fixed
    used = _attributes(box)
    used.update(lengths)
    if box.style["border_collapse"] == "collapse":
        borders = {name: width for name, width in borders.items() if not hasattr(box, name)}
    used.update(borders)


@once
def _is_bare(style: Any) -> bool:
    """Whether a box has neither background nor image nor shadow nor round corners."""
    return (
        all((0, "px") in style[name] for name in _RADII)
        and style["border_image_source"][0] == style["mask_border_source"][0] == "none"
        and all(kind == "none" for kind, _ in style["background_image"])
        and not style["box_shadow"]
        and get_color(style, "background_color").alpha == 0
    )


def layout_box_backgrounds(
    page: object, box: Any, get_image_from_uri: object, layout_children: bool = True, style: object = None
) -> None:
    """As WeasyPrint's, without looking for what a box does not have."""
    if style is None and box is not page and _is_bare(box.style):
        _attributes(box).update(_BARE)
        if layout_children:
            for child in box.all_children():
                layout_box_backgrounds(page, child, get_image_from_uri)
    else:
        _theirs_layout_box_backgrounds(page, box, get_image_from_uri, layout_children, style)


# Text --------------------------------------------------------------------------------------------------------------

ffi.cdef("PangoLayout * pango_layout_copy (PangoLayout *src);")


@once
def _empty_layout(style: Any) -> dict[str, Any]:
    """What a layout of a style is before it has a text."""
    model = Layout.__new__(Layout)
    _theirs_setup(model, style)
    there: dict[str, Any] = vars(model)
    return there


def setup(self: Any, style: Any) -> None:
    """As WeasyPrint's, but copied from the first of that style: fonts are described and looked for once."""
    model = _empty_layout(style)
    vars(self).update(model)
    self.layout = ffi.gc(pango.pango_layout_copy(model["layout"]), gobject.g_object_unref)


def set_text(self: Any, text: str, justify: bool = False) -> None:
    """As WeasyPrint's; a text of one paragraph is called one from the beginning, not only when it is drawn, for which
    its glyphs would be set anew."""
    pango.pango_layout_set_single_paragraph_mode(self.layout, _PARAGRAPH_ENDS.search(text) is None)
    _theirs_set_text(self, text, justify)


def deactivate(self: Any) -> None:
    """A line that has been measured is drawn soon; WeasyPrint would take it apart, to save the memory of long books."""


def reactivate(self: Any, style: object) -> None:
    """Only a line whose words are set apart, to fill it, is another than the one that was measured."""
    if self.justification_spacing:
        self.set_text(self.text, justify=True)


@once
def strut(style: Any) -> tuple[float, float]:
    """As WeasyPrint's: height and baseline of a line of a style."""
    height, baseline = _theirs_strut(style)
    return height, baseline


class _Measured(NamedTuple):
    """A line of text as it was measured; it keeps its style, so that no other comes to have the same identity."""

    style: object
    line: tuple[Any, ...]


_LINES: dict[tuple[object, ...], _Measured] = {}
"""Lines that were measured, the one asked for longest ago first."""
_MOST_LINES = 2500
"""Each takes some 20 kB; the papers of a case have 900, of which the next case has all but 150."""


def split_first_line(
    text: str,
    style: Any,
    context: object,
    max_width: float | None,
    justification_spacing: float,
    is_line_start: bool = True,
    minimum: bool = False,
) -> tuple[Any, ...]:
    """As WeasyPrint's; labels and clauses are measured once for all papers, names once for those of a case."""
    if justification_spacing:
        found: tuple[Any, ...] = _theirs_split_first_line(
            text, style, context, max_width, justification_spacing, is_line_start, minimum
        )
        return found
    key = (id(style), text, max_width, is_line_start, minimum)
    known = _LINES.pop(key, None)
    if known is None:
        line = _theirs_split_first_line(text, style, context, max_width, justification_spacing, is_line_start, minimum)
        known = _Measured(style, line)
        if len(_LINES) >= _MOST_LINES:
            del _LINES[next(iter(_LINES))]
    _LINES[key] = known
    return known.line


class _Notes:
    """Takes down what is drawn of a line of text, for every time it is drawn again.

    Attributes:
        fonts: Pango's, each with the glyphs of this line: as text, as widths, and those it does not have.
        steps: methods of a stream and what they are called with, in order.
    """

    def __init__(self, stream: Any) -> None:
        self.ink_rect, self.logical_rect = stream.ink_rect, stream.logical_rect
        self.fonts: list[tuple[Any, dict[int, str], dict[int, int], dict[int, int]]] = []
        self.steps: list[tuple[str, tuple[object, ...]]] = []
        self._stream = stream

    def add_font(self, pango_font: Any) -> tuple[Any, float]:
        """A font as the document has it, with room for the glyphs of this line."""
        whole, size = self._stream.add_font(pango_font)
        font = copy(whole)
        font.to_unicode, font.widths, font.missing = {}, {}, {}
        self.fonts.append((pango_font, font.to_unicode, font.widths, font.missing))
        return font, size

    def set_text_matrix(self, *_: float) -> None:
        """Where a line stands is no part of what it is."""

    def set_font_size(self, *of: object) -> None:
        """The font of the glyphs that follow."""
        self.steps.append(("set_font_size", of))

    def show_text(self, *of: object) -> None:
        """Glyphs, with what is between them."""
        self.steps.append(("show_text", of))

    def set_text_rise(self, *of: object) -> None:
        """Where glyphs stand above or below the line."""
        self.steps.append(("set_text_rise", of))

    def draw_on(self, stream: Any, matrix: Any) -> bool:
        """Draw the line again, where a document has its glyphs in the same widths: it rounds them in the size in which
        it first meets them, and spaces between glyphs make up for it. Whether that was so."""
        there = [(stream.add_font(pango_font)[0], *of_line) for pango_font, *of_line, _ in self.fonts]
        if any(font.widths.get(glyph, width) != width for font, _, widths in there for glyph, width in widths.items()):
            return False
        for font, to_unicode, widths in there:
            font.widths.update(widths)
            for glyph, text in to_unicode.items():
                font.to_unicode.setdefault(glyph, text)
        if self.steps:
            stream.set_text_matrix(*matrix.values)
        for step, arguments in self.steps:
            getattr(stream, step)(*arguments)
        return True


def draw_first_line(stream: Any, textbox: Any, text_overflow: str, block_ellipsis: str, matrix: Any) -> list[Any]:
    """As WeasyPrint's; what was drawn of a line that was measured once is drawn again as it was."""
    layout = textbox.pango_layout
    if text_overflow == "ellipsis" or block_ellipsis != "none":  # it will be another line than was measured
        textbox.pango_layout = Layout(textbox.style, layout.justification_spacing, layout.max_width)
        textbox.pango_layout.set_text(layout.text, justify=True)
    elif not layout.justification_spacing:
        if not hasattr(layout, "notes"):
            layout.notes = notes = _Notes(stream)
            emojis = _theirs_draw_first_line(notes, textbox, text_overflow, block_ellipsis, matrix)
            if emojis or any(missing for *_, missing in notes.fonts):
                layout.notes = None
        if layout.notes is not None and layout.notes.draw_on(stream, matrix):
            return []
    drawn: list[Any] = _theirs_draw_first_line(stream, textbox, text_overflow, block_ellipsis, matrix)
    return drawn


# Lines of tables ---------------------------------------------------------------------------------------------------


class _Borders(list[tuple[tuple[float, str, Any], tuple[float, float, float, float]]]):
    """The lines of a table as WeasyPrint would draw them, one edge of a cell after the other."""

    artifact = stacked = staticmethod(nullcontext)

    def draw_on(self, stream: Any) -> None:
        """Draw them, those that look alike and follow each other in one stroke."""
        for look, lines in groupby(self, key=itemgetter(0)):
            with stream.artifact(), stream.stacked():
                _draw_alike(stream, look, [line for _, line in lines])


def _draw_alike(stream: Any, look: tuple[float, str, Any], lines: Iterable[tuple[float, float, float, float]]) -> None:
    thickness, style, color = look
    if style != "solid":
        for line in lines:
            _theirs_draw_line(stream, *line, *look)
        return
    stream.set_color(color, stroke=True)
    stream.set_line_width(thickness)
    for x1, y1, x2, y2 in _joined(lines):
        stream.move_to(x1, y1)
        stream.line_to(x2, y2)
    stream.stroke()


def _joined(lines: Iterable[tuple[float, float, float, float]]) -> list[tuple[float, float, float, float]]:
    """Lines from left to right or from top to bottom, those on the same line that meet made one.

    >>> _joined([(0, 0, 5, 0), (0, 0, 0, 9), (4.5, 0, 10, 0), (11, 0, 12, 0)])
    [(0, 0, 0, 9), (0, 0, 10, 0), (11, 0, 12, 0)]
    """
    joined: list[tuple[float, float, float, float]] = []
    for line in sorted(lines, key=lambda line: (line[1] == line[3], *(line if line[0] == line[2] else line[1::-1]))):
        x1, y1, x2, y2 = line
        if joined:
            a1, b1, a2, b2 = joined[-1]
            if (x1 == x2 == a1 == a2 and y1 <= b2) or (y1 == y2 == b1 == b2 and x1 <= a2):
                joined[-1] = (a1, b1, max(a2, x2), max(b2, y2))
                continue
        joined.append(line)
    return joined


def draw_line(
    stream: Any, x1: float, y1: float, x2: float, y2: float, thickness: float, style: str, color: Any, offset: float = 0
) -> None:
    """As WeasyPrint's; a line of a table is taken down, to be drawn with the others."""
    if isinstance(stream, _Borders):
        stream.append(((thickness, style, color), (x1, y1, x2, y2)))
    else:
        _theirs_draw_line(stream, x1, y1, x2, y2, thickness, style, color, offset)


def draw_collapsed_borders(stream: Any, table: Any) -> None:
    """As WeasyPrint's, in a stroke for each look: on paper it is the same, in the file a tenth."""
    borders = _Borders()
    _theirs_draw_collapsed_borders(borders, table)
    borders.draw_on(stream)


# The file ----------------------------------------------------------------------------------------------------------

_OPENED: dict[bytes, uharfbuzz.Face] = {}
"""Fonts ready to be cut, by their tables' checksums."""
_HEAD = 512
"""Bytes at the beginning of a font file in which the checksums of all its tables stand."""
_MOST_OPENED = 32


def _harfbuzz_subset(self: Any, to_unicode: dict[int, str], hinting: bool) -> None:
    """As WeasyPrint's, from a font made ready for it once, in one step: the fonts of a press end where their last
    character is, and have no hints."""
    if self.missing or hinting:
        _theirs_harfbuzz_subset(self, to_unicode, hinting)
        return
    name = self.file_content[:_HEAD]
    if name not in _OPENED:
        if len(_OPENED) >= _MOST_OPENED:
            _OPENED.clear()
        _OPENED[name] = uharfbuzz.subset_preprocess(uharfbuzz.Face(uharfbuzz.Blob(self.file_content)))
    wanted = uharfbuzz.SubsetInput()
    wanted.glyph_set.update(to_unicode)
    wanted.drop_table_tag_set.update(_UNUSED_TABLES)
    wanted.flags = _CUT
    self.file_content = bytes(uharfbuzz.subset(_OPENED[name], wanted).blob.data)


def _to_bytes(item: Any) -> bytes:
    """As pydyf's, what is asked for most often first."""
    match item:
        case bytes():
            return item
        case str():
            return item.encode("ascii")
        case float():
            return str(int(item)).encode() if item.is_integer() else f"{item:f}".rstrip("0").encode()
        case pydyf.Object():
            data: bytes = item.data
            return data
        case _:
            return str(item).encode("ascii")


# In their place ----------------------------------------------------------------------------------------------------


def _everywhere(theirs: Callable[..., Any]) -> tuple[object, ...]:
    """The modules of WeasyPrint that have taken a function over by its name."""
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] == "weasyprint"]
    return tuple(module for module in modules if vars(module).get(theirs.__name__) is theirs)


_theirs_resolve_percentages = percent.resolve_percentages
_theirs_layout_box_backgrounds = background.layout_box_backgrounds
_theirs_setup = Layout.setup
_theirs_set_text = Layout.set_text
_theirs_strut = line_break.strut
_theirs_split_first_line = line_break.split_first_line
_theirs_draw_first_line = drawing.draw_first_line
_theirs_draw_line = draw.draw_line
_theirs_draw_collapsed_borders = draw.draw_collapsed_borders
_theirs_harfbuzz_subset = Font._harfbuzz_subset

REPLACED = (
    Replaced((css,), css.StyleFor, KnownStyles),
    Replaced(_everywhere(percent.resolve_percentages), percent.resolve_percentages, resolve_percentages),
    Replaced((background,), background.layout_box_backgrounds, layout_box_backgrounds),
    Replaced((Layout,), Layout.setup, setup),
    Replaced((Layout,), Layout.set_text, set_text),
    Replaced((Layout,), Layout.deactivate, deactivate),
    Replaced((Layout,), Layout.reactivate, reactivate),
    Replaced(_everywhere(line_break.strut), line_break.strut, strut),
    Replaced(_everywhere(line_break.split_first_line), line_break.split_first_line, split_first_line),
    Replaced((drawing,), drawing.draw_first_line, draw_first_line),
    Replaced((draw,), draw.draw_line, draw_line, same_bytes=False),
    Replaced((draw,), draw.draw_collapsed_borders, draw_collapsed_borders, same_bytes=False),
    Replaced((Font,), Font._harfbuzz_subset, _harfbuzz_subset),
    Replaced((pydyf,), pydyf._to_bytes, _to_bytes),
)

for _each in REPLACED:
    for _owner in _each.owners:
        setattr(_owner, _each.name, _each.ours)
