"""
What a mute silences, and what breaks it. Pure.

A mute on a bad task covers the kind of badness that it was put on: RETRYING < STOPPED < ended early, and another reason
is another kind. A mute on a task that is well (maintenance) covers whatever happens until its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.contract import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from adapters.contract import TaskRef
    from bot.domain.subscription import Mute, Place
    from bot.domain.task import Known, News

RANK: Final[Mapping[TaskState, int]] = {TaskState.RETRYING: 1, TaskState.STOPPED: 2, TaskState.ENDED: 3}


def in_force(mutes: Iterable[Mute], place: Place, ref: TaskRef, now: datetime) -> Mute | None:
    """Return the mute that silences a task in a place now: of several the one that lasts longest."""
    found = [
        mute
        for mute in mutes
        if mute.place == place
        and mute.account == ref.account
        and mute.task in {None, ref.task_id}
        and mute.begins_at <= now < mute.ends_at
    ]
    return max(found, key=lambda mute: (mute.ends_at, mute.id), default=None)


def lets_through(mute: Mute, news: News, told: Sequence[News], before: Known) -> bool:
    """
    Say whether a mute in force lets a news through.

    Args:
        told: what came before it, oldest first.
        before: what was known before the verdict that brought it.
    """
    return is_spent(mute, [*told, news], before)


def is_spent(mute: Mute, told: Sequence[News], before: Known) -> bool:
    """Say whether what happened has ended a mute: a worse kind broke it, or the recovery came that it waited for."""
    kind = _rank(state_at(mute.begins_at, told, before))
    reason = next((each.reason for each in reversed(told) if each.at < mute.begins_at and each.reason), "")
    for news in told:
        if news.at < mute.begins_at:
            continue
        if mute.until_recovery and news.closes:
            return True
        if not kind or not news.is_bad:
            continue
        rank = _rank(news.new)
        if rank > kind or (rank == kind and reason and news.reason not in {"", reason}):
            return True
    return False


def state_at(at: datetime, told: Sequence[News], known: Known) -> TaskState | None:
    """Return the state that a task was in at an instant, from what was told of it and what is known without that."""
    earlier = [news.new for news in told if news.at < at]
    if earlier:
        return earlier[-1]
    later = [news.old for news in told if news.at >= at]
    return later[0] if later else known.state


def _rank(state: TaskState | None) -> int:
    return 0 if state is None else RANK.get(state, 0)
