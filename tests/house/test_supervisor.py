"""Children are started in order, brought back when they fall, and leave nobody behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rulebook.errors import XuqiaoError
from runtime.devstack.state import started_at
from runtime.supervisor import Child, Supervisor

TOP = Path(__file__).parents[2]
SLEEP = ["/bin/sleep", "600"]


def eventually(truth: Callable[[], bool], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while not truth():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def gone(pid: int) -> Callable[[], bool]:
    return lambda: started_at(pid) is None


def test_a_fallen_child_comes_back_and_a_stopped_one_does_not(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    supervisor.add(Child("sleeper", SLEEP))
    supervisor.start()
    first = supervisor.pids()["sleeper"]
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: supervisor.pids().get("sleeper", first) != first)
    second = supervisor.pids()["sleeper"]
    supervisor.stop()
    supervisor.stop()
    assert started_at(second) is None
    assert supervisor.pids() == {}


def test_the_next_child_waits_until_the_one_before_is_ready(tmp_path: Path) -> None:
    mark = tmp_path / "ready"
    order: list[str] = []

    def ready() -> bool:
        order.append("asked")
        return mark.exists()

    supervisor = Supervisor(tmp_path, on_started=lambda name, _pid: order.append(name))
    supervisor.add(Child("first", ["/bin/sh", "-c", f"sleep 0.3; touch '{mark}'; exec sleep 600"], ready=ready))
    supervisor.add(Child("second", SLEEP))
    supervisor.start()
    supervisor.stop()
    assert (order[0], order[-2], order[-1]) == ("first", "asked", "second")
    assert order.count("asked") > 2


def test_they_are_stopped_in_reverse_order(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    script = "trap 'echo {0} >> \"{1}\"; exit 0' TERM; touch '{2}'; while :; do sleep 0.05; done"
    supervisor = Supervisor(tmp_path)
    for name in ("a", "b", "c"):
        up = tmp_path / f"{name}.up"
        supervisor.add(Child(name, ["/bin/sh", "-c", script.format(name, notes, up)], ready=up.exists))
    supervisor.start()
    supervisor.stop()
    assert notes.read_text().split() == ["c", "b", "a"]


def test_one_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    up = tmp_path / "up"
    deaf = ["/bin/sh", "-c", f"trap '' TERM; touch '{up}'; while :; do sleep 0.05; done"]
    supervisor = Supervisor(tmp_path)
    supervisor.add(Child("deaf", deaf, ready=up.exists, stop_within=0.3))
    supervisor.start()
    pid = supervisor.pids()["deaf"]
    before = time.monotonic()
    supervisor.stop()
    assert started_at(pid) is None
    assert time.monotonic() - before < 3


def test_one_that_never_gets_ready_is_named_and_all_are_ended(tmp_path: Path) -> None:
    started: list[int] = []
    supervisor = Supervisor(tmp_path, on_started=lambda _name, pid: started.append(pid))
    supervisor.add(Child("fine", SLEEP))
    supervisor.add(Child("broken", ["/bin/sh", "-c", "echo no luck; exit 4"], ready=lambda: False, ready_within=0.6))
    with pytest.raises(XuqiaoError) as refused:
        supervisor.start()
    assert refused.value.code == "setup.child_not_ready"
    assert refused.value.params["name"] == "broken"
    assert "no luck" in (tmp_path / "broken.log").read_text()
    assert all(started_at(pid) is None for pid in started)
    # It fell at once each time, so the pauses grew: 0.1, 0.2, 0.4 s … and not a start every tick.
    assert 3 <= len(started) <= 6


KEEPER = """
import sys
from pathlib import Path
from runtime.supervisor import Child, Supervisor

supervisor = Supervisor(Path(sys.argv[1]), on_started=lambda name, pid: print(pid, flush=True))
for name in ("one", "two"):
    supervisor.add(Child(name, ["/bin/sleep", "600"]))
supervisor.run_until_signal()
print("ended well", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whatever_ends_the_parent_no_orphan_stays(tmp_path: Path, number: signal.Signals) -> None:
    parent = subprocess.Popen([sys.executable, "-c", KEEPER, tmp_path], cwd=TOP, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    children = [int(parent.stdout.readline()) for _ in range(2)]
    assert all(started_at(pid) for pid in children)
    time.sleep(0.2)  # both have become what they are, not only their launcher
    parent.send_signal(number)
    rest, _ = parent.communicate(timeout=10)
    assert all(eventually(gone(pid)) for pid in children)
    if number is not signal.SIGKILL:
        assert (parent.returncode, rest.strip()) == (0, "ended well")
