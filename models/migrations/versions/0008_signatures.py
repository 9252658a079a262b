"""Who signed which paper, how, and the files that came of it.

Revision: 0008_signatures, after the papers.
"""

from pathlib import Path

from alembic import op

revision = "0008_signatures"
down_revision = "0007_papers"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0008_signatures.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("signed papers are kept for 30 years: restore a backup instead of dropping them")
