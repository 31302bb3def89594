"""
Memory: answers that are a few seconds old, for those who ask the same again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Hashable

    from bot.queue.lane import Lane

REUSE_S: Final = 5.0  # how old an answer may be that is given again


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, when its first reply came (monotonic seconds), and the lane that it came by."""

    answer: Any
    replied_at: float
    lane: Lane


class Memory:
    """The last answer to each question, for five seconds."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Kept] = {}  # the oldest first, or nearly

    def recall(self, question: Hashable, now: float) -> Kept | None:
        """Give the last answer, unless it is too old."""
        kept = self._kept.get(question)
        return kept if kept is not None and now - kept.replied_at <= REUSE_S else None

    def keep(self, question: Hashable, kept: Kept, now: float) -> None:
        """Keep an answer unless a newer one is there, and let go of those that are too old."""
        before = self._kept.get(question)
        if before is not None and before.replied_at > kept.replied_at:
            return
        self._kept.pop(question, None)
        self._kept[question] = kept
        while now - self._kept[oldest := next(iter(self._kept))].replied_at > REUSE_S and oldest != question:
            del self._kept[oldest]
