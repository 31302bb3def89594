"""
Mute: silence for one task, or for all of an account, in this channel; always somebody's, always with an end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain import message
from bot.domain.following import RECOVERY
from bot.domain.permit import Deed, refuses
from bot.domain.place import account_named
from bot.domain.spoken import all_of, followed_called, task_called
from bot.domain.telling import card
from bot.domain.typed import CommandError
from bot.domain.when import clock_time, length, moment
from bot.domain.words import say
from bot.flows import respond
from bot.flows.admit import require
from bot.flows.change import changing
from bot.flows.duty import has_duty
from bot.flows.recall import choose, recall
from bot.flows.remember import twins
from bot.flows.where import open_here, place_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from adapters.contract import AccountName
    from bot.domain.account import Account
    from bot.domain.following import Mute as Wanted
    from bot.domain.subscription import Mute, Subscription
    from bot.domain.task import Followed
    from bot.flows.desk import Asker, Desk
    from bot.store.memory import Memory, Tx

USUAL: Final = timedelta(hours=2)
MEMBERS: Final = timedelta(hours=2)  # as long as a member may mute one task
LONGEST: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Object:
    """What is to be silenced: one task, or all of an account."""

    name: str
    account: AccountName
    task: Followed | None
    subscriptions: tuple[Subscription, ...]  # of this channel, that would be silenced


async def mute(command: Wanted, asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    """
    Silence what this channel follows.

    Raises:
        CommandError: no such account, length or time, or nothing is there to recover.
        Refused: that long, or that much, is not theirs to silence.
    """
    begins, lasts = _when(command, asker, now)
    found = await _object(command, asker, desk)
    if not isinstance(found, _Object):
        return found
    made_by = {each.created_by for each in found.subscriptions}
    owns = asker.person.user in made_by or await has_duty(asker, desk, now=now)
    if command.until_recovery:
        if found.task is None or found.task.known.bad_since is None:
            raise CommandError(say("mute.is_well", name=found.name), instead=command.what.typed("mute", "for=2h"))
        lasts = _until_recovery(asker, owns=owns)
    _require(found, lasts, asker, owns=owns)
    ends = begins + lasts
    async with changing(desk, asker, now=now) as change:
        made, before = await change.tx.mutes.put(
            place_of(asker),
            account=found.account,
            task=None if found.task is None else found.task.ref.task_id,
            owner=asker.person.user,
            begins_at=begins,
            ends_at=ends,
            until_recovery=command.until_recovery,
            now=now,
        )
        if begins > now:
            at = {"from_at": begins.isoformat(), "until_at": ends.isoformat()}
            await change.tell("muted_later", name=found.name, **at)
        else:
            await change.tell("muted", name=found.name, until_at=ends.isoformat())
            await respond.silence(change.tx, made.place, ends, now=now)
            await _mark(made, change.tx, desk.accounts, now=now)
        if before is not None:  # which may have ended later
            await respond.unsilence(change.tx, made.place, now=now)
        await change.trace("mute", made.task or made.account)
    zone = asker.person.zone
    past = () if before is None else (say("mute.before", when=clock_time(before.ends_at, zone)),)
    return message.Done(said=(_confirmed(found, made, zone, now), *past))


def _when(command: Wanted, asker: Asker, now: datetime) -> tuple[datetime, timedelta]:
    again = command.what.typed("mute", "for=2h")
    lasts = length(command.length, instead=again) if command.length else USUAL
    if lasts > LONGEST:
        raise CommandError(say("mute.too_long"), instead=command.what.typed("mute", "for=24h"))
    begins = moment(command.begins, now=now, zone=asker.person.zone, instead=again) if command.begins else now
    if begins - now > LONGEST:
        raise CommandError(say("mute.too_late"), instead=again)
    return begins, lasts


async def _object(command: Wanted, asker: Asker, desk: Desk) -> _Object | message.Message:
    what = command.what
    async with desk.memory.reading() as tx:
        here = await tx.subscriptions.of_place(place_of(asker))
        tasks = () if what.is_all else await recall(what, tx, asker, desk)
    if what.is_all:
        (account,) = account_named(what, open_here(asker, desk), "mute")
        name, task = all_of(account.name), None
        mine = tuple(each for each in here if each.wish.account == account.name)
    elif len(tasks) > 1:
        return choose(what, tasks, "mute", *_typed(command))
    elif tasks:
        (task,) = tasks
        name, mine = followed_called(task), tuple(each for each in here if each.wish.covers(task.ref, _name(task)))
    else:
        name, task, mine = task_called("", what.task), None, ()
    if not mine:
        return message.Done(said=(say("unfollow.none", name=name),))
    return _Object(name=name, account=mine[0].wish.account, task=task, subscriptions=mine)


def _confirmed(found: _Object, made: Mute, zone: str, now: datetime) -> str:
    when = clock_time(made.ends_at, zone)
    if made.until_recovery:
        return say("mute.recovery", name=found.name, when=when)
    if made.begins_at > now:
        return say("mute.later", name=found.name, begins=clock_time(made.begins_at, zone), when=when)
    return say("mute.done", name=found.name, when=when)


async def begin_mutes(
    memory: Memory, accounts: Mapping[AccountName, Account], *, since: datetime | None, now: datetime
) -> None:
    """
    Let the cards say that they are muted whose mutes were put on for later, and have begun.

    Args:
        since: when that was done last; None: by this process never. To mark a card again costs an edit.
    """
    async with memory.reading() as tx:
        if not await tx.mutes.begun(now, since=since):
            return
    async with memory.transaction() as tx:
        for made in await tx.mutes.begun(now, since=since):
            await respond.silence(tx, made.place, made.ends_at, now=now)
            await _mark(made, tx, accounts, now=now)


async def _mark(made: Mute, tx: Tx, accounts: Mapping[AccountName, Account], *, now: datetime) -> None:
    """Let the card of a muted task say so, where there is one; a mute of all shows with each card's next edit."""
    if made.account not in accounts:
        return
    for task in await tx.tasks.of_place(made.place):
        is_meant = made.task == task.ref.task_id and made.account == task.ref.account
        if not is_meant or (there := await tx.cards.of(made.place, task.id)) is None:
            continue
        alike = await twins(tx, made.account, [task])
        for notice in card(
            task,
            task.known,
            place=made.place,
            title=accounts[made.account].title,
            thread_ts=there.thread_ts,
            mute=made,
            same_destination=alike.get(task.id, ()),
            now=now,
        ):
            await tx.outbox.put(notice, now=now)


def _until_recovery(asker: Asker, *, owns: bool) -> timedelta:
    """Wait as long as this person may: whoever may not mute for long hears of it again after two hours."""
    refused = refuses(Deed.MUTE_LONG, asker.person, asker.channel, owns=owns)
    return LONGEST if refused is None else MEMBERS


def _require(found: _Object, lasts: timedelta, asker: Asker, *, owns: bool) -> None:
    deed = Deed.MUTE_ALL if found.task is None else Deed.MUTE_LONG if lasts > MEMBERS else Deed.MUTE
    subject = found.account if found.task is None else found.task.ref.task_id
    require(deed, asker.person, asker.channel, owns=owns, subject=subject)


def _name(task: Followed) -> str:
    return "" if task.known.last is None else task.known.last.name


def _typed(command: Wanted) -> tuple[str, ...]:
    """Write the options as they were typed."""
    pairs = (("for", command.length), ("from", command.begins), ("until", RECOVERY if command.until_recovery else ""))
    return tuple(f'{name}="{value}"' if " " in value else f"{name}={value}" for name, value in pairs if value)
