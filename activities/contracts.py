"""Names and typed stubs of all activities: what workflows call, and what the real activities keep to.

A stub raises when it is run: a worker registers the real activity of the same name.
"""

from datetime import date, datetime
from typing import NoReturn

from temporalio import activity

from rulebook.bridges import Part
from rulebook.calendar import WorkCalendar
from rulebook.cases import BankAnswer, CaseFacts, Promise, Route
from rulebook.findings import Findings
from rulebook.law.measure import Measure
from rulebook.stages import CaseStage
from rulebook.steps import Step
from rulebook.values import Value

# The activities ------------------------------------------------------------------------------------------------


class OpenCase(Value):
    case_no: str
    fund: str
    at: datetime


class OpenedCase(Value):
    """The law and the facts a case is judged under, kept by value in its history for ever.

    Attributes:
        template_digest: one digest over the templates of all papers a bridge needs; part of every approval.
    """

    facts: CaseFacts
    measure: Measure
    calendar: WorkCalendar
    template_digest: str


class ReadTemplates(Value):
    """The digest of the templates that the office has now, for a case that shall be approved with them."""

    case_no: str


class RecordFindings(Value):
    """``direct``: whether the bank may renew without repayment, where that was judged too."""

    step: Step
    findings: Findings
    direct: Findings | None = None


class RecordPromise(Value):
    """The bank's answer, its promise, or both, as far as this step brought them.

    ``void_attempt`` names the approval that a changed or withdrawn promise makes void; its money goes back to the pool.
    """

    step: Step
    answer: BankAnswer | None = None
    route: Route | None = None
    promise: Promise | None = None
    void_attempt: int | None = None


class RecordProposal(Value):
    """``attempt`` counts the proposals of a case; ``bound_by`` names what bounds the ceiling."""

    step: Step
    attempt: int
    amount_fen: int
    ceiling_fen: int
    bound_by: str
    terms_digest: str
    findings: Findings


class ReadMeasure(Value):
    """The measure that a fund is under from a day on."""

    fund: str
    effective_from: date


class RecordMeasure(Value):
    """An open case is judged by another measure, or stays under its own where that one refuses it.

    ``measure`` is None when the case stays; ``void_attempt`` names the approval that the change makes void.
    """

    step: Step
    findings: Findings
    measure: Measure | None = None
    void_attempt: int | None = None


class PutCaseFirst(Value):
    """The place of ``attempt`` goes to the head of the queue."""

    step: Step
    attempt: int


class SendProposalBack(Value):
    """The proposal of ``attempt`` no longer stands; the maker makes another."""

    step: Step
    attempt: int


class ApproveAndReserve(Value):
    """If the pool is short the case takes its place in the queue by ``rank`` and the second step is committed."""

    step: Step
    step_if_short: Step
    attempt: int
    amount_fen: int
    terms_digest: str
    rank: str
    rank_reason: str
    overtaking: bool


class Reservation(Value):
    granted: bool


class IfNotDrawn(Value):
    """Where a case waits when its papers cannot be drawn, and until when somebody should have mended that."""

    stage: CaseStage
    due: datetime


class DrawingRequest(Value):
    """A step that is written with its papers, or not at all.

    ``if_not_drawn`` is None in requests from before a case waited for papers: those are repeated until they are drawn.
    """

    step: Step
    if_not_drawn: IfNotDrawn | None = None


class DrawUpPapers(DrawingRequest):
    """All papers of a bridge, drawn up after approval and before payment, from the templates that were approved."""

    attempt: int
    release_on: date
    days: int
    fee_fen: int
    template_digest: str = ""


class PayOut(Value):
    """Intend, ask, send, confirm and post; repeated until the bank's answer is final.

    ``step`` is committed when the money is paid, ``step_if_pending`` when its fate is open, ``step_if_rejected`` when
    the bank sent it back. ``payment`` counts the case's payments: one that was sent back is followed by another.
    Until ``not_found_final_at`` a bank that does not find the payment may still make it.
    """

    step: Step
    step_if_pending: Step
    step_if_rejected: Step
    attempt: int
    payment: int
    amount_fen: int
    not_found_final_at: datetime


class PayOutResult(Value):
    """``paid`` is None while the payment's fate is open; ``paid_on`` is the accounting date of a paid one."""

    paid: bool | None
    paid_on: date | None = None


class RecordPaymentMark(Value):
    """At the counter: the cashier's receipt, or another person's finding on the statement."""

    step: Step
    payment: int
    receipt_serial: str = ""
    statement_reference: str = ""
    returned: bool = False


class RecordNewLoan(Value):
    step: Step
    note: str
    amount_fen: int
    signed_on: date


class RecordCollateral(Value):
    step: Step
    registered_on: date
    certificate: str


class BookReturn(Value):
    """Money back into the ring-fenced account, already divided by purpose; what is freed goes to the queue."""

    step: Step
    parts: tuple[Part, ...]
    received_on: date


class Booking(Value):
    """``booked_before`` names a reference that the fund's books know already; then nothing was booked.

    Nor was it where ``beyond_line`` names one: less is left of that line of the statement than the receipt says.
    """

    booked_before: str | None = None
    beyond_line: str | None = None


class WriteOff(Value):
    """A bridge is given up by an approved decision; the case ends with the voucher.

    ``approved_by`` is the id of the checker, ``evidence`` that of his act.
    """

    step: Step
    amount_fen: int
    decision: str
    approved_by: str
    evidence: str


class EndCase(Value):
    """A case ends before money went out; what was reserved for ``attempt`` goes back to the pool and to the queue."""

    step: Step
    attempt: int | None = None


class RefuseCase(DrawingRequest):
    """``answer`` is the bank's, where it was what decided."""

    findings: Findings
    answer: BankAnswer | None = None
    attempt: int | None = None


class CertifyAndClose(DrawingRequest):
    """``paid_on`` is None on the direct route, where no money of the fund was out and no certificate is due."""

    amount_fen: int = 0
    fee_fen: int = 0
    days: int = 0
    paid_on: date | None = None
    returned_on: date | None = None


def _stub() -> NoReturn:
    raise NotImplementedError("a stub: register the real activity of this name")


@activity.defn
def open_case(request: OpenCase) -> OpenedCase:
    _stub()


@activity.defn
def read_templates(request: ReadTemplates) -> str:
    _stub()


@activity.defn
def refer_case(request: RecordFindings) -> None:
    _stub()


@activity.defn
def ask_bank_opinion(request: RecordFindings) -> None:
    _stub()


@activity.defn
def record_promise(request: RecordPromise) -> None:
    _stub()


@activity.defn
def record_proposal(request: RecordProposal) -> None:
    _stub()


@activity.defn
def read_measure(request: ReadMeasure) -> Measure:
    _stub()


@activity.defn
def record_measure(request: RecordMeasure) -> None:
    _stub()


@activity.defn
def put_first(request: PutCaseFirst) -> None:
    _stub()


@activity.defn
def send_proposal_back(request: SendProposalBack) -> None:
    _stub()


@activity.defn
def approve_and_reserve(request: ApproveAndReserve) -> Reservation:
    _stub()


@activity.defn
def record_pool_grant(request: Step) -> None:
    _stub()


@activity.defn
def draw_up_papers(request: DrawUpPapers) -> Step | None:
    """What was written in place of the step where a paper could not be drawn; None when all is well."""
    _stub()


@activity.defn
def record_signing(request: Step) -> None:
    _stub()


@activity.defn
def pay_out(request: PayOut) -> PayOutResult:
    _stub()


@activity.defn
def record_payment_mark(request: RecordPaymentMark) -> None:
    _stub()


@activity.defn
def record_old_loan_settled(request: Step) -> None:
    _stub()


@activity.defn
def record_collateral(request: RecordCollateral) -> None:
    _stub()


@activity.defn
def record_new_loan(request: RecordNewLoan) -> None:
    _stub()


@activity.defn
def book_return(request: BookReturn) -> Booking:
    _stub()


@activity.defn
def write_off(request: WriteOff) -> None:
    _stub()


@activity.defn
def certify_and_close(request: CertifyAndClose) -> Step | None:
    _stub()


@activity.defn
def refuse_case(request: RefuseCase) -> Step | None:
    _stub()


@activity.defn
def end_case(request: EndCase) -> None:
    _stub()


@activity.defn
def hand_to_recovery(request: Step) -> None:
    _stub()


@activity.defn
def record_step(request: Step) -> None:
    _stub()


@activity.defn
def remind(request: Step) -> None:
    _stub()
