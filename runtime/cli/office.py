"""What a command works with: settings, the database, the workflow engine; each opened when it is first needed."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from activities.words import set_language
from rulebook.errors import XuqiaoError
from runtime.cli.failures import Misuse
from runtime.cli.language import call
from runtime.settings import Settings, load_settings

if TYPE_CHECKING:
    from sqlmodel import Session
    from temporalio.client import Client

    from activities.papers.press.pool import PressPool
    from runtime.wiring import House

Result = TypeVar("Result")

_SDK_SETTLES_SECONDS = 0.05
"""A process that ends in the very moment in which it last spoke to Temporal can abort in the SDK's own thread."""


def settings() -> Settings:
    """The settings of this call; from here on everything is said in their language."""
    loaded = load_settings(lang=call.flag)
    call.lang = loaded.lang
    set_language(loaded.lang)
    return loaded


class Office:
    """The case file and the engine, as the settings name them; closed at the end of its block."""

    def __init__(self) -> None:
        self.settings = settings()

    def __enter__(self) -> "Office":
        return self

    def __exit__(self, *error: object) -> None:
        if "_house" in vars(self):
            self._house.close()

    @cached_property
    def _house(self) -> "House":
        # The wiring brings the whole program along; help and mistyped commands must not wait for it.
        from runtime.wiring import House

        return House(self.settings)

    @property
    def begin(self) -> "Callable[[], AbstractContextManager[Session]]":
        """Opens a session that commits at the end of its block."""
        return self._house.sessions.begin

    @property
    def desk(self) -> "Callable[[], AbstractContextManager[Session]]":
        """Opens a session of the desk, by which people's decisions are put on record.

        Raises:
            XuqiaoError: ``setup.desk_missing``.
        """
        return self._house.desk_sessions.begin

    @property
    def press(self) -> "PressPool":
        """Draws papers; its first paper costs a second."""
        return self._house.press

    def with_client(self, ask: "Callable[[Client], Coroutine[Any, Any, Result]]") -> Result:
        """Let a coroutine speak to the workflow engine.

        Raises:
            XuqiaoError: ``cli.temporal_away`` when it does not answer.
        """

        async def speak() -> Result:
            try:
                client = await self._house.client()
            except RuntimeError as error:  # how the SDK says that nobody answers
                raise XuqiaoError("cli.temporal_away", reason=error) from None
            try:
                return await ask(client)
            finally:
                await asyncio.sleep(_SDK_SETTLES_SECONDS)

        return asyncio.run(speak())

    def the_fund(self, session: "Session", code: str | None) -> str:
        """The fund that is meant: the one named, or the only one there is.

        Raises:
            XuqiaoError: ``fund.unknown``; ``cli.no_fund`` when none is open.
            Misuse: ``cli.usage.fund_needed`` when there are several.
        """
        from models.cases import reads
        from models.funds import funds

        if code is not None:
            return funds.fund(session, code).code
        codes = [line.code for line in reads.funds(session)]
        if not codes:
            raise XuqiaoError("cli.no_fund")
        if len(codes) > 1:
            raise Misuse("cli.usage.fund_needed", known=", ".join(codes))
        return codes[0]
