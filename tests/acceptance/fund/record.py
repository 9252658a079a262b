"""Histories for the folder that later versions are replayed against."""

import json
import os
import socket
from pathlib import Path
from typing import Any

from tests.acceptance.fund.fund import TestedFund

FOLDER = Path(__file__).parents[2] / "histories"


async def record(fund: TestedFund, case: str, story: str) -> None:
    """Write the histories of a case to the folder, if that is asked for."""
    if os.environ.get("XUQIAO_RECORD_HISTORIES"):
        for history in await fund.histories(case):
            name = story if history.workflow_id.startswith("renewal") else f"{story}_pursuit"
            events = nameless(json.loads(history.to_json().replace(f"@{socket.gethostname()}-", "@somewhere-")))
            record = {"workflow_id": history.workflow_id, "history": events}
            (FOLDER / f"{name}.json").write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")


def nameless(value: Any) -> Any:
    """The record without the names of the machines that made it."""
    if isinstance(value, dict):
        return {key: "somebody" if key == "identity" else nameless(inner) for key, inner in value.items()}
    return [nameless(inner) for inner in value] if isinstance(value, list) else value
