"""Recomputes a book from its rows alone and says what is wrong with it, first wrong row first.

It trusts no balance, no number and no digest that the database keeps: each is computed again here.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text
from sqlmodel import Session

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ROWS_AT_ONCE = 5_000

_JOURNALS = text("""
    SELECT j.seq, j.key, j.request_hash, j.kind, j.case_no, j.accounting_date, j.at, j.actor_id, j.evidence,
           j.terms_digest, j.reference, j.resolves, j.prev_hash, j.hash, r.key AS resolves_key,
           h.debit AS hold_debit, h.credit AS hold_credit, h.amount_fen AS hold_fen, h.cap_fen,
           (SELECT coalesce(json_agg(json_build_array(p.line, p.debit, p.credit, p.amount_fen) ORDER BY p.line), '[]')
            FROM ledger.posting AS p WHERE p.book = j.book AND p.seq = j.seq) AS lines
    FROM ledger.journal AS j
    LEFT JOIN ledger.hold AS h USING (book, seq)
    LEFT JOIN ledger.journal AS r ON r.book = j.book AND r.seq = j.resolves
    WHERE j.book = :book ORDER BY j.seq
""")
_BALANCES = text("""
    SELECT a.id, a.subject, a.dimension, s.side AS right_side, b.* FROM ledger.account AS a
    JOIN ledger.subject AS s USING (subject) LEFT JOIN ledger.balance AS b ON b.account = a.id
    WHERE a.book = :book ORDER BY a.id
""")
_GUARDS = text("""
    SELECT c.relname || '.' || t.tgname AS name, t.tgenabled = 'A' AS always
    FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'ledger'::regnamespace AND NOT t.tgisinternal
""")
_STRANGERS = text("""
    SELECT 'posting' AS place, p.book, p.seq FROM ledger.posting AS p
    LEFT JOIN ledger.journal AS j USING (book, seq) WHERE p.book = :book AND j.seq IS NULL
    UNION ALL
    SELECT 'hold', h.book, h.seq FROM ledger.hold AS h
    LEFT JOIN ledger.journal AS j USING (book, seq) WHERE h.book = :book AND j.seq IS NULL
    ORDER BY 3 LIMIT 1
""")
_ONLY_GROWING = ("subject", "kind", "permitted", "account", "journal", "posting", "hold", "book", "balance")
GUARDS = frozenset(
    {f"{table}.only_grows" for table in _ONLY_GROWING}
    | {"balance.only_by_trigger", "book.only_by_trigger", "account.open_balance", "posting.move_balances"}
    | {"hold.hold_balances", "journal.free_balances", "journal.number_and_chain"}
)


@dataclass
class _Sums:
    """What the rows of one account add up to, in fen."""

    debit_fen: int = 0
    credit_fen: int = 0
    debit_held_fen: int = 0
    credit_held_fen: int = 0


@dataclass
class _Book:
    """A book as far as it has been read."""

    name: str
    accounts: Mapping[int, tuple[str, str]]
    last_seq: int = 0
    head: bytes = b""
    sums: dict[int, _Sums] = field(default_factory=lambda: defaultdict(_Sums))
    open_holds: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    seen_keys: set[str] = field(default_factory=set)


def check_books(session: Session, fund: str) -> list[str]:
    """Recompute numbers, requests, chain, holds and balances of one book, and look whether every guard stands.

    Args:
        session: any that may read the ledger.
        fund: whose book.
    Returns:
        one sentence for each kind of fault, naming the first wrong row; empty when all is right.
    """
    connection = session.connection()
    balances = connection.execute(_BALANCES, {"book": fund}).all()
    book = _Book(fund, {row.id: (row.subject, row.dimension) for row in balances})
    book.head = hashlib.sha256(f"xuqiao ledger {fund}".encode()).digest()
    faults: dict[str, str] = {}  # the first of each kind: one edited row would otherwise name all that follow it
    for row in _stream(connection, fund):
        for kind, fault in _journal_faults(book, row):
            faults.setdefault(kind, fault)
    found = list(faults.values())
    found += _stranger_faults(connection, fund) + _head_faults(connection, book)
    found += _balance_faults(book, balances) + _guard_faults(connection)
    return found


def _stream(connection: Connection, fund: str) -> Iterator[Any]:
    streaming = connection.execute(_JOURNALS, {"book": fund}, execution_options={"yield_per": _ROWS_AT_ONCE})
    yield from streaming


def _journal_faults(book: _Book, row: Any) -> Iterator[tuple[str, str]]:
    name = f"{book.name}: voucher {row.seq} ({row.key})"
    if row.seq != book.last_seq + 1:
        yield "gap", f"{name}: follows voucher {book.last_seq}, numbers have a gap"
    request = _request_hash(book, row)
    if request != bytes(row.request_hash):
        yield "request", f"{name}: its rows are not what was asked for"
    if bytes(row.prev_hash) != book.head:
        yield "chain", f"{name}: does not continue the chain"
    if _link(row, bytes(row.prev_hash)) != bytes(row.hash):
        yield "link", f"{name}: its digest does not fit its content"
    yield from _add(book, row, name)
    book.last_seq, book.head = row.seq, bytes(row.hash)


def _add(book: _Book, row: Any, name: str) -> Iterator[tuple[str, str]]:
    if row.key in book.seen_keys or not row.key.startswith(f"{book.name}/"):
        yield "key", f"{name}: its key is used twice or belongs to another book"
    book.seen_keys.add(row.key)
    if row.hold_fen is not None:
        book.open_holds[row.seq] = (row.hold_debit, row.hold_credit, row.hold_fen)
        book.sums[row.hold_debit].debit_held_fen += row.hold_fen
        book.sums[row.hold_credit].credit_held_fen += row.hold_fen
    if row.resolves is not None:
        held = book.open_holds.pop(row.resolves, None)
        if held is None:
            yield "hold", f"{name}: resolves voucher {row.resolves}, which holds nothing or was resolved before"
        else:
            debit, credit, amount = held
            book.sums[debit].debit_held_fen -= amount
            book.sums[credit].credit_held_fen -= amount
            if row.kind == "disburse" and [line[1:] for line in row.lines] != [[debit, credit, amount]]:
                yield "hold", f"{name}: does not pay out what voucher {row.resolves} holds"
    for _, debit, credit, amount in row.lines:
        if amount <= 0 or debit == credit:
            yield "entry", f"{name}: has an entry that moves nothing"
        book.sums[debit].debit_fen += amount
        book.sums[credit].credit_fen += amount


def _request_hash(book: _Book, row: Any) -> bytes:
    """The request as the door saw it, put together again from the rows it left."""
    nobody = ("?", "?")

    def entry(debit: int, credit: int, amount: int) -> list[object]:
        return [*book.accounts.get(debit, nobody), *book.accounts.get(credit, nobody), amount]

    hold = None if row.hold_fen is None else entry(row.hold_debit, row.hold_credit, row.hold_fen)
    content = [book.name, row.key, row.kind, row.case_no, row.reference, row.terms_digest, row.resolves_key]
    return _sha256([*content, [entry(*line[1:]) for line in row.lines], hold, row.cap_fen])


def _link(row: Any, prev_hash: bytes) -> bytes:
    microseconds = (row.at - _EPOCH) // timedelta(microseconds=1)
    content = [row.seq, bytes(row.request_hash).hex(), row.key, microseconds, row.accounting_date.isoformat()]
    return _sha256([*content, row.actor_id, row.evidence], prev_hash)


def _sha256(content: list[object], before: bytes = b"") -> bytes:
    """Of the text that PostgreSQL writes for the same jsonb array."""
    return hashlib.sha256(before + json.dumps(content, ensure_ascii=False).encode()).digest()


def _stranger_faults(connection: Connection, fund: str) -> list[str]:
    return [
        f"{row.book}: {row.place} of voucher {row.seq}, which does not exist"
        for row in connection.execute(_STRANGERS, {"book": fund})
    ]


def _head_faults(connection: Connection, book: _Book) -> list[str]:
    statement = text("SELECT last_seq, head_hash FROM ledger.book WHERE book = :book")
    kept = connection.execute(statement, {"book": book.name}).one_or_none()
    if kept is None:
        return [f"{book.name}: has vouchers and no book"] if book.last_seq else []
    if (kept.last_seq, bytes(kept.head_hash)) != (book.last_seq, book.head):
        return [f"{book.name}: its last voucher should be {kept.last_seq}, the rows end with {book.last_seq}"]
    return []


def _balance_faults(book: _Book, balances: Any) -> list[str]:
    for row in balances:
        sums, name = book.sums[row.id], f"{book.name}: account {row.subject}/{row.dimension}"
        kept = (row.debit_fen, row.credit_fen, row.debit_held_fen, row.credit_held_fen)
        if kept != (sums.debit_fen, sums.credit_fen, sums.debit_held_fen, sums.credit_held_fen):
            return [f"{name}: its balance {kept} is not the sum of its entries {tuple(vars(sums).values())}"]
        if row.side != row.right_side:
            return [f"{name}: is kept on the wrong side"]
        debit = sums.debit_fen - sums.credit_fen
        net = debit - sums.credit_held_fen if row.side == "D" else -debit - sums.debit_held_fen
        if net < row.floor_fen:
            return [f"{name}: is overdrawn, {net} fen"]
        if row.cap_fen is not None and sums.debit_fen + sums.debit_held_fen > row.cap_fen:
            return [f"{name}: lent {sums.debit_fen + sums.debit_held_fen} fen under a cap of {row.cap_fen} fen"]
    return []


def _guard_faults(connection: Connection) -> list[str]:
    always = {row.name for row in connection.execute(_GUARDS) if row.always}
    return [f"guard {name} is missing or not always on" for name in sorted(GUARDS - always)]
