"""An exported book: one row a line, as JSON, in a gzip file."""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def read_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of an exported file.

    Raises:
        ValueError: a line is no row.
        OSError, EOFError: the file cannot be read, or was cut short.
    """
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError(f"not a row: {line[:40]!r}")
            yield row


def read_keys(folder: Path) -> dict[str, str]:
    """Public keys of a folder by id: every ``*.pub`` holds one, in hexadecimal.

    Raises:
        OSError: the folder cannot be read.
    """
    from models.books.verification.seals import key_id_of

    found = [path.read_text(encoding="ascii").strip() for path in sorted(folder.glob("*.pub"))]
    return {key_id_of(bytes.fromhex(public)): public for public in found}
