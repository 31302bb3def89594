"""
Remember: what reads of one account's region came to, and everything that is to be said of it, in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from bot.domain import telling
from bot.domain.board import board
from bot.domain.cadence import is_worth_writing
from bot.domain.crowd import JOIN, Course, Crowd, judge_crowd
from bot.domain.group import commonest, group
from bot.domain.task import Why
from bot.flows import respond
from bot.flows.about import badness
from bot.flows.chronicle import write_down
from bot.flows.docket import Docket, listening
from bot.flows.respond import Heard
from bot.store.cards import of_incident, of_task
from bot.store.incidents import Scope
from bot.store.tasks import Next

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from adapters.contract import AccountName, Region
    from bot.domain.account import Account
    from bot.domain.subscription import ChannelSettings, Mute, Place, Subscription, Wish
    from bot.domain.task import Followed, Verdict
    from bot.store.memory import Tx

HISTORY: Final = timedelta(hours=24)  # the longest mute
NAMED: Final = 5  # other tasks that push to the same place
OVER: Final = "over"  # why a group's incident ends


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
    followed: Sequence[Followed] | None = None,
) -> frozenset[int]:
    """
    Write down what is new, and put what is to be said into the outbox.

    Args:
        followed: all followed tasks of the region as they were before, where they have been read already.

    Returns:
        The tasks of which nothing was written: somebody else wrote meanwhile, or too many turn bad at once for all of
        them to be confirmed yet. Look at them anew.
    """
    judged = list(judged)
    crowd, together = await _crowd(tx, account, region, judged, followed=followed, now=now)
    held = crowd.turned if crowd.course is Course.HELD else frozenset()
    worth = [one for one in judged if one.task.id not in held and one.is_worth_writing]
    stale = await tx.tasks.save_all([Next(task=one.task, known=one.verdict.known, due_at=one.due_at) for one in worth])
    shown = [one for one in worth if one.task.id not in stale and one.shows]
    if shown:
        await _show(tx, account, region, shown, together=together, now=now)
    return stale | held


async def _crowd(
    tx: Tx,
    account: Account,
    region: Region,
    judged: Sequence[Judged],
    *,
    followed: Sequence[Followed] | None,
    now: datetime,
) -> tuple[Crowd, Mapping[int, int]]:
    """Judge whether what turns bad does so as many; if so, open their group, or find the one that they join."""
    if not any(one.task.known.bad_since is None and one.verdict.known.bad_since is not None for one in judged):
        return Crowd(course=Course.SINGLY), {}
    if followed is None:
        followed = await tx.tasks.of_region(account.name, region)
    groups = await tx.incidents.of_account(account.name, region, Scope.GROUP)
    opened_at = groups[-1].opened_at if groups else None
    crowd = judge_crowd(followed, {one.task.id: one.verdict for one in judged}, now=now, opened_at=opened_at)
    if crowd.course is not Course.TOGETHER:
        return crowd, {}
    number: int | None
    if opened_at is not None and now - opened_at <= JOIN:
        number = groups[-1].id
    else:
        whys = [news.why for one in judged if one.task.id in crowd.turned for news in one.verdict.news if news.is_bad]
        number = await tx.incidents.open(
            scope=Scope.GROUP, account=account.name, region=region, opened_at=now, why=commonest(whys)
        )
        if number is not None:  # who turned bad in the minute before belongs to it, as whoever does in the minute after
            parts = await tx.incidents.join_since(now - JOIN, number, account=account.name, region=region)
            await respond.gather(tx, parts, number, accounts={account.name: account}, now=now)
    return crowd, {} if number is None else dict.fromkeys(crowd.turned, number)


async def _show(
    tx: Tx, account: Account, region: Region, shown: Sequence[Judged], *, together: Mapping[int, int], now: datetime
) -> None:
    """Put down what is to be said; `together` names the group of each task that turns bad with others."""
    audience = await _audience(tx, account, region, shown, now)
    alike = await twins(tx, account.name, [one.now_known for one in shown])
    ids = [one.task.id for one in shown]
    coming = await tx.outbox.coming(map(of_task, ids))
    cards = await tx.cards.of_tasks(ids)  # after what is coming: Slack may take one meanwhile
    changes = await tx.changes.of_tasks(ids, since=now - HISTORY)
    groups: set[int] = set()
    docket = Docket(account=account, subscriptions=audience.subscriptions, mutes=audience.mutes, now=now)
    for one in shown:
        its_group = together.get(one.task.id) or await _group_of(tx, one)
        if its_group is not None and one.verdict.news:
            groups.add(its_group)
        history = [change.news for change in changes.get(one.task.id, ())]
        incident = await write_down(tx, one.task, one.verdict, group=its_group)
        docket.take(one.now_known, one.verdict.news, incident, history=history, in_group=its_group is not None)
        for notice in telling.notices(
            one.task,
            one.verdict,
            title=account.title,
            subscriptions=audience.subscriptions,
            settings=audience.settings,
            mutes=audience.mutes,
            carded={card.place for card in cards.get(one.task.id, ())} | coming.get(of_task(one.task.id), set()),
            history=history,
            now=now,
            in_group=its_group is not None,
            same_destination=alike.get(one.task.id, ()),
        ):
            await tx.outbox.put(notice, now=now)
    await docket.put(tx)
    for number in sorted(groups):
        await put_group(tx, account, number, now=now)
    moved = [one.now_known for one in shown if one.verdict.news or one.task.known.last is None]
    await put_boards(tx, account, audience.subscriptions, moved, now=now)


async def _group_of(tx: Tx, one: Judged) -> int | None:
    """Find the group that a task is bad with, while that goes on."""
    if not one.verdict.news and one.task.known.bad_since is None:
        return None
    incident = await tx.incidents.of_task(one.task.id)
    if incident is None or incident.part_of is None:
        return None
    whole = await tx.incidents.get(incident.part_of)
    return None if whole is None or whole.closed_at is not None else whole.id


async def twins(tx: Tx, account: AccountName, tasks: Iterable[Followed]) -> Mapping[int, tuple[str, ...]]:
    """Name the account's other tasks that push to the same place; what other accounts have is not for everybody."""
    places = [(one, one.known.last.destination_hash) for one in tasks if one.known.last is not None]
    alike = await tx.tasks.alike(account, [place for _, place in places])
    found: dict[int, tuple[str, ...]] = {}
    for one, place in places:
        same = islice((task for task in alike.get(place, ()) if _is_twin(one, task)), NAMED)
        found[one.id] = tuple(map(_called, same))
    return found


async def put_group(tx: Tx, account: Account, number: int, *, now: datetime) -> None:
    """Say how a group stands; when none of it is bad any more, it is over."""
    incident = await tx.incidents.get(number)
    if incident is None:
        return
    ids = [part.task for part in await tx.incidents.of_group(number) if part.task is not None]
    members = await tx.tasks.by_ids(ids)
    places = {card.place for card in await tx.cards.of_group(number)}  # what was told there is told when it ends
    places |= (await tx.outbox.coming([of_incident(number)])).get(of_incident(number), set())
    hearing, paging = await _listeners(tx, account, incident.region, members, now=now)
    places |= hearing
    if members and all(member.known.bad_since is None for member in members):
        if await tx.incidents.close(number, now, OVER):
            await respond.close(tx, [number], OVER, accounts={account.name: account}, now=now)
    elif incident.closed_at is None:
        heard = Heard(incident=incident, badness=badness(members), places=hearing, paging=paging)
        await respond.hear(tx, [heard], accounts={account.name: account}, now=now)
    for notice in group(
        number,
        members,
        account=account.name,
        region=incident.region,
        title=account.title,
        why=Why(incident.why),
        opened_at=incident.opened_at,
        places=places,
        now=now,
    ):
        await tx.outbox.put(notice, now=now)


async def _listeners(
    tx: Tx, account: Account, region: Region, members: Sequence[Followed], *, now: datetime
) -> tuple[frozenset[Place], frozenset[Place]]:
    """Name the places that hear of what made any of these bad, as `only=` and mutes have it, and those that page."""
    bad = [member for member in members if member.known.bad_since is not None]
    subscriptions = await tx.subscriptions.of_tasks(account.name, region, [member.ref.task_id for member in bad])
    mutes = [mute for place in _places(subscriptions) for mute in await tx.mutes.of_place(place, now)]
    changes = await tx.changes.of_tasks([member.id for member in bad], since=now - HISTORY)
    hearing: set[Place] = set()
    paging: set[Place] = set()
    for member in bad:
        history = [change.news for change in changes.get(member.id, ())]
        its = listening(member, subscriptions=subscriptions, mutes=mutes, history=history, now=now)
        hearing |= its[0]
        paging |= its[1]
    return frozenset(hearing), frozenset(paging)


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


def _places(subscriptions: Iterable[Subscription]) -> list[Place]:
    return sorted({subscription.place for subscription in subscriptions})


def _covers(wish: Wish, task: Followed) -> bool:
    return wish.covers(task.ref, task.known.last.name if task.known.last is not None else "")


async def _audience(tx: Tx, account: Account, region: Region, shown: Sequence[Judged], now: datetime) -> Audience:
    ids = {one.task.ref.task_id for one in shown}
    ids |= {new.ref.task_id for one in shown if (new := one.verdict.known.successor) is not None}
    subscriptions = tuple(await tx.subscriptions.of_tasks(account.name, region, sorted(ids)))
    places = _places(subscriptions)
    return Audience(
        subscriptions=subscriptions,
        settings={place: await tx.channels.settings(place) for place in places},
        mutes=tuple([mute for place in places for mute in await tx.mutes.of_place(place, now)]),
    )


def _is_twin(one: Followed, other: Followed) -> bool:
    return other.id != one.id and other.known.ended_at is None


def _called(task: Followed) -> str:
    return (task.known.last.name if task.known.last is not None else "") or task.ref.task_id
