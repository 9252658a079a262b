"""A pursuit that begins from the file and the books, where no story of the case can hand it over."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from activities.books.standing import tell_case
from models.books import ledger
from models.books.receipts import provisional_of
from models.cases.case_file import RenewalCase, bridge_of, commit_step, reopen, the_case
from models.cases.standing import date_proposed_of, write_off_proposed_of
from models.funds.calendar import calendar_around
from models.funds.funds import business_date, kept_measure
from models.outbox import DeliveryKind, send
from rulebook.cases import recovery_id
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.messages import Actor
from rulebook.money import format_yuan
from rulebook.stages import ENDS, REOPENED, ActKind, CaseStage
from rulebook.steps import Step

_QUEUES = text("SELECT payload ->> 'queues' FROM outbox WHERE case_no = :case AND errand = 'start' ORDER BY id LIMIT 1")


def pursue(session: Session, case: RenewalCase, step: Step, reason: str) -> None:
    """Commit the step that hands the money to recovery; the relay starts the pursuit with what the books say is out.

    Args:
        reason: why, as the case keeps it.
    Raises:
        XuqiaoError: ``trouble.no_history`` where no money of the case was ever out.
    """
    on = business_date(session, case.fund)
    out = bridge_of(session, case, on)
    if out is None or case.paid_on is None or case.measure_digest is None:
        raise XuqiaoError("trouble.no_history", case=case.case_no)
    start = {
        "case_no": case.case_no,
        "fund": case.fund,
        "queues": session.connection().execute(_QUEUES, {"case": case.case_no}).scalar_one(),
        "bridge": out[0].model_dump(mode="json"),
        "measure": kept_measure(session, case.measure_digest).model_dump(mode="json"),
        "calendar": calendar_around(session, case.paid_on, on).model_dump(mode="json"),
        "provisional": [each.model_dump(mode="json") for each in provisional_of(session, case.fund, case.case_no)],
        **_waiting_for_a_second_person(session, case.case_no),
    }
    write = reopen if CaseStage(case.stage) in ENDS else commit_step
    if write(session, step, workflow_id=recovery_id(case.fund, case.case_no), end_reason=reason):
        send(session, case.case_no, DeliveryKind.PURSUE, start)


def _waiting_for_a_second_person(session: Session, case_no: str) -> dict[str, Any]:
    """What one person has proposed and the pages show as waiting: the pursuit must know it, too."""
    given_up, dated = write_off_proposed_of(session, case_no), date_proposed_of(session, case_no)
    waiting: dict[str, Any] = {}
    if given_up:
        waiting |= {"write_off": asdict(given_up[0]), "write_off_reason": given_up[1]}
    if dated:
        waiting["date_proposed"] = asdict(dated) | {"correction": dated.correction.model_dump(mode="json")}
    return waiting


def money_taken_back(session: Session, case_no: str, voucher: int, reason: str, by: Actor) -> None:
    """What a reversal changed reaches the case: one at work is told; of one that had ended the money is pursued.

    A close is conditional on the money: its certificate holds no longer, and what comes in late is booked to the case.

    Args:
        voucher: the reversal's.
        reason: as its maker gave it.
        by: who allowed it.
    """
    case = the_case(session, case_no)
    stage = CaseStage(case.stage)
    if stage not in ENDS:
        tell_case(session, case_no, f"reversal {voucher}")
        return
    pursue_if_owed(session, case, f"reversal/{voucher}", reason, by, voucher=str(voucher))


def pursue_if_owed(
    session: Session, case: RenewalCase, cause: str, reason: str, by: Actor | None = None, **more: str
) -> None:
    """Reopen a case that has ended where the books say that something is owed again; else leave it as it is.

    Args:
        cause: of the step, once for each reason to look.
        more: what its sentence says besides.
    """
    owed = _owed_fen(session, case)
    if CaseStage(case.stage) not in REOPENED or not owed:
        return
    step = Step(
        case_no=case.case_no,
        fund=case.fund,
        cause=cause,
        at=datetime.now(UTC),
        event=EventKind.RETURN_REVERSED,
        stage=CaseStage.RECOVERY,
        awaits=ActKind.CONCLUDE_RECOVERY,
        due=look_again(session, case),
        actor=by,
        detail={"owed": format_yuan(owed), "reason": reason, **more},
    )
    pursue(session, case, step, reason)


def look_again(session: Session, case: RenewalCase) -> datetime:
    """When somebody must have looked after the money: as a story reckons it."""
    assert case.measure_digest is not None, "a case whose money was out has its measure"
    measure, on = kept_measure(session, case.measure_digest), business_date(session, case.fund)
    calendar = calendar_around(session, on, on)
    return calendar.moment(calendar.add_workdays(on, max(1, measure.deadlines.referral)), measure.cut_off)


def _owed_fen(session: Session, case: RenewalCase) -> int:
    """What is owed again by the books, in fen; of a bridge given up only what its reversal made owed again."""
    outstanding = ledger.position(session, case.fund, case.case_no).outstanding_fen
    if outstanding or case.stage == CaseStage.WRITTEN_OFF:
        return outstanding
    on = business_date(session, case.fund)
    out = bridge_of(session, case, on)
    return out[0].owed_fen(on, out[1]) if out else 0
