"""The story of one maturing loan: judged, asked about, promised, bridged, renewed, returned."""

from temporalio import workflow

from rulebook.cases import Route
from rulebook.messages import Opinion
from rulebook.stages import CaseStage
from rulebook.values import Value
from workflows.case import Case
from workflows.stages import (
    agreement,
    approval,
    bank_opinion,
    closing,
    direct_renewal,
    eligibility,
    handover,
    intake,
    money_out,
    payment,
    receipts,
)
from workflows.stages.before_money import ApprovalVoid, CaseOver, Change
from workflows.state import RenewalState


class CaseStart(Value):
    """What a renewal begins with; everything else is read by its first activity and kept by value."""

    case_no: str
    fund: str
    queues: str


class CaseOutcome(Value):
    """Where the renewal ended, and why if it was not settled."""

    end: CaseStage
    reason: str = ""


@workflow.defn(name="Renewal")
class Renewal:
    """One case of the fund, from intake to its end."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        self._case = Case[RenewalState](start.case_no, start.fund, start.queues, CaseStage.INTAKE)

    @workflow.run
    async def run(self, start: CaseStart) -> CaseOutcome:
        """One maturing loan: judged, asked about, promised, bridged, renewed, returned."""
        case = self._case
        await intake.open_case(case)
        try:
            await eligibility.judge(case)
            opinion = await bank_opinion.ask(case)
            if opinion.answer.route is Route.DIRECT:
                if await direct_renewal.signed(case, opinion):
                    await closing.leave(case)
                    return CaseOutcome(end=CaseStage.CLOSED)
                opinion = await bank_opinion.ask(case, once_more=True)
            paid = await self._approval_to_payment(opinion)
        except CaseOver as over:
            if await closing.money_is_out(case):
                await handover.to_recovery(case, str(over.reason))
                return CaseOutcome(end=CaseStage.RECOVERY, reason=over.reason)
            await closing.end_quietly(case, over)
            await closing.leave(case)
            return CaseOutcome(end=over.end, reason=over.reason)
        try:
            await money_out.bring_home(case, paid)
        except money_out.MoneyStaysOut as trouble:
            if case.owed_fen or not await receipts.stand_on_statement(case):
                await handover.to_recovery(case, str(trouble))
                return CaseOutcome(end=CaseStage.RECOVERY, reason=str(trouble))
        await closing.certify(case)
        await closing.leave(case)
        return CaseOutcome(end=CaseStage.CLOSED)

    async def _approval_to_payment(self, opinion: Opinion) -> payment.Paid:
        """From the bank's answer to the payment; a changed promise makes every approval on it void."""
        change: Opinion | Change = opinion
        while True:
            try:
                await bank_opinion.firm_promise(self._case, change)
                await approval.approve_and_reserve(self._case)
                await agreement.sign(self._case)
                return await payment.pay_out(self._case)
            except ApprovalVoid as void:
                change = void.change
