"""What somebody would try who wants another paper, another date or another signatory to pass as ours."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from sqlalchemy import Engine

from activities.law.calendars import shanghai_today
from activities.papers.check import FileForm, check_file
from activities.papers.press import Press
from activities.papers.press.sample import SAMPLE
from activities.signing.in_house import ByHand
from activities.signing.platform import Asked, PlatformSigning
from gateways.esign import PlatformManner, SimulatedPlatform
from models.cases.approvals import Approval, void
from models.database import sessions
from models.papers import signatures
from models.papers.documents import Document
from models.papers.signatures import FlowEnd
from rulebook.papers.kinds import DocumentKind
from runtime.seed import open_fund
from runtime.settings import checkout
from tests.papers.records import SigningOffice, refused

NOW = datetime.now(UTC)
BY_HAND = ByHand(person="石犇", authority="法定代表人", signed_at=NOW)
REQUEST = DocumentKind.DRAWDOWN_REQUEST


@pytest.fixture
def here(app_engine: Engine, desk_engine: Engine, press: Press, tmp_path: Path) -> SigningOffice:
    with sessions(app_engine).begin() as session:
        open_fund(session, (checkout() or Path.cwd()) / "examples" / "fund.toml", shanghai_today())
    return SigningOffice(sessions(app_engine), sessions(desk_engine), press, tmp_path)


def a_scan_of(paper: Document) -> bytes:
    """A page without text, as a scanner makes it, named after its paper so that no two tests share one."""
    writer, made = PdfWriter(), io.BytesIO()
    writer.add_blank_page(595, 842)
    writer.add_metadata({"/Title": paper.number})
    writer.write(made)
    return made.getvalue()


def test_a_platform_that_changes_a_page_before_it_is_signed_is_not_believed(here: SigningOffice) -> None:
    """All signatures are good, the file begins with ours and is covered to its end; yet it shows another page."""
    paper = here.paper(REQUEST)
    platform = SimulatedPlatform(here.folder / "platform")
    outside = PlatformSigning(here.desk.begin, platform)
    asked = (Asked(party="borrower", person="石犇", authority="法定代表人"),)
    flow = outside.start(paper.case_no, paper.number, asked, "li.jing", NOW)
    platform.behave(PlatformManner.CHANGED_PAGE)
    platform.signers_act()

    assert outside.settle(flow, NOW) is FlowEnd.REJECTED
    with here.app() as session:
        assert signatures.the_flow(session, flow).reason == "changed_before_signing"
        assert signatures.newest_file(session, paper) == paper.pdf
    assert here.recorded(paper) == []


def test_a_forged_paper_cannot_come_in_as_its_own_scan(here: SigningOffice) -> None:
    paper = here.paper(REQUEST)
    forged = here.press.render(REQUEST, SAMPLE.model_copy(update={"document_no": paper.number, "bridge_fen": 99_900}))
    with refused("signing.scan_is_the_paper"):
        here.attach(paper, forged.pdf, BY_HAND)
    resaved = io.BytesIO()
    PdfWriter(clone_from=PdfReader(io.BytesIO(paper.pdf))).write(resaved)
    with refused("signing.scan_is_the_paper"):
        here.attach(paper, resaved.getvalue(), BY_HAND)
    assert here.recorded(paper) == []


def test_the_same_scan_does_not_quietly_stand_for_another_signatory(here: SigningOffice) -> None:
    paper = here.paper(REQUEST)
    scan = a_scan_of(paper)
    here.attach(paper, scan, BY_HAND)
    assert here.attach(paper, scan, BY_HAND).person == "石犇", "the same again changes nothing"
    for other in ({"person": "李㛃"}, {"authority": "股东"}, {"signed_at": NOW - timedelta(seconds=3)}):
        with refused("signing.recorded_otherwise"):
            here.attach(paper, scan, BY_HAND.model_copy(update=other))
    assert [each.person for each in here.recorded(paper)] == ["石犇"]


def test_no_paper_was_signed_by_hand_before_the_day_it_was_drawn_up(here: SigningOffice) -> None:
    paper = here.paper(REQUEST)
    early = BY_HAND.model_copy(update={"signed_at": paper.made_at - timedelta(days=1, minutes=1)})
    with refused("signing.before_the_paper"):
        here.attach(paper, a_scan_of(paper), early)
    assert here.recorded(paper) == []


def test_a_paper_whose_approval_is_void_no_longer_agrees_with_its_case(here: SigningOffice) -> None:
    paper = here.paper(DocumentKind.TRIPARTITE_AGREEMENT)
    with here.app.begin() as session:
        session.add(
            Approval(
                case_no=paper.case_no,
                attempt=1,
                amount_fen=SAMPLE.bridge_fen or 0,
                ceiling_fen=SAMPLE.bridge_fen or 0,
                bound_by="asked",
                terms_digest="0" * 64,
                findings=[],
                maker="li.jing",
                proposed_at=NOW,
            )
        )
    with here.app() as session:
        assert check_file(paper.pdf, session).good
    with here.app.begin() as session:
        void(session, paper.case_no, 1, NOW)
    with here.app() as session:
        report = check_file(paper.pdf, session)
    assert (report.form, report.unchanged, report.agrees_with_case, report.good) == (
        FileForm.UNSIGNED,
        True,
        False,
        False,
    )
    assert [each.code for each in report.faults] == ["paper_check.approval_void"]
