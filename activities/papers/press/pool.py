"""Warm presses in processes of their own: a paper that hangs or breaks its press takes nobody else along.

Each process imports WeasyPrint and reads fonts and templates once. A paper that takes longer than its limit is refused
and its process killed; a process that dies is replaced and its paper tried once more.
"""

import multiprocessing
import pickle
import queue
import shutil
import signal
import tempfile
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from traceback import format_exc
from typing import Literal, NamedTuple, Self

from activities.papers.press.office import Office
from activities.papers.press.press import Paper, Press
from rulebook.errors import XuqiaoError
from rulebook.papers.facts import PaperData
from rulebook.papers.kinds import DocumentKind

_START_SECONDS = 90.0
_ATTEMPTS = 2
_SPAWN = multiprocessing.get_context("spawn")


class _Job(NamedTuple):
    kind: DocumentKind
    data: PaperData
    lang: Literal["zh", "en"]
    draft: bool
    templates: Office | None


class _Died(Exception):
    """The process ended before it answered."""


class PressPool:
    """Several presses that draw at the same time; used like one ``Press``, from as many threads as one likes.

    Args:
        workers: how many processes, each some 200 MB; no more than the machine has cores.
        office_dir: as for ``Press``; ``check_url`` too.
        seconds: the longest that one paper may take.
    Raises:
        XuqiaoError: what ``Press`` refuses to start with; ``papers.press_broken``.
    """

    def __init__(
        self,
        workers: int = 1,
        office_dir: Path | None = None,
        check_url: str | None = None,
        seconds: float = 30.0,
    ) -> None:
        self._seconds = seconds
        self._workers = [_Worker(office_dir, check_url) for _ in range(workers)]
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        try:
            for worker in self._workers:
                worker.start()
            for worker in self._workers:
                worker.warm("")
                self._idle.put(worker)
        except BaseException:
            self.close()
            raise

    def render(
        self,
        kind: DocumentKind,
        data: PaperData,
        lang: Literal["zh", "en"] = "zh",
        draft: bool = False,
        templates: Office | None = None,
    ) -> Paper:
        """Draw one paper, as ``Press.render``; waits for a press that is free.

        Raises:
            XuqiaoError: as ``Press.render``; ``papers.too_slow``; ``papers.press_broken`` when its process died twice;
                ``papers.press_closed``.
        """
        worker = self._idle.get()
        try:
            for _ in range(_ATTEMPTS):
                with suppress(_Died):
                    return worker.draw(_Job(kind, data, lang, draft, templates), self._seconds)
            raise XuqiaoError("papers.press_broken", document=data.document_no)
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """End all processes; what they are drawing is lost."""
        for worker in self._workers:
            worker.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Worker:
    """One process with a press in it, and the line to it; used by one thread at a time."""

    def __init__(self, *of_press: object) -> None:
        self._of_press = of_press
        self._process: SpawnProcess | None = None
        self._line: Connection | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._warm = False
        self._ended = False

    def start(self) -> None:
        """Begin a process; it needs some seconds until it is warm.

        Raises:
            XuqiaoError: ``papers.press_closed``.
        """
        ours, theirs = _SPAWN.Pipe()
        scratch = tempfile.TemporaryDirectory(prefix="xuqiao-press-")
        args = (theirs, scratch.name, *self._of_press)
        process = _SPAWN.Process(target=_work, args=args, name="press", daemon=True)
        process.start()
        theirs.close()
        self._process, self._line, self._scratch, self._warm = process, ours, scratch, False
        if self._ended:
            self.stop()
            raise XuqiaoError("papers.press_closed")

    def warm(self, document: str) -> Connection:
        """The line to a process that is ready to draw; begins one where there is none."""
        if self._process is None or not self._process.is_alive():
            self.stop()
            self.start()
        assert self._line is not None
        if not self._warm:
            try:
                if not self._line.poll(_START_SECONDS):
                    raise _Died
                refused = self._line.recv()
            except (EOFError, OSError, _Died):
                self.stop()
                raise XuqiaoError("papers.press_broken", document=document) from None
            if refused is not None:
                self.stop()
                raise refused
            self._warm = True
        return self._line

    def draw(self, job: _Job, seconds: float) -> Paper:
        """Have one paper drawn.

        Raises:
            _Died: the process ended without an answer; another has been started.
            XuqiaoError: ``papers.too_slow``; another process has been started.
        """
        line = self.warm(job.data.document_no)
        try:
            line.send(job)
            answer = line.recv() if line.poll(seconds) else None
        except (EOFError, OSError):
            self._replace()
            raise _Died from None
        if answer is None:
            self._replace()
            raise XuqiaoError("papers.too_slow", document=job.data.document_no, seconds=seconds)
        if isinstance(answer, Paper):
            return answer
        raise answer

    def stop(self) -> None:
        """End the process at once."""
        process, line, scratch = self._process, self._line, self._scratch
        self._process = self._line = self._scratch = None
        if process is not None:
            process.kill()  # First this: a thread that waits at the line then wakes up.
            process.join()
        if line is not None:
            line.close()
        if scratch is not None:
            scratch.cleanup()

    def end(self) -> None:
        """End the process for good."""
        self._ended = True
        self.stop()

    def _replace(self) -> None:
        self.stop()
        self.start()


def _work(line: Connection, scratch: str, office_dir: Path | None, check_url: str | None) -> None:
    """What a process does: draw what it is asked for until the line is cut, by whatever end of the other side."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; who began this process ends it.
    tempfile.tempdir = scratch  # who ends it takes away what it leaves there, which it has no time for itself
    try:
        import weasyprint  # noqa: F401  # it costs a second, which no paper should have to wait for

        press = Press(office_dir, check_url)
    except Exception as refused:
        line.send(_portable(refused))
        return
    with suppress(EOFError, OSError):
        line.send(None)
        while True:
            job: _Job = line.recv()
            try:
                answer: Paper | Exception = press.render(*job)
            except Exception as refused:
                answer = _portable(refused)
            line.send(answer)
    shutil.rmtree(scratch, ignore_errors=True)  # the line is cut: who began this process was killed, and cannot do it


def _portable(refused: Exception) -> Exception:
    """The exception itself where it can travel between processes, otherwise its words."""
    try:
        pickle.loads(pickle.dumps(refused))
    except Exception:
        return RuntimeError(format_exc())
    return refused
