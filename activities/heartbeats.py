"""Signs of life of an activity that waits for something slow."""

import contextvars
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from temporalio import activity

BEAT_SECONDS = 2.0

_log = logging.getLogger(__name__)


@contextmanager
def heartbeats() -> Iterator[None]:
    """Tell Temporal every ``BEAT_SECONDS`` that this process lives, while the block works; elsewhere nothing."""
    if not activity.in_activity():
        yield
        return
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT_SECONDS):
            try:
                activity.heartbeat()
            except TimeoutError:  # the worker's loop is busy: the next beat may come through
                _log.warning("heartbeats.late: the worker did not take a sign of life in time")

    # The activity is known to a thread by its context, which another thread must be given.
    beating = threading.Thread(target=contextvars.copy_context().run, args=(beat,), name="heartbeats", daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()
