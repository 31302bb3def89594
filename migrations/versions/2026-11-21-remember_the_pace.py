"""
Remember the pace: one row for each API of each budget.

Each migration works with the previous release's code: while it runs, and for as long as old processes live, that code
reads and writes these tables. So add, do not rename; give new columns a default; drop only what the previous release no
longer touches; and move rows in small steps.

Revision: 7c1e0a4b9d52
After: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7c1e0a4b9d52"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paces",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("budget", sa.Text(), nullable=False),
        sa.Column("api", sa.Text(), nullable=False),
        sa.Column("tat", sa.Double(), nullable=False),
        sa.Column("people_tat", sa.Double(), nullable=False),
        sa.Column("interval_s", sa.Double(), nullable=False),
        sa.Column("throttled_until", sa.Double(), nullable=False),
        sa.Column("granted_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "budget", "api", name="pk_paces"),
    )


def downgrade() -> None:
    op.drop_table("paces")
