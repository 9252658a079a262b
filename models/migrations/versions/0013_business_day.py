"""The business day follows the database's clock: one function opens it, and no book closes beyond it.

Revision: 0013_business_day, after the troubles.
"""

from pathlib import Path

from alembic import op

revision = "0013_business_day"
down_revision = "0011_troubles"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0013_business_day.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("business days are kept with the books: restore a backup instead of dropping them")
