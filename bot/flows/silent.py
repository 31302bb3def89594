"""
Silent: whether a channel's mutes cover an incident, and until when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain import mute as silence
from bot.flows.about import tasks_of
from bot.store.incidents import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.domain.subscription import Mute, Place
    from bot.domain.task import Followed, News
    from bot.store.incidents import Incident
    from bot.store.memory import Tx


async def silent_until(tx: Tx, place: Place, incident: Incident, *, now: datetime) -> datetime | None:
    """Say until when a place is to hear nothing of an incident: the first of its bad tasks that it hears of ends it."""
    mutes = [
        mute
        for mute in await tx.mutes.of_place(place, now)
        if mute.account == incident.account and mute.begins_at <= now
    ]
    if not mutes:
        return None
    if incident.scope is Scope.ACCOUNT:
        return max((mute.ends_at for mute in mutes if mute.task is None), default=None)
    bad = [task for task in await tasks_of(tx, incident) if task.known.bad_since is not None]
    changes = await tx.changes.of_tasks([task.id for task in bad], since=min(mute.begins_at for mute in mutes))
    histories = {task: [change.news for change in its] for task, its in changes.items()}
    ends = [_until(task, place, mutes, histories.get(task.id, []), now) for task in bad]
    heard_of = [end for end in ends if end is not None]
    return min(heard_of) if heard_of and len(heard_of) == len(ends) else None


def _until(
    task: Followed, place: Place, mutes: Sequence[Mute], history: Sequence[News], now: datetime
) -> datetime | None:
    mute = silence.in_force(mutes, place, task.ref, now)
    return None if mute is None or silence.is_spent(mute, history, task.known) else mute.ends_at
