"""The objects of a PDF (ISO 32000-1, 7): read strictly, within bounds, by the way every viewer goes, from its end.

No repairs: where a file contradicts itself, two programs may see two papers in it.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from activities.papers.strict.bounds import BOUNDS, too_much, within
from rulebook.errors import XuqiaoError


class Name(str):
    """A name, without its slash."""

    __slots__ = ()


class Ref(NamedTuple):
    """A reference to an object."""

    number: int


@dataclass(frozen=True)
class Stream:
    """A stream: its entries, and its bytes as they are in the file."""

    entries: dict[str, "Thing"]
    raw: bytes


class Operator(NamedTuple):
    """A word that is no object: an operator of a page, or part of the file's own frame."""

    word: bytes


Thing: TypeAlias = "bool | int | float | bytes | Name | Ref | list[Thing] | dict[str, Thing] | Stream | Operator | None"

_BLANK = rb"\0\t\n\f\r "
_REGULAR = rb"[^" + _BLANK + rb"()<>\[\]{}/%]"
_TOKEN = re.compile(
    rb"(?:[" + _BLANK + rb"]+|%[^\r\n]*)*(?:"
    rb"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?!" + _REGULAR + rb"))"
    rb"|/(?P<name>" + _REGULAR + rb"*)"
    rb"|(?P<mark><<|>>|\[|\])"
    rb"|<(?P<hex>[0-9A-Fa-f" + _BLANK + rb"]*)>"
    rb"|(?P<string>\()"
    rb"|(?P<word>" + _REGULAR + rb"+))"
)
_PLAIN_STRING = re.compile(rb"[^()\\]*\)")
_STRING_PART = re.compile(rb"\\\r\n|\\[0-7]{1,3}|\\.|[()]|[^()\\]+", re.DOTALL)
_REFERENCE = re.compile(rb"[" + _BLANK + rb"]+(\d{1,5})[" + _BLANK + rb"]+R(?!" + _REGULAR + rb")")
_HEAD = re.compile(rb"[" + _BLANK + rb"]*(\d{1,7}) (\d{1,5}) obj(?!" + _REGULAR + rb")")
_STREAM = re.compile(rb"[" + _BLANK + rb"]*stream\r?\n")
_STREAM_ENDS = re.compile(rb"[" + _BLANK + rb"]*endstream[" + _BLANK + rb"]*endobj")
_LAST_WORD = re.compile(rb"startxref[" + _BLANK + rb"]+(\d{1,10})[" + _BLANK + rb"]+%%EOF")
_LAST_BYTES = 1024
"""So far from its end a viewer looks for the last word of a file."""
_SECTION = re.compile(rb"[" + _BLANK + rb"]*(\d{1,7}) (\d{1,7})[" + _BLANK + rb"]*")
_ENTRY = re.compile(rb"(\d{10}) (\d{5}) ([nf])[" + _BLANK + rb"]{1,2}")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_CONSTANTS: dict[bytes, bool | None] = {b"true": True, b"false": False, b"null": None}


def broken(why: str) -> XuqiaoError:
    """The refusal of a file that is no PDF as ours are."""
    return XuqiaoError("paper_check.unreadable", reason=why)


class Tokens:
    """The things in some bytes, one after the other.

    Args:
        references: whether ``7 0 R`` is a reference; in what a page is drawn with it is not.
    """

    def __init__(self, content: bytes, place: int = 0, *, references: bool = True) -> None:
        self.content, self.place, self._references = content, place, references
        self.numbers = 0

    def __iter__(self) -> Iterator[Thing]:
        while (found := _TOKEN.match(self.content, self.place)) is not None:
            yield self._thing(found, 0)

    def next(self) -> Thing:
        """The next thing.

        Raises:
            XuqiaoError: ``paper_check.unreadable`` where there is none.
        """
        found = _TOKEN.match(self.content, self.place)
        if found is None:
            raise broken(f"nothing at byte {self.place}")
        return self._thing(found, 0)

    def _thing(self, found: "re.Match[bytes]", depth: int) -> Thing:
        within("depth", depth)
        self.place = found.end()
        kind, text = found.lastgroup, found[found.lastgroup or 0]
        if kind == "number":
            return self._number(text)
        if kind == "name":
            return Name(
                re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes.fromhex(code[1].decode()), text).decode("latin-1")
            )
        if kind == "hex":
            digits = b"".join(text.split()).replace(b"\0", b"")
            return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
        if kind == "string":
            return self._string()
        if text == b"[":
            return list(self._until(b"]", depth))
        if text == b"<<":
            return self._entries(depth)
        return _CONSTANTS[text] if text in _CONSTANTS else Operator(text)

    def _number(self, text: bytes) -> int | float | Ref:
        self.numbers += 1
        within("numbers", self.numbers)
        if len(text) > 2 * BOUNDS["digits"]:
            raise too_much("digits", len(text))
        if self._references and text.isdigit() and (after := _REFERENCE.match(self.content, self.place)):
            self.place = after.end()
            return Ref(int(text))
        return float(text) if b"." in text else int(text)

    def _until(self, end: bytes, depth: int) -> Iterator[Thing]:
        while (found := _TOKEN.match(self.content, self.place)) is not None:
            if found["mark"] == end:
                self.place = found.end()
                return
            yield self._thing(found, depth + 1)
        raise broken(f"no {end.decode()} behind byte {self.place}")

    def _entries(self, depth: int) -> dict[str, Thing]:
        things = list(self._until(b">>", depth))
        names, values = things[::2], things[1::2]
        if len(names) != len(values) or not all(isinstance(each, Name) for each in names):
            raise broken(f"no pairs before byte {self.place}")
        entries = dict(zip((str(name) for name in names), values, strict=True))
        if len(entries) != len(names):
            raise broken(f"an entry twice before byte {self.place}")
        return entries

    def _string(self) -> bytes:
        if plain := _PLAIN_STRING.match(self.content, self.place):
            self.place = plain.end()
            return plain[0][:-1]
        parts, open_ = list[bytes](), 1
        while (found := _STRING_PART.match(self.content, self.place)) is not None:
            self.place, part = found.end(), found[0]
            open_ += {b"(": 1, b")": -1}.get(part, 0)
            if not open_:
                return b"".join(parts)
            parts.append(_unescaped(part))
        raise broken("a string without end")


def _unescaped(part: bytes) -> bytes:
    if part[:1] != b"\\":
        return part
    if part[1:].isdigit():
        return bytes([int(part[1:], 8) & 0xFF])
    return b"" if part[1:2] in b"\r\n" else _ESCAPES.get(part[1:], part[1:])


@dataclass
class _Place:
    """Where an object is: at a byte of the file, in a stream of objects, or nowhere, for one that was taken away."""

    offset: int | None = None
    within: int | None = None


@dataclass
class Pdf:
    """A PDF.

    Attributes:
        content: of the file.
        trailers: its trailers, the newest first.
    Raises:
        XuqiaoError: ``paper_check.unreadable``, ``paper_check.too_much``; here and whenever something is read.
    """

    content: bytes
    trailers: list[dict[str, Thing]] = field(default_factory=list)
    _places: dict[int, _Place] = field(default_factory=dict)
    _known: dict[int, Thing] = field(default_factory=dict)
    _packed: dict[int, dict[int, Thing]] = field(default_factory=dict)
    _reading: set[int] = field(default_factory=set)
    _unpacked: int = 0

    def __post_init__(self) -> None:
        if not self.content.startswith(b"%PDF-"):
            raise broken("no PDF")
        within("bytes", len(self.content))
        ends = list(_LAST_WORD.finditer(self.content, max(0, len(self.content) - _LAST_BYTES)))
        if not ends:
            raise broken("it does not end as a PDF ends")
        at, met = int(ends[-1][1]), set[int]()
        while True:
            if at in met:
                raise broken("revisions in a circle")
            met.add(at)
            within("revisions", len(met))
            trailer = self._cross_references(at)
            self.trailers.append(trailer)
            if "Prev" not in trailer:
                break
            at = whole(trailer["Prev"])
        within("objects", len(self._places))
        if any("Encrypt" in trailer for trailer in self.trailers):
            raise XuqiaoError("paper_check.never_held", what="trailer: Encrypt")

    def get(self, thing: Thing) -> Thing:
        """What a thing is, or refers to; None for an object that is not there."""
        hops = 0
        while isinstance(thing, Ref):
            hops = within("depth", hops + 1)
            thing = self._object(thing.number)
        return thing

    def entries(self, thing: Thing) -> dict[str, Thing]:
        """The entries of a dictionary or a stream; none for anything else."""
        found = self.get(thing)
        if isinstance(found, Stream):
            return found.entries
        return found if isinstance(found, dict) else {}

    def items(self, thing: Thing) -> list[Thing]:
        """The members of an array; none for anything else."""
        found = self.get(thing)
        return found if isinstance(found, list) else []

    def data(self, thing: Thing) -> bytes:
        """What a stream holds, unpacked; empty for anything else."""
        found = self.get(thing)
        if not isinstance(found, Stream):
            return b""
        filters = self.get(found.entries.get("Filter"))
        packed = filters if isinstance(filters, list) else [filters] if filters is not None else []
        if not packed:
            return found.raw
        if packed != ["FlateDecode"]:
            raise broken(f"packed as {packed}")
        unpacked = self._inflate(found.raw)
        parameters = self.entries(found.entries.get("DecodeParms"))
        return _unpredicted(unpacked, parameters) if parameters else unpacked

    def _inflate(self, raw: bytes) -> bytes:
        left = BOUNDS["bytes_unpacked"] - self._unpacked
        try:
            unpacked = zlib.decompressobj().decompress(raw, left + 1)
        except zlib.error as error:
            raise broken(str(error)) from None
        self._unpacked += len(unpacked)
        within("bytes_unpacked", self._unpacked)
        return unpacked

    def _object(self, number: int) -> Thing:
        if number in self._known:
            return self._known[number]
        place = self._places.get(number)
        if place is None:
            return None
        if number in self._reading:
            raise broken(f"object {number} needs itself")
        self._reading.add(number)
        found: Thing = None
        if place.within is not None:
            found = self._held(place.within).get(number)
        elif place.offset is not None:
            found = self._at(place.offset, number)
        self._reading.discard(number)
        self._known[number] = found
        return found

    def _at(self, offset: int, number: int | None = None) -> Thing:
        head = _HEAD.match(self.content, offset)
        if head is None or (number is not None and int(head[1]) != number):
            raise broken(f"no object {number} at byte {offset}")
        tokens = Tokens(self.content, head.end())
        thing = tokens.next()
        begin = _STREAM.match(self.content, tokens.place)
        if begin is None or not isinstance(thing, dict):
            if tokens.next() != Operator(b"endobj"):
                raise broken(f"no end of object {number}")
            return thing
        length = whole(self.get(thing.get("Length")))
        end = begin.end() + length
        if _STREAM_ENDS.match(self.content, end) is None:
            raise broken(f"the stream {number} is not as long as it says")
        return Stream(thing, self.content[begin.end() : end])

    def _held(self, number: int) -> dict[int, Thing]:
        """The objects in a stream of objects."""
        if number not in self._packed:
            stream = self._object(number)
            if not isinstance(stream, Stream) or stream.entries.get("Type") != "ObjStm" or "Extends" in stream.entries:
                raise broken(f"{number} is no stream of objects")
            data, first = self.data(stream), whole(stream.entries.get("First"))
            count = within("objects", whole(stream.entries.get("N")))
            numbers = Tokens(data, references=False)
            head = [whole(numbers.next()) for _ in range(2 * count)]
            self._packed[number] = {
                head[place]: Tokens(data, first + head[place + 1]).next() for place in range(0, 2 * count, 2)
            }
        return self._packed[number]

    def _cross_references(self, at: int) -> dict[str, Thing]:
        if self.content.startswith(b"xref", at):
            return self._table(at + len(b"xref"))
        stream = self._at(at)
        if not isinstance(stream, Stream) or stream.entries.get("Type") != "XRef":
            raise broken(f"no cross references at byte {at}")
        data, widths = self.data(stream), [whole(each) for each in self.items(stream.entries.get("W"))]
        size = whole(stream.entries.get("Size"))
        spans = [whole(each) for each in self.items(stream.entries.get("Index"))] or [0, size]
        if len(widths) != 3 or not all(0 <= each <= 8 for each in widths) or len(spans) % 2:
            raise broken("cross references of a form of their own")
        row = iter(range(0, len(data) - sum(widths) + 1, sum(widths) or 1))
        for first, count in zip(spans[::2], spans[1::2], strict=True):
            for number in range(first, first + within("objects", count)):
                start = next(row, None)
                if start is None:
                    raise broken("cross references are cut off")
                self._enter(number, _fields(data, start, widths))
        return stream.entries

    def _enter(self, number: int, entry: tuple[int, int, int]) -> None:
        kind, second, _ = entry
        if kind > 2:
            raise broken(f"a cross reference of kind {kind}")
        place = _Place(offset=second if kind == 1 else None, within=second if kind == 2 else None)
        self._places.setdefault(number, place)

    def _table(self, place: int) -> dict[str, Thing]:
        while (section := _SECTION.match(self.content, place)) is not None:
            place = section.end()
            for number in range(int(section[1]), int(section[1]) + within("objects", int(section[2]))):
                entry = _ENTRY.match(self.content, place)
                if entry is None:
                    raise broken(f"no cross reference at byte {place}")
                place = entry.end()
                self._enter(number, (int(entry[3] == b"n"), int(entry[1]), 0))
        tokens = Tokens(self.content, place)
        if tokens.next() != Operator(b"trailer"):
            raise broken("no trailer")
        trailer = tokens.next()
        if not isinstance(trailer, dict) or "XRefStm" in trailer:
            raise broken("a trailer of a form of its own")
        return trailer


def _fields(data: bytes, start: int, widths: list[int]) -> tuple[int, int, int]:
    values, place = list[int](), start
    for width in widths:
        values.append(int.from_bytes(data[place : place + width]) if width else 1 if place == start else 0)
        place += width
    return values[0], values[1], values[2]


def _unpredicted(data: bytes, parameters: dict[str, Thing]) -> bytes:
    """Rows of bytes as they were before each was written as what changed since the one above (PNG's filter 2)."""
    columns = whole(parameters.get("Columns", 1))
    if (
        whole(parameters.get("Predictor", 1)) < 10
        or not 0 < columns <= 64
        or parameters.keys() - {"Predictor", "Columns"}
    ):
        raise broken("packed in a way of its own")
    above, rows = bytes(columns), list[bytes]()
    for start in range(0, len(data), columns + 1):
        kind, row = data[start], data[start + 1 : start + 1 + columns]
        if kind not in {0, 2} or len(row) != columns:
            raise broken("packed in a way of its own")
        above = bytes((one + other) & 0xFF for one, other in zip(row, above, strict=True)) if kind else row
        rows.append(above)
    return b"".join(rows)


def whole(thing: Thing) -> int:
    """A whole number that is not negative.

    Raises:
        XuqiaoError: ``paper_check.unreadable``.
    """
    if isinstance(thing, bool) or not isinstance(thing, int) or thing < 0:
        raise broken(f"{str(thing)[:40]} is no whole number")
    return thing


def text_of(content: bytes) -> str:
    """A text outside of pages: UTF-16 where it says so, otherwise by Latin-1, which holds of ASCII."""
    return content[2:].decode("utf-16-be", "replace") if content.startswith(b"\xfe\xff") else content.decode("latin-1")


def numbers(thing: Thing) -> list[float]:
    """The numbers in an array; none where it holds anything else."""
    found = thing if isinstance(thing, list) else []
    return (
        [float(each) for each in found if isinstance(each, int | float)]
        if all(isinstance(each, int | float) for each in found)
        else []
    )
