"""The certificate says what was checked, and by whom."""

import pytest

from rulebook.money import yuan
from tests.acceptance.fund.fund import CONCLUDE, TestedFund
from tests.acceptance.fund.paper_texts import texts
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_46_the_certificate_names_the_lines_of_the_statement_or_who_confirmed(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, yuan(5_000_000))
    await fund.old_loan_settled(case)
    await fund.new_loan(case, yuan(6_000_000))
    await fund.skip(days=1)
    day = f"{fund.today.year}年{fund.today.month}月{fund.today.day}日"
    await fund.money_returns(case, yuan(5_000_000), fee=0)
    fund.on_statement = False
    await fund.money_returns(case, 0)
    await fund.confirm_receipts(case)
    certificate = texts(fund, case)["settlement_certificate"].replace(" ", "")
    assert f"专户对账单{day}第2行" in certificate
    assert f"由赵纳于{day}确认（网上银行明细）" in certificate
    assert "经核对专户账目" not in certificate


async def test_46_the_certificate_names_what_the_fund_still_owes_back(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, yuan(5_000_000))
    await fund.skip(working_days=11)
    await fund.money_returns(case, yuan(5_100_000))
    await fund.act(case, CONCLUDE)
    await fund.settle()
    certificate = texts(fund, case)["settlement_certificate"].replace(" ", "").replace("\n", "")
    assert "应退还你单位" in certificate
    assert "100,000.00" in certificate
    assert "除我方应退还你单位的款项外，你单位与我方就该笔周转资金的债权债务" in certificate
