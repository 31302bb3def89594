"""
Boards: all tasks of an `all` or `match=` subscription as one message. Pure.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from adapters.contract import TaskState
from bot.domain.notice import BoardBody, Kind, Notice, ReplyBody
from bot.domain.outlook import Tone
from bot.domain.task import News

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.domain.subscription import Subscription
    from bot.domain.task import Followed

NAMED: Final = 10  # bad ones that are shown by name


def board(
    subscription: Subscription,
    tasks: Iterable[Followed],
    *,
    title: str,
    now: datetime,
    unseen_since: datetime | None = None,
) -> Notice:
    """
    Compose the board of a subscription as it is now.

    Args:
        tasks: those that it covers; what has ended is over and not counted.
        title: the cloud as people call it.
        unseen_since: the account cannot be seen since then.
    """
    present = [task for task in tasks if task.known.ended_at is None or task.known.bad_since is not None]
    counts = Counter(_state(task) for task in present)
    bad = [line for task in present if (line := _line(task, title)) is not None]
    bad.sort(key=lambda line: line.news.at, reverse=True)
    body = BoardBody(
        account=subscription.wish.account,
        title=title,
        match=subscription.wish.match,
        counts=tuple((state, counts[state]) for state in TaskState if counts[state]),
        bad=tuple(bad[:NAMED]),
        bad_total=len(bad),
        at=now,
        unseen_since=unseen_since,
    )
    cause = f"board:{subscription.id}:{int(now.timestamp() * 1000)}"
    return Notice(place=subscription.place, kind=Kind.BOARD, cause=cause, body=body, subscription=subscription.id)


def _state(task: Followed) -> TaskState:
    if task.known.state is not None:
        return task.known.state
    return task.known.last.state if task.known.last is not None else TaskState.UNKNOWN


def _line(task: Followed, title: str) -> ReplyBody | None:
    """Say of a bad task what it has been since when; None of one that is well."""
    known = task.known
    if known.bad_since is None or known.bad_why is None:
        return None
    news = News(
        why=known.bad_why,
        at=known.bad_since,
        old=None,
        new=_state(task),
        tone=Tone.BAD,
        reason=known.last.reason if known.last is not None else "",
        is_bad=True,
    )
    return ReplyBody(
        ref=task.ref,
        provider=task.provider,
        title=title,
        name=known.last.name if known.last is not None else "",
        plan=task.plan,
        news=news,
    )
