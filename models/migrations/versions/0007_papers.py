"""Papers know their language, the digest of their facts, where they are signed, and who asked for them.

Revision: 0007_papers, after the desk of the books.
"""

from pathlib import Path

from alembic import op

revision = "0007_papers"
down_revision = "0006_book_desk"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0007_papers.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("papers are kept for 30 years: restore a backup instead of dropping them")
