"""WeasyPrint as the press uses it: nothing fetched, our own fonts only, opened once, and nothing done twice.

To import this module costs a second; so ``drawing`` does it when the first paper is drawn.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import as_file, files

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from activities.papers.press.economy import Styles

_FONT_SCHEME = "font://"
_environment = threading.Lock()
"""The environment is one for all threads: two that set and restore it at once would leave it as neither found it."""


class AssetsOnly(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """A fetcher that hands out what the press has made itself and refuses every other address, however harmless.

    Args:
        assets: address to content and media type.
    """

    def __init__(self, assets: Mapping[str, tuple[bytes, str]]) -> None:
        super().__init__()
        self._assets = assets

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        """One asset; ``FatalURLFetchingError`` for any other address."""
        if url not in self._assets:
            raise FatalURLFetchingError(url)
        content, mime = self._assets[url]
        return URLFetcherResponse(url, content, {"Content-Type": mime})


_FOOTNOTES = """
::footnote-call { content: counter(footnote); vertical-align: super; font-size: smaller; line-height: inherit }
::footnote-marker { content: counter(footnote) ". " }
"""


@cache
def _elements(footnotes: bool) -> CSS:
    text = files("activities.papers.press").joinpath("elements.css").read_text(encoding="utf-8")
    return CSS(string=text + (_FOOTNOTES if footnotes else ""), url_fetcher=AssetsOnly({}))


class Page(HTML):  # type: ignore[misc]
    """A document whose elements look as ``elements.css`` says before the papers' style sheet speaks.

    Args:
        footnotes: whether there may be any; WeasyPrint cannot draw one whose call nobody styled, and to style it costs
            every element some time.
        known_styles: of earlier pages with the same style sheets; what is new is added.
        options: as for ``HTML``.
    """

    def __init__(self, footnotes: bool, known_styles: Styles, **options: object) -> None:
        super().__init__(**options)
        self._footnotes = footnotes
        self.known_styles = known_styles

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:
        return [_elements(self._footnotes)]


def open_fonts(fonts: Mapping[str, bytes]) -> FontConfiguration:
    """Fonts for all papers to come, without those of the machine: no paper may look as the machine has it.

    Args:
        fonts: their files by the name that style sheets give them.
    """
    with _no_system_fonts():
        opened = FontConfiguration()
    assets = {f"{_FONT_SCHEME}{name}": (font, "font/ttf") for name, font in fonts.items()}
    rules = "".join(f"@font-face {{ font-family: {name}; src: url({_FONT_SCHEME}{name}) }}\n" for name in fonts)
    CSS(string=rules, font_config=opened, url_fetcher=AssetsOnly(assets))
    return opened


@contextmanager
def _no_system_fonts() -> Iterator[None]:
    """Fontconfig is told by its environment where to look."""
    with _environment, as_file(files("activities.papers.press").joinpath("no_system_fonts.conf")) as nothing:
        before = os.environ.get("FONTCONFIG_FILE")
        os.environ["FONTCONFIG_FILE"] = str(nothing)
        try:
            yield
        finally:
            if before is None:
                del os.environ["FONTCONFIG_FILE"]
            else:
                os.environ["FONTCONFIG_FILE"] = before
