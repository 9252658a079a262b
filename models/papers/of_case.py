"""What a case's papers must say, asked without loading the tables that it stands in."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

_SAID = text("""
    SELECT a.applicant_name, l.uscc, l.bank_name, l.note, l.maturity,
        coalesce(ARRAY[b.name] || b.aliases || b.branches, '{}') || ARRAY(
            SELECT name FROM fund_change AS f CROSS JOIN LATERAL (
                SELECT f.content ->> 'name' UNION ALL SELECT jsonb_array_elements_text(f.content -> 'aliases')
                UNION ALL SELECT jsonb_array_elements_text(f.content -> 'branches')) AS called (name)
            WHERE f.fund = a.fund AND f.kind = 'set_bank' AND f.state = 'approved' AND f.content ->> 'code' = l.bank)
    FROM application AS a JOIN loan AS l ON l.id = a.loan
        LEFT JOIN partner_bank AS b ON b.fund = a.fund AND b.code = l.bank
    WHERE a.case_no = :case
""")


class SaidByCase(NamedTuple):
    """Who borrows of whom, on which LoanNote, until when.

    ``names_of_bank``: those that the bank has in the register, or ever had there.
    """

    borrower_name: str
    borrower_uscc: str
    bank_name: str
    loan_note: str
    maturity: date
    names_of_bank: list[str]


def said_by_case(session: Session, case_no: str) -> SaidByCase:
    """What an application says of its parties and its loan."""
    return SaidByCase(*session.connection().execute(_SAID, {"case": case_no}).one())
