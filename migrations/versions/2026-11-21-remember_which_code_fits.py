"""
Remember which releases' code works with these tables: theirs may serve on, and be started again, after an upgrade.

Each migration works with the previous release's code: while it runs, and for as long as old processes live, that code
reads and writes these tables. So add, do not rename; give new columns a default; drop only what the previous release no
longer touches; and move rows in small steps.

Revision: 2f96c8d07b1e
After: e41d7b90c5a6
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2f96c8d07b1e"
down_revision = "e41d7b90c5a6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fitting",
        sa.Column("revision", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name="pk_fitting"),
    )


def downgrade() -> None:
    op.drop_table("fitting")
