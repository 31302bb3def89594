"""
Resume: a channel that took nothing takes something again, and hears what it missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.subscription import Place
    from bot.store.memory import Memory

# Why it was paused, where that the bot is there again heals it; a pause that a person or an admin wanted stays.
HEALED: Final = frozenset({"is_archived", "not_in_channel", "channel_not_found"})


async def resume(place: Place, memory: Memory, *, now: datetime) -> None:
    """Go on in a channel that the bot was invited to, or that is no archive any more."""
    async with memory.transaction() as tx:
        if await tx.channels.paused(place) in HEALED and await tx.channels.resume(place):
            await tx.outbox.revive(place, now=now)
