"""Papers that others made are kept with their case.

Revision: 0019_papers_brought, after 0018_scans.
"""

from pathlib import Path

from alembic import op

revision = "0019_papers_brought"
down_revision = "0018_scans"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0019_papers_brought.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("records are kept for 30 years: restore a backup instead of dropping them")
