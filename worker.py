"""The Temporal worker: ``python worker.py cases money`` works on these queues until it is told to stop."""

import asyncio
import sys

from runtime.settings import load_settings
from runtime.wiring import serve_queues
from workflows.policies import Queue

if __name__ == "__main__":
    asyncio.run(serve_queues(load_settings(), sys.argv[1:] or [Queue.CASES, Queue.MONEY, Queue.PAPERS]))
