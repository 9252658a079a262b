"""Which open cases a changed calendar touches: the day their money leaves, and the day their task is due."""

from datetime import date
from typing import Any

from sqlalchemy import Row, text
from sqlmodel import Session

from models.funds.calendar import calendar_around
from models.outbox import DeliveryKind, send
from rulebook.calendar import LAW_ZONE, WorkCalendar
from rulebook.stages import ENDS
from rulebook.steps import CALENDAR_CHANGED, CalendarChanged
from rulebook.values import Value

_OPEN = text("""
    SELECT c.case_no, c.fund, c.paid_on, l.maturity, t.kind AS awaits, t.due
    FROM renewal_case AS c
    JOIN loan AS l ON l.id = c.loan
    LEFT JOIN task AS t ON t.case_no = c.case_no AND t.done_at IS NULL
    WHERE c.stage <> ALL(:ends)
    ORDER BY c.case_no
""")


class OpenDays(Value):
    """Days of an open case that hang on the calendar.

    Attributes:
        release_day: the last working day before the maturity; None once the money is out.
        due: the law's day on which the open task is due.
        due_works: whether that day is worked.
    """

    case_no: str
    fund: str
    maturity: date
    release_day: date | None
    awaits: str | None
    due: date | None
    due_works: bool


class MovedDays(Value):
    """What a notice changes for one open case, which moves its own deadlines by it once it hears of it."""

    before: OpenDays
    now: OpenDays


def open_days(session: Session) -> dict[str, OpenDays]:
    """The days of all open cases by the calendar as it stands, by case number."""
    rows = session.connection().execute(_OPEN, {"ends": [stage.value for stage in ENDS]}).all()
    if not rows:
        return {}
    dues = [row.due.astimezone(LAW_ZONE).date() for row in rows if row.due]
    days = [row.maturity for row in rows] + dues
    calendar = calendar_around(session, min(days), max(days))
    return {row.case_no: _days_of(row, calendar) for row in rows}


def _days_of(row: Row[Any], calendar: WorkCalendar) -> OpenDays:
    due = row.due.astimezone(LAW_ZONE).date() if row.due else None
    return OpenDays(
        case_no=row.case_no,
        fund=row.fund,
        maturity=row.maturity,
        release_day=None if row.paid_on else calendar.workday_before(row.maturity),
        awaits=row.awaits,
        due=due,
        due_works=due is None or calendar.is_workday(due),
    )


def tell_open_cases(session: Session, because: str, by: str) -> None:
    """Tell every open case, in the transaction that changed the calendar; where nothing moves it stays as it is.

    Args:
        because: whose word the change is.
        by: the name of who brought it in; a case's log says both.
    """
    changed = CalendarChanged(because=f"{because}（{by}）").model_dump(mode="json")
    for row in session.connection().execute(_OPEN, {"ends": [stage.value for stage in ENDS]}).all():
        send(session, row.case_no, DeliveryKind.SIGNAL, changed, signal=CALENDAR_CHANGED)


def moved(before: dict[str, OpenDays], now: dict[str, OpenDays]) -> tuple[MovedDays, ...]:
    """The open cases whose days are others than before."""
    return tuple(
        MovedDays(before=days, now=now[case]) for case, days in before.items() if case in now and now[case] != days
    )
