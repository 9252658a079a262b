"""Nothing in an exported book can be changed unseen: every field of every row is changed, and every row taken away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.books.export import export_book
from models.books.rows import Row
from models.books.seals import new_key, set_seal
from models.books.verification import judge, read_rows
from models.database import sessions
from rulebook.books.postings import PostingKind
from rulebook.books.postings_of_the_year import interest, refund
from rulebook.money import yuan
from tests.books.conftest import TODAY, Books

CASE = "L-2026-00001-1"


@pytest.fixture
def exported(books: Books, tmp_path: Path) -> list[Row]:
    """A short book that was sealed and closed, and went on."""
    key = new_key(tmp_path / "keys")
    books.lend(CASE, yuan(100))
    receipt = books.receive(CASE, principal_fen=yuan(100), excess_fen=yuan(5))
    books.post(receipt)
    allowed = books.allow_event(PostingKind.REFUND, yuan(5), about="p1", case=CASE)
    books.post(refund(books.record(), yuan(5), approval=allowed, payee="p1", reference="TK-1", case=CASE))
    stray = interest(books.record(), yuan(7), reference="LX-1")
    books.post(stray)
    books.post(books.reverse(stray, books.allow_event(PostingKind.REVERSE, yuan(7), about=stray.key)))
    with sessions(books.desk).begin() as session:
        set_seal(session, books.fund, TODAY, key)
    books.close(TODAY)
    books.post(interest(books.record(TODAY.replace(day=20)), 1, reference="LX-2"))
    with sessions(books.engine)() as session:
        export_book(session, books.fund, tmp_path / "book.gz", {key.id: key.public})
    return [dict(row) for row in read_rows(tmp_path / "book.gz")]


def others(name: str, value: Any) -> list[Any]:
    """What could stand in a field instead."""
    match value:
        case None:
            return [1, "x"]
        case bool():
            return [not value]
        case int():
            return [value + 1, value - 1, value + 0.5, None]
        case str():
            return [value + "x", value[:-1] + ("1" if value[-1:] == "0" else "0"), None]
        case [] if name == "entries":
            return [[[1, 2, 5]]]
        case [*entries]:
            return [entries[:-1], None]
    raise TypeError(value)


def edits(rows: list[Row]) -> Iterator[tuple[object, list[Row]]]:
    for number, row in enumerate(rows):
        before, after = rows[:number], rows[number + 1 :]
        for name, value in row.items():
            for other in others(name, value):
                yield (row["row"], name, value, other), [*before, {**row, name: other}, *after]
        # Which keys and seals there must be, only what was kept outside the book can say.
        if row["row"] not in ("key", "seal"):
            yield (row, "left out"), [*before, *after]


def test_every_field_of_every_row_is_looked_at(exported: list[Row]) -> None:
    assert judge(exported, None).faults == ()
    tried = list(edits(exported))
    assert len(tried) > 2_000
    assert [what for what, rows in tried if not judge(rows, None).faults] == []
