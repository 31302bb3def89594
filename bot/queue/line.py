"""
Line: who waits for a turn, the most urgent first and among them the first that came. Knows no time and no slots.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.turn import Urgency

if TYPE_CHECKING:
    import asyncio


@dataclass(slots=True, eq=False, kw_only=True)
class Waiter:
    """
    A request on its way through the line. `number` is its place among those of its urgency, the same for every turn.
    """

    urgency: Urgency
    number: int
    give_up_at: float  # monotonic seconds
    turn: asyncio.Future[None]  # the one that it waits for, or had last

    @property
    def is_waiting(self) -> bool:
        """Say whether it stands in line now."""
        return not self.turn.done()


class Line:
    """A heap for each urgency; who has gone, or moved to another heap, is passed over when it comes up."""

    def __init__(self) -> None:
        self._heaps: dict[Urgency, list[tuple[int, Waiter]]] = {urgency: [] for urgency in Urgency}

    def join(self, waiter: Waiter) -> None:
        """Let a waiter stand where its number says. After its urgency has changed, it joins again."""
        heapq.heappush(self._heaps[waiter.urgency], (waiter.number, waiter))

    def first(self, urgency: Urgency) -> Waiter | None:
        """Name who of this urgency is next, and leave it where it stands."""
        heap = self._heaps[urgency]
        while heap and not _stands(heap[0][1], urgency):
            heapq.heappop(heap)
        return heap[0][1] if heap else None

    def take(self, urgency: Urgency) -> Waiter | None:
        """Take who of this urgency is next out of the line."""
        first = self.first(urgency)
        if first is not None:
            heapq.heappop(self._heaps[urgency])
        return first

    def urgencies(self) -> list[Urgency]:
        """Name the urgencies that somebody waits with, the most urgent first."""
        return [urgency for urgency in Urgency if self.first(urgency) is not None]

    def everybody(self) -> list[Waiter]:
        """Name all who wait."""
        return [waiter for urgency, heap in self._heaps.items() for _, waiter in heap if _stands(waiter, urgency)]


def _stands(waiter: Waiter, urgency: Urgency) -> bool:
    return waiter.is_waiting and waiter.urgency is urgency
