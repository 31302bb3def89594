"""
Unfollow: a channel's subscription ends, by a command or by the button beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.contract import TaskRef
from bot.domain import message
from bot.domain.permit import Deed, Refusal
from bot.domain.place import account_named, regions_named
from bot.domain.spoken import all_of, followed_called, task_called
from bot.domain.words import say
from bot.flows import respond
from bot.flows.admit import Refused, require
from bot.flows.change import changing
from bot.flows.duty import has_duty
from bot.flows.recall import choose, recall
from bot.flows.where import open_here, place_of

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.following import Unsubscribe
    from bot.domain.subscription import Subscription
    from bot.domain.target import Target
    from bot.flows.change import Change
    from bot.flows.desk import Asker, Desk


async def unfollow(command: Unsubscribe, asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    """
    End what somebody names; nothing of that kind is no mistake, and is said.

    Raises:
        CommandError: no such account or region.
        Refused: it is another's.
    """
    what = command.what
    if what.is_all:
        return await _unfollow_all(what, asker, desk, now=now)
    async with desk.memory.reading() as tx:
        tasks = await recall(what, tx, asker, desk)
        here = await tx.subscriptions.of_place(place_of(asker))
    if len(tasks) > 1:
        return choose(what, tasks, "unsubscribe")
    single = [each for each in here if tasks and not each.is_all and each.wish.covers(tasks[0].ref)]
    if not single:
        name = followed_called(tasks[0]) if tasks else task_called("", what.task)
        return message.Done(said=(say("unfollow.by_all" if tasks else "unfollow.none", name=name),))
    return await _end(single, followed_called(tasks[0]), asker, desk, now=now)


async def unfollow_row(subscription: int, asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    """
    End the subscription beside which a button was pressed.

    Raises:
        Refused: it is another's, or another channel's.
    """
    async with desk.memory.reading() as tx:
        found = await tx.subscriptions.get(subscription)
        task = None if found is None or (ref := _ref(found)) is None else await tx.tasks.get(ref)
    if found is None:
        raise Refused(Refusal.STALE, subject=str(subscription))
    if found.place != place_of(asker):
        raise Refused(Refusal.OTHER_CHANNEL, subject=str(subscription))
    name = _called(found) if task is None else followed_called(task)
    return await _end([found], name, asker, desk, now=now)


async def _unfollow_all(what: Target, asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    (account,) = account_named(what, open_here(asker, desk), "unsubscribe")
    regions = regions_named(what, [account], "unsubscribe")[account.name]
    async with desk.memory.reading() as tx:
        here = await tx.subscriptions.of_place(place_of(asker))
    wanted = [
        each
        for each in here
        if each.is_all and each.wish.account == account.name and (not what.region or each.wish.region in regions)
    ]
    name = all_of(account.name, region=what.region)
    if not wanted:
        return message.Done(said=(say("unfollow.none", name=name),))
    return await _end(wanted, name, asker, desk, now=now)


async def _end(
    subscriptions: list[Subscription], name: str, asker: Asker, desk: Desk, *, now: datetime
) -> message.Message:
    on_call = await has_duty(asker, desk, now=now)
    async with changing(desk, asker, now=now) as change:
        for each in subscriptions:
            is_own = each.created_by == asker.person.user
            subject = each.wish.task or each.wish.account
            require(
                Deed.UNFOLLOW if is_own else Deed.UNFOLLOW_OTHERS,
                asker.person,
                asker.channel,
                owns=is_own or on_call,
                subject=subject,
            )
            await change.tx.subscriptions.remove(each.id, now=now)
            await _stop_sweeps(each, change, desk)
            await change.trace("unsubscribe", subject)
        await respond.leave(change.tx, place_of(asker), accounts=desk.accounts, now=now)
        await change.tell("unsubscribed", name=name)
    return message.Done(said=(say("unfollow.done", name=name),))


async def _stop_sweeps(ended: Subscription, change: Change, desk: Desk) -> None:
    """No list is read where nothing is followed any more."""
    account = desk.accounts.get(ended.wish.account)
    for region in account.regions if account is not None else ():
        if not await change.tx.subscriptions.is_followed(ended.wish.account, region):
            await change.tx.sweeps.remove(ended.wish.account, region)


def _ref(subscription: Subscription) -> TaskRef | None:
    wish = subscription.wish
    if wish.task is None or wish.region is None:
        return None
    return TaskRef(account=wish.account, region=wish.region, task_id=wish.task)


def _called(subscription: Subscription) -> str:
    wish = subscription.wish
    return task_called("", wish.task) if wish.task else all_of(wish.account, wish.match, wish.region or "")
