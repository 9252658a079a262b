"""Names, queues and typed stubs of all activities: what workflows call, and what the real activities keep to.

A stub raises when it is run: a worker registers the real activity of the same name. What a contract says of a step is
read from its request and its answer, so that a story can show what was committed without saying it a second time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, NoReturn, Self, TypeVar

from temporalio import activity

from rulebook.books.provisional import ProvisionalReceipt
from rulebook.bridges import Bridge, Part, Return
from rulebook.calendar import WorkCalendar
from rulebook.cases import BankAnswer, CaseFacts, Promise, Route
from rulebook.findings import Findings
from rulebook.law.measure import Measure
from rulebook.messages import DateCorrection, NewLoan
from rulebook.stages import CaseStage
from rulebook.steps import Refusal, Step
from rulebook.values import Value


class Queue(StrEnum):
    """The task queues, each with worker processes of its own kind."""

    CASES = "cases"
    MONEY = "money"
    PAPERS = "papers"


def queue_name(prefix: str, queue: Queue) -> str:
    """The full name of one of the task queues; the prefix keeps several products apart."""
    return f"{prefix}-{queue}"


# What a contract is ---------------------------------------------------------------------------------------------


class StepRequest(Value):
    """What is asked of an activity that commits a step together with what belongs to it."""

    step: Step


Request = TypeVar("Request")
Result = TypeVar("Result")
Stepping = TypeVar("Stepping", bound=Step | StepRequest)


@dataclass(frozen=True)
class Contract(Generic[Request, Result]):
    """An activity as the stories call it: what it takes, what it gives, and on whose queue it runs."""

    stub: Callable[[Request], Result]
    queue: Queue

    @property
    def name(self) -> str:
        """The name under which a worker registers the real one, and histories keep it."""
        return self.stub.__name__


@dataclass(frozen=True)
class Commitment(Contract[Request, Result]):
    """One that commits a step; ``written`` says which, None where its answer means that nothing was committed."""

    written: Callable[[Request, Result], Step | None]


def reads(queue: Queue) -> Callable[[Callable[[Request], Result]], Contract[Request, Result]]:
    """Make a stub the contract of an activity that writes no step."""
    return lambda stub: Contract(activity.defn(stub), queue)


def commits(queue: Queue) -> Callable[[Callable[[Stepping], Result]], Commitment[Stepping, Result]]:
    """Make a stub the contract of an activity that commits the step of its request, whatever it answers."""
    return lambda stub: Commitment(activity.defn(stub), queue, lambda request, _: step_of(request))


def decides(
    queue: Queue, written: Callable[[Request, Result], Step | None]
) -> Callable[[Callable[[Request], Result]], Commitment[Request, Result]]:
    """Make a stub the contract of an activity whose answer decides between steps."""
    return lambda stub: Commitment(activity.defn(stub), queue, written)


def step_of(request: object) -> Step | None:
    """The step that a request carries, as far as it is known before the answer; None where it carries none."""
    if isinstance(request, Step):
        return request
    return request.step if isinstance(request, StepRequest) else None


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


class RecordFindings(StepRequest):
    """``direct``: whether the bank may renew without repayment, where that was judged too."""

    findings: Findings
    direct: Findings | None = None


class RecordPromise(StepRequest):
    """The bank's answer, its promise, or both, as far as this step brought them.

    ``void_attempt`` names the approval that a changed or withdrawn promise makes void; its money goes back to the pool.
    """

    answer: BankAnswer | None = None
    route: Route | None = None
    promise: Promise | None = None
    void_attempt: int | None = None


class ReadMoneyOut(Value):
    """What of the fund's money is out with a case, by the books."""

    case_no: str
    fund: str


class ReadCalendar(Value):
    """The working days of a case as the table knows them now."""

    case_no: str


class RecordProposal(StepRequest):
    """``attempt`` counts the proposals of a case; ``bound_by`` names what bounds the ceiling."""

    attempt: int
    amount_fen: int
    ceiling_fen: int
    bound_by: str
    terms_digest: str
    findings: Findings

    def written(self, next_free: int | None) -> Step | None:
        """Nothing, where the number is another proposal's already."""
        return self.step if next_free is None else None


class ReadMeasure(Value):
    """The measure that a fund is under from a day on."""

    fund: str
    effective_from: date


class RecordMeasure(StepRequest):
    """An open case is judged by another measure, or stays under its own where that one refuses it.

    ``measure`` is None when the case stays; ``void_attempt`` names the approval that the change makes void.
    """

    findings: Findings
    measure: Measure | None = None
    void_attempt: int | None = None


class PutCaseFirst(StepRequest):
    """The place of ``attempt`` goes to the head of the queue."""

    attempt: int


class SendProposalBack(StepRequest):
    """The proposal of ``attempt`` no longer stands; the maker makes another."""

    attempt: int


class ApproveAndReserve(StepRequest):
    """If the pool is short the case takes its place in the queue by ``rank`` and the second step is committed."""

    step_if_short: Step
    attempt: int
    amount_fen: int
    terms_digest: str
    rank: str
    rank_reason: str
    overtaking: bool

    def written(self, answer: "Reservation") -> Step:
        """Reserved, or queued where the pool is short."""
        return self.step if answer.granted else self.step_if_short


class Reservation(Value):
    granted: bool


class IfNotDrawn(Value):
    """Where a case waits when its papers cannot be drawn, and until when somebody should have mended that."""

    stage: CaseStage
    due: datetime


class DrawingRequest(StepRequest):
    """A step that is written with its papers, or not at all.

    ``if_not_drawn`` is None in requests from before a case waited for papers: those are repeated until they are drawn.
    """

    if_not_drawn: IfNotDrawn | None = None


Drawing = TypeVar("Drawing", bound=DrawingRequest)


def draws(stub: Callable[[Drawing], Step | None]) -> Commitment[Drawing, Step | None]:
    """Make a stub the contract of an activity that commits a step with its papers.

    It answers with what it wrote in place of the step where a paper could not be drawn, and None when all is well.
    """
    return Commitment(activity.defn(stub), Queue.PAPERS, lambda request, instead: instead or request.step)


class DrawUpPapers(DrawingRequest):
    """All papers of a bridge, drawn up after approval and before payment, from the templates that were approved."""

    attempt: int
    release_on: date
    days: int
    fee_fen: int
    template_digest: str = ""


class DrawReleasePapers(DrawingRequest):
    """The papers of one release, drawn up on its day before the money leaves, from the templates that were approved."""

    template_digest: str = ""


class PayOut(StepRequest):
    """Intend, ask, send, confirm and post; repeated until the bank's answer is final.

    ``step`` is committed when the money is paid, ``step_if_pending`` when its fate is open, ``step_if_rejected`` when
    the bank sent it back. ``payment`` counts the case's payments: one that was sent back is followed by another.
    Until ``not_found_final_at`` a bank that does not find the payment may still make it, and people's words cannot say
    that it will not; until ``asked_until`` a bank's system is asked again. What has not left by ``leaves_by``, the
    cut-off of its day, does not leave. At a counter ``step_if_by_hand`` is committed while its fate is open.
    """

    step_if_pending: Step
    step_if_rejected: Step
    attempt: int
    payment: int
    amount_fen: int
    not_found_final_at: datetime
    asked_until: datetime | None = None
    leaves_by: datetime | None = None
    step_if_by_hand: Step | None = None

    def written(self, answer: "PayOutResult") -> Step:
        """By the payment's fate: paid, sent back, or still open."""
        if answer.paid is None:
            return self.step_while_open(by_hand=answer.by_hand is True)
        return self.step if answer.paid else self.step_if_rejected

    def step_while_open(self, *, by_hand: bool) -> Step:
        """What is written while nobody knows the payment's fate: who does what next is another matter at a counter."""
        return self.step_if_by_hand if by_hand and self.step_if_by_hand else self.step_if_pending


class PayOutResult(Value):
    """``paid`` is None while the payment's fate is open; ``paid_on`` is the accounting date of a paid one.

    ``by_hand``: it is people who move the money; None in answers from before that was told.
    """

    paid: bool | None
    paid_on: date | None = None
    by_hand: bool | None = None


class RecordPaymentMark(StepRequest):
    """The cashier's receipt, or why he did not pay (``not_sent``); or another person's finding on the statement."""

    payment: int
    receipt_serial: str = ""
    statement_reference: str = ""
    returned: bool = False
    not_sent: str = ""


class RecordNewLoan(StepRequest):
    note: str
    amount_fen: int
    signed_on: date

    @classmethod
    def of(cls, step: Step, loan: NewLoan) -> Self:
        """The loan as the bank's message says it."""
        return cls(step=step, note=loan.note, amount_fen=loan.amount_fen, signed_on=loan.signed_on)


class RecordCollateral(StepRequest):
    registered_on: date
    certificate: str


class CorrectDate(StepRequest):
    """A date that was recorded wrongly becomes another; what said it stays as it is, and the step says both."""

    correction: DateCorrection

    def written(self, answer: "DateCorrected") -> Step | None:
        """Nothing, where something stands against it by now."""
        return None if answer.refused else self.step


class DateCorrected(Value):
    """``refused``: what stands against it by now, and nothing was written; else ``returns`` as they are dated now."""

    refused: Refusal | None = None
    returns: tuple[Return, ...] = ()


class BookReturn(StepRequest):
    """Money back into the ring-fenced account, already divided by purpose; what is freed goes to the queue."""

    parts: tuple[Part, ...]
    received_on: date

    def written(self, answer: "Booking") -> Step | None:
        """Nothing, where the books would not take it."""
        return None if answer.booked_before or answer.beyond_line else self.step


class Booking(Value):
    """``booked_before`` names a reference that the fund's books know already; then nothing was booked.

    Nor was it where ``beyond_line`` names one: less is left of that line of the statement than the receipt says.
    ``provisional`` is what of the case neither the statement nor another person has borne out.
    """

    booked_before: str | None = None
    beyond_line: str | None = None
    provisional: tuple[ProvisionalReceipt, ...] = ()


class StandOnStatement(StepRequest):
    """All that was owed is booked: ``step`` is committed where some of it stands on a bank's notice alone."""

    def written(self, answer: "BooksOfCase") -> Step | None:
        """Nothing, where all is borne out, or money is out again."""
        return self.step if answer.waits else None


class BooksOfCase(Value):
    """The money of a case by the books now; ``waits``: nothing is owed, and not all that came in is borne out."""

    bridge: Bridge | None
    provisional: tuple[ProvisionalReceipt, ...] = ()
    waits: bool = False


class WriteOff(StepRequest):
    """A bridge is given up by an approved decision; the case ends with the voucher.

    ``approved_by`` is the id of the checker, ``evidence`` that of his act.
    """

    amount_fen: int
    decision: str
    approved_by: str
    evidence: str


class EndCase(StepRequest):
    """A case ends before money went out; what was reserved for ``attempt`` goes back to the pool and to the queue."""

    attempt: int | None = None


class RefuseCase(DrawingRequest):
    """``answer`` is the bank's, where it was what decided, and ``bank_reason`` its own reason for it."""

    findings: Findings
    answer: BankAnswer | None = None
    bank_reason: str = ""
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


@reads(Queue.CASES)
def open_case(request: OpenCase) -> OpenedCase:
    _stub()


@reads(Queue.CASES)
def read_templates(request: ReadTemplates) -> str:
    _stub()


@commits(Queue.CASES)
def refer_case(request: RecordFindings) -> None:
    _stub()


@commits(Queue.CASES)
def ask_bank_opinion(request: RecordFindings) -> None:
    _stub()


@commits(Queue.CASES)
def record_promise(request: RecordPromise) -> None:
    _stub()


@decides(Queue.CASES, RecordProposal.written)
def record_proposal(request: RecordProposal) -> int | None:
    _stub()


@reads(Queue.CASES)
def read_money_out(request: ReadMoneyOut) -> Bridge | None:
    _stub()


@reads(Queue.CASES)
def read_calendar(request: ReadCalendar) -> WorkCalendar:
    _stub()


@reads(Queue.CASES)
def read_measure(request: ReadMeasure) -> Measure:
    _stub()


@commits(Queue.CASES)
def record_measure(request: RecordMeasure) -> None:
    _stub()


@commits(Queue.MONEY)
def put_first(request: PutCaseFirst) -> None:
    _stub()


@commits(Queue.CASES)
def send_proposal_back(request: SendProposalBack) -> None:
    _stub()


@decides(Queue.MONEY, ApproveAndReserve.written)
def approve_and_reserve(request: ApproveAndReserve) -> Reservation:
    _stub()


@commits(Queue.CASES)
def record_pool_grant(request: Step) -> None:
    _stub()


@draws
def draw_up_papers(request: DrawUpPapers) -> Step | None:
    _stub()


@draws
def draw_release_papers(request: DrawReleasePapers) -> Step | None:
    _stub()


@commits(Queue.CASES)
def record_signing(request: Step) -> None:
    _stub()


@decides(Queue.MONEY, PayOut.written)
def pay_out(request: PayOut) -> PayOutResult:
    _stub()


@commits(Queue.MONEY)
def record_payment_mark(request: RecordPaymentMark) -> None:
    _stub()


@commits(Queue.CASES)
def record_old_loan_settled(request: Step) -> None:
    _stub()


@commits(Queue.CASES)
def record_collateral(request: RecordCollateral) -> None:
    _stub()


@decides(Queue.CASES, CorrectDate.written)
def correct_date(request: CorrectDate) -> DateCorrected:
    _stub()


@commits(Queue.CASES)
def record_new_loan(request: RecordNewLoan) -> None:
    _stub()


@decides(Queue.MONEY, BookReturn.written)
def book_return(request: BookReturn) -> Booking:
    _stub()


@decides(Queue.MONEY, StandOnStatement.written)
def stand_on_statement(request: StandOnStatement) -> BooksOfCase:
    _stub()


@reads(Queue.MONEY)
def read_books_of_case(request: ReadMoneyOut) -> BooksOfCase:
    _stub()


@commits(Queue.MONEY)
def write_off(request: WriteOff) -> None:
    _stub()


@draws
def certify_and_close(request: CertifyAndClose) -> Step | None:
    _stub()


@draws
def refuse_case(request: RefuseCase) -> Step | None:
    _stub()


@commits(Queue.MONEY)
def end_case(request: EndCase) -> None:
    _stub()


@commits(Queue.CASES)
def hand_to_recovery(request: Step) -> None:
    _stub()


@commits(Queue.CASES)
def record_step(request: Step) -> None:
    _stub()


@commits(Queue.CASES)
def remind(request: Step) -> None:
    _stub()
