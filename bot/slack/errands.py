"""
What was acked and is not finished: our own set of tasks, drained before the process leaves.

Bolt cancels its listeners at SIGTERM and loses an ack when one raises; so listeners only ack and hand their work here.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

log = logging.getLogger(__name__)


class Errands:
    """
    The work behind acks.

    Args:
        mark: makes a short mark by which a person's complaint and our log line find each other.
    """

    def __init__(self, *, mark: Callable[[], str]) -> None:
        self._mark = mark
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, errand: Coroutine[Any, Any, None], *, failed: Callable[[str], Awaitable[None]]) -> None:
        """Run an errand; when it breaks, log why and let `failed(mark)` tell the person."""
        task = asyncio.create_task(self._run(errand, failed))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, errand: Coroutine[Any, Any, None], failed: Callable[[str], Awaitable[None]]) -> None:
        try:
            await errand
        except Exception:
            mark = self._mark()
            log.exception("an errand broke; mark %s", mark)
            try:
                await failed(mark)
            except Exception:
                log.exception("nor could the person be told; mark %s", mark)

    async def drain(self, *, within_s: float) -> int:
        """Finish what is under way; cancel the rest after so many seconds and say how many that were."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)
        left = [task for task in self._tasks if not task.done()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        return len(left)
