"""
Waiting without sleeping: a bell is rung whenever something happened, and whoever waits looks again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Bell:
    """Wakes everybody who waits for something to become true."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Say that something happened."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def until(self, is_true: Callable[[], bool], *, within_s: float | None = 10.0) -> None:
        """
        Wait until `is_true()`; it is asked at once and after every ring. Without `within_s`, for ever.

        Raises:
            TimeoutError: it was still false after `within_s` seconds.
        """
        async with asyncio.timeout(within_s):
            while not is_true():
                await self._rung.wait()
