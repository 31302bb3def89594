"""
Audit: who did, or was refused, what. Rows are added and, when their time is over, removed; never changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert

from bot.store.tables import AuditRow

if TYPE_CHECKING:
    from datetime import datetime

    from bot.store.database import Database


class Audit:
    """The trace that changes and refusals leave."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(
        self,
        *,
        at: datetime,
        team_id: str,
        user_id: str,
        channel_id: str,
        verb: str,
        subject: str,
        outcome: str,
        why: str,
    ) -> None:
        """
        Append one row: Slack's ids, a command's verb, the id that it was about, how it went and why.

        No text that a person typed, no name and no mail address may come in here (DESIGN.md 13).

        Raises:
            DatabaseUnavailable: it is not written.
        """
        async with self._database.writing() as connection:
            await connection.execute(
                insert(AuditRow).values(
                    at=at,
                    team_id=team_id,
                    user_id=user_id,
                    channel_id=channel_id,
                    verb=verb,
                    subject=subject,
                    outcome=outcome,
                    why=why,
                )
            )
