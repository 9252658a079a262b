"""The money in the books: what is reserved, queued for, given back and returned, in one transaction with its step."""

from datetime import date

from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session
from temporalio import activity

from activities.books.breaker import breaker_of
from activities.contracts import (
    ApproveAndReserve,
    Booking,
    BookReturn,
    EndCase,
    PutCaseFirst,
    Reservation,
    WriteOff,
)
from activities.store import SYSTEM, Begin
from models.books import ledger, statements
from models.books.receipts import provisional_of
from models.cases import approvals
from models.cases.case_file import commit_step, event_kind, the_case, the_event
from models.cases.payments import PaymentState, payments_of
from models.funds import queue
from models.funds.funds import business_date
from models.funds.queue import QueuePlace
from models.outbox import DeliveryKind, send
from rulebook.books import postings
from rulebook.books.postings_of_the_year import Record, guarantor_in, guarantor_match, match, write_off
from rulebook.books.write_offs import approval_key
from rulebook.bridges import Part
from rulebook.calendar import LAW_ZONE
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.money import format_yuan
from rulebook.stages import ENDS, CaseStage
from rulebook.steps import POOL_GRANTED, PoolGranted, Step


class Books:
    """Activities that set the pool's money aside, book what comes back, and give up what does not."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    @activity.defn
    def put_first(self, request: PutCaseFirst) -> None:
        """A person puts a case before all others that wait; what fits the new head is granted at once."""
        step = request.step
        assert step.actor is not None, "somebody puts it first"
        with self._begin() as session:
            lock_pool(session, step.fund)
            if commit_step(session, step):
                reason = step.detail.get("reason", "")
                queue.put_first(session, step.case_no, request.attempt, step.actor.id, reason, step.at)
                grant_places(session, step.fund)

    @activity.defn
    def approve_and_reserve(self, request: ApproveAndReserve) -> Reservation:
        """The checker's name, and the money: everyone goes through the queue, most without waiting in it."""
        step = request.step
        assert step.actor is not None, "an approval has a checker"
        with self._begin() as session:
            lock_pool(session, step.fund)
            if before := event_kind(session, step.case_no, step.cause):
                served = before is EventKind.APPROVED_AND_RESERVED or queue.is_granted(
                    session, step.case_no, request.attempt
                )
                return Reservation(granted=served)
            if session.get(QueuePlace, (step.case_no, request.attempt)) is not None:
                return _approved_before(session, request)
            place = QueuePlace(
                case_no=step.case_no,
                attempt=request.attempt,
                fund=step.fund,
                amount_fen=request.amount_fen,
                terms_digest=request.terms_digest,
                rank=request.rank,
                reason=request.rank_reason,
                overtaking=request.overtaking,
                approved_by=step.actor.id,
                queued_at=step.at,
            )
            session.add(place)
            session.flush()
            granted = grant_places(session, step.fund, newcomer=place)
            approvals.approve(session, step.case_no, request.attempt, step.actor.id, request.terms_digest, step.at)
            left = step if granted else _with_breaker(session, request.step_if_short)
            commit_step(session, left, amount_fen=request.amount_fen)
        return Reservation(granted=granted)

    @activity.defn
    def book_return(self, request: BookReturn) -> Booking:
        """Money is back in the ring-fenced account; what it frees goes to the head of the queue.

        One line of the statement is booked once in a fund, for whichever case it was told first.
        """
        step = request.step
        with self._begin() as session:
            lock_pool(session, step.fund)
            part = None
            try:
                with session.begin_nested():
                    if not commit_step(session, step):
                        return Booking(provisional=provisional_of(session, step.fund, step.case_no))
                    for part in request.parts:
                        ledger.post_anew(session, _receipt(session, step, part))
            except XuqiaoError as refusal:
                if part and refusal.code == "ledger.reference_used":
                    return Booking(booked_before=part.reference)
                if part and refusal.code == "statement.more_than_left":
                    return Booking(beyond_line=part.reference)
                raise
            grant_places(session, step.fund)
            return Booking(provisional=provisional_of(session, step.fund, step.case_no))

    @activity.defn
    def write_off(self, request: WriteOff) -> None:
        """A pursued bridge is given up: the loss and the case's end are one transaction.

        The books consume the approval that the desk puts in after the checker's act; until it is there, nothing of this
        is written, and the attempt is repeated. What is written off is no longer overdue: the queue may go on.
        """
        step = request.step
        with self._begin() as session:
            lock_pool(session, step.fund)
            if not commit_step(session, step, end_reason=step.detail.get("reason")):
                return
            on = business_date(session, step.fund)
            record = Record(fund=step.fund, on=on, actor_id=request.approved_by, evidence=request.evidence)
            approval = approval_key(step.fund, step.case_no, request.decision)
            loss = write_off(record, step.case_no, request.amount_fen, approval=approval, decision=request.decision)
            ledger.post_anew(session, loss)
            grant_places(session, step.fund)

    @activity.defn
    def end_case(self, request: EndCase) -> None:
        """The case ends before money went out."""
        with self._begin() as session:
            end(session, request.step, request.attempt)


def _receipt(session: Session, step: Step, part: Part) -> postings.LedgerRequest:
    """What came in for a case; the statement may have brought it before, and then it waits in 待确认来款."""
    on, division = business_date(session, step.fund), part.division
    record = Record(fund=step.fund, on=on, actor_id=_who(step), evidence=step.cause)
    suspended = statements.suspended_fen(session, step.fund, part.reference)
    if suspended is None and part.guarantor:
        return guarantor_in(record, step.case_no, **division.model_dump(), reference=part.reference)
    if suspended is None:
        return postings.receive(
            step.fund,
            step.case_no,
            "return",
            **division.model_dump(),
            reference=part.reference,
            on=on,
            actor_id=_who(step),
            evidence=step.cause,
        )
    asked = division.principal_fen + division.fee_fen + division.excess_fen
    if not suspended:
        raise XuqiaoError("ledger.reference_used", reference=part.reference, kind="match")
    if asked > suspended:
        amounts = {"asked": format_yuan(asked, grouped=True), "left": format_yuan(suspended, grouped=True)}
        raise XuqiaoError("statement.more_than_left", line=part.reference, **amounts)
    found = guarantor_match if part.guarantor else match
    return found(record, step.case_no, part.reference, **division.model_dump())


def _approved_before(session: Session, request: ApproveAndReserve) -> Reservation:
    """A story that was set back approves once more what stands approved: its place and its money are as they were."""
    step = request.step
    served = queue.is_granted(session, step.case_no, request.attempt)
    commit_step(session, step if served else request.step_if_short, amount_fen=request.amount_fen)
    return Reservation(granted=served)


def end(session: Session, step: Step, attempt: int | None, **projected: object) -> None:
    """End a case; what was held for it goes back to the pool, and on to the queue.

    The money decides, not the stage that a story believes in: a story that was set back may know nothing of a payment.
    A case that has ended in the file stays as it ended.

    Raises:
        XuqiaoError: ``case.money_out``.
    """
    lock_pool(session, step.fund)
    if CaseStage(the_case(session, step.case_no).stage) in ENDS and not the_event(session, step.case_no, step.cause):
        return
    refuse_with_money_out(session, step.fund, step.case_no)
    if commit_step(session, step, end_reason=step.detail.get("reason"), **projected) and attempt:
        give_back(session, step, attempt)


def refuse_with_money_out(session: Session, fund: str, case_no: str) -> None:
    """A case does not end quietly while the fund's money is out with it, or may be.

    Raises:
        XuqiaoError: ``case.money_out``.
    """
    out = ledger.position(session, fund, case_no).outstanding_fen
    on_its_way = sum(each.amount_fen for each in payments_of(session, case_no) if each.state == PaymentState.SENT)
    if out or on_its_way:
        raise XuqiaoError("case.money_out", case=case_no, amount=format_yuan(out or on_its_way, grouped=True))


def give_back(session: Session, step: Step, attempt: int) -> None:
    """An approval no longer holds: leave the queue, free what was reserved, and let the queue have it."""
    approvals.void(session, step.case_no, attempt, step.at)
    queue.leave_queue(session, step.case_no, attempt)
    if hold := ledger.open_hold(session, step.fund, step.case_no):
        on = business_date(session, step.fund)
        ledger.post(
            session,
            postings.release_hold(step.fund, step.case_no, attempt=attempt, hold=hold, on=on, actor_id=_who(step)),
        )
    grant_places(session, step.fund)  # also where nothing was freed: a head that did not fit may have left


def grant_places(session: Session, fund: str, newcomer: QueuePlace | None = None) -> bool:
    """Hold money for the queue, head first, as far as it goes; nobody overtakes a head that does not fit.

    A measure may allow overtaking; then a smaller case behind may be served. Those who waited are told by signal.
    While the fund's circuit breaker is open nobody is served; what comes in later lets the queue in again.

    Args:
        newcomer: the case that joins the queue in this transaction; it learns the result at once.
    Returns:
        whether the newcomer was served.
    """
    waiting = queue.waiting(session, fund)
    if not waiting or _stopped(session, fund):
        return False
    available, on, served = ledger.pool(session, fund).available_fen, business_date(session, fund), False
    for place in waiting:
        if place.amount_fen > available:
            if place.overtaking:
                continue
            break
        _hold(session, place, on)
        available -= place.amount_fen
        if place is newcomer:
            served = True
        else:
            grant = PoolGranted(attempt=place.attempt).model_dump(mode="json")
            send(session, place.case_no, DeliveryKind.SIGNAL, grant, signal=POOL_GRANTED)
    return served


def _stopped(session: Session, fund: str) -> bool:
    breaker = breaker_of(session, fund)
    return breaker is not None and breaker.is_open


def _with_breaker(session: Session, step: Step) -> Step:
    """A case that queues because the breaker is open says so, with the figures of that moment."""
    breaker = breaker_of(session, step.fund)
    if breaker is None or not breaker.is_open:
        return step
    return step.model_copy(update={"detail": {**step.detail, **breaker.detail()}})


def _hold(session: Session, place: QueuePlace, on: date) -> None:
    reserved = postings.reserve(
        place.fund,
        place.case_no,
        place.amount_fen,
        attempt=place.attempt,
        terms_digest=place.terms_digest,
        on=on,
        actor_id=place.approved_by,
    )
    ledger.post(session, reserved)
    queue.grant_place(session, place)


POOL_WAIT_SECONDS = 15
"""Less than a step may take: whoever waits for a pool learns who has it, instead of being cut off without a word."""
_TAKE_POOL = text("""
    SELECT set_config('lock_timeout', :patience, true), pg_advisory_xact_lock(hashtextextended(:pool, 0))
""")
_WHO_HAS_POOL = text("""
    SELECT a.pid, a.application_name, coalesce(host(a.client_addr), '-') AS host, a.state, a.xact_start
    FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended(:pool, 0)
""")


def lock_pool(session: Session, fund: str) -> None:
    """One at a time decides over a fund's pool and queue; taken before anything else, so nobody waits crosswise.

    Raises:
        XuqiaoError: ``fund.pool_held`` or ``fund.pool_busy`` after ``POOL_WAIT_SECONDS``: which program has it, and
            since when. Nothing of the caller's transaction stands then, and it may be tried again.
    """
    pool = {"pool": f"pool/{fund}"}
    try:
        session.execute(_TAKE_POOL, {**pool, "patience": f"{POOL_WAIT_SECONDS}s"})
    except OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
        raise _pool_held(session, fund, pool) from None


def _pool_held(session: Session, fund: str, pool: dict[str, str]) -> XuqiaoError:
    with session.get_bind().engine.connect() as beside:  # the caller's own transaction takes no more questions
        holder = beside.execute(_WHO_HAS_POOL, pool).first()
    if holder is None:  # it was let go of in this very moment
        return XuqiaoError("fund.pool_busy", fund=fund, seconds=POOL_WAIT_SECONDS)
    since = holder.xact_start.astimezone(LAW_ZONE).strftime("%Y-%m-%d %H:%M:%S") if holder.xact_start else "-"
    about = {"program": holder.application_name, "pid": holder.pid, "host": holder.host, "state": holder.state}
    return XuqiaoError("fund.pool_held", fund=fund, seconds=POOL_WAIT_SECONDS, since=since, **about)


def _who(step: Step) -> str:
    return step.actor.id if step.actor else SYSTEM
