"""
Beats: what a process does again and again until it is asked to leave.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

REST_S: Final = 1.0  # before a beat that broke begins again

log = logging.getLogger(__name__)


class Beat(Protocol):
    """Runs until it is stopped; an error that it knows does not end it."""

    async def run(self, stop: asyncio.Event) -> None: ...


@asynccontextmanager
async def beating(beats: Iterable[Beat], *, rest_s: float = REST_S) -> AsyncIterator[None]:
    """Let them run for as long as this is entered; one that breaks begins again, and each ends what it does."""
    stop = asyncio.Event()
    running = [asyncio.create_task(_run(beat, stop, rest_s)) for beat in beats]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*running, return_exceptions=True)


async def _run(beat: Beat, stop: asyncio.Event, rest_s: float) -> None:
    """A bot that goes on without a beat looks well and tells nobody anything."""
    while not stop.is_set():
        try:
            await beat.run(stop)
        except Exception:
            log.exception("the beat of %s broke; it begins again", type(beat).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(rest_s):
                    await stop.wait()
