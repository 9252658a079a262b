"""From HTML to PDF/A, as one paper after the other is drawn."""

import gc
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from activities.papers.embedded import ATTACHMENT
from activities.papers.press.fonts import FontCase
from activities.papers.press.places import SignatureBox, signature_boxes
from activities.papers.press.tagging import finish
from rulebook.errors import XuqiaoError

if TYPE_CHECKING:
    from weasyprint import CSS

    from activities.papers.press.economy import Styles

_VARIANT = "pdf/a-3a"
_INTENT = "screen"
"""Our name for the colours that PDF/A wants declared: sRGB."""
_DRAFT_MARK = "mark://draft"
_MARKED = f"@page {{ background: url({_DRAFT_MARK}) center / 170mm 170mm no-repeat }}"
_OF_THE_PAGE = re.compile(r"\dv(?:w|h|i|b|min|max)\b", re.IGNORECASE)
"""A length in parts of the page."""
_STRIP = "@right-middle"
"""The margin in which the strip for the seal across the pages (骑缝章) stands."""
_DRAFT_WORDS: Mapping[Literal["zh", "en"], str] = {"zh": "草稿", "en": "DRAFT"}


class Drawn(NamedTuple):
    """A PDF, its number of pages, and where its parties sign."""

    pdf: bytes
    pages: int
    boxes: tuple[SignatureBox, ...]


class DrawingBoard:
    """Lays out and writes one paper at a time.

    Args:
        fonts: all of them.
        style: the style sheet of all papers.
    """

    def __init__(self, fonts: FontCase, style: str) -> None:
        self._fonts = fonts
        # Put in here, not as CSS variables: to look those up for every element took an eighth of the time.
        for role, stack in fonts.stacks.items():
            style = style.replace(f"var(--{role})", ", ".join(stack))
        self._style_text = style
        self._style: CSS | None = None
        self._known_styles: Styles = {}
        self._colours = _Colours()

    def draw(
        self, page: str, facts: bytes, qr: bytes, document_no: str, issued_on: date, draft: Literal["zh", "en"] | None
    ) -> Drawn:
        """Draw one paper.

        Args:
            page: as HTML.
            facts: what is embedded as ``data.json``.
            qr: strokes at the corner of the first page.
            document_no: for errors.
            issued_on: the date of the embedded file; the clock must not show in the bytes.
            draft: the language in which every page is marked as a draft; None for a paper that counts.
        Raises:
            XuqiaoError: ``papers.missing_glyph``, ``papers.outside_asset``.
        """
        from weasyprint.urls import FatalURLFetchingError

        text = html.unescape(page) + self._style_text + (_DRAFT_WORDS[draft] if draft else "")
        for char in self._fonts.missing(text):
            raise XuqiaoError(
                "papers.missing_glyph", character=char, codepoint=f"U+{ord(char):04X}", document=document_no
            )
        try:
            with self._fonts.in_use, _nothing_collected():
                return self._draw(page, facts, qr, issued_on, draft)
        except FatalURLFetchingError as refused:
            raise XuqiaoError("papers.outside_asset", address=refused, document=document_no) from None

    def _draw(self, page: str, facts: bytes, qr: bytes, issued_on: date, draft: Literal["zh", "en"] | None) -> Drawn:
        from weasyprint import CSS, Attachment

        from activities.papers.press.engine import AssetsOnly, Page, fill_lines

        fill_lines()
        fetcher = AssetsOnly(_mark(draft, self._fonts.stacks["label"]) if draft else {})
        if self._style is None:
            self._style = CSS(string=self._style_text, url_fetcher=fetcher)
        styles = [self._style, CSS(string=_MARKED, url_fetcher=fetcher)] if draft else [self._style]
        footnotes = any("footnote" in text for text in (page, self._style_text))
        # Lengths that follow the size of a document's first page are another document's only by chance.
        follow_page = any(_OF_THE_PAGE.search(text) for text in (page, self._style_text))
        known = {} if draft or follow_page else self._known_styles
        document = Page(footnotes, known, string=page, url_fetcher=fetcher).render(
            font_config=self._fonts.opened,
            stylesheets=styles,
            color_profiles={_INTENT: self._colours},
            output_intent=_INTENT,
            pdf_variant=_VARIANT,
        )
        boxes = signature_boxes(document.pages)
        if len(document.pages) < 2 or not boxes:
            _without_strip(document.pages)
        moment = datetime.combine(issued_on, time(), UTC)
        data = Attachment(
            file_obj=BytesIO(facts),
            url_fetcher=fetcher,
            name=ATTACHMENT,
            description="The facts of this document as canonical JSON",
            created=moment,
            modified=moment,
            relationship="Data",
        )
        pdf = document.write_pdf(
            pdf_variant=_VARIANT, output_intent=_INTENT, attachments=[data], finisher=lambda _, pdf: finish(pdf, qr)
        )
        assert isinstance(pdf, bytes)
        return Drawn(pdf, len(document.pages), boxes)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """What a paper is drawn from stays until it is drawn; to look through it for what could go took a tenth of the
    time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


class _Colours:
    """sRGB as PDF/A wants it declared, in the shape of WeasyPrint's ``ColorProfile``.

    That one opens the profile for each paper anew, leaves it open, and hands out other bytes once it was asked for its
    name; here they are those of the file.
    """

    name = "sRGB2014"
    components = ("r", "g", "b")

    def __init__(self) -> None:
        self.content = (files("weasyprint") / "pdf" / "sRGB2014.icc").read_bytes()
        self.pdf_reference: bytes | None = None


def _mark(lang: Literal["zh", "en"], fonts: Iterable[str]) -> dict[str, tuple[bytes, str]]:
    """The word across the page, light enough to read the text over it, in print as well; as an asset."""
    word = _DRAFT_WORDS[lang]
    size = 190 if len(word) == 2 else 120
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 600" width="600" height="600">'
        f'<text x="300" y="{300 + size // 3}" text-anchor="middle" transform="rotate(-45 300 300)"'
        f' font-family="{", ".join(fonts)}" font-size="{size}" fill="#e3e3e3">{word}</text></svg>'
    )
    return {_DRAFT_MARK: (drawing.encode(), "image/svg+xml")}


def _without_strip(pages: Iterable[Any]) -> None:
    """Take the seal strip off: a single page has no other to be held together with."""
    for page in pages:
        box = page._page_box
        box.children = [child for child in box.children if getattr(child, "at_keyword", None) != _STRIP]
