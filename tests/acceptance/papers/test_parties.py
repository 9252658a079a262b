"""What a fund's file, its register of banks and an application say of the parties is what their papers say."""

from collections.abc import Callable

import pytest

from activities.funds.changes import propose_bank
from activities.papers.check import check_file
from activities.papers.on_request import PaperDetail, draw_on_request
from models.funds.banks import bank_of
from models.funds.changes import decide_change
from models.funds.people import actor
from models.papers.documents import documents_of
from rulebook.applications import bank_called
from rulebook.money import yuan
from rulebook.papers.kinds import DocumentKind
from rulebook.stages import Role
from tests.acceptance.fund.fund import CHECKER, MAKER, TestedFund
from tests.acceptance.fund.paper_texts import text_of
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")
WISHED = {
    "# [papers]": "[papers]",
    "# clauses = [": "clauses = [",
    'term_counted = "calendar"': 'term_counted = "working"',
}


async def test_39_papers_name_bank_addresses_spouses_clauses_and_days_as_they_were_set(
    fund_under: Callable[..., TestedFund],
) -> None:
    fund = fund_under(WISHED)
    case = await fund.apply(
        a_micro_manufacturer(
            maturity=fund.in_days(16),
            bank_name="晶都农村商业银行东海支行",
            address="东海县石湖乡工业集中区8号",
            contact="石犇",
            email="caiwu@shihu.example",
            guarantor="石犇、李㛃（夫妻）",
        )
    )
    await fund.reserve(case, yuan(5_000_000))
    with fund.services.sessions() as session:
        papers = {paper.kind: paper for paper in documents_of(session, case)}
    agreement = papers[DocumentKind.TRIPARTITE_AGREEMENT]
    said = "".join(text_of(agreement.pdf).split())
    for expected in (
        "晶都农村商业银行股份有限公司东海支行统一社会信用代码：91320722MA26JD001B",  # as registered, not as written
        "住所（送达地址）：东海县牛山街道和平东路68号联系人：李敬",
        "住所（送达地址）：东海县石湖乡工业集中区8号联系人：石犇电话：13800000000电子送达：caiwu@shihu.example",
        "（一）不可抗力。",
        "（六）强制执行公证。",
    ):
        assert expected in said
    assert [box["party"] for box in agreement.boxes][-2:] == ["guarantor_1", "guarantor_2"]
    form = "".join(text_of(papers[DocumentKind.APPLICATION_FORM].pdf).split())
    assert "使用期限不超过10个工作日" in form
    with fund.services.sessions() as session:
        assert check_file(agreement.pdf, session).faults == (), "the registered name is the case's bank"


async def test_39_a_second_letter_of_its_sort_has_a_number_of_its_own(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    with fund.services.sessions() as session:
        by = actor(session, MAKER, Role.MAKER, fund.code)
    asked = PaperDetail(answer_by=fund.today, missing_papers=("上一年度审计报告",))
    begin, press = fund.services.sessions.begin, fund.services.press
    serial = int(case.rsplit("-", 2)[1])
    for behind in ("", "之二"):
        letter = draw_on_request(begin, press, case, DocumentKind.CORRECTION_NOTICE, asked, by, fund.now)
        assert f"晶转补〔{fund.today.year}〕{serial}号{behind}东海县" in "".join(text_of(letter.pdf).split())


async def test_39_a_genuine_agreement_stays_without_fault_whatever_its_bank_is_called_later(
    fund_under: Callable[..., TestedFund],
) -> None:
    fund = fund_under({}, {'"JDRCB"': '"QHB"'})  # a code that no other fund of the database knows by another name
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16), bank="QHB"))
    await fund.reserve(case, yuan(5_000_000))
    with fund.services.sessions() as session:
        [agreement] = [each for each in documents_of(session, case) if each.kind == DocumentKind.TRIPARTITE_AGREEMENT]
        bank = bank_of(session, fund.code, "QHB")
    assert bank is not None
    earlier = bank.name
    for name in ("江苏晶都农村商业银行股份有限公司", "苏北农村商业银行股份有限公司"):
        renamed = bank.model_copy(update={"name": name, "aliases": (), "branches": ()})
        with fund.services.desk_sessions.begin() as session:
            number = propose_bank(session, fund.code, renamed, reason="更名", by=MAKER)
        with fund.services.desk_sessions.begin() as session:
            decide_change(session, number, approved=True, person=CHECKER)
        with fund.services.sessions() as session:
            assert check_file(agreement.pdf, session).faults == ()
            now = bank_of(session, fund.code, "QHB")
        assert now is not None
        assert now.name == name
        assert bank_called(earlier, [now]), "firms still write the name before"
        earlier = name
