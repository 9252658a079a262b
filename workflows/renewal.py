"""The story of one maturing loan: judged, asked about, promised, bridged, renewed, returned."""

from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

from activities import contracts
from rulebook.acts import HEARD_UNTIL_DRAWN
from rulebook.cases import Route
from rulebook.events import EventKind
from rulebook.messages import (
    BankMessage,
    CollateralRegistered,
    NewLoan,
    NotRenewing,
    OldLoanSettled,
    Opinion,
    Receipt,
    Withdraw,
)
from rulebook.money import format_yuan
from rulebook.stages import ActKind, CaseStage, EndReason, MessageKind
from rulebook.steps import Step
from rulebook.values import Value
from workflows.before_money import CaseOver
from workflows.case import Wait
from workflows.payment import Payment
from workflows.policies import BANK, CASE_NUMBER, FUND, STAGE, Queue
from workflows.recovery import Recovery, RecoveryStart


class CaseStart(Value):
    """What a renewal begins with; everything else is read by its first activity and kept by value."""

    case_no: str
    fund: str
    queues: str


class CaseOutcome(Value):
    """Where the renewal ended, and why if it was not settled."""

    end: CaseStage
    reason: str = ""


Pursuit = workflow.ChildWorkflowHandle[Recovery, CaseStage] | workflow.ExternalWorkflowHandle[Any]


class MoneyStaysOut(Exception):
    """The money is out and will not come back in time by itself."""


@workflow.defn(name="Renewal")
class Renewal(Payment):
    """One case of the fund, from intake to its end."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        super().__init__(start.case_no, start.fund, start.queues, CaseStage.INTAKE)
        self._pursuit: Pursuit | None = None

    @workflow.run
    async def run(self, start: CaseStart) -> CaseOutcome:
        """One maturing loan: judged, asked about, promised, bridged, renewed, returned."""
        await self._open()
        try:
            await self._judge_applicant()
            opinion = await self._bank_opinion()
            if opinion.answer.route is Route.DIRECT:
                if await self._direct_renewal_signed(opinion):
                    return await self._ended(CaseStage.CLOSED)
                opinion = await self._bank_opinion(once_more=True)
            await self._arrange_and_pay(opinion)
        except CaseOver as over:
            return await self._end(over)
        try:
            await self._old_loan_settled()
            await self._collateral_registered()
            await self._new_loan_released()
            await self._money_home()
        except MoneyStaysOut as trouble:
            if self._owed:
                return await self._hand_to_recovery(str(trouble))
        await self._close()
        return await self._ended(CaseStage.CLOSED)

    # Once the money is out --------------------------------------------------------------------------------------

    async def _old_loan_settled(self) -> None:
        """The bank deducts at once; the payoff voucher must show a zero balance."""
        wait = self._settlement_wait
        while True:
            message = await self._after_payout(wait, OldLoanSettled)
            settled = message.body
            assert isinstance(settled, OldLoanSettled)
            if settled.balance_fen:
                await self._record(
                    self._step(EventKind.RESIDUE_LEFT, wait=wait, balance=format_yuan(settled.balance_fen))
                )
                continue
            anew = self._facts.loan.collateral_anew
            after = self._collateral_wait() if anew else self._new_loan_wait()
            stage = CaseStage.COLLATERAL if anew else CaseStage.NEW_LOAN
            step = self._step(EventKind.OLD_LOAN_SETTLED, stage=stage, wait=after, voucher=settled.voucher)
            await self._commit(contracts.record_old_loan_settled, step, step)
            return

    async def _collateral_registered(self) -> None:
        """Only where collateral was released and must be registered anew."""
        if self._desk.stage is not CaseStage.COLLATERAL:
            return
        message = await self._after_payout(self._collateral_wait(), CollateralRegistered)
        registered = message.body
        assert isinstance(registered, CollateralRegistered)
        step = self._step(EventKind.COLLATERAL_REGISTERED, stage=CaseStage.NEW_LOAN, wait=self._new_loan_wait())
        request = contracts.RecordCollateral(
            step=step, registered_on=registered.registered_on, certificate=registered.certificate
        )
        await self._commit(contracts.record_collateral, request, step)

    async def _new_loan_released(self) -> None:
        """The bank releases the renewed loan into the registered account."""
        message = await self._after_payout(self._new_loan_wait(), NewLoan)
        loan = message.body
        assert isinstance(loan, NewLoan)
        step = self._step(
            EventKind.NEW_LOAN_RELEASED,
            stage=CaseStage.REPAYMENT,
            wait=self._repayment_wait(),
            note=loan.note,
            amount=format_yuan(loan.amount_fen),
        )
        await self._commit(contracts.record_new_loan, self._new_loan(step, loan), step)

    async def _money_home(self) -> None:
        """The proceeds return to the ring-fenced account; the fee comes from the borrower's own funds."""
        wait = self._repayment_wait()
        while self._owed:
            await self._after_payout(wait, Receipt)

    async def _after_payout(self, wait: Wait, wanted: type) -> BankMessage:
        """The message waited for. Money that comes in is booked whenever it comes."""
        while True:
            got = await self._next(wait)
            if not isinstance(got, BankMessage):
                raise MoneyStaysOut(EndReason.RETURN_DEADLINE_PASSED)
            if isinstance(got.body, NotRenewing):
                raise MoneyStaysOut(got.body.reason)
            if isinstance(got.body, Receipt):
                await self._book(got, got.body, wait)
            if isinstance(got.body, wanted):
                return got

    def _collateral_wait(self) -> Wait:
        due = self._in_workdays(self._measure.deadlines.collateral)
        return self._waiting(MessageKind.COLLATERAL_REGISTERED, due, self._return_by)

    def _new_loan_wait(self) -> Wait:
        due = self._in_workdays(self._measure.deadlines.new_loan)
        return self._waiting(MessageKind.NEW_LOAN, due, self._return_by)

    def _repayment_wait(self) -> Wait:
        due = self._in_workdays(self._measure.deadlines.return_)
        return self._waiting(MessageKind.RECEIPT, due, self._return_by)

    async def _hand_to_recovery(self, reason: str) -> CaseOutcome:
        """Money is out and the bank does not renew: people pursue it, in a workflow of its own."""
        assert self._bridge is not None
        review = self._in_workdays(self._review_period)
        wait = Wait(ActKind.CONCLUDE_RECOVERY, review, review)
        step = self._step(
            EventKind.HANDED_TO_RECOVERY,
            stage=CaseStage.RECOVERY,
            wait=wait,
            reason=reason,
            owed=format_yuan(self._owed),
        )
        kept = self._desk.hand_over()
        self._pursuit = await self._start_pursuit(
            RecoveryStart(
                case_no=self._case_no,
                fund=self._fund,
                queues=self._queues,
                bridge=self._bridge,
                measure=self._measure,
                calendar=self._calendar,
                kept=kept,
                booked=tuple(sorted(self._booked)),
            )
        )
        await self._commit(contracts.hand_to_recovery, step, step)
        return await self._ended(CaseStage.RECOVERY, reason)

    async def _start_pursuit(self, start: RecoveryStart) -> Pursuit:
        """The workflow that pursues the money; a renewal that was reset finds the one it had started before."""
        pursuit = f"recovery/{self._fund}/{self._case_no}"
        try:
            return await workflow.start_child_workflow(
                Recovery.run,
                start,
                id=pursuit,
                parent_close_policy=ParentClosePolicy.ABANDON,
                static_summary=f"{self._case_no} recovery",
                search_attributes=TypedSearchAttributes(
                    [
                        SearchAttributePair(CASE_NUMBER, self._case_no),
                        SearchAttributePair(FUND, self._fund),
                        SearchAttributePair(BANK, self._facts.loan.bank),
                        SearchAttributePair(STAGE, CaseStage.RECOVERY.value),
                    ]
                ),
            )
        except WorkflowAlreadyStartedError:
            self._desk.keep_on(start.kept)
            return workflow.get_external_workflow_handle(pursuit)

    async def _pass_on(self) -> None:
        """What came here while the case was being handed over belongs to the pursuit."""
        while self._pursuit is not None and (late := self._desk.hand_over()):
            for message in late:
                await self._pursuit.signal(message.body.kind.value, message)

    # The direct route -------------------------------------------------------------------------------------------

    def _signing_call(self) -> Wait:
        """The day by which a direct renewal must be signed, so that a bridge would still be in time if it is not."""
        signed_by = self._calendar.add_workdays(self._facts.loan.maturity, -self._measure.direct_signing_before)
        return self._waiting(MessageKind.NEW_LOAN, self._close_of(signed_by), self._close_of(signed_by))

    async def _direct_renewal_signed(self, opinion: Opinion) -> bool:
        """Whether the bank signed in time; the fund's money stays home."""
        wait = self._signing_call()
        step = self._step(EventKind.BANK_ANSWERED, stage=CaseStage.NEW_LOAN, wait=wait, answer=opinion.answer)
        request = contracts.RecordPromise(
            step=step, answer=opinion.answer, route=opinion.answer.route, promise=opinion.promise
        )
        await self._commit(contracts.record_promise, request, step)
        got = await self._next(wait, only={MessageKind.NEW_LOAN, MessageKind.NOT_RENEWING, ActKind.WITHDRAW})
        match got.body if got else None:
            case NewLoan() as loan:
                done = self._step(EventKind.DIRECT_RENEWAL_SIGNED, stage=CaseStage.CLOSED, note=loan.note)
                await self._commit(contracts.record_new_loan, self._new_loan(done, loan), done)
                return True
            case Withdraw() as withdrawal:
                raise CaseOver(CaseStage.WITHDRAWN, withdrawal.reason)
            case _:
                return False

    def _new_loan(self, step: Step, loan: NewLoan) -> contracts.RecordNewLoan:
        return contracts.RecordNewLoan(step=step, note=loan.note, amount_fen=loan.amount_fen, signed_on=loan.signed_on)

    # Ends -------------------------------------------------------------------------------------------------------

    async def _end(self, over: CaseOver) -> CaseOutcome:
        """No money went out: what was held for the case goes back to the pool."""
        attempt = self._attempt or None
        if over.end is CaseStage.REFUSED:
            await self._refuse(over, attempt)
        else:
            step = self._step(EventKind(over.end.value), stage=over.end, reason=over.reason)
            await self._commit(contracts.end_case, contracts.EndCase(step=step, attempt=attempt), step, Queue.MONEY)
        return await self._ended(over.end, over.reason)

    async def _refuse(self, over: CaseOver, attempt: int | None) -> None:
        findings = over.findings or self._findings

        def refusal(cause: str | None) -> contracts.RefuseCase:
            step = self._step(EventKind.REFUSED, stage=CaseStage.REFUSED, cause=cause, reason=over.reason)
            return contracts.RefuseCase(step=step, findings=findings, answer=self._answer, attempt=attempt)

        async def asked_again(wait: Wait) -> None:
            await self._next(wait, only=HEARD_UNTIL_DRAWN[EventKind.REFUSED])

        await self._draw(contracts.refuse_case, refusal, EventKind.REFUSED.value, asked_again)

    async def _ended(self, end: CaseStage, reason: str = "") -> CaseOutcome:
        await self._leave()
        return CaseOutcome(end=end, reason=reason)
