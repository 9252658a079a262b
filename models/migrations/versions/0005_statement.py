"""The statement of the ring-fenced account, and what its reconciliation with the books left to people.

Revision: 0005_statement, after the books of a year.
"""

from pathlib import Path

from alembic import op

revision = "0005_statement"
down_revision = "0004_books"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0005_statement.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("statements are kept for 30 years: restore a backup instead of dropping them")
