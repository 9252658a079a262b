"""What the papers of a case say, read back from the stored PDFs."""

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader

from activities.papers.check import check_file
from activities.papers.drawing_up import approved_templates
from activities.papers.facts import paper_facts
from activities.papers.on_request import PaperDetail, draft, draw_on_request
from activities.papers.press import Press
from activities.papers.press.office import read_office
from models.cases.applications import Enterprise
from models.funds.people import actor
from models.papers.documents import documents_of
from rulebook.cases import LoanRiskClass
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from rulebook.papers.kinds import DocumentKind
from rulebook.stages import Role
from tests.acceptance.fund.fund import MAKER, TestedFund
from tests.acceptance.fund.paper_texts import texts
from tests.builders import CLEAN, a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_refusal_gives_each_reason_as_a_whole_sentence(fund: TestedFund) -> None:
    in_trouble = CLEAN.model_copy(update={"litigation": True})
    application = a_micro_manufacturer(
        maturity=fund.in_days(16), risk_class=LoanRiskClass.SPECIAL_MENTION, standing=in_trouble
    )
    case = await fund.apply(application)
    notice = texts(fund, case)[DocumentKind.REFUSAL_NOTICE]
    assert application.applicant_name in notice
    assert "关注" in notice
    assert "金规〔2024〕13号" in notice
    assert "{" not in notice
    assert "}" not in notice


async def test_a_refusal_leaves_out_what_a_person_might_have_decided(fund: TestedFund) -> None:
    """Wages nobody looked up would have been referred; beside a lawsuit they are no reason to refuse."""
    half_known = CLEAN.model_copy(update={"litigation": True, "unpaid_wages": None})
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16), standing=half_known))
    notice = texts(fund, case)[DocumentKind.REFUSAL_NOTICE]
    assert "涉诉" in notice
    assert "拖欠工资" not in notice


async def test_the_papers_of_a_bridge_name_its_parties_and_its_money(fund: TestedFund) -> None:
    application = a_micro_manufacturer(maturity=fund.in_days(16))
    case = await fund.apply(application)
    await fund.bank_promises(case)
    await fund.approve_bridge(case, yuan(5_000_000))
    await fund.settle()
    papers = texts(fund, case)
    assert set(papers) == {
        DocumentKind.APPLICATION_FORM,
        DocumentKind.RENEWAL_COMMITMENT,
        DocumentKind.TRIPARTITE_AGREEMENT,
        DocumentKind.DRAWDOWN_REQUEST,
    }
    for text in papers.values():
        assert application.applicant_name in text
        assert "5,000,000.00" in text
        assert "{" not in text
    assert "人民币伍佰万元整" in papers[DocumentKind.TRIPARTITE_AGREEMENT]
    assert application.account_number in papers[DocumentKind.DRAWDOWN_REQUEST].replace(" ", "")
    assert "李敬" in papers[DocumentKind.APPLICATION_FORM]
    assert "王核" in papers[DocumentKind.APPLICATION_FORM]
    assert "东政规发〔2025〕5号" in papers[DocumentKind.APPLICATION_FORM]


@pytest.mark.parametrize(
    "name",
    ["江苏东海（连云港）石英①号㎡Ⅲ有限公司", "东海(连云港)买买提•艾力𬭎髙淸商行", "Müller & Söhne · José（东海）厂"],
)
async def test_13_a_name_is_on_the_agreement_the_order_and_in_the_books_as_written(fund: TestedFund, name: str) -> None:
    application = a_micro_manufacturer(maturity=fund.in_days(16), applicant_name=name, account_name=name)
    case = await fund.apply(application)
    await fund.bank_promises(case)
    await fund.approve_bridge(case, yuan(5_000_000))
    await fund.settle()
    papers = texts(fund, case)
    kept = "".join(name.split())
    for kind in (DocumentKind.TRIPARTITE_AGREEMENT, DocumentKind.APPLICATION_FORM, DocumentKind.DRAWDOWN_REQUEST):
        assert kept in "".join(papers[kind].split())
    with fund.services.sessions() as session:
        for document in documents_of(session, case):
            assert check_file(document.pdf, session).faults == ()


@pytest.mark.parametrize(
    ("form", "agreements"),
    [
        ("liaison_form", {DocumentKind.LIAISON_FORM, DocumentKind.USAGE_AGREEMENT}),
        ("usage_agreement", {DocumentKind.USAGE_AGREEMENT}),
        ("entrusted_loan", {DocumentKind.ENTRUSTED_LOAN_AGREEMENT}),
    ],
)
async def test_the_legal_form_chooses_what_is_signed(
    fund_under: Callable[..., TestedFund], form: str, agreements: set[DocumentKind]
) -> None:
    fund = fund_under({"[loan]\n": f'[papers]\nlegal_form = "{form}"\n\n[loan]\n'})
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.reserve(case, yuan(5_000_000))
    papers = texts(fund, case)
    always = {
        DocumentKind.APPLICATION_FORM,
        DocumentKind.RENEWAL_COMMITMENT,
        DocumentKind.DRAWDOWN_REQUEST,
    }
    assert set(papers) == always | agreements
    assert all("人民币伍佰万元整" in papers[kind] for kind in agreements)


async def test_the_measures_own_list_stands_before_the_set_of_its_form(fund_under: Callable[..., TestedFund]) -> None:
    listed = '[papers]\ndrawn_up = ["usage_agreement", "guarantor_consent", "transfer_instruction"]\n\n[loan]\n'
    fund = fund_under({"[loan]\n": listed})
    guaranteed = await fund.apply(
        a_micro_manufacturer(maturity=fund.in_days(16), guarantor="东海县石湖融资担保有限公司")
    )
    alone = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    for case in (guaranteed, alone):
        await fund.reserve(case, yuan(5_000_000))
    assert set(texts(fund, guaranteed)) == {DocumentKind.USAGE_AGREEMENT, DocumentKind.GUARANTOR_CONSENT}
    assert set(texts(fund, alone)) == {DocumentKind.USAGE_AGREEMENT}
    assert "东海县石湖融资担保有限公司" in texts(fund, guaranteed)[DocumentKind.GUARANTOR_CONSENT]


async def test_what_the_measure_charges_beside_its_tiers_reaches_the_papers(
    fund_under: Callable[..., TestedFund],
) -> None:
    """All days are free, so that what the papers say of days and fee can only come from the waiver."""
    charges = '[overdue]\ndaily_rate = "4.35%/360"\n\n[extension]\ndaily_rate = "0.05%"\n\n[loan]\n'
    free = "[fee]\nwaivers = [{ since = 2020-01-01, until = 2099-12-31 }]\n"
    fund = fund_under({"[loan]\n": charges, "[fee]\n": free})
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, yuan(5_000_000))
    await fund.old_loan_settled(case)
    await fund.new_loan(case, yuan(5_000_000))
    await fund.skip(working_days=1)
    await fund.money_returns(case, yuan(5_000_000))
    papers = {kind: text.replace(" ", "") for kind, text in texts(fund, case).items()}
    agreement = papers[DocumentKind.TRIPARTITE_AGREEMENT]
    assert "2020年1月1日至2099年12月31日（含首尾两日）期间的计费天数，免收资金使用费※" in agreement
    assert "资金使用费为人民币零元整（¥0.00）（按预定的日期划款，其中10日免收）" in agreement
    assert "原期限届满之后的资金使用费不再分段，按日计收，日费率为0.05%※" in agreement
    assert "日费率为年利率4.35%÷360※" in agreement
    assert "其中10日免收※" in papers[DocumentKind.APPLICATION_FORM]
    days = fund.case(case).days
    assert days
    assert f"其中免收使用费{days}日（" in papers[DocumentKind.SETTLEMENT_CERTIFICATE]


async def test_a_stored_paper_carries_only_what_it_shows(fund: TestedFund) -> None:
    application = a_micro_manufacturer(maturity=fund.in_days(5))
    case = await fund.apply(application)
    await fund.bridge(case, yuan(5_000_000))
    await fund.renewed_and_home(case, yuan(5_000_000))
    with fund.services.sessions() as session:
        papers = {paper.kind: paper for paper in documents_of(session, case)}
        phone = session.get_one(Enterprise, application.uscc).phone
        reports = [check_file(paper.pdf, session) for paper in papers.values()]
    assert phone
    carried = {
        kind
        for kind, paper in papers.items()
        if phone in PdfReader(io.BytesIO(paper.pdf)).attachments["data.json"][0].decode()
    }
    assert carried == {DocumentKind.APPLICATION_FORM}
    assert [report.faults for report in reports] == [()] * len(papers)
    assert all(report.agrees_with_case and report.agrees_with_text for report in reports)


async def test_the_archive_lists_every_paper_with_its_digest(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, yuan(5_000_000))
    await fund.renewed_and_home(case, yuan(5_000_000))
    with fund.services.sessions() as session:
        papers = {paper.kind: paper for paper in documents_of(session, case)}
    index = texts(fund, case)[DocumentKind.ARCHIVE_INDEX].replace(" ", "")
    for kind, paper in papers.items():
        assert paper.number in index
        assert kind == DocumentKind.ARCHIVE_INDEX or paper.sha256[:16] in index
    assert "名单" in texts(fund, case)[DocumentKind.RELEASE_CHECKLIST]


async def test_an_officer_asks_for_a_reminder_and_never_for_an_agreement(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, yuan(5_000_000))
    await fund.old_loan_settled(case)
    begin, press = fund.services.sessions.begin, fund.services.press
    with fund.services.sessions() as session:
        by = actor(session, MAKER, Role.MAKER, fund.code)
    asked = [
        draw_on_request(begin, press, case, DocumentKind.PAYMENT_REMINDER, PaperDetail(), by, fund.now)
        for _ in range(2)
    ]
    assert [paper.attempt for paper in asked] == [1, 2]
    assert {paper.made_by for paper in asked} == {MAKER}
    assert len({paper.number for paper in asked}) == 2
    reminder = texts(fund, case)[DocumentKind.PAYMENT_REMINDER]
    assert "5,000,000.00" in reminder
    for kind, detail, code in (
        (DocumentKind.TRIPARTITE_AGREEMENT, PaperDetail(), "papers.drawn_by_the_case"),
        (DocumentKind.PAYMENT_DEMAND, PaperDetail(), "papers.missing_fact"),
        (DocumentKind.PAYMENT_DEMAND, PaperDetail(answer_by=fund.today - timedelta(days=1)), "papers.back_dated"),
        (DocumentKind.EXTENSION_AGREEMENT, PaperDetail(extended_to=fund.today), "papers.no_extension"),
    ):
        with pytest.raises(XuqiaoError) as refused:
            draw_on_request(begin, press, case, kind, detail, by, fund.now)
        assert refused.value.code == code
    draft_of_it = draft(begin, press, case, DocumentKind.TRIPARTITE_AGREEMENT, PaperDetail(), fund.now)
    assert draft_of_it.draft
    assert fund.papers_of(case).count("payment_reminder") == 2
    assert fund.papers_of(case).count("tripartite_agreement") == 1


async def test_a_case_keeps_the_templates_it_began_with(fund: TestedFund, tmp_path: Path) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.reserve(case, yuan(5_000_000))
    office = tmp_path / "office"
    office.mkdir()
    (office / "names.toml").write_text('[drawdown_request]\nzh = "新版用款申请"\n', encoding="utf-8")
    changed = Press(office)
    assert changed.office.digest != read_office(None).digest
    with fund.services.sessions() as session:
        data, _ = paper_facts(session, case, fund.now)
        kept = approved_templates(session, read_office(None).digest)
        drawn = {paper.kind: paper for paper in documents_of(session, case)}[DocumentKind.DRAWDOWN_REQUEST]
    assert kept is not None
    again = changed.render(DocumentKind.DRAWDOWN_REQUEST, data, templates=kept)
    assert again.template_digest == drawn.template_digest
    assert changed.render(DocumentKind.DRAWDOWN_REQUEST, data).template_digest != drawn.template_digest
