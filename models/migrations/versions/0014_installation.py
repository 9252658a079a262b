"""Which installation the records are of.

Revision: 0014_installation, after the business day.
"""

from pathlib import Path

from alembic import op

revision = "0014_installation"
down_revision = "0013_business_day"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0014_installation.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("records are kept for 30 years: restore a backup instead of dropping them")
