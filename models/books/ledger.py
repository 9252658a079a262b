"""The books in PostgreSQL: the one door for writing, and what may be read of them."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models.books.check import check_books
from rulebook.books.postings import (
    Account,
    Approval,
    Entry,
    LedgerRequest,
    Pool,
    Position,
    Posted,
    PostingKind,
    Subject,
    Voucher,
)
from rulebook.errors import XuqiaoError
from rulebook.money import format_yuan

__all__ = [
    "approve",
    "available_fen",
    "books",
    "check_books",
    "close_books",
    "last_close",
    "open_hold",
    "pool",
    "position",
    "post",
    "post_anew",
    "refund_due_fen",
    "void_approval",
    "vouchers",
]

_POST = text("SELECT ledger.post(CAST(:request AS jsonb))")
_APPROVE = text("SELECT ledger.approve(CAST(:request AS jsonb))")
_VOID = text("SELECT ledger.void_approval(CAST(:request AS jsonb))")
_BOOKS = text('SELECT book FROM ledger.book ORDER BY book COLLATE "C"')
_CLOSE = text("SELECT ledger.close_books(:book, :through, :actor)")


def post(session: Session, request: LedgerRequest) -> Posted:
    """Write one journal in the caller's transaction: the case's step and its money commit together.

    The book stays locked for other writers until that transaction ends, so post last.

    Args:
        session: in READ COMMITTED; it stays usable after a refusal.
        request: from ``rulebook.books.postings``.
    Returns:
        the voucher's number; ``replayed`` when this very request had been written before.
    Raises:
        XuqiaoError: ``ledger.pool_short`` (available, asked in yuan), ``ledger.key_conflict``, ``ledger.over_cap``,
            ``ledger.over_returned``, ``ledger.hold_resolved``, ``ledger.hold_mismatch``, ``ledger.unknown_hold``,
            ``ledger.reference_used``, ``ledger.not_permitted``, ``ledger.unknown_book``, ``ledger.period_closed``,
            ``ledger.not_approved``, ``ledger.approval_used``, ``ledger.approval_taken_back``,
            ``ledger.not_reversible``, ``ledger.reversed_before``, ``ledger.part_short``, ``ledger.account_short``,
            ``ledger.over_spending_limit`` or ``ledger.broken_rule``.
    """
    payload = json.dumps(request.wire(), ensure_ascii=False)
    answer = session.connection().execute(_POST, {"request": payload}).scalar_one()
    if "refused" in answer:
        raise _refusal(answer, request)
    return Posted(voucher=answer["voucher"], replayed=answer["replayed"])


_TAKEN_BACK = text("""
    SELECT count(*) FROM ledger.journal AS j JOIN ledger.journal AS r ON r.book = j.book AND r.reverses = j.seq
    WHERE j.key = :key
""")


def post_anew(session: Session, request: LedgerRequest) -> Posted:
    """Write one journal as ``post`` does; where the one of its key was taken back, under the next key that is free.

    For what commits together with the act or step behind it: what is said twice was found out before.

    Raises:
        XuqiaoError: as ``post``.
    """
    key, times = request.key, 1
    while session.connection().execute(_TAKEN_BACK, {"key": key}).scalar():
        times += 1
        key = f"{request.key}/{times}"
    return post(session, request.model_copy(update={"key": key}))


def approve(session: Session, approval: Approval) -> None:
    """Put in what two people allowed; the same again changes nothing.

    Args:
        session: of the desk; the application that works the cases may not.
    Raises:
        XuqiaoError: ``ledger.same_person``, ``ledger.key_conflict``, ``ledger.unknown_book``, ``ledger.broken_rule``.
    """
    payload = approval.model_dump_json()
    answer = session.connection().execute(_APPROVE, {"request": payload}).scalar_one()
    match answer.get("refused"):
        case None:
            return
        case "same_person":
            raise XuqiaoError("ledger.same_person", key=approval.key, person=approval.checker)
        case "key_conflict":
            raise XuqiaoError("ledger.approval_differs", key=approval.key)
        case "unknown_book":
            raise XuqiaoError("ledger.unknown_book", book=approval.book)
        case _:
            raise XuqiaoError("ledger.broken_rule", rule=answer["rule"], key=approval.key)


def void_approval(session: Session, key: str, actor_id: str) -> None:
    """Take back what two people allowed, before anything was posted with it; the same again changes nothing.

    Args:
        session: of the desk.
        key: of the approval; a bridge's ends with its reservation instead.
    Raises:
        XuqiaoError: ``ledger.approval_used``, ``ledger.no_approval``, ``ledger.broken_rule``.
    """
    payload = json.dumps({"approval": key, "actor": actor_id}, ensure_ascii=False)
    answer = session.connection().execute(_VOID, {"request": payload}).scalar_one()
    match answer.get("refused"):
        case None:
            return
        case "approval_used":
            raise XuqiaoError("ledger.approval_used", approval=key)
        case "not_approved":
            raise XuqiaoError("ledger.no_approval", approval=key)
        case _:
            raise XuqiaoError("ledger.broken_rule", rule=answer["rule"], key=key)


def books(session: Session) -> list[str]:
    """Every book there is, in the order of their names."""
    return list(session.connection().execute(_BOOKS).scalars())


def close_books(session: Session, fund: str, through: date, actor_id: str) -> int:
    """Close every accounting date up to and with a day.

    Args:
        session: of the desk.
    Returns:
        the last voucher of the closed period.
    Raises:
        XuqiaoError: ``ledger.unknown_book``, ``ledger.closed_already``, ``ledger.close_beyond_day``.
    """
    asked = {"book": fund, "through": through, "actor": actor_id}
    answer = session.connection().execute(_CLOSE, asked).scalar_one()
    if answer.get("refused") == "unknown_book":
        raise XuqiaoError("ledger.unknown_book", book=fund)
    if answer.get("refused") == "beyond_open_day":
        raise XuqiaoError("ledger.close_beyond_day", book=fund, through=through, today=answer["today"])
    if "refused" in answer:
        raise XuqiaoError("ledger.closed_already", through=answer["through"])
    return int(answer["voucher"])


def last_close(session: Session, fund: str) -> date | None:
    """The last day that is closed in any of a fund's books; None where none is."""
    closed: date | None = session.connection().execute(_LAST_CLOSE, {"fund": fund}).scalar()
    return closed


_LAST_CLOSE = text("SELECT max(closed_through) FROM ledger.book WHERE book IN (:fund, :fund || '-RC')")
_OPEN_HOLD = text("""
    SELECT j.key FROM ledger.journal AS j JOIN ledger.hold AS h USING (book, seq)
    WHERE j.book = :book AND j.case_no = :case
      AND NOT EXISTS (SELECT FROM ledger.journal AS r WHERE r.book = j.book AND r.resolves = j.seq)
""")


def open_hold(session: Session, fund: str, case: str) -> str | None:
    """Key of the journal whose hold is open for a case; None when nothing is set aside for it."""
    found: str | None = session.connection().execute(_OPEN_HOLD, {"book": fund, "case": case}).scalar()
    return found


_Params = Callable[[Mapping[str, Any], LedgerRequest], Mapping[str, object]]
_REFUSALS: Mapping[str, tuple[str, _Params]] = {
    "pool_short": ("ledger.pool_short", lambda a, r: _in_yuan(a, "available", "asked")),
    "over_cap": ("ledger.over_cap", lambda a, r: {"case": r.case_no, **_in_yuan(a, "cap", "asked")}),
    "overdrawn": ("ledger.over_returned", lambda a, r: {"case": r.case_no, **_in_yuan(a, "outstanding", "asked")}),
    "hold_mismatch": ("ledger.hold_mismatch", lambda a, r: {"case": r.case_no, **_in_yuan(a, "reserved", "asked")}),
    "hold_resolved": ("ledger.hold_resolved", lambda a, r: {"hold": r.resolves}),
    "unknown_hold": ("ledger.unknown_hold", lambda a, r: {"hold": r.resolves}),
    "key_conflict": ("ledger.key_conflict", lambda a, r: {"key": r.key, "voucher": a["voucher"]}),
    "reference_used": ("ledger.reference_used", lambda a, r: {"reference": r.reference, "kind": r.kind.value}),
    "not_permitted": ("ledger.not_permitted", lambda a, r: {"kind": r.kind.value, "case": r.case_no}),
    "unknown_book": ("ledger.unknown_book", lambda a, r: {"book": r.book}),
    "period_closed": ("ledger.period_closed", lambda a, r: {"on": r.accounting_date, "book": r.book}),
    "not_approved": ("ledger.not_approved", lambda a, r: {"key": r.key, "approval": r.approval}),
    "approval_used": ("ledger.approval_used", lambda a, r: {"approval": r.approval}),
    "approval_taken_back": ("ledger.approval_taken_back", lambda a, r: {"approval": r.approval}),
    "not_reversible": ("ledger.not_reversible", lambda a, r: {"reverses": r.reverses}),
    "reversed_before": ("ledger.reversed_before", lambda a, r: {"reverses": r.reverses}),
    "part_short": ("ledger.part_short", lambda a, r: {"part": a["part"], **_in_yuan(a, "available", "asked")}),
    "account_short": (
        "ledger.account_short",
        lambda a, r: {"subject": a["subject"], "kept_for": a["kept_for"], **_in_yuan(a, "available", "asked")},
    ),
    "over_spending_limit": ("ledger.over_spending_limit", lambda a, r: _in_yuan(a, "spent", "income", "asked")),
    "broken_rule": ("ledger.broken_rule", lambda a, r: {"rule": a["rule"], "key": r.key}),
}


def _refusal(answer: Mapping[str, Any], request: LedgerRequest) -> XuqiaoError:
    code, params = _REFUSALS[answer["refused"]]
    return XuqiaoError(code, **params(answer, request))


def _in_yuan(answer: Mapping[str, Any], *names: str) -> dict[str, str]:
    return {name: format_yuan(answer[name] or 0, grouped=True) for name in names}


_POOL = text("""
    SELECT coalesce(sum(b.debit_fen - b.credit_fen) FILTER (WHERE a.dimension = 'pool'), 0),
           coalesce(sum(b.credit_held_fen) FILTER (WHERE a.dimension = 'pool'), 0),
           coalesce(sum(b.debit_fen - b.credit_fen) FILTER (WHERE a.subject = 'bridge_receivable'), 0),
           coalesce(sum(b.debit_fen - b.credit_fen) FILTER (WHERE a.dimension = 'fees'), 0)
    FROM ledger.account AS a JOIN ledger.balance AS b ON b.account = a.id
    WHERE a.book = :book AND (a.subject = 'escrow_bank' OR a.subject = 'bridge_receivable')
""")


def pool(session: Session, fund: str) -> Pool:
    """Where the fund's money is now; all zero for a fund whose book is not open."""
    in_bank, reserved, out, fees = (int(n) for n in session.connection().execute(_POOL, {"book": fund}).one())
    return Pool(
        total_fen=in_bank + out,
        reserved_fen=reserved,
        out_fen=out,
        available_fen=in_bank - reserved,
        fee_income_fen=fees,
    )


_AVAILABLE = text("""
    SELECT b.debit_fen - b.credit_fen - b.credit_held_fen
    FROM ledger.account AS a JOIN ledger.balance AS b ON b.account = a.id
    WHERE a.book = :book AND a.subject = 'escrow_bank' AND a.dimension = 'pool'
""")


def available_fen(session: Session, fund: str) -> int:
    """What can be reserved now, in fen; one row, however many cases the fund has had."""
    return int(session.connection().execute(_AVAILABLE, {"book": fund}).scalar() or 0)


_REFUND_DUE = text("""
    SELECT b.credit_fen - b.debit_fen
    FROM ledger.account AS a JOIN ledger.balance AS b ON b.account = a.id
    WHERE a.book = :book AND a.dimension = :case AND a.subject = 'refund_due'
""")


def refund_due_fen(session: Session, fund: str, case: str) -> int:
    """What came in for a case beyond what it owed and was not paid back yet, in fen."""
    return int(session.connection().execute(_REFUND_DUE, {"book": fund, "case": case}).scalar() or 0)


_POSITION = text("""
    SELECT a.subject, b.debit_held_fen, b.debit_fen, b.credit_fen
    FROM ledger.account AS a JOIN ledger.balance AS b ON b.account = a.id
    WHERE a.book = :book AND a.dimension = :case
        AND a.subject IN ('bridge_receivable', 'fee_income', 'written_off')
""")


def position(session: Session, fund: str, case: str) -> Position:
    """What a case has reserved, owes and has paid; all zero for a case without money.

    What was written off is owed no longer in the balance, and has not been paid either.
    """
    rows = session.connection().execute(_POSITION, {"book": fund, "case": case})
    by_subject = {row.subject: row for row in rows}
    bridge, fees = by_subject.get("bridge_receivable"), by_subject.get("fee_income")
    given_up = by_subject["written_off"].debit_fen if "written_off" in by_subject else 0
    return Position(
        reserved_fen=bridge.debit_held_fen if bridge else 0,
        outstanding_fen=bridge.debit_fen - bridge.credit_fen if bridge else 0,
        principal_returned_fen=bridge.credit_fen - given_up if bridge else 0,
        fee_received_fen=fees.credit_fen - fees.debit_fen if fees else 0,
    )


_VOUCHERS = text("""
    SELECT j.seq, j.key, j.kind, j.case_no, j.accounting_date, j.at, j.actor_id, j.reference, j.resolves,
           EXISTS (SELECT FROM ledger.journal AS r WHERE r.book = j.book AND r.reverses = j.seq) AS taken_back,
           h.amount_fen AS held_fen, d.subject AS debit, d.dimension AS debit_for,
           c.subject AS credit, c.dimension AS credit_for, p.amount_fen
    FROM ledger.journal AS j
    LEFT JOIN ledger.hold AS h USING (book, seq)
    LEFT JOIN ledger.posting AS p USING (book, seq)
    LEFT JOIN ledger.account AS d ON d.id = p.debit
    LEFT JOIN ledger.account AS c ON c.id = p.credit
    WHERE j.book = :book AND (CAST(:case AS text) IS NULL OR j.case_no = :case)
    ORDER BY j.seq, p.line
""")


def vouchers(session: Session, fund: str, case: str | None = None) -> list[Voucher]:
    """The vouchers of a fund, or of one of its cases, by number."""
    found: dict[int, Voucher] = {}
    for row in session.connection().execute(_VOUCHERS, {"book": fund, "case": case}):
        line = () if row.amount_fen is None else (_line(row),)
        before = found.get(row.seq)
        if before:
            found[row.seq] = before.model_copy(update={"lines": before.lines + line})
            continue
        found[row.seq] = Voucher(
            number=row.seq,
            key=row.key,
            kind=PostingKind(row.kind),
            case_no=row.case_no,
            accounting_date=row.accounting_date,
            at=row.at,
            actor_id=row.actor_id,
            reference=row.reference,
            lines=line,
            held_fen=row.held_fen,
            resolves=row.resolves,
            taken_back=row.taken_back,
        )
    return list(found.values())


def _line(row: Any) -> Entry:
    return Entry(
        debit=Account(subject=Subject(row.debit), dimension=row.debit_for),
        credit=Account(subject=Subject(row.credit), dimension=row.credit_for),
        amount_fen=row.amount_fen,
    )
