"""Once money is out nothing fails: old loan settled, collateral, new loan, money home; or people pursue it."""

from datetime import datetime
from typing import TypeVar

from activities import contracts
from rulebook.events import EventKind
from rulebook.messages import CollateralRegistered, ConfirmReceipt, NewLoan, NotRenewing, OldLoanSettled, Receipt
from rulebook.money import format_yuan
from rulebook.stages import CaseStage, EndReason, MessageKind
from rulebook.values import Value
from workflows.case import RenewalCase, Wait, wait_until
from workflows.stages import receipts
from workflows.stages.payment import Paid, close_of_term

Message = TypeVar("Message", OldLoanSettled, CollateralRegistered, NewLoan)


class MoneyStaysOut(Exception):
    """The money is out and will not come back in time by itself."""


async def bring_home(case: RenewalCase, paid: Paid) -> None:
    """Follow the money until the bridge and its fee are home, and each receipt stands on the statement.

    Raises:
        MoneyStaysOut: the bank does not renew after all, or the bridge's term has ended.
    """
    await _old_loan_settled(case, paid.settlement)
    if case.stage is CaseStage.COLLATERAL:
        await _collateral_registered(case)
    await _new_loan_released(case)
    wait = _repayment_wait(case)
    while case.owed_fen or not await receipts.stand_on_statement(case):
        await _repaid(case, wait)


async def _old_loan_settled(case: RenewalCase, wait: Wait) -> None:
    """The bank deducts at once; the payoff voucher must show a zero balance."""
    while (settled := await _message(case, wait, OldLoanSettled)).balance_fen:
        await case.record(case.step(EventKind.RESIDUE_LEFT, wait=wait, balance=format_yuan(settled.balance_fen)))
    case.state.settled_on = settled.settled_on
    anew = case.state.facts.loan.collateral_anew
    after = _collateral_wait(case) if anew else _new_loan_wait(case)
    stage = CaseStage.COLLATERAL if anew else CaseStage.NEW_LOAN
    step = case.step(EventKind.OLD_LOAN_SETTLED, stage=stage, wait=after, voucher=settled.voucher)
    await case.commit(contracts.record_old_loan_settled, step)


async def _collateral_registered(case: RenewalCase) -> None:
    """Only where collateral was released and must be registered anew."""
    registered = await _message(case, _collateral_wait(case), CollateralRegistered)
    request = contracts.RecordCollateral(
        step=case.step(EventKind.COLLATERAL_REGISTERED, stage=CaseStage.NEW_LOAN, wait=_new_loan_wait(case)),
        registered_on=registered.registered_on,
        certificate=registered.certificate,
    )
    await case.commit(contracts.record_collateral, request)


async def _new_loan_released(case: RenewalCase) -> None:
    """The bank releases the renewed loan into the registered account."""
    loan = await _message(case, _new_loan_wait(case), NewLoan)
    step = case.step(
        EventKind.NEW_LOAN_RELEASED,
        stage=CaseStage.REPAYMENT,
        wait=_repayment_wait(case),
        note=loan.note,
        amount=format_yuan(loan.amount_fen),
    )
    await case.commit(contracts.record_new_loan, contracts.RecordNewLoan.of(step, loan))


async def _message(case: RenewalCase, wait: Wait, wanted: type[Message]) -> Message:
    """The message waited for. Money that comes in is booked whenever it comes."""
    while True:
        body = await case.hear(wait, wanted, NotRenewing, Receipt, ConfirmReceipt)
        await _take_up(case, body, wait)
        if isinstance(body, wanted):
            return body


async def _repaid(case: RenewalCase, wait: Wait) -> None:
    """Money comes in, or a date that is corrected shows that nothing is owed any more."""

    def nothing_owed() -> bool:
        return not case.owed_fen

    body: Value | None = None
    while not isinstance(body, Receipt):
        body = await case.hear_or(nothing_owed, wait, NotRenewing, Receipt, ConfirmReceipt)
        if body is None and nothing_owed():
            return
        await _take_up(case, body, wait)


async def _take_up(case: RenewalCase, body: Value | None, wait: Wait) -> None:
    """What may come at any time while the money is out.

    Raises:
        MoneyStaysOut: as for ``bring_home``.
    """
    if body is None:
        raise MoneyStaysOut(EndReason.RETURN_DEADLINE_PASSED)
    if isinstance(body, NotRenewing):
        raise MoneyStaysOut(body.reason)
    if isinstance(body, Receipt):
        await receipts.book(case, body, wait)
    if isinstance(body, ConfirmReceipt):
        await receipts.confirm(case, body, wait)


def _return_by(case: RenewalCase) -> datetime:
    return close_of_term(case.clock, case.bridge.due_on)


def _wait(case: RenewalCase, awaits: MessageKind, workdays: int) -> Wait:
    return wait_until(awaits, case.clock.in_workdays(workdays), _return_by(case))


def _collateral_wait(case: RenewalCase) -> Wait:
    return _wait(case, MessageKind.COLLATERAL_REGISTERED, case.state.measure.deadlines.collateral)


def _new_loan_wait(case: RenewalCase) -> Wait:
    return _wait(case, MessageKind.NEW_LOAN, case.state.measure.deadlines.new_loan)


def _repayment_wait(case: RenewalCase) -> Wait:
    return _wait(case, MessageKind.RECEIPT, case.state.measure.deadlines.return_)
