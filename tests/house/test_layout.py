"""The house's own rules, which no linter knows, read from the source: who imports whom, who reads the environment."""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.source_code import PACKAGES, TOP, each_node, files


def imported(*folders: str) -> Iterator[tuple[Path, str]]:
    """Every module that each module of some folders imports."""
    for path, node in each_node(*folders):
        if isinstance(node, ast.Import):
            yield from ((path, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield path, "." * node.level + (node.module or "")


def test_the_rulebook_rests_on_the_standard_library_and_pydantic() -> None:
    allowed = set(sys.stdlib_module_names) | {"pydantic", "pydantic_core", "rulebook"}
    strangers = [f"{path}: {name}" for path, name in imported("rulebook") if name.partition(".")[0] not in allowed]
    assert strangers == []


def test_nobody_imports_the_worker() -> None:
    folders = (*PACKAGES, "tests", "benchmarks")
    importers = [str(path) for path, name in imported(*folders) if name == "worker"]
    assert importers == []


def test_no_test_rests_on_another_test() -> None:
    """What several tests share stands in a module of its own, which pytest does not take for tests."""
    borrowed = [
        f"{path}: {name}"
        for path, name in imported("tests", "benchmarks")
        if name.rpartition(".")[2].startswith("test_")
    ]
    assert borrowed == []


def test_only_settings_and_command_line_read_the_environment() -> None:
    # The press tells fontconfig where to look for fonts, which listens to nothing else; it reads nothing of ours.
    allowed = ("runtime/settings.py", "runtime/cli/", "activities/papers/press/engine.py")
    readers = [
        f"{path}:{node.lineno}"
        for path, node in each_node(*PACKAGES)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"}
        if not str(path).startswith(allowed)
    ]
    assert readers == []


@pytest.mark.parametrize("folder", PACKAGES)
def test_every_folder_of_modules_is_a_package(folder: str) -> None:
    folders = {path.parent for path in (TOP / folder).rglob("*.py")}
    assert [str(one.relative_to(TOP)) for one in folders if not (one / "__init__.py").exists()] == []


ROOMS = (*PACKAGES, "tests", "benchmarks")


def test_no_room_has_more_modules_than_one_can_look_through() -> None:
    # Migrations are a row in time, not a room: none is ever merged or taken away.
    rooms = Counter(path.parent.relative_to(TOP) for path in files(*ROOMS) if path.parent.name != "versions")
    assert {str(room): count for room, count in rooms.items() if count > 16} == {}


def test_a_function_fits_on_a_screen() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path, node in each_node(*ROOMS)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (node.end_lineno or node.lineno) - node.lineno >= 60
    ]
    assert long == []


def test_a_class_of_the_stories_has_one_base_at_the_most() -> None:
    heirs = [
        f"{path}: {node.name}"
        for path, node in each_node("workflows")
        if isinstance(node, ast.ClassDef) and len(node.bases) > 1
    ]
    assert heirs == []


def test_a_story_is_given_the_type_it_asked_for() -> None:
    """An assertion of a type would say that the inbox hands out anything, and that somebody knew better."""
    doubts = [
        f"{path}:{node.lineno}"
        for path, node in each_node("workflows")
        if isinstance(node, ast.Assert)
        if any(isinstance(each, ast.Name) and each.id == "isinstance" for each in ast.walk(node.test))
    ]
    assert doubts == []
