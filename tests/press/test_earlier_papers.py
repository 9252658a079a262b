"""Papers that the first release drew: their facts have a form of their own, and they are believed all the same."""

import io
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from sqlalchemy import Engine

from activities.law.calendars import shanghai_today
from activities.papers.check import FileReport, check_file
from activities.papers.press import ATTACHMENT, Press
from activities.papers.reading import ReadPaper
from activities.words import LANGUAGES, say
from models.database import sessions
from models.papers.documents import Document
from rulebook.law.rates import PPM
from rulebook.papers.facts import DocumentKind, PaperData
from runtime.seed import open_fund
from runtime.settings import checkout
from tests.press.records import SigningOffice, a_paper_on_record

NAME = "fee_steps.daily_rate_ppm"


class FirstPress(Press):
    """Puts facts into a paper as the first release did: all of them, and rates in millionths."""

    def facts_of(self, kind: DocumentKind, data: PaperData, lang: Any = "zh") -> dict[str, object]:
        told = data.model_dump(mode="json", exclude_none=True)
        for step in told["fee_steps"]:
            step["daily_rate_ppm"] = int(Fraction(step.pop("daily_rate")) * PPM)
        return {"kind": kind.value, "lang": lang, "data": told}


@pytest.fixture(scope="module")
def office(
    app_engine: Engine, desk_engine: Engine, press: Press, tmp_path_factory: pytest.TempPathFactory
) -> SigningOffice:
    made = SigningOffice(sessions(app_engine), sessions(desk_engine), press, tmp_path_factory.mktemp("earlier"))
    with made.app.begin() as session:
        open_fund(session, (checkout() or Path.cwd()) / "examples" / "fund.toml", shanghai_today())
    return made


@pytest.fixture(scope="module")
def paper(office: SigningOffice) -> Document:
    return a_paper_on_record(office.app, FirstPress(), "DH", DocumentKind.TRIPARTITE_AGREEMENT)


def check(office: SigningOffice, content: bytes) -> FileReport:
    with office.app() as session:
        return check_file(content, session)


def test_it_is_ours_and_what_was_not_compared_is_said(office: SigningOffice, paper: Document) -> None:
    for report in (check(office, paper.pdf), check_file(paper.pdf, None)):
        assert report.good
        assert report.faults == ()
        assert (report.document_no, report.case_no) == (paper.number, paper.case_no)
        assert report.agrees_with_text is None
        (told,) = [each for each in report.remarks if each.code == "paper_check.earlier_facts"]
        assert told.params == {"names": NAME}
        assert all(NAME in say(told.code, lang, **told.params) for lang in LANGUAGES)
    on_record = check(office, paper.pdf)
    assert (on_record.ours, on_record.unchanged, on_record.agrees_with_case) == (True, True, True)


def test_it_can_be_signed_and_its_signature_is_checked(office: SigningOffice, paper: Document) -> None:
    at = datetime.now(UTC)
    signed = office.signing().sign(paper.case_no, paper.number, "operator", "wang.he", authority=None, at=at)
    content = office.content(signed.sha256)
    report = check(office, content)
    (found,) = report.signatures
    assert (found.party, found.good, report.unchanged) == ("operator", True, True)
    broken = content.replace(b"%PDF-1.7", b"%PDF-1.6", 1)
    assert broken != content
    assert {"paper_check.signature_broken"} <= {each.code for each in check(office, broken).faults}


def with_facts(content: bytes, old: bytes, new: bytes) -> bytes:
    """The same PDF with its embedded facts edited."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        held = pdf.attachments[ATTACHMENT].get_file().read_bytes()
        assert old in held
        del pdf.attachments[ATTACHMENT]
        pdf.attachments[ATTACHMENT] = pikepdf.AttachedFileSpec(pdf, held.replace(old, new), filename=ATTACHMENT)
        out = io.BytesIO()
        pdf.save(out)
        return out.getvalue()


def test_edited_facts_of_an_earlier_form_are_found_by_their_digest(paper: Document) -> None:
    report = check_file(with_facts(paper.pdf, b'"bridge_fen":475000000', b'"bridge_fen":975000000'), None)
    assert not report.good
    assert report.agrees_with_text is False
    assert [each.code for each in report.faults] == ["paper_check.digest_not_printed"]


@pytest.mark.parametrize("name", [b'"daily_rate_ppb"', b'"hourly_rate_ppm"'])
def test_a_name_that_no_version_wrote_is_no_earlier_form(name: bytes, paper: Document) -> None:
    assert ReadPaper(paper.pdf).facts is not None
    edited = with_facts(paper.pdf, b'"daily_rate_ppm"', name)
    assert ReadPaper(edited).facts is None
    assert "paper_check.data_unreadable" in {each.code for each in check_file(edited, None).faults}
