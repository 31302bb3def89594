"""
INSERT … ON CONFLICT, which SQLAlchemy keeps apart for the two databases although both write it alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.tables import Table

Upsert: TypeAlias = postgresql.Insert | sqlite.Insert


def upsert(connection: AsyncConnection, table: type[Table]) -> Upsert:
    """Begin an INSERT that may say what is to happen where the row is there already."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
