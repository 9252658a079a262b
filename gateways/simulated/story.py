"""What follows what at the simulated bank, and what it then says. Pure: days and facts in, plans and messages out."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from gateways.bank import OpinionRequest, PaymentOrder
from gateways.simulated.script import BankScript, Days
from rulebook.calendar import LAW_ZONE
from rulebook.cases import Promise, Route
from rulebook.messages import (
    CollateralRegistered,
    MessageBody,
    NewLoan,
    NotRenewing,
    OldLoanSettled,
    Opinion,
    PromiseGiven,
    PromiseWithdrawn,
    Receipt,
    ReceiptLine,
    ReceiptPurpose,
)


class Step(StrEnum):
    """Something that happens at the bank; all but the payment are told to the fund."""

    OPINION = "opinion"
    PROMISE = "promise"
    PROMISE_WITHDRAWN = "promise_withdrawn"
    PAYMENT = "payment"
    OLD_LOAN_SETTLED = "old_loan_settled"
    COLLATERAL_REGISTERED = "collateral_registered"
    NEW_LOAN = "new_loan"
    NOT_RENEWING = "not_renewing"
    RECEIPT = "receipt"
    RECOVERED = "recovered"


_HOURS = {
    Step.OPINION: 9,
    Step.PROMISE: 10,
    Step.PROMISE_WITHDRAWN: 11,
    Step.PAYMENT: 11,
    Step.OLD_LOAN_SETTLED: 12,
    Step.COLLATERAL_REGISTERED: 13,
    Step.NEW_LOAN: 14,
    Step.NOT_RENEWING: 14,
    Step.RECEIPT: 15,
    Step.RECOVERED: 15,
}


@dataclass(frozen=True)
class Happening:
    """A step of a case on its day; ``round`` counts questions to the bank, ``part`` rungs, vouchers or receipts."""

    step: Step
    on: date
    round: int = 1
    part: int = 1

    @property
    def at(self) -> datetime:
        """A plausible hour, so that one day's messages stand in order."""
        return datetime.combine(self.on, time(_HOURS[self.step]), LAW_ZONE)


@dataclass(frozen=True)
class CaseAtBank:
    """What the bank knows of one case when something happens."""

    case_no: str
    script: BankScript
    request: OpinionRequest | None = None
    order: PaymentOrder | None = None
    paid_fen: int = 0
    returned_fen: int = 0

    @property
    def promised_fen(self) -> int:
        """The renewed loan promised, in fen; for a payment without a question, of the amount paid."""
        balance = self.request.balance_fen if self.request else self.paid_fen
        return balance * self.script.promise_permille // 1000

    @property
    def new_loan_fen(self) -> int:
        """The renewed loan as it is really lent, in fen; a direct renewal starts from the balance itself."""
        base = self.promised_fen if self.paid_fen or not self.request else self.request.balance_fen
        return base * self.script.new_loan_permille // 1000

    @property
    def borrower(self) -> str:
        return self.order.payee_name if self.order else self.request.applicant_name if self.request else self.case_no


def message_key(case_no: str, script: BankScript, what: Happening) -> str:
    """Stable name of a message: the same on every day and after every restart.

    >>> message_key("DH-2026-00017-4", BankScript(), Happening(Step.PROMISE, date(2026, 3, 2)))
    'DH-2026-00017-4/promise/approved'
    """
    parts = [case_no, what.step.value]
    if what.round > 1:
        parts.append(str(what.round))
    if what.step is Step.PROMISE:
        parts.append(script.promise_rungs[what.part - 1].value)
    elif what.step is Step.RECEIPT or what.part > 1:
        parts.append(str(what.part))
    return "/".join(parts)


def followers(what: Happening, case: CaseAtBank) -> Iterator[Happening]:
    """What a step sets off, with the days on which it will happen."""
    script = case.script

    def after(days: Days | None, step: Step, part: int = 1) -> Iterator[Happening]:
        if days is not None:
            yield Happening(step, what.on + timedelta(days=days), what.round, part)

    match what.step:
        case Step.OPINION:
            route = script.answer_to(what.round - 1).route
            if route is Route.DIRECT:
                yield from after(script.direct_signed_after_days, Step.NEW_LOAN)
            elif route is Route.BRIDGE:
                yield from _next_rung(what, script, reached=1 if script.promise_with_opinion else 0)
                if what.round == 1:
                    yield from after(script.promise_withdrawn_after_days, Step.PROMISE_WITHDRAWN)
        case Step.PROMISE:
            yield from _next_rung(what, script, reached=what.part)
        case Step.PAYMENT:
            yield from after(script.settle_after_days, Step.OLD_LOAN_SETTLED)
            yield from after(script.not_renewing_after_days, Step.NOT_RENEWING)
            if not _renews(script):
                yield from after(script.recovered_after_days, Step.RECOVERED)
        case Step.OLD_LOAN_SETTLED if script.residue_fen and what.part == 1:
            yield from after(script.residue_paid_after_days, Step.OLD_LOAN_SETTLED, part=2)
        case Step.OLD_LOAN_SETTLED if script.collateral_after_days is not None:
            yield from after(script.collateral_after_days, Step.COLLATERAL_REGISTERED)
        case Step.OLD_LOAN_SETTLED | Step.COLLATERAL_REGISTERED if _renews(script):
            yield from after(script.new_loan_after_days, Step.NEW_LOAN)
        case Step.NEW_LOAN if case.paid_fen:
            yield from after(script.return_after_days, Step.RECEIPT)
        case Step.RECEIPT if what.part < script.return_parts:
            yield from after(1, Step.RECEIPT, part=what.part + 1)
        case _:
            pass


def _next_rung(what: Happening, script: BankScript, reached: int) -> Iterator[Happening]:
    if reached < len(script.promise_rungs) and script.promise_after_days is not None:
        on = what.on + timedelta(days=script.promise_after_days)
        yield Happening(Step.PROMISE, on, what.round, reached + 1)


def _renews(script: BankScript) -> bool:
    return script.not_renewing_after_days is None and script.new_loan_after_days is not None


def body_of(what: Happening, case: CaseAtBank, fee_due: Callable[[str, date], int]) -> MessageBody | None:
    """What the bank says when a step happens; None when it has become meaningless and nothing is said."""
    script, key = case.script, message_key(case.case_no, case.script, what)
    match what.step:
        case Step.OPINION:
            answer = script.answer_to(what.round - 1)
            promised = answer.route is Route.BRIDGE and script.promise_with_opinion
            promise = _promise(what.on, case, rung=1) if promised else None
            return Opinion(answer=answer, reason=script.reason, promise=promise)
        case Step.PROMISE:
            return PromiseGiven(promise=_promise(what.on, case, rung=what.part))
        case Step.PROMISE_WITHDRAWN:
            return None if case.paid_fen else PromiseWithdrawn(reason=script.reason or "授信额度调整")
        case Step.OLD_LOAN_SETTLED:
            balance = script.residue_fen if what.part == 1 else 0
            return OldLoanSettled(settled_on=what.on, balance_fen=balance, voucher=serial("HP", key))
        case Step.COLLATERAL_REGISTERED:
            return CollateralRegistered(registered_on=what.on, certificate=serial("DY", key))
        case Step.NEW_LOAN:
            return NewLoan(signed_on=what.on, note=serial("XD", key), amount_fen=case.new_loan_fen)
        case Step.NOT_RENEWING:
            return NotRenewing(reason=script.reason or "续贷审批未通过")
        case Step.RECEIPT:
            return _receipt(what, case, key, fee_due)
        case Step.RECOVERED:
            owed = case.paid_fen - case.returned_fen
            return _receipt_of(what.on, key, case, owed, fee_due(case.case_no, what.on) if script.pays_fee else 0)
        case Step.PAYMENT:
            return None


def _promise(on: date, case: CaseAtBank, rung: int) -> Promise:
    script, promised = case.script, case.promised_fen
    return Promise(
        rung=script.promise_rungs[rung - 1],
        amount_fen=promised,
        valid_until=on + timedelta(days=script.promise_valid_days),
        reference=serial("CN", f"{case.case_no}/{rung}"),
        signatory="行长 演示",
        authority_fen=promised * script.authority_permille // 1000,
    )


def _receipt(what: Happening, case: CaseAtBank, key: str, fee_due: Callable[[str, date], int]) -> Receipt | None:
    """One part of the entrusted return; the new loan can bring back no more than it is."""
    whole = min(case.paid_fen, case.new_loan_fen)
    parts, last = case.script.return_parts, what.part == case.script.return_parts
    principal = whole - whole // parts * (parts - 1) if last else whole // parts
    fee = fee_due(case.case_no, what.on) if last and case.script.pays_fee else 0
    return _receipt_of(what.on, key, case, principal, fee)


def _receipt_of(on: date, key: str, case: CaseAtBank, principal_fen: int, fee_fen: int) -> Receipt | None:
    amounts = ((ReceiptPurpose.PRINCIPAL, principal_fen), (ReceiptPurpose.FEE, fee_fen))
    lines = tuple(
        ReceiptLine(purpose=purpose, amount_fen=fen, reference=serial("LS", f"{key}/{purpose}"), payer=case.borrower)
        for purpose, fen in amounts
        if fen > 0
    )
    return Receipt(received_on=on, lines=lines) if lines else None


def serial(prefix: str, key: str) -> str:
    """A document number that is always the same for the same thing.

    >>> serial("ZF", "DH/DH-2026-00017-4/disburse") == serial("ZF", "DH/DH-2026-00017-4/disburse")
    True
    """
    return prefix + hashlib.sha256(key.encode()).hexdigest()[:12].upper()
