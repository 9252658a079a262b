"""The one way to reach PostgreSQL: an engine that survives a killed server, and sessions on it."""

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session

CONNECT_TIMEOUT_SECONDS = 5


def engine_for(url: str, pool_size: int = 10) -> Engine:
    """A pool of connections to one database; nothing is opened until it is used.

    Args:
        url: ``postgresql://…`` or ``postgresql+psycopg://…`` with the password in it.
        pool_size: connections at the most; callers beyond it wait for one to come back.
    Returns:
        an engine that tests each connection before lending it, so that a restarted server costs no caller an error.
    """
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,  # personal data must not reach a log through an error's text
        connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS, "application_name": "xuqiao"},
    )


def sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions whose rows stay readable after commit; ``sessions(engine).begin()`` commits at its end."""
    return sessionmaker(engine, class_=Session, expire_on_commit=False)


def plain_url(url: str) -> str:
    """The same address without SQLAlchemy's driver name, as libpq and psycopg take it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
