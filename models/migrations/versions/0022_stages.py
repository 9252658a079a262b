"""A case goes only where its stage leads.

Revision: 0022_stages, after 0021_one_line_once.
"""

from pathlib import Path

from alembic import op

revision = "0022_stages"
down_revision = "0021_one_line_once"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql" / "0022_stages.sql"


def upgrade() -> None:
    # Through psycopg's own cursor: several statements at once, and no colon is taken for a parameter.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("records are kept for 30 years: restore a backup instead of dropping them")
