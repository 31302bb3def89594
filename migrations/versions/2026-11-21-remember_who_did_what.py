"""
Remember who did what: the audit.

Each migration works with the previous release's code: while it runs, and for as long as old processes live, that code
reads and writes these tables. So add, do not rename; give new columns a default; drop only what the previous release no
longer touches; and move rows in small steps.

Revision: e3b85f20c6a1
After: 7c1e0a4b9d52
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e3b85f20c6a1"
down_revision = "7c1e0a4b9d52"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audits"),
    )
    op.create_index("ix_audits_at", "audits", ["at"])


def downgrade() -> None:
    op.drop_index("ix_audits_at", table_name="audits")
    op.drop_table("audits")
