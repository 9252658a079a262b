"""Signs of life of an activity that waits for something slow."""

import contextvars
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from temporalio import activity

BEAT_SECONDS = 2.0


@contextmanager
def heartbeats() -> Iterator[None]:
    """Tell Temporal every ``BEAT_SECONDS`` that this process lives, while the block works; elsewhere nothing."""
    if not activity.in_activity():
        yield
        return
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT_SECONDS):
            activity.heartbeat()

    # The activity is known to a thread by its context, which another thread must be given.
    beating = threading.Thread(target=contextvars.copy_context().run, args=(beat,), name="heartbeats", daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()
