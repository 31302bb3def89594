"""
A calendar that several processes share and that runs faster than the world: half a minute's patience takes a second.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class Fast:
    """
    Time since `began`, multiplied.

    Args:
        real: the real calendar, which all of them can read.
    """

    def __init__(self, real: Callable[[], datetime], *, began: datetime, speed: float) -> None:
        self._real = real
        self.began = began
        self.speed = speed
        self._skipped = timedelta(0)

    def __call__(self) -> datetime:
        return self.began + (self._real() - self.began) * self.speed + self._skipped

    def skip(self, story: timedelta) -> None:
        """Let so much of the story pass at once, for whoever shares this very calendar."""
        self._skipped += story
