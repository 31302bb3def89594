"""
Remember what is to be said, where, and where not: the outbox, cards, channels, mutes, replays.

Each migration works with the previous release's code: while it runs, and for as long as old processes live, that code
reads and writes these tables. So add, do not rename; give new columns a default; drop only what the previous release no
longer touches; and move rows in small steps.

Revision: c97f3a15e8b2
After: 5b2c8e61d0f4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c97f3a15e8b2"
down_revision = "5b2c8e61d0f4"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows by itself only where it reads INTEGER
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("task", ID, nullable=True),
        sa.Column("subscription", ID, nullable=True),
        sa.Column("incident", ID, nullable=True),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("not_before", INSTANT, nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("ts", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("key", name="uq_notices_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notices_team_id_channel_id_settled_at", "notices", ["team_id", "channel_id", "settled_at"])
    op.create_index("ix_notices_team_id_channel_id_created_at", "notices", ["team_id", "channel_id", "created_at"])
    op.create_index("ix_notices_settled_at", "notices", ["settled_at"])
    op.create_index(
        "uq_notices_cause",
        "notices",
        ["cause", "team_id", "channel_id", "kind", "user_id"],
        unique=True,
        sqlite_where=sa.text("card = ''"),
        postgresql_where=sa.text("card = ''"),
    )
    op.create_index(
        "uq_notices_waiting_card",
        "notices",
        ["team_id", "channel_id", "card"],
        unique=True,
        sqlite_where=sa.text("card <> '' AND state = 'pending'"),
        postgresql_where=sa.text("card <> '' AND state = 'pending'"),
    )
    op.create_table(
        "cards",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=False),
        sa.Column("thread_ts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "channel_id", "subject", name="pk_cards"),
    )
    op.create_index("ix_cards_subject", "cards", ["subject"])
    op.create_table(
        "channels",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("threads", sa.Boolean(), nullable=False),
        sa.Column("in_channel", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("allows_shared", sa.Boolean(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=True),
        sa.Column("paused_why", sa.Text(), nullable=False),
        sa.Column("paused_at", INSTANT, nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("claim_until", INSTANT, nullable=True),
        sa.Column("is_dirty", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "channel_id", name="pk_channels"),
    )
    op.create_table(
        "mutes",
        sa.Column("id", ID, nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("begins_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("until_recovery", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mutes"),
        sa.UniqueConstraint(
            "team_id", "channel_id", "account", "task", name="uq_mutes_team_id_channel_id_account_task"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mutes_account", "mutes", ["account"])
    op.create_index("ix_mutes_ends_at", "mutes", ["ends_at"])
    op.create_table(
        "replays",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_replays"),
    )
    op.create_index("ix_replays_at", "replays", ["at"])


def downgrade() -> None:
    op.drop_index("ix_replays_at", table_name="replays")
    op.drop_table("replays")
    op.drop_index("ix_mutes_account", table_name="mutes")
    op.drop_index("ix_mutes_ends_at", table_name="mutes")
    op.drop_table("mutes")
    op.drop_table("channels")
    op.drop_index("ix_cards_subject", table_name="cards")
    op.drop_table("cards")
    op.drop_index("ix_notices_team_id_channel_id_settled_at", table_name="notices")
    op.drop_index("ix_notices_team_id_channel_id_created_at", table_name="notices")
    op.drop_index("ix_notices_settled_at", table_name="notices")
    op.drop_index("uq_notices_cause", table_name="notices")
    op.drop_index("uq_notices_waiting_card", table_name="notices")
    op.drop_table("notices")
