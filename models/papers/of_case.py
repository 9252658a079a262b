"""What a case's papers must say, asked without loading the tables that it stands in."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

_SAID = text("""
    SELECT a.applicant_name, l.uscc, l.bank_name, l.note, l.maturity,
        coalesce(ARRAY[b.name] || b.aliases || b.branches, '{}')
    FROM application AS a JOIN loan AS l ON l.id = a.loan
        LEFT JOIN partner_bank AS b ON b.fund = a.fund AND b.code = l.bank
    WHERE a.case_no = :case
""")


class SaidByCase(NamedTuple):
    """Who borrows of whom, on which LoanNote, until when; ``names_of_bank``: in the register, where it stands there."""

    borrower_name: str
    borrower_uscc: str
    bank_name: str
    loan_note: str
    maturity: date
    names_of_bank: list[str]


def said_by_case(session: Session, case_no: str) -> SaidByCase:
    """What an application says of its parties and its loan."""
    return SaidByCase(*session.connection().execute(_SAID, {"case": case_no}).one())
