"""
When a task is meant to run: the provider's plan or a person's, and what a moment means against it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.outlook import END_GRACE, START_GRACE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from adapters.contract import Snapshot
    from bot.domain.task import Known

OVER_RUN_AFTER: Final = timedelta(minutes=5)
# A start and an end are known instants: each is looked at so long after it, rather than by rate.
EDGES: Final = tuple(timedelta(seconds=seconds) for seconds in (0, 5, 15, 30))


def end(known: Known, seen: Snapshot | None) -> datetime | None:
    """Return the planned end: what a person said (`until=`), else the newest that the provider says."""
    return known.until or (seen.plan.end if seen is not None else None)


def is_early(known: Known, seen: Snapshot, at: datetime) -> bool:
    """Say whether that is before the planned end, by more than clouds are inexact."""
    planned = end(known, seen)
    return planned is not None and planned - at > END_GRACE


def is_start_missed(seen: Snapshot, at: datetime) -> bool:
    """Say whether the task should have started by then."""
    return seen.plan.start is not None and at - seen.plan.start > START_GRACE


def is_over_run(known: Known, seen: Snapshot, at: datetime) -> bool:
    """Say whether the task has been running on after its planned end."""
    planned = end(known, seen)
    return planned is not None and at - planned >= OVER_RUN_AFTER


def instants(known: Known, seen: Snapshot) -> Iterator[datetime]:
    """Yield when the plan makes a look worth while: around its edges, and when its graces run out."""
    planned = end(known, seen)
    if seen.plan.start is not None:
        yield from (seen.plan.start + edge for edge in EDGES)
        yield seen.plan.start + START_GRACE
    if planned is not None:
        yield from (planned + edge for edge in EDGES)
        yield planned + OVER_RUN_AFTER
