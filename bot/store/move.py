"""
Move: Slack gives a channel another id, and everything that is kept of it goes along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from bot.store.tables import Table

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy import Table as AnyTable
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.subscription import Place

# Every table that there is: a new one cannot be overlooked.
_CHANNEL: Final = tuple(table for table in Table.metadata.sorted_tables if "channel_id" in table.c)


class Move:
    """Moving, in one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def channel(self, place: Place, to: str) -> bool:
        """Give a channel's rows its new id; what was done under it already wins. False when nothing is kept."""
        moved = 0
        for table in _CHANNEL:
            here = (table.c.team_id == place.team) & (table.c.channel_id == place.channel)
            moved += await self._move(table, here, to)
        return moved > 0

    async def _move(self, table: AnyTable, here: ColumnElement[bool], to: str) -> int:
        try:
            async with self._connection.begin_nested():
                return (await self._connection.execute(update(table).where(here).values(channel_id=to))).rowcount
        except IntegrityError:  # some of it stands there already: one by one
            return await self._move_each(table, here, to)

    async def _move_each(self, table: AnyTable, here: ColumnElement[bool], to: str) -> int:
        keys = [*table.primary_key.columns]
        rows = (await self._connection.execute(select(*keys).where(here))).all()
        for row in rows:
            is_it = here
            for key, value in zip(keys, row, strict=True):
                is_it &= key == value
            try:
                async with self._connection.begin_nested():
                    await self._connection.execute(update(table).where(is_it).values(channel_id=to))
            except IntegrityError:
                await self._connection.execute(delete(table).where(is_it))
        return len(rows)
