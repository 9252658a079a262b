"""A lost bridge is given up by two people and stays on record; what its guarantor pays is told from the rest."""

from collections.abc import Callable
from pathlib import Path

import pytest

from activities.books import desk as book_desk
from activities.books import reconciliation
from activities.books.breaker import breaker_of
from activities.books.desk import Doors
from activities.cases import acts as desk
from activities.cases.next_acts import next_acts
from models.books import ledger
from models.cases.applications import Application
from models.cases.exposure import exposure_of
from rulebook.books.acts import Recover, Vat
from rulebook.books.postings import PostingKind, Subject, Voucher
from rulebook.errors import XuqiaoError
from rulebook.messages import ApproveWriteOff, ConcludeRecovery, ProposeWriteOff, Receipt, ReceiptLine, ReceiptPurpose
from rulebook.money import yuan
from rulebook.stages import ActKind, CaseStage
from tests.acceptance.fund.again import run_everything_again
from tests.acceptance.fund.fund import BOTH, CASHIER, CHECKER, CONCLUDE, EVERYTHING, MAKER, TestedFund, refusal_of
from tests.acceptance.fund.reversals import take_back
from tests.acceptance.fund.statement import Statement, account_of
from tests.builders import a_micro_manufacturer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)
POOL = yuan(20_000_000)
DECISION = "东财发〔2026〕9号"


def proposed(amount: int = FIVE_MILLION, decision: str = DECISION) -> ProposeWriteOff:
    return ProposeWriteOff(decision=decision, amount_fen=amount, reason="破产清算终结，无财产可供执行")


def approved(amount: int = FIVE_MILLION, decision: str = DECISION) -> ApproveWriteOff:
    return ApproveWriteOff(decision=decision, amount_fen=amount)


def guarantors(fund: TestedFund, *amounts: int, reference: str = "DC1") -> Receipt:
    lines = tuple(
        ReceiptLine(
            purpose=ReceiptPurpose.GUARANTOR, amount_fen=fen, reference=f"{fund.code}/{reference}/{n}", payer="担保人"
        )
        for n, fen in enumerate(amounts, 1)
    )
    return Receipt(received_on=fund.today, lines=lines)


async def pursued(fund: TestedFund) -> str:
    """Five million out, whose bank does not renew."""
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    await fund.not_renewing(case)
    assert fund.stage_of(case) is CaseStage.RECOVERY
    return case


async def given_up(fund: TestedFund) -> str:
    case = await pursued(fund)
    await fund.act(case, proposed())
    await fund.act(case, approved())
    await fund.settle()
    return case


def vouchers_of(fund: TestedFund, case: str) -> list[Voucher]:
    with fund.services.sessions() as session:
        return ledger.vouchers(session, fund.code, case)


def entries_of(voucher: Voucher) -> list[tuple[str, str, int]]:
    return [(line.debit.subject.value, line.credit.subject.value, line.amount_fen) for line in voucher.lines]


def awaited(fund: TestedFund, case: str) -> tuple[str, str]:
    task = fund.task_of(case)
    assert task is not None
    return task.kind, task.role


# Given up by two people ----------------------------------------------------------------------------------------------


async def test_a_lost_bridge_is_written_off_by_two_people_and_the_pool_bears_the_loss(fund: TestedFund) -> None:
    case = await pursued(fund)
    await fund.money_returns(case, yuan(1_000_000), fee=0)
    lost = yuan(4_000_000)

    await fund.act(case, proposed(lost))
    assert (fund.stage_of(case), awaited(fund, case)) == (CaseStage.RECOVERY, ("approve_write_off", "checker"))
    outcome = await fund.act(case, approved(lost))
    assert outcome.event == "write_off_approved"
    await fund.settle()

    assert (fund.stage_of(case), fund.reason_of(case)) == (CaseStage.WRITTEN_OFF, "破产清算终结，无财产可供执行")
    assert fund.events(case)[-3:] == ["write_off_proposed", "write_off_approved", "written_off"]
    loss = vouchers_of(fund, case)[-1]
    assert (loss.kind, loss.actor_id) == (PostingKind.WRITE_OFF, CHECKER)
    assert entries_of(loss) == [
        ("loss", "bridge_receivable", lost),
        ("written_off", "written_off_claim", lost),
    ]
    pool = fund.pool()
    assert (pool.total_fen, pool.out_fen, pool.available_fen) == (yuan(16_000_000), 0, yuan(16_000_000))
    position = fund.position(case)
    assert (position.outstanding_fen, position.principal_returned_fen) == (0, yuan(1_000_000)), "a loss is no return"
    assert "settlement_certificate" not in fund.papers_of(case)
    assert fund.task_of(case) is None


async def test_one_person_alone_writes_nothing_off(fund: TestedFund) -> None:
    case = await pursued(fund)
    await fund.act(case, proposed(), by=BOTH)
    assert (await refusal_of(fund.act(case, approved(), by=BOTH))).code == "act.same_person"
    await fund.act(case, approved())
    await fund.settle()
    assert fund.stage_of(case) is CaseStage.WRITTEN_OFF


async def test_a_cashier_neither_proposes_nor_approves_a_loss(fund: TestedFund) -> None:
    case = await pursued(fund)
    assert (await refusal_of(fund.act(case, proposed(), by=CASHIER))).code == "person.not_in_role"
    assert (await refusal_of(fund.act(case, proposed(), by=EVERYTHING))).code == "bookdesk.cashier"
    await fund.act(case, proposed())
    assert (await refusal_of(fund.act(case, approved(), by=EVERYTHING))).code == "bookdesk.cashier"
    assert awaited(fund, case) == ("approve_write_off", "checker")


async def test_only_what_is_out_is_given_up_and_only_while_it_is_pursued(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    assert (await refusal_of(fund.act(case, proposed()))).code == "act.not_in_stage"
    await fund.not_renewing(case)
    assert (await refusal_of(fund.act(case, approved()))).code == "act.write_off_not_proposed"
    refused = await refusal_of(fund.act(case, proposed(FIVE_MILLION - 1)))
    assert (refused.code, refused.params) == (
        "act.write_off_differs",
        {"amount": "4,999,999.99", "outstanding": "5,000,000.00"},
    )


async def test_money_that_comes_in_between_makes_the_proposal_void(fund: TestedFund) -> None:
    case = await pursued(fund)
    await fund.act(case, proposed())
    await fund.money_returns(case, yuan(500_000), fee=0)
    assert awaited(fund, case) == ("conclude_recovery", "checker"), "nothing waits for approval any more"

    refused = await refusal_of(fund.act(case, approved()))
    assert (refused.code, refused.params) == (
        "act.write_off_differs",
        {"amount": "5,000,000.00", "outstanding": "4,500,000.00"},
    )
    other = await refusal_of(fund.act(case, approved(yuan(4_500_000))))
    assert other.code == "act.write_off_not_proposed", "nobody approves what nobody proposed"

    await fund.act(case, proposed(yuan(4_500_000), "东财发〔2026〕12号"))
    await fund.act(case, approved(yuan(4_500_000), "东财发〔2026〕12号"))
    await fund.settle()
    assert (fund.stage_of(case), fund.pool().total_fen) == (CaseStage.WRITTEN_OFF, yuan(15_500_000))


async def test_a_fee_that_comes_in_leaves_the_proposal_standing_and_a_later_one_takes_its_place(
    fund: TestedFund,
) -> None:
    case = await pursued(fund)
    await fund.skip(days=2)
    await fund.act(case, proposed())
    await fund.money_returns(case, 0, fee=yuan(2_000))
    assert awaited(fund, case) == ("approve_write_off", "checker")
    await fund.act(case, proposed(decision="东财发〔2026〕10号"))
    assert (await refusal_of(fund.act(case, approved()))).params["current"] == "东财发〔2026〕10号"
    await fund.act(case, approved(decision="东财发〔2026〕10号"))
    await fund.settle()
    assert fund.position(case).fee_received_fen == yuan(2_000)


async def test_29_a_proposal_is_over_with_the_close_and_a_pursuit_that_follows_begins_without_it(
    fund: TestedFund,
) -> None:
    case = await pursued(fund)
    await fund.act(case, proposed())
    await fund.money_returns(case, FIVE_MILLION)
    await fund.act(case, CONCLUDE)
    await take_back(fund, case)
    assert fund.stage_of(case) is CaseStage.RECOVERY
    with fund.services.sessions() as session:
        [shown] = [each for each in next_acts(session, case) if each.kind is ActKind.APPROVE_WRITE_OFF]
    assert shown.refused is not None
    refusal = await refusal_of(fund.act(case, approved()))
    assert (shown.refused.code, refusal.code) == ("act.write_off_not_proposed", "act.write_off_not_proposed")
    await fund.act(case, proposed())
    await fund.act(case, approved())


async def test_a_proposal_that_nobody_answers_is_called_to_mind_and_still_waits(fund: TestedFund) -> None:
    case = await pursued(fund)
    await fund.act(case, proposed())
    await fund.skip(working_days=8)
    assert {"reminded", "escalated"} <= set(fund.events(case))
    assert awaited(fund, case) == ("approve_write_off", "checker")
    await fund.act(case, approved())
    await fund.settle()
    assert fund.stage_of(case) is CaseStage.WRITTEN_OFF


# What must hold when something breaks --------------------------------------------------------------------------------


async def test_without_the_desks_approval_in_the_books_nothing_is_written(
    fund: TestedFund, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await pursued(fund)
    await fund.act(case, proposed())
    with monkeypatch.context() as patched:

        def dies(_begin: object, _case: str, body: object, _checker: object) -> None:
            if isinstance(body, ApproveWriteOff):
                raise ConnectionError("the desk died after the case had taken the act")

        patched.setattr(desk, "_allow", dies)
        with pytest.raises(ConnectionError):
            await fund.act(case, approved(), key="the-approval")
    assert fund.events(case)[-1] == "write_off_approved"
    assert (fund.stage_of(case), awaited(fund, case)[0]) == (CaseStage.RECOVERY, ActKind.APPROVE_WRITE_OFF)
    assert fund.position(case).outstanding_fen == FIVE_MILLION

    await fund.act(case, approved(), key="the-approval")  # the same act again makes up for what was lost

    await fund.settle()
    assert (fund.stage_of(case), fund.pool().total_fen) == (CaseStage.WRITTEN_OFF, yuan(15_000_000))


async def test_every_activity_of_a_written_off_case_done_twice_is_done_once(fund: TestedFund) -> None:
    case = await given_up(fund)
    before = (fund.case(case).model_dump(), fund.events(case), fund.pool(), vouchers_of(fund, case))
    names = await run_everything_again(fund, case)
    assert names[-1] == "write_off"
    assert (fund.case(case).model_dump(), fund.events(case), fund.pool(), vouchers_of(fund, case)) == before


# Afterwards ----------------------------------------------------------------------------------------------------------


async def test_what_comes_in_after_all_is_a_recovery_of_the_desk_and_nothing_more_goes_to_the_case(
    fund: TestedFund,
) -> None:
    case = await given_up(fund)
    doors = Doors(fund.services.desk_sessions.begin, fund.services.sessions.begin)
    late = fund.bank_writes(case, fund.a_receipt(yuan(1)))
    assert late.outcome is not None
    assert late.outcome["code"] == "message.case_ended"

    back = Recover(case_no=case, amount_fen=yuan(300_000), reference="SH-1")
    done = book_desk.propose(doors, key="r1", book=fund.code, act=back, evidence="0" * 64, maker=MAKER)
    assert (done.state, fund.pool().available_fen) == ("posted", yuan(15_300_000))
    beyond = Recover(case_no=case, amount_fen=yuan(4_700_001), reference="SH-2")
    with pytest.raises(XuqiaoError, match="account_short"):
        book_desk.propose(doors, key="r2", book=fund.code, act=beyond, evidence="0" * 64, maker=MAKER)
    vat = Vat(case_no=case, amount_fen=1, invoice="FP-1")
    with pytest.raises(XuqiaoError, match="account_short"):  # no fee was paid: there is none to tax
        book_desk.propose(doors, key="v1", book=fund.code, act=vat, evidence="0" * 64, maker=MAKER)
    assert fund.stage_of(case) is CaseStage.WRITTEN_OFF


async def test_a_loss_is_no_longer_overdue_but_counts_against_its_borrower_for_ever(
    fund_under: Callable[..., TestedFund],
) -> None:
    fund = fund_under({"[release]": '[fund]\nstop_at_overdue = "20%"\n\n[release]'})
    case = await pursued(fund)
    await fund.bank_day()
    waiting = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(14)))
    await fund.bank_promises(waiting)
    await fund.approve_bridge(waiting, FIVE_MILLION)
    assert fund.stage_of(waiting) is CaseStage.QUEUED, "5,000,000 of 20,000,000 are overdue"

    await fund.act(case, proposed())
    await fund.act(case, approved())
    await fund.settle()

    with fund.services.sessions() as session:
        breaker = breaker_of(session, fund.code)
        application = session.get_one(Application, waiting)
        exposure = exposure_of(session, application)
        same_firm = session.get_one(Application, case).uscc == application.uscc
    assert breaker is not None
    assert (breaker.overdue_fen, breaker.total_fen, breaker.is_open) == (0, yuan(15_000_000), False)
    assert fund.stage_of(waiting) is CaseStage.AGREEMENT, "the transaction that wrote the loss let the queue go on"
    assert exposure.firm is not None
    assert exposure.firm.out_fen == (FIVE_MILLION if same_firm else 0)


# The guarantor's money -----------------------------------------------------------------------------------------------


async def test_the_guarantors_money_pays_principal_then_fee_and_ends_a_recovery(fund: TestedFund) -> None:
    case = await pursued(fund)
    await fund.skip(days=2)
    fee = fund.fee_owed(case)
    assert fee == yuan(2_000)  # 5,000,000 for 2 days at 0.02 %
    await fund.money_returns(case, yuan(1_000_000), fee=0)

    await fund.bank_says(case, guarantors(fund, yuan(4_000_000) + fee + yuan(50)))

    paid = vouchers_of(fund, case)[-1]
    assert paid.kind is PostingKind.GUARANTOR_IN
    assert entries_of(paid) == [
        ("escrow_bank", "bridge_receivable", yuan(4_000_000)),
        ("escrow_bank", "fee_income", fee),
        ("escrow_bank", "refund_due", yuan(50)),
    ]
    assert fund.events(case)[-1] == "guarantor_paid"
    assert fund.fee_owed(case) == 0
    await fund.act(case, ConcludeRecovery(reason="担保人已代偿"))
    assert fund.stage_of(case) is CaseStage.CLOSED
    assert (fund.pool().available_fen, fund.refund_due(case)) == (POOL, yuan(50))


async def test_a_guarantor_may_pay_before_any_recovery_and_a_line_has_one_payer(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    lines = (
        ReceiptLine(purpose=ReceiptPurpose.PRINCIPAL, amount_fen=1, reference="DC9", payer="借款人"),
        ReceiptLine(purpose=ReceiptPurpose.GUARANTOR, amount_fen=1, reference="DC9", payer="担保人"),
    )
    mixed = await fund.bank_says(case, Receipt(received_on=fund.today, lines=lines))
    assert fund.why_refused(mixed) == "message.receipt_mixed"

    both = guarantors(fund, yuan(2_000_000)).lines + fund.a_receipt(yuan(2_500_000), reference="SK8").lines
    await fund.bank_says(case, Receipt(received_on=fund.today, lines=both))
    assert [voucher.kind for voucher in vouchers_of(fund, case)[-2:]] == [
        PostingKind.RECEIVE,
        PostingKind.GUARANTOR_IN,
    ]
    again = await fund.bank_says(case, guarantors(fund, yuan(500_000)))
    assert fund.why_refused(again) == "message.receipt_booked"
    await fund.old_loan_settled(case)
    await fund.new_loan(case, yuan(6_000_000))
    await fund.bank_says(case, guarantors(fund, yuan(500_000), reference="DC2"))
    assert fund.stage_of(case) is CaseStage.CLOSED


async def test_one_line_is_not_booked_as_the_borrowers_for_one_case_and_the_guarantors_for_another(
    fund: TestedFund,
) -> None:
    row = a_micro_manufacturer(maturity=fund.in_days(5), asking=yuan(1_000_000))
    one, other = await pursued(fund), await fund.apply(row)
    await fund.bridge(other, yuan(1_000_000))
    receipt = guarantors(fund, yuan(100))
    await fund.bank_says(one, receipt)
    borrowers = receipt.lines[0].model_copy(update={"purpose": ReceiptPurpose.PRINCIPAL})
    twice = await fund.bank_says(other, receipt.model_copy(update={"received_on": fund.today, "lines": (borrowers,)}))
    assert fund.why_refused(twice) == "message.receipt_booked"
    assert fund.position(other).principal_returned_fen == 0


async def test_the_statement_may_bring_the_guarantors_money_first(fund: TestedFund, tmp_path: Path) -> None:
    statement = Statement(fund, tmp_path)
    case = await pursued(fund)
    statement.add(f"ZF-{case}", -FIVE_MILLION, account=account_of(fund, case))
    statement.add("DC1", FIVE_MILLION, account="62280000")
    statement.take_in()
    with fund.services.sessions.begin() as session:
        told = reconciliation.match_line(
            session, "DC1", case, MAKER, CHECKER, principal_fen=None, fee_fen=None, of_guarantor=True
        )
    await fund.settle()
    assert told.guarantor_fen == FIVE_MILLION
    paid = vouchers_of(fund, case)[-1]
    assert (paid.kind, paid.reference) == (PostingKind.GUARANTOR_IN, None)
    assert {line.debit.subject for line in paid.lines} == {Subject.UNMATCHED, Subject.ESCROW_BANK}
    assert (statement.waiting(), fund.pool().available_fen) == ({}, POOL)
    assert statement.day_end().reconciliation.equal
