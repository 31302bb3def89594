"""
Name: a followed task gets a short name, under which everybody of the team can mean it from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain import message
from bot.domain.permit import Deed
from bot.domain.spoken import followed_called, task_called
from bot.domain.words import say
from bot.flows.admit import require
from bot.flows.change import changing
from bot.flows.recall import choose, recall

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.following import Name
    from bot.flows.desk import Asker, Desk


async def name(command: Name, asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    """
    Give a name to something that this channel follows; one that another task had moves to this one, and that is said.

    Raises:
        Refused: not they.
    """
    if command.name in {account.lower() for account in desk.accounts}:
        return message.Mistyped(failed=say("name.is_account", name=command.name), instead="/relay help name")
    async with desk.memory.reading() as tx:
        tasks = await recall(command.what, tx, asker, desk)
        before = await tx.names.get(asker.team, command.name)
    if len(tasks) > 1:
        return choose(command.what, tasks, "name", command.name)
    if not tasks:
        return message.Done(said=(say("unfollow.none", name=task_called("", command.what.task)),))
    (task,) = tasks
    called = followed_called(task)
    if before is not None and before.id == task.id:
        return message.Done(said=(say("name.same", task=called, name=command.name),))
    require(Deed.NAME, asker.person, asker.channel, subject=task.ref.task_id)
    async with changing(desk, asker, now=now) as change:
        await change.tx.names.put(asker.team, command.name, task.id)
        await change.tell("named", task=called, name=command.name)
        await change.trace("name", task.ref.task_id)
    said = [say("name.done", task=called, name=command.name)]
    if before is not None:
        said.append(say("name.moved"))
    return message.Done(said=tuple(said))
