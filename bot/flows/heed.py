"""
Heed: remember which tasks people look at, for whichever process reads them next.

A person is answered first and this is written a moment later, so that no answer waits for it; what is lost with the
process is that a task is read more often for two minutes.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from bot.store.errors import DatabaseTrouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from adapters.contract import TaskRef
    from bot.store.memory import Memory

EVERY_S: Final = 1.0

log = logging.getLogger(__name__)


class Heed:
    """
    Collects looks and writes them down together.

    Args:
        every_s: how often, at most.
    """

    def __init__(self, *, memory: Memory, now: Callable[[], datetime], every_s: float = EVERY_S) -> None:
        self._memory = memory
        self._now = now
        self._every_s = every_s
        self._looked_at: set[TaskRef] = set()
        self._came = asyncio.Event()

    def looked_at(self, ref: TaskRef) -> None:
        """Say that a person looks at a task now."""
        self._looked_at.add(ref)
        self._came.set()

    async def write(self) -> None:
        """
        Write down what came since the last time.

        Raises:
            DatabaseUnavailable: these looks are given up.
        """
        looks, self._looked_at = self._looked_at, set()
        self._came.clear()
        if looks:
            async with self._memory.transaction() as tx:
                await tx.tasks.looked_at(looks, self._now())

    async def run(self, stop: asyncio.Event) -> None:
        """Do so until it is stopped."""
        leaving = asyncio.create_task(stop.wait())
        while not stop.is_set():
            came = asyncio.create_task(self._came.wait())
            await asyncio.wait({leaving, came}, return_when=asyncio.FIRST_COMPLETED)
            came.cancel()
            try:
                await self.write()
            except DatabaseTrouble as trouble:
                log.warning("could not write down what people look at: %s", trouble)
            await asyncio.wait({leaving}, timeout=self._every_s)
