"""The rows of a book as ``models.books.verification`` takes them: for judging in place, and for an export."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from psycopg import Connection

Row = dict[str, Any]
_AT_ONCE = 20_000

# Small tables, in the order in which the judge must know them. Each row comes as one JSON object.
_SMALL = {
    "book": """SELECT 'xuqiao books 1' AS format, book, last_seq, encode(head_hash, 'hex') AS head_hash, closed_through
        FROM ledger.book WHERE book = %(book)s""",
    "subject": """SELECT subject, side, kept_by, first_cap_fen AS cap_fen, first_floor_fen AS floor_fen
        FROM ledger.subject ORDER BY subject""",
    "kind": "SELECT kind, opens_hold, resolves_hold, needs_approval, reverses FROM ledger.kind ORDER BY kind",
    "permitted": "SELECT kind, debit, debit_part, credit, credit_part FROM ledger.permitted ORDER BY 1, 2, 4",
    "follows": "SELECT kind, of_kind FROM ledger.follows ORDER BY 1, 2",
    "account": """SELECT a.id, a.subject, a.dimension, b.side, b.debit_fen, b.credit_fen, b.debit_held_fen,
            b.credit_held_fen, b.floor_fen, b.cap_fen
        FROM ledger.account AS a LEFT JOIN ledger.balance AS b ON b.account = a.id
        WHERE a.book = %(book)s ORDER BY a.id""",
    "approval": """SELECT key, kind, case_no, amount_fen, about, terms_digest, maker, checker, after_seq,
            encode(request_hash, 'hex') AS request_hash
        FROM ledger.approval WHERE book = %(book)s ORDER BY key""",
    "void": """SELECT v.approval FROM ledger.void AS v JOIN ledger.approval AS a ON a.key = v.approval
        WHERE a.book = %(book)s ORDER BY v.approval""",
    "reversed": "SELECT reverses AS seq FROM ledger.journal WHERE book = %(book)s AND reverses IS NOT NULL",
    "closing": """SELECT through, last_seq, closed_by, asked_by FROM ledger.closing WHERE book = %(book)s
        ORDER BY serial""",
    "seal": """SELECT day, last_seq, encode(head_hash, 'hex') AS head_hash, encode(trial_sha256, 'hex') AS trial_sha256,
            encode(trial_sm3, 'hex') AS trial_sm3, key_id, encode(signature, 'hex') AS signature
        FROM ledger.seal WHERE book = %(book)s ORDER BY last_seq, day""",
}

# The many, a stretch of vouchers at a time, each table by its primary key: no join whose plan could go wrong as books
# grow, and nothing between the server's text and the row but a split.
_JOURNALS = """
    COPY (SELECT seq, key, encode(request_hash, 'hex'), kind, case_no, to_char(accounting_date, 'YYYY-MM-DD'),
                 (extract(epoch FROM at) * 1000000)::bigint, actor_id, evidence, terms_digest, reference, resolves,
                 approval, reverses, encode(prev_hash, 'hex'), encode(hash, 'hex')
          FROM ledger.journal WHERE book = %(book)s AND seq > %(after)s ORDER BY book, seq LIMIT %(most)s) TO STDOUT
"""
_ENTRIES = """
    COPY (SELECT seq, debit, credit, amount_fen FROM ledger.posting
          WHERE book = %(book)s AND seq > %(after)s AND seq <= %(through)s ORDER BY book, seq, line) TO STDOUT
"""
_HOLDS = """
    COPY (SELECT seq, debit, credit, amount_fen, cap_fen FROM ledger.hold
          WHERE book = %(book)s AND seq > %(after)s AND seq <= %(through)s ORDER BY book, seq) TO STDOUT
"""
_BEYOND = 2**63 - 1
_ESCAPES = {"\\b": "\b", "\\f": "\f", "\\n": "\n", "\\r": "\r", "\\t": "\t", "\\v": "\v", "\\\\": "\\"}


def rows_of(connection: Connection[Any], book: str, keys: Mapping[str, str] | None = None) -> Iterator[Row]:
    """All rows of a book.

    Args:
        connection: in a transaction that sees one moment, or keeps the book's writers waiting.
        book: the fund's code.
        keys: public keys by id, to go along in an export.
    """
    for table, statement in _SMALL.items():
        if table == "seal":
            yield from ({"row": "key", "id": key_id, "public": public} for key_id, public in (keys or {}).items())
        copy = f"COPY (SELECT to_json(t) FROM ({statement}) AS t) TO STDOUT"
        for (text,) in _copied(connection, copy, {"book": book}):
            row: Row = json.loads(text)
            row["row"] = table
            yield row
    after = count = 0
    while stretch := _journals(connection, book, after):
        through = stretch[-1]["seq"]
        strays = _join(connection, book, after, through, {row["seq"]: row for row in stretch})
        yield from strays
        yield from stretch
        after, count = through, count + len(stretch)
    yield from _join(connection, book, after, _BEYOND, {})
    yield {"row": "end", "journals": count}


def _journals(connection: Connection[Any], book: str, after: int) -> list[Row]:
    found: list[Row] = []
    for values in _copied(connection, _JOURNALS, {"book": book, "after": after, "most": _AT_ONCE}):
        (seq, key, request_hash, kind, case_no, day, at_us, actor_id, evidence, *more, prev_hash, its_hash) = values
        terms_digest, reference, resolves, approval, reverses = more
        found.append(
            {
                "row": "journal",
                "seq": int(seq),
                "key": key,
                "request_hash": request_hash,
                "kind": kind,
                "case_no": case_no,
                "accounting_date": day,
                "at_us": int(at_us),
                "actor_id": actor_id,
                "evidence": evidence,
                "terms_digest": terms_digest,
                "reference": reference,
                "resolves": resolves and int(resolves),
                "approval": approval,
                "reverses": reverses and int(reverses),
                "prev_hash": prev_hash,
                "hash": its_hash,
                "entries": [],
                "hold": None,
            }
        )
    return found


def _join(connection: Connection[Any], book: str, after: int, through: int, journals: Mapping[int, Row]) -> list[Row]:
    """Put entries and holds to their vouchers.

    Returns:
        those that belong to no voucher at all.
    """
    strays: list[Row] = []
    asked = {"book": book, "after": after, "through": through}
    for seq, debit, credit, amount in _copied(connection, _ENTRIES, asked):
        row = journals.get(int(seq))
        if row is None:
            strays.append({"row": "stray", "seq": int(seq), "of": "entry"})
        else:
            row["entries"].append([int(debit), int(credit), int(amount)])
    for seq, debit, credit, amount, cap in _copied(connection, _HOLDS, asked):
        row = journals.get(int(seq))
        if row is None:
            strays.append({"row": "stray", "seq": int(seq), "of": "hold"})
        else:
            row["hold"] = [int(debit), int(credit), int(amount), int(cap)]
    return strays


def _copied(connection: Connection[Any], statement: str, params: Mapping[str, object]) -> Iterator[list[Any]]:
    """The rows of a COPY as texts; None for NULL."""
    with connection.cursor() as cursor, cursor.copy(statement, params) as copy:
        for block in copy:
            text = bytes(block).decode()[:-1]
            values: list[Any] = text.split("\t")
            if escapes := text.count("\\"):
                if escapes == text.count("\\N"):  # nothing but NULLs, as in most rows
                    values = [None if value == "\\N" else value for value in values]
                else:
                    values = [_unescaped(value) for value in values]
            yield values


def _unescaped(value: str) -> str | None:
    if value == "\\N":
        return None
    if "\\" not in value:
        return value
    parts: list[str] = []
    signs = iter(value)
    for sign in signs:
        parts.append(_ESCAPES[sign + next(signs)] if sign == "\\" else sign)
    return "".join(parts)
