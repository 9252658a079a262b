"""The one way to reach PostgreSQL: an engine that survives a killed server and a frozen link, and sessions on it."""

import logging
import select
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

CONNECT_TIMEOUT_SECONDS = 5
HELD_AT_MOST_SECONDS = 45.0
"""A transaction of a process that serves others is short; a longer one hangs on a server that does not answer."""
FRESH_SECONDS = 1.0
"""A connection that came back so lately answered then: it is lent again unless the server has spoken since."""
PREPARED_AFTER = 5
"""Times that a connection sends a statement before the server keeps it."""

_LINK: Mapping[str, str | int | None] = {
    "connect_timeout": CONNECT_TIMEOUT_SECONDS,
    "application_name": "xuqiao",
    # A peer that is gone without a word is missed within half a minute, whether we wait for it or write to it.
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_RETURNED = "returned"
_log = logging.getLogger(__name__)


def engine_for(url: str, pool_size: int = 10, held_at_most: float | None = None, *, prepares: bool = False) -> Engine:
    """A pool of connections to one database; nothing is opened until it is used.

    Args:
        url: ``postgresql://…`` as libpq takes it (several hosts too), or with SQLAlchemy's ``+psycopg``.
        pool_size: connections at the most; callers beyond it wait for one to come back.
        held_at_most: seconds after which a connection that is lent out is cut off, so that whoever waits on a link that
            does not answer learns it; None where work may take its time, as reports do.
        prepares: whether the server keeps statements that come again, which spares it two thirds of its work on them; a
            pooler in transaction mode may not stand between.
    Returns:
        an engine that tests each connection before lending it, so that a restarted server costs no caller an error.
    """
    engine = create_engine(
        "postgresql+psycopg://",
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,  # personal data must not reach a log through an error's text
        connect_args={"prepare_threshold": PREPARED_AFTER if prepares else None, **_LINK},
    )
    address = plain_url(url)

    @event.listens_for(engine, "do_connect")
    def _by_address(_dialect: object, _record: object, positional: list[str], _named: object) -> None:
        positional[:] = [address]  # libpq reads it, not SQLAlchemy, which knows one host and undoes what is escaped

    if held_at_most is not None:
        _Watch(held_at_most).over(engine)
    event.listen(engine, "checkin", _note_return)
    event.listen(engine, "checkout", _refuse_dead)
    return engine


def sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions whose rows stay readable after commit; ``sessions(engine).begin()`` commits at its end."""
    return sessionmaker(engine, class_=Session, expire_on_commit=False)


def plain_url(url: str) -> str:
    """The same address without SQLAlchemy's driver name, as libpq and psycopg take it.

    >>> plain_url("postgresql+psycopg://u:p%20w@one:5432,two:5433/cases")
    'postgresql://u:p%20w@one:5432,two:5433/cases'
    """
    scheme, separator, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}{separator}{rest}"


def listening_url(url: str) -> str:
    """The same address for a connection of one's own, which misses a peer that is gone as those of the pool do."""
    return make_conninfo(plain_url(url), **_LINK)


def _note_return(_connection: psycopg.Connection[Any] | None, record: ConnectionPoolEntry) -> None:
    """It has just ended its transaction, so the server answers on it."""
    record.info[_RETURNED] = time.monotonic()


def _refuse_dead(connection: psycopg.Connection[Any], record: ConnectionPoolEntry, _proxy: object) -> None:
    """Test a connection before it is lent; the pool then opens another. It is watched already while it is tested."""
    returned: float | None = record.info.get(_RETURNED)
    fresh = returned is not None and time.monotonic() - returned < FRESH_SECONDS
    if fresh and not connection.closed and not _has_news(connection):
        return
    try:
        alive = connection.pgconn.exec_(b"").status == psycopg.pq.ExecStatus.EMPTY_QUERY
    except Exception:  # one that is closed already fails in ways of its own
        alive = False
    if not alive:
        raise DisconnectionError


def _has_news(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server has said something that nobody asked for, as one does that ends a connection."""
    waiting = select.poll()
    waiting.register(connection.pgconn.socket, select.POLLIN)
    return bool(waiting.poll(0))


class _Watch:
    """Cuts off connections that are lent for too long, from a thread of its own."""

    def __init__(self, at_most: float) -> None:
        self._at_most = at_most
        self._lent: dict[int, tuple[float, psycopg.Connection[Any]]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def over(self, engine: Engine) -> None:
        """Watch what this engine lends from now on."""
        event.listen(engine, "checkout", self._lend)
        event.listen(engine, "checkin", self._take_back)

    def _lend(self, connection: psycopg.Connection[Any], _record: object, _proxy: object) -> None:
        with self._lock:
            self._lent[id(connection)] = (time.monotonic(), connection)
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="database-watch", daemon=True)
                self._thread.start()

    def _take_back(self, connection: psycopg.Connection[Any] | None, _record: object) -> None:
        with self._lock:
            self._lent.pop(id(connection), None)

    def _look(self) -> None:
        while True:
            time.sleep(self._at_most / 10)
            now = time.monotonic()
            with self._lock:
                due = [(key, held) for key, (since, held) in self._lent.items() if now - since > self._at_most]
                for key, _ in due:
                    del self._lent[key]
            for _, held in due:
                _log.error("the database has not answered for %.0f s; the connection is cut off", self._at_most)
                with suppress(Exception):  # it may have come back, or be closed, in this very moment
                    _cut_off(held.pgconn.socket)


def _cut_off(descriptor: int) -> None:
    """Whoever waits on this connection is told at once that it is gone."""
    with socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM) as link:
        link.shutdown(socket.SHUT_RDWR)
