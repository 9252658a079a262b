"""The conductor: lets days pass for all open cases of some funds, with simulated banks and officers doing their part.

For the demo, tests and benchmarks, on the ordinary servers started with time skipping. Each workflow has a clock of its
own; the conductor moves them together, and the simulated bank's day and the funds' business days with them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TypeVar

from temporalio.client import Client
from temporalio.testing import TimeSkippingConfig

from activities.cases.acts import act
from gateways.simulated import Outgoing, SimulatedBank
from models.cases.acts import enter_message
from models.cases.case_file import fee_owed, live_cases, open_tasks
from models.funds.artificial_time import play_business_day
from models.funds.calendar import calendar_around
from models.outbox import starts_waiting
from rulebook.calendar import LAW_ZONE
from rulebook.errors import XuqiaoError
from rulebook.messages import ActBody, Actor, MessageSource
from rulebook.stages import Role
from rulebook.steps import Outcome
from runtime.demo.clocks import Clocks
from runtime.demo.officers import Deed, Officers
from runtime.relay import Beginning, Relay
from runtime.wiring import Services

OPENING = time(9, 0)
AT_ONCE = 8
LOOK_AGAIN_SECONDS = 0.02
LOOK_AGAIN_AT_LATEST_SECONDS = 0.3
PART_OF_THE_WAIT = 0.15
"""Who has waited long looks less often: to look takes time from the cases that are waited for."""
Result = TypeVar("Result")


def simulated_clerk(bank: str) -> Actor:
    """Who speaks for a simulated bank: nobody in particular, and for that bank alone.

    Args:
        bank: the loan's bank, by its code or its name.
    """
    return Actor(id="simulated", name="模拟银行", role=Role.BANK_CLERK, organisation=bank)


class Conductor:
    """Days for one fund, or for several side by side.

    Args:
        services: the funds' database and the simulated bank.
        client: of a Temporal server that skips time.
        funds: codes of the funds.
        officers: who act on the worklists; None where a test acts itself.
        ahead: how far the clocks of the funds' cases are ahead of this machine's from the start.
    """

    def __init__(
        self,
        services: Services,
        client: Client,
        *funds: str,
        officers: Officers | None = None,
        ahead: timedelta = timedelta(),
    ) -> None:
        self._services = services
        self._clocks = Clocks(client, config=TimeSkippingConfig(enabled=False))
        self._relay = _RelayAhead(services, self._clocks, lambda: self._ahead)
        self._funds = funds
        self._officers = officers
        self._ahead = ahead
        self._tried: set[str] = set()
        self.refused: list[tuple[Deed, XuqiaoError]] = []

    # Time ------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The moment that all clocks of the funds show."""
        return datetime.now(UTC) + self._ahead

    @property
    def today(self) -> date:
        """The funds' day."""
        return self.now.astimezone(LAW_ZONE).date()

    async def next_morning(self) -> None:
        """Let time pass until the next day's opening, timers and all, and open that business day."""
        tomorrow = self.today + timedelta(days=1)
        await self.pass_time(datetime.combine(tomorrow, OPENING, LAW_ZONE) - self.now)
        self.open_day()

    async def next_workday(self) -> None:
        """Let time pass until the next working day's opening; banks' systems go on meanwhile, people do not."""
        with self._services.sessions() as session:
            days = calendar_around(session, self.today, self.today)
        opening = datetime.combine(days.add_workdays(self.today, 1), OPENING, LAW_ZONE)
        await self.pass_time(opening - self.now)
        self.open_day()

    async def pass_time(self, span: timedelta) -> None:
        """Move every open case's clock; what still waits in the outbox arrives before."""
        await self.until_quiet()
        with self._services.sessions() as session:
            workflows = [case.workflow_id for fund in self._funds for case in live_cases(session, fund)]
        handles = [self._clocks.client.get_workflow_handle(workflow) for workflow in workflows]
        ahead = self._ahead + span
        await _some_at_a_time([partial(self._clocks.bring, handle, ahead) for handle in handles])
        self._ahead = ahead
        await self.until_quiet()

    def open_day(self) -> None:
        """The daily round's first deed: the funds' business day, and the simulated bank's, is the clocks' day."""
        self._services.simulated_bank.a_day(self.today, self._fee_due)
        with self._services.sessions.begin() as session:
            for fund in self._funds:
                play_business_day(session, fund, self.today)

    # A day -----------------------------------------------------------------------------------------------------

    async def work_the_day(self) -> None:
        """Banks and officers do all that can be done today."""
        self._tried.clear()
        while await self._bank_speaks() + await self._officers_act():
            pass

    async def _bank_speaks(self) -> int:
        bank: SimulatedBank = self._services.simulated_bank
        told = bank.a_day(self.today, self._fee_due)
        for message in told:
            self._hear(message)
            bank.acknowledge(message.key)
        if told:
            await self.deliver()
        return len(told)

    async def _officers_act(self) -> int:
        if self._officers is None:
            return 0
        with self._services.sessions() as session:
            tasks = [task for fund in self._funds for task in open_tasks(session, fund)]
            deeds = [self._officers.deed(session, task, self.today) for task in tasks]
        new = [deed for deed in deeds if deed and deed.key not in self._tried]
        self._tried |= {deed.key for deed in new}
        if new:
            await _some_at_a_time([partial(self._try, deed) for deed in new])
            await self.until_quiet()
        return len(new)

    async def _try(self, deed: Deed) -> None:
        try:
            await self.act(deed.case_no, deed.body, deed.actor, key=deed.key)
        except XuqiaoError as refusal:
            self.refused.append((deed, refusal))

    def _fee_due(self, case_no: str, on: date) -> int:
        with self._services.sessions() as session:
            return fee_owed(session, case_no, on)

    # Single steps ----------------------------------------------------------------------------------------------

    async def act(self, case_no: str, body: ActBody, actor: Actor, key: str) -> Outcome:
        """One officer's act, through the officer's own door."""
        return await act(
            self._services.desk_sessions.begin,
            self._clocks.client,
            key=key,
            case_no=case_no,
            body=body,
            actor=actor,
            at=self.now,
        )

    def _hear(self, message: Outgoing) -> None:
        """One message of a bank, through the bank's own door."""
        clerk = simulated_clerk(message.bank)
        with self._services.sessions.begin() as session:
            enter_message(
                session,
                message.key,
                message.case_no,
                message.body,
                clerk,
                message.occurred_at,
                MessageSource.SIMULATOR,
            )

    async def deliver(self) -> None:
        """Take the outbox to Temporal, until it is empty and every case has done what it can do without more."""
        await self.until_quiet()

    async def until_quiet(self) -> None:
        """Wait until no case has anything in hand, and what they left in the outbox has arrived."""
        clock = asyncio.get_running_loop()
        begun_at, busy = clock.time(), self._live()
        while busy:
            if await self._deliver_all():
                busy = self._live()  # whoever was quiet may have something in hand again
            with self._services.sessions() as session:
                not_begun = busy.keys() & starts_waiting(session)
            begun = [case for case in busy if case not in not_begun]
            still = await _some_at_a_time([partial(self._in_hand, busy[case]) for case in begun])
            quiet = {case for case, in_hand in zip(begun, still, strict=True) if not in_hand}
            busy = {case: story for case, story in busy.items() if case not in quiet}
            pause = PART_OF_THE_WAIT * (clock.time() - begun_at)
            await asyncio.sleep(min(max(LOOK_AGAIN_SECONDS, pause), LOOK_AGAIN_AT_LATEST_SECONDS))
            if not busy and await self._deliver_all():
                busy = self._live()

    def _live(self) -> dict[str, str]:
        """The workflow of each open case."""
        with self._services.sessions() as session:
            return {case.case_no: case.workflow_id for fund in self._funds for case in live_cases(session, fund)}

    async def _deliver_all(self) -> bool:
        """Take to Temporal all that can be; whether there was anything."""
        anything = False
        while await self._relay.deliver_some():
            anything = True
        return anything

    async def _in_hand(self, workflow: str) -> bool:
        described = await self._clocks.client.get_workflow_handle(workflow).describe()
        raw = described.raw_description
        return bool(raw.pending_activities) or raw.HasField("pending_workflow_task")


class _RelayAhead(Relay):
    """A relay whose new cases begin at the clocks' moment, not at this machine's.

    It is in no hurry: a move of a clock that is cut off on its way may arrive all the same, beside the one sent next.
    """

    batch_time = 120.0

    def __init__(self, services: Services, clocks: Clocks, ahead: Callable[[], timedelta]) -> None:
        super().__init__(services, clocks.client)
        self._clocks = clocks
        self._ahead = ahead

    async def _begin(self, beginning: Beginning, route: dict[str, str], delay: timedelta | None = None) -> None:
        await super()._begin(beginning, route, delay=self._ahead())
        await self._clocks.bring_to_beginning(self._clocks.client.get_workflow_handle(route["workflow_id"]))


async def _some_at_a_time(calls: Iterable[Callable[[], Awaitable[Result]]]) -> list[Result]:
    """Do all, a few of them together, in their order."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(call: Callable[[], Awaitable[Result]]) -> Result:
        async with gate:
            return await call()

    return list(await asyncio.gather(*(one(call) for call in calls)))
