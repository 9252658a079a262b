"""What stands in the way of a case, and deliveries that wait longer each time they fail.

Revision: 0011_troubles, after the evidence of payments.
"""

from pathlib import Path

from alembic import op

revision = "0011_troubles"
down_revision = "0010_payment_evidence"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0011_troubles.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("what was in the way is kept with its case: restore a backup instead of dropping them")
