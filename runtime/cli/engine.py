"""How a command speaks to the workflow engine."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from temporalio.client import Client

from runtime.cli.office import Office
from runtime.temporal import SDK_SETTLES_SECONDS, client_beside

Result = TypeVar("Result")


def with_client(office: Office, ask: Callable[[Client], Coroutine[Any, Any, Result]]) -> Result:
    """Let a coroutine speak to the workflow engine.

    Raises:
        XuqiaoError: ``cli.temporal_away`` when it does not answer.
    """

    async def speak() -> Result:
        client = await client_beside(office.records)
        try:
            return await ask(client)
        finally:
            # A process that ends in the very moment in which it last spoke to Temporal can abort in the SDK's thread.
            await asyncio.sleep(SDK_SETTLES_SECONDS)

    return asyncio.run(speak())
