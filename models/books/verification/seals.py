"""Seals: whether a signature is that of a known key, and whether a seal kept elsewhere still fits the book."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from models.books.verification.faults import Fault

_SIGNED = ("book", "day", "last_seq", "head_hash", "trial_sha256", "trial_sm3", "key_id")
_PREFIX = b"xuqiao seal 1\n"


class OutsideSeal(NamedTuple):
    """A seal that was kept outside the database: what it says, and where it was read."""

    name: str
    row: Mapping[str, Any]


def read_outside_seal(path: Path) -> OutsideSeal:
    """A seal from its file.

    Raises:
        ValueError: it is no seal, or not whole.
        OSError: it cannot be read.
    """
    row = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(row, dict) or not {*_SIGNED, "signature"} <= row.keys() or not isinstance(row["last_seq"], int):
        raise ValueError(f"{path} is no seal")
    return OutsideSeal(path.name, row)


def signature_faults(book: str, seal: Mapping[str, Any], keys: Mapping[str, str]) -> Iterator[Fault]:
    """What is wrong with a signature.

    Args:
        seal: its row.
        keys: public keys by id, in hexadecimal.
    """
    params: dict[str, object] = {"book": book, "day": seal["day"], "key_id": seal["key_id"]}
    public = keys.get(seal["key_id"])
    if public is None or key_id_of(bytes.fromhex(public)) != seal["key_id"]:
        yield Fault("books.seal_key", params)
        return
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        yield Fault("books.seal_unchecked", params)
        return
    content = {name: book if name == "book" else seal[name] for name in _SIGNED}
    message = _PREFIX + json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(seal["signature"]), message)
    except (InvalidSignature, ValueError):
        yield Fault("books.seal_signature", params)


def key_id_of(public: bytes) -> str:
    """The fingerprint of a public key: half of its SHA-256, in hexadecimal."""
    return hashlib.sha256(public).hexdigest()[:32]


def outside_faults(outside: OutsideSeal, book: str, last_seq: int, heads_there: Collection[str]) -> Iterator[Fault]:
    """What a seal kept elsewhere says against a book.

    Args:
        last_seq: the last voucher of the book.
        heads_there: where the chain stood at the voucher that the seal was set on; nowhere if the book lacks it.
    """
    seal = outside.row
    params: dict[str, object] = {"book": book, "file": outside.name, "day": seal["day"], "sealed": seal["last_seq"]}
    if seal["book"] != book:
        yield Fault("books.outside_of_another", {**params, "other": seal["book"]})
    elif last_seq < seal["last_seq"]:
        yield Fault("books.older", {**params, "voucher": last_seq})
    elif seal["head_hash"] not in heads_there:
        yield Fault("books.outside_differs", params)
