"""
Remember by which incident outside pagers know a response that a group has taken over.

Each migration works with the previous release's code: while it runs, and for as long as old processes live, that code
reads and writes these tables. So add, do not rename; give new columns a default; drop only what the previous release no
longer touches; and move rows in small steps.

Revision: a9c4417e02bd
After: 6f2b7c90d1e4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "a9c4417e02bd"
down_revision = "6f2b7c90d1e4"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("responses", sa.Column("known_by", ID, nullable=True))


def downgrade() -> None:
    op.drop_column("responses", "known_by")
