"""Four eyes, the terms an approval binds, and what makes it void."""

import asyncio

import pytest
from sqlalchemy import text
from temporalio.api.enums.v1 import EventType

from activities.cases import acts
from activities.cases.troubles import look_for_lost_approvals
from activities.funds.changes import propose_bank
from activities.words import say_error
from models.cases.applications import Application, Loan
from models.cases.troubles import TroubleKind, troubles
from models.funds.banks import banks_of
from models.funds.changes import decide_change
from rulebook.cases import BankAnswer, PromiseRung
from rulebook.errors import XuqiaoError
from rulebook.messages import Approve, ApproveWriteOff, ChecklistItem, Opinion, ProposeWriteOff, RecordSigning, Release
from rulebook.money import yuan
from rulebook.stages import CaseStage, Role
from rulebook.steps import Outcome
from tests.acceptance.fund.fund import BOTH, BUSY_SECONDS, CHECKER, EVERYTHING, MAKER, TestedFund, refusal_of
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

MILLION, FIVE_MILLION = yuan(1_000_000), yuan(5_000_000)
POOL = yuan(20_000_000)


async def a_promised_case(fund: TestedFund, own: int = 2 * MILLION) -> str:
    row = a_micro_manufacturer(maturity=fund.in_days(5), own_contribution_fen=own)
    case = await fund.apply(row)
    await fund.bank_promises(case)
    return case


async def test_nobody_checks_what_he_made_himself(fund: TestedFund) -> None:
    case = await a_promised_case(fund)
    await fund.propose(case, FIVE_MILLION, by=BOTH)
    refused = await refusal_of(fund.approve(case, by=BOTH))
    assert (refused.code, refused.params["other_role"]) == ("act.same_person", "maker")
    assert fund.stage_of(case) is CaseStage.APPROVAL
    assert (await fund.approve(case, by=CHECKER)).stage is CaseStage.AGREEMENT


async def test_nobody_plays_a_part_that_is_not_his(fund: TestedFund) -> None:
    case = await a_promised_case(fund)
    await fund.propose(case, FIVE_MILLION)
    assert (await refusal_of(fund.approve(case, by=MAKER))).code == "person.not_in_role"


@pytest.mark.parametrize(("as_person", "role"), [("maker", Role.MAKER), ("checker", Role.CHECKER)])
async def test_who_made_or_checked_does_not_pay(fund: TestedFund, as_person: str, role: Role) -> None:
    case = await a_promised_case(fund)
    await fund.propose(case, FIVE_MILLION, by=EVERYTHING if role is Role.MAKER else None)
    await fund.approve(case, by=EVERYTHING if role is Role.CHECKER else None)
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    refused = await refusal_of(fund.release(case, by=EVERYTHING))
    assert (refused.code, refused.params["other_role"]) == ("act.same_person", as_person)
    assert fund.paid_by_bank(case) == []


async def test_only_the_terms_that_lie_before_the_checker_can_be_approved(fund: TestedFund) -> None:
    case = await a_promised_case(fund)
    await fund.propose(case, FIVE_MILLION)
    stale = fund.approvals_of(case)[0].terms_digest
    await fund.send_back(case)
    await fund.propose(case, yuan(4_000_000))
    refused = await refusal_of(fund.act(case, Approve(terms_digest=stale)))
    assert refused.code == "act.terms_changed"
    assert fund.position(case).reserved_fen == 0


async def test_a_proposal_made_while_the_promise_is_written_down_is_judged_by_it(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    with fund.case_file_held(case):
        fund.bank_writes(case, Opinion(answer=BankAnswer.REPAY_THEN_LEND, promise=fund.promise(case)))
        delivered = asyncio.create_task(fund.settle())
        await fund.knows(case, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
        proposals = [asyncio.create_task(fund.propose(case, yuan(5_700_001)))]
        await fund.knows(case, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED)
        proposals.append(asyncio.create_task(fund.propose(case, FIVE_MILLION)))
    too_much, proposed = await asyncio.gather(*proposals, return_exceptions=True)
    await delivered
    assert isinstance(too_much, XuqiaoError)
    assert too_much.code == "act.amount_over_ceiling"
    assert isinstance(proposed, Outcome)
    assert fund.current_approval(case).amount_fen == FIVE_MILLION  # type: ignore[union-attr]


async def test_an_amount_over_the_ceiling_is_refused_with_its_figures(fund: TestedFund) -> None:
    case = await a_promised_case(fund)
    refused = await refusal_of(fund.propose(case, yuan(5_700_001)))
    assert refused.code == "act.amount_over_ceiling"
    assert refused.params["amount"] == "5,700,001.00"
    assert refused.params["ceiling"] == "5,700,000.00"  # 95 % of the 6,000,000 that the bank promises
    assert refused.params["citation"] == "东政规发〔2025〕5号"
    assert (await refusal_of(fund.propose(case, 0))).code == "act.not_positive"


async def test_47_less_than_settles_the_old_loan_with_the_own_money_is_not_proposed(fund: TestedFund) -> None:
    case = await a_promised_case(fund, own=MILLION)
    refused = await refusal_of(fund.propose(case, yuan("4999999.99")))
    assert (refused.code, refused.params["lacking"]) == ("act.loan_not_covered", "0.01")
    await fund.propose(case, FIVE_MILLION)
    await fund.send_back(case)
    assert (await refusal_of(fund.propose(case, yuan(4_700_000)))).params["lacking"] == "300,000.00"


async def test_a_proposal_that_was_sent_back_stands_no_more(fund: TestedFund) -> None:
    case = await a_promised_case(fund)
    await fund.propose(case, FIVE_MILLION)
    assert (await refusal_of(fund.propose(case, FIVE_MILLION))).code == "act.proposal_waits"
    await fund.send_back(case)
    assert fund.current_approval(case) is None
    assert (await refusal_of(fund.reject(case))).code == "act.nothing_proposed"
    await fund.propose(case, yuan(4_000_000))
    await fund.approve(case)
    assert fund.position(case).reserved_fen == yuan(4_000_000)


async def test_of_two_checkers_at_once_one_wins(fund: TestedFund) -> None:
    case = await a_promised_case(fund)
    await fund.propose(case, FIVE_MILLION)
    both = await asyncio.gather(fund.approve(case), fund.approve(case, by=BOTH), return_exceptions=True)
    assert {type(one) for one in both} == {Outcome, XuqiaoError}
    assert fund.position(case).reserved_fen == FIVE_MILLION
    assert sorted(act.state for act in fund.acts_of(case, "approve")) == ["accepted", "refused"]


# A changed promise ---------------------------------------------------------------------------------------------------


def ceiling_of_agreement(fund: TestedFund, case: str, ceiling: int) -> None:
    """Two people register that the agreement with the bank of a case goes so far."""
    with fund.services.desk_sessions.begin() as session:
        loan = session.get_one(Loan, session.get_one(Application, case).loan)
        [bank] = [each for each in banks_of(session, fund.code) if each.code == loan.bank]
        lower = bank.model_copy(update={"ceiling_fen": ceiling})
        number = propose_bank(session, fund.code, lower, reason="补充协议", by=MAKER)
        decide_change(session, number, approved=True, person=CHECKER)


async def test_50_two_approvals_at_once_stay_within_the_agreement_with_the_bank(fund: TestedFund) -> None:
    one, other = await a_promised_case(fund), await a_promised_case(fund)
    ceiling_of_agreement(fund, one, yuan(8_000_000))
    for case in (one, other):
        await fund.propose(case, FIVE_MILLION)
    with fund.case_file_held(one):
        first = asyncio.create_task(fund.approve(one))
        async with asyncio.timeout(BUSY_SECONDS):
            while not fund.acts_of(one, "approve"):
                await asyncio.sleep(0.05)
        assert (await refusal_of(fund.approve(other, by=BOTH))).code == "bank.over_ceiling"
    await first
    await fund.withdraw(one)
    await fund.approve(other, by=BOTH)


async def in_approval(fund: TestedFund, case: str) -> None:
    await fund.propose(case, FIVE_MILLION)


async def in_agreement(fund: TestedFund, case: str) -> None:
    await fund.approve_bridge(case, FIVE_MILLION)


async def in_disbursement(fund: TestedFund, case: str) -> None:
    await fund.approve_bridge(case, FIVE_MILLION)
    await fund.settle()
    await fund.sign(case)


STANDS = [in_approval, in_agreement, in_disbursement]


@pytest.mark.parametrize("stand", STANDS)
async def test_a_changed_promise_voids_the_approval_and_frees_its_money(fund: TestedFund, stand) -> None:  # type: ignore[no-untyped-def]
    case = await a_promised_case(fund)
    await stand(fund, case)
    await fund.promise_comes(case, amount_fen=yuan(5_000_000))
    assert fund.stage_of(case) is CaseStage.APPROVAL
    assert fund.pool().available_fen == POOL
    assert fund.current_approval(case) is None
    assert (await refusal_of(fund.propose(case, FIVE_MILLION))).params["ceiling"] == "4,750,000.00"
    await fund.approve_bridge(case, yuan(4_750_000))
    await fund.settle()
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    await fund.release(case)
    assert fund.paid_by_bank(case) == [yuan(4_750_000)]
    assert fund.papers_of(case).count("tripartite_agreement") == (1 if stand is in_approval else 2)


@pytest.mark.parametrize("stand", STANDS)
async def test_a_promise_taken_back_voids_the_approval_until_another_comes(fund: TestedFund, stand) -> None:  # type: ignore[no-untyped-def]
    case = await a_promised_case(fund)
    await stand(fund, case)
    await fund.promise_withdrawn(case)
    assert fund.stage_of(case) is CaseStage.BANK_OPINION
    assert fund.pool().available_fen == POOL
    await fund.promise_withdrawn(case)
    await fund.promise_comes(case)
    assert fund.stage_of(case) is CaseStage.APPROVAL
    assert fund.current_approval(case) is None


@pytest.mark.parametrize("stand", STANDS)
async def test_a_promise_that_merely_climbs_voids_nothing(fund: TestedFund, stand) -> None:  # type: ignore[no-untyped-def]
    case = await a_promised_case(fund)
    await stand(fund, case)
    before = fund.current_approval(case), fund.stage_of(case)
    await fund.promise_comes(case, rung=PromiseRung.CONTRACTS_SIGNED)
    await fund.promise_comes(case, rung=PromiseRung.CONDITIONS_MET)
    assert (fund.current_approval(case), fund.stage_of(case)) == before


async def test_a_promise_that_slides_below_its_rung_lets_no_money_leave(fund: TestedFund) -> None:
    case = await a_promised_case(fund)
    await in_disbursement(fund, case)
    await fund.skip_to_release_day(case)
    await fund.promise_comes(case, rung=PromiseRung.INTENTION)
    refused = await refusal_of(fund.release(case))
    assert refused.code == "act.release_refused"
    assert "rung_too_low" in refused.params["findings"]


# The release day -----------------------------------------------------------------------------------------------------


async def test_no_money_leaves_before_its_day_nor_against_the_checklist(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(8)))
    await fund.reserve(case, FIVE_MILLION)
    refused = await refusal_of(fund.act(case, RecordSigning(signed_on=fund.today, return_path_confirmed=False)))
    assert refused.code == "act.return_path_missing"
    await fund.sign(case)
    assert (await refusal_of(fund.release(case))).code == "act.too_early"
    await fund.skip_to_release_day(case)
    too_little = tuple(line for line in ChecklistItem if line is not ChecklistItem.PAYEE_CALLED_BACK)
    balance = yuan(6_000_000)
    refused = await refusal_of(fund.act(case, Release(confirmed=too_little, balance_fen=balance)))
    assert (refused.code, "lines_missing" in refused.params["findings"]) == ("act.release_refused", True)
    refused = await refusal_of(fund.release(case, balance=balance - 1))
    assert (refused.code, "balance_changed" in refused.params["findings"]) == ("act.release_refused", True)
    assert "…" not in say_error(refused), "the cashier learns which two figures differ"
    assert fund.sent_to_bank(case) == []
    await fund.release(case)
    assert fund.paid_by_bank(case) == [FIVE_MILLION]


async def test_21_an_approval_lost_on_its_way_to_the_books_is_made_up_for_by_the_next_act(
    fund: TestedFund, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await a_promised_case(fund)
    await fund.propose(case, FIVE_MILLION)
    with monkeypatch.context() as stopped:  # the checker's program is killed once the case has accepted his act
        stopped.setattr(acts, "_allow", lambda *_: None)
        await fund.approve(case)
    await fund.settle()
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    await fund.bank_day()
    await fund.release(case)
    await fund.settle()
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    assert fund.paid_by_bank(case) == [FIVE_MILLION]


def lost_a_while_ago(fund: TestedFund, case: str) -> list[TroubleKind]:
    """What people are told once a minute has passed since the act."""
    with fund.services.sessions.begin() as session:
        earlier = "UPDATE officer_act SET decided_at = decided_at - interval '2 minutes' WHERE case_no = :case"
        session.execute(text(earlier), {"case": case})
    look_for_lost_approvals(fund.services.sessions.begin, None)
    with fund.services.sessions() as session:
        return [each.kind for each in troubles(session, case_no=case)]


async def test_21_an_approval_lost_is_a_task_though_nobody_acts_and_a_look_makes_up_for_it(
    fund: TestedFund, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, other = await a_promised_case(fund), await a_promised_case(fund)
    await fund.approve_bridge(other, FIVE_MILLION)
    await fund.propose(case, FIVE_MILLION)
    with monkeypatch.context() as stopped:
        stopped.setattr(acts, "_allow", lambda *_: None)
        await fund.approve(case)
    await fund.settle()
    assert lost_a_while_ago(fund, other) == []
    assert lost_a_while_ago(fund, case) == [TroubleKind.APPROVAL_MISSING]
    look_for_lost_approvals(fund.services.sessions.begin, fund.services.desk_sessions.begin)
    assert lost_a_while_ago(fund, case) == []
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    await fund.release(case)
    assert fund.paid_by_bank(case) == [FIVE_MILLION]


async def test_21_a_write_off_whose_approval_was_lost_is_a_task_and_goes_through_after_a_look(
    fund: TestedFund, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await a_promised_case(fund)
    await fund.approve_bridge(case, FIVE_MILLION)
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    await fund.release(case)
    await fund.not_renewing(case)
    decision = "东财发〔2026〕9号"
    await fund.act(case, ProposeWriteOff(decision=decision, amount_fen=FIVE_MILLION, reason="破产清算终结"))
    with monkeypatch.context() as stopped:
        stopped.setattr(acts, "_allow", lambda *_: None)
        await fund.act(case, ApproveWriteOff(decision=decision, amount_fen=FIVE_MILLION))
    assert lost_a_while_ago(fund, case) == [TroubleKind.APPROVAL_MISSING]
    look_for_lost_approvals(fund.services.sessions.begin, fund.services.desk_sessions.begin)
    await fund.settle()
    assert (fund.stage_of(case), lost_a_while_ago(fund, case)) == (CaseStage.WRITTEN_OFF, [])
