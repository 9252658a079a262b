"""Every paper with facts at their extremes, and what its pages look like: read back from the PDF by another library."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from typing import Literal, NamedTuple

import pypdfium2  # type: ignore[import-untyped]  # it has no types
import pytest

from activities.papers.press import Paper, Press
from activities.papers.press.writing import figures
from rulebook.papers.amounts import in_words
from rulebook.papers.facts import PaperData
from rulebook.papers.kinds import PAPERS, DocumentKind
from rulebook.values import Value
from tests.papers.gallery import ACCOUNT, BANK, BORROWER, CROWDED, GUARANTORS, KEEPER, NAME_LENGTH, OPERATOR
from tests.papers.samples import Lang, bare

Facts = Literal["crowded", "bare"]
GALLERY: list[tuple[DocumentKind, Lang, Facts]] = list(product(DocumentKind, ("zh", "en"), ("crowded", "bare")))

_MM = 72 / 25.4
_PAGE_WIDTH, _PAGE_HEIGHT = 210 * _MM, 297 * _MM
_LEFT, _RIGHT = 26 * _MM, _PAGE_WIDTH - 24 * _MM
_BOTTOM, _TOP = 24 * _MM, _PAGE_HEIGHT - 25 * _MM
_SLACK = 1.5
"""Points that a glyph may lean out of its line, such as a full stop that hangs over the right edge."""
_LEAST = 12
"""Characters that must stand on a page beside its places to sign, or that a page without them must hold."""

_STRIP = re.compile("[骑缝章]")
_ASIDES = (
    "※标有本符号的事项，所依据的办法未作规定，由承办主体{operator}自行设定，不属于办法规定的内容。",
    "※Whatbearsthismarkisnotlaiddowninthemeasure:itisthechoiceoftheoperator,{operator}.",
    "Englishversionforinformation;theChineseversionaloneisbinding.",
)
"""Notes that do not make a page of their own."""


class Run(NamedTuple):
    """Some text that stands together on a line, in points from the lower left corner."""

    left: float
    bottom: float
    right: float
    top: float
    text: str


class Leaf(NamedTuple):
    """One page as it is read back. ``raw`` is the text between head and foot, line ends and all."""

    runs: tuple[Run, ...]
    raw: str


class Exhibit(NamedTuple):
    """A paper of the gallery with its facts and its pages."""

    kind: DocumentKind
    lang: Lang
    paper: Paper
    data: PaperData
    leaves: tuple[Leaf, ...]

    @property
    def text(self) -> str:
        """What stands between head and foot of all pages, without white space."""
        return _squeezed("".join(leaf.raw for leaf in self.leaves))


Exhibited = Callable[[DocumentKind, Lang, Facts], Exhibit]


@pytest.fixture(scope="module")
def exhibit(press: Press) -> Exhibited:
    """Draws a paper of the gallery, each once."""

    @cache
    def _exhibit(kind: DocumentKind, lang: Lang, facts: Facts) -> Exhibit:
        data = CROWDED if facts == "crowded" else bare(kind)
        paper = press.render(kind, data, lang)
        document = pypdfium2.PdfDocument(paper.pdf)
        try:
            return Exhibit(kind, lang, paper, data, tuple(_read(page) for page in document))
        finally:
            document.close()

    return _exhibit


@pytest.fixture(scope="module", params=GALLERY, ids=["-".join(which) for which in GALLERY])
def shown(request: pytest.FixtureRequest, exhibit: Exhibited) -> Exhibit:
    """Each paper of the gallery, one after the other, so that tests of one paper stay together."""
    return exhibit(*request.param)


def _read(page: pypdfium2.PdfPage) -> Leaf:
    text = page.get_textpage()
    runs = []
    for number in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(number)
        runs.append(Run(left, bottom, right, top, _squeezed(text.get_text_bounded(left, bottom, right, top))))
    raw = text.get_text_bounded(_LEFT - _SLACK, _BOTTOM, _RIGHT + _SLACK, _TOP)
    return Leaf(tuple(runs), raw)


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def _beside_signatures(shown: Exhibit, page: int) -> str:
    """The text of a page, from 1, that is neither in a place to sign nor a mere note."""
    boxes = [box for box in shown.paper.boxes if box.page == page]
    above = max(box.y + box.height for box in boxes)
    text = "".join(
        run.text for run in shown.leaves[page - 1].runs if _BOTTOM < run.bottom < _TOP and run.bottom > above
    )
    for aside in _ASIDES:
        text = text.replace(_squeezed(aside.format(operator=shown.data.operator_name)), "")
    return text


def _names(shown: Exhibit) -> Iterator[str]:
    data, required = shown.data, PAPERS[shown.kind].needs
    yield data.operator_name
    if shown.kind is not DocumentKind.COOPERATION_AGREEMENT:
        yield data.borrower_name
    if "custodian_account" in required and data.custodian_account is not None:
        yield from (data.custodian_account.name, data.custodian_account.bank)
    if "payee_account_branch" in required:
        yield from (data.payee_account_name or "", data.payee_account_branch or "")
    if shown.kind in {DocumentKind.GUARANTOR_CONSENT, DocumentKind.APPLICATION_FORM}:
        yield from (guarantor.name for guarantor in data.guarantors)


def _figures_of(facts: object) -> Iterator[str]:
    """Every amount among some facts, as it is written."""
    for name, value in facts if isinstance(facts, Value) else ():
        if name.endswith("_fen") and value is not None:
            yield figures(value)
        for each in value if isinstance(value, tuple) else (value,):
            yield from _figures_of(each)


def test_the_gallery_is_extreme() -> None:
    assert {len(name) for name in (ACCOUNT, BANK, BORROWER, KEEPER, OPERATOR, *GUARANTORS)} == {NAME_LENGTH}
    assert (len(CROWDED.collateral), len(CROWDED.receipts), len(CROWDED.findings)) == (40, 12, 30)
    assert len(figures(CROWDED.balance_fen)) == len("9,876,543,210,987.65")


def test_nothing_stands_outside_the_margins(shown: Exhibit) -> None:
    for number, leaf in enumerate(shown.leaves, start=1):
        for run in leaf.runs:
            if run.left > _RIGHT + _SLACK and _STRIP.fullmatch(run.text):
                continue  # the strip for the seal over all pages is in the margin
            where = f"page {number}: {run}"
            assert run.left >= _LEFT - _SLACK, where
            assert run.right <= _RIGHT + _SLACK, where
            in_head, in_foot = run.bottom >= _TOP - _SLACK, run.top <= _BOTTOM + _SLACK
            assert in_head or in_foot or _BOTTOM - _SLACK <= run.bottom <= run.top <= _TOP + _SLACK, where


def test_head_and_foot_hold_nothing_but_their_own(shown: Exhibit) -> None:
    data, digest, pages = shown.data, shown.paper.data_digest, shown.paper.pages
    assert len(shown.leaves) == pages
    for number, leaf in enumerate(shown.leaves, start=1):
        head = "".join(run.text for run in leaf.runs if run.bottom >= _TOP - _SLACK)
        foot = "".join(run.text for run in leaf.runs if run.top <= _BOTTOM + _SLACK)
        if shown.lang == "zh":
            assert head == f"案件编号{data.case_no}文书编号{data.document_no}"
            words = ("本文书数据摘要（SHA-256）", digest, f"第{number}页共{pages}页")
        else:
            assert head == f"Case{data.case_no}Document{data.document_no}"
            words = ("Digestofthefactsofthisdocument(SHA-256)", digest, f"Page{number}of{pages}")
        assert sorted(foot) == sorted("".join(words))
        assert digest in foot


def test_no_page_is_blank_and_none_is_left_to_signatures_alone(shown: Exhibit) -> None:
    signed_on = {box.page for box in shown.paper.boxes}
    for number, leaf in enumerate(shown.leaves, start=1):
        text = _beside_signatures(shown, number) if number in signed_on else _squeezed(leaf.raw)
        assert len(text) >= _LEAST, f"page {number} of {shown.paper.pages} holds only {text!r}"


def test_each_party_has_one_place_to_sign_inside_the_page_and_beside_the_others(shown: Exhibit) -> None:
    boxes = shown.paper.boxes
    assert boxes
    assert len({box.party for box in boxes}) == len(boxes)
    for box in boxes:
        assert box.width >= 50 * _MM, box
        assert box.height >= 12 * _MM, box
        assert _LEFT - _SLACK <= box.x <= box.x + box.width <= _RIGHT + _SLACK, box
        assert _BOTTOM - _SLACK <= box.y <= box.y + box.height <= _TOP + _SLACK, box
    for one, other in product(boxes, boxes):
        apart = one.page != other.page or one.x >= other.x + other.width - 1 or other.x >= one.x + one.width - 1
        assert one == other or apart or one.y >= other.y + other.height - 1 or other.y >= one.y + one.height - 1


def test_long_and_rare_names_are_whole(shown: Exhibit) -> None:
    for name in _names(shown):
        assert _squeezed(name) in shown.text


def test_no_amount_is_broken_over_two_lines(shown: Exhibit) -> None:
    raw = "\n".join(leaf.raw for leaf in shown.leaves)
    for amount in set(_figures_of(shown.data)):
        assert raw.count(amount) == shown.text.count(amount), amount
    assert not re.search(r"\d(,\s*\n\s*|\s*\n\s*,)\d{3}(?!\d)", raw)


def test_the_amounts_a_paper_needs_are_on_it(shown: Exhibit) -> None:
    needed = [name for name in PAPERS[shown.kind].needs if name.endswith("_fen")]
    for name in needed:
        assert figures(getattr(shown.data, name)) in shown.text, name
    if "bridge_fen" in needed and shown.lang == "zh":
        assert in_words(shown.data.bridge_fen or 0) in shown.text


def test_every_row_of_a_long_list_is_there(exhibit: Exhibited) -> None:
    form = exhibit(DocumentKind.APPLICATION_FORM, "zh", "crowded")
    for each in CROWDED.collateral:
        assert f"{each.kind}{each.description}{each.certificate}" in form.text
    for finding in CROWDED.findings:
        assert f"{finding.sentence}" in form.text
        assert finding.citation in form.text
    heads = [leaf for leaf in form.leaves if "登记证明" in leaf.raw]
    assert len(heads) >= 2  # the table's head stands again on each of its pages
    index = exhibit(DocumentKind.ARCHIVE_INDEX, "zh", "crowded")
    for file in CROWDED.files:
        assert f"{file.number}{file.name}2026年12月20日{file.pages}{file.sha256}" in index.text
    checks = exhibit(DocumentKind.RELEASE_CHECKLIST, "zh", "crowded").text
    for check in CROWDED.release_checks:
        assert f"{check.line}{'√' if check.done else '□'}已核验" in checks


def test_a_row_taller_than_a_page_is_carried_on_and_loses_nothing(press: Press) -> None:
    each_once = "".join(map(chr, range(0x4E00, 0x4E00 + 1800)))
    tall = CROWDED.findings[0].model_copy(update={"sentence": each_once, "decided": each_once})
    paper = press.render(DocumentKind.APPLICATION_FORM, CROWDED.model_copy(update={"findings": (tall,)}))
    document = pypdfium2.PdfDocument(paper.pdf)
    leaves = [_read(page) for page in document]
    document.close()
    told = Counter("".join(leaf.raw for leaf in leaves))
    assert min(told[char] for char in each_once) >= 2
    assert all(run.bottom >= _BOTTOM - _SLACK or run.top <= _BOTTOM + _SLACK for leaf in leaves for run in leaf.runs)
