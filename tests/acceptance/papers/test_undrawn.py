"""A paper that cannot be drawn is a task: people see why, mend it, and have it drawn again; nothing is lost meanwhile.

The office's folder is a real one: a font that has lost a character, a template that somebody has broken.
"""

import pytest

from activities.contracts import Queue
from models.books import ledger
from rulebook.errors import XuqiaoError
from rulebook.events import EventKind
from rulebook.money import yuan
from rulebook.stages import ActKind, CaseStage, Role
from tests.acceptance.fund import offices
from tests.acceptance.fund.again import run_everything_again, seen
from tests.acceptance.fund.fund import CONCLUDE, TestedFund, refusal_of
from tests.acceptance.fund.offices import (
    BEFORE_PAYMENT,
    FIVE_MILLION,
    OWN_SIGN,
    Serving,
    a_font_with,
    planned,
    reserved,
    troubled,
    undrawn,
)
from tests.acceptance.fund.record import record
from tests.builders import CLEAN, a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

serving, fund = offices.an_office, offices.its_fund


async def is_repeated_as_before(fund: TestedFund, serving: Serving, case: str) -> None:
    """A request that was on its way when cases learned to wait: it is refused, and leaves nothing."""
    [request] = await planned(fund, case)
    step = request.step.model_copy(update={"cause": "papers/of_before"})
    [draw_up] = [each for each in serving.services.activities_on(Queue.PAPERS) if each.__name__ == "draw_up_papers"]
    events = fund.events(case)
    with pytest.raises(XuqiaoError, match=r"papers\.missing_glyph"):
        draw_up(request.model_copy(update={"if_not_drawn": None, "step": step}))
    assert (fund.events(case), fund.papers_of(case)) == (events, [])


async def test_a_character_the_face_has_lost_is_a_task_until_the_face_is_back(
    fund: TestedFund, serving: Serving
) -> None:
    serving.pooled = True
    case = await undrawn(fund, serving)
    assert fund.events(case)[-1] == EventKind.PAPERS_NOT_DRAWN
    told = fund.told(case)
    assert (told["paper"], told["refusal"], told["refusal.codepoint"]) == (
        "drawdown_request",
        "papers.missing_glyph",
        "U+E000",
    )
    task = fund.task_of(case)
    assert task is not None
    assert (task.kind, task.role, task.urgency) == (ActKind.DRAW_AGAIN, Role.MAKER, "normal")
    assert task.due
    assert fund.papers_of(case) == []  # three of the set could have been drawn: none is kept

    await is_repeated_as_before(fund, serving, case)

    assert (await refusal_of(fund.sign(case))).code == "act.papers_first"
    in_vain = await fund.draw_again(case)
    assert (in_vain.stage, in_vain.event) == (CaseStage.AGREEMENT, EventKind.PAPERS_NOT_DRAWN)
    assert fund.papers_of(case) == []
    await fund.skip(working_days=1)

    a_font_with(OWN_SIGN, serving.office / "fonts" / "body.ttf")
    await serving.restart()
    drawn = await fund.draw_again(case, key="mended")
    assert (drawn.stage, drawn.event) == (CaseStage.AGREEMENT, EventKind.PAPERS_DRAWN_UP)
    assert await fund.draw_again(case, key="mended") == drawn
    assert (await refusal_of(fund.draw_again(case))).code == "act.nothing_to_draw"
    assert fund.events(case).count(EventKind.PAPERS_DRAWN_UP) == 1
    assert set(fund.papers_of(case)) == BEFORE_PAYMENT
    requests = await planned(fund, case)
    assert len(requests) == 3
    assert len({(r.attempt, r.release_on, r.days, r.fee_fen, r.template_digest) for r in requests}) == 1

    await fund.sign(case)
    await fund.skip_to_release_day(case)
    await fund.release(case)
    await fund.renewed_and_home(case, FIVE_MILLION)
    assert fund.stage_of(case) is CaseStage.CLOSED
    await record(fund, case, "undrawn")
    fund.services = serving.services  # whose press has the font
    before = seen(fund, case)
    assert "draw_up_papers" in await run_everything_again(fund, case)
    assert seen(fund, case) == before


async def test_who_does_not_mend_it_is_reminded_and_then_others_are_told(fund: TestedFund, serving: Serving) -> None:
    case = await undrawn(fund, serving)
    task = fund.task_of(case)
    assert task is not None
    assert task.due
    await fund.skip_to(task.due.date())
    await fund.hours_pass(10)
    overdue = fund.task_of(case)
    assert overdue is not None
    assert (overdue.id, overdue.urgency) == (task.id, "escalated")


async def test_whatever_ends_a_case_is_heard_while_its_papers_wait(fund: TestedFund, serving: Serving) -> None:
    withdrawn, unpromised, refused, forgotten = [
        await undrawn(fund, serving),
        *[await reserved(fund) for _ in range(3)],
    ]
    assert {fund.told(case)["refusal"] for case in (withdrawn, unpromised, refused, forgotten)} == {
        "papers.missing_glyph"
    }
    assert fund.pool().reserved_fen == 4 * FIVE_MILLION
    await fund.withdraw(withdrawn)
    await fund.promise_withdrawn(unpromised)
    await fund.not_renewing(refused)
    assert fund.pool().reserved_fen == FIVE_MILLION
    await fund.skip_past_last_call(forgotten)
    assert [(fund.stage_of(case), fund.reason_of(case)) for case in (withdrawn, refused, forgotten)] == [
        (CaseStage.WITHDRAWN, "自筹资金已到位"),
        (CaseStage.REFUSED, "bank_will_not_renew"),
        (CaseStage.LAPSED, "no_draw_again"),
    ]
    assert "promise_withdrawn" in fund.events(unpromised)
    for case in (withdrawn, unpromised, refused, forgotten):
        assert fund.position(case).reserved_fen == 0
        assert not BEFORE_PAYMENT & set(fund.papers_of(case))


async def test_a_press_in_trouble_is_nobodys_task(fund: TestedFund, serving: Serving) -> None:
    """It dies of its time limit again and again; given time the papers are drawn, and nobody was asked."""
    serving.pooled = True
    await serving.restart(seconds=0.001)
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16)))
    await fund.bank_promises(case)
    await fund.approve_bridge(case, FIVE_MILLION)
    await troubled(fund, case)
    await serving.restart()
    await fund.settle()
    assert set(fund.papers_of(case)) == BEFORE_PAYMENT
    assert EventKind.PAPERS_NOT_DRAWN not in fund.events(case)


async def test_papers_are_drawn_by_themselves_once_the_task_has_long_been_due(
    fund: TestedFund, serving: Serving
) -> None:
    case = await undrawn(fund, serving)
    a_font_with(OWN_SIGN, serving.office / "fonts" / "body.ttf")
    await serving.restart()
    await fund.skip_to(fund.workdays().workday_before(fund.maturity_of(case)))
    assert set(fund.papers_of(case)) == BEFORE_PAYMENT
    await fund.sign(case)
    await fund.release(case)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT


async def test_a_template_that_was_approved_broken_is_replaced_by_another_approval(
    fund: TestedFund, serving: Serving
) -> None:
    serving.breaks("drawdown_request", "{% extends '_sheet.html' %}{% block paper %}{{ d.nobody_knows }}{% endblock %}")
    await serving.restart()
    case = await reserved(fund)
    assert fund.told(case)["refusal"] == "papers.template_broken"
    first = fund.current_approval(case)
    assert first is not None
    serving.mends("drawdown_request")
    await serving.restart()
    assert (await fund.draw_again(case)).event is EventKind.PAPERS_NOT_DRAWN  # approved is approved

    anew = await fund.draw_again(case, new_templates=True)
    assert (anew.stage, anew.event) == (CaseStage.APPROVAL, EventKind.TEMPLATES_CHANGED)
    assert fund.current_approval(case) is None
    assert fund.position(case).reserved_fen == 0
    await fund.approve_bridge(case, FIVE_MILLION)
    await fund.settle()
    second = fund.current_approval(case)
    assert second is not None
    assert second.terms_digest != first.terms_digest
    assert set(fund.papers_of(case)) == BEFORE_PAYMENT
    await fund.sign(case)
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT


async def test_a_refusal_waits_for_its_notice_and_gives_the_money_back_at_once(
    fund: TestedFund, serving: Serving
) -> None:
    serving.breaks("refusal_notice", "{% if %}")
    await serving.restart()
    in_trouble = CLEAN.model_copy(update={"litigation": True})
    at_once = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(16), standing=in_trouble))
    assert (fund.stage_of(at_once), fund.events(at_once)) == (CaseStage.INTAKE, ["received", "papers_not_drawn"])
    later = await reserved(fund)
    assert fund.pool().reserved_fen == FIVE_MILLION
    message = await fund.not_renewing(later)
    assert fund.stage_of(later) is CaseStage.AGREEMENT
    assert fund.told(later)["paper"] == "refusal_notice"
    assert fund.message(message).state == "accepted"
    assert fund.pool().reserved_fen == 0
    assert (await refusal_of(fund.sign(later))).code == "act.papers_first"
    assert (await refusal_of(fund.withdraw(later))).code == "act.papers_first"

    serving.mends("refusal_notice")
    await serving.restart()
    assert (await fund.draw_again(later)).stage is CaseStage.REFUSED
    await fund.skip(working_days=12)  # nobody asks for the other: it is drawn by itself
    for case, reason in ((at_once, "not_eligible"), (later, "bank_will_not_renew")):
        assert (fund.stage_of(case), fund.reason_of(case)) == (CaseStage.REFUSED, reason)
        assert fund.papers_of(case).count("refusal_notice") == 1


async def test_a_case_whose_money_is_home_waits_for_its_certificate_and_books_nothing_twice(
    fund: TestedFund, serving: Serving
) -> None:
    serving.breaks("settlement_certificate", "{{ d.days_out // 0 }}")
    await serving.restart()
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.old_loan_settled(case)
    await fund.new_loan(case, FIVE_MILLION)
    fee = fund.fee_owed(case)
    await fund.money_returns(case, FIVE_MILLION)
    returned = fund.today
    assert fund.stage_of(case) is CaseStage.REPAYMENT
    assert fund.told(case)["refusal"] == "papers.template_broken"
    assert not {"settlement_certificate", "archive_index"} & set(fund.papers_of(case))
    await fund.skip(working_days=2)
    extra = await fund.money_returns(case, yuan(10), fee=0)
    assert fund.message(extra).state == "accepted"
    assert fund.refund_due(case) == yuan(10)
    with fund.services.sessions() as session:
        booked = [voucher.model_dump() for voucher in ledger.vouchers(session, fund.code, case)]

    serving.mends("settlement_certificate")
    await serving.restart()
    assert (await fund.draw_again(case)).stage is CaseStage.CLOSED
    closed = fund.case(case)
    assert (closed.fee_fen, closed.returned_on) == (fee, returned)
    assert {"settlement_certificate", "archive_index"} <= set(fund.papers_of(case))
    with fund.services.sessions() as session:
        assert [voucher.model_dump() for voucher in ledger.vouchers(session, fund.code, case)] == booked


async def test_a_pursuit_that_is_concluded_waits_for_its_certificate_too(fund: TestedFund, serving: Serving) -> None:
    serving.breaks("settlement_certificate", "{{ d.days_out // 0 }}")
    await serving.restart()
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.not_renewing(case)
    await fund.money_returns(case, FIVE_MILLION)
    concluded = await fund.act(case, CONCLUDE)
    assert (concluded.stage, concluded.event) == (CaseStage.RECOVERY, EventKind.PAPERS_NOT_DRAWN)
    task = fund.task_of(case)
    assert task is not None
    assert task.kind == ActKind.DRAW_AGAIN
    assert (await refusal_of(fund.act(case, CONCLUDE))).code == "act.papers_first"
    serving.mends("settlement_certificate")
    await serving.restart()
    assert (await fund.draw_again(case)).event is EventKind.CLOSED
    assert fund.papers_of(case).count("settlement_certificate") == 1
