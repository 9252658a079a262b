"""Cases recorded earlier decide the same today; ``tests/acceptance/test_histories.py`` says how they are recorded.

The replayer itself compares kinds of commands alone: a changed amount or deadline would pass. So what the stories
command while they are replayed is compared with what the history says was done: every activity with its queue and its
request, every timer with its length, every workflow started and every search attribute with its value. A request may
say more today than it did when it was recorded; what it said then it still says.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

from runtime.temporal import CONVERTER, sandbox
from tests.histories.records import RECORDS, history_of
from workflows.recovery import Recovery
from workflows.renewal import Renewal

MARKERS = "TemporalChangeVersion"
"""The attribute that the library sets by itself when a story leaves a marker: no story commands it."""


class CommandsKept(WorkflowRunner):
    """Runs stories as the workers do, and keeps every command they give."""

    def __init__(self) -> None:
        self._runner = sandbox()
        self.commands: list[dict[str, Any]] = []

    def prepare_workflow(self, defn: Any) -> None:
        self._runner.prepare_workflow(defn)

    def set_worker_level_failure_exception_types(self, types: Any) -> None:
        self._runner.set_worker_level_failure_exception_types(types)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        instance = self._runner.create_instance(det)
        activate = instance.activate

        def kept(act: WorkflowActivation) -> WorkflowActivationCompletion:
            completion = activate(act)
            self.commands += [MessageToDict(command) for command in completion.successful.commands]
            return completion

        instance.activate = kept  # type: ignore[method-assign]
        return instance


def content(payload: dict[str, str]) -> Any:
    """What a payload says."""
    return json.loads(base64.b64decode(payload["data"]))


def values(attributes: dict[str, dict[str, Any]]) -> list[list[Any]]:
    """Search attributes by name with what they were set to; None where one was taken away."""
    set_to = attributes["indexedFields"].items()
    return sorted([name, payload.get("data") and content(payload)] for name, payload in set_to)


def said_then(recorded: Any, today: Any) -> Any:
    """What is said today, without what was not said then."""
    match recorded, today:
        case dict(), dict():
            return {key: said_then(recorded[key], value) for key, value in today.items() if key in recorded}
        case list() | tuple(), list() | tuple() if len(recorded) == len(today):
            return [said_then(then, now) for then, now in zip(recorded, today, strict=True)]
    return today


def given(command: dict[str, Any]) -> tuple[object, ...] | None:
    """A command as it is compared; None for what leaves no event of its own."""
    match command:
        case {"scheduleActivity": activity}:
            return "activity", activity["activityType"], activity["taskQueue"], content(activity["arguments"][0])
        case {"startTimer": timer}:
            return "timer", timer["startToFireTimeout"]
        case {"startChildWorkflowExecution": child}:
            return "child", child["workflowType"], child["workflowId"], content(child["input"][0])
        case {"upsertWorkflowSearchAttributes": upserted}:
            return "attributes", values(upserted["searchAttributes"])
    return None


def recorded(event: dict[str, Any]) -> tuple[object, ...] | None:
    """What an event says was commanded, in the same form."""
    match event:
        case {"activityTaskScheduledEventAttributes": activity}:
            request = content(activity["input"]["payloads"][0])
            return "activity", activity["activityType"]["name"], activity["taskQueue"]["name"], request
        case {"timerStartedEventAttributes": timer}:
            return "timer", timer["startToFireTimeout"]
        case {"startChildWorkflowExecutionInitiatedEventAttributes": child}:
            return "child", child["workflowType"]["name"], child["workflowId"], content(child["input"]["payloads"][0])
        case {"upsertWorkflowSearchAttributesEventAttributes": upserted}:
            if MARKERS in upserted["searchAttributes"]["indexedFields"]:
                return None
            return "attributes", values(upserted["searchAttributes"])
    return None


async def commanded_and_done(history: WorkflowHistory) -> tuple[list[Any], list[Any]]:
    """What the stories command today while a history is replayed, as far as it was said then; and what was done."""
    runner = CommandsKept()
    replayer = Replayer(workflows=[Renewal, Recovery], data_converter=CONVERTER, workflow_runner=runner)
    await replayer.replay_workflow(history)
    commanded = [list(each) for command in runner.commands if (each := given(command))]
    done = [list(each) for event in history.events if (each := recorded(MessageToDict(event)))]
    return said_then(done, commanded), done


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
async def test_a_recorded_case_decides_the_same_today(record: Path) -> None:
    commanded, done = await commanded_and_done(history_of(record))
    assert commanded == done
    assert [kind for kind, *_ in done].count("activity") >= 4


async def test_a_changed_amount_is_noticed() -> None:
    text = (RECORDS[0].parent / "bridged.json").read_text(encoding="utf-8")
    kept = json.loads(text)
    for event in kept["history"]["events"]:
        match event:
            case {"activityTaskScheduledEventAttributes": {"activityType": {"name": "pay_out"}, "input": request}}:
                payload = request["payloads"][0]
                changed = content(payload) | {"amount_fen": 1}
                payload["data"] = base64.b64encode(json.dumps(changed).encode()).decode()
    commanded, done = await commanded_and_done(WorkflowHistory.from_json(kept["workflow_id"], kept["history"]))
    differing = [then for then, now in zip(done, commanded, strict=True) if then != now]
    assert [what for _, what, *_ in differing] == ["pay_out"]


def test_the_records_are_there_and_small() -> None:
    names = {record.stem for record in RECORDS}
    assert names >= {"bridged", "direct", "queued", "recovery", "recovery_pursuit", "refused", "rejected_payment"}
    assert names >= {"written_off", "written_off_pursuit", "undrawn", "pending_payment"}
    assert names >= {"payment_open_for_weeks", "pursuit_not_borne_out"}
    assert [record.name for record in RECORDS if record.stat().st_size > 200_000] == []
