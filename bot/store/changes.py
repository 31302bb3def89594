"""
Changes: what happened to tasks. Rows are added and, when their time is over, removed; never edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from bot.store import codec
from bot.store.batches import batches
from bot.store.tables import ChangeRow, TaskRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from adapters.contract import AccountName
    from bot.domain.task import News


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that happened to a task, as it was written down."""

    id: int
    task: int
    news: News


class Changes:
    """The changes of one transaction; lists are in the order in which things happened."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, task: int, news: News) -> int:
        """Write down one thing that happened; returns its number, which is never given again."""
        added = await self._connection.execute(
            insert(ChangeRow).values(task=task, at=news.at, news=codec.write_news(news)).returning(ChangeRow.id)
        )
        number: int = added.scalar_one()
        return number

    async def of_task(self, task: int, since: datetime) -> list[Change]:
        """Read what happened to a task from an instant on."""
        return await self._all(select(ChangeRow).where(ChangeRow.task == task, ChangeRow.at >= since))

    async def of_tasks(self, tasks: Iterable[int], since: datetime) -> dict[int, list[Change]]:
        """Read what happened to several tasks from an instant on, by the store's id; none to whom nothing happened."""
        found: dict[int, list[Change]] = {}
        for batch in batches([*tasks]):
            for change in await self._all(select(ChangeRow).where(ChangeRow.task.in_(batch), ChangeRow.at >= since)):
                found.setdefault(change.task, []).append(change)
        return found

    async def of_account(self, account: AccountName, since: datetime) -> list[Change]:
        """Read what happened to all tasks of an account from an instant on."""
        return await self._all(
            select(ChangeRow)
            .join(TaskRow, TaskRow.id == ChangeRow.task)
            .where(TaskRow.account == account, ChangeRow.at >= since)
        )

    async def trim(self, before: datetime) -> None:
        """Forget what happened earlier."""
        await self._connection.execute(delete(ChangeRow).where(ChangeRow.at < before))

    async def _all(self, which: Select[Any]) -> list[Change]:
        rows = await self._connection.execute(which.order_by(ChangeRow.at, ChangeRow.id))
        return [Change(id=row.id, task=row.task, news=codec.read_news(row.news)) for row in rows]
