"""What the stories call is what the workers run: one real activity for each contract, on the queue it names."""

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import pytest
from pydantic import SecretStr
from temporalio import activity

from activities import contracts
from activities.contracts import Contract, Queue
from runtime.settings import DatabaseSettings, Settings, checkout
from runtime.wiring import Services

CONTRACTS: dict[str, Contract[Any, Any]] = {
    contract.name: contract for _, contract in inspect.getmembers(contracts, lambda each: isinstance(each, Contract))
}


def name_of(function: Callable[..., object]) -> str:
    name = activity._Definition.must_from_callable(function).name
    assert name is not None
    return name


@pytest.fixture(scope="module")
def registered() -> dict[str, list[tuple[Queue, Callable[..., object]]]]:
    """The real activities by name, each with the queues it is registered on."""
    nowhere = DatabaseSettings(url=SecretStr("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    services = Services(Settings(database=nowhere))
    found: dict[str, list[tuple[Queue, Callable[..., object]]]] = {}
    for queue in Queue:
        for real in services.activities_on(queue):
            found.setdefault(name_of(real), []).append((queue, real))
    services.close()
    return found


def test_every_contract_has_one_activity_on_its_queue_and_every_activity_its_contract(
    registered: dict[str, list[tuple[Queue, Callable[..., object]]]],
) -> None:
    assert {name: [queue for queue, _ in places] for name, places in registered.items()} == {
        name: [contract.queue] for name, contract in CONTRACTS.items()
    }


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_an_activity_takes_and_gives_what_its_contract_says(
    registered: dict[str, list[tuple[Queue, Callable[..., object]]]], name: str
) -> None:
    [(_, real)] = registered[name]
    promised, kept = get_type_hints(CONTRACTS[name].stub), get_type_hints(real)
    assert promised == kept
    assert len(promised) == 2


def test_the_stories_call_every_contract() -> None:
    top = checkout()
    assert top is not None
    stories = "".join(path.read_text(encoding="utf-8") for path in (top / "workflows").rglob("*.py"))
    assert [name for name in CONTRACTS if f"contracts.{name}" not in stories] == []
