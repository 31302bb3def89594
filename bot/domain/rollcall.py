"""
Roll call: what a region's list says of each followed task, which of them it lacks, and who is new. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.contract import Listing, TaskRef, TaskState
from bot.domain.evidence import is_mislaid, mislaid
from bot.domain.task import Known

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from adapters.contract import Region, Snapshot
    from adapters.errors import ProviderError
    from bot.domain.subscription import Subscription
    from bot.domain.task import Followed


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A task that a list shows, that somebody wants, and that is not followed yet; `known` is what it is judged by."""

    ref: TaskRef
    known: Known
    seen: Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class RollCall:
    """
    What one list came to.

    Args:
        live: the followed tasks that are not over.
        told: what is to be judged: what the list says, or why nothing can be known.
        missing: those to be asked for one by one, longest unseen first.
        error: why the region cannot be seen, or not all of it.
    """

    live: tuple[Followed, ...]
    told: tuple[tuple[Followed, Snapshot | ProviderError], ...]
    missing: tuple[Followed, ...] = ()
    error: ProviderError | None = None


def is_over(task: Followed) -> bool:
    """Say whether a task's end is confirmed."""
    return task.known.state is TaskState.ENDED and task.known.doubt is None


def call(
    followed: Iterable[Followed], listed: Listing | ProviderError, *, gone_since: datetime | None = None
) -> RollCall:
    """
    Compare a region's followed tasks with its list.

    Where the list itself was refused, or lacks more than half of them at once, those tasks are unseen.

    Args:
        gone_since: when a person last said that what was missing then is really gone.
    """
    everybody = tuple(followed)
    live = tuple(task for task in everybody if not is_over(task))
    if not isinstance(listed, Listing):
        return RollCall(live=live, told=tuple((task, listed) for task in live), error=listed)
    told: list[tuple[Followed, Snapshot | ProviderError]] = []
    missing: list[Followed] = []
    for task in everybody:
        seen = listed.tasks.get(task.ref.task_id)
        if seen is not None and not (is_over(task) and seen.state is TaskState.ENDED):
            told.append((task, seen))
        elif seen is None and not is_over(task):
            missing.append(task)
    unexplained = [task for task in missing if gone_since is None or _was_there(task, gone_since)]
    if is_mislaid(missing=len(unexplained), followed=len(live)):
        error = mislaid()
        return RollCall(live=live, told=(*told, *((task, error) for task in missing)), error=error)
    missing.sort(key=lambda task: (_last_seen(task), task.id))
    return RollCall(live=live, told=tuple(told), missing=tuple(missing))


def newcomers(
    region: Region,
    listing: Listing,
    *,
    followed: Iterable[Followed],
    broad: Sequence[Subscription],
    swept_at: datetime | None,
) -> tuple[Newcomer, ...]:
    """
    Find what an `all` or `match=` subscription picks up; what has ended before anybody followed it is left alone.

    What a subscription finds when it is made was there before: its first sight is no change. What appears later comes
    from not being there, which is as good as not started.

    Args:
        broad: those of one account that may want tasks of the region.
        swept_at: when the region was last seen as a whole.
    """
    known_ids = {task.ref.task_id for task in followed}
    found: list[Newcomer] = []
    for task_id, seen in listing.tasks.items():
        if task_id in known_ids or seen.state is TaskState.ENDED:
            continue
        wanting = [each for each in broad if _wants(each, region, seen)]
        if wanting:
            ref = TaskRef(account=wanting[0].wish.account, region=region, task_id=task_id)
            appeared = swept_at is not None and any(each.created_at <= swept_at for each in wanting)
            known = Known(state=TaskState.NOT_STARTED, since=swept_at) if appeared else Known()
            found.append(Newcomer(ref=ref, known=known, seen=seen))
    return tuple(found)


def _wants(subscription: Subscription, region: Region, seen: Snapshot) -> bool:
    ref = TaskRef(account=subscription.wish.account, region=region, task_id=seen.task_id)
    return subscription.wish.covers(ref, seen.name)


def _was_there(task: Followed, at: datetime) -> bool:
    """Say whether a task was seen since then, other than as one that is gone."""
    last = task.known.last
    return last is not None and last.taken_at > at and last.state not in {TaskState.NOT_FOUND, TaskState.ENDED}


def _last_seen(task: Followed) -> float:
    return task.known.last.taken_at.timestamp() if task.known.last is not None else 0.0
