"""Around the door there is no way; and where a superuser makes one, the check names the row."""

import json

import pytest
from psycopg import errors
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from models.books import ledger
from models.database import sessions
from rulebook.money import yuan
from tests.books.conftest import Books
from tests.books.door.attacks import TABLES, at_the_door, attempt, seen_by, with_guards_back

CASE = "L-2026-00001-1"
BRIDGE = yuan(5_000_000)


@pytest.fixture
def lent(books: Books) -> Books:
    books.lend(CASE, BRIDGE)  # vouchers 2, 3 and 4
    return books


@pytest.mark.parametrize("table", TABLES)
def test_the_application_may_only_look(app_engine: Engine, table: str) -> None:
    column = {
        "subject": "subject",
        "kind": "kind",
        "permitted": "kind",
        "follows": "kind",
        "balance": "floor_fen",
        "void": "at",
    }.get(table, "book")
    for statement in (
        f"UPDATE ledger.{table} SET {column} = {column}",
        f"DELETE FROM ledger.{table}",
        f"INSERT INTO ledger.{table} OVERRIDING SYSTEM VALUE SELECT * FROM ledger.{table}",
        f"TRUNCATE ledger.{table}",
        f"ALTER TABLE ledger.{table} DISABLE TRIGGER ALL",
    ):
        assert isinstance(attempt(app_engine, statement), errors.InsufficientPrivilege), statement


def test_the_grants_say_look_and_knock_and_nothing_else(app_engine: Engine) -> None:
    with app_engine.connect() as connection:
        tables = connection.execute(
            text(
                "SELECT DISTINCT p.privilege FROM pg_class AS c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE',"
                " 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p(privilege) WHERE c.relnamespace = 'ledger'::regnamespace"
                " AND c.relkind IN ('r', 'v') AND has_table_privilege('xuqiao_app', c.oid, p.privilege)"
            )
        ).scalars()
        functions = connection.execute(
            text(
                "SELECT p.proname FROM pg_proc AS p WHERE p.pronamespace = 'ledger'::regnamespace"
                " AND has_function_privilege('xuqiao_app', p.oid, 'EXECUTE')"
            )
        ).scalars()
        assert (tables.all(), sorted(functions.all())) == (["SELECT"], ["folded", "post"])


@pytest.mark.parametrize("table", TABLES)
def test_the_owner_cannot_take_a_row_back(owner_engine: Engine, lent: Books, table: str) -> None:
    for statement in (f"DELETE FROM ledger.{table}", f"TRUNCATE ledger.{table} CASCADE"):
        assert isinstance(attempt(owner_engine, statement), errors.RestrictViolation), statement


@pytest.mark.parametrize("table", TABLES)
def test_the_owner_cannot_change_a_row_not_even_as_a_replica(
    owner_engine: Engine, superuser: Connection, lent: Books, table: str
) -> None:
    column = {
        "subject": "subject",
        "kind": "kind",
        "permitted": "kind",
        "follows": "kind",
        "balance": "debit_fen",
        "void": "at",
    }.get(table, "book")
    change = f"UPDATE ledger.{table} SET {column} = {column}"
    assert isinstance(attempt(owner_engine, change), errors.RestrictViolation)
    superuser.exec_driver_sql("SET session_replication_role = replica")
    with pytest.raises(DBAPIError) as refused:
        superuser.exec_driver_sql(change)
    assert isinstance(refused.value.orig, errors.RestrictViolation)


def test_a_thousandth_of_a_yuan_is_an_error_at_the_door(app_engine: Engine, books: Books) -> None:
    request = books.reserve(CASE, BRIDGE).wire()
    request["hold"][4] = 100.5
    refused = attempt(app_engine, "SELECT ledger.post(CAST(:r AS jsonb))", r=json.dumps(request))
    assert isinstance(refused, errors.InvalidTextRepresentation)


def test_a_negative_amount_is_refused_at_the_door(app_engine: Engine, lent: Books) -> None:
    reservation = lent.reserve("L-2026-00002-2", BRIDGE).wire() | {"cap_fen": -100}
    reservation["hold"][4] = -100
    receipt = lent.receive(CASE, principal_fen=BRIDGE).wire()
    receipt["lines"][0][4] = -100
    for request in (reservation, receipt):
        answer = at_the_door(app_engine, request)
        assert (answer["refused"], answer["rule"][-11:]) == ("broken_rule", "_above_zero"), answer
    assert lent.position(CASE).outstanding_fen == BRIDGE


def test_a_key_of_another_book_is_refused(books: Books) -> None:
    foreign = books.reserve(CASE, BRIDGE).model_copy(update={"key": "elsewhere/x/reserve"})
    error = books.refused(foreign)
    assert (error.code, error.params["rule"]) == ("ledger.broken_rule", "journal_key_of_its_book")


@pytest.mark.parametrize("where", ["TEMP TABLE journal", "TABLE public.journal", "SCHEMA mine"])
def test_a_caller_can_make_nothing_that_the_door_could_mistake_for_its_own(app_engine: Engine, where: str) -> None:
    columns = "" if where.startswith("SCHEMA") else " (key text)"
    assert isinstance(attempt(app_engine, f"CREATE {where}{columns}"), errors.InsufficientPrivilege)


# What a superuser can do with triggers disabled, and how it shows -------------------------------------------------

EDITS = {
    "an amount": ("posting", "UPDATE ledger.posting SET amount_fen = amount_fen - 1 WHERE book = %s AND seq = 4"),
    "a date": ("journal", "UPDATE ledger.journal SET accounting_date = '2020-01-01' WHERE book = %s AND seq = 4"),
    "an actor": ("journal", "UPDATE ledger.journal SET actor_id = 'nobody' WHERE book = %s AND seq = 4"),
    "a reference": ("journal", "UPDATE ledger.journal SET reference = 'forged' WHERE book = %s AND seq = 4"),
    "a digest": ("journal", "UPDATE ledger.journal SET hash = sha256('x') WHERE book = %s AND seq = 4"),
    "a hold": ("hold", "UPDATE ledger.hold SET amount_fen = amount_fen - 1 WHERE book = %s AND seq = 2"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_row_is_named(superuser: Connection, lent: Books, edit: str) -> None:
    table, statement = EDITS[edit]
    number = 2 if table == "hold" else 4
    assert lent.faults() == []
    superuser.exec_driver_sql(f"ALTER TABLE ledger.{table} DISABLE TRIGGER ALL")
    superuser.exec_driver_sql(statement, (lent.fund,))
    superuser.exec_driver_sql(f"ALTER TABLE ledger.{table} ENABLE TRIGGER ALL")
    with_guards_back(superuser, table)
    faults = seen_by(superuser, lent.fund)
    assert faults
    assert faults[0].startswith(f"{lent.fund}: voucher {number} "), faults


MOVED = """
    UPDATE ledger.balance AS b SET debit_fen = debit_fen + 1 FROM ledger.account AS a
    WHERE a.id = b.account AND a.dimension = 'pool' AND a.book = %s
"""


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("DELETE FROM ledger.posting WHERE book = %s AND seq = 4", "voucher 4 "),
        (
            MOVED,
            "account escrow_bank/pool",
        ),
        ("UPDATE ledger.book SET last_seq = last_seq + 1 WHERE book = %s", "rows end with 4"),
        ("UPDATE ledger.journal SET seq = 9, at = at WHERE book = %s AND seq = 4", "numbers have a gap"),
    ],
)
def test_a_row_taken_away_and_a_moved_balance_are_named(
    superuser: Connection, lent: Books, statement: str, word: str
) -> None:
    for table in TABLES:
        superuser.exec_driver_sql(f"ALTER TABLE ledger.{table} DISABLE TRIGGER ALL")
    superuser.exec_driver_sql(statement, (lent.fund,))
    faults = seen_by(superuser, lent.fund)
    assert any(word in fault for fault in faults), faults


def test_an_entry_slipped_in_by_the_owner_is_named(owner_engine: Engine, lent: Books) -> None:
    with owner_engine.connect() as connection:
        connection.execute(
            text(
                "INSERT INTO ledger.posting SELECT book, seq, 2::smallint, credit, debit, 1 FROM ledger.posting"
                " WHERE book = :book AND seq = 4"
            ),
            {"book": lent.fund},
        )
        with sessions(owner_engine)(bind=connection) as session:
            faults = ledger.check_books(session, lent.fund)
        connection.rollback()
    assert faults[0].startswith(f"{lent.fund}: voucher 4 ")


@pytest.mark.parametrize("how", ["DISABLE", "ENABLE"])
def test_a_guard_that_is_off_or_not_always_on_is_named(superuser: Connection, lent: Books, how: str) -> None:
    superuser.exec_driver_sql(f"ALTER TABLE ledger.posting {how} TRIGGER move_balances")
    assert seen_by(superuser, lent.fund) == ["guard posting.move_balances is missing or not always on"]
