"""The office's seal on signed papers: shown, cut across the pages, and told from pictures that others laid there."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from sqlalchemy import Engine

from activities.law.calendars import shanghai_today
from activities.papers.check import FileReport, check_file
from activities.papers.press import Press
from activities.papers.press.seal_picture import seal_picture
from activities.signing.check import find_signatures
from activities.signing.in_house import InHouseSigning
from activities.signing.places import place_of, seal_on
from gateways.esign import DemoAuthority, sign_pdf
from gateways.esign import seal as seal_module
from gateways.esign.place import Place
from gateways.esign.seal import NATURAL_SIDE, shown_on_a_draft
from models.database import sessions
from models.papers.documents import Document
from rulebook.papers.kinds import DocumentKind
from runtime.seed import open_fund
from runtime.settings import checkout
from tests.papers.certificates import a_real_certificate
from tests.papers.records import SigningOffice
from tests.papers.seals import a_seal, pictures, red_spots, spots_in

NOW = datetime.now(UTC)
OPERATOR, BORROWER, BANK = "operator", "borrower", "bank"
SEAL = seal_picture(a_seal())
AGREEMENT, INSTRUCTION = DocumentKind.TRIPARTITE_AGREEMENT, DocumentKind.TRANSFER_INSTRUCTION


@pytest.fixture
def here(app_engine: Engine, desk_engine: Engine, press: Press, tmp_path: Path) -> SigningOffice:
    with sessions(app_engine).begin() as session:
        open_fund(session, (checkout() or Path.cwd()) / "examples" / "fund.toml", shanghai_today())
    return SigningOffice(sessions(app_engine), sessions(desk_engine), press, tmp_path)


def in_earnest(here: SigningOffice) -> InHouseSigning:
    """The desk with the operator's own certificate and its seal."""
    own, _ = a_real_certificate(here.folder / "own.p12", "东海县晶源产业投资服务有限公司", "x")
    return here.signing(own, "x", SEAL)


def signed(here: SigningOffice, paper: Document, desk: InHouseSigning, party: str = OPERATOR) -> bytes:
    done = desk.sign(paper.case_no, paper.number, party, "wang.he", authority=None, at=NOW)
    return here.content(done.sha256)


def check(here: SigningOffice, content: bytes) -> FileReport:
    with here.app() as session:
        return check_file(content, session)


def codes(report: FileReport) -> set[str]:
    return {finding.code.removeprefix("paper_check.") for finding in report.faults}


def slices(pdf: bytes) -> list[list[tuple[float, float, float, float]]]:
    """The corners of the stamps on each page."""
    with pikepdf.open(io.BytesIO(pdf)) as file:
        return [
            [
                (float(a.Rect[0]), float(a.Rect[1]), float(a.Rect[2]), float(a.Rect[3]))
                for a in page.get("/Annots", [])
                if a.Subtype == "/Stamp"
            ]
            for page in file.pages
        ]


def test_a_paper_of_several_pages_shows_the_seal_where_the_operator_signs_and_across_them(here: SigningOffice) -> None:
    paper = here.paper(AGREEMENT)
    content = signed(here, paper, in_earnest(here))

    assert content.startswith(paper.pdf)
    (found,) = find_signatures(content)
    assert (found.good, found.whole) == (True, True), "the signature covers all slices"
    assert check(here, content).good
    assert check_file(content, None).faults[0].code == "paper_check.signature_unknown", "an authority nobody believes"
    across = slices(content)
    assert [len(page) for page in across] == [1] * paper.pages
    assert sum(right - left for ((left, _, right, _),) in across) == pytest.approx(NATURAL_SIDE, abs=0.1)
    assert {round(right, 1) for ((_, _, right, _),) in across} == {595.3}, "each at the edge of its page"

    plain = list(pictures(paper.pdf))
    for number, picture in enumerate(pictures(content)):
        edge = (picture.width - 68, 0, picture.width, picture.height)
        assert spots_in(picture.crop(edge)) > 20
        rest = (0, 0, picture.width - 68, picture.height)
        assert (picture.crop(rest).tobytes() == plain[number].crop(rest).tobytes()) is (number + 1 < paper.pages)
    box = next(each for each in paper.boxes if each["party"] == OPERATOR)
    last = list(pictures(content))[-1]
    high = last.height
    corners = (box["x"], high - box["y"] - box["height"], box["x"] + box["width"], high - box["y"])
    assert spots_in(last.crop(tuple(round(each) for each in corners))) > 300


def test_a_paper_of_one_page_has_the_seal_over_its_issuer_and_none_at_its_edge(here: SigningOffice) -> None:
    paper = here.paper(INSTRUCTION)
    content = signed(here, paper, in_earnest(here))
    assert (paper.pages, slices(content)) == (1, [[]])
    assert check(here, content).good
    seal = seal_on(SEAL, paper.boxes, OPERATOR, 1)
    assert seal is not None
    assert seal.place.width == NATURAL_SIDE
    (box,) = paper.boxes
    assert seal.place.x < box["x"] + box["width"] / 2 < seal.place.x + NATURAL_SIDE
    assert seal.place.y < box["y"] + box["height"] < seal.place.y + NATURAL_SIDE


def test_a_sealed_paper_is_as_good_a_pdf_as_the_unsigned_one(here: SigningOffice) -> None:
    paper = here.paper(AGREEMENT)
    content = signed(here, paper, in_earnest(here))
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert pdf.open_metadata().pdfa_status == "3A"
        stamps = [a for page in pdf.pages for a in page.Annots if a.Subtype == "/Stamp"]
        # PDF/A-3 (ISO 19005-3, 6.3): printed, not hidden, with a normal appearance only; colours as declared: sRGB.
        assert {int(a.F) & 0b100111 for a in stamps} == {4}
        assert {tuple(a.AP.keys()) for a in stamps} == {("/N",)}
        images = {a.AP.N.Resources.XObject.Seal.objgen for a in stamps}
        assert len(images) == 1, "one picture for all slices"
        assert pdf.get_object(images.pop()).ColorSpace == "/DeviceRGB"
    assert len(content) - len(paper.pdf) < 60_000


def test_others_may_sign_before_and_after_the_operator_seals(here: SigningOffice) -> None:
    paper = here.paper(AGREEMENT)
    desk = here.signing(seal=SEAL)
    for party in (BORROWER, OPERATOR, BANK):
        content = signed(here, paper, desk, party)
    assert [(each.party, each.good) for each in find_signatures(content)] == [
        (BORROWER, True),
        (OPERATOR, True),
        (BANK, True),
    ]
    assert codes(check(here, content)) == set()
    assert [len(page) for page in slices(content)] == [1] * paper.pages


def test_without_a_seal_a_signature_looks_as_ever(here: SigningOffice) -> None:
    paper = here.paper(AGREEMENT)
    content = signed(here, paper, here.signing())
    assert slices(content) == [[]] * paper.pages
    assert content.count(b"/Subtype /Image") == paper.pdf.count(b"/Subtype /Image")


def test_the_seal_of_a_demonstration_says_so_on_every_piece(here: SigningOffice) -> None:
    real, demo = here.paper(AGREEMENT), here.paper(AGREEMENT)
    in_red = red_spots(signed(here, real, in_earnest(here)))
    crossed_out = red_spots(signed(here, demo, here.signing(seal=SEAL)))
    assert all(few < many for few, many in zip(crossed_out, in_red, strict=True))


def test_only_the_operators_signature_brings_the_seal(here: SigningOffice) -> None:
    paper = here.paper(AGREEMENT)
    assert red_spots(signed(here, paper, here.signing(seal=SEAL), BANK))[0] == 0


def test_the_same_pictures_from_somebody_else_are_found(here: SigningOffice) -> None:
    paper = here.paper(AGREEMENT)
    seal = seal_on(SEAL, paper.boxes, OPERATOR, paper.pages)
    assert seal is not None
    unsigned = shown_on_a_draft(paper.pdf, seal)
    assert {"appended", "laid_over"} <= codes(check(here, unsigned))
    assert codes(check_file(unsigned, None)) == {"laid_over"}, "even without records"

    borrower = DemoAuthority(here.folder / "signing-demo").credential(BORROWER, "某")
    before = sign_pdf(unsigned, BORROWER, borrower, place_of(paper.boxes, BORROWER), None)
    assert "laid_over" in codes(check_file(before, None)), "a borrower's signature vouches for no seal of the operator"

    honest = signed(here, paper, here.signing())
    later = shown_on_a_draft(honest, seal)
    assert {"signature_overwritten", "laid_over"} <= codes(check_file(later, None))
    again = sign_pdf(later, BORROWER, borrower, place_of(paper.boxes, BORROWER), None)
    assert {"signature_overwritten", "laid_over"} <= codes(check_file(again, None))
    assert {"appended", "laid_over"} <= codes(check(here, again))


def test_a_slice_that_covers_the_qr_is_none(here: SigningOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    paper = here.paper(AGREEMENT)
    desk = here.signing(seal=SEAL)
    signed(here, paper, desk, BORROWER)
    with monkeypatch.context() as patch:
        patch.setattr(seal_module, "_page_box", lambda *_: (0, 600, 595.28, 842))
        content = signed(here, paper, desk)
    assert [round(box[1], 1) for page in slices(content) for box in page] == [664.3] * paper.pages
    assert {"signature_overwritten", "laid_over"} <= codes(check_file(content, None))


@pytest.mark.parametrize("ground", ["white", "clear", "#f2efe6"])
def test_a_seal_is_the_same_drawn_or_scanned(ground: str) -> None:
    assert seal_picture(a_seal(ground=ground)) == SEAL


@pytest.mark.parametrize("size", [(60, 40), (90, 90), (120, 54), (150, 40), (300, 60)], ids=str)
def test_a_seal_in_a_small_place_stays_in_it_and_upright(size: tuple[int, int]) -> None:
    box = {"party": OPERATOR, "page": 1, "x": 40, "y": 200, "width": size[0], "height": size[1]}
    seal = seal_on(SEAL, [box], OPERATOR, 1)
    assert seal is not None
    assert 28 <= seal.place.width == seal.place.height
    assert Place(1, 40, 200, *size).holds(seal.place)


def test_the_words_of_a_signature_stand_side_by_side(here: SigningOffice) -> None:
    """A font of other than a thousand units to the em must not crowd its characters."""
    content = signed(here, here.paper(INSTRUCTION), here.signing())
    with pikepdf.open(io.BytesIO(content)) as pdf:
        (place,) = [a for a in pdf.pages[-1].Annots if a.get("/FT") == "/Sig"]
        fonts = [font.DescendantFonts[0] for font in place.AP.N.Resources.Font.values()]
        widths = [width for font in fonts for each in font.W if isinstance(each, pikepdf.Array) for width in each]
    assert max(int(width) for width in widths) == 1000, "a Chinese character is as wide as it is high"
