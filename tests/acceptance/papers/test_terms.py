"""What an approval and a measure say is what the papers say: the term, and the paper that counts."""

from collections.abc import Callable

import pytest

from activities.papers.facts import paper_facts
from activities.papers.on_request import PaperDetail, draw_on_request
from models.funds.people import actor
from models.papers.documents import Document, documents_of
from rulebook.bridges import ExpectedUse, SettledUse
from rulebook.errors import XuqiaoError
from rulebook.money import Fen, yuan
from rulebook.papers.kinds import DocumentKind
from rulebook.stages import Role
from tests.acceptance.fund.fund import MAKER, TestedFund
from tests.acceptance.fund.paper_texts import text_of, texts
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("choice", "term"),
    [
        ({'term_counted = "calendar"': 'term_counted = "working"'}, "不超过10个工作日"),
        ({"last_day_counts = false": "last_day_counts = true"}, "不超过10日"),
        ({'\ncounted = "calendar"': '\ncounted = "working"'}, "不超过10日"),
    ],
)
async def test_the_term_on_the_papers_is_the_measures_however_fee_days_are_counted(
    choice: dict[str, str], term: str, fund_under: Callable[..., TestedFund]
) -> None:
    fund = fund_under(choice)
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.reserve(case, yuan(5_000_000))
    papers = texts(fund, case)
    for kind in (
        DocumentKind.TRIPARTITE_AGREEMENT,
        DocumentKind.RENEWAL_COMMITMENT,
        DocumentKind.DRAWDOWN_REQUEST,
        DocumentKind.APPLICATION_FORM,
    ):
        assert term in papers[kind].replace(" ", ""), kind


async def test_fee_and_days_that_the_story_has_reckoned_are_not_reckoned_again(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.reserve(case, yuan(5_000_000))
    with fund.services.sessions() as session:
        here, _ = paper_facts(session, case, fund.now)
        assert here.pay_by is not None
        expected = ExpectedUse(here.pay_by, 3, Fen(77))
        settled = SettledUse(yuan(4_000_000), here.pay_by, fund.today, 2, 88)
        before, _ = paper_facts(session, case, fund.now, expected=expected)
        home, _ = paper_facts(session, case, fund.now, settled=settled)
    assert (here.expected_days, here.fee_fen) == (10, yuan(15_000))
    assert (before.expected_days, before.fee_fen, before.term_days) == (3, 77, here.term_days)
    assert (home.days_out, home.fee_fen, home.bridge_fen) == (2, 88, yuan(4_000_000))
    assert (home.paid_on, home.returned_on) == (here.pay_by, fund.today)


async def test_the_last_index_of_the_archive_is_kept_beside_one_asked_for_before(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, yuan(5_000_000))
    with fund.services.sessions() as session:
        by = actor(session, MAKER, Role.MAKER, fund.code)
    begin, press = fund.services.sessions.begin, fund.services.press
    draw_on_request(begin, press, case, DocumentKind.ARCHIVE_INDEX, PaperDetail(), by, fund.now)
    await fund.renewed_and_home(case, yuan(5_000_000))
    detail = PaperDetail(answer_by=fund.today)
    with pytest.raises(XuqiaoError) as refused:
        draw_on_request(begin, press, case, DocumentKind.PAYMENT_DEMAND, detail, by, fund.now)
    assert refused.value.code == "papers.nothing_owed", "nobody is dunned for what is back"
    indexes = {paper.made_by: paper for paper in documents(fund, case) if paper.kind == DocumentKind.ARCHIVE_INDEX}
    assert indexes.keys() == {MAKER, None}
    assert indexes[None].number == f"{indexes[MAKER].number}2"
    certificate = next(each for each in documents(fund, case) if each.kind == DocumentKind.SETTLEMENT_CERTIFICATE)
    assert certificate.number in text_of(indexes[None].pdf).replace(" ", "")


def documents(fund: TestedFund, case: str) -> list[Document]:
    with fund.services.sessions() as session:
        return documents_of(session, case)
