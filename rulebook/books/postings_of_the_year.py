"""The events of a fund's year beside lending: fees in advance, money that belongs to others, costs, losses, closing.

The table of entries stands in ``postings.py``. Requests only: whether one may be written, the ledger decides.
"""

from collections.abc import Iterable
from datetime import date

from rulebook.books.postings import (
    FEES,
    POOL,
    SET_ASIDE,
    Account,
    Entry,
    LedgerRequest,
    PostingKind,
    Subject,
    account,
    entries,
    leg_key,
)
from rulebook.values import Value

CARRIED_OVER = account(Subject.SURPLUS, "carried_over")
INTEREST = account(Subject.INTEREST_INCOME, "escrow")
CHARGES = account(Subject.BANK_CHARGE, "escrow")
OUTPUT_VAT = account(Subject.OUTPUT_VAT, "usage_fee")
INCOMES = (Subject.FEE_INCOME, Subject.INTEREST_INCOME, Subject.RECOVERY_INCOME)
COSTS = (Subject.FEE_SPENDING, Subject.BANK_CHARGE, Subject.LOSS, Subject.COMPENSATION)


class Record(Value):
    """What every journal says of itself: whose book, which accounting date, who answers for it, on what evidence."""

    fund: str
    on: date
    actor_id: str
    evidence: str = ""


def _journal(record: Record, key: str, kind: PostingKind, lines: tuple[Entry, ...], **more: object) -> LedgerRequest:
    content = {"book": record.fund, "key": key, "kind": kind, "lines": lines, **more}
    return LedgerRequest.model_validate(
        {**content, "accounting_date": record.on, "actor_id": record.actor_id, "evidence": record.evidence}
    )


# Fees in advance -----------------------------------------------------------------------------------------------


def prepay(record: Record, case: str, amount_fen: int, *, reference: str) -> LedgerRequest:
    """The fee that is paid before the money leaves (预收使用费); it is the borrower's until it is earned."""
    lines = entries((SET_ASIDE, account(Subject.FEE_PREPAID, case), amount_fen))
    key = f"{leg_key(record.fund, case, 'prepay')}/{reference}"
    return _journal(record, key, PostingKind.PREPAY, lines, case_no=case, reference=reference)


def true_up(record: Record, case: str, earned_fen: int) -> LedgerRequest:
    """So much of a prepaid fee was earned (多退少补); the rest is paid back by ``refund_prepaid``."""
    lines = entries(
        (account(Subject.FEE_PREPAID, case), account(Subject.FEE_INCOME, case), earned_fen),
        (FEES, SET_ASIDE, earned_fen),
    )
    return _journal(record, leg_key(record.fund, case, "true_up"), PostingKind.TRUE_UP, lines, case_no=case)


def refund_prepaid(record: Record, case: str, amount_fen: int, *, reference: str) -> LedgerRequest:
    """What was prepaid and not earned goes back, within the approved terms."""
    lines = entries((account(Subject.FEE_PREPAID, case), SET_ASIDE, amount_fen))
    key = leg_key(record.fund, case, "refund_prepaid")
    return _journal(record, key, PostingKind.REFUND_PREPAID, lines, case_no=case, reference=reference)


# Money of others -----------------------------------------------------------------------------------------------


def refund(
    record: Record,
    amount_fen: int,
    *,
    approval: str,
    payee: str,
    reference: str,
    case: str | None = None,
    line: str = "",
) -> LedgerRequest:
    """Money that belongs to somebody else goes back to him (应退多收, 待确认来款退回).

    Args:
        amount_fen: in fen.
        approval: key of the approval, which speaks of this payee.
        payee: digest of the account it goes to.
        reference: the bank's reference of the payment.
        case: whose excess it is; None for an unmatched receipt.
        line: the reference under which an unmatched receipt is kept.
    """
    owed = account(Subject.REFUND_DUE, case) if case else account(Subject.UNMATCHED, line)
    return _journal(
        record,
        f"{record.fund}/{case or 'unmatched'}/refund/{reference}",
        PostingKind.REFUND,
        entries((owed, SET_ASIDE, amount_fen)),
        case_no=case,
        reference=reference,
        approval=approval,
        about=payee,
    )


def match(
    record: Record, case: str, line: str, *, principal_fen: int = 0, fee_fen: int = 0, excess_fen: int = 0
) -> LedgerRequest:
    """An unmatched receipt turns out to be a case's, already divided by purpose.

    Args:
        line: the reference under which the receipt is kept.
        principal_fen, fee_fen, excess_fen: as in ``postings.receive``.
    """
    lines = _out_of_unmatched(case, line, principal_fen, fee_fen, excess_fen)
    return _journal(record, f"{record.fund}/{case}/match/{line}", PostingKind.MATCH, lines, case_no=case)


def _out_of_unmatched(case: str, line: str, principal_fen: int, fee_fen: int, excess_fen: int) -> tuple[Entry, ...]:
    kept = account(Subject.UNMATCHED, line)
    return entries(
        (kept, account(Subject.BRIDGE_RECEIVABLE, case), principal_fen),
        (POOL, SET_ASIDE, principal_fen),
        (kept, account(Subject.FEE_INCOME, case), fee_fen),
        (FEES, SET_ASIDE, fee_fen),
        (kept, account(Subject.REFUND_DUE, case), excess_fen),
    )


def guarantor_match(
    record: Record, case: str, line: str, *, principal_fen: int = 0, fee_fen: int = 0, excess_fen: int = 0
) -> LedgerRequest:
    """An unmatched receipt turns out to be the guarantor's, for a case; as in ``match``."""
    lines = _out_of_unmatched(case, line, principal_fen, fee_fen, excess_fen)
    key = f"{leg_key(record.fund, case, 'guarantor')}/{line}"
    return _journal(record, key, PostingKind.GUARANTOR_IN, lines, case_no=case)


def guarantor_in(
    record: Record, case: str, *, principal_fen: int = 0, fee_fen: int = 0, excess_fen: int = 0, reference: str
) -> LedgerRequest:
    """The fund's own guarantor pays for a borrower (代偿); what is more than was owed is to be paid back."""
    lines = entries(
        (POOL, account(Subject.BRIDGE_RECEIVABLE, case), principal_fen),
        (FEES, account(Subject.FEE_INCOME, case), fee_fen),
        (SET_ASIDE, account(Subject.REFUND_DUE, case), excess_fen),
    )
    key = f"{leg_key(record.fund, case, 'guarantor')}/{reference}"
    return _journal(record, key, PostingKind.GUARANTOR_IN, lines, case_no=case, reference=reference)


# The ring-fenced account ---------------------------------------------------------------------------------------


def interest(record: Record, amount_fen: int, *, reference: str) -> LedgerRequest:
    """Interest of the bank on the ring-fenced account joins the fund."""
    lines = entries((POOL, INTEREST, amount_fen))
    return _journal(record, f"{record.fund}/interest/{reference}", PostingKind.INTEREST, lines, reference=reference)


def charge(record: Record, amount_fen: int, *, reference: str) -> LedgerRequest:
    """A charge of the bank is paid from the fees."""
    lines = entries((CHARGES, FEES, amount_fen))
    return _journal(record, f"{record.fund}/charge/{reference}", PostingKind.CHARGE, lines, reference=reference)


def vat(record: Record, case: str, amount_fen: int, *, invoice: str) -> LedgerRequest:
    """Output VAT of a case's fee, when its invoice is written."""
    lines = entries((account(Subject.FEE_INCOME, case), OUTPUT_VAT, amount_fen))
    key = f"{record.fund}/{case}/vat/{invoice}"
    return _journal(record, key, PostingKind.VAT, lines, case_no=case, reference=invoice)


def vat_paid(record: Record, amount_fen: int, *, reference: str) -> LedgerRequest:
    """VAT goes to the tax office."""
    lines = entries((OUTPUT_VAT, FEES, amount_fen))
    return _journal(record, f"{record.fund}/vat_paid/{reference}", PostingKind.VAT_PAID, lines, reference=reference)


def spend(
    record: Record, purpose: str, amount_fen: int, *, approval: str, reference: str, limit_ppm: int | None
) -> LedgerRequest:
    """Fee income is spent for what the measure allows.

    Args:
        purpose: what for, as the measure names it.
        limit_ppm: share of the year's fee income that may be spent, in millionths; None where there is no limit.
    """
    return _journal(
        record,
        f"{record.fund}/spend/{reference}",
        PostingKind.SPEND,
        entries((account(Subject.FEE_SPENDING, purpose), FEES, amount_fen)),
        reference=reference,
        approval=approval,
        about=purpose,
        limit_ppm=limit_ppm,
    )


# Losses --------------------------------------------------------------------------------------------------------


def write_off(record: Record, case: str, amount_fen: int, *, approval: str, decision: str) -> LedgerRequest:
    """A bridge is given up in the balance, and kept on record beside it (核销, 账销案存).

    Args:
        approval, decision: key of the approval, and number of the decision it speaks of.
    """
    lines = entries(
        (account(Subject.LOSS, case), account(Subject.BRIDGE_RECEIVABLE, case), amount_fen),
        (account(Subject.WRITTEN_OFF, case), account(Subject.WRITTEN_OFF_CLAIM, case), amount_fen),
    )
    key = f"{record.fund}/{case}/write_off/{decision}"
    return _journal(record, key, PostingKind.WRITE_OFF, lines, case_no=case, approval=approval, about=decision)


def recover(record: Record, case: str, amount_fen: int, *, reference: str) -> LedgerRequest:
    """Money of a bridge that had been written off comes in after all."""
    lines = entries(
        (POOL, account(Subject.RECOVERY_INCOME, case), amount_fen),
        (account(Subject.WRITTEN_OFF_CLAIM, case), account(Subject.WRITTEN_OFF, case), amount_fen),
    )
    key = f"{leg_key(record.fund, case, 'recover')}/{reference}"
    return _journal(record, key, PostingKind.RECOVER, lines, case_no=case, reference=reference)


def compensate(
    record: Record, case: str, amount_fen: int, *, approval: str, payee: str, reference: str
) -> LedgerRequest:
    """The risk-compensation sub-fund pays a bank for a renewed loan it lost (风险补偿)."""
    return _journal(
        record,
        f"{leg_key(record.fund, case, 'compensate')}/{reference}",
        PostingKind.COMPENSATE,
        entries((account(Subject.COMPENSATION, case), POOL, amount_fen)),
        case_no=case,
        reference=reference,
        approval=approval,
        about=payee,
    )


def capital_out(record: Record, contributor: str, amount_fen: int, *, approval: str, reference: str) -> LedgerRequest:
    """A contributor takes money back, or is paid out (退出, 分配)."""
    return _journal(
        record,
        f"{record.fund}/capital_out/{contributor}/{reference}",
        PostingKind.CAPITAL_OUT,
        entries((account(Subject.CONTRIBUTION, contributor), POOL, amount_fen)),
        reference=reference,
        approval=approval,
        about=contributor,
    )


# Closing and correcting ----------------------------------------------------------------------------------------


class NetBalance(Value):
    """What stands on an account at the end of a year, on its own side, in fen."""

    account: Account
    net_fen: int


def carry_over(record: Record, year: int, balances: Iterable[NetBalance], to_pool_fen: int) -> LedgerRequest:
    """The year's incomes and costs become surplus, and what is left of the fees joins the fund.

    Args:
        balances: of all accounts at the end of the year; those of other kinds are left alone.
        to_pool_fen: what of the fees' part of the bank account joins the pool, in fen.
    Raises:
        XuqiaoError: ``ledger.nothing_to_post`` for a year without income and cost, or for a balance below zero.
    """
    rows = []
    for balance in balances:
        if balance.account.subject in INCOMES:
            rows.append((balance.account, CARRIED_OVER, balance.net_fen))
        elif balance.account.subject in COSTS:
            rows.append((CARRIED_OVER, balance.account, balance.net_fen))
    lines = entries(*rows, (POOL, FEES, to_pool_fen))
    return _journal(record, f"{record.fund}/carry_over/{year}", PostingKind.CARRY_OVER, lines)


def reverse(
    record: Record, reversed_key: str, lines: Iterable[Entry], *, approval: str, case: str | None = None
) -> LedgerRequest:
    """A journal is taken back by one that turns every entry of it round (红冲).

    Args:
        reversed_key: key of the journal.
        lines: its entries, in their order.
        case: its case, if it has one.
    """
    turned = tuple(Entry(debit=line.credit, credit=line.debit, amount_fen=line.amount_fen) for line in lines)
    return _journal(
        record,
        f"{reversed_key}/reverse",
        PostingKind.REVERSE,
        turned,
        case_no=case,
        approval=approval,
        reverses=reversed_key,
    )
