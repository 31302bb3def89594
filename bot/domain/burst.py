"""
Bursts: too many changes for one channel become one message, which says in numbers what it holds back. Pure.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.contract import TaskState
from bot.domain.notice import DigestBody
from bot.domain.text import short_id

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from bot.domain.notice import ReplyBody

MOST: Final = ((timedelta(seconds=10), 5), (timedelta(minutes=1), 10))
LONGEST: Final = max(window for window, _ in MOST)
NAMED: Final = 10


def is_burst(instants: Collection[datetime]) -> bool:
    """Say whether the newest change comes on top of too many: more than five in ten seconds, or ten in a minute."""
    newest = max(instants, default=None)
    return newest is not None and any(sum(newest - at < window for at in instants) > most for window, most in MOST)


def gather(last: DigestBody | None, changes: Sequence[ReplyBody]) -> DigestBody:
    """Put changes (at least one) together with those that the message holds already."""
    counts = Counter(dict(last.counts) if last is not None else {})
    counts.update(change.news.new for change in changes)
    bad = [change.name or short_id(change.ref.task_id) for change in changes if change.news.is_bad]
    names = dict.fromkeys([*reversed(bad), *(last.names if last is not None else ())])
    instants = [change.news.at for change in changes]
    return DigestBody(
        total=len(changes) + (last.total if last is not None else 0),
        counts=tuple((state, counts[state]) for state in TaskState if counts[state]),
        names=tuple(names)[:NAMED],
        since=min(instants) if last is None else last.since,
        until=max(instants),
    )
