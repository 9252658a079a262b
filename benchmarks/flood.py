"""Many applications filed in one moment: how soon all are asked about at their banks, and what did not answer in time.

Run it without arguments, or with ``--quick`` or ``--smoke``. The last line is one JSON object:

``{"cases", "seconds", "cases_per_s", "alone_per_s", "ratio", "workflow_task_timeouts", "longest_workflow_task_s"}``

The baseline is the rate at which the same machine, in the same run, brings a few cases that are filed one after the
other, each when the one before has arrived, to the same stage; ``ratio`` is the flood's rate to it. Time-outs and the
longest task are read from the histories of the flood.
"""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import text
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from benchmarks.length import of_length
from rulebook.cases import renewal_id
from runtime.wiring import Services
from runtime.workers import relay_child, worker_children
from tests.driver import Driver
from tests.running_stack import FUND, running_stack, settings_for

LOOK_SECONDS = 0.5
WITHIN_SECONDS = 1_500.0
READ_AT_ONCE = 8
_ASKED = text("SELECT count(*) FROM renewal_case WHERE stage = 'bank_opinion' AND case_no = ANY(:cases)")


class Counts(NamedTuple):
    """How many cases are filed one after the other, and how many at once."""

    alone: int
    flood: int


async def all_asked(services: Services, cases: list[str], look: float) -> float:
    """Seconds until the banks of all these cases are asked.

    Raises:
        TimeoutError: some are not, with how many.
    """
    begun = time.monotonic()
    while True:
        with services.sessions() as session:
            asked = int(session.connection().execute(_ASKED, {"cases": cases}).scalar_one())
        if asked == len(cases):
            return time.monotonic() - begun
        if time.monotonic() - begun > WITHIN_SECONDS:
            raise TimeoutError(f"{asked} of {len(cases)} cases are asked about")
        await asyncio.sleep(look)


async def tasks_of(client: Client, cases: list[str]) -> tuple[int, float]:
    """Workflow tasks of these cases that did not answer in time, and how long the slowest of the others took."""
    gate, timeouts, longest = asyncio.Semaphore(READ_AT_ONCE), 0, 0.0

    async def read(case: str) -> None:
        nonlocal timeouts, longest
        started: dict[int, float] = {}
        async with gate:
            history = await client.get_workflow_handle(renewal_id(FUND, case)).fetch_history()
        for event in history.events:
            at = event.event_time.ToDatetime().timestamp()
            match event.event_type:
                case EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED:
                    started[event.event_id] = at
                case EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
                    timeouts += 1
                case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                    begun = started[event.workflow_task_completed_event_attributes.started_event_id]
                    longest = max(longest, at - begun)

    await asyncio.gather(*map(read, cases))
    return timeouts, longest


async def measure(folder: Path, counts: Counts) -> dict[str, object]:
    """The whole run."""
    settings = settings_for(folder)
    worker, _ = worker_children(settings)  # no case comes as far as its papers
    with running_stack(folder, [worker, relay_child(settings)]) as services:
        client = await services.client()
        driver = Driver(services, client, early=False)
        alone = 0.0
        for number in range(counts.alone + 1):
            driver.file(1)
            seconds = await all_asked(services, driver.cases[-1:], look=0.02)
            alone += seconds if number else 0.0  # the first one finds everything cold
        before = len(driver.cases)
        driver.file(counts.flood)
        flood = driver.cases[before:]
        seconds = await all_asked(services, flood, LOOK_SECONDS)
        timeouts, longest = await tasks_of(client, flood)
    rate, baseline = counts.flood / seconds, counts.alone / alone
    return {
        "cases": counts.flood,
        "seconds": round(seconds, 1),
        "cases_per_s": round(rate, 2),
        "alone_per_s": round(baseline, 2),
        "ratio": round(rate / baseline, 2),
        "workflow_task_timeouts": timeouts,
        "longest_workflow_task_s": round(longest, 2),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="xuqiao-bench-") as place:
        length = of_length(Counts(20, 1_000), quick=Counts(5, 100), smoke=Counts(1, 8))
        print(json.dumps(asyncio.run(measure(Path(place), length))))
