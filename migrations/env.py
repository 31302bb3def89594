"""
How Alembic runs our migrations: always on a connection that `bot.store.database` has opened, in its transaction.
"""

from __future__ import annotations

from typing import Final

from alembic import context
from sqlalchemy import Connection, text

from bot.store.schema import is_ours
from bot.store.tables import Table

UPGRADE_LOCK: Final = 7_235_421_926  # any number that is ours: two upgrades at once take turns

# How long to wait for another upgrade, then for a table that is in use, and how long one step may take.
TURN_TIMEOUT: Final = "60s"
LOCK_TIMEOUT: Final = "5s"
STATEMENT_TIMEOUT: Final = "10min"


def run() -> None:
    """Run what Alembic was asked for; on PostgreSQL one upgrade at a time, and never long in anybody's way."""
    connection: Connection | None = context.config.attributes.get("connection")
    if connection is None:
        raise SystemExit('Run `relaybot db upgrade`; to draft a migration, `python -m migrations "what it does"`.')
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{TURN_TIMEOUT}'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'"))
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        include_name=is_ours,
        transactional_ddl=True,  # SQLite can, and `Database` begins transactions itself
        render_as_batch=True,  # SQLite alters a table by making a new one
    )
    with context.begin_transaction():
        context.run_migrations()


run()
