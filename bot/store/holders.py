"""
Holders: who has claimed what just now, and what waits with nobody to take it. For people who look, and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, literal, or_, select

from bot.store.channels import is_uninstalled
from bot.store.line import State
from bot.store.tables import ChannelRow, NoticeRow, SweepRow

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.claimant import Claimant


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A claim that stands. A process of the release before this one tells neither its name nor since when."""

    what: str  # `channel C012AB3CD` or `sweep aliyun cn-shanghai`
    holder: str
    age: timedelta | None


class Holders:
    """
    Who holds what, in one transaction.

    Args:
        claimant: by whose clock claims stand or are over.
    """

    def __init__(self, connection: AsyncConnection, *, claimant: Claimant) -> None:
        self._connection = connection
        self._claimant = claimant

    async def held(self, now: datetime) -> list[Held]:
        """Name every claim that stands, channels first."""
        moment: datetime = (await self._connection.execute(select(self._claimant.at(now)))).scalar_one()
        channels = (
            select(literal("channel ") + ChannelRow.channel_id, ChannelRow.holder, ChannelRow.claimed_at)
            .where(ChannelRow.claim_until > moment)
            .order_by(ChannelRow.team_id, ChannelRow.channel_id)
        )
        sweeps = (
            select(literal("sweep ") + SweepRow.account + " " + SweepRow.region, SweepRow.holder, SweepRow.claimed_at)
            .where(SweepRow.claim_until > moment)
            .order_by(SweepRow.account, SweepRow.region)
        )
        return [
            Held(what=what, holder=holder or "", age=None if at is None else moment - at)
            for claims in (channels, sweeps)
            for what, holder, at in await self._connection.execute(claims)
        ]

    async def behind(self, now: datetime) -> timedelta | None:
        """Say for how long the first thing that is due, and that nobody has claimed, waits; None: nothing does."""
        moment = self._claimant.at(now)
        taken = (
            select(literal(1))
            .where(ChannelRow.team_id == NoticeRow.team_id, ChannelRow.channel_id == NoticeRow.channel_id)
            .where(ChannelRow.claim_until > moment)
            .exists()
        )
        said_from = await self._connection.scalar(
            select(func.min(func.coalesce(NoticeRow.not_before, NoticeRow.created_at))).where(
                NoticeRow.settled_at.is_(None),
                or_(NoticeRow.not_before.is_(None), NoticeRow.not_before <= now),
                ~taken,
                ~is_uninstalled(NoticeRow.team_id),
            )
        )
        swept_from = await self._connection.scalar(
            select(func.min(SweepRow.due_at)).where(
                SweepRow.due_at <= now, or_(SweepRow.claim_until.is_(None), SweepRow.claim_until <= moment)
            )
        )
        first = min((at for at in (said_from, swept_from) if at is not None), default=None)
        return None if first is None else now - first

    async def parked(self) -> int:
        """Count what Slack refused for good and is kept."""
        counted = select(func.count()).select_from(NoticeRow).where(NoticeRow.state == State.PARKED.value)
        return await self._connection.scalar(counted) or 0
