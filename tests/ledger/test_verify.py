"""The judge: every kind of wrong row is named, in the database as in an exported file, and a right book passes."""

import json
import os
from pathlib import Path

from sqlalchemy import Engine

from models.ledger_schema import EXPECTED, schema_digests

SCHEMA = Path(__file__).parents[2] / "models" / EXPECTED


def test_the_digests_that_ship_are_those_of_the_migrations(owner_engine: Engine) -> None:
    """After a migration: XUQIAO_WRITE_SCHEMA=1 pytest tests/ledger/test_verify.py -k digests"""
    with owner_engine.connect() as connection:
        found = schema_digests(connection)
    if os.environ.get("XUQIAO_WRITE_SCHEMA"):
        SCHEMA.write_text(json.dumps(found, indent=1) + "\n")
    assert json.loads(SCHEMA.read_text()) == found, test_the_digests_that_ship_are_those_of_the_migrations.__doc__
