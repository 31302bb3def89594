"""
How often to look, and when next. Pure.

A cloud that lists is swept: one walk of ⌈tasks ÷ 100⌉ requests tells all, so nearness is bought for everybody at once.
A cloud that does not is asked in turns: hot tasks often, the others in proportion to the square root of how often they
change (which finds the most changes with a given number of reads), and none more rarely than a bound that can be shown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.contract import TaskState
from bot.domain import still

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.domain.task import Followed, Known

SWEEP: Final = timedelta(seconds=5)
QUICK_SWEEP: Final = timedelta(seconds=2)
PAGE: Final = 100  # tasks that one request of a walk brings

HOT: Final = timedelta(seconds=5)
COLD: Final = timedelta(seconds=60)
RETRY: Final = timedelta(seconds=15)  # after a read that failed: four of them within the minute that makes it unseen

EDGE: Final = timedelta(minutes=5)  # this near to its start or end a task is likely to move
KEEP: Final = timedelta(seconds=30)  # a read that changed nothing is written down no more often
ENOUGH: Final = 2  # moves that show a file's progress can be measured; more are no news
FRESH: Final = timedelta(minutes=2)  # so long a change, or a person's look, keeps it hot
SHORTEST_LEASE: Final = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one budget has to read in turns."""

    tasks: int
    hot: int  # of them
    per_second: float  # our share of the documented rate


def sweep_period(followed: Iterable[Followed], now: datetime) -> timedelta | None:
    """
    Say how long after its beginning the next sweep of a region is due; None: nothing is followed there.

    A task that waits for a start which is further away than five minutes is as quiet as one that runs.
    """
    periods = {QUICK_SWEEP if _is_restless(task, now) else SWEEP for task in followed}
    return min(periods, default=None)


def lease(period: timedelta, *, requests: int = 1, per_second: float = math.inf) -> timedelta:
    """Say how long a claim on a sweep holds: longer than its walk can take, so that no two walk at once."""
    return max(SHORTEST_LEASE, 3 * period, 3 * timedelta(seconds=requests / per_second))


def bound(*, tasks: int, lists: bool, per_second: float) -> timedelta:
    """
    Say how old what we know of a task can be at most, while the cloud answers.

    Args:
        lists: the cloud lists its tasks, a hundred in a request.
        per_second: our share of the documented rate.
    """
    if lists:
        return max(QUICK_SWEEP, timedelta(seconds=math.ceil(tasks / PAGE) / per_second))
    return cold(Load(tasks=tasks, hot=0, per_second=per_second))


def cold(load: Load) -> timedelta:
    """Say how long a task may wait for its turn at most."""
    return max(COLD, timedelta(seconds=load.tasks / load.per_second))


def turn(task: Followed, now: datetime, load: Load) -> timedelta:
    """
    Say how long after this read a task's next turn is, in a cloud without a list.

    First everybody gets the bound; what that leaves of the pace is shared by the hot ones, down to 5 s.
    """
    slowest = cold(load)
    spare = load.per_second - load.tasks / slowest.total_seconds()
    if spare <= 0:
        return slowest
    if is_hot(task, now):
        return min(slowest, max(HOT, timedelta(seconds=load.hot / spare)))
    if task.known.unseen_since is not None:
        return min(slowest, RETRY)
    return slowest / math.sqrt(1 + len(task.known.flips))


def is_hot(task: Followed, now: datetime) -> bool:
    """Say whether a task is likely to move now, or somebody looks at it."""
    known = task.known
    is_fresh = any(at is not None and now - at < FRESH for at in (known.since, task.looked_at))
    return is_fresh or known.doubt is not None or _is_near_an_edge(task, now)


def is_worth_writing(before: Known, after: Known) -> bool:
    """
    Say whether a read has to be remembered at once; a thousand tasks that run as before need not be written each 2 s.

    What is left unwritten for half a minute is when the last read was, and how far a file has come.
    """
    if before.last is None or after.last is None:
        return before != after
    if still.KNOWN(before) != still.KNOWN(after) or still.READ(before.last) != still.READ(after.last):
        return True
    if _moves(before) != _moves(after):
        return True
    return abs(after.last.taken_at - before.last.taken_at) >= KEEP


def _moves(known: Known) -> int | None:
    return None if known.movement is None else min(known.movement.moves, ENOUGH)


def _is_restless(task: Followed, now: datetime) -> bool:
    if task.known.state is TaskState.NOT_STARTED:
        start = _plan(task)[0]
        return task.known.doubt is not None or start is None or start - now < EDGE
    return task.known.doubt is not None or task.known.state is not TaskState.RUNNING or _is_near_an_edge(task, now)


def _is_near_an_edge(task: Followed, now: datetime) -> bool:
    return any(edge is not None and abs(edge - now) < EDGE for edge in (*_plan(task), task.known.until))


def _plan(task: Followed) -> tuple[datetime | None, datetime | None]:
    seen = task.known.last.plan if task.known.last is not None else task.plan
    return seen.start or task.plan.start, seen.end or task.plan.end
