"""What a process that serves others says of itself: one line of JSON for each event, and one for many that repeat."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

REPEATED_SECONDS = 60.0
"""The same trouble is said once in so long, with how often it was left out."""


MOST_REMEMBERED = 1_000
"""Kinds of trouble that are told apart; beyond it the oldest may be said sooner than it had to be."""


def configure(process: str) -> None:
    """Let everything that this process logs go to the standard error, as lines of JSON.

    Args:
        process: its name, which each line carries.
    """
    handler = logging.StreamHandler()
    handler.addFilter(Repeated())
    handler.setFormatter(AsJson(process))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


class AsJson(logging.Formatter):
    """A record as one line: when, how bad, which process and case, what, and the error's own last words.

    Args:
        process: name of the process.
    """

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "case": _case_of(record),
            "logger": record.name,
            "message": record.getMessage().partition(" ({")[0],  # the SDK repeats there what stands in its own fields
            "attempt": _about(record).get("attempt"),
            "left_out": getattr(record, "left_out", None),
        }
        if record.exc_info and record.exc_info[1] is not None:
            said["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
            if record.levelno >= logging.ERROR:
                said["trace"] = self.formatException(record.exc_info)
        return json.dumps({name: value for name, value in said.items() if value is not None}, ensure_ascii=False)


class Repeated(logging.Filter):
    """Lets the same trouble through once in a while, whichever case it is of; an outage must not fill the disk.

    Args:
        now: seconds of a clock that never runs back.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._last = dict[tuple[object, ...], tuple[float, int]]()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        error = type(record.exc_info[1]).__name__ if record.exc_info else None
        key = (
            record.name,
            record.levelno,
            str(record.msg).partition(" ({")[0],
            error,
            _about(record).get("activity_type"),
        )
        now = self._now()
        since, left_out = self._last.get(key, (-REPEATED_SECONDS, 0))
        if now - since < REPEATED_SECONDS:
            self._last[key] = (since, left_out + 1)
            return False
        if left_out:
            record.left_out = left_out
        self._forget(now)
        self._last[key] = (now, 0)
        return True

    def _forget(self, now: float) -> None:
        """What is over leaves room: words that hold a number or a name are never said twice, and there is no end of
        them. What was left out of one that stays silent is not told."""
        if len(self._last) >= MOST_REMEMBERED:
            self._last = {key: said for key, said in self._last.items() if now - said[0] < REPEATED_SECONDS}
        while len(self._last) >= MOST_REMEMBERED:
            self._last.pop(next(iter(self._last)))


def _about(record: logging.LogRecord) -> Mapping[str, object]:
    """What the SDK knows of the activity or the workflow that speaks."""
    about = getattr(record, "temporal_activity", None) or getattr(record, "temporal_workflow", None)
    return about if isinstance(about, Mapping) else {}


def _case_of(record: logging.LogRecord) -> str | None:
    story = _about(record).get("workflow_id")
    return str(story).rpartition("/")[2] if story else None
