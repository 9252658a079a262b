"""The recorded cases, as the replayer takes them."""

import json
from pathlib import Path

from temporalio.client import WorkflowHistory

RECORDS = sorted(Path(__file__).parent.glob("*.json"))


def history_of(record: Path) -> WorkflowHistory:
    """The history that one file keeps."""
    kept = json.loads(record.read_text(encoding="utf-8"))
    return WorkflowHistory.from_json(kept["workflow_id"], kept["history"])
