"""How a simulated bank behaves for one loan. Left alone it is a well-behaved bank."""

from enum import StrEnum

from pydantic import Field

from rulebook.cases import BankAnswer, PromiseRung, Route
from rulebook.values import Value

Days = int
"""Calendar days since the event that triggers; 0 is the same day."""


class PaymentManner(StrEnum):
    """What happens to a payment order."""

    PAY = "pay"
    DELAY = "delay"  # pending for some days, then paid
    REFUSE = "refuse"
    LOSE_REPLY = "lose_reply"  # pays, but the reply to the first order never arrives
    LATE = "late"  # says 'not found' for some days although it will pay
    SILENT = "silent"  # does not answer for some days, and pays at their end
    RETURN = "return"  # under way for some days, then sent back


class BankScript(Value):
    """One loan's bank, from the question to the money's return. None means never.

    Attributes:
        opinion_after_days: since it was asked; ``answer`` and ``reason`` are what it says.
        answers_again: whether it answers when asked a second time; then ``answer_again`` counts, and without one
            the first answer, except that a bank that let its direct renewal slip falls back on repay-then-lend.
        promise_with_opinion: the first rung comes with the opinion; else ``promise_after_days`` later.
        promise_rungs: the rungs it reaches, each ``promise_after_days`` after the one before.
        promise_permille: of the maturing balance.
        promise_valid_days: since the promise was given.
        promise_withdrawn_after_days: since the opinion; only while the fund has not paid, and only the first promise.
        authority_permille: what the signatory may promise, of the amount promised.
        payment: manner; ``payment_days`` is how long a payment takes that is not made at once.
        settle_after_days: since it was paid; the voucher shows ``residue_fen``, which the borrower pays
            ``residue_paid_after_days`` later, and a second voucher shows zero.
        collateral_after_days: since the old loan stood at zero; only for loans whose collateral is registered anew.
        new_loan_after_days: since the old loan stood at zero, or the collateral was registered.
        new_loan_permille: of what was promised.
        not_renewing_after_days: since it was paid; then there is no new loan.
        return_after_days: since the new loan; in ``return_parts`` parts, a day apart, the fee with the last one.
        recovered_after_days: since it was paid; the borrower pays everything back himself where no new loan comes.
        direct_signed_after_days: since an opinion that leads to the direct route.
        silent_seconds: how long it keeps every caller waiting for an answer.
    """

    opinion_after_days: Days | None = Field(default=1, ge=0)
    answer: BankAnswer = BankAnswer.REPAY_THEN_LEND
    reason: str = ""
    answers_again: bool = True
    answer_again: BankAnswer | None = None
    promise_with_opinion: bool = True
    promise_after_days: Days | None = Field(default=1, ge=0)
    promise_rungs: tuple[PromiseRung, ...] = (PromiseRung.APPROVED,)
    promise_permille: int = Field(default=1000, ge=0)
    promise_valid_days: int = 60
    promise_withdrawn_after_days: Days | None = Field(default=None, ge=0)
    authority_permille: int = Field(default=2000, ge=0)
    payment: PaymentManner = PaymentManner.PAY
    payment_days: Days = Field(default=1, ge=0)
    settle_after_days: Days | None = Field(default=0, ge=0)
    residue_fen: int = Field(default=0, ge=0)
    residue_paid_after_days: Days | None = Field(default=1, ge=0)
    collateral_after_days: Days | None = Field(default=None, ge=0)
    new_loan_after_days: Days | None = Field(default=3, ge=0)
    new_loan_permille: int = Field(default=1000, ge=0)
    not_renewing_after_days: Days | None = Field(default=None, ge=0)
    return_after_days: Days | None = Field(default=0, ge=0)
    return_parts: int = Field(default=1, ge=1)
    pays_fee: bool = True
    recovered_after_days: Days | None = Field(default=None, ge=0)
    direct_signed_after_days: Days | None = Field(default=3, ge=0)
    silent_seconds: float = Field(default=0, ge=0)

    def answer_to(self, asked_before: int) -> BankAnswer:
        """The answer to the first question, or to a later one."""
        if not asked_before:
            return self.answer
        if self.answer_again is not None:
            return self.answer_again
        return BankAnswer.REPAY_THEN_LEND if self.answer.route is Route.DIRECT else self.answer
