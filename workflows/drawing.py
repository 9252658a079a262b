"""Papers that belong to a step: while one of them cannot be drawn, the case waits, and people see why."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import count
from typing import TypeVar

from activities.contracts import DrawingRequest, IfNotDrawn
from rulebook.stages import ActKind, Role
from rulebook.steps import DECIDED_BY, Step
from workflows.case import Case, Wait
from workflows.policies import Queue

Request = TypeVar("Request", bound=DrawingRequest)


class Drawing(Case):
    """What stories do alike where a step is written with papers."""

    async def _draw(
        self,
        contract: Callable[[Request], Step | None],
        make: Callable[[str | None], Request],
        cause: str,
        mended: Callable[[Wait], Awaitable[object]],
        last_call: datetime | None = None,
    ) -> Request:
        """Have papers drawn and their step written; where that is refused, wait and try again, until it succeeds.

        A press that dies or a database that is away is no refusal: the activity is repeated by itself. Who asks for
        the papers again decides nothing: the step names who did.

        Args:
            make: the request as it is now; told the cause of its step, None where what is in hand is the cause.
            cause: by which a step is known that nobody asked for.
            mended: waits for somebody to ask once more; it may end by itself at the wait's last call.
            last_call: when all of it must be given up; None for papers that no deadline stands behind.
        Returns:
            the request that was met.
        """
        decided: dict[str, str] = {}
        for number in count(1):
            wait = self._mending(last_call)
            numbered = cause if number == 1 else f"{cause}/{number}"
            request = make(None if self._in_hand else numbered)
            waiting = IfNotDrawn(stage=self._desk.stage, due=wait.due)
            step = request.step.model_copy(update={"detail": {**request.step.detail, **decided}})
            request = request.model_copy(update={"step": step, "if_not_drawn": waiting})
            if await self._written(contract, request) is None:
                return request
            if number == 1 and step.actor and step.actor.role is not Role.BANK_CLERK:
                decided = {DECIDED_BY: step.actor.name}
            await mended(wait)
        raise AssertionError("there is always another number")

    async def _written(self, contract: Callable[[Request], Step | None], request: Request) -> Step | None:
        return await self._commit(contract, request, lambda instead: instead or request.step, queue=Queue.PAPERS)

    def _mending(self, last_call: datetime | None) -> Wait:
        """An officer's task; after each period somebody is told that it still waits, and after two it is tried anew."""
        period = self._review_period
        again = self._in_workdays(2 * period)
        return self._waiting(
            ActKind.DRAW_AGAIN, self._in_workdays(period), min(again, last_call) if last_call else again
        )
