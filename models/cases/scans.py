"""Scans of sealed papers, by their digest: what stands behind a message that two officers entered."""

import hashlib
from datetime import datetime

from sqlmodel import Session, SQLModel

from models.base import insert_new, moment, words


class Scan(SQLModel, table=True):
    """The scan of a sealed paper; a bank's message names it by its digest."""

    sha256: str = words(primary_key=True)
    media_type: str = words()
    content: bytes
    kept_at: datetime = moment()


def keep_scan(session: Session, content: bytes, media_type: str) -> str:
    """Keep a scan, once.

    Returns:
        its SHA-256.
    """
    digest = hashlib.sha256(content).hexdigest()
    insert_new(session, Scan, {"sha256": digest, "media_type": media_type, "content": content})
    return digest


def scan_of(session: Session, digest: str | None) -> Scan | None:
    """A scan by its digest; None for one that was recorded before scans were kept."""
    return session.get(Scan, digest) if digest else None
