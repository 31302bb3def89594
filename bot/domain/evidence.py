"""
How far an answer "no such task" is to be believed of a task that a cloud's list knew. Pure.

A task that is gone is an end, and an end may wake people; a cloud that mislays its list must not. What is not believed
is unseen: a condition of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.contract import TaskState
from adapters.errors import Unreadable

if TYPE_CHECKING:
    from adapters.contract import Snapshot
    from adapters.errors import ProviderError

GONE: Final = "CodeTaskNotExist"  # Alibaba Cloud's own word; any other may come of other trouble
FEWEST: Final = 5  # that make many


def believed(seen: Snapshot, *, is_unlisted: bool) -> Snapshot | ProviderError:
    """
    Return a read of one task, or what it is if it cannot be believed.

    Args:
        is_unlisted: a whole list, walked just before, did not have the task.
    """
    if seen.state is not TaskState.NOT_FOUND or seen.raw == GONE or is_unlisted:
        return seen
    return Unreadable(seen.raw, request_id=seen.request_id, detail="the cloud does not say plainly that it is gone")


def is_mislaid(*, missing: int, followed: int) -> bool:
    """Say whether so many of an account's tasks are gone at once that the list is the likelier culprit."""
    return missing >= FEWEST and 2 * missing > followed


class Mislaid(Unreadable):
    """A list lacks more than half of what it had."""


def mislaid() -> ProviderError:
    """Return what a list is that lacks more than half of what it had."""
    return Mislaid(detail="more than half of the followed tasks are missing from the cloud's list at once")
