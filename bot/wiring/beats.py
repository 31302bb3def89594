"""
Beats: what a process does again and again until it is asked to leave.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable


class Beat(Protocol):
    """Runs until it is stopped; no error of others ends it."""

    async def run(self, stop: asyncio.Event) -> None: ...


@asynccontextmanager
async def beating(beats: Iterable[Beat]) -> AsyncIterator[None]:
    """Let them run for as long as this is entered; each ends what it has under way."""
    stop = asyncio.Event()
    running = [asyncio.create_task(beat.run(stop)) for beat in beats]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*running, return_exceptions=True)
