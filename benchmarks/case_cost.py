"""What one bridged case costs in Temporal: activities, events, bytes.

Run it without arguments; ``--quick`` and ``--smoke`` change nothing, since it is one case. The last line is one JSON
object:

``{"activities", "events", "history_bytes", "payload_bytes", "updates", "signals", "timers", "upserts", "by_activity"}``

The case is driven as people would: each message and act comes when it is waited for, so every wait costs its timer.
``activities`` counts local ones too; ``payload_bytes`` is the data of all payloads, ``history_bytes`` all events as
Temporal stores them. The papers are blank: what they show never passes through Temporal.
"""

import asyncio
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from rulebook.cases import renewal_id
from runtime.workers import relay_child, worker_children
from tests.blank_press import blank_papers_child
from tests.driver import Driver
from tests.running_stack import FUND, running_stack, settings_for


def cost_of(history: WorkflowHistory) -> dict[str, object]:
    """The figures of one history."""
    kinds = Counter(EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in history.events)
    scheduled = Counter(
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    )
    return {
        "activities": sum(scheduled.values()) + kinds["MARKER_RECORDED"],
        "events": len(history.events),
        "history_bytes": sum(event.ByteSize() for event in history.events),
        "payload_bytes": sum(payload_bytes(event) for event in history.events),
        "updates": kinds["WORKFLOW_EXECUTION_UPDATE_ACCEPTED"],
        "signals": kinds["WORKFLOW_EXECUTION_SIGNALED"],
        "timers": kinds["TIMER_STARTED"],
        "upserts": kinds["UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"],
        "by_activity": dict(scheduled),
    }


def payload_bytes(message: Message) -> int:
    """The data of every payload in a message, however deep."""
    if isinstance(message, Payload):
        return len(message.data)
    total = 0
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            total += sum(payload_bytes(item) for item in value.values() if isinstance(item, Message))
        elif isinstance(value, Message):
            total += payload_bytes(value)
        else:
            total += sum(payload_bytes(item) for item in value)
    return total


async def measure(folder: Path) -> dict[str, object]:
    """Drive one case to its end and read its history."""
    settings = settings_for(folder)
    worker, _ = worker_children(settings)
    with running_stack(folder, [worker, blank_papers_child(settings), relay_child(settings)]) as services:
        client = await services.client()
        driver = Driver(services, client, early=False)
        await driver.settle(total=1, in_flight=1, within=120)
        handle = client.get_workflow_handle(renewal_id(FUND, driver.cases[0]))
        await handle.result()
        return cost_of(await handle.fetch_history())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="xuqiao-bench-") as place:
        print(json.dumps(asyncio.run(measure(Path(place)))))
