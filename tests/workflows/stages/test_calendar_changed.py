"""A day becomes worked or off while a case is open: its deadlines move by a step that says so."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from activities import contracts
from rulebook.calendar import LAW_ZONE, WorkCalendar
from rulebook.cases import BankAnswer, recovery_id
from rulebook.events import EventKind
from rulebook.messages import (
    ChecklistItem,
    ConfirmPayment,
    DrawAgain,
    MarkSent,
    NotRenewing,
    OldLoanSettled,
    Opinion,
    ProposeWriteOff,
    RecordSigning,
    Release,
)
from rulebook.stages import CaseStage
from rulebook.steps import BOOKS_MOVED, CALENDAR_CHANGED, BooksMoved, CalendarChanged, Step
from tests.builders import a_micro_manufacturer
from tests.workflows.story import AMOUNT, FUND, Story, day_of, next_monday, weekdays
from workflows.renewal import CaseOutcome

pytestmark = pytest.mark.asyncio(loop_scope="session")

MakeStory = Callable[..., Story]
DAY = timedelta(days=1)
GIVE_UP = ProposeWriteOff(amount_fen=AMOUNT, decision="纪要1号", reason="无可供执行财产")
NOTICE = "国办发明电〔2027〕1号"


async def becomes_off(story: Story, *days: date) -> None:
    """An official notice says that people do not work on these days."""
    await changes_to(story, weekdays(*days))


async def changes_to(story: Story, calendar: WorkCalendar) -> None:
    """An official notice says which days are worked."""
    story.answers["read_calendar"] = lambda _: calendar
    await story.handle.signal(CALENDAR_CHANGED, CalendarChanged(because=NOTICE))
    await story.quiet()


def due_on(story: Story) -> date:
    """The law's day on which the task of the last step is due."""
    due = story.steps[-1].due
    assert due is not None
    return due.astimezone(LAW_ZONE).date()


async def test_32_a_release_that_fell_on_a_day_now_off_is_the_day_before_and_the_money_leaves_then(
    a_story: MakeStory,
) -> None:
    async with a_story().told() as story:
        await story.approved()
        await story.act(RecordSigning(signed_on=story.monday, return_path_confirmed=True))
        thursday = story.monday + 3 * DAY
        assert due_on(story) == thursday, "the eve of the maturity"
        await becomes_off(story, thursday)
        step = story.steps[-1]
        assert (story.events[-1], step.detail["release"]) == ("deadlines_moved", f"{thursday} → {thursday - DAY}")
        assert (due_on(story), step.detail["notice"]) == (thursday - DAY, NOTICE)
        await story.passes(2 * DAY)
        await story.act(Release(confirmed=tuple(ChecklistItem), balance_fen=story.facts.loan.balance_fen))
        assert story.stage() is CaseStage.OLD_LOAN_SETTLEMENT


async def test_32_a_release_that_moves_to_a_later_day_is_waited_for_until_that_day(a_story: MakeStory) -> None:
    facts = a_micro_manufacturer(maturity=next_monday() + 7 * DAY).facts(next_monday() - 3 * DAY)
    async with a_story(facts).told() as story:
        await story.approved()
        await story.act(RecordSigning(signed_on=story.monday, return_path_confirmed=True))
        friday, sunday = story.monday + 4 * DAY, story.monday + 6 * DAY
        await changes_to(story, weekdays(worked=(sunday,)))
        step = story.steps[-1]
        assert step.detail["release"] == f"{friday} → {sunday}"
        assert step.detail["due"] == f"{friday} 16:30 → {sunday} 16:30", "the task is to release, not to begin the day"
        await story.passes(6 * DAY)
        assert story.stage() is CaseStage.DISBURSEMENT
        await story.act(Release(confirmed=tuple(ChecklistItem), balance_fen=story.facts.loan.balance_fen))
        assert story.stage() is CaseStage.OLD_LOAN_SETTLEMENT


async def test_32_papers_that_cannot_be_drawn_are_waited_for_until_the_release_that_moved(a_story: MakeStory) -> None:
    facts = a_micro_manufacturer(maturity=next_monday() + 7 * DAY).facts(next_monday() - 3 * DAY)
    async with a_story(facts).told() as story:
        story.answers["draw_up_papers"] = lambda request: request.step
        await story.approved()
        sunday = story.monday + 6 * DAY
        await changes_to(story, weekdays(worked=(sunday,)))
        await story.act(DrawAgain())
        await story.passes(6 * DAY)
        assert story.stage() is CaseStage.AGREEMENT
        assert len(story.all(contracts.draw_up_papers)) < 6, "they are tried again after working days, not without end"


async def test_32_a_direct_renewal_is_signed_as_many_working_days_before_the_maturity_as_before(
    a_story: MakeStory,
) -> None:
    maturity = next_monday() + 18 * DAY
    async with a_story(a_micro_manufacturer(maturity=maturity).facts(next_monday() - 3 * DAY)).told() as story:
        await story.tell(Opinion(answer=BankAnswer.RENEW_WITHOUT_REPAYMENT))
        before = due_on(story)
        await becomes_off(story, story.monday + DAY)
        assert due_on(story) == before, "what lies before it does not count"
        await becomes_off(story, before + DAY)
        assert story.steps[-1].detail["sign_by"] == f"{before} → {before - DAY}"
        assert due_on(story) == before - DAY


async def test_32_a_deadline_stays_as_many_working_days_away_and_people_are_told_then(a_story: MakeStory) -> None:
    facts = a_micro_manufacturer(maturity=next_monday() + 18 * DAY).facts(next_monday() - 3 * DAY)
    async with a_story(facts).told() as story:
        before = due_on(story)
        assert story.monday < before < story.monday + 4 * DAY, "the bank is asked for a few days"
        await becomes_off(story, story.monday + DAY)
        assert (story.events[-1], due_on(story)) == ("deadlines_moved", before + DAY)
        await becomes_off(story)
        assert due_on(story) == before, "what is taken back moves it back"
        await becomes_off(story)
        assert story.events.count("deadlines_moved") == 2, "nothing moves by the same calendar"
        await story.passes(before + DAY - story.monday)
        assert "escalated" in story.events


async def test_32_the_banks_time_for_an_open_payment_goes_by_the_calendar_too(a_story: MakeStory) -> None:
    told = a_story()
    told.answers["pay_out"] = lambda _: contracts.PayOutResult(paid=None, by_hand=True)
    async with told.told() as story:
        await story.paid()
        friday = story.monday + 4 * DAY
        assert ends_by(story) == friday, "the working day after the release"
        await becomes_off(story, friday)
        await story.passes(2 * DAY)
        nowhere = ConfirmPayment(statement_reference="-", paid=False)
        assert await story.refused(nowhere) == "act.payment_to_make", "the cashier still has it in hand"
        await story.act(MarkSent(receipt_serial="HD-1"))
        assert (story.events[-1], due_on(story)) == ("payment_marked", friday + 3 * DAY)
        sunday = friday + 2 * DAY
        await changes_to(story, weekdays(friday, worked=(sunday,)))
        assert story.steps[-1].detail["due"] == f"{sunday + DAY} 16:30 → {sunday} 16:30"
        assert len(story.all(contracts.pay_out)) == 1, "nobody is asked before the bank's time is over"
        await story.passes(2 * DAY)
        assert (day_of(story.all(contracts.pay_out)[1].step), ends_by(story)) == (sunday, sunday)


def ends_by(story: Story) -> date:
    """The day at whose cut-off the words of two people can end the payment, as it was asked about last."""
    return story.last(contracts.pay_out).not_found_final_at.astimezone(LAW_ZONE).date()


async def test_32_the_last_day_for_the_return_moves_with_the_term(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        await story.paid()
        await story.tell(OldLoanSettled(settled_on=story.monday + 3 * DAY, balance_fen=0, voucher="HK1"))
        off = [story.monday + days * DAY for days in range(4, 60) if days % 7 in (0, 4)]
        await becomes_off(story, *off)
        was, now = map(date.fromisoformat, story.steps[-1].detail["return_by"].split(" → "))
        assert was < now
        while story.stage() is CaseStage.NEW_LOAN:
            await story.passes(DAY)
        (ended,) = (step for step in story.steps if step.event is EventKind.HANDED_TO_RECOVERY)
        assert ended.at.astimezone(LAW_ZONE).date() == now


async def pursued(story: Story) -> None:
    await story.paid()
    await story.tell(NotRenewing(reason="总行收紧授信"))
    assert story.stage() is CaseStage.RECOVERY
    story.goes_on_as(recovery_id(FUND, story.case_no))


async def test_32_a_pursuit_moves_its_look_and_keeps_the_calendar(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        await pursued(story)
        before = due_on(story)
        await becomes_off(story, before)
        assert (story.events[-1], due_on(story) > before) == ("deadlines_moved", True)
        assert len(story.all(contracts.read_calendar)) == 1


async def test_32_a_deadline_that_moves_onto_the_old_day_of_another_moves_once(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        await pursued(story)
        await story.act(GIVE_UP)
        monday = due_on(story)
        wednesday = monday + 2 * DAY
        await becomes_off(story, monday, monday + DAY)
        assert story.steps[-1].detail["due"] == f"{monday} 16:30 → {wednesday} 16:30"
        assert due_on(story) == wednesday, "on which it would have been given up before"
        await story.passes(wednesday - story.monday - 3 * DAY + DAY)
        assert (story.events[-1], due_on(story)) == ("escalated", wednesday)


async def test_32_what_is_reckoned_anew_does_not_move_because_an_earlier_wait_of_that_day_did(
    a_story: MakeStory,
) -> None:
    async with a_story().told() as story:
        await pursued(story)
        await story.act(GIVE_UP)
        monday = due_on(story)
        saturday = monday - 2 * DAY
        await changes_to(story, weekdays(worked=(saturday,)))
        assert due_on(story) == saturday
        await story.passes(DAY)
        await story.act(GIVE_UP)
        assert due_on(story) == monday, "two working days from Friday, one of them the Saturday"
        await story.passes(4 * DAY)
        told = [day_of(step) for step in story.steps if step.event is EventKind.ESCALATED]
        assert told == [monday]


async def test_32_what_is_said_of_calendar_and_books_during_the_handover_reaches_the_pursuit(
    a_story: MakeStory,
) -> None:
    told = a_story()

    async def meanwhile(_: Step) -> None:
        await told.handle.signal(CALENDAR_CHANGED, CalendarChanged(because=NOTICE))
        await told.handle.signal(BOOKS_MOVED, BooksMoved(because="reversal 1"))

    told.answers["hand_to_recovery"] = meanwhile
    async with told.told() as story:
        await story.paid()
        monday = story.monday + 7 * DAY
        story.answers["read_calendar"] = lambda _: weekdays(monday)
        await story.tell(NotRenewing(reason="总行收紧授信"))
        assert await story.outcome(CaseOutcome) == CaseOutcome(end=CaseStage.RECOVERY, reason="总行收紧授信")
        story.goes_on_as(recovery_id(FUND, story.case_no))
        await story.quiet()
        assert (story.events[-1], due_on(story)) == ("deadlines_moved", monday + DAY)
        assert len(story.all(contracts.read_books_of_case)) == 1
