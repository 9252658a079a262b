"""Bring a database to the newest schema. No alembic.ini: what it would say stands here."""

from importlib import import_module
from importlib.resources import files
from pkgutil import walk_packages

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, text
from sqlmodel import SQLModel

import models
from models.database import engine_for

# Two starters must not migrate at once; any fixed number serves, it only has to be ours.
_LOCK = 7_305_821_466_002
_MIGRATIONS = "models.migrations"


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Run every migration that the database lacks, all of them or none.

    Args:
        owner_url: the database as ``xuqiao_owner``.
        revision: where to stop; the newest unless a test of migrations says otherwise.
    Raises:
        sqlalchemy.exc.DBAPIError: the server refused a statement; the schema is then as it was.
    """
    engine = engine_for(owner_url, pool_size=1)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            connection.commit()  # the lock belongs to the session and lasts until the connection closes
            command.upgrade(alembic_config(connection), revision)
            connection.commit()
            connection.detach()  # closed rather than pooled, which frees the lock
    finally:
        engine.dispose()


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for one open connection, with the migrations that ship beside this module."""
    config = Config()
    config.set_main_option("script_location", str(files("models") / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def tables() -> MetaData:
    """Every table of ``models``, imported only here: starting a stack must not wait for them."""
    for module in walk_packages(models.__path__, prefix="models."):
        if not module.name.startswith(_MIGRATIONS):  # they run in Alembic's hands only
            import_module(module.name)
    metadata: MetaData = SQLModel.metadata
    return metadata
