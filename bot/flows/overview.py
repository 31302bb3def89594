"""
Overview: what this channel follows, and what all channels follow that somebody is in.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.domain import message
from bot.domain.following import BAD, STATES
from bot.domain.mute import in_force
from bot.domain.outlook import judge_look
from bot.domain.spoken import all_of, options, task_called
from bot.domain.when import clock_time
from bot.domain.words import say
from bot.flows.where import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from adapters.contract import AccountName, Snapshot, TaskState
    from bot.domain.following import List, Mine
    from bot.domain.subscription import Mute, Place, Subscription
    from bot.domain.task import Followed
    from bot.flows.desk import Asker, Desk
    from bot.store.memory import Tx

PAGE: Final = 10  # rows


async def overview(command: List, asker: Asker, desk: Desk, *, now: datetime) -> message.Listed:
    """List what this channel follows, the bad ones first."""
    place = place_of(asker)
    async with desk.memory.reading() as tx:
        subscriptions = await tx.subscriptions.of_place(place)
        rows = await _rows(subscriptions, tx, asker, desk, now=now)
        paused = await tx.channels.paused(place)
    wanted = [row for row in rows if has_state(row.state, bad=row.bad, wanted=command.state)]
    again = "list" + (f" state={command.state}" if command.state else "")
    title = say("list.title.paused") if paused else say("list.title")
    return paged(
        wanted, command.page, title=title, again=again, nothing=say("list.none.state" if rows else "list.none")
    )


async def mine(command: Mine, asker: Asker, desk: Desk, *, now: datetime) -> message.Listed:
    """List what the channels follow that somebody is in, their conversation with the bot too; no others are named."""
    place = place_of(asker)
    channels = {*await desk.channels_of(asker.person.user), place.channel}
    async with desk.memory.reading() as tx:
        subscriptions = await tx.subscriptions.of_places(place.team, sorted(channels))
        rows = await _rows(subscriptions, tx, asker, desk, now=now, elsewhere=True)
    page = paged(rows, command.page, title=say("mine.title"), again="mine", nothing=say("mine.none"))
    return replace(page, is_private=True)


def paged(
    rows: Sequence[message.Row],
    page: int,
    *,
    title: str,
    again: str,
    nothing: str,
    picks: AccountName | None = None,
    troubles: tuple[message.Trouble, ...] = (),
) -> message.Listed:
    """Cut one page out; one that is too far is the last."""
    pages = -(-len(rows) // PAGE) or 1
    page = min(page, pages)
    return message.Listed(
        title=title,
        rows=tuple(rows[(page - 1) * PAGE : page * PAGE]),
        total=len(rows),
        page=page,
        pages=pages,
        again=again,
        nothing=nothing,
        picks=picks,
        troubles=troubles,
    )


def has_state(state: TaskState | None, *, bad: bool | None, wanted: str) -> bool:
    """Say whether a row passes the filter that somebody typed."""
    return not wanted or (bad is True if wanted == BAD else state is STATES[wanted])


def in_order(rows: Iterable[message.Row]) -> list[message.Row]:
    """The bad ones first, then what nobody can judge, each by its name."""
    rank: Mapping[bool | None, int] = {True: 0, None: 1, False: 2}
    return sorted(rows, key=lambda row: (row.channel, rank[row.bad], row.name.casefold()))


async def _rows(
    subscriptions: Sequence[Subscription],
    tx: Tx,
    asker: Asker,
    desk: Desk,
    *,
    now: datetime,
    elsewhere: bool = False,
) -> list[message.Row]:
    places: defaultdict[Place, list[Subscription]] = defaultdict(list)
    for each in subscriptions:
        account, task = desk.accounts.get(each.wish.account), each.wish.task
        if account is not None and account.is_open_to(each.place.channel) and (task is None or account.shows(task)):
            places[each.place].append(each)
    rows: list[message.Row] = []
    for place, here in places.items():
        tasks = await tx.tasks.of_place(place)
        mutes = await tx.mutes.of_place(place, now)
        for each in here:
            row = _row(each, [task for task in tasks if _covers(each, task)], mutes, asker, now=now)
            rows.append(replace(row, channel=place.channel) if elsewhere else row)
    return in_order(rows)


def _row(
    subscription: Subscription, tasks: Sequence[Followed], mutes: Sequence[Mute], asker: Asker, *, now: datetime
) -> message.Row:
    wish, zone = subscription.wish, asker.person.zone
    if wish.task is None:
        bad = sum(_is_bad(task.known.last, now) is True for task in tasks)
        silence = next((mute for mute in mutes if mute.account == wish.account and mute.task is None), None)
        return message.Row(
            name=all_of(wish.account, wish.match, wish.region or ""),
            detail=(say("follow.all.state", count=len(tasks), bad=bad), *_options(subscription, silence, zone)),
            bad=bad > 0,
            subscription=subscription.id,
        )
    task = next(iter(tasks), None)
    last = None if task is None else task.known.last
    silence = None if task is None else in_force(mutes, subscription.place, task.ref, now)
    return message.Row(
        name=task_called("" if last is None else last.name, wish.task),
        detail=(f"{wish.region} · {wish.account}", *_options(subscription, silence, zone)),
        state=None if last is None else last.state,
        raw="" if last is None else last.raw,
        seen_at=None if last is None else last.taken_at,
        bad=_is_bad(last, now),
        subscription=subscription.id,
        ref=None if task is None else task.ref,
    )


def _options(subscription: Subscription, silence: Mute | None, zone: str) -> tuple[str, ...]:
    said: list[str] = []
    if (chosen := options(subscription.wish, zone)) != say("option.none"):
        said.append(chosen)
    if silence is not None:
        said.append(say("list.muted", when=clock_time(silence.ends_at, zone)))
    return tuple(said)


def _covers(subscription: Subscription, task: Followed) -> bool:
    return subscription.wish.covers(task.ref, "" if task.known.last is None else task.known.last.name)


def _is_bad(last: Snapshot | None, now: datetime) -> bool | None:
    return None if last is None else judge_look(last, now).bad
