"""A story that somebody ended in Temporal, as people find it at the command line and set it right there."""

from collections.abc import Awaitable, Callable

import pytest

from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import TestedFund
from tests.builders import a_micro_manufacturer
from tests.cli.conftest import Ran

pytestmark = pytest.mark.asyncio(loop_scope="session")

Acting = Callable[..., Awaitable[Ran]]


async def test_30_what_was_ended_in_temporal_stands_among_the_tasks_and_two_people_end_the_case(
    fund: TestedFund, acting: Acting
) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.reserve(case, yuan(5_000_000))
    assert case not in (await acting("troubles", "list", "--fund", fund.code)).out
    await fund.client.get_workflow_handle(fund.case(case).workflow_id).terminate(reason="by mistake")
    looked = await acting("troubles", "look")
    assert (looked.code, case in looked.out) == (1, True)
    for shown in (("tasks",), ("pool",)):
        assert "流程已停止（被终止）" in (await acting(*shown, "--fund", fund.code)).out
    (trouble,) = (await acting("troubles", "list", "--fund", fund.code, "--json")).data
    number = str(trouble["id"])
    assert (await acting("pool", "--fund", fund.code, "--json")).data["troubles"] == [trouble]
    wrong = await acting("troubles", "propose", number, "dismiss", "--reason", "误操作", "--as", "li.jing")
    assert wrong.code == 1
    assert (await acting("troubles", "propose", number, "end", "--reason", "误操作", "--as", "li.jing")).code == 0
    assert (await acting("troubles", "approve", number, "restart", "--as", "wang.he")).code == 1
    assert (await acting("troubles", "approve", number, "end", "--as", "wang.he")).code == 0
    await fund.settle()
    assert (fund.stage_of(case), fund.pool().reserved_fen) == (CaseStage.LAPSED, 0)
    assert (await acting("troubles", "list", "--fund", fund.code, "--json")).data == []
