"""
Flapping: a task whose state will not stay. Only confirmed changes count.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

CHANGES: Final = 6
WINDOW: Final = timedelta(minutes=20)
STILL: Final = timedelta(minutes=5)


def counted(flips: tuple[datetime, ...], at: datetime) -> tuple[datetime, ...]:
    """Add a change; those that are too old to count, and more than are needed, go."""
    return (*(flip for flip in flips if at - flip < WINDOW), at)[-CHANGES:]


def is_flapping(flips: tuple[datetime, ...]) -> bool:
    """Say whether the newest of the changes makes it flapping."""
    return len(flips) >= CHANGES


def still_at(flips: tuple[datetime, ...]) -> datetime:
    """Say when flapping is over unless something changes again."""
    return flips[-1] + STILL
