"""Says what is wrong with a book: ``models.books.verification`` judges its rows, its guards are looked at here."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from psycopg import Connection as PostgresConnection
from sqlalchemy import Connection, Engine, text
from sqlmodel import Session

from models.books.rows import Row, rows_of
from models.books.schema import schema_faults
from models.books.verification import Fault, OutsideSeal, Verdict, judge, sentence

_KEEP_WAITING = text("SELECT pg_advisory_xact_lock_shared(hashtextextended('ledger/' || CAST(:book AS text), 0))")
_GUARDS = text("""
    SELECT c.relname || '.' || t.tgname AS name, t.tgenabled = 'A' AS always
    FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'ledger'::regnamespace AND NOT t.tgisinternal
""")
_ONLY_GROWING = ("subject", "kind", "permitted", "follows", "account", "journal", "posting", "hold", "book", "balance")
_ALSO_ONLY_GROWING = ("approval", "closing", "seal", "void")
GUARDS = frozenset(
    {f"{table}.only_grows" for table in (*_ONLY_GROWING, *_ALSO_ONLY_GROWING)}
    | {"balance.only_by_trigger", "book.only_by_trigger", "account.open_balance", "posting.move_balances"}
    | {"posting.use_line_once", "journal.use_reference_once"}
    | {"hold.hold_balances", "journal.free_balances", "journal.number_and_chain", "journal.owe_again"}
    | {"closing.close_period", "seal.seal_what_is_there", "void.void_what_is_unused", "journal.refuse_void"}
)


def check_books(session: Session, fund: str) -> list[str]:
    """What ``find_faults`` finds, in English sentences."""
    return [sentence(fault) for fault in find_faults(session, fund)]


def find_faults(session: Session, fund: str) -> list[Fault]:
    """Recompute one book from its rows, and look whether every guard stands.

    Args:
        session: any that may read the ledger. A fresh one reads one moment while others write; one that is in a
            transaction already keeps the book's writers waiting until it ends.
        fund: whose book.
    Returns:
        one fault of each kind, naming the first wrong row; empty when all is right.
    """
    connection = _undisturbed(session, fund)
    verdict = judge(rows_of(_driver(connection), fund), None)
    return [*verdict.faults, *_guard_faults(connection)]


def verify_book(
    session: Session, fund: str, keys: Mapping[str, str] | None, outside: Sequence[OutsideSeal] = ()
) -> Verdict:
    """Recompute one book from its rows, the signatures of its seals included.

    Args:
        session: as above.
        fund: whose book.
        keys: public keys by id; a seal of any other is a fault. With None no signature is looked at.
        outside: seals that were kept outside the database; a book older than one of them is a fault.
    """
    return judge(rows_undisturbed(session, fund, keys or {}), keys, outside)


def database_faults(session: Session) -> list[Fault]:
    """What is wrong around all books: guards that are off, and whatever is not as the migrations made it."""
    connection = session.connection()
    return [*_guard_faults(connection), *schema_faults(connection)]


def rows_undisturbed(session: Session, fund: str, keys: Mapping[str, str]) -> Iterator[Row]:
    """The rows of a book at one moment, and public keys to go along, for an export."""
    return rows_of(_driver(_undisturbed(session, fund)), fund, keys)


def _undisturbed(session: Session, fund: str) -> Connection:
    """A connection whose statements all see the same book: half of a journal must not look like a fault."""
    if isinstance(session.get_bind(), Engine) and not session.in_transaction():
        return session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    connection = session.connection()
    connection.execute(_KEEP_WAITING, {"book": fund})
    return connection


def _driver(connection: Connection) -> PostgresConnection[Any]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, PostgresConnection), "the engine is made for psycopg"
    return driver


def _guard_faults(connection: Connection) -> list[Fault]:
    always = {row.name for row in connection.execute(_GUARDS) if row.always}
    return [Fault("books.guard", {"guard": name}) for name in sorted(GUARDS - always)]
