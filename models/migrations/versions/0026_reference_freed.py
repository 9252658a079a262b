"""What was taken back frees its reference for its own kind too.

Revision: 0026_reference_freed, after 0025_service_addresses.
"""

from pathlib import Path

from alembic import op

revision = "0026_reference_freed"
down_revision = "0025_service_addresses"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0026_reference_freed.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("records are kept for 30 years: restore a backup instead of dropping them")
