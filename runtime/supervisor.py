"""Keeps named child processes running: starts them in order, restarts the fallen, stops them in reverse.

One thread does all of it. That thread must be the one that forks, since a child's tie to its parent
(``runtime/die_with_parent.py``) is to the forking thread, and it lives until the last child has ended. Each child has a
session of its own, so that Ctrl-C in a terminal reaches only the parent, which then stops the children in order.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rulebook.errors import XuqiaoError

log = logging.getLogger(__name__)

TICK_SECONDS = 0.05
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
STEADY_AFTER_SECONDS = 10.0
LOG_BYTES_KEPT = 20_000_000
_DIE_WITH_PARENT = Path(__file__).with_name("die_with_parent.py")


@dataclass(frozen=True)
class Child:
    """One process to keep.

    Args:
        name: names its log file, ``<name>.log``.
        argv: program (an absolute path) and arguments.
        env: its whole environment; None gives it the parent's.
        ready: asked until it says True before the next child starts; None means ready once started.
        user: account to run as, for a parent that is root.
        stop_signal: asks it to end; also what it gets if the parent is killed.
        ready_within: seconds it may take to be ready.
        stop_within: seconds it may take to end before it is killed.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    ready: Callable[[], bool] | None = None
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    ready_within: float = 60.0
    stop_within: float = 5.0


class _Kept:
    """A child and what became of it."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.restart_at = 0.0
        self.pause = FIRST_PAUSE_SECONDS

    def fallen(self) -> int | None:
        """Its exit code, once, if it has just ended by itself."""
        code = self.process.poll() if self.process else None
        if code is None:
            return None
        self.process = None
        now = time.monotonic()
        if now - self.started_at > STEADY_AFTER_SECONDS:
            self.pause = FIRST_PAUSE_SECONDS
        self.restart_at = now + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE_SECONDS)
        return code


class Supervisor:
    """Starts, keeps and stops children.

    Args:
        log_dir: where each child's output goes; made if missing.
        on_started: told name and process id at every start and restart, on the supervisor's thread.
    """

    def __init__(self, log_dir: Path, on_started: Callable[[str, int], None] | None = None) -> None:
        self._log_dir = log_dir
        self._on_started = on_started
        self._kept: list[_Kept] = []
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._all_ready = threading.Event()
        self._failure: BaseException | None = None

    def add(self, child: Child) -> None:
        """Keep this child too; before ``start`` only, since the order of starting is the order of adding."""
        if self._thread is not None:
            raise RuntimeError("children are added before the start")
        self._kept.append(_Kept(child))

    def start(self) -> None:
        """Start every child, in order, and come back when all are ready.

        Raises:
            XuqiaoError: ``setup.child_not_ready``, when one is not ready in time; all are stopped again.
        """
        self._thread = threading.Thread(target=self._keep, name="supervisor", daemon=True)
        self._thread.start()
        try:
            self._all_ready.wait()
        except BaseException:  # an impatient Ctrl-C: leave no child behind
            self.stop()
            raise
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def stop(self) -> None:
        """End every child in reverse order, killing those that linger; harmless when repeated."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def run_until_signal(self) -> None:
        """Start if not started, wait for SIGINT or SIGTERM, stop; a second signal kills at once. Main thread only."""

        def on_signal(_number: int, _frame: object) -> None:
            (self._hurry if self._stopping.is_set() else self._stopping).set()

        before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            if self._thread is None:
                self.start()
            while self._thread is not None and self._thread.is_alive():
                self._thread.join(timeout=1.0)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def pids(self) -> dict[str, int]:
        """Process ids of the children that run now."""
        return {kept.child.name: kept.process.pid for kept in self._kept if kept.process is not None}

    def _keep(self) -> None:
        try:
            for kept in self._kept:
                if not self._stopping.is_set():
                    self._spawn(kept)
                    self._await_ready(kept)
            self._all_ready.set()
            while not self._stopping.wait(TICK_SECONDS):
                self._revive()
        except BaseException as failure:
            log.debug("the supervisor gives up and ends its children", exc_info=True)
            self._failure = failure
        finally:
            for kept in reversed(self._kept):
                self._end(kept)
            self._all_ready.set()

    def _await_ready(self, kept: _Kept) -> None:
        child, until = kept.child, time.monotonic() + kept.child.ready_within
        while child.ready is not None and not child.ready() and not self._stopping.wait(TICK_SECONDS):
            self._revive()
            if time.monotonic() > until:
                path = self._log_path(child)
                raise XuqiaoError("setup.child_not_ready", name=child.name, seconds=child.ready_within, log=path)

    def _revive(self) -> None:
        for kept in self._kept:
            code = kept.fallen()
            if code is not None:
                log.warning("%s ended with code %s and is started again", kept.child.name, code)
            if kept.process is None and kept.restart_at and time.monotonic() >= kept.restart_at:
                try:
                    self._spawn(kept)
                except OSError as error:  # out of memory or processes for a moment: try again, as for one that fell
                    log.error("%s could not be started: %s", kept.child.name, error)
                    kept.restart_at = time.monotonic() + kept.pause

    def _spawn(self, kept: _Kept) -> None:
        child = kept.child
        prefix = [sys.executable, "-I", "-S", str(_DIE_WITH_PARENT), str(os.getpid()), str(int(child.stop_signal))]
        with self._log_path(child).open("ab") as output:
            kept.process = subprocess.Popen(
                [*prefix, child.user or "-", *child.argv],
                env=child.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        kept.started_at = time.monotonic()
        if self._on_started:
            self._on_started(child.name, kept.process.pid)

    def _log_path(self, child: Child) -> Path:
        self._log_dir.mkdir(parents=True, exist_ok=True)
        path = self._log_dir / f"{child.name}.log"
        if path.exists() and path.stat().st_size > LOG_BYTES_KEPT:
            path.replace(path.with_suffix(".log.1"))
        return path

    def _end(self, kept: _Kept) -> None:
        process = kept.process
        if process is None:
            return
        process.send_signal(kept.child.stop_signal)
        until = time.monotonic() + kept.child.stop_within
        while process.poll() is None:
            if time.monotonic() > until or self._hurry.is_set():
                log.warning("%s did not end when asked and is killed", kept.child.name)
                process.kill()
                process.wait()
            else:
                time.sleep(TICK_SECONDS / 2)
        kept.process = None
