"""The locks fit pyproject.toml, name no registry, and production carries no test tool and no embedded server."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TOP = Path(__file__).parents[2]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text())
DIRECT = "xuqiao (pyproject.toml"


@dataclass
class Pin:
    """One line of a lock: a version, its hashes, and who asked for it."""

    version: str
    hashes: int = 0
    asked_by: list[str] = field(default_factory=list)


def read_lock(name: str) -> dict[str, Pin]:
    pins: dict[str, Pin] = {}
    for line in (TOP / name).read_text().splitlines():
        start = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*])?==([^\s;\\]+)", line)
        if start:
            pins[canonicalize_name(start[1])] = pin = Pin(start[2])
        elif "--hash=" in line:
            pin.hashes += 1
        elif re.match(r" +# ", line):
            pin.asked_by.append(line.split("#", 1)[1].strip().removeprefix("via").strip())
    return pins


def required(*lists: list[str]) -> dict[str, Requirement]:
    wanted = [Requirement(text) for requirements in lists for text in requirements]
    return {canonicalize_name(one.name): one for one in wanted}


PRODUCTION = required(PROJECT["project"]["dependencies"])
EXTRA = required(PROJECT["project"]["optional-dependencies"]["embedded"])
GROUP = required(PROJECT["dependency-groups"]["dev"])


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [("requirements.lock", PRODUCTION), ("requirements-dev.lock", PRODUCTION | EXTRA | GROUP)],
)
def test_every_requirement_is_pinned_as_it_asks(lock: str, wanted: dict[str, Requirement]) -> None:
    pins = read_lock(lock)
    unfit = [str(one) for name, one in wanted.items() if name not in pins or pins[name].version not in one.specifier]
    assert not unfit, f"compile {lock} again: its first lines say how"
    direct = {name for name, pin in pins.items() if any(asker.startswith(DIRECT) for asker in pin.asked_by)}
    assert direct == wanted.keys()


def test_every_pin_has_hashes_and_both_locks_agree() -> None:
    production, everything = read_lock("requirements.lock"), read_lock("requirements-dev.lock")
    assert [name for name, pin in everything.items() if not pin.hashes] == []
    assert {name: pin.version for name, pin in production.items()} == {
        name: everything[name].version for name in production
    }


def test_production_carries_neither_servers_nor_test_tools() -> None:
    assert not read_lock("requirements.lock").keys() & ((EXTRA | GROUP).keys() - PRODUCTION.keys())


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_no_lock_names_a_host(lock: str) -> None:
    assert not re.search(r"https?:|(?<!no-emit-)index-url|file:|git\+", (TOP / lock).read_text())
