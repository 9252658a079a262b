"""Cases that are filed together begin one after the other.

Revision: 0020_paced_starts, after 0019_papers_brought.
"""

from pathlib import Path

from alembic import op

revision = "0020_paced_starts"
down_revision = "0019_papers_brought"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0020_paced_starts.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("records are kept for 30 years: restore a backup instead of dropping them")
