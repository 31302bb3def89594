"""
Claims: one drainer for each channel's outbox. Whoever claims it later has a higher fence, and the earlier one's writes
come to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, literal, or_, select, update

from bot.store.channels import FRESH, is_place
from bot.store.tables import ChannelRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.subscription import Place
    from bot.store.claimant import Claimant


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A channel's outbox is ours, for a lease that each look at it renews."""

    place: Place
    fence: int
    lease: timedelta


async def claim(
    connection: AsyncConnection, place: Place, *, now: datetime, lease: timedelta, claimant: Claimant
) -> Claim | None:
    """Claim a channel; where somebody else has it, mark it dirty, so that they look once more, and return None."""
    is_free = or_(ChannelRow.claim_until.is_(None), ChannelRow.claim_until <= claimant.at(now))
    ours: dict[str, Any] = {
        "claim_until": claimant.at(now + lease),
        "holder": literal(claimant.name),
        "claimed_at": claimant.at(now),
    }
    made = await connection.execute(
        upsert(connection, ChannelRow)
        .values({**FRESH, "team_id": place.team, "channel_id": place.channel, "fence": 1, **ours})
        .on_conflict_do_update(
            index_elements=[ChannelRow.team_id, ChannelRow.channel_id],
            set_={  # each reads the row as it was
                "fence": ChannelRow.fence + case((is_free, 1), else_=0),
                **{name: case((is_free, value), else_=getattr(ChannelRow, name)) for name, value in ours.items()},
                "is_dirty": ~is_free,
            },
        )
        .returning(ChannelRow.fence, ChannelRow.is_dirty)
    )
    row = made.one()
    return None if row.is_dirty else Claim(place=place, fence=row.fence, lease=lease)


async def renew(connection: AsyncConnection, claim: Claim, *, now: datetime, claimant: Claimant) -> bool:
    """Hold a claim for a whole lease more; False when it is somebody else's, or was given back."""
    renewed = await connection.execute(
        update(ChannelRow)
        .where(is_place(claim.place), ChannelRow.fence == claim.fence, ChannelRow.claim_until.is_not(None))
        .values(claim_until=claimant.at(now + claim.lease))
    )
    return renewed.rowcount == 1


async def holds(connection: AsyncConnection, claim: Claim) -> bool:
    """Say whether a claim is still ours, and keep it so until the transaction ends."""
    return await _is_dirty(connection, claim) is not None


async def release(connection: AsyncConnection, claim: Claim) -> bool:
    """Give a claim back; True when the channel was marked dirty meanwhile and nobody else has it: look once more."""
    is_dirty = await _is_dirty(connection, claim)
    if is_dirty is None:
        return False
    await connection.execute(update(ChannelRow).where(is_place(claim.place)).values(claim_until=None, is_dirty=False))
    return is_dirty


async def _is_dirty(connection: AsyncConnection, claim: Claim) -> bool | None:
    is_dirty: bool | None = await connection.scalar(
        select(ChannelRow.is_dirty)
        .where(is_place(claim.place), ChannelRow.fence == claim.fence, ChannelRow.claim_until.is_not(None))
        .with_for_update()
    )
    return is_dirty
