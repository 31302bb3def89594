"""
Bursts: the changes of late of one channel, and the message that those are gathered in which came too fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select, update

from bot.domain.notice import CardBody, DigestBody, Kind, ReplyBody
from bot.store import claims, legible
from bot.store.batches import batches
from bot.store.line import State
from bot.store.tables import CardRow, NoticeRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.subscription import Place
    from bot.store.claims import Claim

GATHERED: Final = "gathered"  # the code of a row that was told in numbers

_IS_WAITING: Final = (NoticeRow.state == State.PENDING.value) & (NoticeRow.attempts == 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change for one channel, told or not yet."""

    id: int
    created_at: datetime
    body: ReplyBody
    card: str  # under which it goes
    is_waiting: bool  # nobody has begun to send it


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """What a message says that a burst is gathered in; until it is said, what comes has to hold all of it."""

    body: DigestBody
    is_said: bool
    not_before: datetime | None = None  # until then Slack wants to hear nothing


class Bursts:
    """The bursts of one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def recent(self, place: Place, *, since: datetime) -> list[Change]:
        """Read the changes that were put down for a channel since then or wait still, oldest first."""
        here = select(NoticeRow.id).where(NoticeRow.team_id == place.team, NoticeRow.channel_id == place.channel)
        # Two indices, each of which finds its part; as one condition with OR the channel's two weeks would be read.
        ids = here.where(NoticeRow.created_at > since).union(here.where(NoticeRow.settled_at.is_(None)))
        rows = await self._connection.execute(
            select(
                *(NoticeRow.id, NoticeRow.created_at, NoticeRow.body, NoticeRow.thread),
                _IS_WAITING.label("is_waiting"),
            )
            .where(NoticeRow.id.in_(ids), NoticeRow.kind.in_([Kind.REPLY.value, Kind.CHANNEL.value]))
            .order_by(NoticeRow.id)
        )
        found = [(row, legible.body(row.body)) for row in rows]
        return [
            Change(
                id=row.id,
                created_at=row.created_at,
                body=body,
                card=row.thread,
                is_waiting=bool(row.is_waiting),
            )
            for row, body in found
            if isinstance(body, ReplyBody)
        ]

    async def newest(self, place: Place, *, since: datetime) -> Gathering | None:
        """Find the newest gathering message of a channel that Slack got since then or does not have yet."""
        here = select(NoticeRow.id).where(NoticeRow.team_id == place.team, NoticeRow.channel_id == place.channel)
        is_digest = NoticeRow.kind == Kind.DIGEST.value
        # Two looks into one index: as one condition, or by number, the channel's two weeks would be read.
        ids = here.where(NoticeRow.settled_at > since, is_digest).union(
            here.where(NoticeRow.settled_at.is_(None), is_digest)
        )
        newest = select(func.max(ids.subquery().c.id)).scalar_subquery()
        found = await self._connection.execute(
            select(NoticeRow.body, NoticeRow.settled_at, NoticeRow.not_before).where(NoticeRow.id == newest)
        )
        row = found.one_or_none()
        body = None if row is None else legible.body(row.body)
        if row is None or not isinstance(body, DigestBody):
            return None
        return Gathering(body=body, is_said=row.settled_at is not None, not_before=row.not_before)

    async def gather(self, changes: Sequence[Change], claim: Claim, *, now: datetime) -> bool:
        """
        Tell these no more one by one, and post no cards that would only have come with them.

        Returns:
            False when the claim is somebody else's.
        """
        if not await claims.holds(self._connection, claim):
            return False
        rows = [change.id for change in changes]
        rows += await self._cards_with(claim.place, {change.card for change in changes if change.card})
        for batch in batches(rows):
            await self._connection.execute(
                update(NoticeRow)
                .where(NoticeRow.id.in_(batch))
                .values(state=State.DROPPED.value, settled_at=now, code=GATHERED)
            )
        return True

    async def _cards_with(self, place: Place, cards: Collection[str]) -> list[int]:
        """Find the cards among these that Slack does not have, that nobody asked for and nobody has begun to send."""
        is_there = select(CardRow.subject).where(CardRow.team_id == place.team, CardRow.channel_id == place.channel)
        rows = await self._connection.execute(
            select(NoticeRow.id, NoticeRow.card, NoticeRow.body)
            .where(NoticeRow.team_id == place.team, NoticeRow.channel_id == place.channel)
            .where(NoticeRow.settled_at.is_(None), NoticeRow.kind == Kind.CARD.value)
            .where(_IS_WAITING, NoticeRow.card.not_in(is_there))
        )
        found = [(row.id, legible.body(row.body)) for row in rows if row.card in cards]
        return [number for number, body in found if isinstance(body, CardBody) and body.comes_with_news]
