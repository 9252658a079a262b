"""What the papers of a case say, read back from the stored PDFs."""

import hashlib
import io

import pytest
from pypdf import PdfReader

from models.documents import documents_of
from rulebook.cases import LoanRiskClass
from rulebook.money import yuan
from rulebook.papers import DocumentKind
from tests.acceptance.fund import TestedFund
from tests.builders import CLEAN, a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")


def texts(fund: TestedFund, case: str) -> dict[str, str]:
    """The text of each paper of a case, without line breaks; every stored digest is checked on the way."""
    with fund.house.sessions() as session:
        papers = documents_of(session, case)
    for paper in papers:
        assert hashlib.sha256(paper.pdf).hexdigest() == paper.sha256
    return {
        paper.kind: "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.pdf)).pages).replace("\n", "")
        for paper in papers
    }


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
        DocumentKind.RENEWAL_COMMITMENT,
        DocumentKind.TRIPARTITE_AGREEMENT,
        DocumentKind.TRANSFER_INSTRUCTION,
    }
    for text in papers.values():
        assert application.applicant_name in text
        assert "5,000,000.00" in text
        assert "{" not in text
    assert "人民币伍佰万元整" in papers[DocumentKind.TRIPARTITE_AGREEMENT]
    assert application.account_number in papers[DocumentKind.TRANSFER_INSTRUCTION].replace(" ", "")
