"""
Hold: keeps the claim of one sweep while its list is walked, however long a silent cloud lets us wait.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.store.memory import Memory
    from bot.store.sweeps import Sweep

PROOF: Final = timedelta(seconds=1)  # a claim that was seen to hold for twice as long needs no other look meanwhile


class Hold:
    """
    One claim.

    Args:
        lease: for how long it is renewed.
    """

    def __init__(self, memory: Memory, sweep: Sweep, *, lease: timedelta, now: Callable[[], datetime]) -> None:
        self._memory = memory
        self._sweep = sweep
        self._lease = lease
        self._now = now
        self._seen_at: datetime | None = None

    async def renew(self) -> bool:
        """Hold it for a whole lease from now on; False when somebody else has it."""
        async with self._memory.transaction() as tx:
            return await tx.sweeps.extend(self._sweep, until=self._now() + self._lease)

    async def stands(self) -> bool:
        """Say whether it is still ours; whoever comes so late that it is over renews it, if nobody else took it."""
        now = self._now()
        if self._seen_at is not None and timedelta(0) <= now - self._seen_at < PROOF:
            return True
        async with self._memory.reading() as tx:
            is_ours = await tx.sweeps.holds(self._sweep, until=now + 2 * PROOF)
        if not is_ours and not await self.renew():
            return False
        self._seen_at = now
        return True
