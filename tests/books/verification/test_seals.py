"""The daily seal: set once by the desk, kept outside, and whatever does not fit it is named."""

import json
import stat
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlmodel import Session

from models.books import seals
from models.books.check import verify_book
from models.books.seals import SealKey, load_key, new_key, seal_of, set_seal, write_seal
from models.books.verification import Verdict, read_keys, read_outside_seal, sentence
from models.database import sessions
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from tests.books.conftest import TODAY, Books

CASE = "L-2026-00001-1"
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def key(tmp_path: Path) -> SealKey:
    return new_key(tmp_path / "keys")


def seal(books: Books, key: SealKey, day: Any = TODAY) -> Mapping[str, Any]:
    with sessions(books.desk).begin() as session:
        return set_seal(session, books.fund, day, key)


def verified(books: Books, keys: Mapping[str, str], *outside: Path) -> Verdict:
    with sessions(books.engine)() as session:
        return verify_book(session, books.fund, keys, [read_outside_seal(path) for path in outside])


def faults(verdict: Verdict) -> dict[str, str]:
    return {fault.code.removeprefix("books."): sentence(fault) for fault in verdict.faults}


def test_a_key_is_for_its_owner_alone_and_its_number_is_that_of_the_public_half(tmp_path: Path, key: SealKey) -> None:
    private = tmp_path / "keys" / f"{key.id}.key"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert load_key(private).public == key.public
    assert read_keys(tmp_path / "keys") == {key.id: key.public}
    assert key.public not in repr(load_key(private).private)
    private.chmod(0o640)
    with pytest.raises(XuqiaoError) as readable:
        load_key(private)
    assert readable.value.code == "books.seal_key_open"
    private.chmod(0o600)
    private.write_text("no key")
    with pytest.raises(XuqiaoError) as wrong:
        load_key(private)
    assert wrong.value.code == "books.seal_key_wrong"


def test_a_day_is_sealed_once_and_days_go_forward(books: Books, key: SealKey, tmp_path: Path) -> None:
    first = seal(books, key)
    assert (first["last_seq"], first["day"]) == (1, TODAY.isoformat())
    for day in (TODAY, TODAY - timedelta(days=1)):
        with pytest.raises(XuqiaoError) as again:
            seal(books, key, day)
        assert (again.value.code, again.value.params["last"]) == ("books.sealed_before", TODAY.isoformat())
    books.lend(CASE, yuan(5_000_000))
    second = seal(books, key, TOMORROW)
    assert second["last_seq"] == 4
    assert second["trial_sha256"] != first["trial_sha256"]
    with sessions(books.engine)() as session:
        assert seal_of(session, books.fund, TODAY) == first
        assert seals.last_sealed(session, books.fund) == TOMORROW
    files = [write_seal(tmp_path / "kept", one) for one in (first, second)]
    verdict = verified(books, {key.id: key.public}, *files)
    assert (verdict.seals, verdict.keys, verdict.faults) == (2, (key.id,), ())


def test_a_quiet_day_is_sealed_on_the_same_voucher(books: Books, key: SealKey) -> None:
    assert [seal(books, key, day)["last_seq"] for day in (TODAY, TOMORROW)] == [1, 1]
    assert verified(books, {key.id: key.public}).faults == ()


def test_the_trial_balance_is_digested_line_by_line_as_people_compare_it(books: Books, key: SealKey) -> None:
    """The digest worked out by hand: all cases of a subject are one line."""
    import hashlib

    books.lend(CASE, yuan(3))
    books.lend("L-2026-00002-2", yuan(4))
    lines = [
        ["bridge_receivable", "", 700, 0, 0, 0],
        ["contribution", "市财政", 0, yuan(20_000_000), 0, 0],
        ["escrow_bank", "pool", yuan(20_000_000), 700, 0, 0],
    ]
    text = json.dumps([books.fund, 7, lines], ensure_ascii=False, separators=(",", ":")).encode()
    sealed = seal(books, key)
    assert sealed["trial_sha256"] == hashlib.sha256(text).hexdigest()
    assert sealed["trial_sm3"] == hashlib.new("sm3", text).hexdigest()


def test_the_worker_sets_no_seal(books: Books, key: SealKey) -> None:
    from sqlalchemy.exc import ProgrammingError

    with pytest.raises(ProgrammingError, match="permission denied"), sessions(books.engine).begin() as session:
        set_seal(session, books.fund, TODAY, key)


def test_a_fund_without_a_book_has_nothing_to_seal(books: Books, key: SealKey) -> None:
    books.fund = "NOBODY"
    with pytest.raises(XuqiaoError) as refused:
        seal(books, key)
    assert refused.value.code == "ledger.unknown_book"


def test_a_seal_of_another_key_is_named(books: Books, key: SealKey, tmp_path: Path) -> None:
    stranger = new_key(tmp_path / "stranger")
    seal(books, stranger)
    assert stranger.id in faults(verified(books, {key.id: key.public}))["seal_key"]
    assert "seal_key" in faults(verified(books, {}))
    # Its number with another's key behind it deceives nobody.
    assert "seal_key" in faults(verified(books, {stranger.id: key.public}))


@pytest.mark.parametrize("field", ["signature", "trial_sha256", "head_hash", "day"])
def test_an_edited_seal_is_named(superuser: Connection, books: Books, key: SealKey, field: str) -> None:
    seal(books, key)
    new = "'2026-01-01'" if field == "day" else f"sha256({field})"
    superuser.exec_driver_sql("ALTER TABLE ledger.seal DISABLE TRIGGER ALL")
    superuser.exec_driver_sql(f"UPDATE ledger.seal SET {field} = {new} WHERE book = %s", (books.fund,))
    with Session(superuser) as session:
        found = faults(verify_book(session, books.fund, {key.id: key.public}))
    assert "seal_signature" in found
    assert {"trial_sha256": "seal_trial", "head_hash": "seal_head"}.get(field, "seal_signature") in found


def test_an_older_state_of_the_book_is_refused_by_a_seal_kept_elsewhere(
    superuser: Connection, books: Books, key: SealKey, tmp_path: Path
) -> None:
    """As a backup of the evening before brings it: whole, and every guard in place."""
    seal(books, key)
    evening_before = write_seal(tmp_path, seal_of_today(books))
    books.lend(CASE, yuan(5_000_000))
    kept = write_seal(tmp_path, seal(books, key, TOMORROW))
    keys = {key.id: key.public}
    assert verified(books, keys, evening_before, kept).faults == ()

    for table in ("seal", "posting", "hold", "journal", "book", "balance", "account", "approval"):
        superuser.exec_driver_sql(f"ALTER TABLE ledger.{table} DISABLE TRIGGER ALL")
    for statement in (
        "DELETE FROM ledger.posting WHERE book = %s AND seq > 1",
        "DELETE FROM ledger.hold WHERE book = %s",
        (
            "UPDATE ledger.book AS b SET last_seq = 1, head_hash = j.hash, previous_hash = j.prev_hash"
            " FROM ledger.journal AS j WHERE b.book = %s AND j.book = b.book AND j.seq = 1"
        ),
        "DELETE FROM ledger.journal WHERE book = %s AND seq > 1",
        "DELETE FROM ledger.approval WHERE book = %s",
        "DELETE FROM ledger.seal WHERE book = %s AND last_seq > 1",
        (
            "DELETE FROM ledger.balance USING ledger.account AS a WHERE a.id = account AND a.book = %s"
            " AND a.subject = 'bridge_receivable'"
        ),
        "DELETE FROM ledger.account WHERE book = %s AND subject = 'bridge_receivable'",
        (
            "UPDATE ledger.balance AS b SET credit_fen = 0 FROM ledger.account AS a WHERE a.id = b.account"
            " AND a.book = %s AND a.subject = 'escrow_bank'"
        ),
    ):
        superuser.exec_driver_sql(statement, (books.fund,))
    with Session(superuser) as session:
        alone = verify_book(session, books.fund, keys, [read_outside_seal(evening_before)])
        warned = verify_book(session, books.fund, keys, [read_outside_seal(kept)])
    assert alone.faults == (), "from the inside nothing is wrong"
    assert faults(warned) == {
        "older": f"{books.fund}: the seal {kept.name} of {TOMORROW} stands on voucher 4, and the rows end with 1:"
        " this is an older state of the book"
    }


def test_an_outside_seal_must_be_whole_signed_and_of_this_book(books: Books, key: SealKey, tmp_path: Path) -> None:
    path = write_seal(tmp_path, seal(books, key))
    content = json.loads(path.read_text())
    keys = {key.id: key.public}
    for edited, said in (
        ({"last_seq": 0}, "outside_differs"),
        ({"head_hash": "00" * 32}, "outside_differs"),
        ({"book": "XX"}, "outside_of_another"),
        ({"trial_sha256": "00" * 32}, "seal_signature"),
    ):
        path.write_text(json.dumps({**content, **edited}))
        assert {said, "seal_signature"} <= faults(verified(books, keys, path)).keys(), edited
    path.write_text(json.dumps({"book": books.fund}))
    with pytest.raises(ValueError, match="is no seal"):
        read_outside_seal(path)


def seal_of_today(books: Books) -> Mapping[str, Any]:
    with sessions(books.engine)() as session:
        found = seal_of(session, books.fund, TODAY)
    assert found is not None
    return found
