"""
Find what pushes to one place within an account.

Many accounts may push to one place, or a template fills theirs: whoever looks for one account's tasks then reads no
other's.

Each migration works with the previous release's code: while it runs, and for as long as old processes live, that code
reads and writes these tables. So add, do not rename; give new columns a default; drop only what the previous release no
longer touches; and move rows in small steps.

Revision: 6f2b7c90d1e4
After: d4e0a9175c36
"""

from __future__ import annotations

from alembic import op

revision = "6f2b7c90d1e4"
down_revision = "d4e0a9175c36"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_tasks_destination_hash_account", "tasks", ["destination_hash", "account"])
    op.drop_index("ix_tasks_destination_hash", "tasks")


def downgrade() -> None:
    op.create_index("ix_tasks_destination_hash", "tasks", ["destination_hash"])
    op.drop_index("ix_tasks_destination_hash_account", "tasks")
