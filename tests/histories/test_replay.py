"""Cases recorded earlier decide the same today; ``tests/acceptance/test_histories.py`` says how they are recorded."""

import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from runtime.temporal import CONVERTER, sandbox
from workflows.recovery import Recovery
from workflows.renewal import Renewal

RECORDS = sorted(Path(__file__).parent.glob("*.json"))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
async def test_a_recorded_case_decides_the_same_today(record: Path) -> None:
    kept = json.loads(record.read_text(encoding="utf-8"))
    history = WorkflowHistory.from_json(kept["workflow_id"], kept["history"])
    replayer = Replayer(workflows=[Renewal, Recovery], data_converter=CONVERTER, workflow_runner=sandbox())
    await replayer.replay_workflow(history)


def test_the_records_are_there_and_small() -> None:
    names = {record.stem for record in RECORDS}
    assert names >= {"bridged", "direct", "queued", "recovery", "recovery_pursuit", "refused", "rejected_payment"}
    assert names >= {"written_off", "written_off_pursuit", "undrawn"}
    assert [record.name for record in RECORDS if record.stat().st_size > 200_000] == []
