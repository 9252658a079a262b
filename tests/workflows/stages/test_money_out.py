"""Money that is out: settled, renewed, returned, certified; or pursued and written off. Told without a database."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from activities import contracts
from activities.contracts import Booking
from rulebook.cases import recovery_id
from rulebook.messages import (
    ApproveDate,
    ApproveWriteOff,
    CollateralRegistered,
    ConcludeRecovery,
    DateCorrection,
    Dated,
    NewLoan,
    NotRenewing,
    OldLoanSettled,
    ProposeDate,
    ProposeWriteOff,
    Receipt,
    ReceiptLine,
    ReceiptPurpose,
    Withdraw,
)
from rulebook.money import yuan
from rulebook.stages import CaseStage
from rulebook.steps import Refusal
from tests.builders import a_micro_manufacturer
from tests.workflows.story import AMOUNT, FUND, Story, next_monday
from workflows.renewal import CaseOutcome

pytestmark = pytest.mark.asyncio(loop_scope="session")

MakeStory = Callable[..., Story]
RELEASE_DAY = next_monday() + timedelta(days=3)


def came_back(amount: int, reference: str, on: date = RELEASE_DAY) -> Receipt:
    line = ReceiptLine(purpose=ReceiptPurpose.PRINCIPAL, amount_fen=amount, reference=reference, payer="本公司")
    return Receipt(received_on=on, lines=(line,))


def settled(balance_fen: int = 0) -> OldLoanSettled:
    return OldLoanSettled(settled_on=RELEASE_DAY, balance_fen=balance_fen, voucher="HK1")


RENEWED = NewLoan(signed_on=RELEASE_DAY, note="JJ2", amount_fen=yuan(6_000_000))


async def test_a_residue_on_the_payoff_voucher_is_a_task_and_money_home_closes_the_case(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        await story.paid()
        await story.tell(settled(balance_fen=3))
        assert (story.stage(), story.events[-1]) == (CaseStage.OLD_LOAN_SETTLEMENT, "residue_left")
        await story.tell(settled())
        await story.tell(RENEWED)
        await story.tell(came_back(yuan(1_000_000), "LS1"))
        assert story.stage() is CaseStage.REPAYMENT
        await story.tell(came_back(AMOUNT, "LS2"))
        assert await story.outcome(CaseOutcome) == CaseOutcome(end=CaseStage.CLOSED)
        certified = story.last(contracts.certify_and_close)
        assert (certified.amount_fen, certified.paid_on, certified.returned_on) == (AMOUNT, RELEASE_DAY, RELEASE_DAY)


async def test_collateral_is_registered_between_settlement_and_new_loan_where_it_is_needed(a_story: MakeStory) -> None:
    maturity = next_monday() + timedelta(days=4)
    filed = a_micro_manufacturer(maturity=maturity, collateral_anew=True).facts(next_monday() - timedelta(days=3))
    async with a_story(filed).told() as story:
        await story.paid()
        await story.tell(settled())
        assert story.stage() is CaseStage.COLLATERAL
        await story.tell(CollateralRegistered(registered_on=RELEASE_DAY, certificate="他项1号"))
        assert story.stage() is CaseStage.NEW_LOAN
        assert await story.refused(Withdraw(reason="x")) == "act.payment_in_flight"


@pytest.mark.parametrize(
    ("receipt", "code"),
    [
        (came_back(1, "LS1"), "message.receipt_booked"),
        (came_back(1, "LS9", on=RELEASE_DAY - timedelta(days=1)), "message.receipt_date"),
    ],
)
async def test_a_receipt_that_cannot_be_is_refused_by_name(a_story: MakeStory, receipt: Receipt, code: str) -> None:
    async with a_story().told() as story:
        await story.paid()
        await story.tell(came_back(yuan(1_000_000), "LS1"))
        refused = await story.tell(receipt)
        assert [(each.id, each.code) for each in story.steps[-1].refused] == [(refused, code)]
        assert len(story.all(contracts.book_return)) == 1


async def test_what_the_books_know_already_is_not_booked_and_said_so(a_story: MakeStory) -> None:
    told = a_story()
    told.answers["book_return"] = lambda _: Booking(booked_before="LS1")
    async with told.told() as story:
        await story.paid()
        refused = await story.tell(came_back(AMOUNT, "LS1"))
        assert [(each.id, each.code) for each in story.steps[-1].refused] == [(refused, "message.receipt_booked")]
        assert story.steps[-1].stage is CaseStage.OLD_LOAN_SETTLEMENT


async def handed_over(story: Story) -> None:
    """The bank does not renew; from here on the story is that of recovery."""
    await story.paid()
    await story.tell(NotRenewing(reason="续贷审批未通过"))
    assert await story.outcome(CaseOutcome) == CaseOutcome(end=CaseStage.RECOVERY, reason="续贷审批未通过")
    story.goes_on_as(recovery_id(FUND, story.case_no))
    await story.quiet()


async def test_recovery_ends_when_nothing_is_owed(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        await handed_over(story)
        assert await story.refused(ConcludeRecovery(reason="收回")) == "act.still_owed"
        await story.tell(came_back(AMOUNT + yuan(10_000), "LS1"))
        await story.act(ConcludeRecovery(reason="收回"))
        assert await story.outcome(CaseStage) is CaseStage.CLOSED


async def test_a_loss_is_written_off_by_two_people_for_the_amount_that_is_out(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        await handed_over(story)
        await story.act(ProposeWriteOff(decision="9号", amount_fen=AMOUNT, reason="破产终结"), by="li")
        await story.tell(came_back(yuan(1_000_000), "LS1"))
        lost = AMOUNT - yuan(1_000_000)
        approval = ApproveWriteOff(decision="9号", amount_fen=AMOUNT)
        assert await story.refused(approval) == "act.write_off_differs", "money came in: the proposal is void"
        await story.act(ProposeWriteOff(decision="10号", amount_fen=lost, reason="破产终结"), by="li")
        assert await story.refused(ApproveWriteOff(decision="10号", amount_fen=lost), by="li") == "act.same_person"
        await story.act(ApproveWriteOff(decision="10号", amount_fen=lost))
        assert await story.outcome(CaseStage) is CaseStage.WRITTEN_OFF
        assert story.last(contracts.write_off).amount_fen == lost


async def test_what_comes_in_after_the_term_is_pursued_and_booked(a_story: MakeStory) -> None:
    async with a_story().told() as story:
        await story.paid()
        await story.passes(timedelta(days=25))
        assert (await story.outcome(CaseOutcome)).end is CaseStage.RECOVERY
        story.goes_on_as(recovery_id(FUND, story.case_no))
        await story.tell(came_back(yuan(2_000_000), "LS1"))
        assert story.last(contracts.book_return).parts[0].division.principal_fen == yuan(2_000_000)


async def test_45_a_correction_that_could_not_be_written_still_waits_for_its_second_person(a_story: MakeStory) -> None:
    asked = DateCorrection(said=Dated.OLD_LOAN_SETTLED, was=RELEASE_DAY, now=RELEASE_DAY - timedelta(days=1))
    approval = ApproveDate(**asked.model_dump())
    async with a_story().told() as story:
        await story.paid()
        await story.tell(settled())
        await story.act(ProposeDate(reason="录入时看错凭证", **asked.model_dump()))

        def refused(request: contracts.CorrectDate) -> contracts.DateCorrected:
            return contracts.DateCorrected(refused=Refusal(id=request.step.cause, code="act.date_unknown", params={}))

        story.answers["correct_date"] = refused
        assert await story.refused(approval) == "act.date_unknown"
        story.answers["correct_date"] = lambda _: contracts.DateCorrected()
        assert (await story.act(approval)).event == "date_corrected"
