"""The baseline of the throughput figures: a workflow of the same shape that does nothing."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow

from rulebook.values import Value
from workflows.policies import STAGE

QUEUE = "skeleton"


class Shape(Value):
    """How many of each a case has."""

    activities: int
    updates: int
    signals: int
    timers: int
    upserts: int


@activity.defn
def nothing(turn: int) -> int:
    """Takes a number and gives it back."""
    return turn


@workflow.defn
class Skeleton:
    """Turns of waiting, doing nothing, and telling so, until the shape is used up."""

    @workflow.init
    def __init__(self, shape: Shape) -> None:
        self._updates = 0
        self._signals = 0
        self._done = 0

    @workflow.update
    async def act(self, number: int) -> int:
        self._updates += 1
        await workflow.wait_condition(lambda: self._done > number)
        return number

    @workflow.signal
    def message(self, number: int) -> None:
        self._signals += 1

    @workflow.run
    async def run(self, shape: Shape) -> int:
        """A turn for each activity; waits, timers and upserts are spread over the turns until they are used up."""
        waits = [self._update_came] * shape.updates + [self._signal_came] * shape.signals
        first = shape.activities - len(waits)
        for turn in range(shape.activities):
            if turn >= first:
                wait, number = waits[turn - first], turn - first
                await workflow.wait_condition(lambda: wait(number))  # noqa: B023
            # Started before the activity and cancelled after it, so that both really reach the server.
            timer = asyncio.create_task(asyncio.sleep(86_400)) if turn < shape.timers else None
            await workflow.execute_activity(nothing, turn, start_to_close_timeout=timedelta(seconds=30))
            if timer:
                timer.cancel()
            self._done = max(0, turn - first + 1)
            if turn < shape.upserts:
                workflow.upsert_search_attributes([STAGE.value_set(f"turn {turn}")])
        await workflow.wait_condition(workflow.all_handlers_finished)
        return shape.activities

    def _update_came(self, number: int) -> bool:
        return self._updates > number

    def _signal_came(self, number: int) -> bool:
        return self._updates + self._signals > number
