"""What those who attack the books do, and what the check sees of it."""

import json
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from models.books import ledger

TABLES = (
    *("subject", "kind", "permitted", "follows", "book", "account", "balance"),
    *("journal", "posting", "hold", "approval", "closing", "seal", "void"),
)


def attempt(engine: Engine, statement: str, **params: object) -> BaseException:
    with pytest.raises(DBAPIError) as caught, engine.begin() as connection:
        connection.execute(text(statement), params)
    assert caught.value.orig is not None
    return caught.value.orig


def at_the_door(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    """The door's own answer to a request that no builder would make."""
    with engine.begin() as connection:
        knock = text("SELECT ledger.post(CAST(:r AS jsonb))")
        answer: dict[str, Any] = connection.execute(knock, {"r": json.dumps(request)}).scalar_one()
    return answer


def with_guards_back(superuser: Connection, table: str) -> None:
    """As a careful intruder would leave them."""
    names = superuser.exec_driver_sql(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", (f"ledger.{table}",)
    ).all()
    for (name,) in names:
        superuser.exec_driver_sql(f"ALTER TABLE ledger.{table} ENABLE ALWAYS TRIGGER {name}")


def seen_by(superuser: Connection, fund: str) -> list[str]:
    """The check's answer inside the superuser's own transaction, which is never committed."""
    with Session(superuser) as session:
        return ledger.check_books(session, fund)
