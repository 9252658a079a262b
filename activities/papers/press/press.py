"""From the facts of a case to the bytes of a paper."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from jinja2 import DictLoader, Environment, StrictUndefined, meta
from markupsafe import Markup

from activities.papers.embedded import facts_digest
from activities.papers.press.drawing import DrawingBoard, Drawn
from activities.papers.press.facts import facts_bytes, facts_of
from activities.papers.press.fonts import FontCase
from activities.papers.press.libraries import check_libraries
from activities.papers.press.office import STYLE, Office, bundled_dir, read_office
from activities.papers.press.places import SignatureBox
from activities.papers.press.seal_picture import marked
from activities.papers.press.template_facts import TemplateFacts, template_facts_of
from activities.papers.press.writing import FILTERS, plain_data
from activities.papers.qr import qr_content, qr_drawing
from activities.words import say
from rulebook.errors import XuqiaoError
from rulebook.messages import digest_of
from rulebook.papers.earlier import WithEarlierNames
from rulebook.papers.facts import PaperData, check_complete
from rulebook.papers.kinds import DocumentKind

_OWN_CHOICE = Markup('<sup class="own">※</sup>')

_OTHERS = 4
"""Sets of earlier templates that a press keeps at hand."""


@dataclass(frozen=True)
class Paper:
    """One finished paper.

    Attributes:
        pdf: the file; what is stored, and what counts.
        sha256: its digest, 64 hexadecimal digits.
        data_digest: SHA-256 of the facts it was made from, as printed at its foot: of the file's own ``data.json``,
            byte for byte.
        template_digest: digest of the template, the style sheet and every file they include.
        versions: what it was drawn with; other versions may draw other bytes from the same facts.
        pages: how many.
        boxes: where the parties sign.
        draft: whether it bears the mark of a draft; a draft is looked at, never issued or stored.
    """

    pdf: bytes
    sha256: str
    data_digest: str
    template_digest: str
    versions: Mapping[str, str]
    pages: int
    boxes: tuple[SignatureBox, ...] = ()
    draft: bool = False


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
        office_dir: an office's own folder of templates, names and fonts (see ``activities.papers.press.office``).
        check_url: address of the page on which anybody can check a paper, for the QR; None where there is none.
    Raises:
        XuqiaoError: ``papers.library_missing``, ``papers.font_unreadable``, and those of ``read_office``.
    """

    def __init__(self, office_dir: Path | None = None, check_url: str | None = None) -> None:
        check_libraries()
        # Read once: what is rendered is always what the digest was taken over, whoever edits the folder meanwhile.
        own = read_office(office_dir)
        self._open(own, FontCase(bundled_dir() / "fonts", own.fonts), check_url)

    def _open(self, office: Office, fonts: FontCase, check_url: str | None) -> None:
        self.office = office
        self._check_url = check_url
        self._fonts = fonts
        self._others: dict[str, Press] = {}
        self._board = DrawingBoard(fonts, self.office.sources[STYLE])
        self._templates = Environment(
            loader=DictLoader(self.office.sources),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_never_nothing,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(FILTERS)
        self._digests: dict[str, str] = {}
        self._template_facts: dict[str, TemplateFacts] = {}
        self._versions = {
            **{name: version(name) for name in ("weasyprint", "pydyf", "jinja2", "uharfbuzz", "segno")},
            "fonts": fonts.digest,
        }

    def _of(self, templates: Office) -> "Press":
        """This press with the templates and names that something was approved with, in its own fonts."""
        other = self._others.pop(templates.digest, None)
        if other is None:
            other = Press.__new__(Press)
            other._open(templates, self._fonts, self._check_url)
        self._others[templates.digest] = other
        if len(self._others) > _OTHERS:
            del self._others[next(iter(self._others))]
        return other

    def render(
        self,
        kind: DocumentKind,
        data: PaperData,
        lang: Literal["zh", "en"] = "zh",
        draft: bool = False,
        templates: Office | None = None,
    ) -> Paper:
        """Draw one paper. The same facts, templates, fonts and libraries give the same bytes.

        Args:
            kind: which paper.
            data: everything it shows; what it does not show it does not carry either.
            lang: ``zh``, or ``en`` for a plain English version.
            draft: mark every page as a draft and leave out the QR, which would vouch for it.
            templates: those it was approved with; None takes the office's present ones.
        Returns:
            the paper, PDF/A-3a, with the facts it shows embedded as ``data.json``.
        Raises:
            XuqiaoError: ``papers.missing_fact``, ``papers.missing_glyph``, ``papers.outside_asset``,
                ``papers.amount_absurd``, ``papers.template_missing``, ``papers.template_broken``,
                ``papers.nothing_to_print``, ``papers.qr_too_long``.
        """
        if templates is not None and templates.digest != self.office.digest:
            return self._of(templates).render(kind, data, lang, draft)
        check_complete(kind, data)
        template_digest = self.template_digest(kind, lang)
        plain = plain_data(data)
        facts = facts_bytes(self.facts_of(kind, data, lang, plain))
        data_digest = facts_digest(facts)
        page = self._page(kind, plain, lang, data_digest, draft)
        # A QR would vouch for a draft.
        qr = b"" if draft else qr_drawing(qr_content(self._check_url, data.document_no, data_digest))
        with _broken_templates(_name(kind, lang), but=(OSError, MemoryError)):
            drawn = self._board.draw(page, facts, qr, data.document_no, data.issued_on, lang if draft else None)
        pdf = self._with_seal(drawn, lang) if draft else drawn.pdf
        return Paper(
            pdf=pdf,
            sha256=hashlib.sha256(pdf).hexdigest(),
            data_digest=data_digest,
            template_digest=template_digest,
            versions=dict(self._versions),
            pages=drawn.pages,
            boxes=drawn.boxes,
            draft=draft,
        )

    def _with_seal(self, draft: Drawn, lang: Literal["zh", "en"]) -> bytes:
        """A draft with the office's seal where it will be once the operator has signed, and a draft itself."""
        if self.office.seal is None:
            return draft.pdf
        # What signs costs half a second and 30 MB to import, and no paper that counts needs it.
        from activities.signing.places import OPERATOR, seal_on
        from gateways.esign.seal import shown_on_a_draft

        word = say("papers.seal_draft", lang)
        picture = marked(self.office.seal, word, self._fonts.cut(word))
        seal = seal_on(picture, [box._asdict() for box in draft.boxes], OPERATOR, draft.pages)
        return shown_on_a_draft(draft.pdf, seal) if seal else draft.pdf

    def template_digest(self, kind: DocumentKind, lang: Literal["zh", "en"] = "zh") -> str:
        """SHA-256 over the template of a kind, everything it includes, the style sheet and what the office calls it;
        nothing is rendered."""
        name = _name(kind, lang)
        if name not in self._digests:
            parts = {part: self.office.sources[part] for part in (*self._family(name), STYLE)}
            self._digests[name] = digest_of(parts | {"name": self.office.name_of(kind, lang)})
        return self._digests[name]

    def facts_of(
        self,
        kind: DocumentKind,
        data: PaperData,
        lang: Literal["zh", "en"] = "zh",
        plain: PaperData | None = None,
    ) -> dict[str, object]:
        """What a paper carries of the facts, as plain data: what its template speaks of, and no more.

        Args:
            plain: the same facts with every text made plain, where they were made already.
        Raises:
            XuqiaoError: ``papers.template_missing``, ``papers.template_unclear``.
        """
        return facts_of(kind, lang, plain or plain_data(data), self.template_facts(kind, lang))

    def template_facts(self, kind: DocumentKind, lang: Literal["zh", "en"] = "zh") -> TemplateFacts:
        """What the template of a kind speaks of, with all that it includes.

        Raises:
            XuqiaoError: ``papers.template_missing``, ``papers.template_unclear``.
        """
        name = _name(kind, lang)
        if name not in self._template_facts:
            trees = (self._templates.parse(self.office.sources[part]) for part in sorted(self._family(name)))
            self._template_facts[name] = template_facts_of(trees)
        return self._template_facts[name]

    def _family(self, name: str) -> set[str]:
        """A template with all that it extends, imports or includes."""
        known: set[str] = set()
        waiting = [name]
        while waiting:
            name = waiting.pop()
            if name in known:
                continue
            if name not in self.office.sources:
                raise XuqiaoError("papers.template_missing", template=name)
            known.add(name)
            with _broken_templates(name):
                parents = list(meta.find_referenced_templates(self._templates.parse(self.office.sources[name])))
            for parent in parents:
                if parent is None:
                    raise XuqiaoError("papers.template_unclear", template=name)
                waiting.append(parent)
        return known

    def page(
        self,
        kind: DocumentKind,
        data: PaperData,
        lang: Literal["zh", "en"] = "zh",
        data_digest: str = "",
        draft: bool = False,
    ) -> str:
        """A paper as HTML, before it is laid out; every value escaped.

        Args:
            data_digest: what stands at its foot.
        Raises:
            XuqiaoError: ``papers.template_missing``, ``papers.template_broken``, ``papers.nothing_to_print``.
        """
        return self._page(kind, plain_data(data), lang, data_digest, draft)

    def _page(
        self, kind: DocumentKind, plain: PaperData, lang: Literal["zh", "en"], data_digest: str, draft: bool
    ) -> str:
        def name_of(kind: str, otherwise: str | None = None) -> str:
            return self.office.name_of(DocumentKind(kind), lang, otherwise)

        with _broken_templates(_name(kind, lang)):
            return self._templates.get_template(_name(kind, lang)).render(
                d=WithEarlierNames(plain),
                kind=kind.value,
                lang=lang,
                draft=draft,
                data_digest=data_digest,
                name_of=name_of,
                own=_OwnChoices(plain.operator_choices),
            )


def _name(kind: DocumentKind, lang: str) -> str:
    return f"{kind.value}.{lang}.html"


@contextmanager
def _broken_templates(name: str, but: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Whatever a template or a style can do wrong is a refusal that names it: an office writes its own, and must learn.

    Args:
        but: what is the machine's fault.
    """
    passed_on: tuple[type[Exception], ...] = (XuqiaoError, *but)
    try:
        yield
    except passed_on:
        raise
    except Exception as broken:
        raise XuqiaoError("papers.template_broken", template=name, why=f"{type(broken).__name__}: {broken}") from broken


def _never_nothing(value: object) -> object:
    """A fact that is not known must never be printed as the word 'None'."""
    if value is None:
        raise XuqiaoError("papers.nothing_to_print")
    return value
