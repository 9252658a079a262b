"""What an auditor tries: replies lost at the worst moment, the same line twice, a second pair of hands, two relays."""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from temporalio.service import RPCError, RPCStatusCode

from activities.bank.payments import Payments
from activities.contracts import Queue, queue_name
from gateways.simulated import BankScript, PaymentManner
from models.cases.acts import enter_message, enter_receipt, record_paper
from models.funds.artificial_time import play_business_day
from models.funds.funds import fund as the_fund
from models.funds.funds import kept_measure
from models.funds.people import actor
from models.outbox import take
from rulebook.bridges import Bridge
from rulebook.cases import BankAnswer, PromiseRung, recovery_id
from rulebook.messages import (
    Actor,
    ConfirmPayment,
    MarkSent,
    MessageSource,
    NotRenewing,
    Opinion,
    ReceiptLine,
    ReceiptPurpose,
)
from rulebook.money import yuan
from rulebook.stages import CaseStage, Role
from runtime.demo.conductor import simulated_clerk
from runtime.relay import Relay
from tests.acceptance.fund.fund import CHECKER, EVERYTHING, MAKER, TestedFund, refusal_of
from tests.builders import BANK, a_micro_manufacturer
from workflows.recovery import Recovery, RecoveryStart

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIVE_MILLION = yuan(5_000_000)


async def signed(fund: TestedFund) -> str:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.reserve(case, FIVE_MILLION)
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    return case


async def two_signed(fund: TestedFund) -> tuple[str, str]:
    """Two cases on their release day."""
    first, second = [await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5))) for _ in range(2)]
    for case in (first, second):
        await fund.reserve(case, FIVE_MILLION)
        await fund.sign(case)
    await fund.skip_to_release_day(first)
    return first, second


# Payments ------------------------------------------------------------------------------------------------------------


async def test_a_call_repeated_after_its_reply_was_lost_does_not_trip_over_the_banks_new_answer(
    fund: TestedFund,
) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    fund.script_bank(case, BankScript(payment=PaymentManner.LOSE_REPLY))
    await fund.bridge(case, FIVE_MILLION)
    assert fund.events(case)[-1] == "payment_pending"
    [request] = await fund.payments_asked(case)
    again = await asyncio.to_thread(Payments(fund.services.sessions.begin, fund.services.gateways).pay_out, request)
    assert again.paid is None, "the bank would say paid now, but this call had been answered: the next one asks"
    await fund.hours_pass(1)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    assert (fund.paid_by_bank(case), fund.sent_to_bank(case)) == ([FIVE_MILLION], [1])


async def test_money_does_not_leave_when_the_release_day_is_over_before_anything_works(fund: TestedFund) -> None:
    case, other = await two_signed(fund)
    await fund.release(case)
    [request] = await fund.payments_asked(case)
    late = request.model_copy(
        update={
            name: getattr(request, name).model_copy(update={"case_no": other})
            for name in ("step", "step_if_pending", "step_if_rejected")
        }
    )
    with fund.services.sessions.begin() as session:
        play_business_day(session, fund.code, fund.today + timedelta(days=1))
    result = await asyncio.to_thread(Payments(fund.services.sessions.begin, fund.services.gateways).pay_out, late)
    assert result.paid is False
    assert (fund.paid_by_bank(other), fund.sent_to_bank(other)) == ([], [0])
    assert [payment.reason for payment in fund.payments_of(other)] == ["release_day_over"]


async def test_a_line_of_the_statement_found_for_another_case_is_looked_for_again(counter_fund: TestedFund) -> None:
    fund = counter_fund
    first, second = await two_signed(fund)
    for case in (first, second):
        await fund.release(case)
        await fund.mark_sent(case)
        await fund.act(case, ConfirmPayment(statement_reference="LS-ONE"))
        await fund.settle()
    assert fund.stage_of(first) is CaseStage.OLD_LOAN_SETTLEMENT
    assert fund.stage_of(second) is CaseStage.DISBURSEMENT
    task = fund.task_of(second)
    assert task is not None
    assert task.kind == "confirm_payment"
    await fund.confirm_payment(second)
    await fund.settle()
    assert fund.stage_of(second) is CaseStage.OLD_LOAN_SETTLEMENT
    assert fund.position(second).outstanding_fen == FIVE_MILLION


async def test_nobody_else_pays_what_a_cashier_has_paid(counter_fund: TestedFund) -> None:
    fund = counter_fund
    case = await signed(fund)
    await fund.release(case)
    await fund.mark_sent(case)
    assert (await refusal_of(fund.mark_sent(case, by=EVERYTHING))).code == "act.payment_sent_already"
    assert [payment.sent_by for payment in fund.payments_of(case)] == ["zhao.na"]


async def test_who_proposed_or_approved_does_not_pay_at_the_counter(counter_fund: TestedFund) -> None:
    fund = counter_fund
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bank_promises(case)
    await fund.propose(case, FIVE_MILLION)
    await fund.approve(case, by=EVERYTHING)
    await fund.settle()
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    await fund.release(case)
    assert (await refusal_of(fund.mark_sent(case, by=EVERYTHING))).code == "act.same_person"


async def test_who_looked_at_the_statement_first_does_not_send_the_payment_afterwards(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    fund.script_bank(case, BankScript(payment=PaymentManner.DELAY))
    await fund.bridge(case, FIVE_MILLION)
    await fund.confirm_payment(case, paid=False, by=EVERYTHING)
    await fund.settle()
    assert fund.stage_of(case) is CaseStage.DISBURSEMENT
    body = MarkSent(receipt_serial="HD")
    assert (await refusal_of(fund.act(case, body, by=EVERYTHING))).code == "act.same_person"


# What the bank says --------------------------------------------------------------------------------------------------


async def test_a_bank_that_answers_again_that_it_does_not_renew_is_heard_before_money_leaves(fund: TestedFund) -> None:
    case = await signed(fund)
    await fund.bank_answers(case, BankAnswer.NO_RENEWAL)
    assert (fund.stage_of(case), fund.reason_of(case)) == (CaseStage.REFUSED, "bank_will_not_renew")
    assert fund.pool().reserved_fen == 0


async def test_a_second_opinion_while_the_promise_is_not_yet_firm_is_heard_too(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(9)))
    await fund.bank_promises(case, rung=PromiseRung.INTENTION)
    other = await fund.bank_answers(case, BankAnswer.RENEW_WITHOUT_REPAYMENT)
    assert fund.why_refused(other) == "message.opinion_given"
    await fund.bank_answers(case, BankAnswer.NO_RENEWAL)
    assert fund.stage_of(case) is CaseStage.REFUSED


async def test_another_banks_clerk_is_refused_on_record(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    stranger = Actor(id="sun.hzw", name="孙海", role=Role.BANK_CLERK, organisation="海州湾银行")
    with fund.services.sessions.begin() as session:
        body = Opinion(answer=BankAnswer.REPAY_THEN_LEND, promise=fund.promise(case))
        entered = enter_message(session, "H1", case, body, stranger, fund.now, MessageSource.API)
    await fund.settle()
    assert fund.why_refused(entered.id) == "message.other_bank"
    assert fund.stage_of(case) is CaseStage.BANK_OPINION


@pytest.mark.parametrize("other", ["HZWB", "海州湾银行"])
async def test_the_simulator_speaks_for_no_other_banks_loan(fund: TestedFund, other: str) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    body = Opinion(answer=BankAnswer.REPAY_THEN_LEND, promise=fund.promise(case))
    with fund.services.sessions.begin() as session:
        others, own = (
            enter_message(session, bank, case, body, simulated_clerk(bank), fund.now, MessageSource.SIMULATOR)
            for bank in (other, BANK)
        )
    await fund.settle()
    assert fund.why_refused(others.id) == "message.other_bank"
    assert fund.message(own.id).state == "accepted"


async def test_who_signed_for_another_bank_did_not_sign_for_this_loan(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    body = Opinion(answer=BankAnswer.REPAY_THEN_LEND, promise=fund.promise(case))
    with fund.services.sessions.begin() as session:
        recorder = actor(session, MAKER, Role.MAKER, fund.code)
        others, own = (
            record_paper(
                session, bank, case, body, simulated_clerk(bank), fund.now, recorded_by=recorder, paper_digest="ab" * 32
            )
            for bank in ("海州湾银行", BANK)
        )
    assert fund.why_refused(others.id) == "message.other_bank"
    assert fund.message(own.id).state == "unverified"


async def test_a_statement_speaks_for_the_bank_that_keeps_the_funds_account(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    receipt = fund.a_receipt(FIVE_MILLION)
    with fund.services.sessions.begin() as session:
        keeps_the_account = the_fund(session, fund.code).escrow_bank
        others, own = (
            enter_receipt(
                session,
                bank,
                case,
                receipt,
                simulated_clerk(bank),
                fund.now,
                recorded_by=MAKER,
                verified_by=CHECKER,
            )
            for bank in (BANK, keeps_the_account)
        )
    await fund.settle()
    assert fund.why_refused(others.id) == "message.other_custodian"
    assert (fund.message(own.id).state, fund.message(own.id).source) == ("received", "statement"), "kept for its stage"


@pytest.mark.parametrize("bad", [{"reference": ""}, {"amount_fen": 10**16}, {"amount_fen": 0}])
async def test_a_receipt_that_the_books_could_never_take_does_not_come_in(bad: dict[str, Any]) -> None:
    good = {"purpose": ReceiptPurpose.PRINCIPAL, "amount_fen": 1, "reference": "SK1", "payer": "借款人"}
    ReceiptLine.model_validate(good)
    with pytest.raises(ValueError, match="1 validation error"):
        ReceiptLine.model_validate({**good, **bad})


async def test_a_message_too_long_for_the_service_is_refused_and_holds_nothing_up(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    huge = fund.bank_writes(case, Opinion(answer=BankAnswer.NO_RENEWAL, reason="长" * 1_500_000))
    await fund.settle()
    assert fund.why_refused(huge.id) == "message.too_long"
    await fund.bank_promises(case)
    assert fund.stage_of(case) is CaseStage.APPROVAL


# Keys and relays -----------------------------------------------------------------------------------------------------


async def test_a_key_used_by_another_person_is_not_his_act(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.reserve(case, FIVE_MILLION)
    body = MarkSent(receipt_serial="HD1")
    assert (await refusal_of(fund.act(case, body, key="K"))).code == "act.not_in_stage"
    assert (await refusal_of(fund.act(case, body, key="K", by=EVERYTHING))).code == "act.key_conflict"
    assert [row.actor_id for row in fund.acts_of(case, "mark_sent")] == ["zhao.na", EVERYTHING]


async def test_a_second_relay_leaves_a_case_alone_that_the_first_has_in_hand(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    begun, go_on = asyncio.Event(), asyncio.Event()

    class SlowRelay(Relay):
        async def _signal(self, delivery: Any, route: dict[str, str]) -> None:
            begun.set()
            await go_on.wait()
            await super()._signal(delivery, route)

    fund.bank_writes(case, Opinion(answer=BankAnswer.REPAY_THEN_LEND, promise=fund.promise(case)))
    slow = asyncio.create_task(SlowRelay(fund.services, fund.client).deliver_some())
    await begun.wait()
    last = fund.bank_writes(case, NotRenewing(reason="总行收紧授信"))
    assert await Relay(fund.services, fund.client).deliver_some() == 0
    assert fund.message(last.id).state == "received"
    go_on.set()
    assert await slow == 1
    await fund.settle()
    assert fund.events(case).index("bank_answered") < fund.events(case).index("refused")


_WAITS_IN_A_TRANSACTION = text("""
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle in transaction' AND pid <> pg_backend_pid()
""")
_TIME_IS_OVER = text("UPDATE outbox SET next_at = now() WHERE case_no = :case AND delivered_at IS NULL")


class HeldUpRelay(Relay):
    """A relay whose signals do not leave until somebody lets them."""

    def __init__(self, fund: TestedFund, error: Exception | None = None) -> None:
        super().__init__(fund.services, fund.client)
        self.begun, self.go_on, self._error = asyncio.Event(), asyncio.Event(), error

    async def _signal(self, delivery: Any, route: dict[str, str]) -> None:
        self.begun.set()
        await self.go_on.wait()
        if self._error:
            raise self._error
        await super()._signal(delivery, route)


def outbox_times(fund: TestedFund, case: str) -> list[tuple[bool, int]]:
    """Of each delivery of a case, in order: whether it arrived, and how often it failed."""
    with fund.services.sessions() as session:
        rows = session.execute(
            text("SELECT delivered_at IS NOT NULL, tries FROM outbox WHERE case_no = :case ORDER BY id"), {"case": case}
        )
        return [(row[0], row[1]) for row in rows]


async def test_35_no_transaction_waits_while_temporal_does_not_answer(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    relay = HeldUpRelay(fund)
    fund.bank_writes(case, Opinion(answer=BankAnswer.REPAY_THEN_LEND, promise=fund.promise(case)))
    slow = asyncio.create_task(relay.deliver_some())
    await relay.begun.wait()
    waiting = []
    for _ in range(100):  # others may be between two statements of theirs
        with fund.services.sessions() as session:
            waiting.append(session.execute(_WAITS_IN_A_TRANSACTION).scalar_one())
        if waiting[-1] == 0:
            break
        await asyncio.sleep(0.05)
    assert waiting[-1] == 0
    relay.go_on.set()
    assert await slow == 1


async def test_35_what_a_dead_relay_had_in_hand_is_anothers_when_its_time_is_over(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    fund.bank_writes(case, Opinion(answer=BankAnswer.REPAY_THEN_LEND, promise=fund.promise(case)))
    with fund.services.sessions.begin() as session:
        (taken,) = take(session, 64, 600.0)  # and whoever took it is no more
    last = fund.bank_writes(case, NotRenewing(reason="总行收紧授信"))
    assert [each.case_no for each in taken.deliveries] == [case]
    assert await Relay(fund.services, fund.client).deliver_some() == 0, "not even what came later"
    with fund.services.sessions.begin() as session:
        session.execute(_TIME_IS_OVER, {"case": case})
    assert await Relay(fund.services, fund.client).deliver_some() == 2
    await fund.settle()
    assert fund.message(last.id).state == "accepted"
    assert fund.events(case).index("bank_answered") < fund.events(case).index("refused")


async def test_35_a_relay_that_wakes_when_its_time_is_over_puts_nothing_off(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    frozen = HeldUpRelay(fund, RPCError("busy", RPCStatusCode.RESOURCE_EXHAUSTED, b""))
    fund.bank_writes(case, Opinion(answer=BankAnswer.REPAY_THEN_LEND, promise=fund.promise(case)))
    slow = asyncio.create_task(frozen.deliver_some())
    await frozen.begun.wait()
    with fund.services.sessions.begin() as session:
        session.execute(_TIME_IS_OVER, {"case": case})
    other = HeldUpRelay(fund)
    taken_over = asyncio.create_task(other.deliver_some())
    await other.begun.wait()
    frozen.go_on.set()
    with suppress(RPCError):
        await slow
    assert await Relay(fund.services, fund.client).deliver_some() == 0, "it is in the other's hand"
    other.go_on.set()
    assert await taken_over == 1
    assert outbox_times(fund, case) == [(True, 0), (True, 0)]


async def test_35_a_relay_stops_when_its_time_began_before_it_was_frozen(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    fund.bank_writes(case, Opinion(answer=BankAnswer.REPAY_THEN_LEND, promise=fund.promise(case)))

    class Frozen(HeldUpRelay):
        batch_time = 0.3

        def _take(self) -> Any:
            taken = super()._take()
            time.sleep(0.5)  # as long as a process stands still that was stopped in this very moment
            return taken

    relay = Frozen(fund)
    relay.go_on.set()
    with pytest.raises(TimeoutError):
        await relay.deliver_some()
    assert not relay.begun.is_set(), "nothing leaves after its time"


async def test_what_was_written_on_an_approval_or_a_payment_stays(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    for statement in (
        "UPDATE approval SET amount_fen = 1",
        "UPDATE payment SET amount_fen = 1",
        "UPDATE officer_act SET actor_id = 'x'",
        "UPDATE bank_message SET body = '{}'",
        "UPDATE queue_place SET rank = '0'",
        "UPDATE outbox SET payload = '{}'",
    ):
        with pytest.raises(Exception, match="permission denied"), fund.services.sessions.begin() as session:
            session.execute(text(statement))


# Days and hand-overs -------------------------------------------------------------------------------------------------


async def test_the_fee_runs_from_the_day_the_cashier_paid_though_it_is_found_days_later(
    counter_fund: TestedFund,
) -> None:
    fund = counter_fund
    case = await signed(fund)
    await fund.release(case)
    paid_on = fund.today
    await fund.mark_sent(case)
    await fund.skip(days=3)
    await fund.confirm_payment(case)
    await fund.settle()
    assert fund.case(case).paid_on == paid_on
    assert fund.fee_owed(case) == 3 * FIVE_MILLION * 2 // 10_000
    await fund.renewed_and_home(case, FIVE_MILLION)
    assert (fund.case(case).days, fund.case(case).fee_fen) == (3, yuan(3_000))


async def test_the_fee_runs_from_the_day_the_bank_paid_though_its_reply_was_lost(fund: TestedFund) -> None:
    case = await signed(fund)
    fund.script_bank(case, BankScript(payment=PaymentManner.DELAY, payment_days=1))
    await fund.bank_day()
    await fund.release(case)
    [payment] = fund.payments_of(case)
    await fund.skip(days=3)
    await fund.bank_day()
    await fund.hours_pass(25)
    assert fund.stage_of(case) is CaseStage.OLD_LOAN_SETTLEMENT
    [logged] = [one for one in fund.services.simulated_bank.payments() if one.key == payment.key]
    assert fund.case(case).paid_on == logged.paid_on < fund.today


async def test_a_renewal_that_was_reset_finds_the_pursuit_it_had_started(fund: TestedFund) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(5)))
    await fund.bridge(case, FIVE_MILLION)
    row = fund.case(case)
    assert row.paid_on is not None
    assert row.measure_digest is not None
    with fund.services.sessions() as session:
        measure = kept_measure(session, row.measure_digest)
    started = RecoveryStart(
        case_no=case,
        fund=fund.code,
        queues=fund.services.settings.queues.prefix,
        bridge=Bridge(amount_fen=FIVE_MILLION, paid_on=row.paid_on, due_on=row.paid_on),
        measure=measure,
        calendar=fund.workdays(),
    )
    queue = queue_name(fund.services.settings.queues.prefix, Queue.CASES)
    await fund.client.start_workflow(Recovery.run, started, id=recovery_id(fund.code, case), task_queue=queue)
    await fund.old_loan_settled(case)
    fund.bank_writes(case, NotRenewing(reason="总行收紧授信"))
    also = fund.bank_writes(case, fund.a_receipt(yuan(2_000_000)))
    await fund.settle()
    await asyncio.sleep(0.5)
    await fund.settle()
    assert (fund.stage_of(case), fund.case(case).workflow_id) == (CaseStage.RECOVERY, recovery_id(fund.code, case))
    assert fund.why_refused(also.id) == "message.receipt_date", "told by the pursuit, whose own clock stands earlier"
