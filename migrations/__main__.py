"""
Draft the next migration from what `bot/store/tables.py` has and the newest migration has not.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from alembic import command

from bot.store import schema
from bot.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection


async def draft(what: str) -> None:
    """Compare the tables with a database that has had every migration, and write down the difference."""

    def compare(connection: Connection) -> None:
        command.revision(schema.config(connection), message=what, autogenerate=True)

    database = Database.open(None)
    try:
        await database.upgrade()
        async with database.reading() as connection:
            await connection.run_sync(compare)
    finally:
        await database.close()


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].strip():
        sys.exit('usage: python -m migrations "remember cards"')
    asyncio.run(draft(sys.argv[1]))
