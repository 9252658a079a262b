"""From HTML to PDF/A: WeasyPrint with faces cut to the document, and nothing fetched from anywhere."""

import html
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from activities.press.facts import ATTACHMENT
from activities.press.fonts import FontCase
from activities.press.places import SignatureBox, signature_boxes
from activities.press.tagging import finish
from rulebook.errors import XuqiaoError

if TYPE_CHECKING:
    from weasyprint import CSS

_VARIANT = "pdf/a-3a"
_INTENT = "screen"
"""Our name for the colours that PDF/A wants declared: sRGB."""
_FONT_SCHEME = "font://"
_DRAFT_MARK = "mark://draft"
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
        fonts: all faces.
        style: the style sheet of all papers.
    """

    def __init__(self, fonts: FontCase, style: str) -> None:
        self._fonts = fonts
        # Put in here, not as CSS variables: to look those up for every element took an eighth of the time.
        for role, stack in fonts.stacks.items():
            style = style.replace(f"var(--{role})", ", ".join(f"xuqiao-{name}" for name in stack))
        self._style_text = style
        self._style: CSS | None = None
        self._colours = _Colours()
        self._one_at_a_time = threading.Lock()

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
            with self._one_at_a_time:
                return self._draw(page, self._fonts.cut(text), facts, qr, issued_on, draft)
        except FatalURLFetchingError as refused:
            raise XuqiaoError("papers.outside_asset", address=refused, document=document_no) from None

    def _draw(
        self,
        page: str,
        cut: Mapping[str, bytes],
        facts: bytes,
        qr: bytes,
        issued_on: date,
        draft: Literal["zh", "en"] | None,
    ) -> Drawn:
        from weasyprint import CSS, HTML, Attachment
        from weasyprint.text.fonts import FontConfiguration

        assets = {f"{_FONT_SCHEME}{name}": (font, "font/otf") for name, font in cut.items()}
        if draft:
            assets[_DRAFT_MARK] = (_draft_mark(_DRAFT_WORDS[draft], self._fonts.stacks["label"]), "image/svg+xml")
        fetcher = _assets_only(assets)
        if self._style is None:
            self._style = CSS(string=self._style_text, url_fetcher=fetcher)
        # A new configuration for each paper costs some 4 ms. One kept for all would grow with every cut font, and
        # what was drawn before could show in the bytes.
        fonts = FontConfiguration()
        own = CSS(string=_own_rules(cut, bool(draft)), font_config=fonts, url_fetcher=fetcher)
        document = HTML(string=page, url_fetcher=fetcher).render(
            font_config=fonts,
            stylesheets=[self._style, own],
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


def _own_rules(cut: Iterable[str], draft: bool) -> str:
    """CSS of one paper: its cut faces, and the mark of a draft."""
    faces = "".join(f"@font-face {{ font-family: xuqiao-{name}; src: url({_FONT_SCHEME}{name}) }}\n" for name in cut)
    mark = f"@page {{ background: url({_DRAFT_MARK}) center / 170mm 170mm no-repeat }}\n" if draft else ""
    return faces + mark


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


def _draft_mark(word: str, faces: Iterable[str]) -> bytes:
    """The word across the page, light enough to read the text over it, in print as well."""
    family = ", ".join(f"xuqiao-{name}" for name in faces)
    size = 190 if len(word) == 2 else 120
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 600" width="600" height="600">'
        f'<text x="300" y="{300 + size // 3}" text-anchor="middle" transform="rotate(-45 300 300)"'
        f' font-family="{family}" font-size="{size}" fill="#e3e3e3">{word}</text></svg>'
    ).encode()


def _without_strip(pages: Iterable[Any]) -> None:
    """Take the seal strip off: a single page has no other to be held together with."""
    for page in pages:
        box = page._page_box
        box.children = [child for child in box.children if getattr(child, "at_keyword", None) != _STRIP]


def _assets_only(assets: Mapping[str, tuple[bytes, str]]) -> Any:
    """A fetcher that hands out what the press has made itself and refuses every other address, however harmless."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class _Fetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
            if url not in assets:
                raise FatalURLFetchingError(url)
            content, mime = assets[url]
            return URLFetcherResponse(url, content, {"Content-Type": mime})

    return _Fetcher()
