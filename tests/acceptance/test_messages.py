"""Every word is on record: what was refused with its reason, what was repeated once, what was read from paper."""

from datetime import timedelta

import pytest

from models.cases.acts import record_paper, verify_paper
from models.funds.people import actor
from rulebook.cases import BankAnswer, recovery_id
from rulebook.errors import XuqiaoError
from rulebook.messages import Opinion, Propose
from rulebook.money import yuan
from rulebook.stages import CaseStage, Role
from tests.acceptance.fund.fund import BANK, BOTH, MAKER, TestedFund, refusal_of
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)
NO = Opinion(answer=BankAnswer.NO_RENEWAL)


async def a_case(fund: TestedFund) -> str:
    return await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))


async def test_unknown_late_and_impossible_messages_are_refused_on_record(fund: TestedFund) -> None:
    unknown = await fund.bank_says(f"{fund.code}-2026-99999-0", NO)
    assert fund.why_refused(unknown) == "message.unknown_case"
    case = await a_case(fund)
    await fund.bank_says(case, NO)
    assert fund.why_refused(await fund.bank_says(case, NO)) == "message.case_ended"
    bridged = await a_case(fund)
    await fund.bridge(bridged, FIVE_MILLION)
    assert fund.why_refused(await fund.bank_says(bridged, NO)) == "message.impossible"


async def test_a_message_that_loses_the_race_with_the_end_is_refused_on_record(fund: TestedFund) -> None:
    case = await a_case(fund)
    first, second = fund.bank_writes(case, NO), fund.bank_writes(case, NO)
    await fund.settle()
    assert fund.message(first.id).state == "accepted"
    assert fund.why_refused(second.id) in ("message.impossible", "message.case_ended")


async def test_the_same_message_twice_acts_once_and_another_under_its_id_is_refused(fund: TestedFund) -> None:
    case = await a_case(fund)
    promising = Opinion(answer=BankAnswer.REPAY_THEN_LEND, promise=fund.promise(case))
    first = await fund.bank_says(case, promising, key="JD-1")
    assert await fund.bank_says(case, promising, key="JD-1") == first
    conflict = await fund.bank_says(case, NO, key="JD-1")
    assert fund.why_refused(conflict) == "message.key_conflict"
    assert fund.events(case).count("bank_answered") == 1
    assert fund.stage_of(case) is CaseStage.APPROVAL


async def test_the_same_act_twice_gives_the_first_outcome(fund: TestedFund) -> None:
    case = await a_case(fund)
    await fund.bank_promises(case)
    proposal = Propose(amount_fen=FIVE_MILLION)
    first = await fund.act(case, proposal, key="K1")
    assert await fund.act(case, proposal, key="K1") == first
    refused = await refusal_of(fund.act(case, Propose(amount_fen=1), key="K1"))
    assert refused.code == "act.key_conflict"
    await fund.withdraw(case)
    assert await fund.act(case, proposal, key="K1") == first
    assert (await refusal_of(fund.propose(case, FIVE_MILLION))).code == "act.case_not_running"
    assert [act.state for act in fund.acts_of(case, "propose")] == ["accepted", "refused", "refused"]


async def test_a_sealed_paper_acts_once_a_second_officer_has_seen_it(fund: TestedFund) -> None:
    case = await a_case(fund)
    with fund.services.sessions.begin() as session:
        recorder, other = actor(session, MAKER, Role.MAKER, fund.code), actor(session, BOTH, Role.CHECKER, fund.code)
        paper = record_paper(session, "P1", case, NO, BANK, fund.now, recorded_by=recorder, paper_digest="ab" * 32)
    await fund.settle()
    assert (fund.message(paper.id).state, fund.stage_of(case)) == ("unverified", CaseStage.BANK_OPINION)
    with fund.services.sessions.begin() as session, pytest.raises(XuqiaoError, match="same_officer"):
        verify_paper(session, paper.id, recorder)
    with fund.services.sessions.begin() as session:
        verify_paper(session, paper.id, other)
    await fund.settle()
    assert fund.stage_of(case) is CaseStage.REFUSED
    assert (fund.message(paper.id).recorded_by, fund.message(paper.id).verified_by) == (MAKER, BOTH)


async def test_reminders_and_escalations_come_on_working_days_and_raise_the_tasks_urgency(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    urgencies = []
    for _ in range(8):
        task = fund.task_of(case)
        assert task is not None
        urgencies.append(task.urgency)
        await fund.skip(days=1)
    assert list(dict.fromkeys(urgencies)) == ["normal", "reminded", "escalated"]
    calendar = fund.workdays_since(fund.today - timedelta(days=10))
    told = [day for kind, day in fund.event_days(case) if kind in ("reminded", "escalated")]
    assert len(told) == 2
    assert all(calendar.is_workday(day) for day in told)


async def test_what_the_bank_says_of_a_pursued_case_reaches_the_pursuit(fund: TestedFund) -> None:
    case = await a_case(fund)
    await fund.bridge(case, FIVE_MILLION)
    await fund.not_renewing(case)
    assert fund.case(case).workflow_id == recovery_id(fund.code, case)
    receipt = await fund.money_returns(case, yuan(1_000_000), fee=0)
    assert fund.message(receipt).state == "accepted"
    assert fund.why_refused(await fund.not_renewing(case)) == "message.impossible"


async def test_a_receipt_that_comes_with_the_bad_news_is_booked_by_the_pursuit(fund: TestedFund) -> None:
    case = await a_case(fund)
    await fund.bridge(case, FIVE_MILLION)
    await fund.old_loan_settled(case)
    await fund.not_renewing_and(case, fund.a_receipt(yuan(2_000_000)))
    assert fund.stage_of(case) is CaseStage.RECOVERY
    assert fund.position(case).outstanding_fen == yuan(3_000_000)
