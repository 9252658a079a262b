"""The books: tables, guards and the one door.

Revision: 0001_ledger, the first.
"""

from pathlib import Path

from alembic import op

revision = "0001_ledger"
down_revision: str | None = None
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no percent sign or colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        for part in ("tables", "guards", "door"):
            cursor.execute((_SQL / f"0001_ledger_{part}.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("books are kept for 30 years: restore a backup instead of dropping them")
