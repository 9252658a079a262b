"""The calendar of working days: what the table knows, and a new year's notice from its file."""

from pathlib import Path
from typing import Annotated

from typer import Option

from activities.law.calendars import read_notice
from activities.wording import plain
from models.cases.calendar_moves import MovedDays, moved, open_days, tell_open_cases
from models.funds.calendar import calendar_years, store_notice
from models.funds.people import the_person
from rulebook.errors import XuqiaoError
from runtime.cli.failures import Exit
from runtime.cli.law.asking import asked
from runtime.cli.office import Office
from runtime.cli.options import AsJson, AsUser, File
from runtime.cli.output import line, print_json, say, word
from runtime.cli.tables import table


def list_years(as_json: AsJson = False) -> int:
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


def import_notice(
    file: File, as_user: AsUser, correct: Annotated[bool, Option("--correct")] = False, as_json: AsJson = False
) -> int:
    with asked():
        notice = read_notice(str(file), _content(file))
    with Office() as office, office.begin() as session:
        by = the_person(session, as_user).name
        before = open_days(session)
        stored = store_notice(session, notice, correct=correct)
        touched = moved(before, open_days(session))
        tell_open_cases(session, ", ".join(notice.documents), by)
    open_cases = say("calendar.open_cases_take_it")
    if as_json:
        print_json({**plain(stored), "by": by, "open_cases": open_cases, "moved": [plain(each) for each in touched]})
        return Exit.WELL
    documents = ", ".join(stored.documents)
    line(say("calendar.imported", year=stored.year, documents=documents, version=stored.version, by=by))
    line(say("calendar.announced", announced=stored.announced, days=stored.days))
    for day in stored.changed:
        status = word("calendar.day", "worked" if day.works else "off")
        line("  " + say("calendar.changed", day=day.day, status=status, source=day.source))
    for each in touched:
        line("  " + _what_moves(each))
    line(open_cases)
    return Exit.WELL


def _what_moves(moves: MovedDays) -> str:
    """What becomes otherwise for one open case, whose own log says so too once it has heard of it."""
    case, was, now = moves.now.case_no, moves.before, moves.now
    told = []
    if was.release_day != now.release_day:
        told.append(
            say("calendar.release_moves", case=case, maturity=now.maturity, before=was.release_day, now=now.release_day)
        )
    if was.due_works and not now.due_works:
        told.append(say("calendar.due_on_day_off", case=case, due=now.due))
    return say("cli.semicolon").join(told) or say("calendar.due_on_workday", case=case, due=now.due)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise XuqiaoError("calendar.notice_unreadable", file=file, reason=error) from None
