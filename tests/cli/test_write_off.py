"""A lost bridge given up at the command line; and its guarantor's money told there."""

from collections.abc import Awaitable, Callable

import pytest

from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import TestedFund
from tests.builders import a_micro_manufacturer
from tests.cli.conftest import Ran

pytestmark = pytest.mark.asyncio(loop_scope="session")

Acting = Callable[..., Awaitable[Ran]]
DECISION = "东财发〔2026〕9号"


async def pursued(fund: TestedFund) -> str:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, yuan(5_000_000))
    await fund.not_renewing(case)
    return case


async def test_a_loss_is_proposed_shown_approved_and_seen_in_the_pool(fund: TestedFund, acting: Acting) -> None:
    case = await pursued(fund)
    propose = ("case", "propose-write-off", case, "--decision", DECISION, "--reason", "破产清算终结", "--as", "li.jing")
    assert (await acting(*propose)).code == 0
    tasks = await acting("tasks", "--fund", fund.code)
    assert "批准核销" in tasks.out
    approve = ("case", "approve-write-off", case, "--as", "wang.he", "--yes")
    other = await acting(*approve, "--decision", "东财发〔2026〕8号", "--json")
    assert (other.code, other.error["code"]) == (1, "act.write_off_not_proposed")
    assert (await acting(*approve, "--decision", " ")).code == 2

    approved = await acting(*approve, "--decision", DECISION)
    assert approved.code == 0
    assert "破产清算终结" in approved.out, "what is approved is shown first"
    assert "5,000,000.00" in approved.out
    await fund.settle()

    pool = (await acting("pool", "--fund", fund.code, "--json")).data
    assert (pool["total_yuan"], pool["out_yuan"], pool["available_yuan"]) == ("15000000.00", "0.00", "15000000.00")
    page = (await acting("case", "show", case)).out
    assert "核销 (破产清算终结)" in page
    assert f"决定文号 {DECISION}" in page
    listed = await acting("case", "list", "--fund", fund.code, "--stage", "written_off", "--json")
    assert [each["case_no"] for each in listed.data] == [case]
    again = await acting(*propose, "--json")
    assert (again.code, again.error["code"]) == (1, "act.nothing_outstanding")


async def test_the_guarantors_money_is_told_like_any_receipt(fund: TestedFund, acting: Acting) -> None:
    case = await pursued(fund)
    receipt = ("bank", "receipt", case, "--on", fund.today, "--payer", "东海融资担保", "--as", "qian.jd")
    assert (await acting(*receipt, "--guarantor", "5000000:DC1")).code == 0
    await fund.settle()
    assert fund.events(case)[-2:] == ["guarantor_paid", "statement_awaited"]
    seen = ("--reference", "DC1", "--amount", "5000000", "--seen", "网上银行明细第1笔", "--as", "zhao.na")
    assert (await acting("case", "confirm-receipt", case, *seen)).code == 0
    await fund.settle()
    concluded = await acting("case", "conclude-recovery", case, "--reason", "已代偿", "--as", "wang.he")
    assert concluded.code == 0
    assert fund.stage_of(case) is CaseStage.CLOSED
