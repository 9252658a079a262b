"""The house's own rules, which no linter knows, read from the source: who imports whom, who reads the environment."""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
PACKAGES = ("rulebook", "models", "gateways", "activities", "workflows", "portal", "templates", "runtime")


def sources(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for path in sorted((TOP / folder).rglob("*.py")):
            yield path.relative_to(TOP), parsed(path)


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file, made once for all rules."""
    return ast.parse(path.read_text())


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def test_the_rulebook_rests_on_the_standard_library_and_pydantic() -> None:
    allowed = set(sys.stdlib_module_names) | {"pydantic", "pydantic_core", "rulebook"}
    strangers = [
        f"{path}: {name}"
        for path, tree in sources("rulebook")
        for name in imports(tree)
        if name.partition(".")[0] not in allowed
    ]
    assert strangers == []


def test_nobody_imports_the_worker() -> None:
    folders = (*PACKAGES, "tests", "benchmarks")
    importers = [str(path) for path, tree in sources(*folders) if "worker" in imports(tree)]
    assert importers == []


def test_no_test_rests_on_another_test() -> None:
    """What several tests share stands in a module of its own, which pytest does not take for tests."""
    borrowed = [
        f"{path}: {name}"
        for path, tree in sources("tests", "benchmarks")
        for name in imports(tree)
        if name.rpartition(".")[2].startswith("test_")
    ]
    assert borrowed == []


def test_only_settings_and_command_line_read_the_environment() -> None:
    # The press tells fontconfig where to look for fonts, which listens to nothing else; it reads nothing of ours.
    allowed = ("runtime/settings.py", "runtime/cli/", "activities/papers/press/engine.py")
    readers = [
        f"{path}:{node.lineno}"
        for path, tree in sources(*PACKAGES)
        for node in ast.walk(tree)
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
    # Migrations are a row in time, one after the other, and nobody looks through them.
    rooms = Counter(path.parent for path, _ in sources(*ROOMS) if path.parent.name != "versions")
    assert {str(room): count for room, count in rooms.items() if count > 16} == {}


def test_a_function_fits_on_a_screen() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in sources(*ROOMS)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (node.end_lineno or node.lineno) - node.lineno >= 60
    ]
    assert long == []


def test_a_class_of_the_stories_has_one_base_at_the_most() -> None:
    heirs = [
        f"{path}: {node.name}"
        for path, tree in sources("workflows")
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and len(node.bases) > 1
    ]
    assert heirs == []


def test_a_story_is_given_the_type_it_asked_for() -> None:
    """An assertion of a type would say that the inbox hands out anything, and that somebody knew better."""
    doubts = [
        f"{path}:{node.lineno}"
        for path, tree in sources("workflows")
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
        if any(isinstance(each, ast.Name) and each.id == "isinstance" for each in ast.walk(node.test))
    ]
    assert doubts == []
