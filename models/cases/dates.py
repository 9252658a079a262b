"""The dates that people and banks have said in a case, as they stand now: with what was corrected."""

from collections import defaultdict
from datetime import date
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlmodel import Session

from models.books.receipts import bases_of
from models.cases.acts import CORRECTED, known_days
from models.cases.approvals import current_approval
from models.cases.case_file import RenewalCase, bridge_of
from rulebook.calendar import LAW_ZONE
from rulebook.calendars.corrected import DatedBody, Stated, StatedDates
from rulebook.messages import Dated

# What was said last counts, of receipts all.
_SAID = text(f"""
    SELECT id, kind, body, {CORRECTED} AS corrected FROM (
        SELECT DISTINCT ON (kind, CASE kind WHEN 'receipt' THEN id END) id, case_no, kind, body, decided_at
        FROM (
            SELECT id, case_no, kind, body, decided_at, state FROM officer_act
            UNION ALL
            SELECT id, case_no, kind, body, decided_at, state FROM bank_message
        ) AS all_said
        WHERE case_no = :case AND kind = ANY(:kinds) AND state = 'accepted'
        ORDER BY kind, CASE kind WHEN 'receipt' THEN id END, decided_at DESC
    ) AS said
    ORDER BY decided_at
""")
# A line of a receipt that was taken back is no part of it any more.
_BOOKED = text("""
    SELECT DISTINCT j.evidence AS message, j.seq, coalesce(j.reference, d.dimension) AS reference
    FROM ledger.journal AS j
    JOIN ledger.posting AS p USING (book, seq)
    JOIN ledger.account AS d ON d.id = p.debit
    JOIN ledger.account AS c ON c.id = p.credit
    WHERE j.book = :fund AND j.case_no = :case AND j.kind IN ('receive', 'match', 'guarantor_in')
      AND c.subject IN ('bridge_receivable', 'fee_income', 'refund_due')
      AND NOT EXISTS (SELECT FROM ledger.journal AS r WHERE r.book = j.book AND r.reverses = j.seq)
    ORDER BY j.seq
""")
_BODY: TypeAdapter[DatedBody] = TypeAdapter(DatedBody)


def stated_of(session: Session, case: RenewalCase, today: date) -> StatedDates:
    """All dates of a case that can be corrected, and what hangs on them."""
    found = session.connection().execute(_SAID, {"case": case.case_no, "kinds": list(Dated)}).all()
    booked: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in session.connection().execute(_BOOKED, {"fund": case.fund, "case": case.case_no}):
        booked[row.message][row.reference].append(row.seq)
    bases = bases_of(session, case.fund, case.case_no)
    shown = {each.reference: each.line_on for each in bases if each.line_on}
    approval, out = current_approval(session, case.case_no), bridge_of(session, case, today)
    approved_at = approval.approved_at if approval else None
    known = known_days(session, case.case_no)._replace(
        approved=approved_at.astimezone(LAW_ZONE).date() if approved_at else None
    )
    stated = [_receipt(row, booked[row.id], shown) if row.kind == Dated.RECEIPT else _stated(row) for row in found]
    return StatedDates(
        dates=tuple(sorted((each for each in stated if each), key=lambda each: min(each.vouchers, default=0))),
        known=known,
        bridge=out[0].model_copy(update={"returns": (), "fee_received_fen": 0}) if out else None,
        tariff=out[1] if out else None,
    )


def _stated(row: Any) -> Stated:
    said = Stated(row.id, _BODY.validate_python(row.body))
    return said.moved_to(row.corrected) if row.corrected else said


def _receipt(row: Any, vouchers: dict[str, list[int]], shown: dict[str, date]) -> Stated | None:
    """A receipt as far as it stands in the books; None where nothing of it does."""
    lines = [line for line in row.body["lines"] if line["reference"] in vouchers]
    if not lines:
        return None
    said = Stated(
        row.id,
        _BODY.validate_python({**row.body, "lines": lines}),
        line_days=tuple(sorted({shown[line["reference"]] for line in lines if line["reference"] in shown})),
        vouchers=tuple(sorted({number for numbers in vouchers.values() for number in numbers})),
    )
    return said.moved_to(row.corrected) if row.corrected else said
