"""The daily round's first deed in production: each fund's business day follows the database's date in China."""

from sqlalchemy import text
from sqlmodel import Session, select

from models.funds.funds import Fund, open_business_day

_NOW = text("SELECT now(), (now() AT TIME ZONE 'Asia/Shanghai')::date")


def open_due_days(session: Session) -> None:
    """Open today's business day for every fund; a clock that runs behind opens nothing, since days only go forward."""
    at, today = session.connection().execute(_NOW).one()
    for fund in session.exec(select(Fund)):
        open_business_day(session, fund.code, today, at)
