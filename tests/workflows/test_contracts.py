"""What the stories call is what the workers run: one real activity for each stub, on the queue it is called on."""

import ast
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from pydantic import SecretStr
from temporalio import activity

from activities import contracts
from runtime.settings import DatabaseSettings, Settings, checkout
from runtime.wiring import Services
from workflows.policies import Queue

QUEUES = (Queue.CASES, Queue.MONEY, Queue.PAPERS)
DEFAULT_QUEUE = "CASES"


def name_of(function: Callable[..., Any]) -> str:
    name = activity._Definition.must_from_callable(function).name
    assert name is not None
    return name


STUBS = {
    name_of(stub): stub
    for _, stub in inspect.getmembers(contracts, inspect.isfunction)
    if hasattr(stub, "__temporal_activity_definition")
}


@pytest.fixture(scope="module")
def registered() -> dict[str, list[tuple[str, Callable[..., Any]]]]:
    """The real activities by name, each with the queues it is registered on."""
    nowhere = DatabaseSettings(url=SecretStr("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    services = Services(Settings(database=nowhere))
    found: dict[str, list[tuple[str, Callable[..., Any]]]] = {}
    for queue in QUEUES:
        for real in services.activities_on(queue):
            found.setdefault(name_of(real), []).append((queue, real))
    services.close()
    return found


def test_every_stub_has_one_activity_and_every_activity_its_stub(registered: dict[str, list[Any]]) -> None:
    assert registered.keys() == STUBS.keys()
    assert [name for name, places in registered.items() if len(places) != 1] == []


@pytest.mark.parametrize("name", sorted(STUBS))
def test_an_activity_takes_and_gives_what_its_stub_says(registered: dict[str, list[Any]], name: str) -> None:
    [(_, real)] = registered[name]
    promised, kept = get_type_hints(STUBS[name]), get_type_hints(real)
    assert promised == kept
    assert len(promised) == 2


def calls() -> list[tuple[str, str, str]]:
    """Every ``_commit``, ``_do`` and ``_draw`` of the stories: where, which activity, on which queue."""
    found = []
    for path in sorted(((checkout() or Path.cwd()) / "workflows").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            called = node.args[0]
            if node.func.attr == "_draw" and isinstance(called, ast.Attribute):
                found.append((f"{path.name}:{node.lineno}", called.attr, "PAPERS"))
            elif node.func.attr in ("_commit", "_do") and isinstance(called, ast.Attribute):
                given = [*node.args[3:], *(word.value for word in node.keywords if word.arg == "queue")]
                queue = given[0].attr if given and isinstance(given[0], ast.Attribute) else DEFAULT_QUEUE
                found.append((f"{path.name}:{node.lineno}", called.attr, queue))
    return found


def test_the_stories_call_each_activity_on_the_queue_where_it_is_registered(
    registered: dict[str, list[Any]],
) -> None:
    wrong = [
        (place, name, queue)
        for place, name, queue in calls()
        if [where for where, _ in registered[name]] != [getattr(Queue, queue)]
    ]
    assert wrong == []
    assert {name for _, name, _ in calls()} == STUBS.keys()
