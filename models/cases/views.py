"""The values that lists and the page of a case are made of: plain data, amounts in fen, moments in UTC."""

from datetime import date
from typing import Any

from models.cases.lists import Instant, TaskView
from models.cases.payments import PaymentState
from rulebook.books.postings import Position
from rulebook.books.provisional import ReceiptBasis
from rulebook.cases import BankAnswer, CaseFacts, LoanKind, PromiseRung, Route
from rulebook.events import EventKind
from rulebook.findings import Finding, Result
from rulebook.messages import MessageSource
from rulebook.papers.kinds import DocumentKind
from rulebook.stages import ActKind, CaseStage, MessageKind, Role
from rulebook.values import Value


class Reason(Value):
    """Why something was refused: the code of its words, and their parameters."""

    code: str
    params: dict[str, str] = {}


class Recorded(Value):
    """An officer's act or a bank's message as it is on record; ``state`` as in ``models.cases.acts.ActState``."""

    id: str
    key: str
    case_no: str
    kind: ActKind | MessageKind
    body: dict[str, Any]
    actor_id: str
    actor_name: str
    actor_role: Role
    organisation: str
    occurred_at: Instant
    recorded_at: Instant
    state: str
    reason: Reason | None
    decided_at: Instant | None


class MessageView(Recorded):
    """A bank's message. One from a sealed paper has the scan's digest, its signatory and two officers."""

    kind: MessageKind
    source: MessageSource
    paper_digest: str | None
    signatory: str | None
    recorded_by: str | None
    verified_by: str | None
    verified_at: Instant | None


class QueueView(Value):
    """A case that waits for money, head first; ``reason`` is the code of what put it where it is.

    ``put_first_by`` is the person who put it before all others, and ``put_first_reason`` why; None without one.
    """

    case_no: str
    applicant_name: str
    amount_fen: int
    rank: str
    reason: str
    queued_at: Instant
    put_first_by: str | None
    put_first_reason: str | None


class Expected(Value):
    """What is due back on one day, and from which cases."""

    day: date
    amount_fen: int
    cases: tuple[str, ...]


class PoolPage(Value):
    """Where a fund's money is, in fen (total = reserved + out + available), when it is due back, who waits for it.

    ``expected`` holds past days too: what was due then and is still out. ``provisional_fen`` is what of the money that
    came in stands on a bank's notice alone.
    """

    fund: str
    name: str
    business_date: date | None
    total_fen: int
    reserved_fen: int
    out_fen: int
    available_fen: int
    fee_income_fen: int
    provisional_fen: int
    expected: tuple[Expected, ...]
    queue: tuple[QueueView, ...]


class FundView(Value):
    """A fund with its business day and the measure it is under."""

    code: str
    name: str
    operator: str
    gateway: str
    escrow_name: str
    escrow_number: str
    escrow_bank: str
    business_date: date | None
    pack: str | None
    effective_from: date | None


class PersonView(Value):
    """Somebody who may act, or might: one part in one fund."""

    fund: str
    id: str
    name: str
    organisation: str
    role: Role
    bank: str | None
    from_day: date
    until_day: date | None
    held: bool


class PromiseView(Value):
    """The bank's promise as it stood after one step."""

    at: Instant
    rung: PromiseRung
    amount_fen: int
    valid_until: date
    reference: str
    signatory: str
    authority_fen: int
    conditions: str


class ApprovalView(Value):
    """A proposal and what the checker made of it; ``terms_digest`` is what an approval binds."""

    attempt: int
    amount_fen: int
    ceiling_fen: int
    bound_by: str
    terms_digest: str
    findings: tuple[Finding, ...]
    maker: str
    maker_name: str | None
    proposed_at: Instant
    checker: str | None
    checker_name: str | None
    approved_at: Instant | None
    voided_at: Instant | None


PAYMENT_STATES = (*PaymentState, "to_make", "not_made")
"""What a payment is shown as: its state, and at a counter, before anybody paid, in whose hands it is."""


class PaymentView(Value):
    """A payment out of the ring-fenced account; ``state`` is one of ``PAYMENT_STATES``."""

    key: str
    number: int
    attempt: int
    amount_fen: int
    state: str
    intended_at: Instant
    reference: str | None
    reason: str | None
    decided_at: Instant | None
    decided_on: date | None
    receipt_serial: str | None
    sent_by: str | None
    not_sent_by: str | None
    not_sent_reason: str | None
    statement_reference: str | None
    confirmed_by: str | None
    returned: bool


class JudgementView(Value):
    """What the rules found at one step: of the applicant, and of renewing without a bridge where that was judged."""

    cause: str
    result: Result
    findings: tuple[Finding, ...]
    direct_result: Result | None
    direct_findings: tuple[Finding, ...] | None


class MeasureView(Value):
    """The measure that a case is judged by.

    Attributes:
        digest: of the measure, its overlay included.
        overlay: what the operator's own choices are cited as; None without any.
        operator_choices: names of the values that are the operator's own choice and not the law.
    """

    digest: str
    pack: str
    document: str
    overlay: str | None
    operator_choices: tuple[str, ...]


class OnWord(Value):
    """A signing that stands on the word of whoever recorded it, and the papers of which no full signatures are on
    record."""

    recorded_by: str
    signed_on: str
    papers: tuple[DocumentKind, ...]


class EventView(Value):
    """One line of the log."""

    at: Instant
    kind: EventKind
    stage: CaseStage
    cause: str
    actor_id: str | None
    actor_name: str | None
    actor_role: Role | None
    organisation: str | None
    detail: dict[str, str]


class DocumentView(Value):
    """A paper without its bytes; ``out_of_date``: a date it hangs on was corrected since; draw it again."""

    kind: DocumentKind
    attempt: int
    number: str
    sha256: str
    template_digest: str
    pages: int
    made_at: Instant
    out_of_date: bool = False


class CasePage(Value):
    """Everything about one case. Account and telephone numbers are whole: whoever shows them masks them.

    Attributes:
        loan_balance_fen: of the maturing loan, as filed.
        follows, followed_by: of the same loan, the ended case of which this is a new attempt, and the next attempt.
        next_messages: what the stage takes from the bank now.
        approval: the latest one that still holds; ``approvals`` are all.
        receipts: what came in, and what each of it stands on.
        acts, messages: the refused ones too.
        on_word: how far its signing stands on the maker's word; None where it does not, or is not recorded yet.
    """

    case_no: str
    fund: str
    fund_name: str
    workflow_id: str
    stage: CaseStage
    stage_since: Instant | None
    end_reason: str | None
    applicant_name: str
    uscc: str
    legal_representative: str
    phone: str
    address: str | None
    contact: str | None
    email: str | None
    account_name: str
    account_number: str
    account_branch: str
    bank: str
    bank_name: str
    loan_note: str
    loan_kind: LoanKind
    loan_balance_fen: int
    maturity: date
    guarantors: tuple[str, ...]
    collateral_type: str | None
    collateral: str | None
    collateral_anew: bool
    collateral_registered_on: date | None
    collateral_certificate: str | None
    facts: CaseFacts
    received_on: date
    filed_at: Instant
    filed_by: str
    source: str
    follows: str | None
    followed_by: str | None
    measure: MeasureView | None
    answer: BankAnswer | None
    route: Route | None
    amount_fen: int | None
    paid_on: date | None
    returned_on: date | None
    days: int | None
    fee_fen: int | None
    new_loan_note: str | None
    new_loan_fen: int | None
    task: TaskView | None
    next_messages: tuple[MessageKind, ...]
    judgements: tuple[JudgementView, ...]
    promise: PromiseView | None
    promises: tuple[PromiseView, ...]
    approval: ApprovalView | None
    approvals: tuple[ApprovalView, ...]
    queued: QueueView | None
    payments: tuple[PaymentView, ...]
    position: Position
    receipts: tuple[ReceiptBasis, ...]
    events: tuple[EventView, ...]
    acts: tuple[Recorded, ...]
    messages: tuple[MessageView, ...]
    documents: tuple[DocumentView, ...]
    on_word: OnWord | None
