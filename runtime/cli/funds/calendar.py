"""The calendar of working days: what the table knows, and a new year's notice from its file."""

from typing import Annotated

from typer import Option, Typer

from runtime.cli.failures import Exit
from runtime.cli.manual import Command, Group
from runtime.cli.options import AsJson, File

app = Typer(cls=Group, no_args_is_help=True, add_completion=False)


@app.command("list", cls=Command)
def list_years(as_json: AsJson = False) -> int:
    from models.funds.calendar import calendar_years
    from runtime.cli.office import Office
    from runtime.cli.output import print_json, table, word

    with Office() as office, office.begin() as session:
        found = calendar_years(session)
    if as_json:
        print_json(found)
        return Exit.WELL
    table(
        ("year", "status", "notice", "weekdays_off", "weekend_worked", "version"),
        (
            (
                each.year,
                word("calendar.status", each.status),
                ", ".join(each.sources),
                each.weekdays_off,
                each.weekend_worked,
                each.version,
            )
            for each in found
        ),
        right=("weekdays_off", "weekend_worked"),
    )
    return Exit.WELL


@app.command("import", cls=Command)
def import_notice(file: File, correct: Annotated[bool, Option("--correct")] = False, as_json: AsJson = False) -> int:
    from activities.law.calendars import read_notice
    from models.funds.calendar import store_notice
    from runtime.cli.law.pack import asked
    from runtime.cli.office import Office
    from runtime.cli.output import line, plain, print_json, say, word

    with asked():
        notice = read_notice(file)
    with Office() as office, office.begin() as session:
        stored = store_notice(session, notice, correct=correct)
    open_cases = say("calendar.open_cases_keep_theirs")
    if as_json:
        print_json({**plain(stored), "open_cases": open_cases})
        return Exit.WELL
    line(say("calendar.imported", year=stored.year, documents=", ".join(stored.documents), version=stored.version))
    line(say("calendar.announced", announced=stored.announced, days=stored.days))
    for day in stored.changed:
        status = word("calendar.day", "worked" if day.works else "off")
        line("  " + say("calendar.changed", day=day.day, status=status, source=day.source))
    line(open_cases)
    return Exit.WELL
