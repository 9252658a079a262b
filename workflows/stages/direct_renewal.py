"""The direct route (无还本续贷): the bank renews without repayment, and the fund's money stays home."""

from temporalio import workflow

from activities import contracts
from rulebook.events import EventKind
from rulebook.messages import NewLoan, NotRenewing, Opinion, Receipt, Withdraw
from rulebook.stages import CaseStage, MessageKind
from rulebook.values import Value
from workflows.case import RenewalCase, Wait
from workflows.stages.before_money import CaseOver


async def signed(case: RenewalCase, opinion: Opinion) -> bool:
    """Wait for the bank to sign; False when it does not, or not in time.

    Raises:
        CaseOver: the borrower withdrew.
    """
    wait = _signing_wait(case)
    step = case.step(EventKind.BANK_ANSWERED, stage=CaseStage.NEW_LOAN, wait=wait, answer=opinion.answer)
    request = contracts.RecordPromise(
        step=step, answer=opinion.answer, route=opinion.answer.route, promise=opinion.promise
    )
    await case.commit(contracts.record_promise, request)
    match await _heard(case, wait):
        case NewLoan() as loan:
            step = case.step(EventKind.DIRECT_RENEWAL_SIGNED, stage=CaseStage.CLOSED, note=loan.note)
            await case.commit(contracts.record_new_loan, contracts.RecordNewLoan.of(step, loan))
            return True
        case Withdraw() as withdrawal:
            raise CaseOver(CaseStage.WITHDRAWN, withdrawal.reason)
        case _:
            case.state.sign_by = None
            return False


async def _heard(case: RenewalCase, wait: Wait) -> Value | None:
    """What the bank or the borrower says of the signing; money that came in is no return, for none is out."""
    money = (Receipt,) if workflow.patched("no-money-out") else ()
    while isinstance(body := await case.hear(wait, NewLoan, NotRenewing, Withdraw, *money), Receipt):
        case.refuse("message.no_money_out", case=case.case_no)
    return body


def _signing_wait(case: RenewalCase) -> Wait:
    sign_by = case.clock.close_of(case.state.wait_for_signing())
    return Wait(MessageKind.NEW_LOAN, sign_by, sign_by)
