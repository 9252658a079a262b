"""Presses in processes of their own, with hangs and deaths."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import active_children
from pathlib import Path

import pytest

from activities.papers.press import Paper, Press
from activities.papers.press.pool import PressPool
from activities.papers.press.sample import SAMPLE
from rulebook.errors import XuqiaoError
from rulebook.papers.facts import PaperData
from rulebook.papers.kinds import DocumentKind

KIND = DocumentKind.SETTLEMENT_CERTIFICATE
HANGS, TAKES_A_WHILE = DocumentKind.REFUSAL_NOTICE, DocumentKind.TRANSFER_INSTRUCTION
LIMIT = 6.0


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office with one template that never ends and one that takes seconds."""
    folder = tmp_path_factory.mktemp("office")
    for kind, rounds in ((HANGS, 10**12), (TAKES_A_WHILE, 10**7)):
        counts = "{% for _ in range(" + str(rounds) + ") %}{% endfor %}"
        (folder / f"{kind.value}.zh.html").write_text(
            "{% extends '_sheet.html' %}{% block paper %}" + counts + "<p>{{ d.borrower_name }}</p>{% endblock %}"
        )
    return folder


@pytest.fixture(scope="module")
def pool(office: Path) -> Iterator[PressPool]:
    with PressPool(workers=2, office_dir=office, seconds=LIMIT) as pool:
        yield pool


def presses() -> list[int]:
    return sorted(child.pid for child in active_children() if child.name == "press" and child.pid)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kill_while_drawing(but: Collection[int] = (), after: float = 0.2) -> None:
    """Kill -9 the next press that uses the processor for some seconds."""
    used: dict[int, float] = {}
    while True:
        time.sleep(0.02)
        for pid in set(presses()) - set(but):
            with suppress(FileNotFoundError):  # it has just been replaced
                if cpu_seconds(pid) > used.setdefault(pid, cpu_seconds(pid)) + after:
                    os.kill(pid, signal.SIGKILL)
                    return


def test_a_pool_draws_what_a_press_draws_and_several_at_once(pool: PressPool, office: Path) -> None:
    alone = Press(office).render(KIND, SAMPLE)
    with ThreadPoolExecutor(4) as callers:
        asked: list[Future[Paper]] = [callers.submit(pool.render, KIND, SAMPLE) for _ in range(6)]
        assert all(paper.result() == alone for paper in asked)
    assert pool.render(KIND, SAMPLE, "en", draft=True).draft


def test_what_is_refused_comes_back_as_itself_and_the_press_goes_on(pool: PressPool) -> None:
    before = presses()
    for _ in range(3):
        with pytest.raises(XuqiaoError) as refused:
            pool.render(KIND, PaperData.model_validate(SAMPLE.model_dump() | {"borrower_name": "笑脸😀公司"}))
        assert refused.value.code == "papers.missing_glyph"
        assert refused.value.params["codepoint"] == "U+1F600"
    assert presses() == before


def test_a_paper_that_hangs_is_refused_and_its_press_replaced(pool: PressPool) -> None:
    before = presses()
    begun = time.monotonic()
    with pytest.raises(XuqiaoError) as refused:
        pool.render(HANGS, SAMPLE)
    assert refused.value.code == "papers.too_slow"
    assert refused.value.params == {"document": SAMPLE.document_no, "seconds": str(LIMIT)}
    assert LIMIT <= time.monotonic() - begun < LIMIT + 2
    after = presses()
    assert len(after) == 2
    assert len(set(before) & set(after)) == 1
    assert all(pool.render(KIND, SAMPLE).pages == 1 for _ in range(2))


def test_a_press_that_dies_in_the_middle_is_replaced_and_the_paper_still_made(pool: PressPool) -> None:
    for _ in range(2):
        pool.render(KIND, SAMPLE)  # both warm
    killer = threading.Thread(target=kill_while_drawing)
    before = presses()
    killer.start()
    paper = pool.render(TAKES_A_WHILE, SAMPLE)
    killer.join()
    assert paper.pages == 1
    assert len(set(before) & set(presses())) == 1


def test_a_paper_whose_press_dies_twice_is_refused(office: Path) -> None:
    others = presses()
    with PressPool(office_dir=office, seconds=60) as pool, ThreadPoolExecutor(1) as caller:
        asked = caller.submit(pool.render, HANGS, SAMPLE)
        kill_while_drawing(others)
        kill_while_drawing(others, after=4)  # to get warm takes it less
        with pytest.raises(XuqiaoError) as refused:
            asked.result()
        assert refused.value.code == "papers.press_broken"


def test_a_closed_pool_takes_nothing_and_leaves_no_process(office: Path) -> None:
    before = presses()
    pool = PressPool(office_dir=office)
    assert len(presses()) == len(before) + 1
    pool.close()
    assert presses() == before
    with pytest.raises(XuqiaoError) as refused:
        pool.render(KIND, SAMPLE)
    assert refused.value.code == "papers.press_closed"
    assert presses() == before


def test_a_pool_that_cannot_begin_says_why(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("三方协议")
    before = presses()
    with pytest.raises(XuqiaoError) as refused:
        PressPool(office_dir=tmp_path)
    assert refused.value.code == "papers.office_file"
    assert refused.value.params["file"] == "names.txt"
    assert presses() == before


def test_whoever_is_killed_with_its_presses_leaves_no_folder_behind(tmp_path: Path) -> None:
    begins = (
        "import time\nfrom activities.papers.press.pool import PressPool\n"
        "if __name__ == '__main__':\n    pool = PressPool(workers=2)\n"
        "    print('warm', flush=True)\n    time.sleep(600)\n"
    )
    (tmp_path / "begins.py").write_text(begins)
    folder = tmp_path / "scratch"
    folder.mkdir()
    surroundings = os.environ | {"TMPDIR": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, tmp_path / "begins.py"], env=surroundings, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "warm\n"
    assert len(list(folder.glob("xuqiao-press-*"))) == 2
    process.kill()
    process.communicate()
    patience = time.monotonic() + 20
    while list(folder.iterdir()) and time.monotonic() < patience:
        time.sleep(0.1)
    assert list(folder.iterdir()) == []
