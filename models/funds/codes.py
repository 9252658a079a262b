"""Which funds there are, asked without loading what is known of them."""

from sqlalchemy import text
from sqlmodel import Session

_CODES = text("SELECT code FROM fund ORDER BY code")


def fund_codes(session: Session) -> list[str]:
    """The codes of all funds, in order."""
    return list(session.connection().scalars(_CODES))
