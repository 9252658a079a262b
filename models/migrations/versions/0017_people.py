"""Parts are held per fund and from a day until a day, banks are registered, and two people change either.

Revision: 0017_people, after 0016_receipts.
"""

from pathlib import Path

from alembic import op

revision = "0017_people"
down_revision = "0016_receipts"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0017_people.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("who could act when is evidence: restore a backup instead of dropping it")
