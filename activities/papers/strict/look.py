"""A file looked at strictly, from its first byte to what the eye sees; for a process that may be ended at any
moment."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from cryptography import x509

from activities.papers.agreement import against_text
from activities.papers.embedded import ATTACHMENT
from activities.papers.findings import FileFinding, finding, refusal
from activities.papers.strict.bounds import within
from activities.papers.strict.eye import covered_by_looks, out_of_order, trouble_on
from activities.papers.strict.fonts import Known
from activities.papers.strict.held import strangers
from activities.papers.strict.page import Drawer, Page
from activities.papers.strict.pdf import Pdf, Thing, text_of
from activities.papers.strict.seen import Seen, Wanted
from activities.signing.found import FoundSignature, Look, unreadable
from rulebook.errors import XuqiaoError

_DRAFT = ("草稿", "DRAFT")
_MOST_TOLD = 6
_FIELD_TREE = frozenset({("annotation", "Kids"), ("annotation", "Parent"), ("form", "XFA")})
"""Fields below fields: the libraries that check signatures would follow them without end."""


def look(content: bytes, fonts: Sequence[Path], roots: Sequence[x509.Certificate], wanted: Wanted = Wanted.ALL) -> Seen:
    """Look at a file.

    Args:
        fonts: of the papers of this house.
        roots: the authorities that are believed.
        wanted: what is asked about it; more than that is not looked at.
    Returns:
        what was seen. No file is an error: what is wrong with it stands there, and so does that it is too much.
    """
    try:
        pdf = Pdf(content)
        odd = strangers(pdf) if wanted is Wanted.ALL else []
    except XuqiaoError as error:
        broken = (unreadable(),) if b"/ByteRange" in content else ()
        return Seen(whole=False, signatures=broken, faults=(refusal(error),))
    looking = _Looking(content, pdf, odd, Known(fonts))
    return looking.seen(roots) if wanted is Wanted.ALL else looking.part(wanted)


class _Looking:
    """One file that has the form of a PDF, and what was seen of it so far."""

    def __init__(self, content: bytes, pdf: Pdf, odd: Sequence[tuple[str, str]], known: Known) -> None:
        self._content, self._pdf, self._odd, self._known = content, pdf, odd, known
        self._drawer = Drawer(pdf)
        self._pages, self._entries = list[Page](), list[dict[str, Thing]]()
        self._faults = list[FileFinding]()
        self._whole = True

    def seen(self, roots: Sequence[x509.Certificate]) -> Seen:
        """Everything, as far as it can be read."""
        self._step(self._draw)
        draft = bool(self._pages) and all(any(word in page.text for word in _DRAFT) for page in self._pages)
        if draft:
            self._faults.append(finding("paper_check.draft"))
        elif self._whole:
            self._step(self._judge_pages)
        attached = self._embedded()
        signed, looks, over = self._signed(roots)
        if self._odd:
            told = ", ".join(f"{part}: {what}" for part, what in self._odd)
            self._faults.insert(0, finding("paper_check.never_held", what=told))
        seen = Seen(
            whole=self._whole,
            pages=tuple(page.text for page in self._pages),
            attached=attached,
            draft=draft,
            signatures=tuple(signed),
            looks=looks,
            laid_over=tuple(over),
            faults=tuple(self._faults),
        )
        return seen.model_copy(update={"text_faults": tuple(_against(seen))})

    def part(self, wanted: Wanted) -> Seen:
        """What is wanted of a file that this house kept; nothing is judged."""
        if wanted is Wanted.LOOKS:
            from activities.signing.looks import looks_of

            return Seen(whole=True, looks=looks_of(self._content))
        if wanted is Wanted.TEXT:
            self._step(self._draw)
        return Seen(whole=self._whole, pages=tuple(page.text for page in self._pages), attached=self._embedded())

    def _embedded(self) -> tuple[str, ...]:
        """What it carries under the name of the facts, as far as that can be read."""
        attached = list[str]()
        with suppress(XuqiaoError):
            attached.extend(each.decode("latin-1") for each in self._attached())
        return tuple(attached)

    def _step(self, do: Callable[[], Iterator[FileFinding]]) -> None:
        try:
            self._faults.extend(do())
        except XuqiaoError as error:
            self._whole = False
            self._faults.append(refusal(error))

    def _draw(self) -> Iterator[FileFinding]:
        for entries in self._of_the_tree():
            self._entries.append(entries)
            self._pages.append(self._drawer.draw(entries))
            within("pages", len(self._pages))
        odd = list(dict.fromkeys(what for page in self._pages for what in page.odd))
        if odd and not all(any(word in page.text for word in _DRAFT) for page in self._pages):
            yield finding("paper_check.never_drawn", what=", ".join(odd[:_MOST_TOLD]))

    def _of_the_tree(self) -> Iterator[dict[str, Thing]]:
        """The pages of the file, in their order."""
        root = self._pdf.entries(self._pdf.trailers[0].get("Root"))
        waiting, met = [root.get("Pages")], 0
        while waiting:
            met = within("objects", met + 1)
            node = self._pdf.entries(waiting.pop())
            if node.get("Type") == "Page":
                yield node
            else:
                waiting.extend(reversed(self._pdf.items(node.get("Kids"))))
        if not self._entries:
            raise XuqiaoError("paper_check.unreadable", reason="no pages")

    def _judge_pages(self) -> Iterator[FileFinding]:
        for font in self._drawer.fonts.values():
            if unlike := self._known.otherwise(font):
                signs = "、".join(f"{one.read}→{one.shown or '?'}" for one in unlike[:_MOST_TOLD])
                yield finding("paper_check.glyphs", font=font.name, signs=signs)
        for number, page in enumerate(self._pages, 1):
            for code, text in trouble_on(page):
                yield finding(f"paper_check.{code}", page=number, text=text)
        if wrong := out_of_order(self._pages):
            yield finding("paper_check.page_order", pages=", ".join(map(str, wrong)), count=len(self._pages))
        for number, text in covered_by_looks(self._drawer, self._entries, self._pages):
            yield finding("paper_check.covered_by_signature", page=number, text=text)

    def _attached(self) -> Iterator[bytes]:
        """What is embedded under the name of the facts; anything under another name is told."""
        names = self._pdf.entries(self._pdf.entries(self._pdf.trailers[0].get("Root")).get("Names"))
        pairs = self._pdf.items(self._pdf.entries(names.get("EmbeddedFiles")).get("Names"))
        for name, file in zip(pairs[::2], pairs[1::2], strict=False):
            called = self._pdf.get(name)
            if isinstance(called, bytes) and text_of(called) == ATTACHMENT:
                yield self._pdf.data(self._pdf.entries(self._pdf.entries(file).get("EF")).get("F"))
            else:
                self._faults.append(finding("paper_check.never_held", what=f"files: {str(called)[:60]}"))

    def _signed(self, roots: Sequence[x509.Certificate]) -> tuple[list[FoundSignature], dict[str, Look], list[int]]:
        """The signatures; the library that checks them is loaded only where there is something to check."""
        form = self._pdf.entries(self._pdf.entries(self._pdf.trailers[0].get("Root")).get("AcroForm"))
        fields = [self._pdf.entries(each) for each in self._pdf.items(form.get("Fields"))]
        laid = any("Annots" in page for page in self._entries)
        if not fields and not laid and b"/ByteRange" not in self._content:
            return [], {}, []
        if _FIELD_TREE & set(self._odd):
            return [unreadable()], {}, []
        from activities.signing.check import find_signatures
        from activities.signing.looks import laid_over, looks_of
        from activities.signing.reader import Reader

        try:
            within("signatures", len(fields))
            reader = Reader(self._content)
            found = find_signatures(self._content, roots, reader)
        except XuqiaoError as error:
            self._whole = False
            self._faults.append(refusal(error))
            return [unreadable()], {}, []
        except Exception:  # a damaged file makes the library fail in any way
            return [unreadable()] if b"/ByteRange" in self._content else [], {}, []
        read = sum(bool(each.field) for each in found)
        signed = sum("V" in field for field in fields)
        missed = [unreadable()] * max(0, signed - read - sum(not each.field for each in found))
        return [*found, *missed], looks_of(self._content, reader), laid_over(self._content, reader)


def _against(seen: Seen) -> Iterator[FileFinding]:
    if seen.facts is None or not seen.pages:
        return
    try:
        yield from against_text(seen, seen.facts)
    except XuqiaoError as error:
        yield refusal(error)
