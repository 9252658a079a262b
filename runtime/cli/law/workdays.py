"""``xuqiao workdays``: a day, so many working days on."""

from typing import Annotated

from typer import Option

from activities.law.calendars import shipped_calendar
from runtime.cli.failures import Exit
from runtime.cli.law.asking import asked, count_of
from runtime.cli.options import AsJson
from runtime.cli.output import line, print_json, say
from runtime.cli.values import day_of


@asked()
def workdays(
    from_day: Annotated[str, Option("--from", metavar="DATE")],
    add: Annotated[str, Option("--add", metavar="N")],
    bare: Annotated[bool, Option("--bare")] = False,
    as_json: AsJson = False,
) -> int:
    start, count = day_of("--from", from_day), count_of("--add", add)
    calendar = shipped_calendar()
    calendar.is_workday(start)  # a day outside the calendar is refused before anything is counted from it
    end = calendar.deadline(start, count)
    status = "provisional" if end.provisional else "official"
    if as_json:
        print_json({"date": end.on, "calendar": calendar.version, "status": status})
    elif bare:
        line(str(end.on))
    else:
        line(say(f"law.workdays.{status}", start=start, count=count, day=end.on, through=calendar.official_through))
    return Exit.WELL
