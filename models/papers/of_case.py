"""What a case's papers must say, asked without loading the tables that it stands in."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

_SAID = text("""
    SELECT a.applicant_name, l.uscc, l.bank_name, l.note, l.maturity
    FROM application AS a JOIN loan AS l ON l.id = a.loan WHERE a.case_no = :case
""")


class SaidByCase(NamedTuple):
    """Who borrows of whom, on which LoanNote, until when."""

    borrower_name: str
    borrower_uscc: str
    bank_name: str
    loan_note: str
    maturity: date


def said_by_case(session: Session, case_no: str) -> SaidByCase:
    """What an application says of its parties and its loan."""
    return SaidByCase(*session.connection().execute(_SAID, {"case": case_no}).one())
