"""
A task that we cannot read: a condition of ours, said on its card and nowhere else. It proves and disproves nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.contract import TaskState
from bot.domain.outlook import Tone
from bot.domain.task import News, Why

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.task import Known

UNSEEN_AFTER: Final = timedelta(seconds=60)
MISSES: Final = 3  # in a row; whichever comes first


def missed(known: Known, at: datetime) -> tuple[Known, tuple[News, ...]]:
    """Take in a read that failed. One is silence."""
    since, misses = known.unseen_since or at, known.misses + 1
    is_unseen = known.is_unseen or misses >= MISSES or at - since >= UNSEEN_AFTER
    after = replace(known, unseen_since=since, misses=misses, is_unseen=is_unseen)
    return after, (_news(known, Why.UNSEEN, since),) if is_unseen and not known.is_unseen else ()


def seen_again(known: Known, at: datetime) -> tuple[Known, tuple[News, ...]]:
    """Take in that a read has succeeded, whatever it said."""
    if known.unseen_since is None:
        return known, ()
    news = replace(_news(known, Why.SEEN_AGAIN, at), tone=Tone.INFO, lasted=at - known.unseen_since)
    after = replace(known, unseen_since=None, misses=0, is_unseen=False)
    return after, (news,) if known.is_unseen else ()


def _news(known: Known, why: Why, at: datetime) -> News:
    state = known.state or TaskState.UNKNOWN
    return News(why=why, at=at, old=known.state, new=state, tone=Tone.WARNING, is_told=False)
