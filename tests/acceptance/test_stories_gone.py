"""Somebody cancels, terminates or resets a story in Temporal: it is found, said, and set right by two people."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, ResetReapplyType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import WorkflowExecutionStatus

import activities.cases.troubles
from activities.cases.troubles import Remedy, approve_remedy, look, propose_remedy
from gateways.simulated import BankScript, PaymentManner
from models.cases.case_file import live_cases
from models.cases.troubles import TroubleKind, TroubleView, notice, troubles
from models.funds.people import actor
from rulebook.cases import recovery_id, renewal_id
from rulebook.errors import XuqiaoError
from rulebook.messages import ApproveWriteOff, PromiseWithdrawn, ProposeWriteOff
from rulebook.money import yuan
from rulebook.stages import CaseStage, Role
from tests.acceptance.fund.fund import BOTH, BUSY_SECONDS, CHECKER, MAKER, TestedFund, refusal_of
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)
REASON = "管理员误操作"


async def a_case(fund: TestedFund) -> str:
    return await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))


def story(fund: TestedFund, case: str) -> Any:
    return fund.client.get_workflow_handle(fund.case(case).workflow_id)


def found(fund: TestedFund, case: str) -> list[TroubleView]:
    with fund.services.sessions() as session:
        return troubles(session, case_no=case)


async def looked(fund: TestedFund, case: str) -> list[TroubleKind]:
    await look(fund.services.sessions.begin, fund.client, case)
    return [each.kind for each in found(fund, case)]


async def remedied(fund: TestedFund, case: str, remedy: Remedy, *, checker: str = CHECKER) -> None:
    """Proposed by the maker and approved by another."""
    (trouble,) = found(fund, case)
    with fund.services.sessions() as session:
        one, other = actor(session, MAKER, Role.MAKER, fund.code), actor(session, checker, Role.CHECKER, fund.code)
    desk = fund.services.desk_sessions.begin
    propose_remedy(desk, trouble.id, remedy, REASON, one)
    await approve_remedy(desk, fund.services.sessions.begin, fund.client, trouble.id, remedy, other)
    await fund.settle()


async def cancelled(handle: Any) -> None:
    await handle.cancel()
    with pytest.raises(Exception, match="failed"):
        await handle.result()


async def terminated(handle: Any) -> None:
    await handle.terminate(reason="by mistake")


ENDED = pytest.mark.parametrize("stopped", [cancelled, terminated])


@ENDED
async def test_30_a_story_that_was_ended_is_found_and_goes_on_where_it_was(fund: TestedFund, stopped: Any) -> None:
    case = await a_case(fund)
    await fund.bank_promises(case)
    await fund.propose(case, FIVE_MILLION)
    assert await looked(fund, case) == []
    await stopped(story(fund, case))
    assert await looked(fund, case) == [TroubleKind.STORY_GONE]
    refusal = await refusal_of(fund.approve(case))
    assert (refusal.code, refusal.params["case"]) == ("case.story_gone", case), "it has not ended, and can be mended"
    said = fund.bank_writes(case, PromiseWithdrawn(reason="总行收紧授信"))  # kept until the story can hear it
    await fund.settle()
    assert fund.message(said.id).state == "received"
    await remedied(fund, case, Remedy.RESTART)
    assert await looked(fund, case) == []
    assert (fund.stage_of(case), fund.message(said.id).state) == (CaseStage.BANK_OPINION, "accepted")
    await fund.promise_comes(case)
    await fund.approve_bridge(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.AGREEMENT


@ENDED
async def test_30_with_money_out_it_goes_on_and_is_paid_once(fund: TestedFund, stopped: Any) -> None:
    case = await a_case(fund)
    await fund.bridge(case, FIVE_MILLION)
    await stopped(story(fund, case))
    assert await looked(fund, case) == [TroubleKind.STORY_GONE]
    (trouble,) = found(fund, case)
    with fund.services.sessions() as session:
        one, other = actor(session, MAKER, Role.MAKER, fund.code), actor(session, CHECKER, Role.CHECKER, fund.code)
    desk = fund.services.desk_sessions.begin
    propose_remedy(desk, trouble.id, Remedy.END, REASON, one)
    with pytest.raises(XuqiaoError, match="money_out"):
        await approve_remedy(desk, fund.services.sessions.begin, fund.client, trouble.id, Remedy.END, other)
    await remedied(fund, case, Remedy.RESTART)
    await fund.renewed_and_home(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED
    assert fund.paid_by_bank(case) == [FIVE_MILLION]


@pytest.mark.parametrize("manner", [PaymentManner.LOSE_REPLY, PaymentManner.DELAY])
async def test_30_a_restart_with_a_payment_on_its_way_asks_for_it_and_pays_once(
    fund: TestedFund, manner: PaymentManner
) -> None:
    case = await on_its_way(fund, manner)
    await terminated(story(fund, case))
    assert await looked(fund, case) == [TroubleKind.STORY_GONE]
    await remedied(fund, case, Remedy.RESTART)
    await it_arrives(fund, case)


async def test_30_a_release_that_is_repeated_after_a_reset_finds_the_payment_on_its_way(fund: TestedFund) -> None:
    case = await on_its_way(fund, PaymentManner.DELAY)
    await reset_to_before(fund, case, "pay_out")
    await fund.release(case)
    await it_arrives(fund, case)


async def on_its_way(fund: TestedFund, manner: PaymentManner) -> str:
    """A payment that was sent, and whose fate nobody knows yet."""
    case = await a_case(fund)
    fund.script_bank(case, BankScript(payment=manner))
    await fund.reserve(case, FIVE_MILLION)
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    await fund.bank_day()
    await fund.release(case)
    assert (fund.stage_of(case), fund.shown_payments(case)) == (CaseStage.DISBURSEMENT, ["sent"])
    return case


async def it_arrives(fund: TestedFund, case: str) -> None:
    """The bank pays on the next day, and is found to have paid once."""
    await fund.skip(days=1)
    await fund.bank_day()
    await fund.hours_pass(9)
    assert (fund.stage_of(case), fund.shown_payments(case)) == (CaseStage.OLD_LOAN_SETTLEMENT, ["paid"])
    assert (fund.paid_by_bank(case), fund.sent_to_bank(case)) == ([FIVE_MILLION], [1])
    await fund.renewed_and_home(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED


async def test_30_two_people_end_a_case_and_what_was_held_goes_back(fund: TestedFund) -> None:
    case = await a_case(fund)
    await fund.reserve(case, FIVE_MILLION)
    assert fund.pool().reserved_fen == FIVE_MILLION
    await terminated(story(fund, case))
    await looked(fund, case)
    (trouble,) = found(fund, case)
    desk = fund.services.desk_sessions.begin
    with fund.services.sessions() as session:
        one, same = actor(session, BOTH, Role.MAKER, fund.code), actor(session, BOTH, Role.CHECKER, fund.code)
    with pytest.raises(XuqiaoError, match="not_proposed"):
        await approve_remedy(desk, fund.services.sessions.begin, fund.client, trouble.id, Remedy.END, same)
    propose_remedy(desk, trouble.id, Remedy.END, REASON, one)
    with pytest.raises(XuqiaoError, match="same_person"):
        await approve_remedy(desk, fund.services.sessions.begin, fund.client, trouble.id, Remedy.END, same)
    await remedied(fund, case, Remedy.END)
    assert (fund.stage_of(case), fund.pool().reserved_fen, fund.task_of(case)) == (CaseStage.LAPSED, 0, None)
    assert found(fund, case) == []
    assert fund.told(case)["reason"] == REASON


async def test_30_an_end_that_is_refused_leaves_the_story_running(fund: TestedFund) -> None:
    case = await a_case(fund)
    await fund.bridge(case, FIVE_MILLION)
    await fund.skip(days=3)
    await fund.old_loan_settled(case)
    await fund.new_loan(case, yuan(6_000_000))
    await fund.money_returns(case, FIVE_MILLION, fee=0)
    assert (fund.stage_of(case), fund.position(case).outstanding_fen) == (CaseStage.REPAYMENT, 0)
    with fund.services.sessions.begin() as session:
        notice(session, case, TroubleKind.UNDELIVERABLE, reason="shard")
    assert (await refusal_of(remedied(fund, case, Remedy.END))).code == "case.not_from_here"
    assert (await story(fund, case).describe()).status is WorkflowExecutionStatus.RUNNING
    await fund.money_returns(case, 0)
    await fund.confirm_receipts(case)
    assert fund.stage_of(case) is CaseStage.CLOSED


async def reset_to_before(fund: TestedFund, case: str, activity: str) -> None:
    """An administrator sets the story back to before an activity, and what came since is not told it again."""
    handle = story(fund, case)
    turn, run = 0, (await handle.describe()).run_id
    async for event in handle.fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            before, turn = turn, event.event_id
        named = event.activity_task_scheduled_event_attributes.activity_type.name
        if named == activity:
            turn = before
            break
    await fund.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=fund.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=handle.id, run_id=run),
            reason="a test",
            workflow_task_finish_event_id=turn,
            request_id=f"{case}/{activity}",
            reset_reapply_type=ResetReapplyType.RESET_REAPPLY_TYPE_NONE,
        )
    )
    await fund.settle()


async def test_30_a_case_with_money_out_never_ends_withdrawn_though_its_story_was_reset(fund: TestedFund) -> None:
    case = await a_case(fund)
    await fund.bridge(case, FIVE_MILLION)
    await reset_to_before(fund, case, "record_proposal")
    await fund.withdraw(case)
    assert fund.stage_of(case) is CaseStage.RECOVERY
    assert fund.position(case).outstanding_fen == FIVE_MILLION
    task = fund.task_of(case)
    assert task is not None
    assert (task.kind, fund.case(case).workflow_id) == ("conclude_recovery", recovery_id(fund.code, case))
    assert (await story(fund, case).describe()).status is WorkflowExecutionStatus.RUNNING


@pytest.mark.parametrize("gone", [False, True])
async def test_30_money_that_is_out_is_pursued_where_its_story_cannot_go_on(
    fund: TestedFund, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    monkeypatch.setattr(activities.cases.troubles, "SETTLES", timedelta(days=-365))
    case = await a_case(fund)
    await fund.bridge(case, FIVE_MILLION)
    if gone:  # the servers were moved, and the history did not come along
        await terminated(story(fund, case))
        with fund.services.sessions.begin() as session:
            session.execute(text("UPDATE renewal_case SET workflow_id = 'lost' WHERE case_no = :case"), {"case": case})
        expected = TroubleKind.STORY_GONE
    else:
        await reset_to_before(fund, case, "record_proposal")
        expected = TroubleKind.STORY_ELSEWHERE
    assert await looked(fund, case) == [expected]
    await remedied(fund, case, Remedy.RESTART)
    assert (fund.stage_of(case), await looked(fund, case)) == (CaseStage.RECOVERY, [])
    assert (await story(fund, case).describe()).status is WorkflowExecutionStatus.RUNNING
    assert fund.case(case).workflow_id == recovery_id(fund.code, case)


async def test_30_what_waits_for_a_second_person_is_known_to_the_pursuit_that_begins_from_the_file(
    fund: TestedFund,
) -> None:
    case = await a_case(fund)
    await fund.bridge(case, FIVE_MILLION)
    await fund.not_renewing(case)
    await fund.act(case, ProposeWriteOff(amount_fen=FIVE_MILLION, decision="纪要1号", reason="无可供执行财产"))
    await terminated(story(fund, case))
    with fund.services.sessions.begin() as session:  # its history is lost
        session.execute(text("UPDATE renewal_case SET workflow_id = 'lost' WHERE case_no = :case"), {"case": case})
    assert await looked(fund, case) == [TroubleKind.STORY_GONE]
    await remedied(fund, case, Remedy.RESTART)
    await fund.act(case, ApproveWriteOff(amount_fen=FIVE_MILLION, decision="纪要1号"))
    await fund.settle()
    assert (fund.stage_of(case), fund.reason_of(case)) == (CaseStage.WRITTEN_OFF, "无可供执行财产")


async def test_30_without_money_and_without_history_a_case_can_only_be_ended(fund: TestedFund) -> None:
    case = await a_case(fund)
    await terminated(story(fund, case))
    with fund.services.sessions.begin() as session:
        session.execute(text("UPDATE renewal_case SET workflow_id = 'lost' WHERE case_no = :case"), {"case": case})
    assert await looked(fund, case) == [TroubleKind.STORY_GONE]
    with pytest.raises(XuqiaoError, match="no_history"):
        await remedied(fund, case, Remedy.RESTART)
    (trouble,) = found(fund, case)
    assert trouble.detail == {"status": "missing", "stage": "bank_opinion"}
    await remedied(fund, case, Remedy.END)
    assert fund.stage_of(case) is CaseStage.LAPSED
    with fund.services.sessions.begin() as session:  # for the fixture, which replays what is there
        session.execute(
            text("UPDATE renewal_case SET workflow_id = :id WHERE case_no = :case"),
            {"id": renewal_id(fund.code, case), "case": case},
        )


@pytest.mark.parametrize("before", ["record_proposal", "approve_and_reserve"])
async def test_30_a_story_that_was_reset_is_proposed_and_approved_anew(fund: TestedFund, before: str) -> None:
    case = await a_case(fund)
    await fund.reserve(case, FIVE_MILLION)
    await reset_to_before(fund, case, before)
    if before == "record_proposal":
        await fund.propose(case, FIVE_MILLION)
        assert [each.attempt for each in fund.approvals_of(case)] == [1, 2]
    await fund.approve(case)
    await fund.settle()
    assert (fund.stage_of(case), fund.pool().reserved_fen) == (CaseStage.AGREEMENT, FIVE_MILLION)
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    await fund.release(case)
    assert fund.paid_by_bank(case) == [FIVE_MILLION]


async def test_21_a_step_that_fails_again_and_again_is_said_and_keeps_no_other_from_being_looked_at(
    fund: TestedFund, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activities.cases.troubles, "FAILS_OFTEN", 1)

    def pays_by(gateway: str) -> None:
        with owner_engine.begin() as connection:
            asked = {"way": gateway, "fund": fund.code}
            connection.execute(text("UPDATE fund SET gateway = :way WHERE code = :fund"), asked)

    pays_by("nobody's")
    fund.busy_seconds = 3
    with pytest.raises(AssertionError, match="still busy"):
        await a_case(fund)
    fund.busy_seconds = BUSY_SECONDS
    with fund.services.sessions() as session:
        [case] = [each.case_no for each in live_cases(session, fund.code)]
    assert await looked(fund, case) == [TroubleKind.STUCK]
    assert "bank.no_gateway" in found(fund, case)[0].detail["reason"]
    pays_by("simulated")
    await fund.settle()
    assert await looked(fund, case) == []
