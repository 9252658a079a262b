"""Whose signature it is: the certificate's holder against the party, and what a signature shows against the record."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from sqlalchemy import Engine

from activities.law.calendars import shanghai_today
from activities.papers.check import FileReport, check_file
from activities.papers.press import Press
from activities.papers.reading import ReadPaper
from activities.papers.scans import PDF
from activities.signing.certificate_names import fits, names_of_party
from activities.signing.check import find_signatures
from activities.signing.in_house import file_of
from activities.signing.looks import looks_of
from activities.signing.places import place_of
from activities.signing.platform import Asked, PlatformSigning
from activities.words import LANGUAGES, say
from gateways.esign import DemoAuthority, PlatformManner, SimulatedPlatform, sign_pdf
from gateways.esign.certificates import demo_certificate
from models.database import sessions
from models.papers import signatures
from models.papers.documents import Document
from models.papers.signatures import FlowEnd, Signature
from rulebook.papers.kinds import DocumentKind
from rulebook.papers.signing import SignedHow
from runtime.seed import open_fund
from runtime.settings import checkout
from tests.papers.certificates import a_real_certificate
from tests.papers.records import SigningOffice, refused
from tests.papers.seals import a_stamp

NOW = datetime.now(UTC)
OPERATOR, BORROWER, BANK = "operator", "borrower", "bank"
KIND = DocumentKind.TRIPARTITE_AGREEMENT
NAME = "东海县晶源产业投资服务有限公司"


@pytest.fixture
def here(app_engine: Engine, desk_engine: Engine, press: Press, tmp_path: Path) -> SigningOffice:
    with sessions(app_engine).begin() as session:
        open_fund(session, (checkout() or Path.cwd()) / "examples" / "fund.toml", shanghai_today())
    return SigningOffice(sessions(app_engine), sessions(desk_engine), press, tmp_path)


@pytest.fixture
def platform(here: SigningOffice) -> SimulatedPlatform:
    return SimulatedPlatform(here.folder / "platform")


def check(here: SigningOffice, content: bytes) -> FileReport:
    with here.app() as session:
        return check_file(content, session)


def codes(report: FileReport) -> set[str]:
    for finding in report.faults:
        for lang in LANGUAGES:
            assert "{" not in say(finding.code, lang, **finding.params)
    return {finding.code.removeprefix("paper_check.") for finding in report.faults}


def told(paper: Document) -> dict[str, object]:
    facts = ReadPaper(paper.pdf).facts
    assert facts is not None
    return dict(facts.plain)


# Whose certificate ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "fit"),
    [
        (["公章", NAME], True),
        ([" 东海县晶源产业 投资服务有限公司 "], True),
        (["051@" + NAME + "@91320722MA1XQ0A12C@1"], True),
        ([NAME + "_公章"], True),
        ([NAME + "东海分公司"], False),
        ([NAME + "/东海分公司"], False),
        (["张三@" + NAME], False),
        (["晶源产业投资服务有限公司"], False),
        (["演示证书（无法律效力）operator"], False),
        ([], False),
    ],
)
def test_a_certificate_fits_the_name_it_holds_as_a_whole(named: list[str], fit: bool) -> None:
    assert fits(named, [NAME]) is fit
    assert not fits(["", " "], ["", " "]), "no name is nobody's"


def test_forms_of_a_name_are_one_name(here: SigningOffice) -> None:
    facts = told(here.paper(KIND)) | {"bank_branch": "东海支行", "guarantors": [{"name": "石犇、李㛃（夫妻）"}]}
    assert fits(["ABC（中国）有限公司"], ["ＡＢＣ(中国) 有限公司"])
    assert fits([str(facts["bank_name"])], names_of_party(facts, BANK))
    assert fits([f"{facts['bank_name']} 东海支行"], names_of_party(facts, BANK))
    assert not fits(["东海支行"], names_of_party(facts, BANK))
    assert fits([f"NTRCN-{facts['borrower_uscc']}"], names_of_party(facts, BORROWER))
    assert not fits([f"NTRCN-{facts['borrower_uscc']}"], names_of_party(facts, BANK))
    assert [fits([each], names_of_party(facts, "guarantor_1")) for each in ("石犇", "李㛃", "石", "夫妻")] == [
        True,
        True,
        False,
        False,
    ]
    assert names_of_party(facts, "guarantor_2") == []


def test_nobody_signs_with_a_certificate_of_another(here: SigningOffice) -> None:
    own, _ = a_real_certificate(here.folder / "other.p12", "另一家有限公司", "x")
    paper = here.paper(KIND)
    with refused("signing.certificate_of_another"):
        here.signing(own, "x").sign(paper.case_no, paper.number, OPERATOR, "wang.he", authority=None, at=NOW)
    assert here.recorded(paper) == []


def test_verify_says_whose_certificate_it_is_where_it_is_not_the_partys(here: SigningOffice) -> None:
    paper = here.paper(KIND)
    stranger = DemoAuthority(here.folder / "demo").credential(BANK, "另一家有限公司")
    report = check(here, sign_pdf(paper.pdf, BANK, stranger, place_of(paper.boxes, BANK), None))
    (fault,) = [each for each in report.faults if each.code == "paper_check.certificate_of_another"]
    assert "另一家有限公司" in fault.params["named"]
    assert (fault.params["who"], fault.params["name"]) == (BANK, str(told(paper)["bank_name"]))
    assert "请该方用自己的证书重新签署" in say(fault.code, "zh", **fault.params)
    alone = check_file(sign_pdf(paper.pdf, BANK, stranger, None, None), None)
    assert "certificate_of_another" in codes(alone), "the paper itself names its parties"
    right = DemoAuthority(here.folder / "demo").credential(BANK, str(told(paper)["bank_name"]))
    authority = demo_certificate(here.folder / "demo")
    assert authority is not None
    assert codes(check_file(sign_pdf(paper.pdf, BANK, right, None, None), None, [authority])) == set()


def test_a_platform_that_signs_with_another_holders_certificate_is_not_believed(
    here: SigningOffice, platform: SimulatedPlatform
) -> None:
    paper = here.paper(KIND)
    outside = PlatformSigning(here.desk.begin, platform)
    asked = (Asked(party=BORROWER, person="石犇", authority="法定代表人"),)
    flow = outside.start(paper.case_no, paper.number, asked, "li.jing", NOW)
    platform.behave(PlatformManner.ANOTHER_HOLDER)
    platform.signers_act()
    assert outside.settle(flow, NOW) is FlowEnd.REJECTED
    with here.app() as session:
        assert signatures.the_flow(session, flow).reason == "another_holder"
    assert here.recorded(paper) == []
    report = check(here, platform.fetch_signed(flow))
    assert {"appended", "certificate_of_another", "signature_not_recorded", "signature_unknown"} == codes(report)


# What a signature shows -------------------------------------------------------------------------------------------


def test_a_platform_that_shows_a_signature_over_the_text_is_not_believed(
    here: SigningOffice, platform: SimulatedPlatform
) -> None:
    paper = here.paper(KIND)
    outside = PlatformSigning(here.desk.begin, platform)
    asked = (Asked(party=BORROWER, person="石犇", authority="法定代表人"),)
    first = outside.start(paper.case_no, paper.number, asked, "li.jing", NOW)
    platform.behave(PlatformManner.COVERING)
    platform.signers_act()
    assert outside.settle(first, NOW) is FlowEnd.REJECTED
    with here.app() as session:
        assert signatures.the_flow(session, first).reason == "outside_its_place"
    platform.behave(PlatformManner.PROPER)
    again = outside.start(paper.case_no, paper.number, asked, "li.jing", NOW)
    platform.signers_act()
    assert outside.settle(again, NOW) is FlowEnd.COMPLETED
    (taken,) = here.recorded(paper)
    assert codes(check(here, here.content(taken.sha256))) == set(), "whatever it draws there is on record from now on"


def test_what_a_signature_shows_is_read(here: SigningOffice) -> None:
    paper = here.paper(KIND)
    look = looks_of(here.content(here.sign(paper).sha256))["sign-operator"]
    assert look.words.startswith(NAME)
    assert "王核（复核）" in look.words
    assert [place.page for place in look.places] == [paper.pages]


def test_the_partys_own_certificate_with_other_words_is_found(here: SigningOffice) -> None:
    """Key and certificate are those that sign in this house; only the words in the place to sign are others."""
    paper = here.paper(KIND)
    credential = DemoAuthority(here.folder / "signing-demo").credential(OPERATOR, NAME)
    stamp = a_stamp(NAME, "同意放款玖佰万元")
    forged = sign_pdf(paper.pdf, OPERATOR, credential, place_of(paper.boxes, OPERATOR), stamp)
    report = check(here, forged)
    assert codes(report) == {"appended", "signature_not_recorded", "signature_unknown"}
    (fault,) = [each for each in report.faults if each.code == "paper_check.signature_not_recorded"]
    assert fault.params["words"] == NAME + "同意放款玖佰万元"

    here.sign(paper)
    report = check(here, forged)
    assert "shown_otherwise" in codes(report), "by now the same certificate has signed here, with its usual words"
    (fault,) = [each for each in report.faults if each.code == "paper_check.shown_otherwise"]
    assert (fault.params["person"], "玖佰万元" in fault.params["words"]) == ("王核", True)


def test_a_row_that_names_another_person_than_the_signature_shows_is_found(here: SigningOffice) -> None:
    paper = here.paper(KIND)
    credential = DemoAuthority(here.folder / "signing-demo").credential(OPERATOR, NAME)
    stamp = a_stamp(NAME, "张三（复核）", f"签署时间 {NOW:%Y-%m-%d}")
    content = sign_pdf(paper.pdf, OPERATOR, credential, place_of(paper.boxes, OPERATOR), stamp)
    file = file_of(paper, content, PDF, NOW)
    row = Signature(
        document=paper.number,
        party=OPERATOR,
        name=NAME,
        person="王核",
        authority="复核",
        how=SignedHow.PADES,
        signed_at=NOW,
        recorded_at=NOW,
        recorded_by="wang.he",
        sha256=file.sha256,
        certificate=credential.fingerprint,
        demo=True,
    )
    with here.desk.begin() as session:
        signatures.keep_file(session, file)
        signatures.record(session, row)
    report = check(here, content)
    assert report.unchanged, "byte for byte what was put on record"
    assert codes(report) == {"shown_otherwise"}


@pytest.mark.parametrize("change", ["place", "picture", "words"])
def test_a_signature_shown_anew_is_found_beside_what_breaks_it(change: str, here: SigningOffice) -> None:
    paper = here.paper(KIND)
    content = here.content(here.sign(paper).sha256)
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        (place,) = [each for each in pdf.pages[-1].Annots if each.get("/FT") == "/Sig"]
        if change == "place":
            place.Rect = [100, 500, 400, 560]
        elif change == "picture":
            place.AP.N.write(place.AP.N.read_bytes() + b" 1 0 0 rg 0 0 9 9 re f")
        else:
            font = next(iter(place.AP.N.Resources.Font.values()))
            font.ToUnicode.write(font.ToUnicode.read_bytes().replace(b"738b", b"5f20"))
        pdf.save(out)
    before, after = (looks_of(each)["sign-operator"] for each in (content, out.getvalue()))
    assert before.digest != after.digest
    assert not all(each.good for each in find_signatures(out.getvalue()))
