"""A fund of the example's, 20,000,000 yuan in its ring-fenced account since 2025-08-17."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.books.statement.account import Account, open_account


@pytest.fixture
def account(app_engine: Engine, desk_engine: Engine, tmp_path: Path) -> Account:
    return open_account(app_engine, desk_engine, tmp_path)
