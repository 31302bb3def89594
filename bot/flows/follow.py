"""
Follow: a channel subscribes to one task, to many, or to all of an account.

Each is looked at first: what nobody knows is not subscribed, and the confirmation says how the task is.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from adapters.contract import AccountName, TaskId, TaskRef
from adapters.errors import ProviderError
from bot.domain import message
from bot.domain.change import judge
from bot.domain.outlook import judge_look
from bot.domain.permit import Deed, Refusal
from bot.domain.place import account_named, regions_named
from bot.domain.spoken import all_of, options, several, task_called
from bot.domain.subscription import Wish
from bot.domain.target import Target
from bot.domain.task import Known
from bot.domain.telling import card
from bot.domain.turn import Urgency
from bot.domain.typed import CommandError
from bot.domain.when import moment
from bot.domain.words import say
from bot.flows import respond
from bot.flows.about import badness, tasks_of
from bot.flows.admit import Refused, require
from bot.flows.change import changing
from bot.flows.remember import put_boards, twins
from bot.flows.respond import Heard
from bot.flows.seek import admitted, seek
from bot.flows.where import about, open_here, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from adapters.contract import Region, Snapshot
    from bot.domain.account import Account
    from bot.domain.following import Subscribe
    from bot.domain.subscription import Subscription
    from bot.domain.task import Followed
    from bot.flows.change import Change
    from bot.flows.desk import Asker, Desk
    from bot.store.incidents import Incident

MOST: Final = 200  # subscriptions of single tasks in a channel
MOST_AT_ONCE: Final = 50  # lines of a dialog


async def follow(command: Subscribe, asker: Asker, desk: Desk, *, now: datetime) -> message.Message | message.Form:
    """
    Subscribe this channel.

    Raises:
        CommandError: no such account, region or time.
        Refused: not here, not they, or too many questions.
    """
    asker = await may_follow(asker, desk)
    if command.what is None:
        return message.FollowForm(thread_ts=asker.thread_ts)
    if command.page:
        await _require_rota(asker, desk)
    if command.what.is_all:
        return await _follow_all(command, command.what, asker, desk, now=now)
    again = command.what.typed("subscribe", "until=16:00")
    until = _until(command, asker, again, now)
    found = await seek(command.what, asker, desk, verb="subscribe", more=_typed(command), now=now)
    if not isinstance(found, message.Answer):
        return found
    if len(found.looks) > 1:
        return message.Choice(typed=command.what.task, options=tuple(_option(look, command) for look in found.looks))
    if not found.looks:
        return message.Done(said=(say("follow.nothing"),), answer=found)
    wish = Wish(
        account=found.looks[0].ref.account,
        only=command.only,
        until=until,
        thread_ts=asker.thread_ts,
        page=command.page,
    )
    async with changing(desk, asker, now=now) as change:
        said = await _keep(found.looks[0], wish, change)
    return message.Done(said=(said, *_quiet(wish, asker, desk)), answer=found)


async def follow_each(
    targets: Sequence[Target], options_of: Subscribe, asker: Asker, desk: Desk, *, now: datetime
) -> message.Message:
    """
    Subscribe this channel to several tasks at once; each line has its own answer, and the channel hears one line.

    Args:
        options_of: the options that all of them get.

    Raises:
        CommandError: the time is none.
        Refused: as `follow`; then nothing was subscribed.
    """
    asker = await may_follow(asker, desk)
    until = _until(options_of, asker, "/relay subscribe", now)
    with admitted(asker, desk, is_search=True, now=now) as admit:
        found = await asyncio.gather(
            *(seek(target, asker, desk, verb="subscribe", now=now, admit=admit) for target in targets[:MOST_AT_ONCE])
        )
    wish = Wish(account=AccountName(""), only=options_of.only, until=until, thread_ts=asker.thread_ts)
    looks = {look.ref: look for each in found if (look := _the_one(each)) is not None}
    said = [_missed(target.task, each) for target, each in zip(targets, found, strict=False) if _the_one(each) is None]
    if looks:
        async with changing(desk, asker, now=now) as change:
            kept = [await _keep_one_of(look, wish, change) for look in looks.values()]
            new = [each.name for each in kept if each.is_new]
            if new:
                await change.tell("subscribed_many", count=str(len(new)), names=several(new))
        said = [each.said for each in kept] + said
    return message.Done(said=tuple(said))


async def may_follow(asker: Asker, desk: Desk) -> Asker:
    """
    See that this person may subscribe here and that the bot can speak here; the channel comes back with what it is.

    Raises:
        Refused: with the way to invite the bot.
    """
    channel = await about(asker, desk)
    require(Deed.FOLLOW, asker.person, channel)
    return replace(asker, channel=channel)


async def _keep(look: message.Look, wish: Wish, change: Change) -> str:
    """Keep a wish for one task, tell the channel when that changed anything, and return the confirmation."""
    name = task_called(look.snapshot.name, look.ref.task_id)
    zone = change.asker.person.zone
    kept, before = await begin(look, wish, change)
    if before is not None and before.wish == kept.wish:
        return say("follow.same", name=name, options=options(kept.wish, zone))
    if before is not None:
        old, new = options(before.wish, zone), options(kept.wish, zone)
        await change.tell("resubscribed", about=str(kept.id), name=name, before=old, after=new)
        return say("follow.changed", name=name, before=old, after=new)
    await change.tell("subscribed", about=str(kept.id), name=name, options=options(kept.wish, zone))
    return say("follow.done", name=name, options=options(kept.wish, zone))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What came of one of several lines."""

    name: str
    said: str
    is_new: bool


async def _keep_one_of(look: message.Look, wish: Wish, change: Change) -> _Kept:
    """Keep a wish for one of several tasks; the channel hears of all of them in one line."""
    kept, before = await begin(look, wish, change)
    name, state = task_called(look.snapshot.name, look.ref.task_id), say(f"state.{look.snapshot.state}")
    if before is not None and before.wish == kept.wish:
        return _Kept(name=name, said=say("follow.each.same", name=name, state=state), is_new=False)
    return _Kept(name=name, said=say("follow.each.done", name=name, state=state), is_new=True)


def _the_one(found: message.Message) -> message.Look | None:
    is_one = isinstance(found, message.Answer) and len(found.looks) == 1
    return found.looks[0] if is_one and isinstance(found, message.Answer) else None


def _missed(typed: str, found: message.Message) -> str:
    """Say why one line of several subscribed nothing."""
    task = task_called("", typed)
    match found:
        case message.Mistyped():
            return found.failed
        case message.Answer(looks=(), troubles=()):
            return say("follow.each.unknown", task=task)
        case message.Answer(looks=()):
            return say("follow.each.unseen", task=task)
        case _:
            return say("follow.each.ambiguous", task=task)


async def begin(look: message.Look, wish: Wish, change: Change) -> tuple[Subscription, Subscription | None]:
    """
    Keep a wish for the one task that was looked at, and put its card down.

    Returns:
        The subscription as it is now, and as it was before; None when it is new.

    Raises:
        Refused: the channel follows as many single tasks as it may.
    """
    tx, now, place = change.tx, change.now, place_of(change.asker)
    wish = replace(wish, account=look.ref.account, task=look.ref.task_id, region=look.ref.region)
    kept, before = await tx.subscriptions.put(place, wish, by=change.asker.person.user, now=now)
    if before is None and await tx.subscriptions.count_single(place) > MOST:
        raise Refused(Refusal.FULL, subject=look.ref.task_id, most=MOST)
    sight = judge(Known(until=wish.until), look.snapshot, now, provider=look.provider)  # what comes next is a change
    followed = await tx.tasks.follow(look.ref, provider=look.provider, known=sight.known, due_at=now)
    await tx.sweeps.ensure(look.ref.account, look.ref.region, due_at=now)
    await _resume(change)
    if before is None or before.wish != kept.wish:
        followed = await _plan(followed, change)
        alike = await twins(tx, look.ref.account, [followed])
        for notice in card(
            followed,
            replace(followed.known, last=look.snapshot),
            place=place,
            title=look.title,
            thread_ts=wish.thread_ts,
            same_destination=alike.get(followed.id, ()),
            now=now,
        ):
            await tx.outbox.put(notice, now=now)
        if wish.page:
            await _respond([followed], change)
        await change.trace("subscribe", look.ref.task_id)
    return kept, before


async def _respond(tasks: Iterable[Followed], change: Change) -> None:
    """Call for what is bad already, as if this channel had followed it when it began; the others hear nothing anew."""
    tx = change.tx
    found: dict[int, Incident] = {}
    for task in tasks:
        incident = await tx.incidents.of_task(task.id)
        if incident is None or incident.part_of in found:
            continue
        whole = None if incident.part_of is None else await tx.incidents.get(incident.part_of)
        its = incident if whole is None or whole.closed_at is not None else whole
        found[its.id] = its
    here = frozenset({place_of(change.asker)})
    heard = [
        Heard(incident=each, badness=badness(await tasks_of(tx, each)), places=here, paging=here)
        for each in found.values()
    ]
    await respond.hear(tx, heard, accounts={}, now=change.now)


async def _bad_here(wish: Wish, change: Change) -> list[Followed]:
    """Find what of a wish for many is bad already, in a way that it is to be told."""
    return [
        task
        for task in await change.tx.tasks.of_place(place_of(change.asker))
        if task.known.bad_since is not None
        and wish.covers(task.ref, _name(task))
        and (not wish.only or task.known.state in wish.only)
    ]


async def _resume(change: Change) -> None:
    """Let a channel go on that was paused: somebody saw to it that the bot can speak there again."""
    place = place_of(change.asker)
    if await change.tx.channels.resume(place):
        await change.tx.outbox.revive(place, now=change.now)


async def _plan(followed: Followed, change: Change) -> Followed:
    """Let the latest end that anybody gave be the person's plan of a task; a channel's wish is not another's."""
    wishes = [each.wish for each in await change.tx.subscriptions.of_task(followed.ref) if not each.is_all]
    until = max((wish.until for wish in wishes if wish.until is not None), default=None)
    while until != followed.known.until:
        if await change.tx.tasks.save(followed, replace(followed.known, until=until), due_at=change.now):
            return replace(followed, known=replace(followed.known, until=until))
        followed = await change.tx.tasks.get(followed.ref) or followed  # a read came between
    return followed


async def _follow_all(command: Subscribe, what: Target, asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    (account,) = account_named(what, open_here(asker, desk), "subscribe")
    regions = regions_named(what, [account], "subscribe")[account.name]
    if not account.lists:
        return message.Mistyped(
            failed=say("follow.no_list", title=account.title), instead=f"/relay subscribe {account.name} <TaskId>"
        )
    found, troubles = await everything(account, regions, asker, desk, now=now)
    name = all_of(account.name, command.match, what.region)
    if troubles:
        answer = message.Answer(task=name, troubles=troubles)
        return message.Done(said=(say("follow.nothing"),), answer=answer)
    wish = Wish(
        account=account.name,
        region=regions[0] if what.region else None,
        match=command.match,
        only=command.only,
        thread_ts=asker.thread_ts,
        page=command.page,
    )
    seen = {ref: task for ref, task in found.items() if wish.covers(ref, task.name)}
    bad = sum(judge_look(task, now).bad is True for task in seen.values())
    state = say("follow.all.state", count=len(seen), bad=bad)
    zone = asker.person.zone
    async with changing(desk, asker, now=now) as change:
        place = place_of(asker)
        kept, before = await change.tx.subscriptions.put(place, wish, by=asker.person.user, now=now)
        for region in regions:
            await change.tx.sweeps.ensure(account.name, region, due_at=now)
        await _resume(change)
        if wish.page and (before is None or before.wish != kept.wish):
            await _respond(await _bad_here(wish, change), change)
        if before is None and any(wish.covers(task.ref, _name(task)) for task in await change.tx.tasks.of_place(place)):
            await put_boards(change.tx, account, [kept], None, now=now)  # else the first sweep puts it down
        if before is not None and before.wish == kept.wish:
            said = say("follow.same", name=name, options=options(kept.wish, zone))
        elif before is not None:
            old, new = options(before.wish, zone), options(kept.wish, zone)
            await change.tell("resubscribed", about=str(kept.id), name=name, before=old, after=new)
            await change.trace("subscribe", account.name)
            said = say("follow.changed", name=name, before=old, after=new)
        else:
            await change.tell("subscribed", about=str(kept.id), name=name, options=options(kept.wish, zone))
            await change.trace("subscribe", account.name)
            said = say("follow.done", name=name, options=options(kept.wish, zone))
    return message.Done(said=(said, *_quiet(wish, asker, desk), state))


async def _require_rota(asker: Asker, desk: Desk) -> None:
    """
    See that there is somebody to be called.

    Raises:
        CommandError: nobody is on call here, with the command that mends it.
    """
    async with desk.memory.reading() as tx:
        kept = await tx.rotas.get(place_of(asker))
    if kept is None or (kept.rota.base is None and not kept.rota.levels):
        raise CommandError(say("follow.no_rota"), instead="/relay oncall set @user")


def _quiet(wish: Wish, asker: Asker, desk: Desk) -> tuple[str, ...]:
    """Say what a call cannot do where nothing outside Slack is called."""
    return (say("follow.quiet_phone"),) if wish.page and not desk.pagers(place_of(asker)) else ()


async def everything(
    account: Account, regions: Sequence[Region], asker: Asker, desk: Desk, *, now: datetime
) -> tuple[dict[TaskRef, Snapshot], tuple[message.Trouble, ...]]:
    """
    List what people here may see of an account; regions that gave no answer are the troubles.

    Raises:
        Refused: too many questions.
    """
    found: dict[TaskRef, Snapshot] = {}
    troubles: list[message.Trouble] = []
    with admitted(asker, desk, is_search=False, now=now) as admit:
        listed = await asyncio.gather(
            *(desk.looker.everything(account.name, region, urgency=Urgency.PERSON, admit=admit) for region in regions)
        )
    for region, each in zip(regions, listed, strict=True):
        if isinstance(each, ProviderError):
            ref = TaskRef(account=account.name, region=region, task_id=TaskId(""))
            troubles.append(message.Trouble(ref=ref, provider=account.provider, title=account.title, error=each))
        else:
            found |= {ref: task for ref, task in each.items() if account.shows(ref.task_id)}
    return found, tuple(troubles)


def _name(task: Followed) -> str:
    return "" if task.known.last is None else task.known.last.name


def _until(command: Subscribe, asker: Asker, instead: str, now: datetime) -> datetime | None:
    return moment(command.until, now=now, zone=asker.person.zone, instead=instead) if command.until else None


def _option(look: message.Look, command: Subscribe) -> message.Option:
    what = Target(account=look.ref.account, task=look.ref.task_id)
    typed = what.typed("subscribe", *_typed(command), f"region={look.ref.region}")
    label = f"{task_called(look.snapshot.name, look.ref.task_id)} · {look.ref.region} · {look.ref.account}"
    return message.Option(label=label, command=typed.removeprefix("/relay "))


def _typed(command: Subscribe) -> tuple[str, ...]:
    """Write the options as they were typed."""
    only = f"only={','.join(sorted(state.value.lower() for state in command.only))}" if command.only else ""
    until = f'until="{command.until}"' if command.until else ""
    page = "page=yes" if command.page else ""
    return tuple(option for option in (only, until, page) if option)
