"""
Bursts: the changes of late of one channel, and the message that those are gathered in which came too fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, update

from bot.domain.notice import DigestBody, Kind, ReplyBody, from_json
from bot.store import claims
from bot.store.line import State
from bot.store.tables import NoticeRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.subscription import Place
    from bot.store.claims import Claim

GATHERED: Final = "gathered"  # the code of a row that was told in numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change for one channel, told or not yet."""

    id: int
    created_at: datetime
    body: ReplyBody
    is_waiting: bool  # nobody has begun to send it


class Bursts:
    """The bursts of one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def recent(self, place: Place, *, since: datetime) -> list[Change]:
        """Read the changes that were put down for a channel since then or wait still, oldest first."""
        is_waiting = (NoticeRow.state == State.PENDING.value) & (NoticeRow.attempts == 0)
        here = select(NoticeRow.id).where(NoticeRow.team_id == place.team, NoticeRow.channel_id == place.channel)
        # Two indices, each of which finds its part; as one condition with OR the channel's two weeks would be read.
        ids = here.where(NoticeRow.created_at > since).union(here.where(NoticeRow.settled_at.is_(None)))
        rows = await self._connection.execute(
            select(NoticeRow.id, NoticeRow.created_at, NoticeRow.body, is_waiting.label("is_waiting"))
            .where(NoticeRow.id.in_(ids), NoticeRow.kind.in_([Kind.REPLY.value, Kind.CHANNEL.value]))
            .order_by(NoticeRow.id)
        )
        found = [(row, from_json(row.body)) for row in rows]
        return [
            Change(id=row.id, created_at=row.created_at, body=body, is_waiting=bool(row.is_waiting))
            for row, body in found
            if isinstance(body, ReplyBody)
        ]

    async def newest(self, place: Place) -> DigestBody | None:
        """Read what the newest gathering message of a channel says, or will say."""
        text = await self._connection.scalar(
            select(NoticeRow.body)
            .where(NoticeRow.team_id == place.team, NoticeRow.channel_id == place.channel)
            .where(NoticeRow.kind == Kind.DIGEST.value)
            .order_by(NoticeRow.id.desc())
            .limit(1)
        )
        body = None if text is None else from_json(text)
        return body if isinstance(body, DigestBody) else None

    async def gather(self, rows: Collection[int], claim: Claim, *, now: datetime) -> bool:
        """Tell these no more one by one; False when the claim is somebody else's."""
        if not await claims.holds(self._connection, claim):
            return False
        await self._connection.execute(
            update(NoticeRow)
            .where(NoticeRow.id.in_(rows))
            .values(state=State.DROPPED.value, settled_at=now, code=GATHERED)
        )
        return True
