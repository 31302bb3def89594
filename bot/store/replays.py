"""
Replays: what was heard already. Slack and the clouds say some things twice, and a forger repeats them later.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete

from bot.store.tables import ReplayRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

KEPT: Final = timedelta(minutes=10)


class Replays:
    """What was heard, in one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def is_new(self, key: str, now: datetime) -> bool:
        """
        Say whether a key is heard for the first time in ten minutes, and remember it.

        Only a hash is kept: a key may hold a person's id.
        """
        digest = hashlib.sha256(key.encode()).hexdigest()
        heard = await self._connection.execute(
            upsert(self._connection, ReplayRow)
            .values(digest=digest, at=now)
            .on_conflict_do_update(index_elements=[ReplayRow.digest], set_={"at": now}, where=ReplayRow.at < now - KEPT)
            .returning(ReplayRow.at)
        )
        return heard.one_or_none() is not None

    async def trim(self, before: datetime) -> None:
        """Forget what was heard earlier; `KEPT` says how long it is of use."""
        await self._connection.execute(delete(ReplayRow).where(ReplayRow.at < before))
