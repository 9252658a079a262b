"""What a failing activity leaves in Temporal is short enough to be kept, and says what went wrong."""

from typing import Any

import pytest
from sqlalchemy import text
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor

from runtime.wiring import MOST_SAID, ErrorsByCode, Services
from tests.acceptance.fund.fund import TestedFund
from tests.builders import a_micro_manufacturer
from workflows.policies import TASK_DUE

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Asking(ActivityInboundInterceptor):
    """An activity whose statement the database refuses, with its long values."""

    def __init__(self, services: Services, statement: str) -> None:
        self._services, self._statement = services, statement

    async def execute_activity(self, input: Any) -> Any:  # noqa: A002
        with self._services.sessions() as session:
            session.connection().execute(text(self._statement), {"value": "x" * 100_000})


@pytest.mark.parametrize(
    ("statement", "state", "said"),
    [
        ("SELECT CAST(:value AS integer)", "22P02", "invalid input syntax for type integer"),
        ("INSERT INTO outbox (case_no, errand) VALUES (:value, NULL)", "23502", 'null value in column "errand"'),
    ],
)
async def test_34_a_database_error_is_told_by_its_state_and_first_line(
    fund: TestedFund, statement: str, state: str, said: str
) -> None:
    activity = ErrorsByCode().intercept_activity(Asking(fund.services, statement))
    with pytest.raises(ApplicationError) as failed:
        await activity.execute_activity(None)  # type: ignore[arg-type]
    message = failed.value.message
    assert message.startswith(f"[{state}] ")
    assert said in message
    assert len(message) <= MOST_SAID
    assert failed.value.__cause__ is None, "a cause is kept whole"


async def test_34_the_list_of_workflows_says_when_the_task_of_a_pursuit_is_due(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, 500_000_000)
    await fund.not_renewing(case)
    task = fund.task_of(case)
    story = await fund.client.get_workflow_handle(fund.case(case).workflow_id).describe()
    assert task is not None
    assert story.typed_search_attributes.get(TASK_DUE) == task.due
