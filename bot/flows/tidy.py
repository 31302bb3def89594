"""
Tidy: find what is due and nobody is about to do, and forget what was kept long enough.

Wakes are put after a commit and may be lost with the process that should have put them; what was put off falls due with
nobody there to say so; a mute ends whether anything happens or not. Every few seconds this looks at the tables, which
remember.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.flows.drill import end_drills
from bot.flows.mute import begin_mutes
from bot.flows.periodic import periodically
from bot.flows.unmute import end_mutes
from bot.store.outbox import wake

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from adapters.contract import AccountName
    from bot.domain.account import Account
    from bot.domain.notice import Wake
    from bot.store.memory import Memory

EVERY_S: Final = 2.0
TRIM_EVERY: Final = timedelta(hours=1)


class Tidier:
    """
    Keeps the tables and the engine in step.

    Args:
        put_missing: has these looked at unless somebody is about to.
        trim_engine: forgets what the engine wrote about jobs that are over.
        every_s: how often.
    """

    def __init__(
        self,
        *,
        memory: Memory,
        accounts: Mapping[AccountName, Account],
        put_missing: Callable[[Iterable[Wake]], Awaitable[None]],
        trim_engine: Callable[[], Awaitable[None]],
        now: Callable[[], datetime],
        every_s: float = EVERY_S,
    ) -> None:
        self._memory = memory
        self._accounts = accounts
        self._put_missing = put_missing
        self._trim_engine = trim_engine
        self._now = now
        self._every_s = every_s
        self._trimmed_at: datetime | None = None
        self._marked_at: datetime | None = None

    async def tidy(self) -> None:
        """Do it once."""
        now = self._now()
        await end_mutes(self._memory, self._accounts, now=now)
        await begin_mutes(self._memory, self._accounts, since=self._marked_at, now=now)
        self._marked_at = now
        await end_drills(self._memory, now=now)
        async with self._memory.reading() as tx:
            places = await tx.outbox.due_places(now)
        await self._put_missing([wake(place) for place in places])
        if self._trimmed_at is None or now - self._trimmed_at >= TRIM_EVERY:
            self._trimmed_at = now
            await self._memory.trim(now)
            await self._trim_engine()

    async def run(self, stop: asyncio.Event) -> None:
        """Do it at once, and again and again until it is stopped; a database that is away is waited for."""
        await periodically(self.tidy, stop, every_s=self._every_s, else_="could not tidy")
