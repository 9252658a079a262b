"""Whether a fund's circuit breaker is open, by the measure it is under today."""

from sqlmodel import Session

from activities.law.measures import measure_from
from models.books import ledger
from models.funds.funds import latest_business_date, measure_in_force
from models.funds.overdue import overdue_fen
from rulebook.books.breaker import Breaker
from rulebook.law.measure import Measure


def fund_measure(session: Session, fund: str) -> Measure:
    """The measure that a fund is under on its business day.

    Raises:
        XuqiaoError: ``fund.no_measure``, ``fund.no_business_day``.
    """
    law = measure_in_force(session, fund, latest_business_date(session, fund))
    return measure_from(law.pack, law.overlay)


def breaker_of(session: Session, fund: str) -> Breaker | None:
    """How much of the fund is overdue against the share of its measure; None where the measure stops nothing.

    The fund's measure decides, not that of a single case: what stops is the fund's business as a whole.
    """
    limit = fund_measure(session, fund).fund.stop_at_overdue.value
    if limit is None:
        return None
    overdue = overdue_fen(session, fund, latest_business_date(session, fund))
    return Breaker(overdue_fen=overdue, total_fen=ledger.pool(session, fund).total_fen, limit_ppm=limit)
