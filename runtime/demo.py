"""The demo: a workbook of applications is carried to its ends in weeks that pass in seconds."""

import asyncio
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

from rich.console import Console

from activities.words import say, say_error, word
from activities.workbook import shift_dates
from gateways.simulated import BankScript
from models import ledger
from models.applications import Loan
from models.cases import cases_of
from rulebook.applications import PartnerBank
from rulebook.cases import Route
from rulebook.postings import Pool
from rulebook.stages import ENDS, CaseStage
from rulebook.values import Value
from runtime import demo_report
from runtime.cli.intake import Desk, import_workbook
from runtime.conductor import Conductor
from runtime.daily import shanghai_today
from runtime.devstack import DevStack
from runtime.officers import Officers
from runtime.seed import open_fund
from runtime.settings import Settings, checkout
from runtime.supervisor import Supervisor
from runtime.temporal import SDK_SETTLES_SECONDS
from runtime.wiring import House
from runtime.workers import worker_children

REFERENCE_MONDAY = date(2026, 3, 2)
"""The Monday for which the example workbook's dates are written."""

WORKBOOK = "applications.xlsx"
PATIENCE_DAYS = 75
SETTLED = {*ENDS, CaseStage.RECOVERY}
"""Where a case of the demo has arrived; a pursuit may last years."""

NOT_AS_EXPECTED = 4
SCRIPT_ONLY = {"story", "end", "route", "officer"}


class Expectation(Value):
    """Where one loan's facts lead, as the demo's script says."""

    story: str
    end: CaseStage
    route: Route
    officer: str = ""
    bank: BankScript


def read_script(path: Path) -> tuple[list[PartnerBank], dict[str, Expectation]]:
    """The demo's script: its partner banks, and by LoanNote how banks and officers behave."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    loans = {}
    for note, lines in content["loan"].items():
        manners = {name: None if value == "never" else value for name, value in lines.items()}
        script = {name: value for name, value in manners.items() if name not in SCRIPT_ONLY}
        told = {name: value for name, value in manners.items() if name in SCRIPT_ONLY}
        loans[note] = Expectation.model_validate({**told, "bank": script})
    return [PartnerBank.model_validate(bank) for bank in content["bank"]], loans


def main(settings: Settings, as_json: bool) -> int:
    """Run the demo in its own folder under ``var``, from nothing.

    Returns:
        0 when every case is where its facts lead and the books balance; 4 otherwise.
    """
    folder = settings.var / "demo"
    console = Console(stderr=True, highlight=False)
    console.print(say("cli.demo.starting"))
    DevStack(folder).remove()
    folder.mkdir(mode=0o700, parents=True)
    own = settings.model_copy(update={"var": folder, "simulator_path": folder / "bank.sqlite"})
    with DevStack(folder, time_skipping=True), _workers(own), closing(House(own)) as house:
        return asyncio.run(_play(house, console, as_json))


@contextmanager
def _workers(settings: Settings) -> Iterator[None]:
    supervisor = Supervisor(settings.var / "log")
    for child in worker_children(settings):
        supervisor.add(child)
    supervisor.start()
    try:
        yield
    finally:
        supervisor.stop()


async def _play(house: House, console: Console, as_json: bool) -> int:
    examples = (checkout() or Path.cwd()) / "examples"
    banks, script = read_script(examples / "demo.toml")
    client = await house.client()
    for note, expected in script.items():
        house.simulated_bank.script(note, expected.bank)
    officers = Officers({note: expected.officer for note, expected in script.items() if expected.officer})
    with house.sessions.begin() as session:
        fund = open_fund(session, examples / "fund.toml", shanghai_today())
    conductor = Conductor(house, client, fund, officers)
    await conductor.next_morning()
    while conductor.today.weekday() != REFERENCE_MONDAY.weekday():
        await conductor.next_morning()
    console.print(say("cli.demo.importing", file=WORKBOOK))
    imported = _import(house, fund, examples / WORKBOOK, banks, conductor.today)
    with house.sessions() as session:
        before = ledger.pool(session, fund)
    await conductor.deliver()
    await _let_days_pass(house, conductor, fund, console)
    report = _report(house, fund, script, before, imported)
    if as_json:
        print(demo_report.as_json(report))
    else:
        demo_report.show(report, Console(highlight=False))
    for deed, refusal in conductor.refused:
        console.print(f"{deed.case_no} {word(deed.body.kind)}: {say_error(refusal)}")
    await asyncio.sleep(SDK_SETTLES_SECONDS)
    return 0 if report.good else NOT_AS_EXPECTED


def _import(house: House, fund: str, workbook: Path, banks: list[PartnerBank], monday: date) -> tuple[str, ...]:
    """The workbook goes in as an officer's does, in a copy whose dates are moved by whole weeks.

    Returns:
        what is wrong with it, in words; nothing, if all is well.
    """
    copy = house.settings.var / workbook.name
    shift_dates(workbook, copy, weeks=(monday - REFERENCE_MONDAY).days // 7)
    desk = Desk(house.sessions.begin, fund, "li.jing", house.settings.queues.prefix)
    return tuple(fault.sentence() for fault in import_workbook(desk, copy, banks).faults)


async def _let_days_pass(house: House, conductor: Conductor, fund: str, console: Console) -> None:
    first = conductor.today
    while (conductor.today - first).days < PATIENCE_DAYS:
        await conductor.work_the_day()
        with house.sessions() as session:
            stages = [CaseStage(case.stage) for case in cases_of(session, fund)]
        counts = {stage: stages.count(stage) for stage in CaseStage if stage in stages}
        told = "  ".join(f"{word(stage)} {count}" for stage, count in counts.items())
        console.print(f"{conductor.today}  {told}")
        if counts.keys() <= SETTLED:
            return
        await conductor.next_workday()


def _report(
    house: House, fund: str, script: Mapping[str, Expectation], before: Pool, imported: tuple[str, ...]
) -> demo_report.DemoReport:
    papers = house.settings.var / "papers"
    with house.sessions() as session:
        lines = []
        for case in cases_of(session, fund):
            expected = script[session.get_one(Loan, case.loan).note]
            lines.append(demo_report.case_line(session, case, expected.end, expected.route, expected.story))
        return demo_report.DemoReport(
            cases=tuple(lines),
            before=before,
            after=ledger.pool(session, fund),
            faults=(*imported, *demo_report.cross_check(session, house, fund)),
            papers=str(papers),
            paper_count=demo_report.write_papers(session, fund, papers),
        )
