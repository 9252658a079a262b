"""The Temporal worker: ``python worker.py cases money`` works on these queues until it is told to stop."""

import asyncio
import sys

from activities.contracts import Queue
from runtime.settings import load_settings
from runtime.wiring import serve_queues

if __name__ == "__main__":
    asyncio.run(serve_queues(load_settings(), [Queue(name) for name in sys.argv[1:]] or list(Queue)))
