"""
The same relay under a new id: how people mend one that cannot be restarted. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.contract import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.contract import Snapshot, TaskRef
    from bot.domain.task import Followed

_DOWN: Final = frozenset({TaskState.STOPPED, TaskState.ENDED})
_UP: Final = (TaskState.RUNNING, TaskState.RETRYING, TaskState.NOT_STARTED)  # the likeliest first


def successors(old: Followed, others: Iterable[tuple[TaskRef, Snapshot]]) -> tuple[TaskRef, ...]:
    """
    Find the tasks that may have taken a relay over, the likeliest first: to be offered, never to be taken for granted.

    One that has taken over is up while the old one is down, in the same account, and has the old one's name or pushes
    to the same destination (compared by its keyed hash). A name alone counts less.

    Args:
        old: The followed task that is down.
        others: What was read of the account's other tasks; the old one may be among them.
    """
    last = old.known.last
    if last is None or old.known.state not in _DOWN:
        return ()
    found = [
        (not _pushes_to_the_same(last, seen), _UP.index(seen.state), ref)
        for ref, seen in others
        if ref.account == old.ref.account
        and ref != old.ref
        and seen.state in _UP
        and (_pushes_to_the_same(last, seen) or _is_called_the_same(last, seen))
    ]
    return tuple(ref for *_, ref in sorted(found))


def _pushes_to_the_same(one: Snapshot, other: Snapshot) -> bool:
    return bool(one.destination_hash) and one.destination_hash == other.destination_hash


def _is_called_the_same(one: Snapshot, other: Snapshot) -> bool:
    return bool(one.name) and one.name == other.name
