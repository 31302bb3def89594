"""
Remember: what reads of one account's region came to, and everything that is to be said of it, in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain import telling
from bot.domain.board import board
from bot.domain.cadence import is_worth_writing
from bot.domain.task import Why
from bot.store.tasks import Next

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from adapters.contract import Region
    from bot.domain.account import Account
    from bot.domain.subscription import ChannelSettings, Mute, Place, Subscription, Wish
    from bot.domain.task import Followed, Verdict
    from bot.store.memory import Tx

HISTORY: Final = timedelta(hours=24)  # the longest mute


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One read of one task, judged."""

    task: Followed
    verdict: Verdict
    due_at: datetime | None  # when it is read by itself next; None: a sweep brings it

    @property
    def shows(self) -> bool:
        """Say whether anybody could see a difference."""
        return bool(self.verdict.news) or telling.looks_new(self.task, self.task.known, self.verdict.known)

    @property
    def now_known(self) -> Followed:
        """The task as it is from now on."""
        last = self.verdict.known.last
        plan = last.plan if last is not None and (last.plan.start or last.plan.end) else self.task.plan
        return replace(self.task, known=self.verdict.known, plan=plan, due_at=self.due_at)

    @property
    def is_worth_writing(self) -> bool:
        return self.due_at != self.task.due_at or self.shows or is_worth_writing(self.task.known, self.verdict.known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who could want to hear of some tasks of a region, and what holds in their channels."""

    subscriptions: tuple[Subscription, ...]
    settings: Mapping[Place, ChannelSettings]
    mutes: tuple[Mute, ...]


async def remember(
    tx: Tx,
    account: Account,
    region: Region,
    judged: Iterable[Judged],
    *,
    now: datetime,
    grouped: Collection[int] = (),
) -> frozenset[int]:
    """
    Write down what is new, and put what is to be said into the outbox.

    Args:
        grouped: tasks that turned bad as part of many, which are told as one thing.

    Returns:
        The tasks of which nothing was written, because somebody else wrote meanwhile: judge them anew.
    """
    worth = [one for one in judged if one.is_worth_writing]
    stale = await tx.tasks.save_all([Next(task=one.task, known=one.verdict.known, due_at=one.due_at) for one in worth])
    shown = [one for one in worth if one.task.id not in stale and one.shows]
    if shown:
        audience = await _audience(tx, account, region, shown, now)
        twins = await _twins(tx, account, region, shown)
        for one in shown:
            history = [change.news for change in await tx.changes.of_task(one.task.id, since=now - HISTORY)]
            await _happened(tx, account, region, one)
            for notice in telling.notices(
                one.task,
                one.verdict,
                title=account.title,
                subscriptions=audience.subscriptions,
                settings=audience.settings,
                mutes=audience.mutes,
                carded={card.place for card in await tx.cards.of_task(one.task.id)},
                history=history,
                now=now,
                in_group=one.task.id in grouped,
                same_destination=twins.get(one.task.id, ()),
            ):
                await tx.outbox.put(notice, now=now)
        moved = [one.now_known for one in shown if one.verdict.news or one.task.known.last is None]
        await put_boards(tx, account, audience.subscriptions, moved, now=now)
    return stale


async def put_boards(
    tx: Tx,
    account: Account,
    subscriptions: Iterable[Subscription],
    moved: Sequence[Followed] | None,
    *,
    now: datetime,
    unseen_since: datetime | None = None,
) -> None:
    """
    Bring the boards up to date that show any of these tasks.

    Args:
        moved: None: all of the subscriptions' boards, whatever is on them.
    """
    for subscription in subscriptions:
        wish = subscription.wish
        if not subscription.is_all or (moved is not None and not any(_covers(wish, task) for task in moved)):
            continue
        regions = account.regions if wish.region is None else (wish.region,)
        tasks = [task for region in regions for task in await tx.tasks.of_region(account.name, region)]
        covered = [task for task in tasks if _covers(wish, task)]
        notice = board(subscription, covered, title=account.title, now=now, unseen_since=unseen_since)
        await tx.outbox.put(notice, now=now)


def _covers(wish: Wish, task: Followed) -> bool:
    return telling.wants(wish, task.ref, task.known.last.name if task.known.last is not None else "")


async def _audience(tx: Tx, account: Account, region: Region, shown: Sequence[Judged], now: datetime) -> Audience:
    ids = [one.task.ref.task_id for one in shown]
    subscriptions = tuple(await tx.subscriptions.of_tasks(account.name, region, ids))
    places = sorted({subscription.place for subscription in subscriptions})
    return Audience(
        subscriptions=subscriptions,
        settings={place: await tx.channels.settings(place) for place in places},
        mutes=tuple([mute for place in places for mute in await tx.mutes.of_place(place, now)]),
    )


async def _twins(tx: Tx, account: Account, region: Region, shown: Sequence[Judged]) -> Mapping[int, tuple[str, ...]]:
    """Name the other tasks of the region that push to the same place, and are not over."""
    hashes = {one.task.id: _destination(one.now_known) for one in shown}
    if not any(hashes.values()):
        return {}
    others = [task for task in await tx.tasks.of_region(account.name, region) if task.known.ended_at is None]
    return {
        task: tuple(_called(other) for other in others if other.id != task and _destination(other) == place)
        for task, place in hashes.items()
        if place
    }


def _destination(task: Followed) -> str:
    return task.known.last.destination_hash if task.known.last is not None else ""


def _called(task: Followed) -> str:
    return (task.known.last.name if task.known.last is not None else "") or task.ref.task_id


async def _happened(tx: Tx, account: Account, region: Region, one: Judged) -> None:
    """Write down what happened: changes, incidents, and when the task could not be seen."""
    task = one.task
    for news in one.verdict.news:
        change = await tx.changes.add(task.id, news)
        if news.why is Why.UNSEEN:
            await tx.blind.begin(account.name, region, task.ref.task_id, one.verdict.known.unseen_since or news.at)
        elif news.why is Why.SEEN_AGAIN:
            await tx.blind.end(account.name, region, task.ref.task_id, news.at)
        if news.is_bad:
            await tx.incidents.open(
                account=account.name, region=region, task=task.id, opened_at=news.at, why=news.why, change=change
            )
        elif news.closes:
            await tx.incidents.close_task(task.id, news.at, news.why)
