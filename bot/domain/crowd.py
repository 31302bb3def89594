"""
Many tasks of one account's region that turn bad at once: one thing happened, and one thing is told. Pure.

What ends or starts as planned is not bad and never counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.domain import outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bot.domain.task import Followed, Known, Verdict

FEWEST: Final = 5
SHARE: Final = 5  # more than one in five
HOLD: Final = timedelta(seconds=10)  # for the second reads; also how near to one another "at once" is
JOIN: Final = timedelta(seconds=60)


class Course(StrEnum):
    """How what has turned bad is told."""

    SINGLY = "singly"
    HELD = "held"  # not told yet, and not remembered either: the next read judges it again
    TOGETHER = "together"  # as one group incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """
    What is done about the tasks that turn bad in one sweep.

    Args:
        turned: store ids of the tasks that are confirmed bad by these reads.
        held_until: with HELD, when they are told at the latest (aware UTC).
    """

    course: Course
    turned: frozenset[int] = frozenset()
    held_until: datetime | None = None


def judge_crowd(
    followed: Iterable[Followed], verdicts: Mapping[int, Verdict], *, now: datetime, opened_at: datetime | None = None
) -> Crowd:
    """
    Judge whether the tasks that turn bad do so one by one or as many at once.

    Args:
        followed: All followed tasks of the account's region as they were before these reads.
        verdicts: What these reads came to, by the store's id; one read or a whole list.
        now: aware UTC.
        opened_at: When the region's open group incident was opened; who turns bad within 60 s of that joins it.
    """
    total = recent = 0
    turned: set[int] = set()
    doubts: list[datetime] = []
    for task in followed:
        verdict = verdicts.get(task.id)
        after = task.known if verdict is None else verdict.known
        total += task.known.ended_at is None
        if task.known.bad_since is None and after.bad_since is not None:
            turned.add(task.id)
        elif (at := outcome.turned_bad_at(after)) is not None and now - at <= HOLD:
            recent += 1
        elif (since := _doubted_since(after)) is not None:
            doubts.append(since)
    if not turned:
        return Crowd(course=Course.SINGLY)
    members = frozenset(turned)
    if opened_at is not None and now - opened_at <= JOIN:
        return Crowd(course=Course.TOGETHER, turned=members)
    confirmed = len(turned) + recent
    if is_many(confirmed, of=total):
        return Crowd(course=Course.TOGETHER, turned=members)
    held_until = min(doubts, default=now) + HOLD
    if doubts and is_many(confirmed + len(doubts), of=total) and now < held_until:
        return Crowd(course=Course.HELD, turned=members, held_until=held_until)
    return Crowd(course=Course.SINGLY, turned=members)


def is_many(tasks: int, *, of: int) -> bool:
    """Say whether so many of so many are more than a coincidence."""
    return tasks >= FEWEST and SHARE * tasks > of


def _doubted_since(known: Known) -> datetime | None:
    """Say since when a task seems to have turned bad; None: it does not, or not out of its plan."""
    doubt, last = known.doubt, known.last
    if doubt is None or last is None or known.bad_since is not None:
        return None
    return doubt.since if outcome.outcome(known, last, doubt.since).is_bad else None
