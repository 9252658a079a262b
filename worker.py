"""The Temporal worker: ``python worker.py cases money`` works on these queues until it is told to stop."""

import asyncio
import sys

from activities.contracts import Queue
from runtime.logs import configure
from runtime.settings import load_settings
from runtime.wiring import serve_queues

if __name__ == "__main__":
    asked = [Queue(name) for name in sys.argv[1:]] or list(Queue)
    configure("+".join(asked))
    asyncio.run(serve_queues(load_settings(), asked))
