"""What a receipt stands on: one line of the statement, once, however it is written.

Revision: 0016_receipts, after 0015_attempts.
"""

from pathlib import Path

from alembic import op

revision = "0016_receipts"
down_revision = "0015_attempts"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0016_receipts.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("records are kept for 30 years: restore a backup instead of dropping them")
