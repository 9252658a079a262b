"""Papers signed, signed elsewhere, and scanned: on real papers in a real database."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from PIL import Image
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from activities.law.calendars import shanghai_today
from activities.papers.press import Press
from activities.papers.reading import ReadPaper
from activities.signing.check import find_signatures
from activities.signing.in_house import ByHand, Certificates, InHouseSigning
from gateways.esign import DEMO_CA_NAME, DemoAuthority
from models.database import sessions
from models.papers import signatures
from rulebook.papers.kinds import DocumentKind
from rulebook.papers.signing import SignedHow
from runtime.seed import open_fund
from runtime.settings import checkout
from tests.papers.certificates import a_real_certificate
from tests.papers.records import SigningOffice, refused

NOW = datetime.now(UTC)
OPERATOR, BORROWER, BANK = "operator", "borrower", "bank"
BY_HAND = ByHand(person="石犇", authority="法定代表人", signed_at=NOW)


@pytest.fixture
def here(app_engine: Engine, desk_engine: Engine, press: Press, tmp_path: Path) -> SigningOffice:
    with sessions(app_engine).begin() as session:
        open_fund(session, (checkout() or Path.cwd()) / "examples" / "fund.toml", shanghai_today())
    return SigningOffice(sessions(app_engine), sessions(desk_engine), press, tmp_path)


def test_a_signed_paper_begins_with_the_unsigned_one_which_stays(here: SigningOffice) -> None:
    paper = here.paper()
    signed = here.sign(paper)
    content = here.content(signed.sha256)

    assert content.startswith(paper.pdf)
    assert len(content) > len(paper.pdf)
    with here.app() as session:
        assert signatures.paper_of_case(session, paper.case_no, paper.kind).pdf == paper.pdf
    (found,) = find_signatures(content)
    assert (found.party, found.intact, found.sound, found.whole) == (OPERATOR, True, True, True)
    assert (found.holder, found.demo) == ("东海县晶源产业投资服务有限公司", True)
    assert (signed.person, signed.authority, signed.name) == ("王核", "复核", found.holder)
    assert (signed.how, signed.certificate, signed.demo) == (SignedHow.PADES, found.certificate, True)


def test_a_signed_paper_is_a_sound_pdf_with_the_same_text_and_facts(here: SigningOffice) -> None:
    paper = here.paper()
    content = here.content(here.sign(paper).sha256)
    before, after = ReadPaper(paper.pdf), ReadPaper(content)
    assert (after.pages, after.facts) == (before.pages, before.facts)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert pdf.check_pdf_syntax() == []
        (place,) = [annotation for annotation in pdf.pages[-1].Annots if annotation.get("/FT") == "/Sig"]
        box = next(each for each in paper.boxes if each["party"] == OPERATOR)
        left, bottom, right, top = (float(each) for each in place.Rect)
    assert box["x"] <= left < right <= box["x"] + box["width"]
    assert box["y"] <= bottom < top <= box["y"] + box["height"]


def test_each_signature_stands_behind_the_last(here: SigningOffice) -> None:
    paper = here.paper()
    first, second = (here.content(here.sign(paper, party).sha256) for party in (OPERATOR, BANK))

    assert second.startswith(first)
    found = find_signatures(second)
    assert [(each.party, each.good, each.whole) for each in found] == [(OPERATOR, True, False), (BANK, True, True)]
    assert [each.party for each in here.recorded(paper)] == [OPERATOR, BANK]


def test_two_parties_who_sign_at_once_end_up_in_one_file(here: SigningOffice) -> None:
    paper = here.paper()
    with ThreadPoolExecutor(3) as people:
        list(people.map(lambda party: here.sign(paper, party), (OPERATOR, BORROWER, BANK)))
    with here.app() as session:
        newest = signatures.newest_file(session, paper)
    found = find_signatures(newest)
    assert {each.party for each in found} == {OPERATOR, BORROWER, BANK}
    assert all(each.good for each in found)


def test_who_may_not_sign_does_not(here: SigningOffice) -> None:
    paper = here.paper(DocumentKind.TRANSFER_INSTRUCTION)
    for officer, code in (
        ("li.jing", "person.not_in_role"),
        ("qian.jd", "person.not_in_role"),
        ("x", "person.unknown"),
    ):
        with refused(code):
            here.sign(paper, OPERATOR, officer)
    with refused("signing.no_place"):
        here.sign(paper, "guarantor_1")
    here.sign(paper)
    with refused("signing.signed_already"):
        here.sign(paper)
    assert len(here.recorded(paper)) == 1


def test_the_operators_own_certificate_signs_and_no_demonstration_is_made(here: SigningOffice) -> None:
    own, root = a_real_certificate(here.folder / "operator.p12", "东海县晶源产业投资服务有限公司", "p12-口令")
    paper = here.paper()
    desk = here.signing(own, "p12-口令")
    signed = desk.sign(paper.case_no, paper.kind, OPERATOR, "wang.he", authority="授权书1号", at=NOW)

    (found,) = find_signatures(here.content(signed.sha256), [root])
    assert (found.good, found.trusted, found.demo) == (True, True, False)
    assert (signed.demo, signed.authority) == (False, "授权书1号")
    assert find_signatures(here.content(signed.sha256))[0].trusted is False
    assert not (here.folder / "signing-demo").exists()
    with refused("signing.no_certificate"):
        desk.sign(paper.case_no, paper.kind, BANK, "wang.he", authority=None, at=NOW)


def test_a_certificate_that_cannot_sign_is_refused_by_name(here: SigningOffice) -> None:
    paper = here.paper()
    own, _ = a_real_certificate(here.folder / "good.p12", "甲", "right")
    late, _ = a_real_certificate(here.folder / "late.p12", "甲", "right", until=NOW - timedelta(days=1))
    demo = here.folder / "demo.p12"
    authority = DemoAuthority(here.folder / "elsewhere")
    credential = authority.credential(OPERATOR, "甲")
    assert isinstance(credential.private, ec.EllipticCurvePrivateKey)
    demo.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"x", credential.private, credential.certificate, None, BestAvailableEncryption(b"right")
        )
    )
    for path, passphrase, code in (
        (own, "wrong", "signing.certificate_unreadable"),
        (here.folder / "absent.p12", "right", "signing.certificate_unreadable"),
        (late, "right", "signing.certificate_not_now"),
        (demo, "right", "signing.certificate_demo"),
    ):
        with refused(code):
            here.signing(path, passphrase).sign(paper.case_no, paper.kind, OPERATOR, "wang.he", authority=None, at=NOW)
    assert here.recorded(paper) == []


def test_the_demonstration_names_itself_and_is_made_once(here: SigningOffice) -> None:
    folder = here.folder / "demo"
    with ThreadPoolExecutor(4) as people:
        made = list(people.map(lambda _: DemoAuthority(folder).credential(BANK, "某银行"), range(8)))
    assert len({each.fingerprint for each in made}) == 1
    subject, issuer = made[0].certificate.subject.rfc4514_string(), made[0].certificate.issuer.rfc4514_string()
    assert "无法律效力" in subject
    assert issuer == f"CN={DEMO_CA_NAME}"
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())} == {0}


# Scans ----------------------------------------------------------------------------------------------------------


def a_picture(kind: str) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (60, 80), "white").save(made, kind)
    return made.getvalue()


@pytest.mark.parametrize(
    ("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("PDF", "application/pdf")]
)
def test_a_scan_is_kept_and_marked_as_one(kind: str, media_type: str, here: SigningOffice) -> None:
    paper = here.paper(DocumentKind.DRAWDOWN_REQUEST)
    scan = a_picture(kind) + paper.number.encode()
    signed = here.attach(paper, scan, BY_HAND)
    here.attach(paper, scan, BY_HAND)

    (recorded,) = here.recorded(paper)
    assert (recorded.how, recorded.certificate, recorded.person) == (SignedHow.WET_INK, None, "石犇")
    assert (recorded.recorded_by, recorded.authority, recorded.signed_at) == (
        "li.jing",
        "法定代表人",
        BY_HAND.signed_at,
    )
    with here.app() as session:
        kept = signatures.signed_file(session, signed.sha256)
        assert kept is not None
        assert (kept.scan, kept.media_type, kept.content) == (True, media_type, scan)
        assert signatures.newest_file(session, paper) == paper.pdf, "no signature is ever put on a scan"


def test_what_is_no_scan_is_refused(here: SigningOffice) -> None:
    paper = here.paper(DocumentKind.DRAWDOWN_REQUEST)
    png = a_picture("PNG")
    for content in (b"GIF89a", b"%PDF-1.7 nothing", b"", png[:30], b"\x89PNG\r\n\x1a\n", b"<svg/>"):
        with refused("signing.scan_type"):
            here.attach(paper, content, BY_HAND)
    with refused("signing.scan_too_big"):
        here.attach(paper, png + bytes(20_000_000), BY_HAND)
    with refused("signing.scan_is_the_paper"):
        here.attach(paper, paper.pdf, BY_HAND)
    signed = here.sign(here.paper(), OPERATOR)
    with refused("signing.scan_is_the_paper"):
        here.attach(paper, here.content(signed.sha256), BY_HAND)
    late = BY_HAND.model_copy(update={"signed_at": NOW + timedelta(hours=1)})
    with refused("signing.in_the_future"):
        here.signing().attach_scan(paper.case_no, paper.number, BORROWER, "li.jing", png, late, NOW)
    assert here.recorded(paper) == []


def test_a_scan_of_one_paper_is_not_one_of_another(here: SigningOffice) -> None:
    one, other = here.paper(DocumentKind.DRAWDOWN_REQUEST), here.paper(DocumentKind.DRAWDOWN_REQUEST)
    scan = a_picture("PNG") + one.number.encode()
    here.attach(one, scan, BY_HAND)
    with refused("signing.file_of_another"):
        here.attach(other, scan, BY_HAND)


# The database's own defence -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE signature SET person = '他人' WHERE document = :number",
        "DELETE FROM signature WHERE document = :number",
        "UPDATE signed_file SET content = content || '\\x00' WHERE document = :number",
        "TRUNCATE signature, signed_file",
    ],
)
def test_what_was_signed_cannot_be_changed_even_by_the_owner(
    statement: str, here: SigningOffice, owner_engine: Engine
) -> None:
    paper = here.paper()
    here.sign(paper)
    with owner_engine.connect() as connection, pytest.raises(DBAPIError, match="only grows"):
        connection.execute(text(statement), {"number": paper.number})
    assert len(here.recorded(paper)) == 1


def test_the_database_takes_no_file_that_does_not_begin_with_its_paper(here: SigningOffice) -> None:
    paper = here.paper()
    insert = text(
        "INSERT INTO signed_file (sha256, document, media_type, stored_at, content, scan)"
        " VALUES (:sha256, :number, 'application/pdf', now(), :content, false)"
    )
    flipped = bytes([paper.pdf[0] ^ 1]) + paper.pdf[1:] + b"x"
    for content, digest in ((flipped, None), (paper.pdf, None), (paper.pdf + b"x", "0" * 64)):
        row = {"sha256": digest or hashlib.sha256(content).hexdigest(), "number": paper.number, "content": content}
        with here.desk() as session, pytest.raises(DBAPIError, match=r"begins with|digest_of_the_content"):
            session.execute(insert, row)


def test_a_worker_reads_signatures_and_makes_none(here: SigningOffice) -> None:
    desk = InHouseSigning(here.app.begin, Certificates(here.folder / "signing-demo"))
    paper = here.paper()
    with pytest.raises(DBAPIError, match="permission denied"):
        desk.sign(paper.case_no, paper.number, OPERATOR, "wang.he", authority=None, at=NOW)
    assert here.recorded(paper) == []
