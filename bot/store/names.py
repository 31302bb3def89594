"""
Names: the short words that people of a team gave to tasks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from bot.store.tables import NameRow
from bot.store.tasks import Tasks
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.task import Followed


class Names:
    """The names of one transaction, as they are given: whoever calls decides about upper and lower case."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, team: str, name: str, task: int) -> Followed | None:
        """Give a name to a task (the store's id); returns the task that had it before, None when it is new."""
        before = await self.get(team, name)
        await self._connection.execute(
            upsert(self._connection, NameRow)
            .values(team_id=team, name=name, task=task)
            .on_conflict_do_update(index_elements=[NameRow.team_id, NameRow.name], set_={"task": task})
        )
        return before

    async def get(self, team: str, name: str) -> Followed | None:
        """Find the task that has a name, followed or not."""
        task = await self._connection.scalar(select(NameRow.task).where(NameRow.team_id == team, NameRow.name == name))
        return None if task is None else await Tasks(self._connection).by_id(task)

    async def of_team(self, team: str) -> dict[str, int]:
        """Read all names of a team, in their order, and the store's ids of the tasks that have them."""
        rows = await self._connection.execute(select(NameRow).where(NameRow.team_id == team).order_by(NameRow.name))
        return {row.name: row.task for row in rows}

    async def of_task(self, team: str, task: int) -> list[str]:
        """Read the names that a team gave to a task."""
        names = await self._connection.scalars(
            select(NameRow.name).where(NameRow.team_id == team, NameRow.task == task).order_by(NameRow.name)
        )
        return list(names)

    async def remove(self, team: str, name: str) -> bool:
        """Take a name back; False when there was none."""
        removed = await self._connection.execute(delete(NameRow).where(NameRow.team_id == team, NameRow.name == name))
        return removed.rowcount == 1
