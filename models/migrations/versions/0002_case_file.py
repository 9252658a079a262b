"""The case file: every table but the books.

Revision: 0002_case_file, after the books.
"""

from pathlib import Path

from alembic import op

revision = "0002_case_file"
down_revision = "0001_ledger"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0002_case_file.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("case files are kept for 30 years: restore a backup instead of dropping them")
