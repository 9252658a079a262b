"""Lists beside the cases: the worklist, the pool, the books, funds and people."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option, Typer

from runtime.cli.failures import Exit
from runtime.cli.manual import Command, Group
from runtime.cli.options import AsJson, AsUser, EffectiveFrom, File, Fund, RoleName

if TYPE_CHECKING:
    from datetime import date

    from models.cases.views import QueueView

books = Typer(cls=Group, no_args_is_help=True, add_completion=False)
funds = Typer(cls=Group, no_args_is_help=True, add_completion=False)
people = Typer(cls=Group, no_args_is_help=True, add_completion=False)


def tasks(
    role: RoleName = None,
    fund: Fund = None,
    overdue: Annotated[bool, Option("--overdue")] = False,
    as_json: AsJson = False,
) -> int:
    """The worklist (待办)."""
    from models.cases import reads
    from rulebook.stages import Role
    from runtime.cli.cases.page import awaited, due_words
    from runtime.cli.office import Office
    from runtime.cli.output import print_json, table, word
    from runtime.cli.values import member_of

    part = member_of("--role", Role, role) if role else None
    with Office() as office, office.begin() as session:
        code = office.the_fund(session, fund) if fund else None
        found = reads.tasks(session, role=part, fund=code, overdue=overdue)
    if as_json:
        print_json(found)
        return Exit.WELL
    table(
        ("due", "case", "applicant", "stage", "awaits", "role", "urgency", "maturity"),
        (
            (
                due_words(task.due, overdue=task.overdue, provisional=task.provisional),
                task.case_no,
                task.applicant_name,
                word("stage", task.stage),
                awaited(task.kind),
                word("role", task.role),
                word("cli.urgency", task.urgency),
                task.maturity,
            )
            for task in found
        ),
    )
    return Exit.WELL


def pool(fund: Fund = None, as_json: AsJson = False) -> int:
    """Where a fund's money is, and who waits for it."""
    from activities.books.breaker import breaker_of
    from models.cases import reads
    from runtime.cli.office import Office
    from runtime.cli.output import fields, line, moment, money, plain, print_json, say, section, table

    with Office() as office, office.begin() as session:
        page = reads.pool_page(session, office.the_fund(session, fund))
        breaker = breaker_of(session, page.fund)
    if as_json:
        state = breaker and {**breaker.model_dump(), "open": breaker.is_open, "share_ppm": breaker.share_ppm}
        print_json({**plain(page), "breaker": state})
        return Exit.WELL
    line(f"{page.fund} {page.name}")
    fields(
        (
            ("business_date", page.business_date),
            ("total", money(page.total_fen)),
            ("reserved", money(page.reserved_fen)),
            ("out", money(page.out_fen)),
            ("available", money(page.available_fen)),
            ("fee_income", money(page.fee_income_fen)),
        )
    )
    if breaker:
        line(say("breaker.open" if breaker.is_open else "breaker.closed", **breaker.figures()))
    section("expected")
    table(
        ("day", "expected", "cases"),
        (
            (_due_day(each.day, page.business_date), money(each.amount_fen), ", ".join(each.cases))
            for each in page.expected
        ),
        right=("expected",),
    )
    section("queue")
    table(
        ("place", "case", "applicant", "amount", "queued", "reason"),
        (
            (place, each.case_no, each.applicant_name, money(each.amount_fen), moment(each.queued_at), _why_there(each))
            for place, each in enumerate(page.queue, start=1)
        ),
        right=("place", "amount"),
    )
    return Exit.WELL


def _due_day(day: "date", today: "date | None") -> str:
    """A day on which money is due back, marked when it has passed."""
    from runtime.cli.output import say

    return say("reports.day_overdue", day=day) if today and day < today else str(day)


def _why_there(place: "QueueView") -> str:
    """What the rules say of a place in the queue, or who overruled them and why."""
    from runtime.cli.output import say

    if place.put_first_by is None:
        return say(place.reason)
    return say("queue.put_first", person=place.put_first_by, reason=place.put_first_reason)


@books.command("check", cls=Command)
def check(fund: Fund = None, as_json: AsJson = False) -> int:
    from models.books.check import find_faults
    from models.cases import reads
    from runtime.cli.office import Office
    from runtime.cli.output import line, print_json, say

    found: dict[str, list[str]] = {}
    with Office() as office:
        with office.begin() as session:
            codes = [office.the_fund(session, fund)] if fund else [each.code for each in reads.funds(session)]
        for code in codes:
            with office.begin() as session:
                found[code] = [say(fault.code, **fault.params) for fault in find_faults(session, code)]
    good = not any(found.values())
    if as_json:
        print_json({"good": good, "books": [{"fund": code, "faults": faults} for code, faults in found.items()]})
    else:
        for code, faults in found.items():
            line(say("cli.books.wrong" if faults else "cli.books.right", fund=code, count=len(faults)))
            for fault in faults:
                line(f"  {fault}")
    return Exit.WELL if good else Exit.NOT_AS_EXPECTED


@funds.command("list", cls=Command)
def list_funds(as_json: AsJson = False) -> int:
    from models.cases import reads
    from runtime.cli.office import Office
    from runtime.cli.output import masked, plain, print_json, table

    with Office() as office, office.begin() as session:
        found = reads.funds(session)
    if as_json:
        print_json([{**plain(each), "escrow_number": masked(each.escrow_number)} for each in found])
        return Exit.WELL
    table(
        ("fund", "name", "operator", "business_date", "pack", "effective_from", "gateway", "escrow"),
        (
            (
                each.code,
                each.name,
                each.operator,
                each.business_date,
                each.pack,
                each.effective_from,
                each.gateway,
                f"{each.escrow_bank} {masked(each.escrow_number)}",
            )
            for each in found
        ),
    )
    return Exit.WELL


@funds.command("open", cls=Command)
def open_a_fund(
    file: File, first_day: Annotated[str | None, Option("--on", metavar="DATE")] = None, as_json: AsJson = False
) -> int:
    from datetime import datetime

    from runtime.cli.office import Office
    from runtime.cli.output import SHANGHAI, line, print_json, say
    from runtime.cli.values import day_of
    from runtime.seed import open_fund

    day = day_of("--on", first_day) if first_day else datetime.now(SHANGHAI).date()
    with Office() as office, office.begin() as session:
        code = open_fund(session, Path(file), day)
    if as_json:
        print_json({"fund": code, "business_date": day})
    else:
        line(say("cli.fund.opened", fund=code, day=day))
    return Exit.WELL


@funds.command("adopt", cls=Command)
def adopt_measure(
    fund: Annotated[str, Argument(metavar="FUND")],
    pack: Annotated[str, Option("--pack", metavar="PACK")],
    effective_from: EffectiveFrom,
    as_user: AsUser,
    overlay: Annotated[Path | None, Option("--overlay", metavar="FILE")] = None,
    as_json: AsJson = False,
) -> int:
    """Put a fund under a measure from a day on."""
    from datetime import UTC, datetime

    from activities.law.measures import measure_from, overlay_text
    from models.funds.funds import FundMeasure, actor, adopt_measure
    from rulebook.stages import Role
    from runtime.cli.office import Office
    from runtime.cli.output import line, note, print_json, say
    from runtime.cli.values import day_of

    day, text = day_of("--from", effective_from), overlay_text(overlay) if overlay else None
    measure = measure_from(pack, text)
    note("cli.unauthenticated")
    with Office() as office, office.begin() as session:
        code = office.the_fund(session, fund)
        person = actor(session, as_user, Role.CHECKER)
        adopted = FundMeasure(
            fund=code, effective_from=day, pack=pack, overlay=text, adopted_by=person.id, adopted_at=datetime.now(UTC)
        )
        adopt_measure(session, adopted)
    if as_json:
        print_json({"fund": code, "pack": pack, "effective_from": day, "digest": measure.digest})
    else:
        line(say("cli.fund.adopted", fund=code, pack=pack, on=day))
    return Exit.WELL


@people.command("list", cls=Command)
def list_people(as_json: AsJson = False) -> int:
    from models.cases import reads
    from runtime.cli.office import Office
    from runtime.cli.output import print_json, table, word

    with Office() as office, office.begin() as session:
        found = reads.people(session)
    if as_json:
        print_json(found)
        return Exit.WELL
    table(
        ("user", "person", "organisation", "roles"),
        (
            (each.id, each.name, each.organisation, ", ".join(word("role", role) for role in each.roles))
            for each in found
        ),
    )
    return Exit.WELL
