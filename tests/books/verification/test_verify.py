"""The judge: every kind of wrong row is named, in the database as in an exported file, and a right book passes."""

import ast
import copy
import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlmodel import Session

from activities.words import has_words
from models.books import check as ledger_check
from models.books.check import find_faults, verify_book
from models.books.export import export_book
from models.books.rows import Row
from models.books.rows import rows_of as rows_in
from models.books.schema import EXPECTED, schema_digests, schema_faults
from models.books.verification import judge, read_rows, sentence
from models.books.verification.rules import KNOWN, RULES, rules_digest
from models.database import sessions
from rulebook.books import postings
from rulebook.books.postings import PostingKind
from rulebook.books.postings_of_the_year import prepay, refund, true_up, write_off
from rulebook.money import yuan
from tests.books.conftest import TODAY, Books

TOP = Path(__file__).parents[3]
SCHEMA = TOP / "models" / "books" / EXPECTED
CASE, OTHER = "L-2026-00001-1", "L-2026-00002-2"
BRIDGE = yuan(5_000_000)


@pytest.fixture
def full(books: Books) -> Books:
    """A book in which nearly everything has happened once; the numbers of the vouchers stand beside."""
    books.post(books.reserve(CASE, BRIDGE))  # 2
    books.allow(books.approval(CASE, BRIDGE))
    books.post(books.intend(CASE, BRIDGE))  # 3
    books.post(books.fail(CASE, BRIDGE))  # 4
    again = books.key(CASE, "fail")
    books.post(books.intend(CASE, BRIDGE, payment=2, hold=again))  # 5
    books.post(books.disburse(CASE, BRIDGE, payment=2))  # 6
    books.post(books.receive(CASE, principal_fen=BRIDGE, fee_fen=yuan(11_000), excess_fen=yuan(5)))  # 7
    books.post(books.reserve(OTHER, BRIDGE))  # 8
    books.post(books.release(OTHER))  # 9
    paid_back = books.allow_event(PostingKind.REFUND, yuan(5), about="p1", case=CASE)
    books.post(refund(books.record(), yuan(5), approval=paid_back, payee="p1", reference="TK-1", case=CASE))  # 10
    books.post(prepay(books.record(), OTHER, yuan(100), reference="YS-1"))  # 11
    books.post(true_up(books.record(), OTHER, yuan(60)))  # 12
    stray = postings.unmatched_receipt(books.fund, yuan(7), reference="X-1", on=TODAY, actor_id="maker")
    books.post(stray)  # 13
    taken_back = books.allow_event(PostingKind.REVERSE, yuan(7), about=stray.key)
    books.post(books.reverse(stray, taken_back))  # 14
    return books


def rows_of(books: Books, folder: Path) -> list[Row]:
    """The rows of a book as an auditor's file has them."""
    path = folder / "book.gz"
    with sessions(books.engine)() as session:
        export_book(session, books.fund, path, {})
    return [dict(row) for row in read_rows(path)]


def journal(rows: Sequence[Row], number: int) -> Row:
    return next(row for row in rows if row["row"] == "journal" and row["seq"] == number)


def found(rows: Sequence[Row]) -> dict[str, str]:
    """Codes and sentences of what is wrong with rows."""
    verdict = judge(rows, None)
    return {fault.code.removeprefix("books."): sentence(fault) for fault in verdict.faults}


def test_a_right_book_passes_in_the_database_and_as_a_file(full: Books, tmp_path: Path) -> None:
    assert full.faults() == []
    verdict = judge(rows_of(full, tmp_path), None)
    assert (verdict.book, verdict.vouchers, verdict.last_seq, verdict.faults) == (full.fund, 14, 14, ())
    first = (tmp_path / "book.gz").read_bytes()
    rows_of(full, tmp_path)
    assert (tmp_path / "book.gz").read_bytes() == first, "the same book gives the same file"


# Rows edited in a file; each edit is named by its own kind of fault -----------------------------------------------


def _set(number: int, **fields: Any) -> Callable[[list[Row]], None]:
    return lambda rows: journal(rows, number).update(fields)


def _row(kind: str, which: int = 0) -> Callable[[list[Row]], Row]:
    return lambda rows: [row for row in rows if row["row"] == kind][which]


def _edit(kind: str, **fields: Any) -> Callable[[list[Row]], None]:
    return lambda rows: _row(kind)(rows).update(fields)


def _entry_moved(rows: list[Row]) -> None:
    accounts = {row["subject"] + "/" + row["dimension"]: row["id"] for row in rows if row["row"] == "account"}
    journal(rows, 12)["entries"] = [[accounts["contribution/市财政"], accounts["escrow_bank/pool"], yuan(60)]]


def _refunded_from_nobody(rows: list[Row]) -> None:
    (unmatched,) = (row["id"] for row in rows if row.get("subject") == "unmatched" and row["row"] == "account")
    journal(rows, 10)["entries"][0][0] = unmatched


def _swapped(rows: list[Row]) -> None:
    first, second = rows.index(journal(rows, 2)), rows.index(journal(rows, 3))
    rows[first], rows[second] = rows[second], rows[first]


EDITS: dict[str, tuple[str, Callable[[list[Row]], Any]]] = {
    "an amount": ("request", lambda rows: journal(rows, 7)["entries"][0].__setitem__(2, BRIDGE - 1)),
    "a reference": ("request", _set(7, reference="forged")),
    "an actor": ("link", _set(6, actor_id="nobody")),
    "a date": ("link", _set(6, accounting_date="2020-01-01")),
    "a moment": ("link", _set(6, at_us=1)),
    "an evidence": ("link", _set(6, evidence="00")),
    "a digest": ("chain", _set(6, hash="00" * 32)),
    "a number": ("gap", _set(6, seq=60)),
    "a voucher left out": ("gap", lambda rows: rows.remove(journal(rows, 7))),
    "vouchers out of order": ("gap", _swapped),
    "the last voucher left out": ("head", lambda rows: rows.remove(journal(rows, 14))),
    "the end left out": ("cut_short", lambda rows: rows.pop()),
    "a key used twice": ("key", lambda rows: journal(rows, 8).update(key=journal(rows, 2)["key"])),
    "another book's key": ("key", _set(8, key="XX/a/b")),
    "a reference used twice": ("reference", lambda rows: journal(rows, 14).update(kind="unmatched", reference="X-1")),
    "an unknown kind": ("kind", _set(7, kind="gift")),
    "a payment without a hold": ("kind", _set(6, resolves=None)),
    "a refund without approval": ("kind", _set(10, approval=None)),
    "an entry of another kind": ("entry", _entry_moved),
    "half a true-up": ("not_whole", lambda rows: journal(rows, 12)["entries"].pop()),
    "an amount of nothing": ("amount", lambda rows: journal(rows, 7)["entries"][1].__setitem__(2, 0)),
    "a hold resolved twice": ("hold_gone", _set(9, resolves=5)),
    "another amount on its way": ("hold_differs", lambda rows: journal(rows, 5)["hold"].__setitem__(2, BRIDGE + 1)),
    "a payment straight from the reservation": ("hold_differs", _set(3, kind="disburse")),
    "half a reversal": ("reversal", lambda rows: journal(rows, 14)["entries"].clear()),
    "an approval that is not there": ("approval_missing", _set(10, approval="none")),
    "another payee": ("approval_differs", lambda rows: _row("approval", 1)(rows).update(about="p2")),
    "an approval used twice": (
        "approval_used",
        lambda rows: journal(rows, 14).update(approval=journal(rows, 10)["approval"]),
    ),
    "one person alone": ("approval_one_person", _edit("approval", maker="checker")),
    "an approval taken back": (
        "approval_taken_back",
        lambda rows: rows.insert(
            rows.index(journal(rows, 1)), {"row": "void", "approval": journal(rows, 10)["approval"]}
        ),
    ),
    "an approval edited": ("approval_edited", _edit("approval", amount_fen=1)),
    "an approval given afterwards": ("approval_late", lambda rows: _row("approval")(rows).update(after_seq=99)),
    "an approval of before a release": (
        "approval_late",
        lambda rows: journal(rows, 4).update(kind="release", hold=None),
    ),
    "another's money paid back to a case": ("not_whole", _refunded_from_nobody),
    "money that was never there": ("overdrawn", lambda rows: journal(rows, 1)["entries"][0].__setitem__(2, 1)),
    "a cap lowered": ("over_cap", lambda rows: journal(rows, 2)["hold"].__setitem__(3, 1)),
    "a balance moved": ("balance", _edit("account", debit_fen=1)),
    "a cap raised in the balance": ("limits", _edit("account", cap_fen=10**12)),
    "a closing invented": ("closed_through", _edit("book", closed_through="2026-12-31")),
    "a stray entry": ("stray", lambda rows: rows.insert(-1, {"row": "stray", "seq": 99, "of": "entry"})),
    "a rule of one's own": ("rules", lambda rows: rows.insert(1, {**_row("permitted")(rows), "kind": "release"})),
    "a rule edited": ("rules", _edit("subject", kept_by="part", floor_fen=-1)),
    "a rule left out": ("rules", lambda rows: rows.remove(_row("follows")(rows))),
    "a rule after the vouchers": ("unreadable", lambda rows: rows.append(rows.pop(rows.index(_row("follows")(rows))))),
    "an account twice": ("unreadable", lambda rows: rows.insert(1, {**_row("account")(rows), "id": 10**6})),
    "a row of no kind": ("unreadable", lambda rows: rows.insert(0, {"row": "approvaI"})),
    "two books": ("unreadable", lambda rows: rows.insert(1, dict(rows[0]))),
    "a row that is none": ("unreadable", lambda rows: rows.append({"row": "journal"})),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_file_is_named(full: Books, tmp_path: Path, edit: str) -> None:
    rows = rows_of(full, tmp_path)
    code, change = EDITS[edit]
    before = copy.deepcopy(rows)
    change(rows)
    assert rows != before
    assert code in found(rows), found(rows)


def test_every_fault_has_a_sentence_in_both_languages_that_needs_nothing_else(full: Books, tmp_path: Path) -> None:
    """Faults as they come, in both languages; a parameter that is not there would be a KeyError."""
    said = set()
    for code, change in EDITS.values():
        rows = rows_of(full, tmp_path)
        change(rows)
        for fault in judge(rows, None).faults:
            assert "{" not in sentence(fault, "zh") + sentence(fault, "en")
            assert sentence(fault, "zh") != sentence(fault, "en")
            said.add(fault.code)
        assert f"books.{code}" in said
    assert len(said) == len({code for code, _ in EDITS.values()}), "one edit of each kind, and no kind besides"


def test_every_code_of_the_judge_has_words() -> None:
    sources = (TOP / "models" / "books").rglob("*.py")
    codes = {code for path in sources for code in re.findall(r'"(books\.\w+)"', path.read_text(encoding="utf-8"))}
    assert {"books.gap", "books.older", "books.schema_stranger"} <= codes
    codes.remove("books.po")
    assert {code for code in codes if not has_words(code, "zh") or not has_words(code, "en")} == set()


def test_a_period_that_took_something_after_it_closed_is_named(
    full: Books, superuser: Connection, tmp_path: Path
) -> None:
    full.close(TODAY)
    rows = rows_of(full, tmp_path)
    assert found(rows) == {}
    closing = _row("closing")(rows)
    closing["last_seq"] = 13
    assert "14" in found(rows)["closed"]
    closing["last_seq"] = 15
    assert "closing_order" in found(rows)


@pytest.mark.parametrize("asked_by", ["checker", " CHECKER", "maker"])
def test_31_a_close_taken_back_by_one_person_or_out_of_turn_is_named(
    full: Books, tmp_path: Path, asked_by: str
) -> None:
    full.close(TODAY)
    rows = rows_of(full, tmp_path)
    place = rows.index(_row("closing")(rows)) + 1
    taken_back = {**rows[place - 1], "asked_by": asked_by}
    again = [taken_back] if asked_by != "maker" else [taken_back, dict(taken_back)]
    rows[place:place] = again
    assert "closing_order" in found(rows)


def test_a_forged_payment_with_fitting_digests_is_named_by_what_it_does(full: Books, tmp_path: Path) -> None:
    """Whoever can recompute the chain still cannot make the books allow it."""
    from models.books.verification import journals

    rows = rows_of(full, tmp_path)
    last = journal(rows, 14)
    accounts = {row["subject"] + "/" + row["dimension"]: row["id"] for row in rows if row["row"] == "account"}
    forged: Row = {
        **last, "seq": 15, "key": f"{full.fund}/x", "kind": "receive", "case_no": CASE, "approval": None,
        "reverses": None, "prev_hash": last["hash"],
        "entries": [[accounts[f"bridge_receivable/{CASE}"], accounts["escrow_bank/pool"], yuan(1)]],
    }  # fmt: skip
    asked = json.dumps(
        [full.fund, forged["key"], "receive", CASE, forged["reference"], forged["terms_digest"], None,
         [["bridge_receivable", CASE, "escrow_bank", "pool", yuan(1)]], None, None],
        ensure_ascii=False,
    )  # fmt: skip
    forged["request_hash"] = journals._sha256(asked.encode()).hexdigest()
    forged["hash"] = journals._link(forged)
    rows.insert(rows.index(last) + 1, forged)
    _row("book")(rows).update(last_seq=15, head_hash=forged["hash"])
    _row("end")(rows)["journals"] = 15
    faults = found(rows)
    assert not {"request", "link", "chain", "head"} & faults.keys()
    assert {"entry", "over_cap"} <= faults.keys()
    assert f"voucher 15 ({full.fund}/x)" in faults["entry"]


# The file alone --------------------------------------------------------------------------------------------------


def run_alone(*argv: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "models.books.verification", *map(str, argv)]
    return subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)


def test_a_file_is_judged_without_database_or_product(full: Books, tmp_path: Path) -> None:
    rows = rows_of(full, tmp_path)
    path = tmp_path / "book.gz"
    right = run_alone(path)
    assert (right.returncode, right.stdout.splitlines()[-1]) == (0, "OK"), right.stderr
    journal(rows, 7)["actor_id"] = "nobody"
    path.write_bytes(gzip.compress("\n".join(json.dumps(row) for row in rows).encode()))
    wrong = run_alone(path, "--lang", "en")
    assert wrong.returncode == 4
    assert f"{full.fund}: voucher 7 ({full.fund}/{CASE}/return/{CASE}-LS-1): its digest" in wrong.stdout
    assert "第 7 号凭证" in json.loads(run_alone(path, "--json").stdout)["faults"][0]
    path.write_bytes(path.read_bytes()[:-200])
    assert run_alone(path).returncode == 4, "cut short"
    path.write_bytes(b"not gzip")
    assert run_alone(path).returncode == 4
    assert run_alone(tmp_path / "nothing").returncode == 2


def test_the_judge_shares_no_code_with_the_writer() -> None:
    allowed = set(sys.stdlib_module_names) | {"cryptography"}
    names = set()
    for path in (TOP / "models" / "books" / "verification").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
    own = {name for name in names if name.startswith("models.books.verification")}
    assert own
    assert {name for name in names - own if name.partition(".")[0] not in allowed} == set()
    strangers = "(m for m in sys.modules if m.startswith(('sql', 'psyc', 'pydan')))"
    loaded = f"import sys, models.books.verification; print(*{strangers})"
    done = subprocess.run([sys.executable, "-c", loaded], cwd=TOP, capture_output=True, text=True, check=True)
    assert not {"sqlalchemy", "sqlmodel", "psycopg", "pydantic", "rulebook", "babel"} & set(done.stdout.split())


# The database around the books -----------------------------------------------------------------------------------


def test_the_digests_that_ship_are_those_of_the_migrations(owner_engine: Engine) -> None:
    """After a migration: XUQIAO_WRITE_SCHEMA=1 pytest tests/books/verification/test_verify.py -k digests"""
    with owner_engine.connect() as connection:
        found = schema_digests(connection)
    if os.environ.get("XUQIAO_WRITE_SCHEMA"):
        SCHEMA.write_text(json.dumps(found, indent=1) + "\n")
    assert json.loads(SCHEMA.read_text()) == found, test_the_digests_that_ship_are_those_of_the_migrations.__doc__


def test_the_digests_of_the_rules_that_the_judge_knows_include_todays(owner_engine: Engine) -> None:
    """Written like the others; what a release has shipped stays in the list beside what came after it."""
    with owner_engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        today = rules_digest([row for row in rows_in(driver, "any") if row["row"] in RULES])
    if os.environ.get("XUQIAO_WRITE_SCHEMA"):
        KNOWN.write_text(json.dumps([today]) + "\n")
    assert today in json.loads(KNOWN.read_text())


def test_every_guard_of_the_migrations_is_looked_at(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        there = {row.name for row in connection.execute(ledger_check._GUARDS)}
    assert there == ledger_check.GUARDS


TAMPERING = {
    "a function replaced": (
        "CREATE OR REPLACE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "function ledger.refuse_change(): is not what the migrations made",
    ),
    "a function that anybody may call": (
        "GRANT EXECUTE ON FUNCTION ledger.post(jsonb) TO PUBLIC",
        "grant EXECUTE on ledger.post(jsonb) to PUBLIC: is a stranger in the database",
    ),
    "a function of one's own": (
        "CREATE FUNCTION ledger.pay() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "function ledger.pay(): is a stranger in the database",
    ),
    "a column that may be written": (
        "GRANT UPDATE (amount_fen) ON ledger.posting TO xuqiao_app",
        "grant UPDATE on posting.amount_fen to xuqiao_app: is a stranger in the database",
    ),
    "a check dropped": (
        "ALTER TABLE ledger.balance DROP CONSTRAINT balance_not_overdrawn",
        "constraint balance.balance_not_overdrawn: is missing from the database",
    ),
    "an index dropped": (
        "DROP INDEX ledger.journal_approval_once",
        "index journal_approval_once: is missing from the database",
    ),
    "a trigger dropped": (
        "DROP TRIGGER move_balances ON ledger.posting",
        "trigger posting.move_balances: is missing from the database",
    ),
    "a trigger of one's own": (
        "CREATE TRIGGER aside BEFORE INSERT ON ledger.posting FOR EACH ROW EXECUTE FUNCTION ledger.move_balances()",
        "trigger posting.aside: is a stranger in the database",
    ),
    "a rule that swallows": (
        "CREATE RULE nothing AS ON INSERT TO ledger.approval DO INSTEAD NOTHING",
        "rule approval.nothing: is a stranger in the database",
    ),
    "foreign keys switched off": (
        "ALTER TABLE ledger.journal DISABLE TRIGGER ALL",
        "foreign keys of journal: is not what the migrations made",
    ),
    "an entry permitted": (
        "INSERT INTO ledger.permitted VALUES ('release', 'loss', NULL, 'escrow_bank', 'pool')",
        "rows of permitted: is not what the migrations made",
    ),
    "the application made superuser": (
        "ALTER ROLE xuqiao_app CREATEROLE",
        "role xuqiao_app: is not what the migrations made",
    ),
    "the desk's role lent to the worker": (
        "GRANT xuqiao_desk TO xuqiao_app",
        "role xuqiao_app: is not what the migrations made",
    ),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_tampering_with_the_guards_is_named(superuser: Connection, how: str) -> None:
    statement, said = TAMPERING[how]
    assert list(schema_faults(superuser)) == []
    superuser.exec_driver_sql(statement)
    assert said in [sentence(fault) for fault in schema_faults(superuser)]


def test_reading_is_nobodys_harm(superuser: Connection) -> None:
    superuser.exec_driver_sql("CREATE ROLE an_auditor_of_this_test")
    superuser.exec_driver_sql("GRANT USAGE ON SCHEMA ledger TO an_auditor_of_this_test")
    superuser.exec_driver_sql("GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO an_auditor_of_this_test")
    assert list(schema_faults(superuser)) == []


def test_a_stray_row_and_hostile_text_in_the_database(full: Books, superuser: Connection) -> None:
    """Tabs, line ends, backslashes and quotes come through as they are, and an entry of no voucher is named."""
    hostile = 'a\tb\nc\\N\\t"d"\r\x01'
    receipt = postings.unmatched_receipt(full.fund, yuan(1), reference=hostile, on=TODAY, actor_id=hostile)
    full.post(receipt.model_copy(update={"evidence": "\\N"}))
    assert full.faults() == []
    superuser.exec_driver_sql("ALTER TABLE ledger.posting DISABLE TRIGGER ALL")
    superuser.execute(
        text(
            "INSERT INTO ledger.posting SELECT book, 99, line, debit, credit, amount_fen FROM ledger.posting"
            " WHERE book = :book AND seq = 1"
        ),
        {"book": full.fund},
    )
    superuser.exec_driver_sql("ALTER TABLE ledger.posting ENABLE TRIGGER ALL")
    with Session(superuser) as session:
        assert [f.params["voucher"] for f in find_faults(session, full.fund) if f.code == "books.stray"] == [99]


def test_a_book_longer_than_one_stretch_is_read_whole(full: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.books.rows._AT_ONCE", 3)
    with sessions(full.engine)() as session:
        verdict = verify_book(session, full.fund, {})
    assert (verdict.vouchers, verdict.faults) == (14, ())


def test_a_written_off_bridge_stays_whole(full: Books) -> None:
    full.lend(f"{CASE}-x", yuan(10))
    given_up = full.allow_event(PostingKind.WRITE_OFF, yuan(10), about="HX-1", case=f"{CASE}-x")
    full.post(write_off(full.record(), f"{CASE}-x", yuan(10), approval=given_up, decision="HX-1"))
    assert full.faults() == []
