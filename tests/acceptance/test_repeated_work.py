"""An activity that died after its commit is run again: the same request leaves the same file and the same books."""

from typing import get_type_hints

import pytest
from temporalio import activity

from activities.contracts import Queue
from rulebook.money import yuan
from rulebook.stages import CaseStage
from runtime.temporal import CONVERTER
from tests.acceptance.fund import TestedFund
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)


async def run_everything_again(fund: TestedFund, case: str) -> list[str]:
    """Every activity on record, once more with its own request; their names in order."""
    real = {
        str(activity._Definition.must_from_callable(function).name): function
        for queue in (Queue.CASES, Queue.MONEY, Queue.PAPERS)
        for function in fund.services.activities_on(queue)
    }
    names = []
    for history in await fund.histories(case):
        for event in history.events:
            if event.HasField("activity_task_scheduled_event_attributes"):
                scheduled = event.activity_task_scheduled_event_attributes
                function = real[scheduled.activity_type.name]
                hints = [hint for name, hint in get_type_hints(function).items() if name != "return"]
                [request] = await CONVERTER.decode(list(scheduled.input.payloads), hints)
                function(request)
                names.append(scheduled.activity_type.name)
    return names


def seen(fund: TestedFund, case: str) -> object:
    return (
        fund.case(case).model_dump(),
        fund.events(case),
        fund.position(case),
        fund.pool(),
        fund.papers_of(case),
        [approval.model_dump() for approval in fund.approvals_of(case)],
        [payment.model_dump() for payment in fund.payments_of(case)],
        fund.sent_to_bank(case),
    )


async def test_a_whole_bridge_done_twice_is_done_once(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5), collateral_anew=True))
    await fund.bank_promises(case)
    await fund.propose(case, FIVE_MILLION)
    await fund.send_back(case)
    await fund.approve_bridge(case, FIVE_MILLION)
    await fund.promise_comes(case, amount_fen=yuan(5_500_000))
    await fund.approve_bridge(case, FIVE_MILLION)
    await fund.settle()
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    await fund.release(case)
    await fund.old_loan_settled(case)
    await fund.collateral_registered(case)
    await fund.new_loan(case, yuan(5_500_000))
    await fund.money_returns(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED
    before = seen(fund, case)
    again = await run_everything_again(fund, case)
    assert len(set(again)) >= 12
    assert seen(fund, case) == before
