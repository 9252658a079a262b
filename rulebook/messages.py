"""What people and banks say to a case: the acting person, the act or message, and its body."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, Field, model_validator

from rulebook.cases import BankAnswer, Promise
from rulebook.money import MOST_FEN
from rulebook.stages import ActKind, Kind, MessageKind, Role
from rulebook.values import Value


class Actor(Value):
    """The person who acts; a name and role as they were at that moment."""

    id: str
    name: str
    role: Role
    organisation: str


DecisionNumber = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]

# Officers' acts ------------------------------------------------------------------------------------------------


class DecideReferral(Value):
    """A human settles what the rules referred to him; a 'fail' is never settled this way."""

    kind: Literal[ActKind.DECIDE_REFERRAL] = ActKind.DECIDE_REFERRAL
    go_on: bool
    reason: str


class Propose(Value):
    """The maker proposes the bridge."""

    kind: Literal[ActKind.PROPOSE] = ActKind.PROPOSE
    amount_fen: int
    reason: str = ""


class Approve(Value):
    """The checker approves exactly these terms; ``minutes`` names those of a committee, where the amount needs one."""

    kind: Literal[ActKind.APPROVE] = ActKind.APPROVE
    terms_digest: str
    minutes: str = ""


class SendBack(Value):
    """The checker returns the proposal to the maker."""

    kind: Literal[ActKind.SEND_BACK] = ActKind.SEND_BACK
    reason: str


class Reject(Value):
    """The checker refuses the application."""

    kind: Literal[ActKind.REJECT] = ActKind.REJECT
    reason: str


class DrawAgain(Value):
    """What kept a paper from being drawn is mended: draw it, and all that belong to it, once more.

    Attributes:
        new_templates: with the templates the office has now; what was approved with others must be approved anew.
    """

    kind: Literal[ActKind.DRAW_AGAIN] = ActKind.DRAW_AGAIN
    new_templates: bool = False


class RecordSigning(Value):
    """All parties have signed, and the closed return path (封闭运行) is confirmed."""

    kind: Literal[ActKind.RECORD_SIGNING] = ActKind.RECORD_SIGNING
    signed_on: date
    return_path_confirmed: bool


class ChecklistItem(StrEnum):
    """The items of the release-day checklist (放款核验)."""

    LISTS_AND_LAWSUITS = "lists_and_lawsuits"
    ACCOUNT_NOT_FROZEN = "account_not_frozen"
    OLD_LOAN_BALANCE = "old_loan_balance"
    OWN_MONEY_IN = "own_money_in"
    PROMISE_OUTLASTS = "promise_outlasts"
    PAYEE_CALLED_BACK = "payee_called_back"
    REGISTRY_SEARCHED = "registry_searched"


class Release(Value):
    """The cashier signs the release-day checklist and lets the money go."""

    kind: Literal[ActKind.RELEASE] = ActKind.RELEASE
    confirmed: tuple[ChecklistItem, ...]
    balance_fen: int = Field(description="the old loan's principal balance on the day, in fen")


class MarkSent(Value):
    """The cashier has paid at the counter or by web bank, or says why he did not: one of the two."""

    kind: Literal[ActKind.MARK_SENT] = ActKind.MARK_SENT
    receipt_serial: str = ""
    not_sent_because: str = ""

    @model_validator(mode="after")
    def _either_or(self) -> Self:
        if bool(self.receipt_serial) == bool(self.not_sent_because):
            raise ValueError("either the receipt's serial number, or why the payment was not made")
        return self


class ConfirmPayment(Value):
    """Another person has found the payment on the bank's statement, or its return."""

    kind: Literal[ActKind.CONFIRM_PAYMENT] = ActKind.CONFIRM_PAYMENT
    statement_reference: str = Field(min_length=1)
    paid: bool = True


class ConfirmReceipt(Value):
    """Somebody who did not tell of it has found money on the account that no imported statement shows yet.

    Attributes:
        reference: as the books call it.
        amount_fen: what he found under it, in fen.
        seen: where he saw it, such as the bank's own page of the account and the number of the line.
    """

    kind: Literal[ActKind.CONFIRM_RECEIPT] = ActKind.CONFIRM_RECEIPT
    reference: str = Field(min_length=1, max_length=200)
    amount_fen: int = Field(gt=0, le=MOST_FEN)
    seen: str = Field(min_length=1, max_length=200, pattern=r"\S")


class Withdraw(Value):
    """The borrower withdraws, in writing."""

    kind: Literal[ActKind.WITHDRAW] = ActKind.WITHDRAW
    reason: str


class ConcludeRecovery(Value):
    """Everything owed has come back; recovery ends."""

    kind: Literal[ActKind.CONCLUDE_RECOVERY] = ActKind.CONCLUDE_RECOVERY
    reason: str


class ProposeWriteOff(Value):
    """The maker proposes to give a pursued bridge up (核销), by a numbered decision of those entitled to it.

    Attributes:
        decision: number of the decision (文号).
        amount_fen: the principal that is still out, in fen.
    """

    kind: Literal[ActKind.PROPOSE_WRITE_OFF] = ActKind.PROPOSE_WRITE_OFF
    decision: DecisionNumber
    amount_fen: int = Field(gt=0, le=MOST_FEN)
    reason: str = Field(min_length=1)


class ApproveWriteOff(Value):
    """Another person approves exactly that: this decision, this amount in fen."""

    kind: Literal[ActKind.APPROVE_WRITE_OFF] = ActKind.APPROVE_WRITE_OFF
    decision: DecisionNumber
    amount_fen: int = Field(gt=0, le=MOST_FEN)


class PutFirst(Value):
    """A queued case goes to the head of the queue, against its rank, for a reason that stays on record."""

    kind: Literal[ActKind.PUT_FIRST] = ActKind.PUT_FIRST
    reason: str = Field(min_length=1)


class ProposeMeasure(Value):
    """The maker proposes to judge an open case by the measure that the fund is under from a day on."""

    kind: Literal[ActKind.PROPOSE_MEASURE] = ActKind.PROPOSE_MEASURE
    effective_from: date
    reason: str = Field(min_length=1)


class ApproveMeasure(Value):
    """Another person approves that move; what the new measure refers to a human is decided by it, with its reason."""

    kind: Literal[ActKind.APPROVE_MEASURE] = ActKind.APPROVE_MEASURE
    effective_from: date
    reason: str = Field(min_length=1)


class CorrectedField(Value):
    """One field of an application that was filed wrongly, as the form shows it before and now; accounts are masked."""

    heading: str
    before: str
    now: str


class ProposeCorrection(Value):
    """The maker proposes to put a corrected application in the place of the one that was filed.

    Attributes:
        application: digest of the corrected application.
        changes: what it says otherwise.
    """

    kind: Literal[ActKind.PROPOSE_CORRECTION] = ActKind.PROPOSE_CORRECTION
    application: str = Field(min_length=1)
    changes: tuple[CorrectedField, ...]
    reason: str = Field(min_length=1)


class ApproveCorrection(Value):
    """Another person approves exactly that application: the case ends withdrawn, and it is filed in its place."""

    kind: Literal[ActKind.APPROVE_CORRECTION] = ActKind.APPROVE_CORRECTION
    application: str = Field(min_length=1)
    reason: str = Field(min_length=1)


class Dated(StrEnum):
    """What says a date on which something has happened: the kinds of acts and messages with one that can be wrong."""

    RECORD_SIGNING = ActKind.RECORD_SIGNING.value
    OLD_LOAN_SETTLED = MessageKind.OLD_LOAN_SETTLED.value
    COLLATERAL_REGISTERED = MessageKind.COLLATERAL_REGISTERED.value
    NEW_LOAN = MessageKind.NEW_LOAN.value
    RECEIPT = MessageKind.RECEIPT.value


class DateCorrection(Value):
    """One recorded date, and the day that it really was.

    Attributes:
        reference: of the statement, where several receipts are of the same day; else empty.
        was: as it stands.
    """

    said: Dated
    reference: str = Field(default="", max_length=200)
    was: date
    now: date

    @property
    def correction(self) -> "DateCorrection":
        """It alone, without who said what about it."""
        return DateCorrection(said=self.said, reference=self.reference, was=self.was, now=self.now)


class ProposeDate(DateCorrection):
    """The maker proposes to correct a date that was recorded wrongly, and says why."""

    kind: Literal[ActKind.PROPOSE_DATE] = ActKind.PROPOSE_DATE
    reason: str = Field(min_length=1)


class ApproveDate(DateCorrection):
    """Another person approves exactly that."""

    kind: Literal[ActKind.APPROVE_DATE] = ActKind.APPROVE_DATE


ActBody = Annotated[
    DecideReferral
    | Propose
    | Approve
    | SendBack
    | Reject
    | DrawAgain
    | RecordSigning
    | Release
    | MarkSent
    | ConfirmPayment
    | ConfirmReceipt
    | Withdraw
    | ConcludeRecovery
    | ProposeWriteOff
    | ApproveWriteOff
    | PutFirst
    | ProposeMeasure
    | ApproveMeasure
    | ProposeCorrection
    | ApproveCorrection
    | ProposeDate
    | ApproveDate,
    Field(discriminator="kind"),
]


class OfficerAct(Value):
    """An officer's act on its way to the workflow; ``id`` is its row's id and the update's id."""

    id: str
    actor: Actor
    body: ActBody


# Banks' messages -----------------------------------------------------------------------------------------------


class Opinion(Value):
    """What the bank can do with the maturing loan; a commitment letter may come with it."""

    kind: Literal[MessageKind.OPINION] = MessageKind.OPINION
    answer: BankAnswer
    reason: str = ""
    promise: Promise | None = None


class PromiseGiven(Value):
    """The promise has come to a rung, or its terms have changed."""

    kind: Literal[MessageKind.PROMISE] = MessageKind.PROMISE
    promise: Promise


class PromiseWithdrawn(Value):
    """The bank takes its promise back before money is out."""

    kind: Literal[MessageKind.PROMISE_WITHDRAWN] = MessageKind.PROMISE_WITHDRAWN
    reason: str


class OldLoanSettled(Value):
    """The bank has deducted; the payoff voucher (还款凭证) shows this balance."""

    kind: Literal[MessageKind.OLD_LOAN_SETTLED] = MessageKind.OLD_LOAN_SETTLED
    settled_on: date
    balance_fen: int
    voucher: str


class CollateralRegistered(Value):
    """The collateral stands registered for the new loan."""

    kind: Literal[MessageKind.COLLATERAL_REGISTERED] = MessageKind.COLLATERAL_REGISTERED
    registered_on: date
    certificate: str


class NewLoan(Value):
    """The renewed loan is signed, and on the bridge route released into the registered account."""

    kind: Literal[MessageKind.NEW_LOAN] = MessageKind.NEW_LOAN
    signed_on: date
    note: str
    amount_fen: int = Field(gt=0, le=MOST_FEN)


class NotRenewing(Value):
    """The bank does not renew: before the money leaves the case ends, once it is out it goes to recovery."""

    kind: Literal[MessageKind.NOT_RENEWING] = MessageKind.NOT_RENEWING
    reason: str


class ReceiptPurpose(StrEnum):
    """What money that came in is for: the entrusted return is principal, the fee comes from own funds.

    What the fund's own guarantor pays (代偿) is for whatever is owed, principal first.
    """

    PRINCIPAL = "principal"
    FEE = "fee"
    GUARANTOR = "guarantor"


BorrowersPurpose = Literal[ReceiptPurpose.PRINCIPAL, ReceiptPurpose.FEE]
"""What a borrower's own money is for."""


class ReceiptLine(Value):
    """One line of the ring-fenced account's statement that belongs to this case."""

    purpose: ReceiptPurpose
    amount_fen: int = Field(gt=0, le=MOST_FEN)
    reference: str = Field(min_length=1, max_length=200)
    payer: str


MOST_LINES = 60
"""Of one receipt: more than a case ever gets in a day. Each is divided and posted; what is longer is sent in parts."""


class Receipt(Value):
    """Money has come into the ring-fenced account for this case."""

    kind: Literal[MessageKind.RECEIPT] = MessageKind.RECEIPT
    received_on: date
    lines: tuple[ReceiptLine, ...] = Field(min_length=1)


MessageBody = Annotated[
    Opinion | PromiseGiven | PromiseWithdrawn | OldLoanSettled | CollateralRegistered | NewLoan | NotRenewing | Receipt,
    Field(discriminator="kind"),
]

MESSAGES: Mapping[MessageKind, type[Value]] = {
    body.model_fields["kind"].default: body for body in get_args(get_args(MessageBody)[0])
}
"""The body of each kind of message; in which stages it is taken, ``STAGES`` says."""


class MessageSource(StrEnum):
    """By which way a bank's message came."""

    API = "api"
    PAGE = "page"
    CLI = "cli"
    PAPER = "paper"  # a sealed paper, entered by one officer and verified by another
    SIMULATOR = "simulator"
    STATEMENT = "statement"  # the fund's own reading of what the bank that keeps its account wrote


ByTheBankItself = Literal[MessageSource.API, MessageSource.PAGE, MessageSource.CLI, MessageSource.SIMULATOR]
"""The ways by which the loan's bank speaks itself."""


class BankMessage(Value):
    """A bank's message on its way to the workflow; ``id`` is its inbox row's id."""

    id: str
    actor: Actor
    occurred_at: datetime
    body: MessageBody


def kind_of(body: type[Value]) -> Kind:
    """The kind of all acts or messages with such a body.

    >>> kind_of(Opinion)
    <MessageKind.OPINION: 'opinion'>
    """
    kind: Kind = body.model_fields["kind"].default
    return kind


def kinds_of(bodies: Iterable[type[Value]]) -> frozenset[Kind]:
    """The kinds of all acts and messages with one of these bodies."""
    return frozenset(map(kind_of, bodies))


def body_hash(body: BaseModel) -> str:
    """SHA-256 of a value's canonical JSON: the same content gives the same digest everywhere.

    Args:
        body: any value.
    Returns:
        64 hexadecimal digits.
    """
    return digest_of(body.model_dump(mode="json"))


def digest_of(content: object) -> str:
    """SHA-256 of canonical JSON (sorted keys, no spaces, UTF-8) of plain data."""
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
