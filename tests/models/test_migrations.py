"""The tables in code and the tables in the database are the same."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from models.migrate import tables


def test_the_migrated_database_has_exactly_the_tables_of_the_code(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        ours = [d for d in compare_metadata(context, tables()) if "alembic_version" not in str(d)]
    named_only_in_sql = {"open_errands", "statement_line_folded"}
    told_only_in_sql = {"remove_table_comment"}
    ours = [d for d in ours if d[0] not in told_only_in_sql]
    assert [d for d in ours if not (d[0] == "remove_index" and d[1].name in named_only_in_sql)] == []
