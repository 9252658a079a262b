"""The last touch on a PDF's objects before they are written.

Tables: WeasyPrint tags every heading cell without saying what it heads, and whatever stands in columns as a table. A
reader that reads cell by cell needs the first (ISO 14289-1, 7.5) and stumbles over the second.

Header, footer and marks at the edge are no part of the text. WeasyPrint tags them like text, but hangs them nowhere: a
reader that walks the tag tree would find content without a place in it. PDF 1.7 (ISO 32000-1, 14.8.2.2) has artifacts
of pagination for this.
"""

import zlib
from collections.abc import Iterator
from typing import Any

import pydyf

_NOTHING = b"null"
_BEGIN, _END = b"stream\n", b"\nendstream"
_CELLS = frozenset({"/TH", "/TD"})
_OF_TABLES = frozenset({"/Table", "/THead", "/TBody", "/TFoot", "/TR", "/TD"})
_BLOCKS = frozenset({"/H1", "/H2", "/H3", "/P"})


def finish(pdf: Any, at_the_corner: bytes) -> None:
    """Make artifacts of all content whose tag hangs nowhere, fold tags that say nothing, name each file once.

    Args:
        pdf: the objects that are about to be written.
        at_the_corner: strokes for the first page, from its upper right corner, y down; may be empty.
    """
    tree = _Tree(pdf)
    for page, parents in tree.pages():
        tree.margins_as_artifacts(page, parents)
        tree.fold_lines(parents)
    tree.unfold_blocks()
    tree.name_tables()
    if at_the_corner:
        tree.draw_at_the_corner(at_the_corner)
    # WeasyPrint lists an embedded file once for the name tree and once more for itself.
    pdf.catalog["AF"][:] = dict.fromkeys(pdf.catalog["AF"])
    _write_once(pdf)


def _write_once(pdf: Any) -> None:
    """Put every object in the form it has in the file. Left alone, all are written twice and compressed twice, once for
    the file's identifier. From here on nothing may change."""
    pdf.objects[:] = [item if item.free == "f" else _Written(item) for item in pdf.objects]


class _Written(pydyf.Object):  # type: ignore[misc]  # pydyf has no types
    """An object as its bytes."""

    data = compressible = None

    def __init__(self, of: Any) -> None:
        super().__init__()
        if isinstance(of, pydyf.Stream) and of.compress:
            _compress(of)
        self.number, self.generation = of.number, of.generation
        self.data, self.compressible = of.data, of.compressible


def _compress(stream: Any) -> None:
    """At zlib's usual level: its highest, which pydyf takes, saves half a percent of a paper and costs a twentieth of
    its time."""
    written = pydyf.Stream(stream.stream).data
    content = written[written.index(_BEGIN) + len(_BEGIN) : -len(_END)]
    stream.stream, stream.compress = [zlib.compress(content)], False
    stream.extra["Filter"] = "/FlateDecode"


class _Tree:
    """The tag tree of a PDF: its elements are dictionaries, which refer to each other by number."""

    def __init__(self, pdf: Any) -> None:
        self._pdf = pdf
        root = self._at(pdf.catalog["StructTreeRoot"])
        self._top = self._at(root["K"][0])
        self._hanging = set(self._top["K"])
        self._nums = self._at(root["ParentTree"])["Nums"]

    def pages(self) -> Iterator[tuple[Any, list[bytes]]]:
        """Every page with the elements that its pieces of marked content belong to, in their order."""
        for reference in self._pdf.page_references:
            page = self._at(reference)
            yield page, self._nums[2 * page["StructParents"] + 1]

    def margins_as_artifacts(self, page: Any, parents: list[bytes]) -> None:
        """Content of a page whose tag is not under the top becomes an artifact of pagination."""
        chains = {mcid: list(self._up(reference)) for mcid, reference in enumerate(parents)}
        loose = {mcid: chain for mcid, chain in chains.items() if chain[-1].reference not in self._hanging}
        content = self._at(page["Contents"]).stream
        for place, item in enumerate(content):
            if isinstance(item, pydyf.Dictionary) and item.get("MCID") in loose:
                content[place - 1 : place + 1] = ["/Artifact", pydyf.Dictionary({"Type": "/Pagination"})]
        for mcid, chain in loose.items():
            parents[mcid] = _NOTHING
            for element in chain:
                element.clear()

    def fold_lines(self, parents: list[bytes]) -> None:
        """A paragraph holds its lines itself, without an element for each: a line is no part of its meaning."""
        for mcid, reference in enumerate(parents):
            if reference == _NOTHING:
                continue
            line = self._at(reference)
            above = self._at(line["P"])
            if line["S"] != "/Span" or line["K"] != [mcid] or above["Pg"] != line["Pg"]:
                continue
            above["K"][above["K"].index(reference)] = mcid
            parents[mcid] = above.reference
            line.clear()

    def unfold_blocks(self) -> None:
        """A heading or paragraph in itself, which is only how its lines were boxed, is no second one."""
        for element in self._pdf.objects:
            if (
                isinstance(element, dict)
                and element.get("S") in _BLOCKS
                and self._at(element["P"])["S"] == element["S"]
            ):
                element["S"] = "/NonStruct"

    def name_tables(self) -> None:
        """Each heading says whether it heads row or column; a table without one only sets things side by side."""
        for table in [each for each in self._pdf.objects if isinstance(each, dict) and each.get("S") == "/Table"]:
            rows = [element for element in self._below(table) if element.get("S") == "/TR"]
            cells = [[cell for cell in self._kids(row) if cell.get("S") in _CELLS] for row in rows]
            if any(cell["S"] == "/TH" for row in cells for cell in row):
                for row in cells:
                    self._give_scope(row)
            else:
                for element in [table, *self._below(table)]:
                    if element.get("S") in _OF_TABLES:
                        element["S"] = "/NonStruct" if element["S"] != "/TD" else "/Div"
                        element.pop("A", None)

    def _give_scope(self, row: list[Any]) -> None:
        scope = "/Column" if all(cell["S"] == "/TH" for cell in row) else "/Row"
        for cell in row:
            if cell["S"] == "/TH":
                attributes = cell.setdefault("A", pydyf.Dictionary({"O": "/Table"}))
                attributes["Scope"] = scope

    def _kids(self, element: Any) -> list[Any]:
        kids = element.get("K", [])
        references = kids if isinstance(kids, list) else [kids]
        found = (self._at(each) for each in references if isinstance(each, bytes) and each.endswith(b" R"))
        return [each for each in found if isinstance(each, dict) and "S" in each]

    def _below(self, element: Any) -> Iterator[Any]:
        """All that stands in an element, itself and tables within it left out."""
        for kid in self._kids(element):
            if kid.get("S") != "/Table":
                yield kid
                yield from self._below(kid)

    def draw_at_the_corner(self, strokes: bytes) -> None:
        """Put strokes on the first page, as an artifact; its y runs down already."""
        page = self._at(self._pdf.page_references[0])
        width = b"%.3f" % page["MediaBox"][2]
        artifact = b"/Artifact <</Type /Pagination>> BDC\nq\n1 0 0 1 " + width + b" 0 cm\n" + strokes + b"\nQ\nEMC"
        self._at(page["Contents"]).stream.append(artifact)

    def _up(self, reference: bytes) -> Iterator[Any]:
        """An element and those above it, without the top."""
        while reference != self._top.reference:
            element = self._at(reference)
            yield element
            reference = element["P"]

    def _at(self, reference: bytes) -> Any:
        return self._pdf.objects[int(reference.split()[0])]
