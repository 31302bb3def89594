"""
Remember who holds a claim and since when, and when a person last looked at a task.

Each migration works with the previous release's code: while it runs, and for as long as old processes live, that code
reads and writes these tables. So add, do not rename; give new columns a default; drop only what the previous release no
longer touches; and move rows in small steps.

Revision: e41d7b90c5a6
After: c97f3a15e8b2
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e41d7b90c5a6"
down_revision = "c97f3a15e8b2"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

COLUMNS = (
    ("channels", "holder", sa.Text()),
    ("channels", "claimed_at", INSTANT),
    ("sweeps", "holder", sa.Text()),
    ("sweeps", "claimed_at", INSTANT),
    ("tasks", "looked_at", INSTANT),
)


def upgrade() -> None:
    for table, name, kind in COLUMNS:
        op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for table, name, _ in reversed(COLUMNS):
        with op.batch_alter_table(table) as altered:
            altered.drop_column(name)
