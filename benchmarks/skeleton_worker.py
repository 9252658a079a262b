"""The worker of the skeleton workflow, set up like the product's: ``python skeleton_worker.py``."""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from temporalio.worker import Worker

from benchmarks.skeleton import QUEUE, Skeleton, nothing
from runtime.settings import load_settings
from runtime.temporal import sandbox
from runtime.wiring import THREADS, Services, stop_on_signal


async def main() -> None:
    """Work until told to stop."""
    stop = stop_on_signal()
    client = await Services(load_settings()).client()
    async with Worker(
        client,
        task_queue=QUEUE,
        workflows=[Skeleton],
        workflow_runner=sandbox(),
        activities=[nothing],
        activity_executor=ThreadPoolExecutor(THREADS),
        max_concurrent_activities=THREADS,
    ):
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main())
