"""``xuqiao funds``: funds listed, opened, and put under a measure."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from activities.funds.changes import Office as OfficeRecord
from activities.funds.changes import propose_office
from activities.law.calendars import shanghai_today
from activities.law.measures import measure_from, overlay_text
from activities.wording import masked, plain
from models.cases import reads
from models.funds import funds
from models.funds.funds import FundMeasure, latest_business_date
from models.funds.people import actor
from rulebook.errors import XuqiaoError
from rulebook.stages import Role
from runtime.cli.failures import Exit
from runtime.cli.funds.changes import proposed
from runtime.cli.office import Office, settings
from runtime.cli.options import Address, AsJson, AsUser, Contact, EffectiveFrom, Email, File, Phone, Reason
from runtime.cli.output import line, note, print_json, say
from runtime.cli.tables import table
from runtime.cli.values import day_of
from runtime.devstack import addresses_of
from runtime.devstack.stack import DevStack
from runtime.seed import open_fund, read_fund_file
from runtime.settings import Settings


def list_funds(as_json: AsJson = False) -> int:
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


def open_a_fund(
    file: File, first_day: Annotated[str | None, Option("--on", metavar="DATE")] = None, as_json: AsJson = False
) -> int:
    """Open the fund that a file describes; the servers of this machine are started for it where they do not run."""
    day = day_of("--on", first_day) if first_day else shanghai_today()
    known, gateway = settings(), read_fund_file(file).fund.gateway
    if gateway not in known.gateways:
        raise XuqiaoError("fund.no_gateway", gateway=gateway, known=", ".join(known.gateways))
    with _servers(known), Office() as office, office.begin() as session:
        opened = open_fund(session, Path(file), day)
        day = latest_business_date(session, opened.code)
    otherwise = [say(each.code, **each.params) for each in opened.otherwise]
    if as_json:
        print_json({"fund": opened.code, "business_date": day, "new": opened.new, "otherwise": otherwise})
    elif opened.new:
        line(say("cli.fund.opened", fund=opened.code, day=day))
    else:
        line(say("cli.fund.open_before" if not otherwise else "cli.fund.otherwise", fund=opened.code, day=day))
        for each in otherwise:
            line(f"  {each}")
    return Exit.REFUSED if otherwise else Exit.WELL


def _servers(known: Settings) -> AbstractContextManager[object]:
    """The servers of this machine for as long as one command needs them; nothing where they run or lie outside."""
    if not known.embedded_database or addresses_of(known.var) is not None:
        return nullcontext()
    note("cli.fund.starting")
    return DevStack(known.var)


def set_office(
    fund: Annotated[str, Argument(metavar="FUND")],
    as_user: AsUser,
    reason: Reason,
    symbol: Annotated[str | None, Option("--symbol", metavar="TEXT")] = None,
    address: Address = None,
    contact: Contact = None,
    phone: Phone = None,
    email: Email = None,
    as_json: AsJson = False,
) -> int:
    """Propose how the office is reached and how its letters are numbered; another person approves it."""
    reached = OfficeRecord(symbol=symbol, address=address, contact=contact, phone=phone, email=email)
    note("cli.unauthenticated")
    with Office() as office, office.desk() as session:
        number = propose_office(session, office.the_fund(session, fund), reached, reason=reason, by=as_user)
    return proposed(number, as_json)


def adopt_measure(
    fund: Annotated[str, Argument(metavar="FUND")],
    pack: Annotated[str, Option("--pack", metavar="PACK")],
    effective_from: EffectiveFrom,
    as_user: AsUser,
    overlay: Annotated[Path | None, Option("--overlay", metavar="FILE")] = None,
    as_json: AsJson = False,
) -> int:
    """Put a fund under a measure from a day on."""
    day, text = day_of("--from", effective_from), overlay_text(overlay) if overlay else None
    measure = measure_from(pack, text)
    note("cli.unauthenticated")
    with Office() as office, office.desk() as session:
        code = office.the_fund(session, fund)
        person = actor(session, as_user, Role.CHECKER, code)
        funds.adopt_measure(session, FundMeasure(fund=code, effective_from=day, pack=pack, overlay=text), person.id)
    if as_json:
        print_json({"fund": code, "pack": pack, "effective_from": day, "digest": measure.digest})
    else:
        line(say("cli.fund.adopted", fund=code, pack=pack, on=day))
    return Exit.WELL
