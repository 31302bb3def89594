"""
Audit: who did, or was refused, what. Rows are added and, when their time is over, removed; never changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, Unpack

from sqlalchemy import delete, insert

from bot.store.tables import AuditRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.database import Database


class Entry(TypedDict):
    """
    One row: Slack's ids, a command's verb, the id that it was about, how it went and why.

    No text that a person typed, no name and no mail address may come in here (DESIGN.md 13).
    """

    at: datetime
    team_id: str
    user_id: str
    channel_id: str
    verb: str
    subject: str
    outcome: str
    why: str


class Audits:
    """The trace that changes and refusals leave, within the transaction that makes the change."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def record(self, **entry: Unpack[Entry]) -> None:
        """Append one row."""
        await self._connection.execute(insert(AuditRow).values(**entry))

    async def trim(self, before: datetime) -> None:
        """Forget what was done earlier."""
        await self._connection.execute(delete(AuditRow).where(AuditRow.at < before))


class Audit:
    """The same, each row in a transaction of its own: for what changes nothing else."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, **entry: Unpack[Entry]) -> None:
        """
        Append one row.

        Raises:
            DatabaseUnavailable: it is not written.
        """
        async with self._database.writing() as connection:
            await Audits(connection).record(**entry)
