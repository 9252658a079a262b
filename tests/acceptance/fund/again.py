"""An activity that died after its commit is run again, and what it left is looked at from every side."""

from typing import get_type_hints

from temporalio import activity

from activities.contracts import Queue
from runtime.temporal import CONVERTER
from tests.acceptance.fund.fund import TestedFund


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
