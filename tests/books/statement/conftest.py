"""A fund of the example's, 20,000,000 yuan in its ring-fenced account since 2025-08-17."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.books.statement.account import Account, open_account


@pytest.fixture
def account(app_engine: Engine, desk_engine: Engine, owner_engine: Engine, tmp_path: Path) -> Iterator[Account]:
    """Afterwards it gives the example's account number back: that is one fund's, here as elsewhere."""
    opened = open_account(app_engine, desk_engine, tmp_path)
    yield opened
    with owner_engine.begin() as connection:
        connection.execute(text("UPDATE fund SET escrow_number = code WHERE code = :code"), {"code": opened.fund})
