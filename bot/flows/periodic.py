"""
Periodic: what looks at the tables again and again, for as long as the process lives.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from bot.store.errors import DatabaseTrouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


async def periodically(look: Callable[[], Awaitable[None]], stop: asyncio.Event, *, every_s: float, else_: str) -> None:
    """
    Look at once, and again after each `every_s` seconds, until it is stopped; a database that is away is waited for.

    Args:
        else_: what does not happen while it is away, for the log.
    """
    while not stop.is_set():
        try:
            await look()
        except (DatabaseTrouble, OSError) as trouble:
            log.warning("%s: %s", else_, trouble)
        try:
            async with asyncio.timeout(every_s):
                await stop.wait()
        except TimeoutError:
            continue
