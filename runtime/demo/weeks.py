"""The demo: two funds' workbooks of applications are carried to their ends in weeks that pass in seconds."""

import asyncio
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from sqlmodel import Session

from activities.law.calendars import shanghai_today
from activities.law.measures import measure_from
from activities.words import say, say_error, word
from activities.workbook.applications import shift_dates
from activities.workbook.intake import GivenFile, Reception, import_workbook
from gateways.simulated import BankScript
from models.books import ledger
from models.cases.applications import Loan
from models.cases.case_file import cases_of
from models.funds.funds import fund, latest_business_date, measure_in_force
from rulebook.books.postings import Pool
from rulebook.cases import Route
from rulebook.stages import ENDS, CaseStage
from rulebook.values import Value
from runtime.demo import report as demo_report
from runtime.demo.conductor import Conductor
from runtime.demo.officers import Officers, Staff
from runtime.devstack.stack import DevStack
from runtime.seed import open_fund
from runtime.settings import Settings, checkout
from runtime.supervisor import Supervisor
from runtime.temporal import SDK_SETTLES_SECONDS
from runtime.wiring import Services
from runtime.workers import worker_children

REFERENCE_MONDAY = date(2026, 3, 2)
"""The Monday for which the example workbooks' dates are written."""

FOLDERS = (".", "datong")
"""The funds of the demo: folders of ``examples``, each with a fund's file, its workbook and its script."""

FUND_FILE, WORKBOOK, SCRIPT = "fund.toml", "applications.xlsx", "demo.toml"
GIVES_UP_AFTER_DAYS = 75
SETTLED = {*ENDS, CaseStage.RECOVERY}
"""Where a case of the demo has arrived; recovery may last years."""

NOT_AS_EXPECTED = 4
SCRIPT_ONLY = {"story", "end", "route", "officer"}


class Expectation(Value):
    """Where one loan's facts lead, as the demo's script says."""

    story: str
    end: CaseStage
    route: Route
    officer: str = ""
    bank: BankScript


class Script(NamedTuple):
    """A fund's script: by LoanNote, how banks and officers behave."""

    loans: dict[str, Expectation]


class Part(NamedTuple):
    """One fund's part in the demo."""

    fund: str
    workbook: Path
    script: Script


class Imported(NamedTuple):
    """What a fund began with: its pool, and what is wrong with its workbook, in words."""

    pool: Pool
    faults: tuple[str, ...]


def read_script(path: Path) -> Script:
    """A fund's script, from its file."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    loans = {}
    for note, lines in content["loan"].items():
        manners = {name: None if value == "never" else value for name, value in lines.items()}
        script = {name: value for name, value in manners.items() if name not in SCRIPT_ONLY}
        told = {name: value for name, value in manners.items() if name in SCRIPT_ONLY}
        loans[note] = Expectation.model_validate({**told, "bank": script})
    return Script(loans)


def main(settings: Settings, as_json: bool, stay: bool = False) -> int:
    """Run the demo in its own folder under ``var``, from nothing.

    Args:
        stay: leave servers and workers up afterwards, so that the cases can be looked into, until told to stop.
    Returns:
        0 when every case of every fund is where its facts lead and the books balance; 4 otherwise.
    """
    folder = settings.var / "demo"
    console = Console(stderr=True, highlight=False)
    console.print(say("cli.demo.starting"))
    DevStack(folder).remove()
    folder.mkdir(mode=0o700, parents=True)
    own = settings.model_copy(update={"var": folder, "simulator_path": folder / "bank.sqlite"})
    with DevStack(folder, time_skipping=True) as stack, _workers(own) as workers:
        with closing(Services(own)) as services:
            report = asyncio.run(_play(services, console, as_json))
        if stay:
            case = next((each.case_no for each in report.cases), "CASE")
            console.print(say("cli.demo.staying", ui_url=stack.ui_url, folder=folder, case=case), soft_wrap=True)
            workers.run_until_signal()
    return 0 if report.good else NOT_AS_EXPECTED


@contextmanager
def _workers(settings: Settings) -> Iterator[Supervisor]:
    supervisor = Supervisor(settings.var / "log")
    for child in worker_children(settings):
        supervisor.add(child)
    supervisor.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()


async def _play(services: Services, console: Console, as_json: bool) -> demo_report.DemoReport:
    examples = (checkout() or Path.cwd()) / "examples"
    parts = [_open(services, examples / folder) for folder in FOLDERS]
    loans = {note: expected for part in parts for note, expected in part.script.loans.items()}
    officers = Officers({note: expected.officer for note, expected in loans.items() if expected.officer})
    conductor = Conductor(services, await services.client(), *(part.fund for part in parts), officers=officers)
    await conductor.next_morning()
    while conductor.today.weekday() != REFERENCE_MONDAY.weekday():
        await conductor.next_morning()
    imported = [_import(services, part, conductor.today, console) for part in parts]
    await conductor.deliver()
    await _let_days_pass(services, conductor, parts, console)
    report = _report(services, parts, imported)
    if as_json:
        print(demo_report.as_json(report))
    else:
        demo_report.show(report, Console(highlight=False))
    for deed, refusal in conductor.refused:
        console.print(f"{deed.case_no} {word(deed.body.kind)}: {say_error(refusal)}")
    await asyncio.sleep(SDK_SETTLES_SECONDS)
    return report


def _open(services: Services, folder: Path) -> Part:
    """Open the fund of a folder, and tell the simulated bank how to treat its loans."""
    script = read_script(folder / SCRIPT)
    for note, expected in script.loans.items():
        services.simulated_bank.script(note, expected.bank)
    with services.sessions.begin() as session:
        code = open_fund(session, folder / FUND_FILE, shanghai_today()).code
    return Part(code, folder / WORKBOOK, script)


def _import(services: Services, part: Part, monday: date, console: Console) -> Imported:
    """A workbook goes in as an officer's does, in a copy whose dates are moved by whole weeks."""
    console.print(say("cli.demo.importing", file=part.workbook.name, fund=part.fund))
    copy = services.settings.var / f"{part.fund}-{part.workbook.name}"
    shift_dates(part.workbook, copy, weeks=(monday - REFERENCE_MONDAY).days // 7)
    with services.sessions() as session:
        maker = Staff.of(session, part.fund).maker
        before = ledger.pool(session, part.fund)
    reception = Reception(services.sessions.begin, part.fund, maker, services.settings.queues.prefix)
    report = import_workbook(reception, GivenFile(copy.name, copy.read_bytes()))
    return Imported(before, tuple(fault.sentence() for fault in report.faults))


async def _let_days_pass(services: Services, conductor: Conductor, parts: Sequence[Part], console: Console) -> None:
    first = conductor.today
    while (conductor.today - first).days < GIVES_UP_AFTER_DAYS:
        await conductor.work_the_day()
        reached: set[CaseStage] = set()
        for part in parts:
            with services.sessions() as session:
                stages = [CaseStage(case.stage) for case in cases_of(session, part.fund)]
            told = (f"{word(stage)} {stages.count(stage)}" for stage in CaseStage if stage in stages)
            console.print(f"{conductor.today}  {part.fund}  {'  '.join(told)}")
            reached.update(stages)
        if reached <= SETTLED:
            return
        await conductor.next_workday()


def _report(services: Services, parts: Sequence[Part], imported: Sequence[Imported]) -> demo_report.DemoReport:
    papers = services.settings.var / "papers"
    codes = [part.fund for part in parts]
    with services.sessions() as session:
        return demo_report.DemoReport(
            funds=tuple(_fund_report(session, *each) for each in zip(parts, imported, strict=True)),
            faults=(
                *(fault for each in imported for fault in each.faults),
                *demo_report.cross_check(session, services, codes),
            ),
            papers=str(papers),
            paper_count=demo_report.write_papers(session, codes, papers),
        )


def _fund_report(session: Session, part: Part, imported: Imported) -> demo_report.FundReport:
    lines = []
    for case in cases_of(session, part.fund):
        expected = part.script.loans[session.get_one(Loan, case.loan).note]
        lines.append(demo_report.case_line(session, case, expected.end, expected.route, expected.story))
    in_force = measure_in_force(session, part.fund, latest_business_date(session, part.fund))
    measure = measure_from(in_force.pack, in_force.overlay)
    return demo_report.FundReport(
        fund=part.fund,
        name=fund(session, part.fund).name,
        pack=measure.id,
        document=measure.document,
        chosen_as=measure.overlay or "",
        operator_choices=measure.operator_choices(),
        cases=tuple(lines),
        before=imported.pool,
        after=ledger.pool(session, part.fund),
    )
