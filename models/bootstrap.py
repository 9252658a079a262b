"""Roles and the empty database, made by a superuser before any migration; run as often as you like.

Roles belong to the whole cluster, so several databases share them; migrations only grant to them.
"""

from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from models.database import plain_url

OWNER = "xuqiao_owner"
APP = "xuqiao_app"
DESK = "xuqiao_desk"

IDLE_IN_TRANSACTION_SECONDS = 30
"""A program that stands still in the middle of a transaction (frozen, cut off) loses it after so long, with every
lock that it holds: what waits behind it goes on, and its own step is repeated when it wakes."""

# Two starters must not create the same role at once; any fixed number serves, it only has to be ours.
_LOCK = 7_305_821_466_001
_BUILTIN_LOCALES_SINCE = 170000


@dataclass(frozen=True)
class DatabaseUrls:
    """The ways into one database: the owner migrates, the application works the cases, the desk puts on record what
    people decide. Passwords stay out of the repr."""

    owner: str = field(repr=False)
    app: str = field(repr=False)
    desk: str = field(repr=False)


@dataclass(frozen=True)
class RolePasswords:
    """Of the three roles; they stay out of the repr."""

    owner: str = field(repr=False)
    app: str = field(repr=False)
    desk: str = field(repr=False)


def bootstrap(superuser_url: str, database: str, passwords: RolePasswords) -> DatabaseUrls:
    """Make the roles, the database and its bare privileges, or bring them to what they should be.

    Args:
        superuser_url: any database of the cluster, as a role that may create roles and databases.
        database: its name; made with UTF-8 and the collation of code points, the same on every machine.
        passwords: of ``xuqiao_owner``, who owns the database and everything in it, and of ``xuqiao_app`` and
            ``xuqiao_desk``, who may connect, and otherwise only do what migrations grant.
    Returns:
        the addresses of the database for all roles.
    Raises:
        psycopg.Error: the server cannot be reached, or the role given may not do this.
    """
    with psycopg.connect(plain_url(superuser_url), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        _role(connection, OWNER, passwords.owner, "INHERIT")
        _role(connection, APP, passwords.app, "NOINHERIT")
        _role(connection, DESK, passwords.desk, "NOINHERIT")
        _database(connection, database)
    with psycopg.connect(plain_url(superuser_url), dbname=database, autocommit=True) as inside:
        _close_to_public(inside, database)
    return database_urls(superuser_url, database, passwords)


def database_urls(any_url: str, database: str, passwords: RolePasswords) -> DatabaseUrls:
    """The addresses of a database that already stands on the server of ``any_url``."""
    url = make_url(any_url).set(drivername="postgresql+psycopg", database=database)

    def as_role(name: str, password: str) -> str:
        return url.set(username=name, password=password).render_as_string(hide_password=False)

    return DatabaseUrls(
        owner=as_role(OWNER, passwords.owner), app=as_role(APP, passwords.app), desk=as_role(DESK, passwords.desk)
    )


def _role(connection: psycopg.Connection, name: str, password: str, inherit: str) -> None:
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    # Hashed on this side, so that the password itself cannot end in a server log.
    verifier = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    connection.execute(
        sql.SQL("{verb} ROLE {name} LOGIN {inherit} NOCREATEDB NOCREATEROLE PASSWORD {verifier}").format(
            verb=sql.SQL("ALTER" if exists else "CREATE"),
            name=sql.Identifier(name),
            inherit=sql.SQL(inherit),
            verifier=sql.Literal(verifier),
        )
    )
    if name != OWNER:  # a migration may take its time
        connection.execute(
            sql.SQL("ALTER ROLE {name} SET idle_in_transaction_session_timeout = {seconds}").format(
                name=sql.Identifier(name), seconds=sql.Literal(f"{IDLE_IN_TRANSACTION_SECONDS}s")
            )
        )


def _database(connection: psycopg.Connection, database: str) -> None:
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        return
    superuser = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if superuser != (True,):  # a managed server's administrator must belong to the role it gives the database to
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER)))
    locale = "LC_COLLATE 'C' LC_CTYPE 'C'"
    if connection.info.server_version >= _BUILTIN_LOCALES_SINCE:
        locale += " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
    connection.execute(
        sql.SQL("CREATE DATABASE {database} OWNER {owner} TEMPLATE template0 ENCODING 'UTF8' {locale}").format(
            database=sql.Identifier(database), owner=sql.Identifier(OWNER), locale=sql.SQL(locale)
        )
    )


def _close_to_public(inside: psycopg.Connection, database: str) -> None:
    names = {
        "database": sql.Identifier(database),
        "owner": sql.Identifier(OWNER),
        "app": sql.Identifier(APP),
        "desk": sql.Identifier(DESK),
    }
    for statement in (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {database} TO {app}, {desk}",
        "ALTER DATABASE {database} SET timezone TO 'UTC'",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        # A new function is everybody's to call unless this is said; the ledger's door must not be.
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
    ):
        inside.execute(sql.SQL(statement).format(**names))
