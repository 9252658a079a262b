"""A case that is flooded, or cannot be reached, is its own trouble: said to its sender and to people, no other's."""

import asyncio
import itertools
import json
from typing import Any

import pytest
from sqlalchemy import text
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.service import RPCError, RPCStatusCode

from activities.cases.troubles import Remedy, approve_remedy, propose_remedy
from models.cases import acts
from models.cases.acts import enter_receipt, record_paper
from models.cases.applications import file_application
from models.cases.troubles import TroubleKind, troubles
from models.funds.funds import fund as fund_row
from models.funds.people import actor
from models.outbox import MOST_OF_ONE_CASE, DeliveryKind, Outbox, send
from rulebook.cases import BankAnswer, renewal_id
from rulebook.messages import (
    MOST_LINES,
    Actor,
    NewLoan,
    Opinion,
    Propose,
    Receipt,
    ReceiptLine,
    ReceiptPurpose,
    Withdraw,
)
from rulebook.money import yuan
from rulebook.stages import CaseStage, Role
from runtime.relay import SAY_SO_AFTER, Relay
from tests.acceptance.fund.fund import BANK, BOTH, CHECKER, MAKER, TestedFund, refusal_of
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)
MAYBE = Opinion(answer=BankAnswer.REPAY_THEN_LEND)


async def a_case(fund: TestedFund, **filed: Any) -> str:
    return await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5), **filed))


def open_troubles(fund: TestedFund, case: str) -> list[TroubleKind]:
    with fund.services.sessions() as session:
        return [each.kind for each in troubles(session, case_no=case)]


def outbox_of(fund: TestedFund, case: str) -> list[Outbox]:
    with fund.services.sessions() as session:
        rows = session.execute(text("SELECT * FROM outbox WHERE case_no = :case ORDER BY id"), {"case": case})
        return [Outbox(**row) for row in rows.mappings()]


def try_again_now(fund: TestedFund) -> None:
    with fund.services.sessions.begin() as session:
        session.execute(text("UPDATE outbox SET next_at = NULL WHERE delivered_at IS NULL"))


async def test_28_a_flood_is_bounded_at_the_door_and_said_to_the_sender_and_to_people(
    fund: TestedFund, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "MOST_MESSAGES", 5)
    case, other = await a_case(fund), await a_case(fund)
    early = [NewLoan(signed_on=fund.today, note=f"JJ-{n}", amount_fen=1) for n in range(8)]
    entered = [fund.bank_writes(case, body) for body in early]
    again = fund.bank_writes(case, early[0], key="once")
    assert [each.state for each in entered] == ["received"] * 5 + ["refused"] * 3
    assert (again.state, fund.why_refused(again.id)) == ("refused", "message.too_many")
    assert fund.message(entered[5].id).outcome == {"code": "message.too_many", "params": {"count": "5", "most": "5"}}
    assert open_troubles(fund, case) == [TroubleKind.TOO_MANY_MESSAGES]
    # Other ways are still open: what two officers enter from paper, and what the fund reads on its own statement.
    with fund.services.sessions.begin() as session:
        recorder = actor(session, MAKER, Role.MAKER, fund.code)
        paper = record_paper(session, "P", case, MAYBE, BANK, fund.now, recorded_by=recorder, paper_digest="ab" * 32)
        keeper = Actor(
            id="keeper", name="开户行", role=Role.BANK_CLERK, organisation=fund_row(session, fund.code).escrow_bank
        )
        line = ReceiptLine(purpose=ReceiptPurpose.PRINCIPAL, amount_fen=1, reference="LS-1", payer="某")
        receipt = Receipt(received_on=fund.today, lines=(line,))
        read = enter_receipt(session, "S", case, receipt, keeper, fund.now, recorded_by=MAKER, verified_by=BOTH)
    assert (paper.state, read.state) == ("unverified", "received")
    await fund.bank_promises(other)
    assert fund.stage_of(other) is CaseStage.APPROVAL


async def test_28_the_longest_receipt_and_the_longest_act_that_the_door_takes(fund: TestedFund) -> None:
    case = await a_case(fund)

    def of(lines: int, payer: str = "某") -> Receipt:
        each = [
            ReceiptLine(purpose=ReceiptPurpose.PRINCIPAL, amount_fen=1, reference=f"LS-{n}", payer=payer)
            for n in range(lines)
        ]
        return Receipt(received_on=fund.today, lines=tuple(each))

    assert fund.bank_writes(case, of(MOST_LINES)).state == "received"
    assert fund.why_refused(fund.bank_writes(case, of(MOST_LINES + 1)).id) == "message.too_many_lines"
    assert fund.why_refused(fund.bank_writes(case, of(MOST_LINES, "某" * 140)).id) == "message.too_long"
    await fund.settle()
    assert (await refusal_of(fund.act(case, Withdraw(reason="长" * 5_000)))).code == "act.too_long"


async def test_28_a_case_that_goes_in_circles_takes_only_the_acts_that_end_it(
    fund: TestedFund, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await a_case(fund)
    await fund.bank_promises(case)
    monkeypatch.setattr(acts, "MOST_ACTS", 2)
    await fund.propose(case, FIVE_MILLION)
    await fund.send_back(case)
    assert (await refusal_of(fund.act(case, Propose(amount_fen=1)))).code == "act.too_many"
    await fund.withdraw(case)
    assert fund.stage_of(case) is CaseStage.WITHDRAWN


class OneIsRefused(Relay):
    """Temporal refuses whatever goes to one case."""

    def __init__(self, fund: TestedFund, case: str, error: Exception) -> None:
        super().__init__(fund.services, fund.client)
        self._case, self._error = case, error

    async def _signal(self, delivery: Outbox, route: dict[str, str]) -> None:
        if delivery.case_no == self._case:
            raise self._error
        await super()._signal(delivery, route)


FULL = RPCError("exceeded workflow execution limit for signal events", RPCStatusCode.INVALID_ARGUMENT, b"")
BUSY = RPCError("workflow is busy", RPCStatusCode.RESOURCE_EXHAUSTED, b"")
HICCUP = RPCError("shard status unknown", RPCStatusCode.INTERNAL, b"")


@pytest.mark.parametrize("error", [FULL, ValueError("not JSON"), AssertionError()])
async def test_28_what_temporal_refuses_for_one_case_is_given_up_and_said_and_stops_no_other(
    fund: TestedFund, error: Exception
) -> None:
    case, other = await a_case(fund), await a_case(fund)
    relay = OneIsRefused(fund, case, error)
    refused = fund.bank_writes(case, MAYBE)
    reached = fund.bank_writes(other, MAYBE)
    for _ in range(SAY_SO_AFTER - 1):
        await relay.deliver_some()
        assert await relay.deliver_some() == 0  # it waits, longer each time
        try_again_now(fund)
    assert fund.message(refused.id).state == "received"
    assert outbox_of(fund, other)[-1].delivered_at
    await relay.deliver_some()
    assert fund.why_refused(refused.id) == "message.undeliverable"
    assert open_troubles(fund, case) == [TroubleKind.UNDELIVERABLE]
    try_again_now(fund)
    assert await relay.deliver_some() == 0
    await fund.settle()
    assert fund.message(reached.id).state == "accepted"


async def test_28_a_case_that_could_never_begin_is_ended_by_two_people_and_its_loan_may_apply_again(
    fund: TestedFund,
) -> None:
    row = a_micro_manufacturer(maturity=fund.in_days(5))
    with fund.services.sessions.begin() as session:
        case = file_application(
            session, fund.code, row, received_on=fund.today, filed_by=MAKER, source="test", queues="q" * 2_000
        ).case_no
    relay = Relay(fund.services, fund.client)
    for _ in range(SAY_SO_AFTER):
        await relay.deliver_some()
        try_again_now(fund)
    assert outbox_of(fund, case)[0].failure == "message.undeliverable"
    with fund.services.sessions() as session:
        [trouble] = troubles(session, case_no=case)
        maker = actor(session, MAKER, Role.MAKER, fund.code)
        checker = actor(session, CHECKER, Role.CHECKER, fund.code)
    desk, books = fund.services.desk_sessions.begin, fund.services.sessions.begin
    propose_remedy(desk, trouble.id, Remedy.END, "流程服务不接收", maker)
    await approve_remedy(desk, books, fund.client, trouble.id, Remedy.END, checker)
    assert (fund.stage_of(case), open_troubles(fund, case)) == (CaseStage.LAPSED, [])


@pytest.mark.parametrize("error", [BUSY, HICCUP])
async def test_28_a_case_that_is_busy_is_tried_again_for_ever_and_arrives_in_order(
    fund: TestedFund, error: Exception
) -> None:
    case, other = await a_case(fund), await a_case(fund)
    relay = OneIsRefused(fund, case, error)
    first, second = (
        fund.bank_writes(case, MAYBE),
        fund.bank_writes(case, NewLoan(signed_on=fund.today, note="N", amount_fen=1)),
    )
    for _ in range(SAY_SO_AFTER + 2):
        fund.bank_writes(other, MAYBE)
        await relay.deliver_some()
        try_again_now(fund)
    assert (fund.message(first.id).state, fund.message(second.id).state) == ("received", "received")
    assert open_troubles(fund, case) == [TroubleKind.UNDELIVERABLE]
    await fund.settle()
    assert fund.message(first.id).state == "accepted"
    assert open_troubles(fund, case) == []


async def test_28_a_server_that_is_away_counts_against_no_case(fund: TestedFund) -> None:
    case = await a_case(fund)
    fund.bank_writes(case, MAYBE)
    away = OneIsRefused(fund, case, RPCError("connection refused", RPCStatusCode.UNAVAILABLE, b""))
    for _ in range(SAY_SO_AFTER + 1):
        with pytest.raises(RPCError):
            await away.deliver_some()
    assert outbox_of(fund, case)[-1].tries == 0
    assert open_troubles(fund, case) == []


async def test_42_a_start_whose_name_is_taken_is_told_and_one_sent_again_is_not(fund: TestedFund) -> None:
    again = await a_case(fund)
    with fund.services.sessions.begin() as session:
        session.execute(text("UPDATE outbox SET delivered_at = NULL WHERE case_no = :case"), {"case": again})
    relay = Relay(fund.services, fund.client)
    assert await relay.deliver_some() == 1
    assert open_troubles(fund, again) == []

    case = fund.file(a_micro_manufacturer(maturity=fund.in_days(5)))
    other = {"case_no": "OTHER-1", "fund": fund.code, "queues": "of-another-house"}
    name = renewal_id(fund.code, case)
    await fund.client.start_workflow("Renewal", other, id=name, task_queue="of-another-house")
    assert await relay.deliver_some() == 0
    with fund.services.sessions() as session:
        (trouble,) = troubles(session, case_no=case)
    assert (trouble.kind, trouble.detail) == (
        TroubleKind.STORY_TAKEN,
        {"case": case, "workflow": name, "of": "OTHER-1"},
    )
    assert [(each.delivered_at, each.failure) for each in outbox_of(fund, case)] == [(None, None)], "it is tried again"

    gone = DeleteWorkflowExecutionRequest(
        namespace=fund.client.namespace, workflow_execution=WorkflowExecution(workflow_id=name)
    )
    await fund.client.workflow_service.delete_workflow_execution(gone)
    async with asyncio.timeout(fund.busy_seconds):
        while open_troubles(fund, case):
            try_again_now(fund)
            await relay.deliver_some()
    await fund.settle()
    assert fund.stage_of(case) is CaseStage.BANK_OPINION, "it began by itself"


async def test_28_a_thousand_messages_of_one_case_do_not_keep_another_waiting(fund: TestedFund) -> None:
    case, other = await a_case(fund), await a_case(fund)
    with fund.services.sessions.begin() as session:
        for n in range(100):
            send(session, case, DeliveryKind.SIGNAL, {"attempt": n}, signal="pool_granted")
    fund.bank_writes(other, MAYBE)
    assert await Relay(fund.services, fund.client).deliver_some() == MOST_OF_ONE_CASE + 1
    assert outbox_of(fund, other)[-1].delivered_at


async def test_28_weekly_receipts_stay_small_in_the_history(fund: TestedFund) -> None:
    case = await a_case(fund)
    await fund.bridge(case, FIVE_MILLION)
    await fund.not_renewing(case)
    sizes = []
    for _ in range(4):
        await fund.money_returns(case, yuan(1_000), fee=0)
        description = await fund.client.get_workflow_handle(fund.case(case).workflow_id).describe()
        sizes.append(description.raw_description.workflow_execution_info.history_size_bytes)
    a_receipt = [later - earlier for earlier, later in itertools.pairwise(sizes)]
    assert max(a_receipt) < 8_000, json.dumps(sizes)
