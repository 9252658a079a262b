"""Papers that belong to a step: while one of them cannot be drawn, the case waits, and people see why."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import count

from activities.contracts import Commitment, Drawing, IfNotDrawn
from rulebook.stages import ActKind, Role
from rulebook.steps import DECIDED_BY, Step
from workflows.case import Case, State, Wait, wait_until


async def draw(
    case: Case[State],
    contract: Commitment[Drawing, Step | None],
    make: Callable[[str | None], Drawing],
    cause: str,
    mended: Callable[[Wait], Awaitable[object]],
    last_call: Callable[[], datetime] | None = None,
) -> Drawing:
    """Have papers drawn and their step written; where that is refused, wait and try again, until it succeeds.

    A press that dies or a database that is away is no refusal: the activity is repeated by itself. Who asks for
    the papers again decides nothing: the step names who did.

    Args:
        make: the request as it is now; told the cause of its step, None where what is in hand is the cause.
        cause: by which a step is known that nobody asked for.
        mended: waits for somebody to ask once more; it may end by itself at the wait's last call.
        last_call: tells when all of it must be given up, as the calendar is then; None for papers that no deadline
            stands behind.
    Returns:
        the request that was met.
    """
    decided: dict[str, str] = {}
    for number in count(1):
        wait = _mending(case, last_call() if last_call else None)
        numbered = cause if number == 1 else f"{cause}/{number}"
        request = make(None if case.in_hand else numbered)
        waiting = IfNotDrawn(stage=case.stage, due=wait.due)
        step = request.step.model_copy(update={"detail": {**request.step.detail, **decided}})
        request = request.model_copy(update={"step": step, "if_not_drawn": waiting})
        if await case.commit(contract, request) is None:
            return request
        if number == 1 and step.actor and step.actor.role is not Role.BANK_CLERK:
            decided = {DECIDED_BY: step.actor.name}
        await mended(wait)
    raise AssertionError("there is always another number")


def _mending(case: Case[State], last_call: datetime | None) -> Wait:
    """An officer's task; after each period somebody is told that it still waits, and after two it is tried anew."""
    period = case.clock.review_period
    again = case.clock.in_workdays(2 * period)
    due = case.clock.in_workdays(period)
    return wait_until(ActKind.DRAW_AGAIN, due, min(again, last_call) if last_call else again)
