"""The clocks of running cases: each is moved once for each span of time, whatever becomes of the server's answers."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, FastForwardPollingResult
from temporalio.api.workflow.v1 import WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import (
    PollWorkflowExecutionTimeSkippingRequest,
    UpdateWorkflowExecutionOptionsRequest,
)
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper

Handle = WorkflowHandle[Any, Any]

TRIES = 5
PAUSE_SECONDS = 0.2
SURE_AFTER_SECONDS = 2.0
"""A request that was not answered and has not arrived by then will not arrive any more."""
RPC_TIME = timedelta(seconds=30)
HARDLY_BEHIND = timedelta(seconds=1)
JUST_BEFORE = timedelta(milliseconds=20)
_PERHAPS_ARRIVED = frozenset(
    {
        RPCStatusCode.ABORTED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.INTERNAL,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.UNKNOWN,
    }
)
"""Answers after which nobody knows whether a clock was moved."""


class Clocks(TimeSkipper):
    """Moves clocks of cases, and never twice by one span.

    The server adds up: a request moves a clock as often as it arrives, by whatever id. The client's own way of sending
    again what was not answered would therefore let a day pass twice; a case then comes to its end before its people do.
    """

    async def move(self, case: Handle, span: timedelta) -> None:
        """Let so much time pass for a case, timers and all; one that ends on the way needs no more of it.

        Raises:
            RPCError: the server is away, or the case is not there.
        """
        move_id = str(uuid4())
        for again in range(TRIES):
            try:
                await self._send(case, move_id, span)
                break
            except RPCError as error:
                if error.status not in _PERHAPS_ARRIVED or again == TRIES - 1:
                    raise
                if await self._arrives_after_all(case, move_id):
                    break
        await self._completed(case, move_id)

    async def bring(self, case: Handle, ahead: timedelta) -> None:
        """Let a case's clock be so far ahead of this machine's, wherever it stands; one that is there is left alone."""
        behind = datetime.now(UTC) + ahead - await self.get_current_time(case)
        if behind > HARDLY_BEHIND:
            await self.move(case, behind)

    async def bring_to_beginning(self, case: Handle) -> None:
        """Let a case that was started with a delay begin now, and wait until it has something to do.

        Its clock stops just before it begins, while nothing of it is in hand: one that should stop while a case is at
        work was seen, on a busy machine, to run on to the case's next deadline.
        """
        described = (await case.describe()).raw_description
        begins = described.workflow_execution_info.execution_time.ToDatetime(UTC)
        rest = begins - JUST_BEFORE - await self.get_current_time(case)
        if rest > HARDLY_BEHIND:
            await self.move(case, rest)
        async for event in case.fetch_history_events(wait_new_event=True, skip_archival=True):
            if event.event_type is EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
                return

    async def _send(self, case: Handle, move_id: str, span: timedelta) -> None:
        length = Duration()
        length.FromTimedelta(span)
        options = WorkflowExecutionOptions()
        options.time_skipping_config.enabled = True
        options.time_skipping_config.fast_forward_config.id = move_id
        options.time_skipping_config.fast_forward_config.duration.CopyFrom(length)
        request = UpdateWorkflowExecutionOptionsRequest(
            namespace=self.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case.id),
            workflow_execution_options=options,
            update_mask=FieldMask(paths=["time_skipping_config"]),
            identity=self.client.identity,
        )
        await self.client.workflow_service.update_workflow_execution_options(request, retry=False, timeout=RPC_TIME)

    async def _arrives_after_all(self, case: Handle, move_id: str) -> bool:
        """Whether a move that nobody answered for has reached the server, be it a moment late."""
        until = asyncio.get_running_loop().time() + SURE_AFTER_SECONDS
        while asyncio.get_running_loop().time() < until:
            await asyncio.sleep(PAUSE_SECONDS)
            if await self._has_arrived(case, move_id):
                return True
        return False

    async def _has_arrived(self, case: Handle, move_id: str) -> bool:
        info = await self.get_time_skipping_info(case)
        return info is not None and info.effective_config.fast_forward_config.id == move_id

    async def _completed(self, case: Handle, move_id: str) -> None:
        request = PollWorkflowExecutionTimeSkippingRequest(
            namespace=self.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case.id),
            fast_forward_id=move_id,
        )
        ended = (
            FastForwardPollingResult.FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_COMPLETED,
            FastForwardPollingResult.FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_FAILED,
        )
        service = self.client.workflow_service
        while True:
            polled = await service.poll_workflow_execution_time_skipping(request, retry=True)
            if polled.fast_forward_polling_result in ended:
                return
