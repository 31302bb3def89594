"""Time in somebody's hands: for tests it stands still until it is moved, in the demo it runs and can be moved on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BEGINNING = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


class Clock:
    """A calendar (call it) and a monotonic clock, both in the hands of whoever holds it."""

    def __init__(self, now: datetime = BEGINNING) -> None:
        self.now = now
        self.elapsed = timedelta(0)  # not seconds: sums of floats miss the whole second that limits are about

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return 1000.0 + self.elapsed.total_seconds()

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by
        self.elapsed += by

    def set(self, now: datetime) -> None:
        """Set the calendar, as an administrator or a broken battery does; monotonic time does not notice."""
        self.now = now


class Calendar:
    """A calendar that goes with the real one and can be moved on; whoever shares it shares that."""

    def __init__(self, real: Callable[[], datetime]) -> None:
        self._real = real
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return self._real() + self.ahead

    def move(self, by: timedelta) -> None:
        """Let time pass at once."""
        self.ahead += by
