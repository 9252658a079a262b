"""The daily seal of a book: where its chain ends and what its trial balance is, signed with a key kept elsewhere.

The private key never enters the database and its administrator need not hold it: whoever rewrites the books, or puts
an older backup in their place, cannot make the seals that people keep fit again. Ed25519 by ``cryptography``; the trial
balance is digested by SHA-256 and by SM3.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from sqlalchemy import text
from sqlmodel import Session

from rulebook.errors import XuqiaoError

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('ledger/' || CAST(:book AS text), 0))")
_HEAD = text("SELECT last_seq, encode(head_hash, 'hex') AS head_hash FROM ledger.book WHERE book = :book")
# One line for each account that people compare: all cases of a subject together, and all references.
_TRIAL = text("""
    SELECT a.subject, CASE WHEN s.kept_by IN ('case', 'reference') THEN '' ELSE a.dimension END AS dimension,
           sum(b.debit_fen)::bigint, sum(b.credit_fen)::bigint, sum(b.debit_held_fen)::bigint,
           sum(b.credit_held_fen)::bigint
    FROM ledger.account AS a
    JOIN ledger.subject AS s USING (subject)
    JOIN ledger.balance AS b ON b.account = a.id
    WHERE a.book = :book
    GROUP BY 1, 2
    HAVING sum(b.debit_fen + b.credit_fen + b.debit_held_fen + b.credit_held_fen) > 0
""")
_SET = text("SELECT ledger.set_seal(CAST(:request AS jsonb))")
_SEAL = text("""
    SELECT book, to_char(day, 'YYYY-MM-DD') AS day, last_seq, encode(head_hash, 'hex') AS head_hash,
           encode(trial_sha256, 'hex') AS trial_sha256, encode(trial_sm3, 'hex') AS trial_sm3, key_id,
           encode(signature, 'hex') AS signature
    FROM ledger.seal WHERE book = :book AND day = :day
""")
_LAST_SEALED = text("SELECT max(day) FROM ledger.seal WHERE book = :book")


@dataclass(frozen=True)
class SealKey:
    """A private key with its public half; ``id`` is the fingerprint of the latter, which people compare.

    Attributes:
        id: half of the SHA-256 of the public key, in hexadecimal.
        public: the public key, in hexadecimal.
    """

    id: str
    public: str
    private: Ed25519PrivateKey = field(repr=False)


def new_key(folder: Path) -> SealKey:
    """Make a key: ``<id>.key`` for whoever seals, readable by its owner only, and ``<id>.pub`` for everybody.

    Raises:
        OSError: the folder cannot be written.
    """
    key = _with_id(Ed25519PrivateKey.generate())
    folder.mkdir(parents=True, exist_ok=True)
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(folder / f"{key.id}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    (folder / f"{key.id}.pub").write_text(key.public + "\n", encoding="ascii")
    return key


def load_key(path: Path) -> SealKey:
    """A private key from its file.

    Raises:
        XuqiaoError: ``books.seal_key_wrong`` when it is none, ``books.seal_key_open`` when others could read it.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise XuqiaoError("books.seal_key_open", path=path)
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise XuqiaoError("books.seal_key_wrong", path=path, reason=error) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise XuqiaoError("books.seal_key_wrong", path=path, reason="Ed25519")
    return _with_id(private)


def _with_id(private: Ed25519PrivateKey) -> SealKey:
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return SealKey(hashlib.sha256(public).hexdigest()[:32], public.hex(), private)


def set_seal(session: Session, book: str, day: date, key: SealKey) -> Mapping[str, Any]:
    """Seal a book as it is now, for a business day; the book's writers wait until the transaction ends.

    Args:
        session: of the desk.
        book: whose book.
        day: the fund's open business day.
        key: the seal.
    Returns:
        the seal as plain values, to be kept outside the database.
    Raises:
        XuqiaoError: ``ledger.unknown_book``; ``books.sealed_before`` when the day has its seal, or a later one.
    """
    connection = session.connection()
    connection.execute(_LOCK, {"book": book})
    head = connection.execute(_HEAD, {"book": book}).one_or_none()
    if head is None:
        raise XuqiaoError("ledger.unknown_book", book=book)
    last = last_sealed(session, book)
    if last is not None and last >= day:
        raise XuqiaoError("books.sealed_before", book=book, day=day, last=last)
    lines = sorted([*row] for row in connection.execute(_TRIAL, {"book": book}))
    trial = _canonical([book, head.last_seq, lines])
    content = {
        "book": book,
        "day": day.isoformat(),
        "last_seq": head.last_seq,
        "head_hash": head.head_hash,
        "trial_sha256": hashlib.sha256(trial).hexdigest(),
        "trial_sm3": hashlib.new("sm3", trial).hexdigest(),
        "key_id": key.id,
    }
    seal = {**content, "signature": key.private.sign(b"xuqiao seal 1\n" + _canonical(content)).hex()}
    answer = connection.execute(_SET, {"request": json.dumps(seal, ensure_ascii=False)}).scalar_one()
    if "refused" in answer:
        raise XuqiaoError("ledger.broken_rule", rule=answer["rule"], key=f"{book}/{day}")
    return seal


def seal_of(session: Session, book: str, day: date) -> Mapping[str, Any] | None:
    """The seal of a day as plain values; None where there is none."""
    row = session.connection().execute(_SEAL, {"book": book, "day": day}).one_or_none()
    return None if row is None else dict(row._mapping)


def last_sealed(session: Session, book: str) -> date | None:
    """The last day that has a seal."""
    found: date | None = session.connection().execute(_LAST_SEALED, {"book": book}).scalar()
    return found


def write_seal(folder: Path, seal: Mapping[str, Any]) -> Path:
    """Keep a seal outside the database: ``<book>-<day>.seal.json``; one that is there already is left alone.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{seal['book']}-{seal['day']}.seal.json"
    if not path.exists():
        part = path.with_suffix(".part")
        part.write_text(json.dumps(seal, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        part.replace(path)
    return path


def _canonical(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
