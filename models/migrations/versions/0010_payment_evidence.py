"""What shows that a payment was not made: who had it in hand, who looked for it, and when the bank's time was over.

Revision: 0010_payment_evidence, after the identity of statement lines.
"""

from pathlib import Path

from alembic import op

revision = "0010_payment_evidence"
down_revision = "0009_statement_identity"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0010_payment_evidence.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("the case file is kept: restore a backup instead of dropping columns")
