"""What follows what at the simulated bank, and what it then says. Pure: days and facts in, plans and messages out."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

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
from rulebook.stages import MessageKind


class OwnStep(StrEnum):
    """What happens at the bank and is no message of its own kind."""

    PAYMENT = "payment"  # told to nobody: the fund asks
    RECOVERED = "recovered"  # told as a receipt


Step = MessageKind | OwnStep
"""Something that happens at the bank."""
FeeDue = Callable[[str, date], int]
"""The usage fee a case owes on a day, in fen."""


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
        return datetime.combine(self.on, time(STEPS[self.step].hour), LAW_ZONE)


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
    def bank(self) -> str:
        """The bank that the fund asked or paid through: the only one that speaks about this loan."""
        heard = self.request or self.order
        assert heard is not None, "nothing happens at a bank that was neither asked nor told to pay"
        return heard.bank

    @property
    def borrower(self) -> str:
        return self.order.payee_name if self.order else self.request.applicant_name if self.request else self.case_no


def message_key(case_no: str, script: BankScript, what: Happening) -> str:
    """Stable name of a message: the same on every day and after every restart.

    >>> message_key("DH-2026-00017-4", BankScript(), Happening(MessageKind.PROMISE, date(2026, 3, 2)))
    'DH-2026-00017-4/promise/approved'
    """
    parts = [case_no, what.step.value]
    if what.round > 1:
        parts.append(str(what.round))
    if what.step is MessageKind.PROMISE:
        parts.append(script.promise_rungs[what.part - 1].value)
    elif what.step is MessageKind.RECEIPT or what.part > 1:
        parts.append(str(what.part))
    return "/".join(parts)


def followers(what: Happening, case: CaseAtBank) -> Iterator[Happening]:
    """What a step sets off, with the days on which it will happen."""
    script = case.script

    def after(days: Days | None, step: Step, part: int = 1) -> Iterator[Happening]:
        if days is not None:
            yield Happening(step, what.on + timedelta(days=days), what.round, part)

    match what.step:
        case MessageKind.OPINION:
            route = script.answer_to(what.round - 1).route
            if route is Route.DIRECT:
                yield from after(script.direct_signed_after_days, MessageKind.NEW_LOAN)
            elif route is Route.BRIDGE:
                yield from _next_rung(what, script, reached=1 if script.promise_with_opinion else 0)
                if what.round == 1:
                    yield from after(script.promise_withdrawn_after_days, MessageKind.PROMISE_WITHDRAWN)
        case MessageKind.PROMISE:
            yield from _next_rung(what, script, reached=what.part)
        case OwnStep.PAYMENT:
            yield from after(script.settle_after_days, MessageKind.OLD_LOAN_SETTLED)
            yield from after(script.not_renewing_after_days, MessageKind.NOT_RENEWING)
            if not _renews(script):
                yield from after(script.recovered_after_days, OwnStep.RECOVERED)
        case MessageKind.OLD_LOAN_SETTLED if script.residue_fen and what.part == 1:
            yield from after(script.residue_paid_after_days, MessageKind.OLD_LOAN_SETTLED, part=2)
        case MessageKind.OLD_LOAN_SETTLED if script.collateral_after_days is not None:
            yield from after(script.collateral_after_days, MessageKind.COLLATERAL_REGISTERED)
        case MessageKind.OLD_LOAN_SETTLED | MessageKind.COLLATERAL_REGISTERED if _renews(script):
            yield from after(script.new_loan_after_days, MessageKind.NEW_LOAN)
        case MessageKind.NEW_LOAN if case.paid_fen:
            yield from after(script.return_after_days, MessageKind.RECEIPT)
        case MessageKind.RECEIPT if what.part < script.return_parts:
            yield from after(1, MessageKind.RECEIPT, part=what.part + 1)
        case _:
            pass


def _next_rung(what: Happening, script: BankScript, reached: int) -> Iterator[Happening]:
    if reached < len(script.promise_rungs) and script.promise_after_days is not None:
        on = what.on + timedelta(days=script.promise_after_days)
        yield Happening(MessageKind.PROMISE, on, what.round, reached + 1)


def _renews(script: BankScript) -> bool:
    return script.not_renewing_after_days is None and script.new_loan_after_days is not None


def body_of(what: Happening, case: CaseAtBank, fee_due: FeeDue) -> MessageBody | None:
    """What the bank says when a step happens; None when it has become meaningless and nothing is said."""
    return STEPS[what.step].says(what, case, fee_due)


def _opinion(what: Happening, case: CaseAtBank, fee_due: FeeDue) -> Opinion:
    answer = case.script.answer_to(what.round - 1)
    promised = answer.route is Route.BRIDGE and case.script.promise_with_opinion
    promise = _promise(what.on, case, rung=1) if promised else None
    return Opinion(answer=answer, reason=case.script.reason, promise=promise)


def _promise_given(what: Happening, case: CaseAtBank, fee_due: FeeDue) -> PromiseGiven:
    return PromiseGiven(promise=_promise(what.on, case, rung=what.part))


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


def _promise_withdrawn(what: Happening, case: CaseAtBank, fee_due: FeeDue) -> PromiseWithdrawn | None:
    return None if case.paid_fen else PromiseWithdrawn(reason=case.script.reason or "授信额度调整")


def _settled(what: Happening, case: CaseAtBank, fee_due: FeeDue) -> OldLoanSettled:
    balance = case.script.residue_fen if what.part == 1 else 0
    return OldLoanSettled(settled_on=what.on, balance_fen=balance, voucher=serial("HP", _key(what, case)))


def _collateral_registered(what: Happening, case: CaseAtBank, fee_due: FeeDue) -> CollateralRegistered:
    return CollateralRegistered(registered_on=what.on, certificate=serial("DY", _key(what, case)))


def _new_loan(what: Happening, case: CaseAtBank, fee_due: FeeDue) -> NewLoan:
    return NewLoan(signed_on=what.on, note=serial("XD", _key(what, case)), amount_fen=case.new_loan_fen)


def _not_renewing(what: Happening, case: CaseAtBank, fee_due: FeeDue) -> NotRenewing:
    return NotRenewing(reason=case.script.reason or "续贷审批未通过")


def _receipt(what: Happening, case: CaseAtBank, fee_due: FeeDue) -> Receipt | None:
    """One part of the entrusted return; the new loan can bring back no more than it is."""
    whole = min(case.paid_fen, case.new_loan_fen)
    parts, last = case.script.return_parts, what.part == case.script.return_parts
    principal = whole - whole // parts * (parts - 1) if last else whole // parts
    fee = fee_due(case.case_no, what.on) if last and case.script.pays_fee else 0
    return _receipt_of(what, case, principal, fee)


def _recovered(what: Happening, case: CaseAtBank, fee_due: FeeDue) -> Receipt | None:
    fee = fee_due(case.case_no, what.on) if case.script.pays_fee else 0
    return _receipt_of(what, case, case.paid_fen - case.returned_fen, fee)


def _silence(what: Happening, case: CaseAtBank, fee_due: FeeDue) -> None:
    return None


def _receipt_of(what: Happening, case: CaseAtBank, principal_fen: int, fee_fen: int) -> Receipt | None:
    key = _key(what, case)
    amounts = ((ReceiptPurpose.PRINCIPAL, principal_fen), (ReceiptPurpose.FEE, fee_fen))
    lines = tuple(
        ReceiptLine(purpose=purpose, amount_fen=fen, reference=serial("LS", f"{key}/{purpose}"), payer=case.borrower)
        for purpose, fen in amounts
        if fen > 0
    )
    return Receipt(received_on=what.on, lines=lines) if lines else None


def _key(what: Happening, case: CaseAtBank) -> str:
    return message_key(case.case_no, case.script, what)


def serial(prefix: str, key: str) -> str:
    """A document number that is always the same for the same thing.

    >>> serial("ZF", "DH/DH-2026-00017-4/disburse") == serial("ZF", "DH/DH-2026-00017-4/disburse")
    True
    """
    return prefix + hashlib.sha256(key.encode()).hexdigest()[:12].upper()


class StepRow(NamedTuple):
    """One line of the table: at which hour a step happens, so that a day's messages stand in order; what is said."""

    hour: int
    says: Callable[[Happening, CaseAtBank, FeeDue], MessageBody | None]


STEPS: Mapping[Step, StepRow] = {
    MessageKind.OPINION: StepRow(9, _opinion),
    MessageKind.PROMISE: StepRow(10, _promise_given),
    MessageKind.PROMISE_WITHDRAWN: StepRow(11, _promise_withdrawn),
    OwnStep.PAYMENT: StepRow(11, _silence),
    MessageKind.OLD_LOAN_SETTLED: StepRow(12, _settled),
    MessageKind.COLLATERAL_REGISTERED: StepRow(13, _collateral_registered),
    MessageKind.NEW_LOAN: StepRow(14, _new_loan),
    MessageKind.NOT_RENEWING: StepRow(14, _not_renewing),
    MessageKind.RECEIPT: StepRow(15, _receipt),
    OwnStep.RECOVERED: StepRow(15, _recovered),
}
"""All that this bank can do; a kind of message that is not here it never sends."""


def step_of(kept: str) -> Step:
    """The step that stands in the log by its value."""
    return next(step for step in STEPS if step.value == kept)
