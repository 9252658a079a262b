"""The accountant's table: which entries each event of a fund makes. Pure; the ledger's door takes what comes out.

| event                  | debit                   | credit                  | hold                        |
|------------------------|-------------------------|-------------------------|-----------------------------|
| capital in             | escrow_bank / pool      | contribution            |                             |
| capital out *          | contribution            | escrow_bank / pool      |                             |
| reserve                |                         |                         | opens, bridge ← pool        |
| release                |                         |                         | resolves                    |
| intend *               |                         |                         | resolves, opens: on its way |
| fail                   |                         |                         | resolves, opens: held again |
| disburse               | bridge_receivable       | escrow_bank / pool      | resolves                    |
| receive principal      | escrow_bank / pool      | bridge_receivable       |                             |
| receive fee            | escrow_bank / fees      | fee_income              |                             |
| receive excess         | escrow_bank / set_aside | refund_due              |                             |
| guarantor in           | as receive, or as match |                         |                             |
| prepay                 | escrow_bank / set_aside | fee_prepaid             |                             |
| true up                | fee_prepaid             | fee_income              |                             |
|                        | escrow_bank / fees      | escrow_bank / set_aside |                             |
| refund prepaid         | fee_prepaid             | escrow_bank / set_aside |                             |
| refund *               | refund_due, unmatched   | escrow_bank / set_aside |                             |
| unmatched receipt      | escrow_bank / set_aside | unmatched               |                             |
| match                  | unmatched               | bridge, fee, refund_due |                             |
|                        | escrow_bank / its part  | escrow_bank / set_aside |                             |
| interest               | escrow_bank / pool      | interest_income         |                             |
| charge                 | bank_charge             | escrow_bank / fees      |                             |
| VAT due, VAT paid      | fee_income, output_vat  | output_vat, bank / fees |                             |
| spend *                | fee_spending            | escrow_bank / fees      |                             |
| write off *            | loss                    | bridge_receivable       |                             |
|                        | written_off             | written_off_claim       |                             |
| recover                | escrow_bank / pool      | recovery_income         |                             |
|                        | written_off_claim       | written_off             |                             |
| compensate *           | compensation            | escrow_bank / pool      |                             |
| carry over             | incomes                 | surplus                 |                             |
|                        | surplus                 | expenses, losses        |                             |
|                        | escrow_bank / pool      | escrow_bank / fees      |                             |
| reverse *              | what was credited       | what was debited        |                             |

Events with a star consume an approval of two people (``Approval``). An extension makes no entry.

The ring-fenced account (应急周转专户) is kept in three parts of one bank account, so that only the pool can be lent:
fees are spent within the measure's limit, and money that belongs to others is never lent. The risk-compensation
sub-fund (风险补偿资金) is a book of its own. What was written off stays on record outside the balance (账销案存).
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from rulebook.errors import XuqiaoError
from rulebook.values import Value


class Subject(StrEnum):
    """The internal kinds of account; the code in the chart of accounts is a setting of the fund."""

    ESCROW_BANK = "escrow_bank"  # 应急周转专户 (1002), by part
    BRIDGE_RECEIVABLE = "bridge_receivable"  # 应收周转款 (1221), by case
    CONTRIBUTION = "contribution"  # 省/市/县出资, by contributor
    FEE_INCOME = "fee_income"  # 使用费收入, by case
    UNMATCHED = "unmatched"  # 待确认来款, by the statement's reference
    REFUND_DUE = "refund_due"  # 应退多收, by case
    FEE_PREPAID = "fee_prepaid"  # 预收使用费, by case
    INTEREST_INCOME = "interest_income"  # 专户利息收入
    BANK_CHARGE = "bank_charge"  # 手续费
    OUTPUT_VAT = "output_vat"  # 应交增值税
    FEE_SPENDING = "fee_spending"  # 使用费支出, by purpose
    LOSS = "loss"  # 核销损失, by case
    RECOVERY_INCOME = "recovery_income"  # 核销后收回, by case
    COMPENSATION = "compensation"  # 风险补偿支出, by case
    SURPLUS = "surplus"  # 累计结余
    WRITTEN_OFF = "written_off"  # 账销案存, off balance, by case
    WRITTEN_OFF_CLAIM = "written_off_claim"  # its counterpart


class PostingKind(StrEnum):
    """What happened; the database knows which entries each kind may make."""

    CAPITAL_IN = "capital_in"
    RESERVE = "reserve"
    HOLD_RETURNED = "release"  # stored under its first name; what leaves the account is DISBURSE
    DISBURSE = "disburse"
    RECEIVE = "receive"
    UNMATCHED = "unmatched"
    INTEND = "intend"
    FAIL = "fail"
    PREPAY = "prepay"
    TRUE_UP = "true_up"
    REFUND_PREPAID = "refund_prepaid"
    REFUND = "refund"
    MATCH = "match"
    GUARANTOR_IN = "guarantor_in"
    INTEREST = "interest"
    CHARGE = "charge"
    VAT = "vat"
    VAT_PAID = "vat_paid"
    SPEND = "spend"
    WRITE_OFF = "write_off"
    RECOVER = "recover"
    COMPENSATE = "compensate"
    CAPITAL_OUT = "capital_out"
    CARRY_OVER = "carry_over"
    REVERSE = "reverse"


class Account(Value):
    """One account of a book: its subject and the case, contributor, reference or part it is kept for."""

    subject: Subject
    dimension: str = Field(min_length=1)


class Entry(Value):
    """One entry: one debit, one credit, one amount. An unbalanced one cannot be written down."""

    debit: Account
    credit: Account
    amount_fen: int = Field(gt=0)


class LedgerRequest(Value):
    """What the ledger is asked to write, as one journal.

    Attributes:
        book: the fund whose book it is.
        key: fund/case/leg; asking twice with the same key writes once.
        kind: what happened.
        case_no: the case it belongs to, if any.
        accounting_date: the fund's open business day.
        actor_id: who answers for it.
        evidence: digest of the paper or message behind it; never personal data.
        terms_digest: the approved terms it carries out, if any.
        reference: the bank's reference of the payment or receipt, if any.
        lines: the entries.
        hold: money set aside, not yet an entry.
        cap_fen: with a hold: the most this case may be lent, the approved amount in fen.
        resolves: key of the reservation whose hold ends with this journal.
        approval: key of the approval that this journal consumes.
        about: what the approval speaks of: digest of the payee, purpose, or what else the two people saw.
        reverses: key of the journal that this one takes back.
        limit_ppm: with a spending: share of the year's fee income that may be spent, in millionths.
    """

    book: str
    key: str
    kind: PostingKind
    case_no: str | None = None
    accounting_date: date
    actor_id: str
    evidence: str = ""
    terms_digest: str | None = None
    reference: str | None = None
    lines: tuple[Entry, ...] = ()
    hold: Entry | None = None
    cap_fen: int | None = None
    resolves: str | None = None
    approval: str | None = None
    about: str | None = None
    reverses: str | None = None
    limit_ppm: int | None = None

    def wire(self) -> dict[str, Any]:
        """The form the door takes: each entry as [debit, for whom, credit, for whom, fen]."""
        return {
            **self.model_dump(mode="json", exclude={"lines", "hold"}),
            "lines": [_wire(line) for line in self.lines],
            "hold": _wire(self.hold) if self.hold else None,
        }


class Approval(Value):
    """What two people allow the ledger to write, once; the desk alone puts it in.

    Attributes:
        key: fund/case/approval[/attempt], or another name of the decision.
        kind: the event it allows.
        amount_fen: of that event; of a reversal, the sum of its entries.
        about: as in the request that will consume it.
        terms_digest: the terms that were approved, if any.
        maker, checker: two people.
    """

    book: str
    key: str
    kind: PostingKind
    case_no: str | None = None
    amount_fen: int = Field(gt=0)
    about: str = ""
    terms_digest: str | None = None
    maker: str
    checker: str


class Posted(Value):
    """The ledger's answer: the voucher's number in its book, and whether it had been written before."""

    voucher: int
    replayed: bool


class Pool(Value):
    """Where a fund's money is, in fen; total = reserved + out + available.

    Attributes:
        total_fen: the fund's own money, in the bank or out.
        reserved_fen: set aside for approved cases.
        out_fen: lent, and not yet back.
        available_fen: what can be reserved now.
        fee_income_fen: fees in the ring-fenced account, kept apart and never lent.
    """

    total_fen: int
    reserved_fen: int
    out_fen: int
    available_fen: int
    fee_income_fen: int


class Position(Value):
    """One case in the books, in fen."""

    reserved_fen: int
    outstanding_fen: int
    principal_returned_fen: int
    fee_received_fen: int


class Voucher(Value):
    """One journal with its entries; ``held_fen`` is set for a reservation, ``resolves`` names the one it ends.

    ``taken_back``: a later journal reverses it.
    """

    number: int
    key: str
    kind: PostingKind
    case_no: str | None
    accounting_date: date
    at: datetime
    actor_id: str
    reference: str | None
    lines: tuple[Entry, ...]
    held_fen: int | None
    resolves: int | None
    taken_back: bool = False


POOL = Account(subject=Subject.ESCROW_BANK, dimension="pool")
FEES = Account(subject=Subject.ESCROW_BANK, dimension="fees")
SET_ASIDE = Account(subject=Subject.ESCROW_BANK, dimension="set_aside")


def leg_key(fund: str, case: str, leg: str, attempt: int = 1) -> str:
    """The key of one money leg; a second attempt (approval voided, or payment rejected) has its own.

    >>> leg_key("DH", "DH-2026-00017-4", "reserve"), leg_key("DH", "DH-2026-00017-4", "disburse", 2)
    ('DH/DH-2026-00017-4/reserve', 'DH/DH-2026-00017-4/disburse/2')
    """
    if attempt < 1:
        raise XuqiaoError("ledger.bad_attempt", attempt=attempt)
    return f"{fund}/{case}/{leg}" if attempt == 1 else f"{fund}/{case}/{leg}/{attempt}"


def capital_in(
    fund: str, contributor: str, amount_fen: int, *, reference: str, on: date, actor_id: str, evidence: str = ""
) -> LedgerRequest:
    """A contributor's money has arrived; the first one opens the fund's book.

    Args:
        fund: code of the fund.
        contributor: 省, 市 or 县 finance, as the fund names it.
        amount_fen: in fen, above zero.
        reference: the receipt's reference on the statement.
        on: accounting date.
        actor_id: who records it.
        evidence: digest of the voucher.
    """
    return LedgerRequest(
        book=fund,
        key=f"{fund}/capital/{contributor}/{reference}",
        kind=PostingKind.CAPITAL_IN,
        accounting_date=on,
        actor_id=actor_id,
        evidence=evidence,
        reference=reference,
        lines=entries((POOL, account(Subject.CONTRIBUTION, contributor), amount_fen)),
    )


def reserve(
    fund: str,
    case: str,
    amount_fen: int,
    *,
    attempt: int,
    terms_digest: str,
    on: date,
    actor_id: str,
    evidence: str = "",
) -> LedgerRequest:
    """The approved bridge is set aside in the pool; it also caps what the case may ever be lent.

    Args:
        fund, case: whose money for which case.
        amount_fen: the approved amount in fen.
        attempt: 1, and one more each time an approval of this case was voided.
        terms_digest: what was approved.
        on: accounting date.
        actor_id: the approving officer.
        evidence: digest of the approval.
    """
    (hold,) = entries((_bridge(case), POOL, amount_fen))
    return LedgerRequest(
        book=fund,
        key=leg_key(fund, case, "reserve", attempt),
        kind=PostingKind.RESERVE,
        case_no=case,
        accounting_date=on,
        actor_id=actor_id,
        evidence=evidence,
        terms_digest=terms_digest,
        hold=hold,
        cap_fen=amount_fen,
    )


def release_hold(
    fund: str, case: str, *, attempt: int, hold: str, on: date, actor_id: str, evidence: str = ""
) -> LedgerRequest:
    """The approval is void: what was set aside goes back to the pool, and the case may be lent nothing.

    Args:
        hold: key of the journal whose hold ends: the reservation, or the failure of a payment that left it again.
    """
    return LedgerRequest(
        book=fund,
        key=leg_key(fund, case, "release", attempt),
        kind=PostingKind.HOLD_RETURNED,
        case_no=case,
        accounting_date=on,
        actor_id=actor_id,
        evidence=evidence,
        resolves=hold,
    )


def approval_of_bridge(
    fund: str, case: str, amount_fen: int, *, attempt: int, payee: str, terms_digest: str, maker: str, checker: str
) -> Approval:
    """What a checker allows with his approval of a bridge: this amount, to this account, on these terms.

    Args:
        payee: digest of the registered repayment account.
    """
    return Approval(
        book=fund,
        key=leg_key(fund, case, "approval", attempt),
        kind=PostingKind.INTEND,
        case_no=case,
        amount_fen=amount_fen,
        about=payee,
        terms_digest=terms_digest,
        maker=maker,
        checker=checker,
    )


def intend_payment(
    fund: str,
    case: str,
    amount_fen: int,
    *,
    payment: int,
    attempt: int,
    hold: str,
    payee: str,
    terms_digest: str,
    on: date,
    actor_id: str,
    evidence: str = "",
) -> LedgerRequest:
    """The money is about to leave: the approval is consumed, and what was set aside is now on its way.

    Args:
        payment: the case's payments are counted: one that failed is followed by another.
        attempt: the approval it carries out.
        hold: key of the journal whose hold it takes up.
        payee: digest of the account it goes to.
    """
    return LedgerRequest(
        book=fund,
        key=leg_key(fund, case, "intend", payment),
        kind=PostingKind.INTEND,
        case_no=case,
        accounting_date=on,
        actor_id=actor_id,
        evidence=evidence,
        terms_digest=terms_digest,
        hold=entries((_bridge(case), POOL, amount_fen))[0],
        cap_fen=amount_fen,
        resolves=hold,
        approval=leg_key(fund, case, "approval", attempt),
        about=payee,
    )


def payment_failed(
    fund: str, case: str, amount_fen: int, *, payment: int, terms_digest: str, on: date, actor_id: str
) -> LedgerRequest:
    """The bank did not pay and will not: what was on its way is set aside again."""
    return LedgerRequest(
        book=fund,
        key=leg_key(fund, case, "fail", payment),
        kind=PostingKind.FAIL,
        case_no=case,
        accounting_date=on,
        actor_id=actor_id,
        terms_digest=terms_digest,
        hold=entries((_bridge(case), POOL, amount_fen))[0],
        cap_fen=amount_fen,
        resolves=leg_key(fund, case, "intend", payment),
    )


def disburse(
    fund: str,
    case: str,
    amount_fen: int,
    reference: str,
    *,
    payment: int,
    terms_digest: str,
    on: date,
    actor_id: str,
    evidence: str = "",
) -> LedgerRequest:
    """The bank has confirmed the payment: the hold ends and the bridge is out, in one journal.

    Args:
        fund, case: whose money for which case.
        amount_fen: what was paid, in fen; it must be what was reserved.
        reference: the bank's reference of the payment.
        payment: number of the payment, as it was intended.
        terms_digest: what was approved.
        on: accounting date.
        actor_id: the cashier.
        evidence: digest of the bank's receipt.
    """
    return LedgerRequest(
        book=fund,
        key=leg_key(fund, case, "disburse", payment),
        kind=PostingKind.DISBURSE,
        case_no=case,
        accounting_date=on,
        actor_id=actor_id,
        evidence=evidence,
        terms_digest=terms_digest,
        reference=reference,
        lines=entries((_bridge(case), POOL, amount_fen)),
        resolves=leg_key(fund, case, "intend", payment),
    )


def receive(
    fund: str,
    case: str,
    leg: str,
    *,
    principal_fen: int = 0,
    fee_fen: int = 0,
    excess_fen: int = 0,
    reference: str,
    on: date,
    actor_id: str,
    evidence: str = "",
) -> LedgerRequest:
    """Money has come in for a case, already divided by purpose.

    Args:
        fund, case: whose money for which case.
        leg: ``return``, or ``recovery``; with the reference it makes the key.
        principal_fen: pays the bridge back, in fen; never more than is out.
        fee_fen: usage fee, in fen.
        excess_fen: more than was owed, to be paid back, in fen.
        reference: the bank's reference on the statement.
        on: accounting date.
        actor_id: who records it.
        evidence: digest of the statement's line or of the bank's message.
    Raises:
        XuqiaoError: ``ledger.nothing_to_post`` when all three are zero.
    """
    return LedgerRequest(
        book=fund,
        key=f"{leg_key(fund, case, leg)}/{reference}",
        kind=PostingKind.RECEIVE,
        case_no=case,
        accounting_date=on,
        actor_id=actor_id,
        evidence=evidence,
        reference=reference,
        lines=entries(
            (POOL, _bridge(case), principal_fen),
            (FEES, account(Subject.FEE_INCOME, case), fee_fen),
            (SET_ASIDE, account(Subject.REFUND_DUE, case), excess_fen),
        ),
    )


def unmatched_receipt(
    fund: str, amount_fen: int, *, reference: str, on: date, actor_id: str, evidence: str = ""
) -> LedgerRequest:
    """Money has come in that belongs to no case yet: it waits in 待确认来款 and cannot be lent."""
    return LedgerRequest(
        book=fund,
        key=f"{fund}/unmatched/{reference}",
        kind=PostingKind.UNMATCHED,
        accounting_date=on,
        actor_id=actor_id,
        evidence=evidence,
        reference=reference,
        lines=entries((SET_ASIDE, account(Subject.UNMATCHED, reference), amount_fen)),
    )


def account(subject: Subject, dimension: str) -> Account:
    """One account of a book."""
    return Account(subject=subject, dimension=dimension)


def _bridge(case: str) -> Account:
    return account(Subject.BRIDGE_RECEIVABLE, case)


def entries(*rows: tuple[Account, Account, int]) -> tuple[Entry, ...]:
    """The rows that move something; a negative amount is refused, never turned round."""
    if any(amount < 0 for _, _, amount in rows) or not any(amount for _, _, amount in rows):
        raise XuqiaoError("ledger.nothing_to_post", amounts=", ".join(str(amount) for _, _, amount in rows))
    return tuple(Entry(debit=debit, credit=credit, amount_fen=amount) for debit, credit, amount in rows if amount)


def moved_fen(lines: Sequence[Entry]) -> int:
    """What entries bring to the account in the bank, in fen; below zero what they take from it.

    >>> moved_fen(entries((POOL, account(Subject.INTEREST_INCOME, "escrow"), 30), (FEES, SET_ASIDE, 5)))
    30
    """
    bank = Subject.ESCROW_BANK
    return sum(each.amount_fen * ((each.debit.subject is bank) - (each.credit.subject is bank)) for each in lines)


def _wire(line: Entry) -> list[str | int]:
    return [
        line.debit.subject.value,
        line.debit.dimension,
        line.credit.subject.value,
        line.credit.dimension,
        line.amount_fen,
    ]
