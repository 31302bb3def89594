"""
Remember what happened: changes and incidents.

Each migration works with the previous release's code: while it runs, and for as long as old processes live, that code
reads and writes these tables. So add, do not rename; give new columns a default; drop only what the previous release no
longer touches; and move rows in small steps.

Revision: 5b2c8e61d0f4
After: a4d1f7e93b60
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5b2c8e61d0f4"
down_revision = "a4d1f7e93b60"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows by itself only where it reads INTEGER
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("task", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("news", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_changes_at", "changes", ["at"])
    op.create_index("ix_changes_task_at", "changes", ["task", "at"])
    op.create_table(
        "incidents",
        sa.Column("id", ID, nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("task", ID, nullable=True),
        sa.Column("part_of", ID, nullable=True),
        sa.Column("change", ID, nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("closed_why", sa.Text(), nullable=False),
        sa.Column("reopened_at", INSTANT, nullable=True),
        sa.Column("reopenings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_incidents_closed_at",
        "incidents",
        ["closed_at"],
        sqlite_where=sa.text("closed_at IS NOT NULL"),
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_incidents_open",
        "incidents",
        ["account", "region"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_incidents_part_of", "incidents", ["part_of"])
    op.create_index("ix_incidents_task_id", "incidents", ["task", "id"])
    op.create_index(
        "uq_incidents_open_account",
        "incidents",
        ["account", "region"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL AND scope = 'account'"),
        postgresql_where=sa.text("closed_at IS NULL AND scope = 'account'"),
    )
    op.create_index(
        "uq_incidents_open_task",
        "incidents",
        ["task"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL AND scope = 'task'"),
        postgresql_where=sa.text("closed_at IS NULL AND scope = 'task'"),
    )


def downgrade() -> None:
    op.drop_index("ix_incidents_closed_at", table_name="incidents")
    op.drop_index("ix_incidents_open", table_name="incidents")
    op.drop_index("ix_incidents_part_of", table_name="incidents")
    op.drop_index("ix_incidents_task_id", table_name="incidents")
    op.drop_index("uq_incidents_open_account", table_name="incidents")
    op.drop_index("uq_incidents_open_task", table_name="incidents")
    op.drop_table("incidents")
    op.drop_index("ix_changes_at", table_name="changes")
    op.drop_index("ix_changes_task_at", table_name="changes")
    op.drop_table("changes")
