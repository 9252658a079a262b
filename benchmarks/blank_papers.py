"""A worker of the papers queue whose press prints nothing: what cases cost without the papers' ink.

Steps, stages and documents are committed as always; only the rendering is left out. ``python blank_papers.py``.
"""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from temporalio.worker import Worker

from activities.contracts import Queue, queue_name
from activities.papers.drawing_up import Papers
from activities.papers.press.press import Paper
from runtime.settings import load_settings
from runtime.wiring import Services, activities_of, stop_on_signal


class BlankPress:
    """Every paper is one and the same blank."""

    def render(self, kind: object, data: object, lang: str = "zh") -> Paper:
        return Paper(pdf=b"", sha256="0" * 64, data_digest="", template_digest="", versions={}, pages=0)


async def main() -> None:
    """Work until told to stop."""
    services = Services(load_settings())
    client = await services.client()
    press: Any = BlankPress()
    async with Worker(
        client,
        task_queue=queue_name(services.settings.queues.prefix, Queue.PAPERS),
        activities=activities_of(Papers(services.sessions.begin, press)),
        activity_executor=ThreadPoolExecutor(4),
        max_concurrent_activities=4,
    ):
        await stop_on_signal().wait()


if __name__ == "__main__":
    asyncio.run(main())
