"""How many cases a machine settles in a second, beside a workflow of the same shape that does nothing.

Run it without arguments, or with ``--quick`` or ``--smoke``. The last line is one JSON object:

``{"cases_per_s", "cases_with_papers_per_s", "skeleton_per_s", "ratio", "ratio_with_papers", "shape"}``

One run on one set of servers: first the product's cases with a papers worker that prints nothing, then with the real
one, and the skeleton before and after, whose mean is the baseline. The skeleton has the activities, updates, signals,
timers and search-attribute upserts that the history of the first settled case shows, and the same converter. The
bank's messages, and the skeleton's signals, come early; so many cases are open at a time.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from temporalio.client import Client

from benchmarks.case_cost import cost_of
from benchmarks.length import of_length
from benchmarks.skeleton import QUEUE, Shape, Skeleton
from rulebook.cases import renewal_id
from runtime.supervisor import Child, Supervisor
from runtime.wiring import Services
from runtime.workers import relay_child, worker_children
from tests.blank_press import blank_papers_child
from tests.driver import Driver
from tests.running_stack import FUND, running_stack, settings_for

IN_FLIGHT = 16
WITHIN_SECONDS = 280.0
FOLDER = Path(__file__).resolve().parent


class Counts(NamedTuple):
    """How many cases each part of the run settles."""

    warm: int
    blank: int
    papers: int
    skeleton: int
    together: bool = False
    """All workers run from the beginning, and one papers worker, which prints nothing, serves both parts: quick to
    start, but one takes the other's time, nothing is warmed up, and figures mean nothing."""


async def skeletons(client: Client, shape: Shape, count: int, run: str) -> float:
    """Skeletons per second."""
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one(number: int) -> None:
        async with gate:
            handle = await client.start_workflow(Skeleton.run, shape, id=f"skeleton/{run}/{number}", task_queue=QUEUE)
            for message in range(shape.signals):
                await handle.signal(Skeleton.message, message)
            for act in range(shape.updates):
                await handle.execute_update(Skeleton.act, act)
            await handle.result()

    begun = time.monotonic()
    await asyncio.gather(*(one(number) for number in range(count)))
    return count / (time.monotonic() - begun)


async def cases(services: Services, client: Client, count: int) -> tuple[float, str]:
    """Settled cases per second, and the number of one of them."""
    driver = Driver(services, client, early=True)
    seconds = await driver.settle(total=count, in_flight=IN_FLIGHT, within=WITHIN_SECONDS)
    return count / seconds, driver.cases[0]


async def measure(folder: Path, counts: Counts) -> dict[str, object]:
    """The whole run."""
    settings = settings_for(folder)
    worker, papers = worker_children(settings)
    blank = blank_papers_child(settings, "blank")
    bones = Child("skeleton", (sys.executable, str(FOLDER / "skeleton_worker.py")), settings.for_children())
    from_the_beginning = (blank, bones) if counts.together else ()
    running = nothing_more if counts.together else in_turn
    with running_stack(folder, [worker, relay_child(settings), *from_the_beginning]) as services:
        client = await services.client()
        with running(folder, blank):
            _, first = await cases(services, client, counts.warm)
            history = await client.get_workflow_handle(renewal_id(FUND, first)).fetch_history()
            shape = Shape.model_validate({name: cost_of(history)[name] for name in Shape.model_fields})
            with running(folder, bones):
                if not counts.together:
                    await skeletons(client, shape, counts.warm, "warm")
                before = await skeletons(client, shape, counts.skeleton, "before")
            blank_rate, _ = await cases(services, client, counts.blank)
            with running(folder, bones):
                after = await skeletons(client, shape, counts.skeleton, "after")
        with running(folder, papers):
            if not counts.together:
                await cases(services, client, 1)
            papers_rate, _ = await cases(services, client, counts.papers)
    baseline = (before + after) / 2
    return {
        "cases_per_s": round(blank_rate, 2),
        "cases_with_papers_per_s": round(papers_rate, 2),
        "skeleton_per_s": round(baseline, 2),
        "ratio": round(blank_rate / baseline, 3),
        "ratio_with_papers": round(papers_rate / baseline, 3),
        "shape": shape.model_dump(),
    }


@contextmanager
def in_turn(folder: Path, child: Child) -> Iterator[None]:
    """A child process for the length of a block."""
    supervisor = Supervisor(folder / "log")
    supervisor.add(child)
    supervisor.start()
    try:
        yield
    finally:
        supervisor.stop()


@contextmanager
def nothing_more(_folder: Path, _child: Child) -> Iterator[None]:
    """The child runs already."""
    yield


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="xuqiao-bench-") as place:
        length = of_length(Counts(8, 120, 30, 100), quick=Counts(2, 8, 2, 8), smoke=Counts(1, 1, 1, 1, together=True))
        print(json.dumps(asyncio.run(measure(Path(place), length))))
