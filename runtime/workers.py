"""The processes that a machine keeps: cases and money in one, papers in one of their own, and the relay."""

import sys
from collections.abc import Iterator
from pathlib import Path

from activities.contracts import Queue
from runtime.settings import Settings
from runtime.supervisor import Child
from runtime.wiring import DRAIN

STOP_WITHIN = DRAIN.total_seconds() + 5
"""Seconds for a worker to finish what it has in hand, before it is killed; what it had is then repeated."""
PROCESSES = {"worker": (Queue.CASES, Queue.MONEY), "papers": (Queue.PAPERS,)}


def worker_children(settings: Settings) -> Iterator[Child]:
    """One supervised process for each line of ``PROCESSES``, with these settings in its environment."""
    for name, queues in PROCESSES.items():
        argv = (sys.executable, str(worker_script()), *queues)
        yield Child(name=name, argv=argv, env=settings.for_children(), stop_within=STOP_WITHIN)


def relay_child(settings: Settings) -> Child:
    """The relay, supervised like the workers."""
    return Child(name="relay", argv=(sys.executable, "-m", "runtime.relay"), env=settings.for_children())


def worker_script() -> Path:
    """Where ``worker.py`` stands, beside the packages."""
    return Path(__file__).resolve().parent.parent / "worker.py"
