"""A line of the statement is booked once, also where the books call it otherwise or it brought a payment back.

Revision: 0021_one_line_once, after 0020_paced_starts.
"""

from pathlib import Path

from alembic import op

revision = "0021_one_line_once"
down_revision = "0020_paced_starts"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0021_one_line_once.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("records are kept for 30 years: restore a backup instead of dropping them")
