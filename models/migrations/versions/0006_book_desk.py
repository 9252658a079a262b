"""The desk of the books: what officers book beside the cases, by two people.

Revision: 0006_book_desk, after the statement.
"""

from pathlib import Path

from alembic import op

revision = "0006_book_desk"
down_revision = "0005_statement"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0006_book_desk.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("decisions are kept for 30 years: restore a backup instead of dropping them")
