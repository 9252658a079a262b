"""Two funds in one house: the same days pass for both, each worked by its own operator's people."""

from pathlib import Path

import pytest
from temporalio.client import Client

from activities.law.calendars import shanghai_today
from models.cases.applications import file_application
from models.cases.case_file import live_cases
from models.funds.funds import business_date
from rulebook.stages import CaseStage
from runtime.demo.conductor import Conductor
from runtime.demo.officers import Officers, Staff
from runtime.seed import open_fund
from runtime.settings import checkout
from runtime.wiring import Services
from tests.acceptance.fund.fund import MAKER, TestedFund, until_monday_morning
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")
DATONG = (checkout() or Path.cwd()) / "examples" / "datong"


def open_datong(services: Services, folder: Path, code: str) -> str:
    """The demo's second fund under a code of its own."""
    for name in ("fund.toml", "operator.toml"):
        text = (DATONG / name).read_text(encoding="utf-8")
        (folder / name).write_text(
            text.replace('code = "DT"', f'code = "{code}"').replace("0000 2026", f"0000 {code[1:]}"), encoding="utf-8"
        )
    with services.sessions.begin() as session:
        return open_fund(session, folder / "fund.toml", shanghai_today()).code


async def test_a_conductor_moves_both_funds_and_each_has_its_own_people(
    fund: TestedFund, services: Services, client: Client, tmp_path: Path
) -> None:
    folder = tmp_path / "datong"
    folder.mkdir()
    other = open_datong(services, folder, f"{fund.code}B")
    with services.sessions() as session:
        assert Staff.of(session, other) == Staff(maker="gao.shan", checker="fan.he", cashier="ren.chu")
        assert Staff.of(session, fund.code).maker == MAKER
    conductor = Conductor(services, client, fund.code, other, officers=Officers({}), ahead=until_monday_morning())
    conductor.open_day()
    with services.sessions.begin() as session:
        queues = services.settings.queues.prefix
        for code, maker in ((fund.code, MAKER), (other, "gao.shan")):
            row = a_micro_manufacturer(maturity=fund.in_days(16))
            file_application(
                session, code, row, received_on=conductor.today, filed_by=maker, source="test", queues=queues
            )
    await conductor.deliver()
    await conductor.next_workday()
    with services.sessions() as session:
        assert business_date(session, fund.code) == business_date(session, other) == conductor.today
        [first], [second] = live_cases(session, fund.code), live_cases(session, other)
    # Donghai's measure has the bank asked at once; Datong's has a person look first, and he is there to do it.
    assert first.stage == CaseStage.BANK_OPINION
    assert second.stage == CaseStage.ELIGIBILITY
    await conductor.work_the_day()
    with services.sessions() as session:
        [second] = live_cases(session, other)
    assert second.stage != CaseStage.ELIGIBILITY
    assert conductor.refused == []
