"""
Unmute: silence ends, because somebody lifts it or because its time is over; what came to be different under it is told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain import message
from bot.domain.permit import Deed
from bot.domain.place import account_named
from bot.domain.spoken import all_of, followed_called, task_called
from bot.domain.telling import after_mute
from bot.domain.words import say
from bot.flows import respond
from bot.flows.admit import require
from bot.flows.change import changing
from bot.flows.docket import Docket
from bot.flows.recall import choose, recall
from bot.flows.remember import put_group
from bot.flows.where import open_here, place_of
from bot.store.cards import of_task
from bot.store.incidents import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from adapters.contract import AccountName
    from bot.domain.account import Account
    from bot.domain.following import Unmute
    from bot.domain.subscription import Mute
    from bot.flows.desk import Asker, Desk
    from bot.store.memory import Memory, Tx


async def unmute(command: Unmute, asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    """
    Lift a mute; what came to be different under it is told.

    Raises:
        CommandError: no such account.
    """
    what = command.what
    account = account_named(what, open_here(asker, desk), "unmute")[0].name if what.is_all else None
    async with desk.memory.reading() as tx:
        tasks = () if what.is_all else await recall(what, tx, asker, desk)
        mutes = await tx.mutes.of_place(place_of(asker), now)
    if len(tasks) > 1:
        return choose(what, tasks, "unmute")
    name = all_of(account) if account else followed_called(tasks[0]) if tasks else task_called("", what.task)
    found = [
        each
        for each in mutes
        if (account and each.account == account and each.task is None)
        or (tasks and each.account == tasks[0].ref.account and each.task == tasks[0].ref.task_id)
    ]
    if not found:
        return message.Done(said=(say("mute.none", name=name),))
    async with changing(desk, asker, now=now) as change:
        require(Deed.UNMUTE, asker.person, asker.channel)
        for each in found:
            await change.tx.mutes.remove(each.id)
            await catch_up(replace(each, ends_at=now), change.tx, desk.accounts, now=now)
        await respond.unsilence(change.tx, place_of(asker), now=now)
        await change.tell("unmuted", name=name)
        await change.trace("unmute", account or tasks[0].ref.task_id)
    return message.Done(said=(say("mute.lifted", name=name),))


async def catch_up(mute: Mute, tx: Tx, accounts: Mapping[AccountName, Account], *, now: datetime) -> None:
    """Put down what a channel has to hear now that a mute is over or was lifted; a state that came back is silence."""
    if mute.account not in accounts:
        return  # it is not configured any more: nobody knows how its tasks are
    subscriptions = await tx.subscriptions.of_place(mute.place)
    settings = {mute.place: await tx.channels.settings(mute.place)}
    others = [each for each in await tx.mutes.of_place(mute.place, now) if each.id != mute.id]
    tasks = [
        task
        for task in await tx.tasks.of_place(mute.place)
        if task.ref.account == mute.account and mute.task in {None, task.ref.task_id}
    ]
    carded = {card.subject for card in await tx.cards.of_place(mute.place)}
    coming = await tx.outbox.coming([of_task(task.id) for task in tasks])
    groups = await _groups(tx, accounts[mute.account])
    docket = Docket(account=accounts[mute.account], subscriptions=subscriptions, mutes=others, now=now)
    for task in tasks:
        history = [change.news for change in await tx.changes.of_task(task.id, mute.begins_at)]
        in_group = any(task.id in members for members in groups.values())
        for notice in after_mute(
            task,
            mute,
            title=accounts[task.ref.account].title,
            subscriptions=subscriptions,
            settings=settings,
            mutes=others,
            carded={mute.place} if of_task(task.id) in carded else coming.get(of_task(task.id), set()),
            history=history,
            now=now,
            in_group=in_group,
        ):
            await tx.outbox.put(notice, now=now)
        if task.known.bad_since is not None and not in_group:
            docket.take(task, (), await tx.incidents.of_task(task.id), history=history, in_group=False)
    await docket.put(tx)
    for number, members in groups.items():
        if any(task.id in members for task in tasks):
            await put_group(tx, accounts[mute.account], number, now=now)


async def _groups(tx: Tx, account: Account) -> dict[int, set[int]]:
    """Name the tasks that are bad as ones of many now, by their group."""
    groups: dict[int, set[int]] = {}
    for region in account.regions:
        for whole in await tx.incidents.of_account(account.name, region, Scope.GROUP):
            parts = await tx.incidents.of_group(whole.id)
            groups[whole.id] = {part.task for part in parts if part.task is not None and part.closed_at is None}
    return groups


async def end_mutes(memory: Memory, accounts: Mapping[AccountName, Account], *, now: datetime) -> int:
    """
    End the mutes whose time is over; each is ended once, by whichever process comes first.

    Returns:
        How many ended. There may be more: ask again unless it is 0.
    """
    async with memory.reading() as tx:
        if not await tx.mutes.is_due(now):
            return 0
    async with memory.transaction() as tx:
        over = await tx.mutes.due(now)
        for mute in over:
            await catch_up(mute, tx, accounts, now=now)
    return len(over)
