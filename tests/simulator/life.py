"""
Life: one simulated process. It can be killed, which leaves everything as it is, and frozen, which only takes its time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


@dataclass(eq=False)
class Life:
    """`tasks` are all it ever began: the dead ones are kept until the end, so that nothing of them is cleaned up."""

    name: str
    is_dead: bool = False
    is_frozen: bool = False
    tasks: list[asyncio.Task[object]] = field(default_factory=list)
    _held: list[asyncio.Handle] = field(default_factory=list)

    def may_step(self, handle: asyncio.Handle) -> bool:
        """Say whether a step of this process may be taken now; if not, it is kept."""
        if self.is_dead or self.is_frozen:
            self._held.append(handle)
            return False
        return True

    def thawed(self) -> list[asyncio.Handle]:
        """Go on; returns what fell due meanwhile, in its order."""
        self.is_frozen = False
        held, self._held = self._held, []
        return held
