"""The daily round's first deed: each fund's business day follows the database's date in China."""

from sqlmodel import Session, select

from models.funds.funds import Fund, open_business_days


def open_due_days(session: Session) -> None:
    """Open what is due of every fund's business days; a clock that runs behind opens nothing."""
    for fund in session.exec(select(Fund).order_by(Fund.code)):
        open_business_days(session, fund.code)
