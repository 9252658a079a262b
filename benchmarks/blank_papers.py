"""A worker of the papers queue whose press prints nothing: what cases cost without the papers' ink.

``python blank_papers.py``.
"""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from activities.contracts import Queue
from runtime.settings import load_settings
from runtime.wiring import stop_on_signal
from tests.blank_press import BlankServices

AT_ONCE = 4


async def main() -> None:
    """Work until told to stop."""
    settings = load_settings()
    papers = settings.papers.model_copy(update={"workers": AT_ONCE})
    services = BlankServices(settings.model_copy(update={"papers": papers}))
    client = await services.client()
    async with services.worker(client, Queue.PAPERS):
        await stop_on_signal().wait()


if __name__ == "__main__":
    asyncio.run(main())
