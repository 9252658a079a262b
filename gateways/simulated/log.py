"""The bank's own durable log: SQLite in WAL, shared by processes, safe against a killed one; none of our PostgreSQL."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WAIT_SECONDS = 30.0

_TABLES = """
    -- The bank's own day, one row.
    CREATE TABLE IF NOT EXISTS clock (one INTEGER PRIMARY KEY CHECK (one = 1), today TEXT NOT NULL);
    -- How the bank behaves for one loan; '*' for all others.
    CREATE TABLE IF NOT EXISTS script (loan_note TEXT PRIMARY KEY, body TEXT NOT NULL);
    -- What the bank was asked; round counts the questions about one case.
    CREATE TABLE IF NOT EXISTS question (
        key TEXT PRIMARY KEY, case_no TEXT NOT NULL, round INTEGER NOT NULL, body TEXT NOT NULL,
        UNIQUE (case_no, round));
    -- One payment order by key, and what became of it.
    CREATE TABLE IF NOT EXISTS payment (
        key TEXT PRIMARY KEY, case_no TEXT NOT NULL, body TEXT NOT NULL, status TEXT NOT NULL, hidden INTEGER NOT NULL,
        paid_on TEXT, reference TEXT, reason TEXT);
    CREATE INDEX IF NOT EXISTS payment_of_case ON payment (case_no);
    -- Every time an order was sent, whatever came of it.
    CREATE TABLE IF NOT EXISTS attempt (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL, on_day TEXT NOT NULL, outcome TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS attempt_of_key ON attempt (key);
    -- What will happen or has happened at the bank; state: waiting, told (a message not yet acknowledged), done.
    CREATE TABLE IF NOT EXISTS event (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, case_no TEXT NOT NULL, loan_note TEXT NOT NULL,
        step TEXT NOT NULL, round INTEGER NOT NULL, part INTEGER NOT NULL, due_on TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'waiting', occurred_at TEXT, body TEXT);
    CREATE INDEX IF NOT EXISTS event_waiting ON event (due_on, id) WHERE state = 'waiting';
    CREATE INDEX IF NOT EXISTS event_told ON event (occurred_at, id) WHERE state = 'told';
"""


class BankLog:
    """One file; any number of objects, threads and processes may use it at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._pid = 0

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that sees and changes the log alone, on disk when it ends; inside another, a part of it."""
        with self._lock:
            connection = self._open()
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The log as it is now."""
        with self._lock:
            yield self._open()

    def close(self) -> None:
        with self._lock:
            if self._connection is not None and self._pid == os.getpid():
                self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None or self._pid != os.getpid():  # a forked child must not share a connection
            self._connection, self._pid = self._connect(), os.getpid()
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        patience = time.monotonic() + _WAIT_SECONDS
        while True:  # two processes that open a new file at once: SQLite refuses one of them without waiting
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")
                return connection
            except sqlite3.OperationalError as refused:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if "locked" not in str(refused) or time.monotonic() > patience:
                    connection.close()
                    raise
            time.sleep(0.02)
