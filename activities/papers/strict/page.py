"""What a page shows: its text glyph by glyph, where each stands and in which colour, and what is painted over what.

Pages are drawn with few operators (ISO 32000-1, annex A). One that no paper of ours is drawn with is told; so are ways
of using them by which the eye would see something else than what is read here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from activities.papers.strict.bounds import within
from activities.papers.strict.fonts import EmbeddedFont
from activities.papers.strict.pdf import Name, Operator, Pdf, Ref, Stream, Thing, Tokens, broken, numbers

Matrix: TypeAlias = tuple[float, float, float, float, float, float]
_UNIT: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_MARKS = frozenset({"MCID", "Type", "Subtype", "Attached", "Lang", "BBox"})
_LEVEL = 0.01
_BACK = 0.35
"""Of the size of the letters: so far a glyph may stand back over the one before, as narrow signs do."""
_GAP = 0.5
"""Of the size: beyond it, two glyphs of one line are two pieces of text."""
_OPAQUE = 0.99


class Box(NamedTuple):
    """A rectangle in points from the lower left corner of the page."""

    left: float
    low: float
    right: float
    high: float

    def meets(self, other: "Box") -> bool:
        """Whether the two have more than an edge in common."""
        return self.left < other.right and other.left < self.right and self.low < other.high and other.low < self.high

    def common(self, other: "Box") -> "Box":
        """What both cover; it may be turned inside out, which covers nothing."""
        return Box(
            max(self.left, other.left),
            max(self.low, other.low),
            min(self.right, other.right),
            min(self.high, other.high),
        )

    def holds(self, x: float, y: float) -> bool:
        """Whether a point is in it."""
        return self.left <= x <= self.right and self.low <= y <= self.high


class Run(NamedTuple):
    """A piece of text on one line.

    Attributes:
        order: when it was drawn, among all that is drawn on the page.
        left, right: from where to where it reaches; ``base``: the line it stands on; all in points.
        size: of the letters, in points.
        light: of its colour, 0 for black and 1 for white.
        clip: outside of it nothing is seen.
    """

    text: str
    order: int
    left: float
    right: float
    base: float
    size: float
    light: float
    clip: Box

    @property
    def core(self) -> Box:
        """What must be seen of it for it to be read."""
        inset = min(0.1 * self.size, 0.2 * (self.right - self.left))
        return Box(self.left + inset, self.base + 0.12 * self.size, self.right - inset, self.base + 0.6 * self.size)


class Paint(NamedTuple):
    """A painted surface or line, and when and how light it was painted; ``full``: all of its box was painted."""

    box: Box
    order: int
    light: float
    full: bool


@dataclass
class Page:
    """A page as it is drawn.

    Attributes:
        box: all of it.
        pictures: where some are; none of ours has any, but for the seal of a signature.
        odd: what was done on it that is never done on ours, in the words of the standard, such as ``Tr 3``.
    """

    box: Box
    runs: list[Run] = field(default_factory=list)
    paints: list[Paint] = field(default_factory=list)
    odd: dict[str, None] = field(default_factory=dict)
    pictures: list[Box] = field(default_factory=list)

    @property
    def text(self) -> str:
        """As it is drawn, without white space: a line's end must not hide a name."""
        return "".join("".join(run.text for run in self.runs).split())


@dataclass(frozen=True)
class _State:
    """What ``q`` keeps and ``Q`` brings back."""

    matrix: Matrix
    clip: Box
    whole_clip: bool = True
    light: float = 0.0
    line_light: float = 0.0
    line: float = 1.0
    font: EmbeddedFont | None = None
    size: float = 0.0
    leading: float = 0.0
    apart: float = 0.0


class Drawer:
    """Follows how pages of a file are drawn, counting over all of them."""

    def __init__(self, pdf: Pdf) -> None:
        self.pdf = pdf
        self.fonts = dict[int, EmbeddedFont]()
        self._operators = self._glyphs = self._forms = self._bytes = self._numbers = 0

    def draw(self, page: Mapping[str, Thing]) -> Page:
        """Follow one page.

        Raises:
            XuqiaoError: ``paper_check.unreadable``, ``paper_check.too_much``.
        """
        edges = numbers(self.pdf.get(page.get("MediaBox")))
        if len(edges) != 4:
            raise broken("a page without edges")
        box = Box(*edges)
        drawn = Page(box)
        contents = self.pdf.get(page.get("Contents"))
        parts = contents if isinstance(contents, list) else [contents]
        content = b"\n".join(self.pdf.data(part) for part in parts)
        _Hand(self, drawn, self.pdf.entries(page.get("Resources")), _State(_UNIT, box)).follow(content)
        return drawn

    def look(self, shown: Stream, place: Box) -> Page:
        """Follow how an annotation looks, in its place on a page (ISO 32000-1, 12.5.5)."""
        drawn = Page(place)
        edges = numbers(self.pdf.get(shown.entries.get("BBox")))
        if len(edges) != 4:
            raise broken("a look without edges")
        matrix = _matrix(list(numbers(self.pdf.get(shown.entries.get("Matrix"))) or _UNIT))
        box = _around(matrix, [(edges[0], edges[1]), (edges[2], edges[3])])
        across, up = (box.right - box.left) or 1.0, (box.high - box.low) or 1.0
        wide, tall = (place.right - place.left) / across, (place.high - place.low) / up
        fit = (wide, 0.0, 0.0, tall, place.left - box.left * wide, place.low - box.low * tall)
        state = _State(_times(matrix, fit), place)
        _Hand(self, drawn, self.pdf.entries(shown.entries.get("Resources")), state).follow(self.pdf.data(shown))
        return drawn

    def count(self, what: str, more: int = 1) -> None:
        """Count what is done, up to its bound."""
        match what:
            case "operators":
                self._operators = within(what, self._operators + more)
            case "glyphs":
                self._glyphs = within(what, self._glyphs + more)
            case "forms_drawn":
                self._forms = within(what, self._forms + more)
            case "numbers":
                self._numbers = within(what, self._numbers + more)
            case _:
                self._bytes = within("bytes_of_content", self._bytes + more)

    def font(self, thing: Thing) -> EmbeddedFont:
        """A font, read once."""
        if not isinstance(thing, Ref):
            raise broken("a font that is no object of its own")
        if thing.number not in self.fonts:
            self.fonts[thing.number] = EmbeddedFont(self.pdf, thing)
        return self.fonts[thing.number]


class _Hand:
    """Draws one stream of operators onto a page."""

    def __init__(
        self, drawer: Drawer, page: Page, resources: Mapping[str, Thing], state: _State, depth: int = 0
    ) -> None:
        self._drawer, self._page, self._resources = drawer, page, resources
        self._state, self._kept, self._depth = state, list[_State](), depth
        self._path, self._full = list[Box](), True
        self._straight = list[tuple[float, float]]()
        self._clips = False
        self._text = self._line = _UNIT
        self._steps: Mapping[bytes, Callable[[list[Thing]], None]] = {
            b"q": self._keep, b"Q": self._bring_back, b"cm": self._turn, b"gs": self._manner, b"Do": self._drawing,
            b"re": self._rectangle, b"m": self._start, b"l": self._point, b"h": self._nothing,
            b"W": self._clip, b"W*": self._clip, b"n": self._end,
            b"f": self._fill, b"f*": self._fill_between, b"S": self._stroke,
            b"rg": self._colour, b"g": self._colour, b"RG": self._line_colour, b"G": self._line_colour,
            b"w": self._width, b"d": self._nothing, b"J": self._nothing, b"j": self._nothing, b"M": self._nothing,
            b"BT": self._begin, b"ET": self._nothing, b"Tf": self._set_font, b"Tm": self._place, b"Td": self._move,
            b"TL": self._leading, b"Tc": self._set_apart,
            b"T*": self._next_line, b"TJ": self._show, b"Tj": self._show, b"Tr": self._mode,
            b"BMC": self._mark, b"BDC": self._mark, b"EMC": self._nothing,
        }  # fmt: skip

    def follow(self, content: bytes) -> None:
        """Do what the operators say."""
        self._drawer.count("bytes_of_content", len(content))
        tokens, operands = Tokens(content, references=False), list[Thing]()
        for thing in tokens:
            if not isinstance(thing, Operator):
                operands.append(thing)
                continue
            self._drawer.count("operators")
            if step := self._steps.get(thing.word):
                step(operands)
            else:
                self._tell(thing.word.decode("latin-1")[:20])
                if thing.word == b"BI":  # what follows is no operator
                    break
            operands = []
        self._drawer.count("numbers", tokens.numbers)

    def _tell(self, what: str) -> None:
        self._page.odd[what] = None

    def _nothing(self, operands: list[Thing]) -> None:
        """What changes nothing of what is told here."""

    def _keep(self, operands: list[Thing]) -> None:
        within("objects", len(self._kept))
        self._kept.append(self._state)

    def _bring_back(self, operands: list[Thing]) -> None:
        if not self._kept:
            raise broken("Q without q")
        self._state = self._kept.pop()

    def _turn(self, operands: list[Thing]) -> None:
        self._state = replace(self._state, matrix=_times(_matrix(operands), self._state.matrix))

    def _manner(self, operands: list[Thing]) -> None:
        manner = self._drawer.pdf.entries(self._named("ExtGState", operands))
        for name in ("CA", "ca"):
            value = self._drawer.pdf.get(manner.get(name, 1))
            if not isinstance(value, int | float) or value < _OPAQUE:
                self._tell(f"{name} {str(value)[:20]}")

    def _named(self, kind: str, operands: list[Thing]) -> Thing:
        name = operands[0] if operands else None
        found = self._drawer.pdf.entries(self._resources.get(kind)).get(str(name))
        if not isinstance(name, Name) or found is None:
            raise broken(f"no {kind} {str(name)[:40]}")
        return found

    def _drawing(self, operands: list[Thing]) -> None:
        self._drawer.count("forms_drawn")
        within("depth", self._depth + 1)
        drawing = self._drawer.pdf.get(self._named("XObject", operands))
        if not isinstance(drawing, Stream) or drawing.entries.get("Subtype") != "Form":
            self._page.pictures.append(_around(self._state.matrix, [(0.0, 0.0), (1.0, 1.0)]).common(self._state.clip))
            if not isinstance(drawing, Stream) or "SMask" not in drawing.entries:
                self._tell("Do Image")
            return
        matrix = numbers(self._drawer.pdf.get(drawing.entries.get("Matrix"))) or list(_UNIT)
        inner = replace(self._state, matrix=_times(_matrix(list(matrix)), self._state.matrix))
        edges = numbers(self._drawer.pdf.get(drawing.entries.get("BBox")))
        if len(edges) != 4:
            raise broken("a form without edges")
        inner = replace(
            inner, clip=inner.clip.common(_around(inner.matrix, [(edges[0], edges[1]), (edges[2], edges[3])]))
        )
        resources = self._drawer.pdf.entries(drawing.entries.get("Resources"))
        _Hand(self._drawer, self._page, resources, inner, self._depth + 1).follow(self._drawer.pdf.data(drawing))

    # --- paths ---

    def _rectangle(self, operands: list[Thing]) -> None:
        x, y, width, height = _numbers(operands, 4)
        self._path.append(_around(self._state.matrix, [(x, y), (x + width, y + height)]))
        _, b, c, *_ = self._state.matrix
        self._full = self._full and abs(b) + abs(c) < _LEVEL

    def _start(self, operands: list[Thing]) -> None:
        self._close()
        self._straight = [self._at(operands)]

    def _point(self, operands: list[Thing]) -> None:
        self._straight.append(self._at(operands))

    def _at(self, operands: list[Thing]) -> tuple[float, float]:
        x, y = _numbers(operands, 2)
        return _moved(self._state.matrix, x, y)

    def _close(self) -> None:
        if self._straight:
            self._path.append(_around(_UNIT, self._straight))
            self._full = False
        self._straight = []

    def _clip(self, operands: list[Thing]) -> None:
        self._clips = True

    def _end(self, operands: list[Thing]) -> None:
        self._close()
        if self._clips and self._path:
            whole = self._path[0]
            for box in self._path[1:]:
                whole = Box(
                    min(whole.left, box.left),
                    min(whole.low, box.low),
                    max(whole.right, box.right),
                    max(whole.high, box.high),
                )
            plain = self._state.whole_clip and self._full and len(self._path) == 1
            self._state = replace(self._state, clip=self._state.clip.common(whole), whole_clip=plain)
        self._path, self._full, self._clips = [], True, False

    def _fill(self, operands: list[Thing]) -> None:
        self._close()
        self._paint(self._state.light, 0.0)
        self._end(operands)

    def _fill_between(self, operands: list[Thing]) -> None:
        self._close()
        if len(self._path) == 2 and self._full:  # a frame: nothing of it is inside
            self._path = list(_frame(*self._path))
        self._fill(operands)

    def _stroke(self, operands: list[Thing]) -> None:
        if len(self._straight) == 2 and not self._path:
            one, other = self._straight
            self._full = one[0] == other[0] or one[1] == other[1]
            self._path, self._straight = [_around(_UNIT, self._straight)], []
        self._close()
        a, b, *_ = self._state.matrix
        self._paint(self._state.line_light, abs(self._state.line * (a or b)) / 2)
        self._end(operands)

    def _paint(self, light: float, edge: float) -> None:
        order = len(self._page.paints) + len(self._page.runs)
        for box in self._path:
            seen = Box(box.left - edge, box.low - edge, box.right + edge, box.high + edge).common(self._state.clip)
            if seen.left < seen.right and seen.low < seen.high:
                self._page.paints.append(Paint(seen, order, light, self._full and self._state.whole_clip))
        within("operators", len(self._page.paints))

    def _colour(self, operands: list[Thing]) -> None:
        self._state = replace(self._state, light=_light(operands))

    def _line_colour(self, operands: list[Thing]) -> None:
        self._state = replace(self._state, line_light=_light(operands))

    def _width(self, operands: list[Thing]) -> None:
        (width,) = _numbers(operands, 1)
        self._state = replace(self._state, line=width)

    # --- text ---

    def _begin(self, operands: list[Thing]) -> None:
        self._text = self._line = _UNIT

    def _set_font(self, operands: list[Thing]) -> None:
        (size,) = _numbers(operands[1:], 1)
        self._state = replace(self._state, font=self._drawer.font(self._named("Font", operands)), size=size)

    def _place(self, operands: list[Thing]) -> None:
        self._text = self._line = _matrix(operands)

    def _move(self, operands: list[Thing]) -> None:
        x, y = _numbers(operands, 2)
        self._text = self._line = _times((1.0, 0.0, 0.0, 1.0, x, y), self._line)

    def _leading(self, operands: list[Thing]) -> None:
        (leading,) = _numbers(operands, 1)
        self._state = replace(self._state, leading=leading)

    def _set_apart(self, operands: list[Thing]) -> None:
        (apart,) = _numbers(operands, 1)
        self._state = replace(self._state, apart=apart)

    def _next_line(self, operands: list[Thing]) -> None:
        self._move([0, -self._state.leading])

    def _mode(self, operands: list[Thing]) -> None:
        if operands != [0]:
            self._tell(f"Tr {str(operands[:1])[:20]}")

    def _mark(self, operands: list[Thing]) -> None:
        entries = operands[1] if len(operands) > 1 else {}
        if operands[:1] == ["OC"] or not isinstance(entries, dict) or entries.keys() - _MARKS:
            self._tell(f"BDC {str(operands)[:40]}")

    def _show(self, operands: list[Thing]) -> None:
        state = self._state
        if state.font is None:
            raise broken("text without a font")
        parts = operands[0] if operands and isinstance(operands[0], list) else operands
        a, b, c, d, x, base = _times(self._text, state.matrix)
        size, narrow = d * state.size, a * state.size
        if abs(b) + abs(c) > _LEVEL or size <= 0 or abs(narrow - size) > _LEVEL * size:
            self._tell("Tm")
            size = narrow = abs(narrow) or abs(size) or 1.0
        if not state.whole_clip:
            self._tell("W*")
        pen, begin, last, text = x, x, x, ""
        for part in parts:
            if isinstance(part, int | float):
                pen -= part / 1000 * narrow
            elif isinstance(part, bytes):
                for char, width in state.font.glyphs(part):
                    self._drawer.count("glyphs")
                    if text and pen < last - _BACK * size:
                        self._tell("TJ")
                    if text and pen > last + _GAP * size:
                        self._add(text, begin, last, base, size)
                        text = ""
                    begin = begin if text else pen
                    text += char
                    last = pen + width / 1000 * narrow
                    pen = last + state.apart * a
        if text:
            self._add(text, begin, last, base, size)
        self._text = _times((1.0, 0.0, 0.0, 1.0, (pen - x) / (a or 1.0), 0.0), self._text)

    def _add(self, text: str, left: float, right: float, base: float, size: float) -> None:
        order = len(self._page.paints) + len(self._page.runs)
        self._page.runs.append(Run(text, order, left, right, base, size, self._state.light, self._state.clip))
        within("runs_of_a_page", len(self._page.runs))


def _numbers(operands: list[Thing], count: int) -> list[float]:
    found = numbers(operands)
    if len(found) != count:
        raise broken(f"{str(operands)[:60]} where {count} numbers belong")
    return found


def _matrix(operands: list[Thing]) -> Matrix:
    a, b, c, d, e, f = _numbers(operands, 6)
    return a, b, c, d, e, f


def _times(one: Matrix, other: Matrix) -> Matrix:
    a, b, c, d, e, f = one
    g, h, i, j, k, m = other
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _moved(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _around(matrix: Matrix, points: list[tuple[float, float]]) -> Box:
    """The box around points, or around a rectangle when two of its corners are given, wherever the matrix turns it."""
    if len(points) == 2:
        (x, y), (u, v) = points
        points = [(x, y), (x, v), (u, y), (u, v)]
    moved = [_moved(matrix, *point) for point in points]
    across, up = [x for x, _ in moved], [y for _, y in moved]
    return Box(min(across), min(up), max(across), max(up))


def _frame(one: Box, other: Box) -> Iterator[Box]:
    """What one of two boxes covers and the other does not; both, where neither is inside the other."""
    inner, outer = sorted((one, other), key=lambda box: (box.right - box.left) * (box.high - box.low))
    if inner.common(outer) != inner:
        yield from (one, other)
        return
    yield Box(outer.left, outer.low, outer.right, inner.low)
    yield Box(outer.left, inner.high, outer.right, outer.high)
    yield Box(outer.left, inner.low, inner.left, inner.high)
    yield Box(inner.right, inner.low, outer.right, inner.high)


def _light(operands: list[Thing]) -> float:
    """How light a colour is to the eye (ITU-R BT.601)."""
    found = numbers(operands)
    if len(found) == 1:
        return found[0]
    red, green, blue = _numbers(operands, 3)
    return 0.299 * red + 0.587 * green + 0.114 * blue
