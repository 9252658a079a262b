"""Two people take back the last close of the books.

Revision: 0024_reopening, after 0023_late_payments.
"""

from pathlib import Path

from alembic import op

revision = "0024_reopening"
down_revision = "0023_late_payments"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0024_reopening.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("records are kept for 30 years: restore a backup instead of dropping them")
