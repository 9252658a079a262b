"""Files looked at: ours and unchanged, or what is wrong with them, each said in words."""

import hashlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image
from pyhanko.pdf_utils.generic import NameObject, StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from sqlalchemy import Engine, text
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session

from activities.law.calendars import shanghai_today
from activities.papers.check import FileForm, FileReport, check_file
from activities.papers.press import ATTACHMENT, Press, facts_bytes
from activities.papers.press.sample import SAMPLE
from activities.papers.reading import ReadPaper
from activities.papers.strict import apart
from activities.papers.strict.bounds import BOUNDS
from activities.signing.in_house import ByHand, Certificates, InHouseSigning
from activities.words import LANGUAGES, be_strict, say
from gateways.esign import DemoAuthority, load_pkcs12, sign_pdf
from models.database import sessions
from models.papers import signatures
from models.papers.documents import Document
from rulebook.papers.facts import PaperData
from rulebook.papers.kinds import DocumentKind
from runtime.seed import open_fund
from runtime.settings import checkout
from tests.papers.certificates import a_real_certificate
from tests.papers.records import a_paper_on_record

KIND = DocumentKind.TRANSFER_INSTRUCTION


class Records:
    """The case file of this test process, and one signed paper in it."""

    def __init__(self, app: Engine, desk: Engine, press: Press, folder: Path) -> None:
        self.app: sessionmaker[Session] = sessions(app)
        self.desk: sessionmaker[Session] = sessions(desk)
        self.press = press
        with self.app.begin() as session:
            open_fund(session, (checkout() or Path.cwd()) / "examples" / "fund.toml", shanghai_today())
        self.authority = DemoAuthority(folder / "demo")
        self.signing = InHouseSigning(self.desk.begin, Certificates(folder / "demo"))
        self.paper = self.put(KIND)
        self.signed = self.sign(self.paper)

    def put(self, kind: DocumentKind, **changed: Any) -> Document:
        return a_paper_on_record(self.app, self.press, "DH", kind, **changed)

    def sign(self, paper: Document) -> bytes:
        at = datetime.now(UTC)
        done = self.signing.sign(paper.case_no, paper.number, "operator", "wang.he", authority=None, at=at)
        return self.content(done.sha256)

    def content(self, sha256: str) -> bytes:
        with self.app() as session:
            kept = signatures.signed_file(session, sha256)
            assert kept is not None
            return kept.content

    def check(self, content: bytes) -> FileReport:
        with self.app() as session:
            return said(check_file(content, session, [self.authority.certificate]))

    def alone(self, content: bytes) -> FileReport:
        return said(check_file(content, None, [self.authority.certificate]))


def said(report: FileReport) -> FileReport:
    """The same report, after every finding of it was said in both languages without a value missing."""
    be_strict()
    try:
        for finding in (*report.faults, *report.remarks):
            for lang in LANGUAGES:
                assert "{" not in say(finding.code, lang, **finding.params), finding
    finally:
        be_strict(False)
    return report


def codes(report: FileReport) -> set[str]:
    return {finding.code.removeprefix("paper_check.") for finding in report.faults}


@pytest.fixture(scope="module")
def records(app_engine: Engine, desk_engine: Engine, press: Press, tmp_path_factory: pytest.TempPathFactory) -> Records:
    return Records(app_engine, desk_engine, press, tmp_path_factory.mktemp("records"))


def test_a_paper_as_it_was_drawn_is_ours_and_agrees(records: Records) -> None:
    report = records.check(records.paper.pdf)
    assert (report.good, report.ours, report.unchanged, report.form) == (True, True, True, FileForm.UNSIGNED)
    assert (report.agrees_with_text, report.agrees_with_case) == (True, True)
    assert (report.document_no, report.kind) == (records.paper.number, KIND)
    assert report.faults == ()
    assert [each.here for each in report.recorded] == [False], "it was signed, in another file"


def test_a_signed_paper_is_ours_with_its_signature(records: Records) -> None:
    report = records.check(records.signed)
    assert (report.good, report.unchanged, report.form) == (True, True, FileForm.SIGNED)
    (found,) = report.signatures
    assert (found.party, found.good, found.whole, found.trusted, found.demo) == ("operator", True, True, True, True)
    (recorded,) = report.recorded
    assert (recorded.person, recorded.here, recorded.certificate) == ("王核", True, found.certificate)
    assert [each.code for each in report.remarks] == ["paper_check.signature_demo"]


@pytest.mark.parametrize("part", range(8))
def test_one_flipped_bit_anywhere_is_found(part: int, records: Records) -> None:
    for whole, begin in ((records.paper.pdf, 0), (records.signed, len(records.paper.pdf))):
        place = begin + (len(whole) - begin - 1) * part // 7
        changed = bytearray(whole)
        changed[place] ^= 1 << (part % 8)
        report = records.check(bytes(changed))
        assert (report.good, report.ours, report.unchanged) == (False, True, False), place
        assert report.document_no == records.paper.number
        assert codes(report) & {"bytes_differ", "appended"}


def test_a_flipped_bit_under_a_signature_breaks_it_even_without_records(records: Records) -> None:
    for place in range(200, len(records.paper.pdf), len(records.paper.pdf) // 5):
        changed = bytearray(records.signed)
        changed[place] ^= 4
        assert "signature_broken" in codes(records.alone(bytes(changed))), place


def test_bytes_beside_a_signature_are_not_free_to_change(records: Records) -> None:
    gap = records.signed.index(b"/Contents <", len(records.paper.pdf)) + len(b"/Contents <")
    end = records.signed.index(b">", gap)
    padding = bytearray(records.signed)
    padding[end - 2 : end] = b"41"
    letters = next(place for place in range(gap, end) if records.signed[place : place + 1] in b"abcdefABCDEF")
    other_case = bytearray(records.signed)
    other_case[letters] ^= 0x20
    for changed in (padding, other_case):
        assert "signature_broken" in codes(records.alone(bytes(changed)))
        assert "bytes_differ" in codes(records.check(bytes(changed)))


def resaved(content: bytes, change: Callable[[pikepdf.Pdf], None] | None = None) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        if change is not None:
            change(pdf)
        pdf.save(out)
    return out.getvalue()


def test_a_replaced_page_is_named(records: Records) -> None:
    agreement = records.put(DocumentKind.TRIPARTITE_AGREEMENT)
    facts = {"case_no": agreement.case_no, "document_no": agreement.number, "bridge_fen": 999_900_00}
    other = records.press.render(
        DocumentKind.TRIPARTITE_AGREEMENT, PaperData.model_validate(SAMPLE.model_dump() | facts)
    )

    def replace(pdf: pikepdf.Pdf) -> None:
        with pikepdf.open(io.BytesIO(other.pdf)) as donor:
            pdf.pages[0] = donor.pages[0]

    report = records.check(resaved(agreement.pdf, replace))
    assert (report.good, report.ours, report.unchanged) == (False, True, False)
    assert report.document_no == agreement.number
    (page,) = [each for each in report.faults if each.code == "paper_check.page_differs"]
    assert page.params["pages"] == "1"
    assert {"another_file", "not_in_data", "digest_not_printed"} <= codes(report)
    assert report.agrees_with_text is False
    alone = records.alone(resaved(agreement.pdf, replace))
    assert (alone.ours, alone.good) == (None, False), "the file contradicts itself"


def test_an_edited_embedded_file_is_found_with_the_fields(records: Records) -> None:
    def edit(pdf: pikepdf.Pdf) -> None:
        held = pdf.attachments[ATTACHMENT].get_file()
        content = held.read_bytes().replace(b'"bridge_fen":475000000', b'"bridge_fen":975000000')
        assert content != held.read_bytes()
        del pdf.attachments[ATTACHMENT]
        pdf.attachments[ATTACHMENT] = pikepdf.AttachedFileSpec(pdf, content, filename=ATTACHMENT)

    report = records.check(resaved(records.paper.pdf, edit))
    assert (report.good, report.unchanged, report.agrees_with_text) == (False, False, False)
    (differs,) = [each for each in report.faults if each.code == "paper_check.data_differs"]
    assert differs.params["fields"] == "bridge_fen"
    assert {"digest_not_printed", "not_in_text", "not_as_in_case"} <= codes(report)
    assert not records.alone(resaved(records.paper.pdf, edit)).good


def test_facts_that_were_taken_out_or_put_in_twice_are_missed(records: Records) -> None:
    def take_out(pdf: pikepdf.Pdf) -> None:
        del pdf.attachments[ATTACHMENT]

    def spoil(pdf: pikepdf.Pdf) -> None:
        take_out(pdf)
        pdf.attachments[ATTACHMENT] = pikepdf.AttachedFileSpec(pdf, b'{"kind": "x"}', filename=ATTACHMENT)

    gone = records.check(resaved(records.paper.pdf, take_out))
    assert (gone.ours, gone.unchanged) == (True, False), "its number stands on every page"
    assert "data_gone" in codes(gone)
    assert "data_unreadable" in codes(records.check(resaved(records.paper.pdf, spoil)))


def test_the_same_paper_saved_again_is_not_the_one_on_record(records: Records) -> None:
    report = records.check(resaved(records.paper.pdf))
    assert (report.good, report.ours, report.unchanged) == (False, True, False)
    assert codes(report) == {"another_file"}


def appended(content: bytes) -> bytes:
    """A revision behind the file, by which its first page shows nothing."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    page, _ = writer.find_page_for_modification(0)  # type: ignore[no-untyped-call]
    page.get_object()[NameObject("/Contents")] = writer.add_object(StreamObject(stream_data=b"q Q"))
    writer.update_container(page.get_object())
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def test_something_appended_is_found_behind_both_the_paper_and_its_signature(records: Records) -> None:
    unsigned = records.check(appended(records.paper.pdf))
    assert (unsigned.ours, unsigned.unchanged, unsigned.good) == (True, False, False)
    assert {"appended", "page_differs"} <= codes(unsigned)

    signed = appended(records.signed)
    assert signed.startswith(records.signed)
    report = records.check(signed)
    (tail,) = [each for each in report.faults if each.code == "paper_check.appended"]
    assert tail.params["ours"] == str(len(records.signed))
    assert {"signature_overwritten", "page_differs"} <= codes(report)
    assert "signature_overwritten" in codes(records.alone(signed))
    harmless = records.alone(records.signed + b"% nothing\n")
    assert codes(harmless) == {"behind_the_signature", "cut_off"}


def test_a_signature_that_was_never_recorded_is_told_from_ours(records: Records, tmp_path: Path) -> None:
    stranger = DemoAuthority(tmp_path / "other").credential("bank", "某银行")
    report = records.check(sign_pdf(records.paper.pdf, "bank", stranger, None, None))
    assert (report.ours, report.unchanged) == (True, False)
    assert codes(report) == {
        "appended",
        "signature_unknown",
        "signature_not_recorded",
        "certificate_of_another",
    }
    (found,) = report.signatures
    assert (found.good, found.demo, found.trusted) == (True, True, False)

    borrower = ReadPaper(records.paper.pdf).facts
    assert borrower is not None
    own, root = a_real_certificate(tmp_path / "x.p12", borrower.plain["borrower_name"], "x")
    signed = sign_pdf(records.paper.pdf, "borrower", load_pkcs12(own, "x"), None, None)
    assert codes(records.alone(signed)) == {"signature_unknown"}
    assert codes(said(check_file(signed, None, [root]))) == set()


def test_what_is_none_of_ours_is_said_so(records: Records) -> None:
    foreign = records.press.render(KIND, SAMPLE).pdf
    report = records.check(foreign)
    assert (report.ours, report.unchanged, report.good) == (False, False, False)
    assert codes(report) == {"foreign"}

    empty = io.BytesIO()
    pikepdf.new().save(empty)
    for content in (b"", b"%PDF-1.7", b"plain text", b"\x89PNG\r\n\x1a\n", bytes(2000), empty.getvalue()):
        report = records.check(content)
        assert (report.ours, report.good) == (False, False)
        assert "foreign" in codes(report)


def test_a_file_of_a_thousand_ends_is_looked_at_in_no_time(records: Records) -> None:
    many = records.paper.pdf + b"%%EOF\n" * 2_000_000
    report = records.check(many)
    (tail,) = [each for each in report.faults if each.code == "paper_check.appended"]
    assert tail.params["ours"] == str(len(records.paper.pdf))
    assert "too_big" in codes(records.check(bytes(40_000_001)))


def test_a_draft_is_called_a_draft(records: Records) -> None:
    draft = records.press.render(KIND, SAMPLE, draft=True).pdf
    assert codes(records.check(draft)) == {"draft"}
    facts = {"document_no": records.paper.number, "case_no": records.paper.case_no}
    numbered = records.press.render(KIND, SAMPLE.model_copy(update=facts), draft=True).pdf
    report = records.check(numbered)
    assert (report.ours, report.unchanged) == (True, False), "it bears the number of a paper on record"
    assert {"draft", "another_file"} <= codes(report)


def test_a_scan_is_ours_and_proves_nothing(records: Records) -> None:
    paper = records.put(DocumentKind.DRAWDOWN_REQUEST)
    scan = io.BytesIO()
    Image.new("RGB", (30, 40), "white").save(scan, "PNG")
    content = scan.getvalue() + paper.number.encode()
    at = datetime.now(UTC)
    hand = ByHand(person="石犇", authority="法定代表人", signed_at=at)
    records.signing.attach_scan(paper.case_no, paper.number, "borrower", "li.jing", content, hand, at)

    report = records.check(content)
    assert (report.ours, report.unchanged, report.form, report.good) == (True, True, FileForm.SCAN, True)
    assert [each.code for each in report.remarks] == ["paper_check.scan_proves_nothing"]
    assert [(each.person, each.here) for each in report.recorded] == [("石犇", True)]


def test_facts_that_are_not_those_of_the_case_are_found_in_an_unchanged_paper(records: Records) -> None:
    paper = records.put(KIND, loan_note="JJ-ANOTHER", borrower_name="另一家有限公司")
    report = records.check(paper.pdf)
    assert (report.unchanged, report.agrees_with_text, report.agrees_with_case, report.good) == (
        True,
        True,
        False,
        False,
    )
    fields = {each.params["field"] for each in report.faults}
    assert fields == {"loan_note", "borrower_name"}


def test_records_that_were_changed_behind_our_back_are_found(records: Records, owner_engine: Engine) -> None:
    paper = records.put(KIND)
    forged = records.press.render(KIND, SAMPLE.model_copy(update={"document_no": paper.number})).pdf
    with owner_engine.begin() as connection:
        connection.execute(
            text("UPDATE document SET pdf = :pdf WHERE number = :number"), {"pdf": forged, "number": paper.number}
        )
    report = records.check(paper.pdf)
    assert "store_damaged" in codes(report)
    assert not records.check(forged).good
    assert hashlib.sha256(forged).hexdigest() != paper.sha256


@pytest.mark.usefixtures("apart")
def test_36_one_check_has_one_time_however_many_files_it_is_held_against(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "_BEGIN", "import time; time.sleep(60)")
    monkeypatch.setitem(BOUNDS, "seconds", 2)
    begun = time.monotonic()
    report = records.check(records.signed)
    assert time.monotonic() - begun < 3.5, "the file, its paper and the files kept with its signatures, together"
    assert not report.good


@pytest.mark.parametrize("signed", [True, False])
def test_36_a_file_is_looked_at_without_what_only_signs_or_keeps_records(
    signed: bool, records: Records, tmp_path: Path
) -> None:
    (tmp_path / "paper.pdf").write_bytes(records.signed if signed else records.paper.pdf)
    seen = _modules(
        "from activities.papers.strict import child; begin = child._answer\n"
        "def told():\n    answer = begin(); raise SystemExit(told_of())\n"
        "child._answer = told; child.main()",
        stdin=_asked((tmp_path / "paper.pdf").read_bytes()),
    )
    assert seen == ["activities.papers.strict.look", *(["pyhanko.sign.validation"] if signed else [])]
    verify = f"main(['documents', 'verify', {str(tmp_path / 'paper.pdf')!r}])"
    command = f"from runtime.cli.app import main; assert {verify} == {int(signed)}"  # nobody's certificate is believed
    assert _modules(f"{command}; raise SystemExit(told_of())", cwd=tmp_path) == []


def _asked(content: bytes) -> bytes:
    return json.dumps({"files": [(len(content), "all")], "fonts": [], "roots": []}).encode() + b"\n" + content


def _modules(program: str, *, stdin: bytes = b"", cwd: Path | None = None) -> list[str]:
    """Which of some parts of the house and its libraries a process has loaded at the end of a program."""
    told = "import sys\ndef told_of(): return ' '.join(name for name in %r if name in sys.modules)\n"
    watched = ("activities.papers.strict.look", "pyhanko.sign.validation", "pyhanko.sign.signers", "aiohttp")
    ran = subprocess.run(
        [sys.executable, "-c", told % ((*watched, "sqlalchemy", "models.papers.documents"),) + program],
        input=stdin,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "XUQIAO_VAR": str(cwd or "")},
        capture_output=True,
        check=False,
    )
    return ran.stderr.decode().split()


def test_without_records_a_file_is_judged_by_itself(records: Records) -> None:
    for content in (records.paper.pdf, records.signed):
        report = records.alone(content)
        assert (report.ours, report.unchanged, report.good, report.agrees_with_text) == (None, None, True, True)
        assert "paper_check.no_records" in {each.code for each in report.remarks}
        assert report.document_no == records.paper.number
    cut = records.signed[: len(records.paper.pdf) + 200]
    assert codes(records.alone(cut)) == {"cut_off"}
    assert {"cut_off", "appended"} <= codes(records.check(cut))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", DocumentKind)
def test_no_paper_contradicts_itself(kind: DocumentKind, lang: str, press: Press) -> None:
    paper = press.render(kind, SAMPLE, "en" if lang == "en" else "zh")
    report = said(check_file(paper.pdf, None))
    assert codes(report) == set()
    assert (report.kind, report.lang, report.agrees_with_text) == (kind, lang, True)
    content = facts_bytes(press.facts_of(kind, SAMPLE, "en" if lang == "en" else "zh"))
    assert hashlib.sha256(content).hexdigest() == paper.data_digest
