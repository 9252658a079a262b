"""The source as syntax trees, each made and walked once for all tests that read it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TOP = Path(__file__).parents[1]
PACKAGES = ("rulebook", "models", "gateways", "activities", "workflows", "portal", "templates", "runtime")


def files(*folders: str) -> list[Path]:
    """The modules of some folders of the house, in order."""
    return [path for folder in folders for path in sorted((TOP / folder).rglob("*.py"))]


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a module's syntax tree."""
    return tuple(ast.walk(parsed(path)))


def each_node(*folders: str) -> Iterator[tuple[Path, ast.AST]]:
    """Every node of every module of some folders, with the module's place in the house."""
    for path in files(*folders):
        place = path.relative_to(TOP)
        for node in nodes(path):
            yield place, node
