"""
Remember who is woken: rotas, calendars and responses, which subscriptions page, and what a notice belongs to.

Each migration works with the previous release's code: while it runs, and for as long as old processes live, that code
reads and writes these tables. So add, do not rename; give new columns a default; drop only what the previous release no
longer touches; and move rows in small steps.

Revision: b81d53f6a27c
After: 2f96c8d07b1e
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b81d53f6a27c"
down_revision = "2f96c8d07b1e"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows by itself only where it reads INTEGER
INSTANT = sa.DateTime(timezone=True)

IS_DUE = sa.text("due_at IS NOT NULL")
IS_OPEN = sa.text("closed_at IS NULL")
IS_OF_RESPONSE = sa.text("response IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "rotas",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("rota", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("team_id", "channel_id", name="pk_rotas"),
    )
    op.create_index("ix_rotas_due_at", "rotas", ["due_at"], sqlite_where=IS_DUE, postgresql_where=IS_DUE)
    op.create_table(
        "calendars",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_calendars"),
    )
    op.create_table(
        "responses",
        sa.Column("id", ID, nullable=False),
        sa.Column("incident", ID, nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("pages", sa.Boolean(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("due", sa.Text(), nullable=False),
        sa.Column("leader", ID, nullable=True),
        sa.Column("acked_by", sa.Text(), nullable=False),
        sa.Column("acked_at", INSTANT, nullable=True),
        sa.Column("ack_until", INSTANT, nullable=True),
        sa.Column("snoozed_by", sa.Text(), nullable=False),
        sa.Column("assigned_to", sa.Text(), nullable=False),
        sa.Column("worsened", sa.Integer(), nullable=False),
        sa.Column("called", sa.Text(), nullable=False),
        sa.Column("calls", sa.Text(), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("closed_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_responses"),
        sa.UniqueConstraint("incident", "team_id", "channel_id", name="uq_responses_incident_team_id_channel_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_responses_due_at", "responses", ["due_at"], sqlite_where=IS_DUE, postgresql_where=IS_DUE)
    op.create_index(
        "ix_responses_open",
        "responses",
        ["team_id", "channel_id"],
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.add_column("subscriptions", sa.Column("page", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("notices", sa.Column("response", ID, nullable=True))
    op.create_index(
        "ix_notices_response",
        "notices",
        ["response"],
        sqlite_where=IS_OF_RESPONSE,
        postgresql_where=IS_OF_RESPONSE,
    )


def downgrade() -> None:
    op.drop_index("ix_notices_response", "notices")
    op.drop_column("notices", "response")
    op.drop_column("subscriptions", "page")
    op.drop_table("responses")
    op.drop_table("calendars")
    op.drop_table("rotas")
