"""
Remember which drills are under way.

Each migration works with the previous release's code: while it runs, and for as long as old processes live, that code
reads and writes these tables. So add, do not rename; give new columns a default; drop only what the previous release no
longer touches; and move rows in small steps.

Revision: d4e0a9175c36
After: b81d53f6a27c
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d4e0a9175c36"
down_revision = "b81d53f6a27c"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows by itself only where it reads INTEGER


def upgrade() -> None:
    op.create_table(
        "drills",
        sa.Column("id", ID, nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drills"),
        sa.UniqueConstraint("team_id", "channel_id", name="uq_drills_team_id_channel_id"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("drills")
