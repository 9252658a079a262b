"""The books of a whole year: approvals that payments consume, periods, reversals, seals, and the desk's own role.

Revision: 0004_books, after the law.
"""

from pathlib import Path

from alembic import op

revision = "0004_books"
down_revision = "0003_law"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        for part in ("tables", "guards", "door"):
            cursor.execute((_SQL / f"0004_books_{part}.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("books are kept for 30 years: restore a backup instead of dropping them")
