"""A case's clock is moved once for each span, though the server's answer is lost or a start is delivered again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from runtime.demo.clocks import Clocks

pytestmark = pytest.mark.asyncio(loop_scope="session")

Handle = WorkflowHandle[Any, Any]
THREE_DAYS = timedelta(days=3)
_NUMBERS = count(1)


@pytest.fixture
def clocks(temporal: WorkflowEnvironment) -> Clocks:
    return Clocks(temporal.client, config=TimeSkippingConfig(enabled=False))


@pytest_asyncio.fixture(loop_scope="session")
async def case(clocks: Clocks) -> AsyncIterator[Handle]:
    """A workflow that is not yet due, so that nobody need work it."""
    handle = await clocks.client.start_workflow(
        "Anything", id=f"clock/{next(_NUMBERS)}", task_queue="nobody", start_delay=timedelta(days=30)
    )
    yield handle
    await handle.terminate()


async def days_ahead(clocks: Clocks, case: Handle) -> float:
    return round((await clocks.get_current_time(case) - datetime.now(UTC)) / timedelta(days=1), 3)


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_move_whose_answer_is_lost_counts_once(
    clocks: Clocks, case: Handle, monkeypatch: pytest.MonkeyPatch, arrives: bool
) -> None:
    service, sent = clocks.client.workflow_service, []
    send = service.update_workflow_execution_options

    async def lossy(request: Any, **how: Any) -> Any:
        sent.append(request)
        answer = await send(request, **how) if arrives or len(sent) > 1 else None
        if len(sent) == 1:
            raise RPCError("connection reset", RPCStatusCode.UNAVAILABLE, b"")
        return answer

    monkeypatch.setattr(service, "update_workflow_execution_options", lossy)
    await clocks.move(case, THREE_DAYS)
    assert len(sent) == (1 if arrives else 2)
    assert await days_ahead(clocks, case) == 3


async def test_a_move_that_arrives_after_its_time_out_counts_once(
    clocks: Clocks, case: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = clocks.client.workflow_service
    late: list[asyncio.Task[None]] = []
    send = service.update_workflow_execution_options

    async def slow(request: Any, **how: Any) -> Any:
        if late:
            return await send(request, **how)

        async def arrives() -> None:
            await asyncio.sleep(0.7)  # after the first look whether it is there
            await send(request, **how)

        late.append(asyncio.create_task(arrives()))
        raise RPCError("timeout expired", RPCStatusCode.DEADLINE_EXCEEDED, b"")

    monkeypatch.setattr(service, "update_workflow_execution_options", slow)
    await clocks.move(case, THREE_DAYS)
    await asyncio.gather(*late)
    assert await days_ahead(clocks, case) == 3


async def test_the_server_adds_up_what_it_is_sent_twice(clocks: Clocks, case: Handle) -> None:
    """Why moves are not simply sent again: were this to change, ``Clocks`` could go."""
    for _ in range(2):
        await clocks._send(case, "the same", THREE_DAYS)
        await clocks._completed(case, "the same")
    assert await days_ahead(clocks, case) == 6


async def test_a_clock_that_was_brought_to_its_moment_stays_there(clocks: Clocks, case: Handle) -> None:
    for _ in range(2):
        await clocks.bring(case, THREE_DAYS)
    assert await days_ahead(clocks, case) == 3


async def test_a_case_begins_at_its_moment_and_its_clock_goes_no_further(clocks: Clocks) -> None:
    due = datetime.now(UTC) + THREE_DAYS
    case = await clocks.client.start_workflow("Anything", id="clock/due", task_queue="nobody", start_delay=THREE_DAYS)
    for _ in range(2):
        await clocks.bring_to_beginning(case)
    info = await clocks.get_time_skipping_info(case)
    assert info is not None
    assert not info.effective_config.enabled, "nothing is skipped once it works"
    assert timedelta() <= await clocks.get_current_time(case) - due + timedelta(seconds=1) < timedelta(seconds=9)
    await case.terminate()


async def test_a_case_that_is_not_there_is_said_to_be_none(clocks: Clocks) -> None:
    with pytest.raises(RPCError) as refused:
        await clocks.move(clocks.client.get_workflow_handle("clock/none"), THREE_DAYS)
    assert refused.value.status is RPCStatusCode.NOT_FOUND
