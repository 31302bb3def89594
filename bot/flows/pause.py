"""
Pause: say nothing in a channel that takes nothing, loudly; and go on, with what waited, once it takes something again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.telling import direct

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from bot.domain.subscription import Place
    from bot.store.memory import Tx

SHARED: Final = "channel_shared"  # why a channel is paused where another workspace began to read along


async def pause(tx: Tx, place: Place, why: str, *, tells: str, code: str, now: datetime) -> bool:
    """
    Say nothing more in a channel, and tell everybody who follows something there how that is mended.

    Args:
        tells: the sentence, `line.<tells>`.
        code: Slack's own word for what happened.

    Returns:
        False when it was paused already; nobody is told again.
    """
    is_new = await tx.channels.pause(place, why, now=now)
    if is_new:
        creators = {subscription.created_by for subscription in await tx.subscriptions.of_place(place)}
        for user in sorted(creators - {""}):
            cause = f"paused:{place.channel}:{int(now.timestamp() * 1000)}"
            await tx.outbox.put(direct(place, user, tells, user=user, cause=cause, code=code), now=now)
    await tx.outbox.park_place(place, why, now=now)
    return is_new


async def resume(tx: Tx, place: Place, healed: Collection[str], *, now: datetime) -> bool:
    """Go on in a channel, with what waited, if it was paused for one of these reasons; False when it was not."""
    if await tx.channels.paused(place) not in healed or not await tx.channels.resume(place):
        return False
    await tx.outbox.revive(place, now=now)
    return True
