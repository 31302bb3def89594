"""
The same relay under a new id: how people mend one that cannot be restarted. Pure.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.contract import TaskState
from bot.domain.task import Successor

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from adapters.contract import Snapshot, TaskRef
    from bot.domain.task import Followed

AWAITED: Final = timedelta(minutes=30)
_DOWN: Final = frozenset({TaskState.STOPPED, TaskState.ENDED})
_UP: Final = (TaskState.RUNNING, TaskState.RETRYING, TaskState.NOT_STARTED)  # the likeliest first


class Living:
    """
    What of a list is up, found by name and by destination: where a thousand are down at once, each asks for its own.
    """

    def __init__(self, listed: Iterable[tuple[TaskRef, Snapshot]]) -> None:
        self._named: dict[str, list[tuple[TaskRef, Snapshot]]] = {}
        self._pushing: dict[str, list[tuple[TaskRef, Snapshot]]] = {}
        for ref, seen in listed:
            if seen.state in _UP:
                self._named.setdefault(seen.name, []).append((ref, seen))
                self._pushing.setdefault(seen.destination_hash, []).append((ref, seen))

    def like(self, old: Followed) -> dict[TaskRef, Snapshot]:
        """Return those that have a task's name or push to its destination."""
        last = old.known.last
        if last is None:
            return {}
        named = self._named.get(last.name, []) if last.name else []
        return dict([*named, *(self._pushing.get(last.destination_hash, []) if last.destination_hash else [])])


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


def likeliest(old: Followed, others: Iterable[tuple[TaskRef, Snapshot]]) -> Successor | None:
    """
    Return the task that is to be offered for one that is down, if any.

    One that only pushes to the same destination may be a backup that ran all the time: it is offered, never sure.
    """
    if old.known.state not in _DOWN:
        return None
    among = dict(others)
    found = successors(old, among.items())
    if not found or old.known.last is None:
        return None
    seen = among[found[0]]
    hashes = {old.known.last.destination_hash, seen.destination_hash} - {""}
    is_sure = len(found) == 1 and len(hashes) < 2 and _is_called_the_same(old.known.last, seen)
    return Successor(ref=found[0], name=seen.name, is_sure=is_sure)


def is_awaited(task: Followed, now: datetime) -> bool:
    """Say whether a task that ended badly may yet go on under a new id: for half an hour its region is still listed."""
    known = task.known
    has_failed = known.ended_at is not None and known.bad_since is not None
    return has_failed and known.successor is None and now - (known.ended_at or now) < AWAITED


def _pushes_to_the_same(one: Snapshot, other: Snapshot) -> bool:
    return bool(one.destination_hash) and one.destination_hash == other.destination_hash


def _is_called_the_same(one: Snapshot, other: Snapshot) -> bool:
    return bool(one.name) and one.name == other.name
