"""What a borrower already has of its fund: other bridges of the same firm, by its 统一社会信用代码."""

from sqlalchemy import text
from sqlmodel import Session

from models.cases.applications import Application
from rulebook.cases import Exposure, ExposureFacts
from rulebook.stages import OWED_NO_MORE

_OTHERS = text("""
    SELECT
        coalesce(sum(coalesce(c.amount_fen, (a.facts ->> 'asked_fen')::bigint)) FILTER (
            WHERE c.stage <> ALL(:ends) AND (c.paid_on IS NOT NULL OR (a.filed_at, a.case_no) < (:filed_at, :case_no))
        ), 0) AS out_fen,
        coalesce(sum(c.amount_fen) FILTER (WHERE extract(year FROM c.paid_on) = :year), 0) AS year_fen,
        max(c.returned_on) AS last_returned_on
    FROM application AS a JOIN renewal_case AS c ON c.case_no = a.case_no
    WHERE a.fund = :fund AND a.uscc = :uscc AND a.case_no <> :case_no
""")


def exposure_of(session: Session, application: Application) -> ExposureFacts:
    """What the firm of an application already has of the fund.

    Applications of the firm that came earlier count with what they ask for as long as they are open, so that of two at
    the same time the later one sees the earlier; a bridge that was written off counts for ever. Whom the
    firm belongs to is not on record: controller and group stay unknown, and a measure that limits them refers the case
    to a human.
    """
    row = (
        session.connection()
        .execute(
            _OTHERS,
            {
                "case_no": application.case_no,
                "fund": application.fund,
                "uscc": application.uscc,
                "filed_at": application.filed_at,
                "year": application.received_on.year,
                "ends": [stage.value for stage in OWED_NO_MORE],
            },
        )
        .one()
    )
    firm = Exposure(out_fen=int(row.out_fen), year_fen=int(row.year_fen))
    return ExposureFacts(firm=firm, last_returned_on=row.last_returned_on)
