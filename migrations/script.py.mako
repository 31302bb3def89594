"""
${message}.

Each migration works with the previous release's code: while it runs, and for as long as old processes live, that code
reads and writes these tables. So add, do not rename; give new columns a default; drop only what the previous release no
longer touches; and move rows in small steps.

Revision: ${up_revision}
After: ${down_revision | comma,n}
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
