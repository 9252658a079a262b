"""What may be done next, by the rows, is what the case itself takes and refuses, at every stage of real cases."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Engine, text
from sqlmodel import Session
from temporalio.client import Client

from activities.cases.next_acts import NextAct, next_acts
from gateways.simulated import BankScript, PaymentManner
from models.cases.case_file import the_case
from models.cases.standing import standing_of
from models.funds.funds import measure_in_force
from rulebook.acts import Standing
from rulebook.cases import BankAnswer
from rulebook.errors import XuqiaoError
from rulebook.messages import ActBody, ApproveWriteOff, ConcludeRecovery, ProposeMeasure, ProposeWriteOff
from rulebook.money import yuan
from rulebook.next_acts import CaseStanding, at_best, somebody, why_not
from rulebook.stages import ACT_ROLES, ENDS, ActKind, CaseStage, Role
from rulebook.steps import Outcome
from runtime.wiring import Services
from tests.acceptance.conftest import a_fund, looked_through
from tests.acceptance.fund import offices
from tests.acceptance.fund.fund import BOTH, CASHIER, CHECKER, EVERYTHING, MAKER, PERSON, TestedFund
from tests.acceptance.fund.offices import Serving, undrawn
from tests.builders import a_medium_manufacturer, a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

serving = offices.an_office

FIVE_MILLION = yuan(5_000_000)
TEN_MILLION = yuan(10_000_000)
OPERATOR = Path(__file__).parents[2] / "examples" / "operator.toml"
PEOPLE = (MAKER, CHECKER, CASHIER, BOTH, EVERYTHING)
A, S = ActKind, CaseStage


class WatchedFund(TestedFund):
    """A fund of whose every act it is asked before whether it may be done."""

    def __init__(self, services: Services, client: Client, code: str) -> None:
        super().__init__(services, client, code)
        self._seen: set[CaseStage] = set()
        self._tried: set[tuple[ActKind, str]] = set()

    async def act(self, case: str, body: ActBody, *, by: str | None = None, key: str | None = None) -> Outcome:
        foreseen = self.why_not(case, body.kind, by or PERSON[ACT_ROLES[body.kind]])
        outcome = await super().act(case, body, by=by, key=key)
        assert foreseen is None, f"{body.kind} was done, which was said to be refused: {foreseen}"
        return outcome

    def standing(self, case: str) -> CaseStanding:
        with self.services.sessions() as session:
            return standing_of(session, the_case(session, case))

    def next_acts(self, case: str, person: str | None = None) -> dict[ActKind, NextAct]:
        with self.services.sessions() as session:
            return {act.kind: act for act in next_acts(session, case, person)}

    def why_not(self, case: str, kind: ActKind, person: str) -> XuqiaoError | None:
        """Why a person may not do an act of a kind now; one that is not among the acts of the stage, nobody may do."""
        act = self.next_acts(case, person).get(kind)
        if act is None:
            return why_not(kind, self.standing(case), somebody(ACT_ROLES[kind]))
        return XuqiaoError(act.refused.code, **act.refused.params) if act.refused else None

    async def may(self, case: str) -> dict[ActKind, set[str]]:
        """Who may do what now; whatever is said to be refused is tried by one person, and refused for the same reason.

        What is not told of at all nobody may do: that is tried once in a stage. When a case has ended nobody
        hears anything.
        """
        await self.settle()
        stage, found = self.stage_of(case), {}
        told = self.next_acts(case).keys()
        if stage in ENDS:
            assert not told
            return {}
        kinds = told if stage in self._seen else list(ActKind)
        self._seen.add(stage)
        self._tried.clear()
        for kind in kinds:
            people = PEOPLE if kind in told else (PERSON[ACT_ROLES[kind]],)
            may = {person for person in people if await self._may(case, kind, person)}
            if may:
                found[kind] = may
        assert self.stage_of(case) is stage, "what was refused has changed nothing"
        return found

    async def _may(self, case: str, kind: ActKind, person: str) -> bool:
        foreseen = self.why_not(case, kind, person)
        if foreseen is None or (kind, foreseen.code) in self._tried:
            return foreseen is None
        self._tried.add((kind, foreseen.code))
        standing = self.standing(case)
        body = at_best(kind, standing.rules_look_at, standing.today)
        if isinstance(body, ProposeMeasure):  # the desk looks for the day before the case is asked
            body = body.model_copy(update={"effective_from": self._measure_day()})
        with pytest.raises(XuqiaoError) as refused:
            await super().act(case, body, by=person)
        assert (refused.value.code, refused.value.params) == (foreseen.code, foreseen.params), (kind, person)
        return False

    def _measure_day(self) -> date:
        with self.services.sessions() as session:
            return measure_in_force(session, self.code, self.today).effective_from


async def _opened(
    services: Services, client: Client, folder: Path, changed: dict[str, str] | None = None
) -> AsyncIterator[WatchedFund]:
    opened = WatchedFund(services, client, a_fund(services, client, folder, changed or {}).code)
    yield opened
    await looked_through(opened)


@pytest_asyncio.fixture(loop_scope="session")
async def fund(services: Services, client: Client, tmp_path: Path) -> AsyncIterator[WatchedFund]:
    async for opened in _opened(services, client, tmp_path):
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def counter_fund(services: Services, client: Client, tmp_path: Path) -> AsyncIterator[WatchedFund]:
    async for opened in _opened(services, client, tmp_path, {'gateway = "simulated"': 'gateway = "counter"'}):
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def undrawn_fund(serving: Serving, tmp_path: Path) -> AsyncIterator[WatchedFund]:
    """A fund of an office whose templates can be broken."""
    async for opened in _opened(serving.services, await serving.services.client(), tmp_path):
        yield opened


MAKERS, CHECKERS, CASHIERS = {MAKER, BOTH, EVERYTHING}, {CHECKER, BOTH, EVERYTHING}, {CASHIER, EVERYTHING}
OPEN = {A.WITHDRAW: MAKERS, A.PROPOSE_MEASURE: MAKERS}
DATED = {A.PROPOSE_DATE: MAKERS}
"""Once a day was recorded that may have been another one."""
FRESH = {**OPEN, A.PROPOSE_CORRECTION: MAKERS}
"""Before a proposal, when what was filed can still be corrected."""


async def test_from_intake_to_the_release_day(fund: WatchedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(9), interest_in_arrears=None))
    assert fund.stage_of(case) is S.ELIGIBILITY
    assert await fund.may(case) == {A.DECIDE_REFERRAL: CHECKERS, A.WITHDRAW: MAKERS, A.PROPOSE_CORRECTION: MAKERS}
    await fund.decide_referral(case, go_on=True)
    assert fund.stage_of(case) is S.BANK_OPINION
    assert await fund.may(case) == FRESH

    await fund.bank_promises(case)
    assert fund.stage_of(case) is S.APPROVAL
    assert await fund.may(case) == {A.PROPOSE: MAKERS, **FRESH}
    await fund.propose(case, FIVE_MILLION, by=BOTH)
    others = CHECKERS - {BOTH}
    assert await fund.may(case) == {A.APPROVE: others, A.SEND_BACK: others, A.REJECT: others, **OPEN}
    assert [barred.person for barred in fund.next_acts(case)[A.APPROVE].barred] == [BOTH]
    await fund.send_back(case)
    assert await fund.may(case) == {A.PROPOSE: MAKERS, **FRESH}
    await fund.propose(case, FIVE_MILLION)
    await fund.approve(case, by=EVERYTHING)

    await fund.settle()
    assert fund.stage_of(case) is S.AGREEMENT
    assert await fund.may(case) == {A.RECORD_SIGNING: MAKERS, **OPEN}
    await fund.sign(case)
    assert fund.stage_of(case) is S.DISBURSEMENT
    assert await fund.may(case) == OPEN
    await fund.skip_to_release_day(case)
    assert await fund.may(case) == {A.RELEASE: {CASHIER}, **DATED, **OPEN}


async def test_a_promise_that_changes_opens_the_proposal_anew(fund: WatchedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(9)))
    await fund.bank_promises(case)
    await fund.approve_bridge(case, FIVE_MILLION)
    await fund.promise_comes(case, amount_fen=FIVE_MILLION)
    assert await fund.may(case) == {A.PROPOSE: MAKERS, **FRESH}
    await fund.promise_comes(case, valid_until=fund.maturity_of(case))
    assert await fund.may(case) == FRESH, "too short for any bridge"
    await fund.promise_withdrawn(case)
    assert fund.standing(case).rules_look_at is not None
    assert await fund.may(case) == FRESH
    await fund.promise_comes(case)
    assert await fund.may(case) == {A.PROPOSE: MAKERS, **FRESH}


async def test_a_move_to_another_measure_waits_for_its_day_and_another_person(fund: WatchedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(9)))
    tomorrow = fund.today + timedelta(days=1)
    fund.adopt(tomorrow, OPERATOR.read_text(encoding="utf-8").replace("opinion = 3", "opinion = 4"))
    await fund.propose_measure(case, tomorrow, by=BOTH)
    assert await fund.may(case) == FRESH, "it has not begun"
    await fund.skip_to(tomorrow)
    assert await fund.may(case) == {A.APPROVE_MEASURE: CHECKERS - {BOTH}, **FRESH}
    await fund.approve_measure(case, tomorrow)
    assert await fund.may(case) == FRESH


async def test_a_payment_on_its_way_and_the_money_out(fund: WatchedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    fund.script_bank(case, BankScript(payment=PaymentManner.DELAY))
    await fund.reserve(case, FIVE_MILLION)
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    await fund.bank_day()
    await fund.release(case)
    assert await fund.may(case) == {A.CONFIRM_PAYMENT: CHECKERS}, "no cashier pays what the bank's system pays"
    await fund.skip(days=1)
    await fund.bank_day()
    await fund.hours_pass(7)
    for stage in (S.OLD_LOAN_SETTLEMENT, S.NEW_LOAN, S.REPAYMENT, S.CLOSED):
        assert fund.stage_of(case) is stage
        assert await fund.may(case) == ({} if stage is S.CLOSED else DATED)
        match stage:
            case S.OLD_LOAN_SETTLEMENT:
                await fund.old_loan_settled(case)
            case S.NEW_LOAN:
                await fund.new_loan(case, FIVE_MILLION)
            case S.REPAYMENT:
                await fund.money_returns(case, FIVE_MILLION)


async def test_at_the_counter_one_pays_and_another_looks(counter_fund: WatchedFund) -> None:
    fund = counter_fund
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    assert await fund.may(case) == {A.MARK_SENT: CASHIERS}, "nothing to look for before somebody paid"
    await fund.not_sent(case)
    assert await fund.may(case) == {A.MARK_SENT: CASHIERS, A.CONFIRM_PAYMENT: CHECKERS}
    await fund.denied(case, CHECKER)
    assert fund.events(case)[-2:] == ["payment_rejected", "release_papers_drawn"]
    assert await fund.may(case) == {A.RELEASE: CASHIERS, **DATED, **OPEN}
    await fund.release(case)
    await fund.mark_sent(case, by=EVERYTHING)
    assert await fund.may(case) == {A.MARK_SENT: {EVERYTHING}, A.CONFIRM_PAYMENT: CHECKERS - {EVERYTHING}}
    assert [alone.person for alone in fund.next_acts(case)[A.MARK_SENT].only] == [EVERYTHING]
    await fund.confirm_payment(case)
    await fund.settle()
    assert fund.stage_of(case) is S.OLD_LOAN_SETTLEMENT
    assert await fund.may(case) == DATED


async def test_32_the_banks_time_is_told_by_the_calendar_of_today(
    counter_fund: WatchedFund, owner_engine: Engine
) -> None:
    fund = counter_fund
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    look = fund.standing(case).rules_look_at
    assert isinstance(look, Standing)
    final_on = look.final_on
    assert final_on is not None
    with Session(owner_engine) as session:
        session.connection().execute(text("UPDATE calendar_day SET works = false WHERE day = :day"), {"day": final_on})
        moved = standing_of(session, the_case(session, case)).rules_look_at
        session.rollback()
    assert isinstance(moved, Standing)
    assert moved.final_on is not None
    assert moved.final_on > final_on


async def test_a_queued_case_is_put_first_by_another_than_its_maker(fund: WatchedFund) -> None:
    for _ in range(2):
        large = a_micro_manufacturer(maturity=fund.in_days(9), balance_fen=2 * TEN_MILLION, asking=TEN_MILLION)
        await fund.reserve(await fund.apply(large), TEN_MILLION)
    case = await fund.apply(a_medium_manufacturer(maturity=fund.in_days(9)))
    await fund.bank_promises(case)
    await fund.propose(case, FIVE_MILLION, by=EVERYTHING)
    await fund.approve(case)
    assert fund.stage_of(case) is S.QUEUED
    assert await fund.may(case) == {A.PUT_FIRST: CHECKERS - {EVERYTHING}, **OPEN}
    await fund.put_first(case, by=BOTH)
    assert await fund.may(case) == {A.PUT_FIRST: CHECKERS - {EVERYTHING}, **OPEN}


async def test_on_the_direct_route_the_borrower_may_withdraw_until_the_bank_has_signed(fund: WatchedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.bank_answers(case, BankAnswer.RENEW_WITHOUT_REPAYMENT)
    assert fund.stage_of(case) is S.NEW_LOAN
    assert await fund.may(case) == {A.WITHDRAW: MAKERS}
    await fund.withdraw(case)
    assert await fund.may(case) == {}


async def test_what_is_pursued_is_given_up_by_two_people_or_concluded(fund: WatchedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.not_renewing(case)
    assert fund.stage_of(case) is S.RECOVERY
    nobody_who_pays = {MAKER, BOTH}
    assert await fund.may(case) == {A.PROPOSE_WRITE_OFF: nobody_who_pays, **DATED}
    decision = "东财发〔2026〕9号"
    await fund.act(case, ProposeWriteOff(decision=decision, amount_fen=FIVE_MILLION, reason="破产清算终结"), by=BOTH)
    giving_up = {A.PROPOSE_WRITE_OFF: nobody_who_pays, A.APPROVE_WRITE_OFF: {CHECKER}}
    assert await fund.may(case) == {**giving_up, **DATED}
    assert fund.next_acts(case)[A.APPROVE_WRITE_OFF].not_for == (Role.CASHIER,)

    await fund.skip(days=1)  # for which a fee is owed
    await fund.money_returns(case, yuan(1_000_000), fee=0)
    assert await fund.may(case) == {A.PROPOSE_WRITE_OFF: nobody_who_pays, **DATED}, "it was for another amount"
    await fund.money_returns(case, yuan(4_000_000), fee=0)
    assert await fund.may(case) == DATED, "no principal is out, and the fee is still owed"
    await fund.money_returns(case, 0)
    assert await fund.may(case) == {A.CONCLUDE_RECOVERY: CHECKERS, **DATED}
    await fund.act(case, ConcludeRecovery(reason="全部收回"))
    await fund.settle()
    assert fund.stage_of(case) is S.CLOSED
    assert await fund.may(case) == {}


async def test_an_approved_loss_leaves_nothing_to_do(fund: WatchedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.not_renewing(case)
    decision = "东财发〔2026〕9号"
    await fund.act(case, ProposeWriteOff(decision=decision, amount_fen=FIVE_MILLION, reason="破产清算终结"))
    await fund.act(case, ApproveWriteOff(decision=decision, amount_fen=FIVE_MILLION))
    await fund.settle()
    assert fund.stage_of(case) is S.WRITTEN_OFF
    assert await fund.may(case) == {}


async def test_while_papers_cannot_be_drawn_they_come_first(undrawn_fund: WatchedFund, serving: Serving) -> None:
    fund = undrawn_fund
    case = await undrawn(fund, serving)
    assert await fund.may(case) == {A.DRAW_AGAIN: MAKERS, **OPEN}
    serving.breaks("refusal_notice", "{% extends '_sheet.html' %}{% block paper %}{{ d.nobody }}{% endblock %}")
    await serving.restart()
    await fund.not_renewing(case)
    assert (fund.stage_of(case), fund.events(case)[-1]) == (S.AGREEMENT, "papers_not_drawn")
    assert await fund.may(case) == {A.DRAW_AGAIN: MAKERS}
    serving.mends("refusal_notice")
    await serving.restart()
    await fund.draw_again(case)
    assert fund.stage_of(case) is S.REFUSED
    assert await fund.may(case) == {}


async def test_a_case_is_looked_at_on_its_funds_day(fund: WatchedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    assert fund.standing(case).today == fund.today
    await fund.skip(days=1)
    assert fund.standing(case).today == fund.today
