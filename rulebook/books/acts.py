"""What officers book beside the cases: the values of these acts, what each needs, and the journal each becomes.

Acts with a star in the table of ``postings.py`` need two people; the others are posted for a maker by name.
Where money leaves by hand, a third person pays after the two, and only then is there a bank's reference to post with.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, model_validator

from rulebook.applications import payee_digest
from rulebook.books import postings, postings_of_the_year
from rulebook.books.postings import Approval, Entry, LedgerRequest, PostingKind
from rulebook.books.postings_of_the_year import NetBalance, Record
from rulebook.books.statements import StatementLine
from rulebook.errors import XuqiaoError
from rulebook.law.measure import Measure
from rulebook.money import MOST_FEN
from rulebook.values import Value

Fen = Annotated[int, Field(gt=0, le=MOST_FEN)]
Words = Annotated[str, Field(min_length=1, max_length=200)]
Reference = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]

RISK_COMPENSATION = "-RC"
"""A fund's risk-compensation sub-fund (风险补偿资金) is a book of its own: the fund's code and this."""


class Payee(Value):
    """The account that money goes to; the books know it by its digest only."""

    name: Words
    number: str = Field(pattern=r"^[0-9]{1,40}$")
    branch: Words

    @property
    def digest(self) -> str:
        """The digest that stands for the account."""
        return payee_digest(self.name, self.number, self.branch)


# Two people, and a cashier where money leaves ----------------------------------------------------------------------


class Refund(Value):
    """Money that belongs to somebody else goes back to him: a case's excess, or a receipt that is nobody's."""

    kind: Literal[PostingKind.REFUND] = PostingKind.REFUND
    amount_fen: Fen
    payee: Payee
    case_no: Words | None = None
    line: Words | None = None

    @model_validator(mode="after")
    def _of_one_thing(self) -> "Refund":
        if (self.case_no is None) == (self.line is None):
            raise ValueError("a refund is of a case or of an unmatched line")
        return self


class Spend(Value):
    """Fee income is spent on what the measure allows."""

    kind: Literal[PostingKind.SPEND] = PostingKind.SPEND
    amount_fen: Fen
    purpose: Words


class WriteOff(Value):
    """A bridge is given up in the balance (核销), by a numbered decision."""

    kind: Literal[PostingKind.WRITE_OFF] = PostingKind.WRITE_OFF
    amount_fen: Fen
    case_no: Words
    decision: Reference


class Compensate(Value):
    """The sub-fund pays a bank for a renewed loan it lost (风险补偿)."""

    kind: Literal[PostingKind.COMPENSATE] = PostingKind.COMPENSATE
    amount_fen: Fen
    case_no: Words
    payee: Payee


class CapitalOut(Value):
    """A contributor takes money back, or is paid out."""

    kind: Literal[PostingKind.CAPITAL_OUT] = PostingKind.CAPITAL_OUT
    amount_fen: Fen
    contributor: Words


class Reverse(Value):
    """A voucher is taken back by its mirror image (红冲)."""

    kind: Literal[PostingKind.REVERSE] = PostingKind.REVERSE
    voucher: int = Field(gt=0)
    reason: Words


# One person, with evidence -----------------------------------------------------------------------------------------


class CapitalIn(Value):
    """A contributor's money has arrived; the first one opens the book."""

    kind: Literal[PostingKind.CAPITAL_IN] = PostingKind.CAPITAL_IN
    amount_fen: Fen
    reference: Reference
    contributor: Words


class Interest(Value):
    """The bank paid interest on the ring-fenced account."""

    kind: Literal[PostingKind.INTEREST] = PostingKind.INTEREST
    amount_fen: Fen
    reference: Reference


class Charge(Value):
    """The bank took a charge."""

    kind: Literal[PostingKind.CHARGE] = PostingKind.CHARGE
    amount_fen: Fen
    reference: Reference


class Vat(Value):
    """Output VAT of a case's fee, with its invoice."""

    kind: Literal[PostingKind.VAT] = PostingKind.VAT
    amount_fen: Fen
    case_no: Words
    invoice: Reference


class VatPaid(Value):
    """VAT went to the tax office."""

    kind: Literal[PostingKind.VAT_PAID] = PostingKind.VAT_PAID
    amount_fen: Fen
    reference: Reference


class GuarantorIn(Value):
    """The fund's own guarantor has paid for a borrower (代偿)."""

    kind: Literal[PostingKind.GUARANTOR_IN] = PostingKind.GUARANTOR_IN
    case_no: Words
    reference: Reference
    principal_fen: int = Field(ge=0, le=MOST_FEN)
    fee_fen: int = Field(default=0, ge=0, le=MOST_FEN)


class Recover(Value):
    """Money of a written-off bridge came in after all."""

    kind: Literal[PostingKind.RECOVER] = PostingKind.RECOVER
    amount_fen: Fen
    case_no: Words
    reference: Reference


class CarryOver(Value):
    """A year's incomes and costs become surplus; ``to_pool_fen`` of the fees joins the fund."""

    kind: Literal[PostingKind.CARRY_OVER] = PostingKind.CARRY_OVER
    year: int = Field(ge=2000, le=2999)
    to_pool_fen: int = Field(default=0, ge=0, le=MOST_FEN)


BookAct = Annotated[
    Refund
    | Spend
    | WriteOff
    | Compensate
    | CapitalOut
    | Reverse
    | CapitalIn
    | Interest
    | Charge
    | Vat
    | VatPaid
    | GuarantorIn
    | Recover
    | CarryOver,
    Field(discriminator="kind"),
]
_ACT: TypeAdapter[BookAct] = TypeAdapter(BookAct)

_IN_BOTH_BOOKS = frozenset(
    {
        PostingKind.CAPITAL_IN,
        PostingKind.CAPITAL_OUT,
        PostingKind.INTEREST,
        PostingKind.CARRY_OVER,
        PostingKind.REVERSE,
    }
)


class Journal(Value):
    """A journal as far as its reversal needs it."""

    key: str
    kind: PostingKind
    case_no: str | None
    lines: tuple[Entry, ...]


class Found(Value):
    """What the books and the law say on the day an act is posted.

    Attributes:
        limit_ppm: share of a year's fee income that may be spent, in millionths; None without a limit.
        reversed: the journal that a reversal takes back.
        balances: what stood on all accounts at the end of the year that is carried over.
        taken_back: how often that year was carried over and the voucher reversed.
        reference: the bank's reference of a payment by hand; empty until it is paid.
    """

    limit_ppm: int | None = None
    reversed: Journal | None = None
    balances: tuple[NetBalance, ...] = ()
    taken_back: int = 0
    reference: str = ""


def read_act(content: Mapping[str, object]) -> BookAct:
    """An act from the plain data of its record."""
    return _ACT.validate_python(content)


def case_of(act: BookAct) -> str | None:
    """The case that an act speaks of; None for one that speaks of none."""
    return getattr(act, "case_no", None)


def payee_of(act: BookAct) -> Payee | None:
    """The account that money goes to; None where the act names none."""
    return getattr(act, "payee", None)


def is_paid_by(act: BookAct, line: StatementLine) -> bool:
    """Whether a line of the statement could be the payment of an act: its amount, and its payee where it names one."""
    payee = payee_of(act)
    return getattr(act, "amount_fen", None) == -line.amount_fen and (not payee or payee.number == line.payer_account)


def fund_of(book: str) -> str:
    """The fund whose book it is.

    >>> fund_of("DH"), fund_of("DH-RC")
    ('DH', 'DH')
    """
    return book.removesuffix(RISK_COMPENSATION)


def books_of(fund: str) -> tuple[str, str]:
    """Both books of a fund: they have one account in the bank.

    >>> books_of("DH")
    ('DH', 'DH-RC')
    """
    return fund, fund + RISK_COMPENSATION


def check_book(act: BookAct, book: str) -> None:
    """Refuse an act in a book that does not know it.

    Raises:
        XuqiaoError: ``bookdesk.other_book``.
    """
    of_compensation = book.endswith(RISK_COMPENSATION)
    if act.kind not in _IN_BOTH_BOOKS and (act.kind is PostingKind.COMPENSATE) != of_compensation:
        raise XuqiaoError("bookdesk.other_book", kind=act.kind, book=book)


def check_purpose(act: BookAct, measure: Measure) -> None:
    """Refuse to spend fee income on what the measure does not name; where it names nothing, people decide.

    Raises:
        XuqiaoError: ``bookdesk.other_purpose`` with the purposes and the article.
    """
    allowed = measure.fund.spending_on.value
    if isinstance(act, Spend) and allowed is not None and act.purpose not in allowed:
        citation = measure.citation("fund.spending_on")
        raise XuqiaoError("bookdesk.other_purpose", purpose=act.purpose, known=", ".join(allowed), citation=citation)


def request_of(act: BookAct, record: Record, approval: str, found: Found) -> LedgerRequest:
    """The journal that an act becomes.

    Args:
        record: book, accounting date, who answers for it, evidence.
        approval: key of the approval it consumes; of no consequence for acts that need none.
        found: what the books and the law say today.
    Raises:
        XuqiaoError: ``ledger.nothing_to_post``.
    """
    year, key, ref = postings_of_the_year, approval, found.reference
    match act:
        case Refund(amount_fen=fen, case_no=case, line=line, payee=payee):
            paid = {"approval": key, "payee": payee.digest, "reference": ref}
            return year.refund(record, fen, case=case, line=line or "", **paid)
        case Spend(amount_fen=fen, purpose=purpose):
            return year.spend(record, purpose, fen, approval=key, reference=ref, limit_ppm=found.limit_ppm)
        case WriteOff(amount_fen=fen, case_no=case, decision=decision):
            return year.write_off(record, case, fen, approval=key, decision=decision)
        case Compensate(amount_fen=fen, case_no=case, payee=payee):
            return year.compensate(record, case, fen, approval=key, payee=payee.digest, reference=ref)
        case CapitalOut(amount_fen=fen, contributor=giver):
            return year.capital_out(record, giver, fen, approval=key, reference=ref)
        case Reverse():
            taken_back = found.reversed
            assert taken_back is not None, "looked up before anything is reversed"
            return year.reverse(record, taken_back.key, taken_back.lines, approval=key, case=taken_back.case_no)
        case CarryOver(year=of_year, to_pool_fen=to_pool):
            request = year.carry_over(record, of_year, found.balances, to_pool)
            again = f"{request.key}/{found.taken_back + 1}"
            return request.model_copy(update={"key": again}) if found.taken_back else request
        case _:
            return _of_one_person(act, record)


def _of_one_person(
    act: CapitalIn | Interest | Charge | Vat | VatPaid | GuarantorIn | Recover, record: Record
) -> LedgerRequest:
    year = postings_of_the_year
    match act:
        case CapitalIn(amount_fen=fen, reference=ref, contributor=giver):
            signed = {"actor_id": record.actor_id, "evidence": record.evidence}
            return postings.capital_in(record.fund, giver, fen, reference=ref, on=record.on, **signed)
        case Interest(amount_fen=fen, reference=ref):
            return year.interest(record, fen, reference=ref)
        case Charge(amount_fen=fen, reference=ref):
            return year.charge(record, fen, reference=ref)
        case Vat(amount_fen=fen, case_no=case, invoice=invoice):
            return year.vat(record, case, fen, invoice=invoice)
        case VatPaid(amount_fen=fen, reference=ref):
            return year.vat_paid(record, fen, reference=ref)
        case GuarantorIn(case_no=case, reference=ref, principal_fen=principal, fee_fen=fee):
            return year.guarantor_in(record, case, principal_fen=principal, fee_fen=fee, reference=ref)
        case Recover(amount_fen=fen, case_no=case, reference=ref):
            return year.recover(record, case, fen, reference=ref)


def approval_of(request: LedgerRequest, *, maker: str, checker: str) -> Approval:
    """What two people allow when they allow this journal.

    Args:
        request: with the key of its approval.
    """
    assert request.approval is not None, "a journal that needs an approval names it"
    amounts = [line.amount_fen for line in request.lines]
    return Approval(
        book=request.book,
        key=request.approval,
        kind=request.kind,
        case_no=request.case_no,
        amount_fen=sum(amounts) if request.kind is PostingKind.REVERSE else max(amounts),
        about=request.about or request.reverses or "",
        maker=maker,
        checker=checker,
    )
