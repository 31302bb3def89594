"""
History: what happened to a followed task of late.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain import message
from bot.domain.spoken import followed_called, task_called
from bot.domain.when import length
from bot.domain.words import say
from bot.flows.recall import choose, recall

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.following import History
    from bot.flows.desk import Asker, Desk

USUAL: Final = timedelta(hours=24)
SHOWN: Final = 20


async def history(command: History, asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    """
    Tell what was seen of a task that this channel follows, the newest first.

    Raises:
        CommandError: the length is none.
    """
    again = command.what.typed("history", "for=24h")
    since = now - (length(command.length, instead=again) if command.length else USUAL)
    async with desk.memory.reading() as tx:
        tasks = await recall(command.what, tx, asker, desk)
        if len(tasks) > 1:
            return choose(command.what, tasks, "history", *([f"for={command.length}"] if command.length else []))
        if not tasks:
            return message.Done(said=(say("unfollow.none", name=task_called("", command.what.task)),))
        changes = await tx.changes.of_task(tasks[0].id, since)
    news = [change.news for change in reversed(changes)]
    return message.Past(
        name=followed_called(tasks[0]),
        ref=tasks[0].ref,
        since=since,
        happened=tuple(news[:SHOWN]),
        total=len(news),
    )
