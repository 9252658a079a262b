"""Every benchmark still runs, and its figures are those that its first lines name."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SECONDS = 180
"""Far more than a smoke run takes while all else runs on the same cores; alone it takes ten or less."""


def promised(script: Path) -> set[str]:
    """The keys of the JSON object that the description of a benchmark names; none for a part of one."""
    objects = re.findall(r"``(\{.+?\})``", script.read_text(encoding="utf-8"), re.DOTALL)
    return {name for described in objects for name in re.findall(r'"(\w+)"', described)}


def keys_of(figures: dict[str, object]) -> Iterator[str]:
    """The keys of a result and of the results within it."""
    for name, figure in figures.items():
        yield name
        if isinstance(figure, dict):
            yield from keys_of(figure)


@pytest.mark.parametrize(
    "script", [path for path in sorted(BENCHMARKS.glob("*.py")) if promised(path)], ids=lambda path: path.stem
)
def test_a_smoke_run_gives_every_figure_that_is_promised(script: Path) -> None:
    command = [sys.executable, str(script), "--smoke"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert promised(script) <= set(keys_of(figures))
    assert set(figures) <= promised(script)
