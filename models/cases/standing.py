"""Where a case stands for whoever wants to act on it, from its rows: what the rules of ``rulebook.acts`` look at."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import TextClause, text
from sqlmodel import Session

from models.books.receipts import provisional_of
from models.cases.acts import settled_on
from models.cases.applications import Application
from models.cases.approvals import current_approval, promise_in_force
from models.cases.case_file import RenewalCase, bridge_of
from models.cases.dates import stated_of
from models.funds.calendar import calendar_around
from models.funds.funds import kept_measure, today_of
from models.papers.before_payment import SignedPapers, signed_papers
from rulebook.acts import (
    HEARD_UNTIL_DRAWN,
    CorrectionProposal,
    DateProposal,
    MeasureProposal,
    Proposal,
    RecoveryStanding,
    Standing,
    WriteOffProposal,
)
from rulebook.books.payments import BANKS_TIME_WORKDAYS
from rulebook.calendar import LAW_ZONE
from rulebook.cases import CaseFacts
from rulebook.events import EventKind
from rulebook.messages import ProposeCorrection, ProposeDate, ProposeMeasure, ProposeWriteOff, kinds_of
from rulebook.next_acts import CaseStanding
from rulebook.stages import ENDS, STAGES, ActKind, CaseStage, Kind
from rulebook.steps import INSTEAD_OF

_PAYMENT = text("""
    SELECT p.sent_by, p.by_hand, p.released_by, p.not_sent_by, CASE WHEN p.final_at IS NOT NULL THEN (
        SELECT (e.at AT TIME ZONE 'Asia/Shanghai')::date FROM event AS e JOIN officer_act AS a ON a.id = e.cause
        WHERE e.case_no = :case AND a.kind = 'release' ORDER BY e.serial DESC LIMIT 1
    ) END AS released_on, (
        SELECT actor_id FROM officer_act AS a
        WHERE a.case_no = :case AND a.kind = 'confirm_payment' AND a.state = 'accepted' AND a.decided_at > p.intended_at
        ORDER BY a.decided_at DESC LIMIT 1
    ) AS found_by
    FROM payment AS p WHERE p.case_no = :case AND p.state = 'sent'
""")
# The act that caused the last of some events: what it says, and who said it.
_LAST = text("""
    SELECT e.kind, e.detail, a.actor_id, a.actor_name, a.body
    FROM event AS e LEFT JOIN officer_act AS a ON a.id = e.cause
    WHERE e.case_no = :case AND e.kind = ANY(:kinds) ORDER BY e.serial DESC LIMIT 1
""")
_WAITS_FOR = text("SELECT kind FROM task WHERE case_no = :case AND done_at IS NULL")
_NAMES = text("SELECT id, name FROM person WHERE id = ANY(:ids)")


def standing_of(session: Session, case: RenewalCase) -> CaseStanding:
    """Where a case stands today, by the clock of its fund: the database's day, or the business day where that is later.

    What the borrower had of the fund when the case opened is in no row, so it stays unknown here; and the calendar is
    the one of today, while the story keeps the one that the case opened with.
    """
    stage = CaseStage(case.stage)
    look: Standing | RecoveryStanding | None = None
    today = today_of(session, case.fund)
    if stage is CaseStage.RECOVERY:
        look = _recovery(session, case, today)
    elif stage not in ENDS and case.measure_digest is not None:
        look = _before_recovery(session, case, case.measure_digest, today)
    heard = _heard_while_undrawn(session, case.case_no)
    return CaseStanding(stage=stage, while_undrawn=heard, rules_look_at=look, today=today)


def names_of(session: Session, people: Collection[str]) -> dict[str, str]:
    """Names of people by their ids."""
    return {row.id: row.name for row in session.connection().execute(_NAMES, {"ids": list(people)})}


def _before_recovery(session: Session, case: RenewalCase, measure_digest: str, today: date) -> Standing:
    facts = CaseFacts.model_validate(session.get_one(Application, case.case_no).facts)
    approval = current_approval(session, case.case_no)
    payment = _one(session, _PAYMENT, case=case.case_no)
    out = bridge_of(session, case, today)
    measure = kept_measure(session, measure_digest)
    disbursing = case.stage == CaseStage.DISBURSEMENT
    signed = signed_papers(session, case.case_no, measure) if disbursing else SignedPapers()
    calendar = calendar_around(session, facts.received_on, facts.loan.maturity)
    released_on = payment.released_on if payment else None
    return Standing(
        facts=facts,
        measure=measure,
        calendar=calendar,
        promise=promise_in_force(session, case.case_no),
        proposal=Proposal(approval.amount_fen, approval.maker, approval.terms_digest) if approval else None,
        checker=approval.checker or "" if approval else "",
        in_flight=payment is not None,
        by_hand=payment.by_hand if released_on else None,
        final_on=calendar.add_workdays(released_on, BANKS_TIME_WORKDAYS) if released_on else None,
        released_by=payment.released_by or "" if payment else "",
        sent_by=payment.sent_by or "" if payment else "",
        not_sent_by=payment.not_sent_by or "" if payment else "",
        bridge=out[0] if out else None,
        approved_on=_law_day(approval.approved_at) if approval else None,
        settled_on=settled_on(session, case.case_no),
        found_by=payment.found_by or "" if payment else "",
        measure_proposed=_measure_proposed(session, case.case_no),
        correction_proposed=_correction_proposed(session, case.case_no),
        unsigned=signed.missing,
        attached_by=signed.attached_by,
        provisional=provisional_of(session, case.fund, case.case_no),
        date_proposed=date_proposed_of(session, case.case_no),
        stated=stated_of(session, case, today) if ActKind.PROPOSE_DATE in STAGES[CaseStage(case.stage)].acts else None,
    )


def _law_day(at: datetime | None) -> date | None:
    return at.astimezone(LAW_ZONE).date() if at else None


def _recovery(session: Session, case: RenewalCase, today: date) -> RecoveryStanding:
    out = bridge_of(session, case, today)
    assert out is not None, "what is pursued has left"
    bridge, tariff = out
    given_up = write_off_proposed_of(session, case.case_no)
    return RecoveryStanding(
        bridge.outstanding_fen,
        bridge.owed_fen(today, tariff),
        given_up[0] if given_up else None,
        provisional_of(session, case.fund, case.case_no),
        date_proposed_of(session, case.case_no),
        stated_of(session, case, today),
    )


def _measure_proposed(session: Session, case_no: str) -> MeasureProposal | None:
    decided = (EventKind.MEASURE_CHANGED, EventKind.MEASURE_KEPT)
    last = _last(session, case_no, EventKind.MEASURE_PROPOSED, *decided)
    if last is None or last.kind in decided:
        return None
    return MeasureProposal(ProposeMeasure.model_validate(last.body).effective_from, last.actor_id)


def date_proposed_of(session: Session, case_no: str) -> DateProposal | None:
    """The recorded date that somebody proposes to correct, if any; it outlives the end of a case that is reopened."""
    last = _last(session, case_no, EventKind.DATE_PROPOSED, EventKind.DATE_CORRECTED)
    if last is None or last.kind == EventKind.DATE_CORRECTED:
        return None
    body = ProposeDate.model_validate(last.body)
    return DateProposal(body.correction, body.reason, last.actor_id, last.actor_name)


def _correction_proposed(session: Session, case_no: str) -> CorrectionProposal | None:
    last = _last(session, case_no, EventKind.CORRECTION_PROPOSED)
    return CorrectionProposal(ProposeCorrection.model_validate(last.body).application, last.actor_id) if last else None


def write_off_proposed_of(session: Session, case_no: str) -> tuple[WriteOffProposal, str] | None:
    """What is proposed to be given up, and why, if anything; where a case has ended since, that is decided."""
    last = _last(session, case_no, EventKind.WRITE_OFF_PROPOSED, EventKind.CLOSED, EventKind.WRITTEN_OFF)
    if last is None or last.kind != EventKind.WRITE_OFF_PROPOSED:
        return None
    body = ProposeWriteOff.model_validate(last.body)
    return WriteOffProposal(body.decision, body.amount_fen, last.actor_id), body.reason


def _heard_while_undrawn(session: Session, case_no: str) -> Collection[Kind] | None:
    """What is heard while papers cannot be drawn, by the event they belong to; None where none are waited for."""
    waits_for = session.connection().execute(_WAITS_FOR, {"case": case_no}).scalar()
    undrawn = _last(session, case_no, EventKind.PAPERS_NOT_DRAWN) if waits_for == ActKind.DRAW_AGAIN else None
    if undrawn is None:
        return None
    # A step that stays in its stage needs no mention: only papers before payment belong to one, and all hear the same.
    return kinds_of(HEARD_UNTIL_DRAWN[EventKind(undrawn.detail.get(INSTEAD_OF, EventKind.PAPERS_DRAWN_UP))])


def _last(session: Session, case_no: str, *kinds: EventKind) -> Any:
    """The last of some events with the act that caused it; None where there was none."""
    return _one(session, _LAST, case=case_no, kinds=[kind.value for kind in kinds])


def _one(session: Session, statement: TextClause, **params: object) -> Any:
    return session.connection().execute(statement, params).one_or_none()
