"""While papers cannot be drawn other things happen: to the promise, the law, the queue, the officers and the press."""

import asyncio

import pytest

from activities.papers import drawing_up as papers
from activities.papers.press.office import read_office
from activities.words import say_error
from models.cases.case_file import the_event
from rulebook.cases import PromiseRung
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.messages import Approve
from rulebook.money import yuan
from rulebook.stages import ActKind, CaseStage
from rulebook.steps import Outcome
from tests.acceptance.fund import offices
from tests.acceptance.fund.fund import CHECKER, CONCLUDE, MAKER, TestedFund, refusal_of
from tests.acceptance.fund.measures import a_later_measure
from tests.acceptance.fund.offices import (
    BEFORE_PAYMENT,
    FIVE_MILLION,
    OWN_SIGN,
    Serving,
    a_font_with,
    planned,
    reserved,
    undrawn,
)
from tests.acceptance.fund.paper_texts import texts
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

serving, fund = offices.an_office, offices.its_fund

TEN_MILLION = yuan(10_000_000)
BROKEN = "{% extends '_sheet.html' %}{% block paper %}{{ d.nobody_knows }}{% endblock %}"
UNREADABLE = "{% extends '_sheet.html' %}{% block paper %}<svg viewBox='a'></svg>{% endblock %}"
WITHOUT_END = "{% for i in range(10**9) %}{% for j in range(10**9) %}{% endfor %}{% endfor %}"


async def a_large_one(fund: TestedFund) -> str:
    large = a_micro_manufacturer(maturity=fund.in_days(16), balance_fen=yuan(12_000_000), asking=TEN_MILLION)
    return await fund.apply(large)


async def mended(serving: Serving) -> None:
    """The office's font has its sign again."""
    a_font_with(OWN_SIGN, serving.office / "fonts" / "body.ttf")
    await serving.restart()


async def is_paid(fund: TestedFund, case: str, amount: int) -> None:
    """Signed and released on its day: the bank has paid that, once."""
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    await fund.release(case)
    assert fund.paid_by_bank(case) == [amount]


# What was approved ----------------------------------------------------------------------------------------------


async def test_other_templates_give_the_money_to_who_waits_and_bind_the_next_approval(
    fund: TestedFund, serving: Serving
) -> None:
    serving.breaks("drawdown_request", BROKEN)
    await serving.restart()
    case = await a_large_one(fund)
    await fund.reserve(case, TEN_MILLION)
    approved = fund.current_approval(case)
    assert approved is not None
    serving.mends("drawdown_request")
    await serving.restart()
    await fund.reserve(await a_large_one(fund), TEN_MILLION)
    behind = await reserved(fund)
    assert fund.stage_of(behind) is CaseStage.QUEUED

    assert (await fund.draw_again(case, new_templates=True)).stage is CaseStage.APPROVAL
    await fund.settle()
    assert (fund.position(case).reserved_fen, fund.position(behind).reserved_fen) == (0, FIVE_MILLION)
    assert fund.stage_of(behind) is CaseStage.AGREEMENT
    await fund.propose(case, TEN_MILLION)
    stale = fund.act(case, Approve(terms_digest=approved.terms_digest))
    assert (await refusal_of(stale)).code == "act.terms_changed"
    await fund.approve(case)
    assert fund.stage_of(case) is CaseStage.QUEUED
    assert fund.pool().available_fen == FIVE_MILLION

    await fund.withdraw(behind)
    await fund.settle()
    assert fund.position(case).reserved_fen == TEN_MILLION
    first, second = await planned(fund, case)
    assert first.template_digest != second.template_digest == read_office(serving.office).digest
    assert set(fund.papers_of(case)) == BEFORE_PAYMENT
    await is_paid(fund, case, TEN_MILLION)


async def test_the_maker_of_new_templates_cannot_approve_with_them(fund: TestedFund, serving: Serving) -> None:
    serving.breaks("drawdown_request", BROKEN)
    await serving.restart()
    case = await reserved(fund)
    serving.mends("drawdown_request")
    await serving.restart()
    await fund.draw_again(case, new_templates=True)
    assert fund.case(case).amount_fen is None
    await fund.propose(case, FIVE_MILLION, by="sun.shen")
    assert (await refusal_of(fund.approve(case, by="sun.shen"))).code == "act.same_person"
    assert (await refusal_of(fund.sign(case))).code == "act.not_in_stage"
    assert fund.position(case).reserved_fen == 0


async def test_a_promise_that_changes_is_what_the_papers_are_drawn_from(fund: TestedFund, serving: Serving) -> None:
    case = await undrawn(fund, serving)
    await fund.promise_comes(case)  # the same again: nothing changes
    assert fund.position(case).reserved_fen == FIVE_MILLION
    await fund.promise_comes(case, amount_fen=yuan(4_000_000))
    assert (fund.stage_of(case), fund.pool().reserved_fen) == (CaseStage.APPROVAL, 0)
    assert (await refusal_of(fund.draw_again(case))).code == "act.nothing_to_draw"
    await fund.approve_bridge(case, yuan(3_800_000))
    await fund.settle()
    assert fund.events(case).count(EventKind.PAPERS_NOT_DRAWN) == 2
    await mended(serving)
    await fund.draw_again(case)
    for kind in ("drawdown_request", "tripartite_agreement"):
        assert "3,800,000.00" in texts(fund, case)[kind]
        assert "5,000,000.00" not in texts(fund, case)[kind]
    await is_paid(fund, case, yuan(3_800_000))


async def test_a_promise_that_is_less_firm_is_firm_again_before_other_templates_are_approved(
    fund: TestedFund, serving: Serving
) -> None:
    serving.breaks("drawdown_request", BROKEN)
    await serving.restart()
    case = await reserved(fund)
    await fund.promise_comes(case, rung=PromiseRung.INTENTION)
    serving.mends("drawdown_request")
    await serving.restart()
    assert (await fund.draw_again(case, new_templates=True)).stage is CaseStage.BANK_OPINION
    assert fund.pool().reserved_fen == 0
    await fund.promise_comes(case)
    await fund.approve_bridge(case, FIVE_MILLION)
    await fund.settle()
    assert set(fund.papers_of(case)) == BEFORE_PAYMENT


async def test_another_measure_makes_the_approval_void_while_its_papers_wait(
    fund: TestedFund, serving: Serving
) -> None:
    case = await undrawn(fund, serving)
    from_day, digest = await a_later_measure(fund)
    await fund.propose_measure(case, from_day)
    task = fund.task_of(case)
    assert task is not None
    assert task.kind == ActKind.DRAW_AGAIN
    assert (await fund.draw_again(case)).event is EventKind.PAPERS_NOT_DRAWN
    await fund.approve_measure(case, from_day)
    assert (fund.stage_of(case), fund.pool().reserved_fen) == (CaseStage.APPROVAL, 0)
    assert fund.case(case).measure_digest == digest
    await mended(serving)
    await fund.approve_bridge(case, FIVE_MILLION)
    await fund.settle()
    assert set(fund.papers_of(case)) == BEFORE_PAYMENT


# Acts together --------------------------------------------------------------------------------------------------


async def test_several_who_ask_at_once_have_the_papers_drawn_once(fund: TestedFund, serving: Serving) -> None:
    case = await undrawn(fund, serving)
    await mended(serving)
    first, same, *others = await asyncio.gather(
        fund.draw_again(case, key="a"),
        fund.draw_again(case, key="a"),
        fund.draw_again(case, key="b"),
        fund.draw_again(case, key="c", new_templates=True),
        return_exceptions=True,
    )
    assert repr(first) == repr(same), "one key, one answer"
    drawn = Outcome(stage=CaseStage.AGREEMENT, event=EventKind.PAPERS_DRAWN_UP)
    told = ["drawn" if one == drawn else isinstance(one, XuqiaoError) and one.code for one in (first, *others)]
    assert sorted(map(str, told)) == ["act.nothing_to_draw"] * 2 + ["drawn"], "whichever came first"
    assert fund.events(case).count(EventKind.PAPERS_DRAWN_UP) == 1


async def test_who_asks_or_withdraws_while_papers_are_being_drawn_is_answered_after_it(
    fund: TestedFund, serving: Serving
) -> None:
    case = await undrawn(fund, serving)
    await mended(serving)
    with fund.case_file_held(case):
        asked = [asyncio.create_task(fund.draw_again(case, key="a"))]
        await asyncio.sleep(2)
        asked += [
            asyncio.create_task(fund.draw_again(case, key="b", new_templates=True)),
            asyncio.create_task(fund.withdraw(case)),
        ]
        await asyncio.sleep(1)
    drawn, again, withdrawn = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(drawn, Outcome)
    assert drawn.event is EventKind.PAPERS_DRAWN_UP
    assert isinstance(again, XuqiaoError)
    assert again.code in {"act.nothing_to_draw", "act.not_in_stage"}, "judged before the withdrawal or after it"
    assert isinstance(withdrawn, Outcome)
    assert withdrawn.stage is CaseStage.WITHDRAWN
    assert fund.pool().reserved_fen == 0


# Decided, and not yet on paper ----------------------------------------------------------------------------------


async def test_who_has_a_refusals_notice_drawn_has_not_refused(fund: TestedFund, serving: Serving) -> None:
    serving.breaks("refusal_notice", BROKEN)
    await serving.restart()
    case = await reserved(fund)
    await fund.promise_withdrawn(case)
    await fund.promise_comes(case)
    await fund.propose(case, FIVE_MILLION)
    await fund.reject(case)
    told = fund.told(case)
    assert (told["instead_of"], told["reason"], told["paper"]) == ("refused", "用途存疑", "refusal_notice")
    voided = [approval.voided_at for approval in fund.approvals_of(case)]
    assert None not in voided

    serving.mends("refusal_notice")
    await serving.restart()
    await fund.draw_again(case)
    [rejection], [drawing] = fund.acts_of(case, "reject"), fund.acts_of(case, "draw_again")
    with fund.services.sessions() as session:
        refused, undrawn = the_event(session, case, drawing.id), the_event(session, case, rejection.id)
    assert refused is not None
    assert undrawn is not None
    assert (undrawn.actor_id, refused.actor_id) == (CHECKER, MAKER)
    assert (refused.kind, refused.detail["decided_by"]) == (EventKind.REFUSED, undrawn.actor_name)
    assert [approval.voided_at for approval in fund.approvals_of(case)] == voided
    assert "经审批决定不予支持，理由：用途存疑" in texts(fund, case)["refusal_notice"]


async def test_money_a_refusal_frees_goes_to_the_queue_before_the_notice_is_drawn_and_not_again_after(
    fund: TestedFund, serving: Serving
) -> None:
    serving.breaks("refusal_notice", BROKEN)
    await serving.restart()
    case, other = await a_large_one(fund), await a_large_one(fund)
    await fund.reserve(case, TEN_MILLION)
    await fund.reserve(other, TEN_MILLION)
    behind = await reserved(fund)
    assert fund.stage_of(behind) is CaseStage.QUEUED
    await fund.not_renewing(case)
    await fund.settle()
    assert (fund.stage_of(case), fund.stage_of(behind)) == (CaseStage.AGREEMENT, CaseStage.AGREEMENT)
    pool = fund.pool()
    assert (pool.reserved_fen, pool.available_fen) == (TEN_MILLION + FIVE_MILLION, FIVE_MILLION)
    serving.mends("refusal_notice")
    await serving.restart()
    await fund.draw_again(case)
    assert fund.stage_of(case) is CaseStage.REFUSED
    assert fund.pool() == pool
    assert "总行收紧授信" in texts(fund, case)["refusal_notice"], "the bank's own reason"


async def test_a_pursuit_books_what_comes_in_while_its_certificate_waits_and_gives_nothing_up(
    fund: TestedFund, serving: Serving
) -> None:
    serving.breaks("settlement_certificate", BROKEN)
    await serving.restart()
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.not_renewing(case)
    await fund.money_returns(case, FIVE_MILLION)
    await fund.act(case, CONCLUDE)
    assert fund.told(case)["instead_of"] == EventKind.CLOSED
    booked = fund.a_receipt(yuan(20))
    first = await fund.bank_says(case, booked)
    twice = await fund.bank_says(case, booked, key="the same line once more")
    assert fund.message(first).state == "accepted"
    assert fund.why_refused(twice) == "message.receipt_booked"
    await fund.skip(working_days=12)  # tried again and again by itself meanwhile, and a receipt between
    last = await fund.money_returns(case, yuan(30), fee=0)
    assert fund.message(last).state == "accepted"
    assert fund.refund_due(case) == yuan(50)
    serving.mends("settlement_certificate")
    await serving.restart()
    await fund.draw_again(case)
    assert fund.stage_of(case) is CaseStage.CLOSED
    assert fund.refund_due(case) == yuan(50)
    assert fund.told(case)["decided_by"] == "王核"


# The press and its time -----------------------------------------------------------------------------------------


async def test_a_drawing_the_engine_falls_over_is_a_task_like_any_other(fund: TestedFund, serving: Serving) -> None:
    """No refusal of ours and no trouble of the machine's: it would be repeated for ever, and nobody told."""
    serving.pooled = True
    for kind in ("drawdown_request", "refusal_notice"):
        serving.breaks(kind, UNREADABLE)
    await serving.restart()
    case = await reserved(fund)
    told = fund.told(case)
    assert (told["paper"], told["refusal"]) == ("drawdown_request", "papers.template_broken")
    assert told["refusal.why"].startswith("ValueError: could not convert string to float")
    assert "drawdown_request" in say_error(XuqiaoError(told["refusal"], template=told["refusal.template"]))
    await fund.not_renewing(case)
    assert (fund.told(case)["paper"], fund.pool().reserved_fen) == ("refusal_notice", 0)


async def test_a_template_without_end_is_a_task_after_a_while(
    fund: TestedFund, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(papers, "MOST_ATTEMPTS_IN_TROUBLE", 3)
    serving.pooled = True
    serving.breaks("drawdown_request", WITHOUT_END)
    await serving.restart(seconds=1.5)
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.bank_promises(case)
    await fund.approve_bridge(case, FIVE_MILLION)
    await fund.settle()
    assert fund.told(case)["refusal"] == "papers.too_slow"
    await fund.withdraw(case)
    assert fund.pool().reserved_fen == 0


async def test_a_measure_that_leaves_no_time_to_settle_things_is_waited_under_all_the_same(
    fund: TestedFund, serving: Serving
) -> None:
    """A task due on the day it begins is over after that day's close: it would begin again without end."""
    await a_later_measure(fund, **{"referral = 2": "referral = 0"})
    case = await undrawn(fund, serving)
    await fund.hours_pass(12)
    assert fund.events(case).count(EventKind.PAPERS_NOT_DRAWN) == 1
    await fund.skip(working_days=3)
    assert fund.events(case).count(EventKind.PAPERS_NOT_DRAWN) == 2
    await fund.withdraw(case)


async def test_nor_does_a_pursuit_turn_without_end_under_such_a_measure(fund: TestedFund, serving: Serving) -> None:
    serving.breaks("settlement_certificate", BROKEN)
    await serving.restart()
    await a_later_measure(fund, **{"referral = 2": "referral = 0"})
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.not_renewing(case)
    await fund.hours_pass(12)
    await fund.skip(days=1)
    await fund.money_returns(case, FIVE_MILLION)
    await fund.act(case, CONCLUDE)
    await fund.hours_pass(12)
    assert fund.events(case).count(EventKind.PAPERS_NOT_DRAWN) == 1
    serving.mends("settlement_certificate")
    await serving.restart()
    assert (await fund.draw_again(case)).stage is CaseStage.CLOSED
