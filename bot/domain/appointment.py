"""
When a task is to be looked at outside its usual turn: known instants are appointments.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.contract import TaskState
from bot.domain import flap, outcome, plan, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.domain.task import Doubt, Known

RECOVERY_HOLD: Final = timedelta(seconds=30)
LOOK_MORE_EVERY: Final = timedelta(
    minutes=1
)  # at a task that ended where a cloud says no more than that it is not there
LOOK_MORE_FOR: Final = timedelta(minutes=30)

# How long after the first read the second may be made, which confirms it; a cloud of another package is given time.
_CONFIRM_AFTER: Final = {"aliyun": timedelta(seconds=1), "tencent": timedelta(seconds=3)}
_FINAL: Final = frozenset({"aliyun"})  # clouds whose word for an end is their last


def confirm_after(provider: str) -> timedelta:
    """Return how much later than the first read the one must be that confirms it."""
    return _CONFIRM_AFTER.get(provider, max(_CONFIRM_AFTER.values()))


def hold(known: Known, doubt: Doubt, provider: str) -> timedelta:
    """Return how long a state must have been read before it is believed."""
    return RECOVERY_HOLD if outcome.is_recovery(known, doubt.state) else confirm_after(provider)


def is_over(known: Known, at: datetime, provider: str) -> bool:
    """Say whether nothing new will ever be read of this id. An end that is not final is one after a last look at it."""
    if known.state is not TaskState.ENDED or known.ended_at is None or known.doubt is not None:
        return False
    return provider in _FINAL or (known.unseen_since is None and at - known.ended_at >= LOOK_MORE_FOR)


def look_again_at(known: Known, at: datetime, provider: str) -> datetime | None:
    """
    Return the next of a task's appointments; it may be days ahead.

    What is due already and could not be settled by this read is looked at again as soon as a read can confirm it.

    Args:
        at: when the last read was taken, or failed.
    """
    soon = at + confirm_after(provider)
    overdue = (max(due, soon) for due in _due(known, at, provider))
    planned = (instant for instant in _planned(known) if instant > at)
    return min((*overdue, *planned), default=None)


def _due(known: Known, at: datetime, provider: str) -> Iterator[datetime]:
    if known.unseen_since is not None and not known.is_unseen:
        yield known.unseen_since + unseen.UNSEEN_AFTER
    if known.doubt is not None:
        is_second = known.doubt.reads > 1
        yield known.doubt.since + (hold(known, known.doubt, provider) if is_second else confirm_after(provider))
    if known.is_flapping:
        yield flap.still_at(known.flips)
        return
    worse = outcome.bad_at(known)
    if worse is not None:
        yield worse[1]
    if known.state is TaskState.ENDED and not is_over(known, at, provider):
        yield at + LOOK_MORE_EVERY


def _planned(known: Known) -> Iterator[datetime]:
    if known.last is not None and known.state is not TaskState.ENDED:
        yield from plan.instants(known, known.last)
