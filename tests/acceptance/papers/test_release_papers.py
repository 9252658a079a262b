"""The papers of the release: drawn on its day before the money leaves, and signed where the operator wants it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import text

from activities.cases.next_acts import next_acts
from activities.papers.bringing import Described, bring_in
from activities.papers.check import check_file
from activities.signing.in_house import ByHand, Certificates, InHouseSigning
from gateways.simulated import BankScript, PaymentManner
from models.cases.reads import case_page
from models.cases.views import CasePage
from models.papers.documents import Document, documents_of
from models.papers.signatures import Signature, signed_file
from rulebook.calendar import LAW_ZONE
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from rulebook.papers.kinds import DocumentKind
from rulebook.stages import ActKind
from tests.acceptance.fund.fund import MAKER, TestedFund, refusal_of
from tests.acceptance.fund.paper_texts import texts
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

OF_THE_RELEASE = ("transfer_instruction", "release_checklist", "disbursement_form")
SIGNED = '[papers]\nsigned_before_payment = "{form}"\n\n[loan]\n'


def papers(fund: TestedFund, case: str) -> list[Document]:
    with fund.services.sessions() as session:
        return documents_of(session, case)


def a_scan(of: str, folder: Path) -> bytes:
    """A picture that is the scan of this paper alone."""
    Image.new("RGB", (60, 80), (len(of) % 255, sum(map(ord, of)) % 255, 200)).save(folder / "scan.png")
    return (folder / "scan.png").read_bytes() + of.encode()


def signing(fund: TestedFund, folder: Path) -> InHouseSigning:
    return InHouseSigning(fund.services.desk_sessions.begin, Certificates(folder / "demo"))


async def demo_signed(fund: TestedFund, folder: Path, case: str, which: str) -> Signature:
    """The operator signs a paper with a demonstration's certificate."""
    sign = partial(signing(fund, folder).sign, case, which, "operator", "wang.he", authority=None, at=fund.now)
    return await asyncio.to_thread(sign)


def scan_all(fund: TestedFund, case: str, folder: Path, by: str = MAKER, *, after: int = 0) -> None:
    """Everybody has signed by hand, and the scans are on record; of the papers behind so many."""
    signed_at = fund.now
    for paper in papers(fund, case)[after:]:
        for party in dict.fromkeys(box["party"] for box in paper.boxes):
            by_hand = ByHand(person="王五", authority="法定代表人", signed_at=signed_at)
            content = a_scan(f"{paper.number}/{party}", folder)
            signing(fund, folder).attach_scan(case, paper.number, party, by, content, by_hand, signed_at)


async def test_38_what_lets_the_money_leave_is_drawn_on_the_day_it_leaves_and_before_it(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.reserve(case, yuan(5_000_000))
    await fund.sign(case)
    assert not {*OF_THE_RELEASE} & {paper.kind for paper in papers(fund, case)}
    await fund.skip_to_release_day(case)
    drawn = {paper.kind: paper for paper in papers(fund, case)}
    assert {drawn[kind].made_at.astimezone(LAW_ZONE).date() for kind in OF_THE_RELEASE} == {fund.today}
    await fund.release(case)
    await fund.settle()
    events = fund.events(case)
    assert events.index("signed") < events.index("release_papers_drawn") < events.index("paid_out")
    with fund.services.sessions() as session:
        assert [check_file(drawn[kind].pdf, session).faults for kind in OF_THE_RELEASE] == [()] * 3
    form = texts(fund, case)[DocumentKind.DISBURSEMENT_FORM]
    assert "王核" in form


async def test_38_the_index_lists_what_is_on_record_signed_unsigned_brought_and_what_left_no_paper(
    fund: TestedFund, tmp_path: Path
) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.reserve(case, yuan(5_000_000))
    await fund.sign(case)
    signed = await demo_signed(fund, tmp_path, case, "tripartite_agreement")
    licence = Described(name="营业执照", original=False, kept_for="30年", dated_on=fund.today)
    brought = bring_in(fund.services.desk_sessions.begin, case, MAKER, a_scan("licence", tmp_path), licence, fund.now)
    with pytest.raises(XuqiaoError, check=lambda error: error.code == "brought.known_already"):
        bring_in(fund.services.desk_sessions.begin, case, MAKER, a_scan("licence", tmp_path), licence, fund.now)
    await fund.skip_to_release_day(case)
    await fund.release(case)
    await fund.renewed_and_home(case, yuan(5_000_000))
    index = "".join(texts(fund, case)[DocumentKind.ARCHIVE_INDEX].split())
    unsigned = next(paper for paper in papers(fund, case) if paper.kind == "tripartite_agreement")
    assert index.index(unsigned.sha256[:32]) < index.index(signed.sha256[:32])
    assert "营业执照" in index
    assert brought.sha256[:32] in index
    assert "复印件30年" in index
    for happened in (
        "受理申请",
        "审批通过，资金已预留",
        "协议已签署",
        "款项已付出",
        "旧贷已结清",
        "新贷已发放",
        "回款已入账",
    ):
        assert happened in index
    with fund.services.sessions() as session:
        kept = signed_file(session, signed.sha256)
        assert kept is not None
        report = check_file(papers(fund, case)[-1].pdf, session)
    assert report.faults == ()


async def test_52_where_nobody_asks_for_signatures_the_page_says_on_whose_word_the_money_leaves(
    fund: TestedFund, tmp_path: Path
) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.reserve(case, yuan(5_000_000))
    assert page_of(fund, case).on_word is None, "nobody has said yet that all have signed"
    signed_on = fund.today
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    word = page_of(fund, case).on_word
    assert word is not None
    assert (word.recorded_by, word.signed_on) == ("李敬", str(signed_on))
    assert {*OF_THE_RELEASE, "tripartite_agreement"} <= set(word.papers)
    scan_all(fund, case, tmp_path)
    assert page_of(fund, case).on_word is None, "by now it is more than a word"


def page_of(fund: TestedFund, case: str) -> CasePage:
    with fund.services.sessions() as session:
        return case_page(session, case)


@pytest.mark.parametrize(("form", "counts"), [("scanned", True), ("either", True), ("electronic", False)])
async def test_52_no_money_leaves_while_a_paper_that_allows_it_is_unsigned(
    fund_under: Callable[..., TestedFund], tmp_path: Path, form: str, counts: bool
) -> None:
    fund = fund_under({"[loan]\n": SIGNED.format(form=form)})
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.reserve(case, yuan(5_000_000))
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    with pytest.raises(XuqiaoError, check=lambda error: error.code == "act.papers_unsigned") as refused:
        await fund.release(case)
    missing = refused.value.params["missing"]
    assert all(kind in missing for kind in (*OF_THE_RELEASE, "tripartite_agreement", "renewal_commitment"))
    assert "borrower" in missing
    scan_all(fund, case, tmp_path)
    with fund.services.sessions() as session:
        (release,) = [each for each in next_acts(session, case) if each.kind is ActKind.RELEASE]
    assert (release.refused is None) is counts
    if counts:
        await fund.release(case)
        await fund.settle()
        assert "paid_out" in fund.events(case)
    else:
        with pytest.raises(XuqiaoError, check=lambda error: error.code == "act.papers_unsigned"):
            await fund.release(case)


async def test_52_the_next_release_needs_its_own_papers_whatever_the_databases_clock_says(
    fund_under: Callable[..., TestedFund], tmp_path: Path
) -> None:
    fund = fund_under({"[loan]\n": SIGNED.format(form="scanned")})
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.reserve(case, yuan(5_000_000))
    await fund.sign(case)
    fund.script_bank(case, BankScript(payment=PaymentManner.REFUSE))
    await fund.skip_to_release_day(case)
    scan_all(fund, case, tmp_path)
    signed = len(papers(fund, case))
    await fund.release(case)
    await fund.settle()
    assert (await refusal_of(fund.release(case))).code == "act.papers_unsigned", "an instruction serves for one payment"
    with fund.services.sessions.begin() as session:  # its clock runs a quarter of an hour before the story's
        ahead = {"case": case, "at": fund.now + timedelta(minutes=15)}
        session.execute(text("UPDATE payment SET decided_at = :at WHERE case_no = :case"), ahead)
    scan_all(fund, case, tmp_path, after=signed)
    fund.script_bank(case, BankScript())
    await fund.release(case)
    assert fund.paid_by_bank(case) == [yuan(5_000_000)]


async def test_52_a_demonstrations_signature_lets_no_money_leave(
    fund_under: Callable[..., TestedFund], tmp_path: Path
) -> None:
    fund = fund_under({"[loan]\n": SIGNED.format(form="either")})
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.reserve(case, yuan(5_000_000))
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    form = next(paper for paper in papers(fund, case) if paper.kind == "disbursement_form")
    await demo_signed(fund, tmp_path, case, form.number)
    with pytest.raises(XuqiaoError) as refused:
        await fund.release(case)
    assert form.number in refused.value.params["missing"]


async def test_52_who_says_nothing_goes_on_by_the_signing_that_the_maker_records(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, yuan(5_000_000))
    await fund.settle()
    assert "paid_out" in fund.events(case)
