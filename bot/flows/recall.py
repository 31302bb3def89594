"""
Recall: which followed task somebody means, without asking a cloud.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.following import is_name
from bot.domain.message import Choice, Option
from bot.domain.spoken import followed_called
from bot.domain.target import Target
from bot.flows.where import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.domain.task import Followed
    from bot.flows.desk import Asker, Desk
    from bot.store.memory import Tx

MOST_CHOICES = 10


async def named(what: Target, tx: Tx, asker: Asker, desk: Desk) -> Followed | None:
    """Find the task to which this team gave that name."""
    if not is_name(what.task):
        return None
    found = await tx.names.get(asker.team, what.task.lower())
    return next(iter(_meant([found] if found is not None else [], what, asker, desk)), None)


async def recall(what: Target, tx: Tx, asker: Asker, desk: Desk) -> tuple[Followed, ...]:
    """
    Find what this channel follows and somebody means, the surest reading first: a name given here, the whole id, the
    cloud's name, at least four characters of an id. Several only where one reading has several.
    """
    given = await named(what, tx, asker, desk)
    if given is not None:
        return (given,)
    here = _meant(await tx.tasks.of_place(place_of(asker)), what, asker, desk)
    for reading in (
        [task for task in here if task.ref.task_id == what.task],
        [task for task in here if task.known.last is not None and task.known.last.name == what.task],
    ):
        if reading:
            return tuple(reading)
    return await parts(what, tx, asker, desk)


async def parts(what: Target, tx: Tx, asker: Asker, desk: Desk) -> tuple[Followed, ...]:
    """Find what this channel follows and has these characters in its id."""
    return tuple(_meant(await tx.tasks.find(place_of(asker), what.task), what, asker, desk))


def choose(what: Target, tasks: Sequence[Followed], command: str, *more: str) -> Choice:
    """
    Let somebody choose among several tasks.

    Args:
        command: the verb that is meant of one of them.
        more: its further words and options.
    """
    return Choice(
        typed=what.task,
        options=tuple(
            Option(
                label=f"{followed_called(task)} · {task.ref.region} · {task.ref.account}",
                command=exactly(task).typed(command, *more, f"region={task.ref.region}").removeprefix("/relay "),
            )
            for task in tasks[:MOST_CHOICES]
        ),
    )


def exactly(task: Followed) -> Target:
    """Return what somebody has to type to mean this task and no other."""
    return Target(account=task.ref.account, task=task.ref.task_id)


def _meant(tasks: Iterable[Followed], what: Target, asker: Asker, desk: Desk) -> list[Followed]:
    """Leave out what was not meant, and what may not be seen here: that reads as if it were not followed."""
    return [
        task
        for task in tasks
        if (account := desk.accounts.get(task.ref.account)) is not None
        and account.is_open_to(asker.channel.channel)
        and account.shows(task.ref.task_id)
        and what.account.lower() in {"", task.ref.account.lower()}
        and what.region.lower() in {"", task.ref.region}
    ]
