"""From the facts of a case to the bytes of a paper."""

import hashlib
import html
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jinja2 import DictLoader, Environment, StrictUndefined, meta
from markupsafe import Markup

from activities.press.fonts import FontCase, OfficeFonts
from activities.press.libraries import check_libraries
from activities.press.writing import FILTERS, plain_data
from rulebook.errors import XuqiaoError
from rulebook.messages import digest_of
from rulebook.papers import DocumentKind, PaperData, check_complete

if TYPE_CHECKING:
    from weasyprint import CSS

_STYLE = "paper.css"
_FONT_SCHEME = "font://"
_OWN_CHOICE = Markup('<sup class="own">※</sup>')


@dataclass(frozen=True)
class Paper:
    """One finished paper.

    Attributes:
        pdf: the file; what is stored, and what counts.
        sha256: its digest, 64 hexadecimal digits.
        data_digest: digest of the facts it was made from, as printed at its foot (``digest_of`` over kind, language
            and the facts as JSON).
        template_digest: digest of the template, the style sheet and every file they include.
        versions: what it was drawn with; other versions may draw other bytes from the same facts.
        pages: how many.
    """

    pdf: bytes
    sha256: str
    data_digest: str
    template_digest: str
    versions: Mapping[str, str]
    pages: int


class _OwnChoices:
    """Marks what is the operator's own choice, and remembers whether anything was marked."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self.used = False

    def __call__(self, *names: str) -> str:
        """The mark where one of the named values is the operator's choice, otherwise nothing."""
        return self.mark() if self._names.intersection(names) else ""

    def mark(self) -> str:
        """The mark, for words of a template that no measure lays down."""
        self.used = True
        return _OWN_CHOICE


class Press:
    """Draws papers. One per process: it keeps fonts, templates and style sheet at hand, and draws one at a time.

    Args:
        templates_dir: an office's own folder; a template or style sheet in it stands before the bundled one of the
            same name.
        office_fonts: the office's own font files.
    Raises:
        XuqiaoError: ``papers.library_missing``, ``papers.font_unreadable``.
    """

    def __init__(self, templates_dir: Path | None = None, office_fonts: OfficeFonts | None = None) -> None:
        check_libraries()
        bundled = Path(str(files("templates"))) / "agreements"
        self._fonts = FontCase(bundled / "fonts", office_fonts or OfficeFonts())
        # Read once: what is rendered is always what the digest was taken over, whoever edits the folder meanwhile.
        self._sources = _read(bundled) | (_read(templates_dir) if templates_dir else {})
        self._templates = Environment(
            loader=DictLoader(self._sources),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_never_nothing,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(FILTERS)
        self._style: CSS | None = None
        self._digests: dict[str, str] = {}
        self._versions = {
            **{name: version(name) for name in ("weasyprint", "pydyf", "jinja2", "uharfbuzz")},
            "fonts": self._fonts.digest,
        }
        self._one_at_a_time = threading.Lock()

    def render(self, kind: DocumentKind, data: PaperData, lang: Literal["zh", "en"] = "zh") -> Paper:
        """Draw one paper. The same facts, templates, fonts and libraries give the same bytes.

        Args:
            kind: which paper.
            data: everything it shows.
            lang: ``zh``, or ``en`` for a plain English version.
        Returns:
            the paper.
        Raises:
            XuqiaoError: ``papers.missing_fact``, ``papers.missing_glyph``, ``papers.outside_asset``,
                ``papers.amount_absurd``, ``papers.template_missing``, ``papers.nothing_to_print``.
        """
        check_complete(kind, data)
        template_digest = self.template_digest(kind, lang)
        data_digest = digest_of({"kind": kind.value, "lang": lang, "data": data.model_dump(mode="json")})
        page = self._page(kind, data, lang, data_digest)
        with self._one_at_a_time:
            pdf, pages = self._draw(page, data.document_no)
        return Paper(
            pdf=pdf,
            sha256=hashlib.sha256(pdf).hexdigest(),
            data_digest=data_digest,
            template_digest=template_digest,
            versions=dict(self._versions),
            pages=pages,
        )

    def template_digest(self, kind: DocumentKind, lang: Literal["zh", "en"] = "zh") -> str:
        """SHA-256 over the template of a kind, everything it includes, and the style sheet; nothing is rendered."""
        name = _name(kind, lang)
        if name not in self._digests:
            self._digests[name] = digest_of({part: self._sources[part] for part in (*self._family(name), _STYLE)})
        return self._digests[name]

    def _family(self, name: str) -> set[str]:
        """A template with all that it extends, imports or includes."""
        known: set[str] = set()
        waiting = [name]
        while waiting:
            name = waiting.pop()
            if name in known:
                continue
            if name not in self._sources:
                raise XuqiaoError("papers.template_missing", template=name)
            known.add(name)
            parents = meta.find_referenced_templates(self._templates.parse(self._sources[name]))
            for parent in parents:
                if parent is None:
                    raise XuqiaoError("papers.template_unclear", template=name)
                waiting.append(parent)
        return known

    def _page(self, kind: DocumentKind, data: PaperData, lang: str, data_digest: str) -> str:
        """The paper as HTML, every value escaped."""
        template = self._templates.get_template(_name(kind, lang))
        return template.render(
            d=plain_data(data),
            kind=kind.value,
            lang=lang,
            data_digest=data_digest,
            own=_OwnChoices(data.operator_choices),
        )

    def _draw(self, page: str, document_no: str) -> tuple[bytes, int]:
        from weasyprint import CSS, HTML
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import FatalURLFetchingError

        text = html.unescape(page) + self._sources[_STYLE]
        for char in self._fonts.missing(text):
            raise XuqiaoError(
                "papers.missing_glyph", character=char, codepoint=f"U+{ord(char):04X}", document=document_no
            )
        cut = self._fonts.cut(text)
        fetcher = _assets_only(cut)
        if self._style is None:
            self._style = CSS(string=self._sources[_STYLE], url_fetcher=fetcher)
        # A new configuration for each paper costs some 4 ms. One kept for all would grow with every cut font, and
        # what was drawn before could show in the bytes.
        fonts = FontConfiguration()
        try:
            faces = CSS(string=self._face_rules(cut), font_config=fonts, url_fetcher=fetcher)
            document = HTML(string=page, url_fetcher=fetcher).render(
                font_config=fonts, stylesheets=[self._style, faces]
            )
            pdf = document.write_pdf()
        except FatalURLFetchingError as refused:
            raise XuqiaoError("papers.outside_asset", address=refused, document=document_no) from None
        assert isinstance(pdf, bytes)
        return pdf, len(document.pages)

    def _face_rules(self, cut: Iterable[str]) -> str:
        """CSS that names the cut fonts and says which roles use them."""
        faces = "".join(
            f"@font-face {{ font-family: xuqiao-{name}; src: url({_FONT_SCHEME}{name}) }}\n" for name in cut
        )
        stacks = {role: ", ".join(f"xuqiao-{name}" for name in stack) for role, stack in self._fonts.stacks.items()}
        return faces + ":root { " + " ".join(f"--{role}: {stack};" for role, stack in stacks.items()) + " }"


def _name(kind: DocumentKind, lang: str) -> str:
    return f"{kind.value}.{lang}.html"


def _read(folder: Path) -> dict[str, str]:
    """The templates and style sheets of a folder, by file name."""
    return {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(folder.iterdir())
        if path.suffix in {".html", ".css"}
    }


def _never_nothing(value: object) -> object:
    """A fact that is not known must never be printed as the word 'None'."""
    if value is None:
        raise XuqiaoError("papers.nothing_to_print")
    return value


def _assets_only(fonts: Mapping[str, bytes]) -> Any:
    """A fetcher that hands out the cut fonts and refuses every other address, however harmless it looks."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class _Fetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
            name = url.removeprefix(_FONT_SCHEME)
            if url.startswith(_FONT_SCHEME) and name in fonts:
                return URLFetcherResponse(url, fonts[name], {"Content-Type": "font/otf"})
            raise FatalURLFetchingError(url)

    return _Fetcher()
