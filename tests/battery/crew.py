"""
The processes of a trial: whenever one is found dead, the next takes over, and it is started again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Sequence

    from tests.battery.process import Bot

LOOK_S: Final = 0.02


class Crew:
    """
    One process, or two on one database.

    Args:
        by: the signal that ends one; after SIGTERM it may leave by itself.

    `hits` counts how often one has ended so.
    """

    def __init__(self, bots: Sequence[Bot], by: signal.Signals) -> None:
        self.bots = bots
        self.hits = 0
        self._by = by

    async def start(self) -> None:
        for bot in self.bots:
            await bot.start()

    def arm(self, **death: object) -> None:
        """Have whoever comes to the moment first end there."""
        for bot in self.bots:
            bot.arm({"by": self._by, **death})

    async def until(self, is_true: Callable[[], bool], *, within_s: float) -> bool:
        """Wait; time in which one is started again does not count."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within_s
        while not is_true():
            if loop.time() > end:
                return False
            for bot in self.bots:
                if not bot.is_alive:
                    await self._anew(bot)
                    end = loop.time() + within_s
            await asyncio.sleep(LOOK_S)
        return True

    async def settle(self) -> None:
        """See whoever got its signal out, and start it again."""
        for bot in self.bots:
            if bot.is_ending:
                await bot.gone()
                await self._anew(bot)

    async def _anew(self, dead: Bot) -> None:
        if dead.returncode not in {-self._by, 0 if self._by.name == "SIGTERM" else -self._by}:
            raise dead.broken("died by itself")
        self.hits += 1
        await dead.gone()
        other = next((bot for bot in self.bots if bot.is_alive), None)
        if other is not None:
            other.hear()  # people talk to whoever is there
        await dead.start()
