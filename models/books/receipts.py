"""What came in for a case and what each of it stands on: a line of the statement, another person, or a notice alone."""

from collections.abc import Collection

from sqlalchemy import text
from sqlmodel import Session

from rulebook.books.provisional import ProvisionalReceipt, ReceiptBasis

# A line is that of a reference by its name, by what was found to belong together, or written otherwise. What came by
# way of money that was nobody's yet stands on its line from the first. Who told of it bears nothing out.
_BASES = text("""
    WITH came AS (
        SELECT j.book, j.case_no, coalesce(j.reference, d.dimension) AS reference, min(j.seq) AS seq,
               min(j.accounting_date) AS booked_on, sum(p.amount_fen)::bigint AS amount_fen, min(j.evidence) AS evidence
        FROM ledger.journal AS j
        JOIN ledger.posting AS p USING (book, seq)
        JOIN ledger.account AS d ON d.id = p.debit
        JOIN ledger.account AS c ON c.id = p.credit
        WHERE j.book = :fund AND (CAST(:case AS text) IS NULL OR j.case_no = :case)
          AND j.kind IN ('receive', 'match', 'guarantor_in')
          AND c.subject IN ('bridge_receivable', 'fee_income', 'refund_due')
          AND NOT EXISTS (SELECT FROM ledger.journal AS r WHERE r.book = j.book AND r.reverses = j.seq)
        GROUP BY j.book, j.case_no, coalesce(j.reference, d.dimension)
    )
    SELECT came.reference, came.amount_fen, came.booked_on, l.booked_on AS line_on, l.file_row AS line_row,
           CASE WHEN suspended.is THEN came.amount_fen ELSE l.amount_fen END AS line_fen,
           a.actor_name AS confirmed_by, (a.occurred_at AT TIME ZONE 'Asia/Shanghai')::date AS confirmed_on,
           a.body ->> 'seen' AS seen,
           array_remove(ARRAY[m.actor_id, m.recorded_by, m.verified_by], NULL) AS told_by
    FROM came
    LEFT JOIN LATERAL (
        SELECT s.* FROM statement_line AS s
        WHERE s.fund = came.book AND s.name IN (
            SELECT w.line FROM statement_pair AS w WHERE w.fund = came.book AND w.movement = came.reference
            UNION ALL
            SELECT f.name FROM statement_line AS f
            WHERE f.fund = came.book AND ledger.folded(f.name) = ledger.folded(came.reference))
        ORDER BY s.name = came.reference DESC, s.serial LIMIT 1
    ) AS l ON true
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM ledger.journal AS u
            WHERE u.book = came.book AND u.kind = 'unmatched' AND u.reference = came.reference) AS is
    ) AS suspended
    LEFT JOIN LATERAL (
        SELECT o.* FROM officer_act AS o
        WHERE o.case_no = came.case_no AND o.kind = 'confirm_receipt' AND o.state = 'accepted'
          AND o.body ->> 'reference' = came.reference
        ORDER BY o.decided_at LIMIT 1
    ) AS a ON true
    LEFT JOIN bank_message AS m ON m.id = came.evidence
    ORDER BY came.seq
""")
_TOLD_OF = text("""
    SELECT DISTINCT j.case_no FROM ledger.journal AS j JOIN renewal_case AS c USING (case_no)
    WHERE j.book = :fund AND j.kind IN ('receive', 'guarantor_in') AND c.stage <> ALL(:ends)
      AND (j.reference = ANY(:movements) OR ledger.folded(j.reference) IN (
          SELECT ledger.folded(name) FROM unnest(CAST(:lines AS text[])) AS name))
    ORDER BY j.case_no
""")


def bases_of(session: Session, fund: str, case_no: str | None) -> tuple[ReceiptBasis, ...]:
    """What each receipt of a case, or of all, stands on, in the order of their vouchers, without those taken back."""
    rows = session.connection().execute(_BASES, {"fund": fund, "case": case_no}).mappings()
    return tuple(ReceiptBasis.model_validate({**row, "told_by": tuple(row["told_by"])}) for row in rows)


def provisional_of(session: Session, fund: str, case_no: str | None) -> tuple[ProvisionalReceipt, ...]:
    """Of them, those that nothing bears out yet."""
    return tuple(
        ProvisionalReceipt.model_validate(each.model_dump(include=set(ProvisionalReceipt.model_fields)))
        for each in bases_of(session, fund, case_no)
        if each.is_provisional
    )


def cases_of_lines(
    session: Session, fund: str, lines: Collection[str], movements: Collection[str], ends: Collection[str]
) -> list[str]:
    """The cases at work whose receipts some lines may bear out.

    Args:
        lines: names of lines that are new.
        movements: references of the books for which a line was found.
        ends: stages in which a case waits for nothing.
    """
    asked = {"fund": fund, "lines": list(lines), "movements": list(movements), "ends": list(ends)}
    return list(session.connection().execute(_TOLD_OF, asked).scalars())
