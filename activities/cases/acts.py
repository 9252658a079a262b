"""Officers' acts: each is put on record, taken to its case, and answered with what was committed."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

from pydantic import Field, TypeAdapter
from sqlmodel import Session
from temporalio.api.errordetails.v1 import NamespaceNotFoundFailure
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.store import Begin
from models.books import ledger
from models.books.statements import amounts_of_line
from models.cases.acts import ActState, Entered, decide, enter_act, last_accepted, proposer_of_write_off
from models.cases.applications import Application
from models.cases.approvals import current_approval
from models.cases.case_file import RenewalCase, the_case
from models.cases.standing import standing_of
from models.funds.banks import check_ceiling
from models.funds.funds import business_date, check_measure_from
from models.funds.people import refuse_cashier
from models.outbox import starts_waiting
from rulebook.acts import NOT_FOR_CASHIERS, Standing, check_line_pays, check_signed, check_whole_loan, judge
from rulebook.applications import payee_digest
from rulebook.books.postings import approval_of_bridge
from rulebook.books.postings_of_the_year import Record
from rulebook.books.write_offs import approval_of_write_off
from rulebook.errors import XuqiaoError
from rulebook.messages import (
    ActBody,
    Actor,
    Approve,
    ApproveDate,
    ApproveWriteOff,
    ConfirmPayment,
    OfficerAct,
    Propose,
    ProposeDate,
    ProposeMeasure,
    Release,
)
from rulebook.next_acts import CaseStanding
from rulebook.stages import ENDS, ActKind, CaseStage
from rulebook.steps import Outcome

ANSWER_WITHIN = timedelta(seconds=30)
ONE_TRY = timedelta(seconds=5)
_ALLOWING: TypeAdapter[Approve | ApproveWriteOff] = TypeAdapter(
    Annotated[Approve | ApproveWriteOff, Field(discriminator="kind")]
)


async def act(
    begin: Begin, client: Client, *, key: str, case_no: str, body: ActBody, actor: Actor, at: datetime
) -> Outcome:
    """Do one act on one case.

    Args:
        begin: opens a session of the desk, which commits at the end of its block.
        key: the officer's own key; the same key and body give the first outcome again and do nothing twice.
        at: the moment of the act.
    Returns:
        where the case stands with the act committed.
    Raises:
        XuqiaoError: ``fund.no_measure_from``, ``bookdesk.cashier``; what the case refused, with its rule; or
            ``act.no_answer`` when nobody answered in time: the act is on record, and the same key may be sent again.
    """

    def enter() -> Entered:
        with begin() as session:
            if isinstance(body, ProposeMeasure):
                check_measure_from(session, the_case(session, case_no).fund, body.effective_from)
            if isinstance(body, Approve):
                check_ceiling(session, case_no)
            if body.kind in NOT_FOR_CASHIERS:
                refuse_cashier(session, actor, the_case(session, case_no).fund)
            entered = enter_act(session, key, case_no, body, actor, at)
            if entered.state is not ActState.RECEIVED:
                return entered
            act_asked = OfficerAct(id=entered.id, actor=actor, body=body)
            if refusal := _refused_by_the_rows(session, case_no, act_asked):
                decide(session, entered.id, ActState.REFUSED, refusal.as_data())
                return Entered(id=entered.id, state=ActState.REFUSED, outcome=refusal.as_data())
            return entered

    await asyncio.to_thread(make_up_for_lost, begin, case_no)
    entered = await asyncio.to_thread(enter)
    match entered.state:
        case ActState.ACCEPTED:
            await asyncio.to_thread(_allow, begin, case_no, body, actor)
            return Outcome.model_validate(entered.outcome)
        case ActState.REFUSED:
            raise XuqiaoError.from_data(entered.outcome)
        case _:
            pass
    try:
        outcome = await _update(begin, client, case_no, OfficerAct(id=entered.id, actor=actor, body=body))
    except XuqiaoError as refusal:
        if refusal.code != "act.no_answer":
            reason = refusal.as_data()

            def refuse() -> None:
                with begin() as session:
                    decide(session, entered.id, ActState.REFUSED, reason)

            await asyncio.to_thread(refuse)
        raise
    await asyncio.to_thread(_allow, begin, case_no, body, actor)
    return outcome


def _refused_by_the_rows(session: Session, case_no: str, asked: OfficerAct) -> XuqiaoError | None:
    """Why what only the rows know stands against an act: the story knows no papers, and not every date of a case.

    That a proposal settles the old loan is asked here as well: stories on their way began before it was asked.
    """
    if not isinstance(asked.body, Release | ProposeDate | ApproveDate | Propose | ConfirmPayment):
        return None
    case = the_case(session, case_no)
    standing = standing_of(session, case)
    look = standing.rules_look_at
    try:
        if isinstance(asked.body, Propose):
            if isinstance(look, Standing) and _would_be_done(asked, standing):
                check_whole_loan(asked.body, look.facts)
        elif isinstance(asked.body, ConfirmPayment):
            if isinstance(look, Standing) and look.proposal is not None and asked.body.paid:
                moved = amounts_of_line(session, case.fund, asked.body.statement_reference)
                check_line_pays(asked.body, look.proposal.amount_fen, moved)
        elif not isinstance(asked.body, Release):
            judge(asked, standing.stage, standing.while_undrawn, look, standing.today)
        elif isinstance(look, Standing):
            check_signed(asked.actor, look)
    except XuqiaoError as refusal:
        return refusal
    return None


def _would_be_done(asked: OfficerAct, standing: CaseStanding) -> bool:
    """Whether an act has nothing against it but what the story does not ask; where it has, that is the reason given."""
    try:
        judge(asked, standing.stage, standing.while_undrawn, standing.rules_look_at, standing.today)
    except XuqiaoError:
        return False
    return True


def _allow(begin: Begin, case_no: str, body: ActBody, actor: Actor) -> None:
    """Put into the books what the checker allowed: without it no worker can send the money.

    It follows the acceptance, by the desk's own role; whoever acts next on the case makes up for one that was lost.
    """
    match body:
        case Approve():
            _allow_bridge(begin, case_no, body, actor)
        case ApproveWriteOff():
            _allow_write_off(begin, case_no, body, actor)
        case _:
            pass


def make_up_for_lost(begin: Begin, case_no: str) -> None:
    """Allow what a checker's accepted act allowed, if whoever sent it was stopped before it stood in the books.

    The act itself is the evidence, put on record by the desk; where its approval stands already nothing changes. So the
    cashier's release never goes to a case whose payment the books would refuse without end.
    """
    with begin() as session:
        if session.get(RenewalCase, case_no) is None:
            return  # said when the act is entered
        found = [last_accepted(session, case_no, kind) for kind in (ActKind.APPROVE, ActKind.APPROVE_WRITE_OFF)]
    for accepted in found:
        if accepted:
            body, checker = accepted
            _allow(begin, case_no, _ALLOWING.validate_python(body), checker)


def _allow_write_off(begin: Begin, case_no: str, body: ApproveWriteOff, actor: Actor) -> None:
    with begin() as session:
        fund = the_case(session, case_no).fund
        maker = proposer_of_write_off(session, case_no, body.decision, body.amount_fen)
        record = Record(fund=fund, on=business_date(session, fund), actor_id=actor.id)
        ledger.approve(session, approval_of_write_off(record, case_no, body, maker=maker))


def _allow_bridge(begin: Begin, case_no: str, body: Approve, actor: Actor) -> None:
    with begin() as session:
        approval = current_approval(session, case_no)
        if approval is None or (approval.terms_digest, approval.checker) != (body.terms_digest, actor.id):
            return  # it has been voided since
        application = session.get_one(Application, case_no)
        allowed = approval_of_bridge(
            application.fund,
            case_no,
            approval.amount_fen,
            attempt=approval.attempt,
            payee=payee_digest(application.account_name, application.account_number, application.account_branch),
            terms_digest=approval.terms_digest,
            maker=approval.maker,
            checker=actor.id,
        )
        ledger.approve(session, allowed)


async def _update(begin: Begin, client: Client, case_no: str, the_act: OfficerAct) -> Outcome:
    """Send until answered: an update with the same id is done once, however often it is sent."""
    give_up_at = asyncio.get_running_loop().time() + ANSWER_WITHIN.total_seconds()
    while True:
        story = await asyncio.to_thread(_story_of, begin, case_no)
        try:
            outcome: Outcome = await client.get_workflow_handle(story.workflow_id).execute_update(
                the_act.body.kind.value, the_act, id=the_act.id, result_type=Outcome, rpc_timeout=ONE_TRY
            )
            return outcome
        except WorkflowUpdateFailedError as failed:
            raise _from_failure(failed) from None
        except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            if isinstance(error, RPCError) and _is_not_there(error):
                now = await asyncio.to_thread(_story_of, begin, case_no)
                if now.stage in ENDS:
                    raise XuqiaoError("act.case_not_running", act=the_act.body.kind) from None
                if now.begun and now.workflow_id == story.workflow_id:
                    raise XuqiaoError("case.story_gone", case=case_no, stage=now.stage) from None
                # It has not begun, or was handed over meanwhile.
            if asyncio.get_running_loop().time() > give_up_at:
                raise XuqiaoError("act.no_answer", act=the_act.body.kind) from None
            await asyncio.sleep(0.2)


class _Story(NamedTuple):
    """Where a case's acts go, at which stage its file stands, and whether its story was begun."""

    workflow_id: str
    stage: CaseStage
    begun: bool


def _story_of(begin: Begin, case_no: str) -> _Story:
    with begin() as session:
        case = the_case(session, case_no)
        return _Story(case.workflow_id, CaseStage(case.stage), case_no not in starts_waiting(session, case_no))


def _is_not_there(error: RPCError) -> bool:
    """Whether a workflow is not there, or does not run; a server without our namespace says nothing of the case."""
    if error.status is not RPCStatusCode.NOT_FOUND:
        return False
    details = error.grpc_status.details
    return not any(each.Is(NamespaceNotFoundFailure.DESCRIPTOR) for each in details)


def _from_failure(failed: WorkflowUpdateFailedError) -> XuqiaoError:
    cause = failed.cause
    if isinstance(cause, ApplicationError) and cause.type:
        params = cause.details[0] if cause.details else {}
        return XuqiaoError(cause.type, **params)
    return XuqiaoError("act.failed", reason=str(cause))
