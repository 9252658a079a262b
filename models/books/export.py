"""A book in a file: the rows that the judge takes, one a line, so that it can be judged without a database."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

from sqlmodel import Session

from models.books.check import rows_undisturbed


def export_book(session: Session, book: str, path: Path, keys: Mapping[str, str]) -> int:
    """Write one book, whatever is wrong with it; the same book gives the same bytes.

    Args:
        session: as for ``find_faults``.
        book: whose book.
        path: the file, replaced only when all of it was written.
        keys: public keys by id, which go along.
    Returns:
        how many vouchers.
    Raises:
        OSError: it cannot be written.
    """
    part = path.with_name(path.name + ".part")
    count = 0
    with part.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
        for row in rows_undisturbed(session, book, keys):
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            count += row["row"] == "journal"
    part.replace(path)
    return count
