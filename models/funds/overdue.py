"""What is overdue in a fund: principal that is out past its due day, or pursued."""

from datetime import date
from functools import cache

from sqlalchemy import text
from sqlmodel import Session

from models.funds.calendar import calendar_around
from models.funds.funds import kept_measure
from rulebook.calendar import WorkCalendar
from rulebook.law.measure import Measure
from rulebook.stages import CaseStage

_OUT = text("""
    SELECT c.stage, c.paid_on, c.measure_digest, b.debit_fen - b.credit_fen AS out_fen
    FROM ledger.account AS a
    JOIN ledger.balance AS b ON b.account = a.id
    JOIN renewal_case AS c ON c.case_no = a.dimension
    WHERE a.book = :fund AND a.subject = 'bridge_receivable' AND b.debit_fen > b.credit_fen
    ORDER BY c.case_no
""")


def overdue_fen(session: Session, fund: str, on: date) -> int:
    """Principal that should be back and is not, in fen.

    Each case is measured by the measure it was judged under; one in recovery is overdue whatever its day.

    Args:
        on: the fund's business day; money is overdue from the day after its due day.
    """

    @cache
    def measure_of(digest: str) -> Measure:
        return kept_measure(session, digest)

    @cache
    def calendar_of(paid_on: date) -> WorkCalendar:
        return calendar_around(session, paid_on, on)

    def is_overdue(stage: str, paid_on: date | None, digest: str | None) -> bool:
        if stage == CaseStage.RECOVERY:
            return True
        return bool(paid_on and digest and measure_of(digest).due_on(paid_on, calendar_of(paid_on)) < on)

    rows = session.connection().execute(_OUT, {"fund": fund}).all()
    return sum(int(row.out_fen) for row in rows if is_overdue(row.stage, row.paid_on, row.measure_digest))
