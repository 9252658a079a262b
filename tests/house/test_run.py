"""The set-up script: quiet when there is nothing to do, exact about what is missing."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """The script with what it reads, in a folder whose name has blanks and Chinese in it."""
    copy = tmp_path / "a house 续桥"
    copy.mkdir()
    for name in ("run", "pyproject.toml", "requirements-dev.lock"):
        shutil.copy(TOP / name, copy / name)
    return copy


def script(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def run(
    house: Path,
    *arguments: str,
    tools: Path | None = None,
    lang: str = "en",
    system: str = "/usr/bin:/bin",
    **more: str,
) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([*([str(tools)] if tools else []), system])
    return subprocess.run(
        [house / "run", *arguments],
        cwd="/",
        env={"PATH": path, "XUQIAO_LANG": lang, "HOME": str(house), **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def set_up(house: Path) -> None:
    """As the script leaves a folder that it has set up, with a command that tells what it was given."""
    script(house / ".venv/bin/python", "exit 9")
    script(house / ".venv/bin/xuqiao", 'for given in "$@"; do echo "<$given>"; done; pwd')
    content = (house / "requirements-dev.lock").read_bytes() + (house / "pyproject.toml").read_bytes()
    (house / ".venv/.xuqiao-set-up").write_text(f"{house}\n{hashlib.sha256(content).hexdigest()}  -\n")


def test_once_set_up_it_hands_over_at_once_with_everything_it_was_given(house: Path) -> None:
    set_up(house)
    done = run(house, "case", "list", "--firm", "a b", "")
    assert done.stdout.splitlines() == ["<case>", "<list>", "<--firm>", "<a b>", "<>", "/"]
    assert (done.returncode, done.stderr) == (0, "")
    assert run(house, "doctor", "--json").stdout.splitlines()[:2] == ["<doctor>", "<--json>"]


def test_what_it_starts_keeps_its_bytecode_even_where_the_machine_forbids_it(house: Path) -> None:
    set_up(house)
    script(house / ".venv/bin/xuqiao", 'echo "${PYTHONDONTWRITEBYTECODE-kept}"')
    assert run(house, "words", "1", PYTHONDONTWRITEBYTECODE="1").stdout == "kept\n"


@pytest.mark.parametrize("changed", ["requirements-dev.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_is_set_up_again(house: Path, tmp_path: Path, changed: str) -> None:
    set_up(house)
    with (house / changed).open("a") as out:
        out.write("# changed\n")
    script(tmp_path / "tools/python3", "exit 1")  # it gets no further than asking for Python
    done = run(house, "demo", tools=tmp_path / "tools")
    assert done.returncode == 3
    assert not done.stdout


def test_without_python_it_says_what_to_type_and_stops_with_3(house: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    script(tools / "python3", "exit 1")
    script(tools / "id", "echo 1000")
    script(tools / "sudo", "exit 1")
    done = run(house, "demo", tools=tools)
    assert done.returncode == 3
    assert "sudo apt-get install -y --no-install-recommends python3 python3-venv" in done.stderr
    assert "Python 3.11" in run(house, "demo", tools=tools, lang="zh").stderr
    assert not (house / ".venv").exists()


def test_without_a_library_it_says_what_to_type_and_stops_with_3(house: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    script(tools / "python3", 'case "$*" in *CDLL*harfbuzz-subset*) exit 1;; esac; exit 0')
    script(tools / "id", "echo 1000")
    script(tools / "sudo", "exit 1")
    done = run(house, "serve", tools=tools)
    assert done.returncode == 3
    assert done.stderr.strip().endswith("sudo apt-get install -y --no-install-recommends libharfbuzz-subset0")


def test_where_there_is_no_sudo_the_line_does_without_it(house: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    script(tools / "python3", 'case "$*" in *CDLL*harfbuzz-subset*) exit 1;; esac; exit 0')
    script(tools / "id", "echo 1000")
    for name in ("sh", "dirname", "readlink", "cat", "sha256sum", "flock"):
        found = shutil.which(name)
        assert found is not None, name
        (tools / name).symlink_to(found)
    done = run(house, "serve", tools=tools, system=str(tools))
    assert done.returncode == 3
    line = "su - root -c 'apt-get install -y --no-install-recommends libharfbuzz-subset0'"
    assert done.stderr.strip().endswith(line)


@pytest.mark.parametrize("works", [True, False])
def test_root_gets_the_libraries_and_reads_apt_only_when_it_fails(house: Path, tmp_path: Path, works: bool) -> None:
    tools, there = tmp_path / "tools", tmp_path / "there"
    # Python knows the libraries once they are there, and fails when it is to make the environment.
    script(tools / "python3", f'case "$*" in *CDLL*) [ -e "{there}" ];; *"-m venv"*) exit 1;; esac')
    script(tools / "id", "echo 0")
    script(tools / "apt-get", f'echo "apt-get $*"; echo "E: no route" >&2; {"touch" if works else "false"} "{there}"')
    done = run(house, "serve", tools=tools)
    assert ("E: no route" in done.stderr) is not works
    assert ("Installing the locked dependencies" in done.stderr) is works
    if not works:
        assert done.returncode == 3
        assert "Run: apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0" in done.stderr


def test_the_doctor_works_before_set_up_and_names_every_missing_thing(house: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    script(tools / "python3", "exit 1")
    script(tools / "id", "echo 0")
    done = run(house, "doctor", tools=tools)
    assert done.returncode == 3, "as after the set-up"
    bad = [line for line in done.stdout.splitlines() if line.startswith("✗")]
    for cure in ("python3-venv", "libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "./run"):
        assert any(cure in line.partition("Cure:")[2] for line in bad), cure
    assert "处理：apt-get install" in run(house, "doctor", tools=tools, lang="zh").stdout
    assert not (house / ".venv").exists(), "looking changes nothing"


# Checks and tests ----------------------------------------------------------------------------------------------------


def with_tools(house: Path, *failing: str) -> None:
    """A folder that is set up, with programs that only tell what they were given."""
    set_up(house)
    for name in ("mypy", "ruff", "lint-imports", "pytest", "coverage"):
        script(house / ".venv/bin" / name, f'echo "{name} $*" | tee -a "{house}/called"; exit {int(name in failing)}')


def called(house: Path) -> list[str]:
    return (house / "called").read_text().splitlines()


def test_all_tests_run_beside_the_static_checks(house: Path) -> None:
    with_tools(house)
    done = run(house, "test")
    assert done.returncode == 0
    programs = {line.split()[0] for line in called(house)}
    assert programs == {"mypy", "ruff", "lint-imports", "pytest"}
    chosen = {line.partition(" -m ")[2] for line in called(house) if line.startswith("pytest")}
    assert chosen == {"servers or walk", "not servers and not walk"}, "every test is in one of the two"
    assert re.search(r"^took \d+ s$", done.stderr, re.MULTILINE)


def test_a_part_of_the_tests_runs_alone(house: Path) -> None:
    with_tools(house, "mypy")
    done = run(house, "test", "tests/words", "-k", "a b", lang="zh")
    assert done.returncode == 0
    (line,) = called(house)
    assert line.startswith("pytest ")
    assert line.endswith("tests/words -k a b")
    assert re.search(r"^用时 \d+ 秒$", done.stderr, re.MULTILINE)


def test_quick_checks_everything_and_leaves_servers_alone(house: Path) -> None:
    with_tools(house)
    assert run(house, "quick").returncode == 0
    assert {line.split()[0] for line in called(house)} == {"mypy", "ruff", "lint-imports", "pytest"}
    (tests,) = (line for line in called(house) if line.startswith("pytest"))
    assert "not servers" in tests


def test_the_checks_alone_run_no_test(house: Path) -> None:
    with_tools(house)
    assert run(house, "checks").returncode == 0
    assert {line.split()[0] for line in called(house)} == {"mypy", "ruff", "lint-imports"}


@pytest.mark.parametrize("failing", ["mypy", "ruff", "lint-imports", "pytest"])
def test_whatever_fails_fails_the_run_and_is_shown(house: Path, failing: str) -> None:
    with_tools(house, failing)
    done = run(house, "test")
    assert done.returncode == 1
    assert failing in done.stdout + done.stderr
    assert {line.split()[0] for line in called(house)} == {"mypy", "ruff", "lint-imports", "pytest"}, "all are told of"
