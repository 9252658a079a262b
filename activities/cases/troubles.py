"""Cases whose story is gone or stands elsewhere: found from outside, and set right by two people."""

import asyncio
import logging
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, ResetReapplyExcludeType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from activities.books.ledger import end, refuse_with_money_out
from activities.cases import late_payment
from activities.cases.acts import make_up_for_lost
from activities.cases.pursuit import pursue
from activities.store import Begin
from models.books import ledger
from models.cases.approvals import current_approval
from models.cases.case_file import RenewalCase, the_case
from models.cases.lists import rows
from models.cases.troubles import Trouble, TroubleKind, notice, open_trouble, over, troubles
from models.funds.people import check_still
from models.outbox import begin_no_more, deliver_at_once
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.messages import Actor
from rulebook.stages import ENDS, CaseStage
from rulebook.steps import Step

log = logging.getLogger(__name__)

AT_A_TIME = 20
FAILS_OFTEN = 10
"""Tries, some three minutes: what passes by itself has passed, and nobody but a person knows of the rest."""
SETTLES = timedelta(minutes=10)
"""A file and its story may differ while a worker is at work, or is away; longer, somebody looks."""
_STAGE = SearchAttributeKey.for_keyword("Stage")
_NAMESPACE = uuid.UUID("6f1d4c1e-6f0b-5b52-9d0e-2a7c6f2b9a11")
_LIVE = text("""
    SELECT c.case_no, c.workflow_id FROM renewal_case AS c
    WHERE c.stage <> ALL(:ends) AND (CAST(:case AS text) IS NULL OR c.case_no = :case) AND EXISTS (
        SELECT 1 FROM outbox AS o WHERE o.case_no = c.case_no AND o.errand = 'start' AND o.delivered_at IS NOT NULL
    ) AND NOT EXISTS (
        SELECT 1 FROM outbox AS o
        WHERE o.case_no = c.case_no AND o.errand = 'pursue' AND o.delivered_at IS NULL AND o.failure IS NULL
    )
    ORDER BY c.case_no
""")
_NOT_ALLOWED = text("""
    SELECT c.case_no FROM renewal_case AS c
    JOIN officer_act AS o ON o.case_no = c.case_no AND o.kind = 'approve_write_off'
        AND o.state = 'accepted' AND o.decided_at < now() - interval '1 minute'
    WHERE c.stage = 'recovery' AND NOT EXISTS (
        SELECT 1 FROM ledger.approval AS l
        WHERE l.key = c.fund || '/' || c.case_no || '/approval/write_off/' || (o.body ->> 'decision')
    )
    UNION
    SELECT c.case_no FROM renewal_case AS c
    JOIN LATERAL (
        SELECT attempt, checker FROM approval
        WHERE case_no = c.case_no AND voided_at IS NULL ORDER BY attempt DESC LIMIT 1
    ) AS a ON a.checker IS NOT NULL
    WHERE c.stage <> ALL(:ends) AND now() - interval '1 minute' > (
        SELECT max(decided_at) FROM officer_act
        WHERE case_no = c.case_no AND kind = 'approve' AND state = 'accepted'
    ) AND NOT EXISTS (
        SELECT 1 FROM ledger.approval AS l WHERE l.key = c.fund || '/' || c.case_no || '/approval'
            || CASE WHEN a.attempt = 1 THEN '' ELSE '/' || a.attempt END
    )
""")


class Remedy(StrEnum):
    """What two people may do about a trouble."""

    RESTART = "restart"  # the story goes on where it was; where it cannot and money is out, the money is pursued
    END = "end"  # the case lapses, and what was held for it goes back; never with money out
    BOOK = "book"  # what the bank paid late is booked for the case, and pursued
    DISMISS = "dismiss"  # seen to, by other means


FITTING: Mapping[TroubleKind, frozenset[Remedy]] = {
    TroubleKind.STORY_GONE: frozenset({Remedy.RESTART, Remedy.END}),
    TroubleKind.STORY_TAKEN: frozenset({Remedy.DISMISS}),
    TroubleKind.STORY_ELSEWHERE: frozenset({Remedy.RESTART, Remedy.END, Remedy.DISMISS}),
    TroubleKind.TOO_MANY_MESSAGES: frozenset({Remedy.DISMISS}),
    TroubleKind.UNDELIVERABLE: frozenset({Remedy.END, Remedy.DISMISS}),
    TroubleKind.STUCK: frozenset({Remedy.DISMISS}),
    TroubleKind.APPROVAL_MISSING: frozenset({Remedy.DISMISS}),
    TroubleKind.LATE_PAYMENT: frozenset({Remedy.BOOK, Remedy.DISMISS}),
}


# Finding -------------------------------------------------------------------------------------------------------


async def look(begin: Begin, client: Client, case_no: str | None = None) -> None:
    """Look at every case that has not ended: whether its story runs, gets on, and stands where the file does.

    What is found is put where people see it, and what is over is taken away. A story that cannot be looked at keeps
    nobody from looking at the others.
    """

    def live() -> list[tuple[str, str]]:
        with begin() as session:
            found = rows(session, _LIVE, ends=list(ENDS), case=case_no)
        return [(row["case_no"], row["workflow_id"]) for row in found]

    cases = await asyncio.to_thread(live)
    for first in range(0, len(cases), AT_A_TIME):
        some = cases[first : first + AT_A_TIME]
        looked = await asyncio.gather(*(_look_at(begin, client, *each) for each in some), return_exceptions=True)
        for (case, _), error in zip(some, looked, strict=True):
            if isinstance(error, RPCError | DBAPIError):
                raise error
            if error is not None:
                log.error("the story of %s cannot be looked at: %s", case, error)


def look_for_lost_approvals(begin: Begin, desk: Begin | None) -> None:
    """Put into the books what a checker's accepted act allowed, where its sender was stopped before it stood there.

    What is not made up for is put where people see it: until the approval stands in the books no money can leave, and
    no loss be written off.

    Args:
        desk: opens a session of the desk, which alone may allow; None in programs in which nobody decides.
    """
    if desk is not None:
        for case_no in _not_allowed(begin):
            try:
                make_up_for_lost(desk, case_no)
            except (XuqiaoError, DBAPIError) as error:
                log.warning("approval of %s: %s", case_no, error)
    missing = _not_allowed(begin)
    with begin() as session:
        for case_no in missing:
            notice(session, case_no, TroubleKind.APPROVAL_MISSING)
        for trouble in troubles(session):
            if trouble.kind is TroubleKind.APPROVAL_MISSING and trouble.case_no not in missing:
                over(session, trouble.case_no, TroubleKind.APPROVAL_MISSING)


def _not_allowed(begin: Begin) -> list[str]:
    with begin() as session:
        return [row["case_no"] for row in rows(session, _NOT_ALLOWED, ends=list(ENDS))]


async def _look_at(begin: Begin, client: Client, case_no: str, workflow_id: str) -> None:
    story = await _described(client, workflow_id)
    running = story is not None and story.status is WorkflowExecutionStatus.RUNNING
    stage = story.typed_search_attributes.get(_STAGE) if story else None
    failing = _failing(story) if story and running else {}

    def judge() -> None:
        with begin() as session:
            case = the_case(session, case_no)
            if CaseStage(case.stage) in ENDS or case.workflow_id != workflow_id:
                return  # it has gone on since
            if not running:
                how = story.status.name.lower() if story and story.status else "missing"
                notice(session, case_no, TroubleKind.STORY_GONE, status=how, stage=case.stage)
                return
            over(session, case_no, TroubleKind.STORY_GONE)
            if failing:
                notice(session, case_no, TroubleKind.STUCK, **failing)
            else:
                over(session, case_no, TroubleKind.STUCK)
            if stage == case.stage:
                over(session, case_no, TroubleKind.STORY_ELSEWHERE)
            elif stage and case.stage_since and case.stage_since < datetime.now(UTC) - SETTLES:
                notice(session, case_no, TroubleKind.STORY_ELSEWHERE, stage=case.stage, elsewhere=stage)

    await asyncio.to_thread(judge)


def _failing(story: WorkflowExecutionDescription) -> dict[str, str]:
    """What of a running story fails again and again, and why; empty where it gets on."""
    raw = story.raw_description
    for step in raw.pending_activities:
        if step.attempt > FAILS_OFTEN and step.HasField("last_failure"):
            reason = step.last_failure.message.partition("\n")[0][:200]
            return {"step": step.activity_type.name, "tries": str(step.attempt), "reason": reason}
    if raw.HasField("pending_workflow_task") and raw.pending_workflow_task.attempt > FAILS_OFTEN:
        return {"step": "workflow_task", "tries": str(raw.pending_workflow_task.attempt), "reason": "-"}
    return {}


async def _described(client: Client, workflow_id: str) -> WorkflowExecutionDescription | None:
    try:
        return await client.get_workflow_handle(workflow_id).describe(rpc_timeout=timedelta(seconds=10))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


# Setting right -------------------------------------------------------------------------------------------------


def propose_remedy(begin: Begin, trouble: int, remedy: Remedy, reason: str, maker: Actor) -> None:
    """The first of two people says what shall be done; a later proposal takes the place of an earlier one.

    Raises:
        XuqiaoError: ``trouble.unknown``, ``trouble.does_not_help``.
    """
    with begin() as session:
        found = open_trouble(session, trouble)
        check_still(session, maker, found.fund)
        kind = TroubleKind(found.kind)
        if remedy not in FITTING[kind]:
            raise XuqiaoError("trouble.does_not_help", trouble=trouble, remedy=remedy, kind=kind)
        found.remedy, found.reason = remedy.value, reason
        found.proposed_by, found.proposed_at = maker.id, datetime.now(UTC)
        found.approved_by, found.approved_at = None, None  # what was approved before and did not help is past
        session.add(found)


async def approve_remedy(
    desk: Begin, begin: Begin, client: Client, trouble: int, remedy: Remedy, checker: Actor
) -> None:
    """Another person approves exactly that remedy, and it is done; done again, it goes on where it was stopped.

    Args:
        desk: opens a session of the desk, which puts on record who approved.
        begin: opens a session of the application, which writes the case file.
    Raises:
        XuqiaoError: ``trouble.unknown``, ``trouble.not_proposed``, ``trouble.same_person``; what stands against the
            remedy: ``trouble.no_history``, ``trouble.money_out``, ``case.not_from_here``.
    """

    def put_on_record() -> tuple[Trouble, int]:
        with desk() as session:
            found = open_trouble(session, trouble)
            check_still(session, checker, found.fund)
            if found.remedy != remedy:
                raise XuqiaoError("trouble.not_proposed", trouble=trouble, remedy=remedy)
            if found.proposed_by == checker.id:
                raise XuqiaoError("trouble.same_person", person=checker.name)
            if remedy is Remedy.END:
                refuse_with_money_out(session, found.fund, found.case_no)
            found.approved_by, found.approved_at = checker.id, datetime.now(UTC)
            session.add(found)
            session.flush()
            attempt = late_payment.allow(session, found, checker) if remedy is Remedy.BOOK else 0
            session.expunge(found)
        return found, attempt

    found, attempt = await asyncio.to_thread(put_on_record)
    match remedy:
        case Remedy.RESTART:
            await _restart(begin, client, found, checker)
        case Remedy.END:  # the file first: a story whose case may not end must go on
            await asyncio.to_thread(_end, begin, found, checker)
            await _stop(client, found, begin)
        case Remedy.BOOK:
            await asyncio.to_thread(_book_late_payment, begin, found, checker, attempt)
        case Remedy.DISMISS:
            pass

    def close() -> None:
        with begin() as session:
            over(session, found.case_no, TroubleKind(found.kind), found.about)
            deliver_at_once(session, found.case_no)

    await asyncio.to_thread(close)


async def _restart(begin: Begin, client: Client, trouble: Trouble, checker: Actor) -> None:
    """The story goes on where it was; where there is nothing to go on from, the money that is out is pursued."""

    def read() -> tuple[str, bool]:
        with begin() as session:
            case = the_case(session, trouble.case_no)
            return case.workflow_id, bool(ledger.position(session, case.fund, case.case_no).outstanding_fen)

    workflow_id, money_out = await asyncio.to_thread(read)
    story = await _described(client, workflow_id)
    running = story is not None and story.status is WorkflowExecutionStatus.RUNNING
    if trouble.kind == TroubleKind.STORY_GONE:
        if running or (story is not None and await _went_on(client, story, trouble)):
            return
    elif not money_out:
        raise XuqiaoError("trouble.no_history", case=trouble.case_no)
    if not money_out:
        raise XuqiaoError("trouble.no_history", case=trouble.case_no)
    await _stop(client, trouble, begin)
    await asyncio.to_thread(_pursue, begin, trouble, checker)


async def _went_on(client: Client, story: WorkflowExecutionDescription, trouble: Trouble) -> bool:
    """Begin the story again from its own history, up to the turn before it was ended; False where it had none."""
    turn = 0
    async for event in client.get_workflow_handle(story.id, run_id=story.run_id).fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
            break
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            turn = event.event_id
    if not turn:
        return False
    await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=story.id, run_id=story.run_id),
            reason=f"trouble {trouble.id}: {trouble.proposed_by}, {trouble.approved_by}",
            workflow_task_finish_event_id=turn,
            request_id=str(uuid.uuid5(_NAMESPACE, f"{trouble.id}/{story.run_id}")),
            reset_reapply_exclude_types=[ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_CANCEL_REQUEST],
        )
    )
    return True


async def _stop(client: Client, trouble: Trouble, begin: Begin) -> None:
    """A story that stands elsewhere must not go on beside what people decided."""

    def where() -> str:
        with begin() as session:
            return the_case(session, trouble.case_no).workflow_id

    workflow_id = await asyncio.to_thread(where)
    story = await _described(client, workflow_id)
    if story is not None and story.status is WorkflowExecutionStatus.RUNNING:
        await client.get_workflow_handle(workflow_id).terminate(reason=f"trouble {trouble.id}")


def _step(case: RenewalCase, trouble: Trouble, checker: Actor, event: EventKind, stage: CaseStage) -> Step:
    return Step(
        case_no=case.case_no,
        fund=case.fund,
        cause=f"trouble/{trouble.id}",
        at=datetime.now(UTC),
        event=event,
        stage=stage,
        actor=checker,
        detail={"reason": trouble.reason or "", "proposed_by": trouble.proposed_by or ""},
    )


def _end(begin: Begin, trouble: Trouble, checker: Actor) -> None:
    """The case lapses; what was held for it goes back to the pool."""
    with begin() as session:
        case = the_case(session, trouble.case_no)
        if CaseStage(case.stage) in ENDS:
            return
        approval = current_approval(session, case.case_no)
        step = _step(case, trouble, checker, EventKind.LAPSED, CaseStage.LAPSED)
        end(session, step, approval.attempt if approval else None)
        begin_no_more(session, case.case_no)


def _book_late_payment(begin: Begin, trouble: Trouble, checker: Actor, attempt: int) -> None:
    with begin() as session:
        late_payment.book(session, trouble, checker, attempt)


def _pursue(begin: Begin, trouble: Trouble, checker: Actor) -> None:
    """Money is out and its story is lost: the pursuit begins from the file and the books; the relay starts it."""
    with begin() as session:
        case = the_case(session, trouble.case_no)
        step = _step(case, trouble, checker, EventKind.HANDED_TO_RECOVERY, CaseStage.RECOVERY)
        pursue(session, case, step, trouble.reason or "")
