"""``xuqiao demo --stay``: the servers stay up until told to stop, and the demo's folder can be looked into."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime.devstack import addresses_of
from runtime.devstack.stack import DevStack

READY_WITHIN = 60.0
_WITHOUT_WEEKS = """
import sys
from unittest.mock import patch
from models.funds.artificial_time import play_day
from runtime.cli import main
from runtime.demo import report, weeks
from runtime.seed import open_fund
from runtime.settings import checkout
from activities.law.calendars import shanghai_today

async def play(services, console, as_json):
    with services.sessions.begin() as session:
        open_fund(session, checkout() / "examples" / "fund.toml", shanghai_today())
    return report.DemoReport(funds=(), faults=(), papers="", paper_count=0)

with patch.object(weeks, "_play", play):
    sys.exit(main(["demo", "--stay"]))
"""
"""The demo but for its weeks, which have tests of their own."""


@pytest.fixture
def own_stack(tmp_path: Path) -> Path:
    """Asked for by a test that starts servers of its own."""
    return tmp_path


@pytest.mark.timeout(120)
def test_56_the_demo_stays_until_ctrl_c_and_can_be_looked_into(own_stack: Path) -> None:
    folder = own_stack / "var"
    env = {**os.environ, "XUQIAO_VAR": str(folder), "XUQIAO_LANG": "en", "COLUMNS": "200"}
    demo = subprocess.Popen([sys.executable, "-c", _WITHOUT_WEEKS], env=env, stderr=subprocess.PIPE, text=True)
    try:
        assert demo.stderr is not None
        told = next(line for line in demo.stderr if line.startswith("The servers stay up"))
        stack = addresses_of(folder / "demo")
        assert stack is not None
        assert stack.ui_url in told
        assert f"XUQIAO_VAR={folder / 'demo'} " in told
        time.sleep(1.0)
        assert demo.poll() is None, "it waits"
        looking = {**env, "XUQIAO_VAR": str(folder / "demo")}
        xuqiao = str(Path(sys.executable).with_name("xuqiao"))
        listed = subprocess.run([xuqiao, "pool"], env=looking, capture_output=True, text=True, check=False)
        assert listed.returncode == 0, listed.stderr
        assert "20,000,000.00" in listed.stdout
        demo.send_signal(signal.SIGINT)
        assert demo.wait(timeout=READY_WITHIN) == 0
        assert addresses_of(folder / "demo") is None
    finally:
        demo.kill()
        demo.communicate()
        DevStack(folder / "demo").remove()
