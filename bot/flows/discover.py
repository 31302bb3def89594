"""
Discover: what an account has, a page at a time, to pick from and subscribe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain import message
from bot.domain.outlook import judge_look
from bot.domain.place import account_named, regions_named
from bot.domain.spoken import task_called
from bot.domain.target import Target
from bot.domain.typed import again
from bot.domain.words import say
from bot.flows.follow import everything
from bot.flows.overview import has_state, in_order, paged
from bot.flows.where import open_here, place_of

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.contract import Snapshot, TaskRef
    from bot.domain.following import Tasks
    from bot.flows.desk import Asker, Desk


async def discover(command: Tasks, asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    """
    List an account's tasks, the bad ones first: those with a text in their name or id, those in a state.

    Raises:
        CommandError: no such account or region.
        Refused: too many questions.
    """
    what = Target(account=command.account, region=command.region)
    (account,) = account_named(what, open_here(asker, desk), "tasks")
    regions = regions_named(what, [account], "tasks")[account.name]
    if not account.lists:
        return message.Mistyped(
            failed=say("discover.no_list", title=account.title), instead=f"/relay status {account.name} <TaskId>"
        )
    found, troubles = await everything(account, regions, asker, desk, now=now)
    if troubles and not found:
        return message.Answer(task=account.name, troubles=troubles)
    async with desk.memory.reading() as tx:
        followed = {each.wish.task for each in await tx.subscriptions.of_place(place_of(asker)) if each.wish.task}
    rows = [
        _row(ref, task, is_followed=ref.task_id in followed, now=now)
        for ref, task in found.items()
        if command.text.casefold() in f"{task.name}\n{ref.task_id}".casefold()
    ]
    wanted = [row for row in rows if has_state(row.state, bad=row.bad, wanted=command.state)]
    return paged(
        in_order(wanted),
        command.page,
        title=say("discover.title", account=account.name),
        again=_again(command, account.name),
        nothing=say("discover.none"),
        picks=account.name,
        troubles=troubles,
    )


def _row(ref: TaskRef, task: Snapshot, *, is_followed: bool, now: datetime) -> message.Row:
    here = (say("discover.followed"),) if is_followed else ()
    return message.Row(
        name=task_called(task.name, ref.task_id),
        detail=(*here, ref.region, ref.task_id),
        state=task.state,
        raw=task.raw,
        seen_at=task.taken_at,
        bad=judge_look(task, now).bad,
        ref=ref,
    )


def _again(command: Tasks, account: str) -> str:
    """Write the command that lists the same, without its page."""
    options = [f"{name}={value}" for name, value in (("region", command.region), ("state", command.state)) if value]
    return " ".join(["tasks", again(account, *command.text.split()), *options])
