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

from sqlalchemy import Connection, Engine, TextClause, text
from sqlmodel import Session

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AT_ONCE = 5_000

# Three streams in the order of their primary keys, put together here: no join whose plan could go wrong as books grow.
_JOURNALS = text("""
    SELECT j.seq, j.key, j.request_hash, j.kind, j.case_no, j.accounting_date, j.at, j.actor_id, j.evidence,
           j.terms_digest, j.reference, j.resolves, j.prev_hash, j.hash, j.approval, a.about, r.key AS reversed_key
    FROM ledger.journal AS j LEFT JOIN ledger.approval AS a ON a.key = j.approval
    LEFT JOIN ledger.journal AS r ON r.book = j.book AND r.seq = j.reverses
    WHERE j.book = :book ORDER BY j.book, j.seq
""")
_ENTRIES = text("""
    SELECT seq, debit, credit, amount_fen, NULL AS cap_fen FROM ledger.posting
    WHERE book = :book ORDER BY book, seq, line
""")
_HOLDS = text("""
    SELECT seq, debit, credit, amount_fen, cap_fen FROM ledger.hold WHERE book = :book ORDER BY book, seq
""")
_BALANCES = text("""
    SELECT a.id, a.subject, a.dimension, s.side AS right_side, b.* FROM ledger.account AS a
    JOIN ledger.subject AS s USING (subject) LEFT JOIN ledger.balance AS b ON b.account = a.id
    WHERE a.book = :book ORDER BY a.id
""")
_KEEP_WAITING = text("SELECT pg_advisory_xact_lock_shared(hashtextextended('ledger/' || CAST(:book AS text), 0))")
_GUARDS = text("""
    SELECT c.relname || '.' || t.tgname AS name, t.tgenabled = 'A' AS always
    FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'ledger'::regnamespace AND NOT t.tgisinternal
""")
_ONLY_GROWING = ("subject", "kind", "permitted", "follows", "account", "journal", "posting", "hold", "book", "balance")
_ALSO_ONLY_GROWING = ("approval", "closing", "seal")
GUARDS = frozenset(
    {f"{table}.only_grows" for table in (*_ONLY_GROWING, *_ALSO_ONLY_GROWING)}
    | {"balance.only_by_trigger", "book.only_by_trigger", "account.open_balance", "posting.move_balances"}
    | {"hold.hold_balances", "journal.free_balances", "journal.number_and_chain"}
    | {"closing.close_period", "seal.seal_what_is_there"}
)


@dataclass
class _Sums:
    """What the rows of one account add up to, in fen."""

    debit_fen: int = 0
    credit_fen: int = 0
    debit_held_fen: int = 0
    credit_held_fen: int = 0


@dataclass
class _Hold:
    """An open reservation: its key, its accounts and its amount in fen."""

    key: str
    debit: int
    credit: int
    amount_fen: int


@dataclass
class _Book:
    """A book as far as it has been read."""

    name: str
    accounts: Mapping[int, tuple[str, str]]
    last_seq: int = 0
    head: bytes = b""
    sums: dict[int, _Sums] = field(default_factory=lambda: defaultdict(_Sums))
    open_holds: dict[int, _Hold] = field(default_factory=dict)


class _Rows:
    """A stream of rows ordered by voucher, taken voucher by voucher."""

    def __init__(self, connection: Connection, statement: TextClause, fund: str) -> None:
        self._stream = iter(connection.execute(statement, {"book": fund}, execution_options={"yield_per": _AT_ONCE}))
        self._next: Any = next(self._stream, None)
        self.stranger: int | None = None

    def of(self, seq: int | None) -> list[Any]:
        """The rows of one voucher, or with None all that are left; any before it belong to no voucher at all."""
        found = []
        while self._next is not None and (seq is None or self._next.seq <= seq):
            if self._next.seq == seq:
                found.append(self._next)
            elif self.stranger is None:
                self.stranger = self._next.seq
            self._next = next(self._stream, None)
        return found


def check_books(session: Session, fund: str) -> list[str]:
    """Recompute numbers, requests, chain, holds and balances of one book, and look whether every guard stands.

    Args:
        session: any that may read the ledger. A fresh one reads one moment while others write; one that is in a
            transaction already keeps the book's writers waiting until it ends.
        fund: whose book.
    Returns:
        one sentence for each kind of fault, naming the first wrong row; empty when all is right.
    """
    connection = _undisturbed(session, fund)
    balances = connection.execute(_BALANCES, {"book": fund}).all()
    book = _Book(fund, {row.id: (row.subject, row.dimension) for row in balances})
    book.head = hashlib.sha256(f"xuqiao ledger {fund}".encode()).digest()
    faults: dict[str, str] = {}  # the first of each kind: one edited row would otherwise name all that follow it
    journals = connection.execute(_JOURNALS, {"book": fund}, execution_options={"yield_per": _AT_ONCE})
    entries, holds = _Rows(connection, _ENTRIES, fund), _Rows(connection, _HOLDS, fund)
    for row in journals:
        for kind, fault in _journal_faults(book, row, entries.of(row.seq), holds.of(row.seq)):
            faults.setdefault(kind, fault)
    found = list(faults.values())
    for place, rows in (("entry", entries), ("hold", holds)):
        rows.of(None)
        if rows.stranger is not None:
            found.append(f"{fund}: voucher {rows.stranger} does not exist and has an {place}")
    return found + _head_faults(connection, book) + _balance_faults(book, balances) + _guard_faults(connection)


def _undisturbed(session: Session, fund: str) -> Connection:
    """A connection whose statements all see the same book: half of a journal must not look like a fault."""
    if isinstance(session.get_bind(), Engine) and not session.in_transaction():
        return session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    connection = session.connection()
    connection.execute(_KEEP_WAITING, {"book": fund})
    return connection


def _journal_faults(book: _Book, row: Any, entries: list[Any], holds: list[Any]) -> Iterator[tuple[str, str]]:
    name = f"{book.name}: voucher {row.seq} ({row.key})"
    if row.seq != book.last_seq + 1:
        yield "gap", f"{name}: follows voucher {book.last_seq}, numbers have a gap"
    resolved = None if row.resolves is None else book.open_holds.pop(row.resolves, None)
    if _request_hash(book, row, entries, holds, resolved) != bytes(row.request_hash):
        yield "request", f"{name}: its rows are not what was asked for"
    if bytes(row.prev_hash) != book.head:
        yield "chain", f"{name}: does not continue the chain"
    if _link(row, bytes(row.prev_hash)) != bytes(row.hash):
        yield "link", f"{name}: its digest does not fit its content"
    if row.resolves is not None and resolved is None:
        yield "hold", f"{name}: resolves voucher {row.resolves}, which holds nothing or was resolved before"
    if resolved:
        book.sums[resolved.debit].debit_held_fen -= resolved.amount_fen
        book.sums[resolved.credit].credit_held_fen -= resolved.amount_fen
        paid = [(entry.debit, entry.credit, entry.amount_fen) for entry in (*entries, *holds)]
        if row.kind != "release" and paid != [(resolved.debit, resolved.credit, resolved.amount_fen)]:
            yield "hold", f"{name}: does not carry on what voucher {row.resolves} holds"
    for held in holds:
        book.open_holds[row.seq] = _Hold(row.key, held.debit, held.credit, held.amount_fen)
        book.sums[held.debit].debit_held_fen += held.amount_fen
        book.sums[held.credit].credit_held_fen += held.amount_fen
    for entry in entries:
        book.sums[entry.debit].debit_fen += entry.amount_fen
        book.sums[entry.credit].credit_fen += entry.amount_fen
    book.last_seq, book.head = row.seq, bytes(row.hash)


def _request_hash(book: _Book, row: Any, entries: list[Any], holds: list[Any], resolved: _Hold | None) -> bytes:
    """The request as the door saw it, put together again from the rows it left."""
    nobody = ("?", "?")

    def entry(of: Any) -> list[object]:
        return [*book.accounts.get(of.debit, nobody), *book.accounts.get(of.credit, nobody), of.amount_fen]

    content = [book.name, row.key, row.kind, row.case_no, row.reference, row.terms_digest]
    reserved = [entry(holds[0]), holds[0].cap_fen] if holds else [None, None]
    asked = [*content, resolved.key if resolved else None, [entry(line) for line in entries], *reserved]
    beside = {"about": row.about, "approval": row.approval, "reverses": row.reversed_key}
    if row.reversed_key:
        del beside["about"]  # a reversal speaks of the journal it takes back
    said = {name: value for name, value in beside.items() if value}
    return _sha256([*asked, said] if said else asked)


def _link(row: Any, prev_hash: bytes) -> bytes:
    microseconds = (row.at - _EPOCH) // timedelta(microseconds=1)
    content = [row.seq, bytes(row.request_hash).hex(), row.key, microseconds, row.accounting_date.isoformat()]
    return _sha256([*content, row.actor_id, row.evidence], prev_hash)


def _sha256(content: list[object], before: bytes = b"") -> bytes:
    """Of the text that PostgreSQL writes for the same jsonb array."""
    return hashlib.sha256(before + json.dumps(content, ensure_ascii=False).encode()).digest()


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
