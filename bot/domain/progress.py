"""
Whether a file source moves on while its task runs. Live sources have no offset and are not judged.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.task import Movement

if TYPE_CHECKING:
    from adapters.contract import Progress, Snapshot

STALLED_AFTER: Final = timedelta(seconds=120)
INTERVALS: Final = 3  # a cloud that tells its progress every 100 s has not stalled after 120 s
MOVES: Final = 2


def followed(movement: Movement | None, seen: Snapshot, *, was_unseen: bool) -> Movement | None:
    """
    Follow how the progress moves, from one read of the running task to the next.

    The learned interval is a running mean. What was not seen did not stand still, and teaches nothing.
    """
    at, progress = seen.taken_at, seen.progress
    if progress is None:
        return None
    if movement is None:
        return Movement(progress=progress, moved_at=at)
    if was_unseen:
        return replace(movement, progress=progress, moved_at=at)
    if progress == movement.progress:
        return movement
    took = at - movement.moved_at
    learned = took if movement.interval is None else (3 * movement.interval + took) / 4
    # The first move began before we looked: how long it took is not known.
    return Movement(
        progress=progress,
        moved_at=at,
        moves=movement.moves + 1,
        interval=learned if movement.moves else None,
    )


def is_stalled(movement: Movement, seen: Snapshot) -> bool:
    """Say whether it stands still; never before it has moved twice, nor on its last file."""
    if movement.moves < MOVES or _is_last(movement.progress):
        return False
    return seen.taken_at - movement.moved_at > max(STALLED_AFTER, INTERVALS * (movement.interval or timedelta()))


def _is_last(progress: Progress) -> bool:
    return progress.file is not None and progress.files is not None and progress.file >= progress.files - 1
