"""What a signing platform, or whoever has a key, may lay over a paper besides its signature: found, and not taken."""

import hashlib
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from sqlalchemy import Engine

from activities.law.calendars import shanghai_today
from activities.papers.check import check_file
from activities.papers.press import Press
from activities.signing.check import find_signatures
from activities.signing.looks import laid_over, looks_of
from activities.signing.places import place_of
from activities.signing.platform import Asked, PlatformSigning
from gateways.esign import Credential, DemoAuthority, Evidence, PlatformManner, SimulatedPlatform, sign_pdf
from gateways.esign.fields import FIELD
from gateways.esign.pades import signer_of
from gateways.esign.place import Place
from models.database import sessions
from models.papers import signatures
from models.papers.documents import Document
from models.papers.signatures import FlowEnd
from runtime.seed import open_fund
from runtime.settings import checkout
from tests.papers.records import SigningOffice
from tests.papers.seals import pictures

NOW = datetime.now(UTC)
BORROWER, BANK = "borrower", "bank"
OVER_THE_TEXT = (100, 500, 400, 560)
Forge = Callable[[Document, Credential], bytes]


@pytest.fixture
def here(app_engine: Engine, desk_engine: Engine, press: Press, tmp_path: Path) -> SigningOffice:
    with sessions(app_engine).begin() as session:
        open_fund(session, (checkout() or Path.cwd()) / "examples" / "fund.toml", shanghai_today())
    return SigningOffice(sessions(app_engine), sessions(desk_engine), press, tmp_path)


class Forging(SimulatedPlatform):
    """A platform whose evidence is in order, whatever is in the file that it hands back."""

    def __init__(self, folder: Path, forge: Callable[[Credential], bytes]) -> None:
        super().__init__(folder)
        self._forge, self._made = forge, b""

    def fetch_signed(self, flow: str) -> bytes:
        if not self._made:
            (signer,) = find_signatures(super().fetch_signed(flow))
            self._made = self._forge(self._authority.credential(BORROWER, signer.holder))
        return self._made

    def fetch_evidence(self, flow: str) -> Evidence:
        claimed = {"signed_sha256": hashlib.sha256(self.fetch_signed(flow)).hexdigest()}
        return super().fetch_evidence(flow).model_copy(update=claimed)


def entries(**values: PdfObject) -> DictionaryObject:
    return DictionaryObject({NameObject(f"/{name}"): value for name, value in values.items()})  # type: ignore[no-untyped-call]


def numbers(*values: float) -> ArrayObject:
    return ArrayObject([FloatObject(each) for each in values])  # type: ignore[no-untyped-call]


def a_number(value: int) -> NumberObject:
    return NumberObject(value)  # type: ignore[no-untyped-call]


def first_page(writer: IncrementalPdfFileWriter) -> IndirectObject:
    page, _ = writer.find_page_for_modification(0)  # type: ignore[no-untyped-call]
    assert isinstance(page, IndirectObject)
    return page


def a_white_sheet(writer: IncrementalPdfFileWriter) -> DictionaryObject:
    form = entries(Type=NameObject("/XObject"), Subtype=NameObject("/Form"), BBox=numbers(0, 0, 300, 60))
    return entries(N=writer.add_object(StreamObject(form, stream_data=b"1 1 1 rg 0 0 300 60 re f")))


def an_annotation(subtype: str, **more: PdfObject) -> DictionaryObject:
    return entries(
        Type=NameObject("/Annot"),
        Subtype=NameObject(subtype),
        Rect=numbers(*OVER_THE_TEXT),
        F=a_number(4),
        **more,
    )


def laid_on(paper: Document, subtype: str, picture: bool = True, **more: PdfObject) -> bytes:
    """The paper with an annotation over the text of its first page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(paper.pdf))
    more |= {"AP": a_white_sheet(writer)} if picture else {}
    writer.register_annotation(first_page(writer), writer.add_object(an_annotation(subtype, **more)))  # type: ignore[no-untyped-call]
    return written(writer)


def written(writer: IncrementalPdfFileWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def signed(content: bytes, paper: Document, by: Credential) -> bytes:
    return sign_pdf(content, BORROWER, by, place_of(paper.boxes, BORROWER), None)


def its_place(paper: Document) -> Place:
    found = place_of(paper.boxes, BORROWER)
    assert found is not None
    return found


def a_stamp_that_says_it_is_a_signature(paper: Document, by: Credential) -> bytes:
    return signed(laid_on(paper, "/Stamp", FT=NameObject("/Sig")), paper, by)


def a_place_to_sign_that_nobody_signs(paper: Document, by: Credential) -> bytes:
    return signed(with_field(paper, f"{FIELD}later", OVER_THE_TEXT, 1), paper, by)


def with_field(
    paper: Document, name: str, box: tuple[int, int, int, int], page: int, on_the_first: bool = False
) -> bytes:
    """The paper with a place to sign that shows a white sheet."""
    writer = IncrementalPdfFileWriter(io.BytesIO(paper.pdf))
    fields.append_signature_field(writer, fields.SigFieldSpec(name, on_page=page - 1, box=box))
    field = writer.root["/AcroForm"]["/Fields"].raw_get(0)
    assert isinstance(field, IndirectObject)
    shown = field.get_object()  # type: ignore[no-untyped-call]
    shown["/AP"], shown["/Rect"] = a_white_sheet(writer), numbers(*box)
    writer.mark_update(field)
    if on_the_first:
        writer.register_annotation(first_page(writer), field)  # type: ignore[no-untyped-call]
    return written(writer)


def signed_in(content: bytes, by: Credential) -> bytes:
    """Signed in the field that is there."""
    meta = signers.PdfSignatureMetadata(field_name=f"{FIELD}{BORROWER}", subfilter=fields.SigSeedSubFilter.PADES)
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    return bytes(signers.PdfSigner(meta, signer=signer_of(by)).sign_pdf(writer).getbuffer())


def a_signature_shown_by_a_part_of_its_field(paper: Document, by: Credential) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(paper.pdf))
    name = f"{FIELD}{BORROWER}"
    spec = fields.SigFieldSpec(name, on_page=0, box=OVER_THE_TEXT, combine_annotation=False)
    fields.append_signature_field(writer, spec)
    part = writer.root["/AcroForm"]["/Fields"][0]["/Kids"][0]
    part["/AP"], part["/FT"] = a_white_sheet(writer), NameObject("/Sig")
    writer.update_container(part)
    return signed_in(written(writer), by)


def a_signature_shown_on_another_page_as_well(paper: Document, by: Credential) -> bytes:
    place = its_place(paper)
    box = (round(place.x), round(place.y), round(place.x + place.width), round(place.y + place.height))
    return signed_in(with_field(paper, f"{FIELD}{BORROWER}", box, place.page, on_the_first=True), by)


def a_signature_whose_corners_are_named_from_the_other_side(paper: Document, by: Credential) -> bytes:
    place = its_place(paper)
    box = (round(place.x + 10), round(place.y + 10), 5, round(place.y + 20))
    return signed_in(with_field(paper, f"{FIELD}{BORROWER}", box, place.page), by)


def an_annotation_that_is_no_object_of_its_own(paper: Document, by: Credential) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(paper.pdf))
    page = first_page(writer)
    over = an_annotation("/Stamp", FT=NameObject("/Sig"), AP=a_white_sheet(writer))
    page.get_object()["/Annots"] = ArrayObject([over])  # type: ignore[no-untyped-call]
    writer.mark_update(page)
    return signed(written(writer), paper, by)


def a_signature_that_nobody_was_asked_for(paper: Document, by: Credential) -> bytes:
    return sign_pdf(signed(paper.pdf, paper, by), BANK, by, place_of(paper.boxes, BANK), None)


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        (a_stamp_that_says_it_is_a_signature, "outside_its_place"),
        (a_place_to_sign_that_nobody_signs, "outside_its_place"),
        (a_signature_shown_by_a_part_of_its_field, "outside_its_place"),
        (a_signature_shown_on_another_page_as_well, "outside_its_place"),
        (a_signature_whose_corners_are_named_from_the_other_side, "outside_its_place"),
        (an_annotation_that_is_no_object_of_its_own, "outside_its_place"),
        (a_signature_that_nobody_was_asked_for, "other_signers"),
    ],
)
def test_a_platform_that_lays_something_over_the_paper_is_not_believed(
    forge: Forge, reason: str, here: SigningOffice
) -> None:
    paper = here.paper()
    platform = Forging(here.folder / "platform", lambda by: forge(paper, by))
    outside = PlatformSigning(here.desk.begin, platform)
    asked = (Asked(party=BORROWER, person="石犇", authority="法定代表人"),)
    flow = outside.start(paper.case_no, paper.number, asked, "li.jing", NOW)
    platform.signers_act()
    assert all(each.good for each in find_signatures(platform.fetch_signed(flow))), "the signature itself is in order"
    assert outside.settle(flow, NOW) is FlowEnd.REJECTED
    with here.app() as session:
        assert signatures.the_flow(session, flow).reason == reason
    assert here.recorded(paper) == []


@pytest.mark.parametrize(
    ("manner", "end"), [(PlatformManner.COVERING, FlowEnd.REJECTED), (PlatformManner.PROPER, FlowEnd.COMPLETED)]
)
def test_on_a_paper_that_knows_no_places_to_sign_no_signature_is_shown(
    manner: PlatformManner, end: FlowEnd, here: SigningOffice
) -> None:
    paper = here.paper(places=False)
    platform = SimulatedPlatform(here.folder / "platform")
    outside = PlatformSigning(here.desk.begin, platform)
    asked = (Asked(party=BORROWER, person="石犇", authority="法定代表人"),)
    flow = outside.start(paper.case_no, paper.number, asked, "li.jing", NOW)
    platform.behave(manner)
    platform.signers_act()
    assert outside.settle(flow, NOW) is end


def test_a_platform_that_signs_for_two_is_believed_twice(here: SigningOffice) -> None:
    paper = here.paper()
    platform = SimulatedPlatform(here.folder / "platform")
    outside = PlatformSigning(here.desk.begin, platform)
    for party in (BORROWER, BANK):
        asked = (Asked(party=party, person="石犇", authority="法定代表人"),)
        flow = outside.start(paper.case_no, paper.number, asked, "li.jing", NOW)
        platform.signers_act()
        assert outside.settle(flow, NOW) is FlowEnd.COMPLETED
    (_, second) = here.recorded(paper)
    with here.app() as session:
        assert check_file(here.content(second.sha256), session).faults == ()


@pytest.mark.parametrize("subtype", ["/Link", "/Popup", "/FreeText"])
def test_a_picture_is_one_whatever_it_is_called(subtype: str, here: SigningOffice) -> None:
    paper = here.paper()
    covered = laid_on(paper, subtype)
    assert laid_over(covered) == [1]
    if subtype != "/Popup":  # this reader leaves them out; others open them
        page, (left, low, right, high) = next(pictures(covered)), OVER_THE_TEXT
        there = page.crop((left + 2, page.height - high + 2, right - 2, page.height - low - 2))
        assert there.getextrema() == ((255, 255),) * 3, "what was printed there cannot be read"


def test_a_link_with_a_frame_is_a_picture_and_one_without_is_none(here: SigningOffice) -> None:
    paper = here.paper()
    assert laid_over(laid_on(paper, "/Link", picture=False, Border=numbers(0, 0, 0))) == []
    assert laid_over(laid_on(paper, "/Link", picture=False, Border=numbers(0, 0, 60))) == [1]
    assert laid_over(laid_on(paper, "/Link", picture=False)) == [1], "without a word of it, a frame is drawn"
    thick = entries(W=a_number(60))
    assert laid_over(laid_on(paper, "/Link", picture=False, Border=numbers(0, 0, 0), BS=thick)) == [1]


def test_a_signature_that_a_layer_hides_looks_otherwise(here: SigningOffice) -> None:
    paper = here.paper()
    by = DemoAuthority(here.folder / "demo").credential(BORROWER, "某")
    shown = with_field(paper, f"{FIELD}{BORROWER}", OVER_THE_TEXT, 1)
    writer = IncrementalPdfFileWriter(io.BytesIO(shown))
    field = writer.root["/AcroForm"]["/Fields"].raw_get(0)
    field.get_object()["/OC"] = writer.add_object(entries(Type=NameObject("/OCG")))
    writer.mark_update(field)
    plain, hidden = (looks_of(signed_in(each, by))[f"{FIELD}{BORROWER}"] for each in (shown, written(writer)))
    assert plain.places == hidden.places
    assert plain.digest != hidden.digest
