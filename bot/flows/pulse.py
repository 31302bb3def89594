"""
Pulse: the beat that tells a dead-man's switch elsewhere that all is well, while it is.

Processes that share a database share what is looked at; whichever comes first in a minute tells it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from bot.domain.healthy import ails
from bot.store.errors import DatabaseTrouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from bot.store.memory import Memory

EVERY_S: Final = 20.0  # how often to look; it is told once a minute at most

log = logging.getLogger(__name__)


class Pulse:
    """
    Looks whether the loop goes round, and tells.

    Args:
        turn: says whether it may be told now: nobody has within the last minute.
        signal: tells it; returns why it was not heard, empty when it was.
        every_s: how often to look.
    """

    def __init__(
        self,
        *,
        memory: Memory,
        turn: Callable[[], Awaitable[bool]],
        signal: Callable[[], Awaitable[str]],
        now: Callable[[], datetime],
        every_s: float = EVERY_S,
    ) -> None:
        self._memory = memory
        self._turn = turn
        self._signal = signal
        self._now = now
        self._every_s = every_s
        self._wrong = ""

    async def beat(self) -> bool:
        """Look once; returns whether the switch heard that all is well."""
        try:
            async with self._memory.reading() as tx:
                wrong = ", ".join(ails(await tx.vitals.signs(self._now())))
            if not wrong and not await self._turn():
                return False
            wrong = wrong or await self._signal()
        except DatabaseTrouble as trouble:
            wrong = str(trouble)
        if wrong != self._wrong:
            self._wrong = wrong
            if wrong:
                log.warning("the dead-man's switch is not told that all is well: %s", wrong)
            else:
                log.info("the dead-man's switch is told again that all is well")
        return not wrong

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until it is stopped; the first time when whoever just began has had time to look."""
        while not stop.is_set():
            try:
                async with asyncio.timeout(self._every_s):
                    await stop.wait()
            except TimeoutError:
                await self.beat()
