"""The payment of one case: released on its day, sent once, and asked about until its fate is known."""

from datetime import date, datetime, timedelta

from temporalio import workflow

from activities import contracts
from activities.contracts import PayOutResult
from rulebook.acts import PROMISES
from rulebook.bridges import Bridge
from rulebook.events import EventKind
from rulebook.messages import ConfirmPayment, MarkSent, OfficerAct, Opinion, Release
from rulebook.money import format_yuan
from rulebook.stages import ActKind, CaseStage, MessageKind
from rulebook.steps import Step
from workflows.arrangement import Arrangement
from workflows.before_money import ApprovalVoid, Change
from workflows.case import Wait
from workflows.policies import ASK_PAYMENT_AGAIN, Queue


class Payment(Arrangement):
    """What happens on the release day. An unknown payment is asked about, never sent again blindly."""

    _settlement_wait: Wait
    _return_by: datetime
    _not_found_final_at: datetime

    def __init__(self, case_no: str, fund: str, queues: str, stage: CaseStage) -> None:
        super().__init__(case_no, fund, queues, stage)
        self._payments = 0

    async def _arrange_and_pay(self, opinion: Opinion) -> None:
        """From the bank's answer to the payment; a changed promise makes every approval on it void."""
        change: Opinion | Change = opinion
        while True:
            try:
                await self._firm_promise(change)
                await self._approve_and_reserve()
                await self._sign()
                return await self._pay_out()
            except ApprovalVoid as void:
                change = void.change

    async def _pay_out(self) -> None:
        """The release-day checklist, then the payment; one that the bank sent back needs a new release."""
        while self._bridge is None:
            act = await self._before_money(self._release_wait(), only={ActKind.RELEASE, *PROMISES})
            assert isinstance(act.body, Release)
            self._payments += 1
            self._in_flight, self._sent_by, self._found_by = True, "", ""
            self._not_found_final_at = self._in_workdays(1)
            tries = 0
            while (await self._send_or_ask()).paid is None:
                delay = ASK_PAYMENT_AGAIN[tries] if tries < len(ASK_PAYMENT_AGAIN) else timedelta(days=1)
                tries += 1
                await self._watch_payment(workflow.now() + delay)
            self._in_flight = False

    async def _send_or_ask(self) -> PayOutResult:
        """Intend, ask, send, confirm and post, as far as the bank's answer goes."""
        assert self._proposal is not None
        settlement = self._waiting(
            MessageKind.OLD_LOAN_SETTLED,
            self._in_workdays(self._measure.deadlines.settlement),
            self._close_of_term(self._today),
        )
        fate = f"payment/{self._payments}"
        paid = self._step(
            EventKind.PAID_OUT,
            stage=CaseStage.OLD_LOAN_SETTLEMENT,
            wait=settlement,
            cause=None if self._in_hand else f"{fate}/paid",
            amount=format_yuan(self._proposal.amount_fen),
        )
        watch = Wait(ActKind.CONFIRM_PAYMENT, self._last_call, self._last_call)
        pending = self._stayed(paid, EventKind.PAYMENT_PENDING, watch, f"{fate}/pending")
        rejected = self._stayed(paid, EventKind.PAYMENT_REJECTED, self._release_wait(), f"{fate}/rejected")
        request = contracts.PayOut(
            step=paid,
            step_if_pending=pending,
            step_if_rejected=rejected,
            attempt=self._attempt,
            payment=self._payments,
            amount_fen=self._proposal.amount_fen,
            not_found_final_at=self._not_found_final_at,
        )
        result = await self._commit(
            contracts.pay_out,
            request,
            lambda fate: pending if fate.paid is None else paid if fate.paid else rejected,
            queue=Queue.MONEY,
        )
        if result.paid_on:
            self._money_is_out(result, settlement)
        return result

    def _money_is_out(self, result: PayOutResult, settlement: Wait) -> None:
        assert self._proposal is not None and result.paid_on is not None
        due_on = self._measure.due_on(result.paid_on, self._calendar)
        self._bridge = Bridge(amount_fen=self._proposal.amount_fen, paid_on=result.paid_on, due_on=due_on)
        self._return_by = self._close_of_term(result.paid_on)
        self._settlement_wait = settlement._replace(last_call=self._return_by)

    def _close_of_term(self, paid_on: date) -> datetime:
        """The close of business on the last day of the term; money cannot come back on a day off."""
        return self._close_of(self._workday(self._measure.due_on(paid_on, self._calendar), 0))

    async def _watch_payment(self, ask_again_at: datetime) -> None:
        """At a counter people move the payment; the bank is asked when one has found it, or else after a while."""
        wait = Wait(ActKind.CONFIRM_PAYMENT, ask_again_at, ask_again_at)
        while act := await self._next(wait, only={ActKind.MARK_SENT, ActKind.CONFIRM_PAYMENT}):
            assert isinstance(act, OfficerAct)
            step = self._step(EventKind.PAYMENT_MARKED, wait=wait)
            mark = contracts.RecordPaymentMark(step=step, payment=self._payments)
            match act.body:
                case MarkSent(receipt_serial=serial):
                    self._sent_by = act.actor.id
                    mark = mark.model_copy(update={"receipt_serial": serial})
                case ConfirmPayment(statement_reference=reference, paid=found):
                    self._found_by = act.actor.id
                    mark = mark.model_copy(update={"statement_reference": reference, "returned": not found})
            await self._commit(contracts.record_payment_mark, mark, step, queue=Queue.MONEY)
            if isinstance(act.body, ConfirmPayment):
                return

    def _stayed(self, step: Step, event: EventKind, wait: Wait, cause: str) -> Step:
        """The same step had it not left its stage; a step that takes an act up keeps that as its cause."""
        return step.model_copy(
            update={
                "event": event,
                "stage": self._desk.stage,
                "awaits": wait.awaits,
                "due": wait.due,
                "cause": step.cause if step.taken else cause,
            }
        )
