"""Where papers reach a party, how the office is reached, and by which sign its letters are numbered.

Revision: 0025_service_addresses, after 0024_reopening.
"""

from pathlib import Path

from alembic import op

revision = "0025_service_addresses"
down_revision = "0024_reopening"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0025_service_addresses.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("records are kept for 30 years: restore a backup instead of dropping them")
