"""The file itself: what a strict reader, an archive and a blind person's program find in it."""

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2  # type: ignore[import-untyped]  # it has no types
import pytest
import segno
from pypdf import PdfReader

from activities.papers.press import ATTACHMENT, Paper, Press, SignatureBox, facts_bytes, facts_digest
from activities.papers.press.facts import facts_of
from activities.papers.press.sample import SAMPLE
from activities.papers.press.template_facts import TemplateFacts
from activities.papers.press.writing import plain_data
from activities.signing.places import place_of
from gateways.esign import DemoAuthority, sign_pdf
from rulebook.errors import XuqiaoError
from rulebook.messages import digest_of
from rulebook.papers.facts import PaperData
from rulebook.papers.kinds import DocumentKind
from tests.papers.samples import Lang, Sample

AGREEMENT = DocumentKind.TRIPARTITE_AGREEMENT
A4 = (595.28, 841.89)
POINTS_PER_MM = 72 / 25.4


@pytest.fixture(scope="session")
def opened(sample: Sample) -> Callable[..., pikepdf.Pdf]:
    @cache
    def _opened(kind: DocumentKind, lang: Lang = "zh") -> pikepdf.Pdf:
        return pikepdf.open(io.BytesIO(sample(kind, lang).pdf))

    return _opened


@pytest.mark.parametrize("kind", DocumentKind)
def test_a_paper_declares_pdf_a_3a_and_its_language(kind: DocumentKind, opened: Callable[..., pikepdf.Pdf]) -> None:
    for lang, tongue in (("zh", "zh-CN"), ("en", "en")):
        pdf = opened(kind, lang)
        with pdf.open_metadata() as xmp:
            assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"]) == ("3", "A")
            assert SAMPLE.document_no in xmp["dc:title"]
        assert pdf.Root.Lang == tongue
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert [str(intent.S) for intent in pdf.Root.OutputIntents] == ["/GTS_PDFA1"]
        assert pdf.trailer.ID[0]
        assert pdf.check_pdf_syntax() == []
        assert not pdf.Root.get("/OpenAction")
        assert "/JavaScript" not in pdf.Root.get("/Names", {})


@pytest.mark.parametrize("kind", DocumentKind)
def test_every_font_is_embedded_with_its_characters(kind: DocumentKind, opened: Callable[..., pikepdf.Pdf]) -> None:
    fonts = [item for item in opened(kind).objects if is_a(item, "/Font") and item.Subtype == "/Type0"]
    assert fonts
    for font in fonts:
        described = font.DescendantFonts[0].FontDescriptor
        assert "/FontFile3" in described or "/FontFile2" in described
        assert font.ToUnicode.read_bytes()


def is_a(item: Any, kind: str) -> bool:
    return isinstance(item, pikepdf.Dictionary) and item.get("/Type") == kind


def elements(element: Any) -> Iterator[Any]:
    """An element of the tag tree and all below it."""
    yield element
    for kid in element.get("/K", []):
        if isinstance(kid, pikepdf.Dictionary):
            yield from elements(kid)


def marked_content(page: pikepdf.Page) -> tuple[set[int], int]:
    """The numbers of a page's marked content, and how often text is shown without a mark of any kind."""
    numbers, depth, bare = set(), 0, 0
    for instruction in pikepdf.parse_content_stream(page):
        operands: Any = instruction.operands
        match str(instruction.operator):
            case "BDC" | "BMC":
                depth += 1
                properties = operands[1] if len(operands) > 1 else None
                if isinstance(properties, pikepdf.Dictionary) and "/MCID" in properties:
                    numbers.add(int(properties["/MCID"]))
            case "EMC":
                depth -= 1
            case "TJ" | "Tj" if depth == 0:
                bare += 1
    assert depth == 0
    return numbers, bare


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", DocumentKind)
def test_all_content_is_in_the_tag_tree_or_an_artifact(
    kind: DocumentKind, lang: Lang, opened: Callable[..., pikepdf.Pdf]
) -> None:
    pdf = opened(kind, lang)
    root = pdf.Root.StructTreeRoot
    tree = list(elements(root.K[0]))
    roles = {str(element.S) for element in tree}
    assert {"/Document", "/P"} <= roles
    assert "/H1" in roles or kind in RED_HEADED
    tables = [element for element in tree if element.S == "/Table"]
    if tables:
        assert {"/TR", "/TD"} <= roles
    nums = root.ParentTree.Nums
    parents = {int(nums[i]): nums[i + 1] for i in range(0, len(nums), 2)}
    reachable = {element.objgen for element in tree}
    for page in pdf.pages:
        numbers, bare = marked_content(page)
        assert bare == 0
        assert numbers
        of_page = parents[int(page.obj.StructParents)]
        for number in numbers:
            above = of_page[number]
            assert above.objgen in reachable
            assert number in [int(kid) for kid in above.K if not isinstance(kid, pikepdf.Dictionary)]


RED_HEADED = {
    DocumentKind.REFUSAL_NOTICE,
    DocumentKind.CORRECTION_NOTICE,
    DocumentKind.PAYMENT_REMINDER,
    DocumentKind.PAYMENT_DEMAND,
    DocumentKind.BREACH_NOTICE,
}
"""Kinds whose sender stands above the heading."""


def test_headings_rows_and_cells_of_the_agreement_are_tagged_as_such(opened: Callable[..., pikepdf.Pdf]) -> None:
    tree = list(elements(opened(AGREEMENT).Root.StructTreeRoot.K[0]))
    roles = [str(element.S) for element in tree]
    assert roles.count("/H1") == 1
    assert roles.count("/H2") >= 16
    assert {"/Table", "/TR", "/TH", "/TD", "/THead", "/TBody"} <= set(roles)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", DocumentKind)
def test_40_each_heading_of_a_table_says_what_it_heads_and_what_only_stands_side_by_side_is_no_table(
    kind: DocumentKind, lang: Lang, opened: Callable[..., pikepdf.Pdf]
) -> None:
    tree = list(elements(opened(kind, lang).Root.StructTreeRoot.K[0]))
    headings = [element for element in tree if element.S == "/TH"]
    assert all(element.A.Scope in ("/Row", "/Column") for element in headings)
    for table in (element for element in tree if element.S == "/Table"):
        assert any(element.S == "/TH" for element in elements(table)), "a table without headings is for layout"


def test_40_a_heading_over_a_column_is_told_from_one_before_a_row(opened: Callable[..., pikepdf.Pdf]) -> None:
    tree = list(elements(opened(DocumentKind.ARCHIVE_INDEX).Root.StructTreeRoot.K[0]))
    scopes = [str(element.A.Scope) for element in tree if element.S == "/TH"]
    assert {"/Row", "/Column"} == set(scopes)


def test_40_a_signed_paper_names_its_signature_and_keeps_its_producer(press: Press, tmp_path: Path) -> None:
    paper = press.render(AGREEMENT, SAMPLE)
    credential = DemoAuthority(tmp_path).credential("operator", SAMPLE.operator_name)
    place = place_of([box._asdict() for box in paper.boxes], "operator")
    pdf = pikepdf.open(io.BytesIO(sign_pdf(paper.pdf, "operator", credential, place, None)))
    (field,) = [each for page in pdf.pages for each in page.obj.get("/Annots", []) if each.get("/FT") == "/Sig"]
    assert str(field.TU)
    with pdf.open_metadata() as metadata:
        assert metadata["pdf:Producer"] == str(pdf.docinfo["/Producer"])


@pytest.mark.parametrize("kind", DocumentKind)
def test_the_facts_are_in_the_file_byte_for_byte(
    kind: DocumentKind, press: Press, sample: Sample, opened: Callable[..., pikepdf.Pdf]
) -> None:
    for lang in ("zh", "en"):
        pdf = opened(kind, lang)
        assert list(pdf.attachments) == [ATTACHMENT]
        embedded = pdf.attachments[ATTACHMENT].get_file()
        content = embedded.read_bytes()
        assert content == facts_bytes(press.facts_of(kind, SAMPLE, lang))
        assert hashlib.sha256(content).hexdigest() == sample(kind, lang).data_digest
        assert embedded.mime_type == "application/json"
        assert (str(embedded.creation_date)[:10], embedded.size) == (str(SAMPLE.issued_on), len(content))
        associated = pdf.Root.AF
        assert [str(file.AFRelationship) for file in associated] == ["/Data"]


def test_embedded_facts_give_the_facts_back_and_leave_out_what_was_not_said() -> None:
    def said_of(data: PaperData) -> dict[str, object]:
        return facts_of(AGREEMENT, "zh", plain_data(data), TemplateFacts({}, None, everything=True))

    facts = said_of(SAMPLE)
    assert PaperData.model_validate(facts["data"]) == SAMPLE
    assert facts_digest(facts_bytes(facts)) == digest_of(facts)
    bare = PaperData.model_validate(SAMPLE.model_dump() | {"guarantors": (), "paid_on": None, "bank_branch": ""})
    said = json.loads(facts_bytes(said_of(bare)))["data"]
    assert not {"guarantors", "paid_on", "bank_branch"} & said.keys()
    assert said["day_count"]["last_day_counts"] is False
    assert PaperData.model_validate(said) == bare
    odd = PaperData.model_validate(SAMPLE.model_dump() | {"borrower_name": "甲\u202e公司"})
    assert json.loads(facts_bytes(said_of(odd)))["data"]["borrower_name"] == "甲公司"


IN_ANOTHER_PROCESS = """
import hashlib
from activities.papers.press import Press
from activities.papers.press.sample import SAMPLE
from rulebook.papers.kinds import DocumentKind
press = Press()
for kind in (DocumentKind.SETTLEMENT_CERTIFICATE, DocumentKind.TRIPARTITE_AGREEMENT):
    print(press.render(kind, SAMPLE).sha256)
"""


def test_two_processes_draw_the_same_bytes(sample: Sample) -> None:
    drawn = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS],
        cwd=Path(__file__).parents[3],
        env={"PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert drawn == [sample(DocumentKind.SETTLEMENT_CERTIFICATE).sha256, sample(AGREEMENT).sha256]


@pytest.mark.parametrize("check_url", [None, "https://zhuandai.example.gov.cn/check"])
def test_the_qr_of_the_first_page_leads_to_the_check_and_holds_the_digest(check_url: str | None) -> None:
    paper = Press(check_url=check_url).render(AGREEMENT, SAMPLE)
    says = f"XUQIAO:{SAMPLE.document_no}:{paper.data_digest}"
    if check_url:
        says = f"{check_url}?no={SAMPLE.document_no}&d={paper.data_digest}"
    pages = pypdfium2.PdfDocument(paper.pdf)
    wanted = [bytes(row) for row in segno.make_qr(says, error="l", mask=2).matrix]
    assert qr_at_the_corner(pages[0], len(wanted)) == wanted
    assert qr_at_the_corner(pages[1], len(wanted)) == [bytes(len(wanted))] * len(wanted)


def qr_at_the_corner(page: pypdfium2.PdfPage, modules: int) -> list[bytes]:
    """The modules, read from the picture of a page: 17 mm wide with a margin of 2 modules, 5 mm from both edges."""
    scale = 8
    picture = page.render(scale=scale).to_pil().convert("L")
    module = 17 / (modules + 4)

    def dark(column: int, row: int) -> bool:
        x, y = 210 - 5 - 17 + (column + 2.5) * module, 5 + (row + 2.5) * module
        return bool(picture.getpixel((int(x * POINTS_PER_MM * scale), int(y * POINTS_PER_MM * scale))) < 128)

    return [bytes(dark(column, row) for column in range(modules)) for row in range(modules)]


def test_what_no_qr_can_hold_is_refused() -> None:
    with pytest.raises(XuqiaoError) as refused:
        Press(check_url="https://zhuandai.example.gov.cn/" + "check" * 600).render(AGREEMENT, SAMPLE)
    assert refused.value.code == "papers.qr_too_long"


def test_a_draft_is_marked_on_every_page_under_its_text_and_has_no_qr(press: Press, sample: Sample) -> None:
    for lang in ("zh", "en"):
        draft = press.render(AGREEMENT, SAMPLE, lang, draft=True)
        issued = sample(AGREEMENT, lang)
        assert (draft.draft, issued.draft) == (True, False)
        assert (draft.pages, draft.boxes, draft.data_digest) == (issued.pages, issued.boxes, issued.data_digest)
        assert draft.sha256 != issued.sha256
        for of_draft, of_issued in zip(map(grey, pictures(draft)), map(grey, pictures(issued)), strict=True):
            assert of_draft > 0.01
            assert of_issued < 0.007
        corner = pictures(draft)[0].crop((1070, 20, 1185, 140))
        assert corner.getextrema() == (255, 255)
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(draft.pdf)).pages)
        assert SAMPLE.borrower_name in "".join(text.split())


def pictures(paper: Paper) -> list[Any]:
    return [page.render(scale=2).to_pil().convert("L") for page in pypdfium2.PdfDocument(paper.pdf)]


def grey(picture: Any) -> float:
    """The part of a page that is as light as the mark of a draft."""
    shades: list[int] = picture.histogram()
    return sum(shades[0xE0:0xE7]) / sum(shades)


def test_the_places_to_sign_are_where_the_parties_stand(sample: Sample) -> None:
    paper = sample(AGREEMENT)
    names = {"operator": SAMPLE.operator_name, "borrower": SAMPLE.borrower_name, "bank": SAMPLE.bank_name}
    pages = pypdfium2.PdfDocument(paper.pdf)
    assert {box.party for box in paper.boxes} >= {*names, "guarantor_1", "guarantor_2"}
    for box in paper.boxes:
        assert isinstance(box, SignatureBox)
        assert box.width >= 60 * POINTS_PER_MM / 2
        assert box.height >= 20 * POINTS_PER_MM
        assert 0 < box.x < box.x + box.width < A4[0]
        assert 0 < box.y < box.y + box.height < A4[1]
        if box.party in names:
            inside = (
                pages[box.page - 1].get_textpage().get_text_bounded(box.x, box.y, box.x + box.width, box.y + box.height)
            )
            assert names[box.party] in "".join(inside.split())


@pytest.mark.parametrize("kind", DocumentKind)
def test_the_seal_strip_is_on_papers_of_several_pages_that_are_sealed(kind: DocumentKind, sample: Sample) -> None:
    paper = sample(kind)
    wanted = paper.pages > 1 and bool(paper.boxes)
    for page in PdfReader(io.BytesIO(paper.pdf)).pages:
        assert ("骑缝章" in "".join(page.extract_text().split())) == wanted


@pytest.mark.parametrize("kind", [AGREEMENT, DocumentKind.APPLICATION_FORM, DocumentKind.RENEWAL_COMMITMENT])
def test_names_and_amounts_come_back_from_the_text_whole(kind: DocumentKind, sample: Sample) -> None:
    text = "".join(
        "".join(page.get_textpage().get_text_range().split()) for page in pypdfium2.PdfDocument(sample(kind).pdf)
    )
    for name in (SAMPLE.borrower_name, SAMPLE.bank_name, SAMPLE.operator_name, SAMPLE.borrower_uscc):
        assert name in text
    assert "5,000,000.00" in text
    assert "4,750,000.00" in text
