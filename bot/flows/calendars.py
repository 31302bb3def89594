"""
Calendars: the beat that fetches those that the configuration names, each by one process at a time.

What cannot be read, or tells nobody's time, never takes the place of the last good copy.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.domain.calendar import Unread
from bot.flows.periodic import periodically

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from bot.domain.calendar import Booking, Calendar
    from bot.store.memory import Memory

EVERY_S: Final = 10.0  # how often to look whether one is due

log = logging.getLogger(__name__)


class Calendars:
    """
    Fetches what is due.

    Args:
        fetch: fetches one calendar by its name, or raises `Unread`; it is handed the present.
        every_s: how often to look.
    """

    def __init__(
        self,
        *,
        memory: Memory,
        fetch: Mapping[str, Callable[[datetime], Awaitable[tuple[Booking, ...]]]],
        now: Callable[[], datetime],
        every_s: float = EVERY_S,
    ) -> None:
        self._memory = memory
        self._fetch = fetch
        self._now = now
        self._every_s = every_s

    async def beat(self) -> None:
        """Fetch everything that is due now."""
        for name in sorted(self._fetch):
            async with self._memory.transaction() as tx:
                kept = await tx.calendars.claim(name, now=self._now())
            if kept is not None:
                fetched = await self._fetched(kept)
                async with self._memory.transaction() as tx:
                    await tx.calendars.save(fetched)

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until it is stopped; a database that is away is waited for."""
        await periodically(self.beat, stop, every_s=self._every_s, else_="no calendar is fetched for now")

    async def _fetched(self, kept: Calendar) -> Calendar:
        now = self._now()
        try:
            bookings = await self._fetch[kept.name](now)
        except Unread as unread:
            if unread.code != kept.code:
                log.warning("calendar %s cannot be read: %s; the last good copy stays", kept.name, unread.code)
            return replace(kept, code=unread.code)
        return replace(kept, bookings=bookings, fetched_at=now, code="")
