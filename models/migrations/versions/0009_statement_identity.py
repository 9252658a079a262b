"""How lines of the statement are told apart, what completes them, and what their headings mean.

Revision: 0009_statement_identity, after the signatures.
"""

from pathlib import Path

from alembic import op

revision = "0009_statement_identity"
down_revision = "0008_signatures"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0009_statement_identity.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("statements are kept for 30 years: restore a backup instead of dropping them")
