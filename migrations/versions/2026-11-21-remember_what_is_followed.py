"""
Remember what is followed: subscriptions, tasks and their names, the beats that read them.

Each migration works with the previous release's code: while it runs, and for as long as old processes live, that code
reads and writes these tables. So add, do not rename; give new columns a default; drop only what the previous release no
longer touches; and move rows in small steps.

Revision: a4d1f7e93b60
After: e3b85f20c6a1
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "a4d1f7e93b60"
down_revision = "e3b85f20c6a1"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows by itself only where it reads INTEGER
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", ID, nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("matching", sa.Text(), nullable=False),
        sa.Column("only_states", sa.Text(), nullable=False),
        sa.Column("until_at", INSTANT, nullable=True),
        sa.Column("thread_ts", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
        sa.UniqueConstraint(
            "team_id",
            "channel_id",
            "account",
            "region",
            "task",
            "matching",
            name="uq_subscriptions_wish",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_subscriptions_account_task", "subscriptions", ["account", "task"])
    op.create_index("ix_subscriptions_team_id_user_id", "subscriptions", ["team_id", "user_id"])
    op.create_table(
        "tasks",
        sa.Column("id", ID, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("destination_hash", sa.Text(), nullable=False),
        sa.Column("plan_start", INSTANT, nullable=True),
        sa.Column("plan_end", INSTANT, nullable=True),
        sa.Column("known", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("unfollowed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
        sa.UniqueConstraint("account", "task_id", "region", name="uq_tasks_account_task_id_region"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tasks_account_region_due_at", "tasks", ["account", "region", "due_at"])
    op.create_index("ix_tasks_destination_hash", "tasks", ["destination_hash"])
    op.create_index("ix_tasks_due_at", "tasks", ["due_at"])
    op.create_index("ix_tasks_name", "tasks", ["name"])
    op.create_index(
        "ix_tasks_unfollowed_at",
        "tasks",
        ["unfollowed_at"],
        sqlite_where=sa.text("unfollowed_at IS NOT NULL"),
        postgresql_where=sa.text("unfollowed_at IS NOT NULL"),
    )
    op.create_table(
        "names",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("task", ID, nullable=False),
        sa.PrimaryKeyConstraint("team_id", "name", name="pk_names"),
    )
    op.create_index("ix_names_task", "names", ["task"])
    op.create_table(
        "sweeps",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("claim_until", INSTANT, nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("last_total", sa.Integer(), nullable=True),
        sa.Column("failing_since", INSTANT, nullable=True),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("account", "region", name="pk_sweeps"),
    )
    op.create_index("ix_sweeps_due_at", "sweeps", ["due_at"])
    op.create_table(
        "blind_spans",
        sa.Column("id", ID, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_blind_spans"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_blind_spans_ended_at",
        "blind_spans",
        ["ended_at"],
        sqlite_where=sa.text("ended_at IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )
    op.create_index(
        "uq_blind_spans_open",
        "blind_spans",
        ["account", "region", "task"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "seals",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_seals"),
    )


def downgrade() -> None:
    op.drop_table("seals")
    op.drop_index("ix_blind_spans_ended_at", table_name="blind_spans")
    op.drop_index("uq_blind_spans_open", table_name="blind_spans")
    op.drop_table("blind_spans")
    op.drop_index("ix_sweeps_due_at", table_name="sweeps")
    op.drop_table("sweeps")
    op.drop_index("ix_names_task", table_name="names")
    op.drop_table("names")
    op.drop_index("ix_tasks_account_region_due_at", table_name="tasks")
    op.drop_index("ix_tasks_destination_hash", table_name="tasks")
    op.drop_index("ix_tasks_due_at", table_name="tasks")
    op.drop_index("ix_tasks_name", table_name="tasks")
    op.drop_index("ix_tasks_unfollowed_at", table_name="tasks")
    op.drop_table("tasks")
    op.drop_index("ix_subscriptions_account_task", table_name="subscriptions")
    op.drop_index("ix_subscriptions_team_id_user_id", table_name="subscriptions")
    op.drop_table("subscriptions")
