"""Changes of law and of the queue's order: who decided them, and why.

Revision: 0003_law, after the case file.
"""

from pathlib import Path

from alembic import op

revision = "0003_law"
down_revision = "0002_case_file"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0003_law.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("decisions are kept for 30 years: restore a backup instead of dropping them")
