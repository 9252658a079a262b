"""An office with a folder of its own, real fonts and templates in it, and workers that read it when they begin."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import cached_property
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from temporalio.client import Client

from activities.contracts import DrawUpPapers, Queue
from activities.papers.drawing_up import Papers
from activities.papers.press.office import bundled_dir
from activities.papers.press.press import Press
from models.bootstrap import DatabaseUrls
from rulebook.money import yuan
from rulebook.stages import CaseStage
from runtime.devstack import Addresses
from runtime.settings import PaperSettings
from runtime.temporal import CONVERTER
from runtime.wiring import Activities, Services, activities_of
from tests.acceptance.conftest import a_fund, looked_through
from tests.acceptance.fund.fund import TestedFund
from tests.builders import a_micro_manufacturer
from tests.services_of_tests import services_on

_NUMBERS = count(1)
FIVE_MILLION = yuan(5_000_000)
OWN_SIGN = "\ue000"
"""A character of private use: the office's own sign, which only the font it had made for itself has."""
BEFORE_PAYMENT = {
    "application_form",
    "renewal_commitment",
    "tripartite_agreement",
    "drawdown_request",
}


class OneProcess(Services):
    """The services of the product, but for the pool: their one press draws here, and begins four times as fast."""

    @cached_property
    def own_press(self) -> Press:
        """The press, which the one thread of the papers' worker has to itself."""
        return Press(self.settings.papers.office_dir, self.settings.papers.check_url)

    def activities_on(self, queue: Queue) -> Activities:
        """The activities of one queue; those of the papers draw here."""
        if queue is not Queue.PAPERS:
            return super().activities_on(queue)
        return activities_of(Papers(self.sessions.begin, self.own_press))


class Serving:
    """An office with a folder of its own, and the workers that read it when they begin.

    Attributes:
        pooled: presses run in processes of their own, as the product's; for tests of what only these can do, such as
            being ended in the middle of a paper.
    """

    def __init__(self, services: Services, client: Client, office: Path) -> None:
        papers = PaperSettings(office_dir=office, workers=1)
        self.settings = services.settings.model_copy(update={"papers": papers})
        self.pooled = False
        self._client = client
        self._running = AsyncExitStack()
        self.office = office
        self.services = services

    async def restart(self, *, draws: bool = True, **papers: float) -> None:
        """End all workers and their presses, and begin anew with the folder as it is now; perhaps nobody draws yet."""
        await self.stop()
        changed = self.settings.papers.model_copy(update=papers)
        kind = Services if self.pooled else OneProcess
        self.services = kind(self.settings.model_copy(update={"papers": changed}))
        self._running.callback(self.services.close)
        for queue in (Queue.CASES, Queue.MONEY):
            await self._running.enter_async_context(self.services.worker(self._client, queue))
        if draws:
            await self.draw()

    async def draw(self) -> None:
        """A worker draws papers from now on."""
        await self._running.enter_async_context(self.services.worker(self._client, Queue.PAPERS))

    async def stop(self) -> None:
        await self._running.aclose()

    def breaks(self, kind: str, template: str) -> None:
        """Put something else in place of a template."""
        (self.office / f"{kind}.zh.html").write_text(template, encoding="utf-8")

    def mends(self, kind: str) -> None:
        """The office's own template is gone; the bundled one stands."""
        (self.office / f"{kind}.zh.html").unlink()


@pytest_asyncio.fixture(loop_scope="session")
async def an_office(
    stack: Addresses, database: DatabaseUrls, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Serving]:
    """Workers of one test's own, which can be ended and begun again; a test calls it ``serving``."""
    office = tmp_path / "office"
    (office / "fonts").mkdir(parents=True)
    with services_on(stack, database, tmp_path_factory.mktemp("house"), f"undrawn{next(_NUMBERS)}") as services:
        serving = Serving(services, await services.client(), office)
        yield serving
        await serving.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def its_fund(serving: Serving, tmp_path: Path) -> AsyncIterator[TestedFund]:
    """A fund of that office, which a test calls ``fund``; what must never be is looked for after the test."""
    opened = a_fund(serving.services, await serving.services.client(), tmp_path)
    yield opened
    await looked_through(opened)


def a_font_with(sign: str, path: Path) -> None:
    """A font that has one character."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((0, 800))
    pen.lineTo((800, 0))
    pen.closePath()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", "sign"])
    font.setupCharacterMap({ord(sign): "sign"})
    font.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "sign": pen.glyph()})
    font.setupHorizontalMetrics({".notdef": (1000, 0), "sign": (1000, 0)})
    font.setupHorizontalHeader(ascent=880, descent=-120)
    font.setupNameTable({"familyName": "Office", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=880, sTypoDescender=-120)
    font.setupPost()
    font.save(path)


async def reserved(fund: TestedFund) -> str:
    row = a_micro_manufacturer(maturity=fund.in_days(16), own_contribution_fen=yuan(2_200_000))
    case = await fund.apply(row)
    await fund.reserve(case, FIVE_MILLION)
    return case


async def undrawn(fund: TestedFund, serving: Serving) -> str:
    """A case before whose signing a paper needs the office's sign, which its font has lost."""
    bundled = (bundled_dir() / "drawdown_request.zh.html").read_text(encoding="utf-8")
    place = bundled.index("{{ d.borrower_name }}")
    serving.breaks("drawdown_request", bundled[:place] + OWN_SIGN + bundled[place:])
    await serving.restart()
    case = await reserved(fund)
    assert fund.stage_of(case) is CaseStage.AGREEMENT
    return case


async def troubled(fund: TestedFund, case: str) -> None:
    """Wait until the drawing of a case's papers has been tried more than once, for the time it takes."""
    handle = fund.client.get_workflow_handle(fund.case(case).workflow_id)
    async with asyncio.timeout(30):
        while not any(
            pending.attempt > 2 and "papers.too_slow" in pending.last_failure.message
            for pending in (await handle.describe()).raw_description.pending_activities
        ):
            await asyncio.sleep(0.1)


async def planned(fund: TestedFund, case: str) -> list[DrawUpPapers]:
    """What was asked of the papers before payment, each time."""
    found: list[DrawUpPapers] = []
    for history in await fund.histories(case):
        for event in history.events:
            scheduled = event.activity_task_scheduled_event_attributes
            if scheduled.activity_type.name == "draw_up_papers":
                found += await CONVERTER.decode(list(scheduled.input.payloads), [DrawUpPapers])
    return found
