"""The scan of a sealed paper is kept with the message that stands on it.

Revision: 0018_scans, after 0017_people.
"""

from pathlib import Path

from alembic import op

revision = "0018_scans"
down_revision = "0017_people"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0018_scans.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("scans are evidence: restore a backup instead of dropping them")
