"""
Succession: a relay goes on under a new id. What was kept about the old task is handed to the new one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.domain.spoken import followed_called, several, task_called
from bot.domain.successor import Living, likeliest
from bot.domain.task import Known, Verdict
from bot.domain.telling import line
from bot.domain.text import short_id
from bot.flows import respond
from bot.flows.remember import Judged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from adapters.contract import AccountName, Snapshot, TaskRef
    from bot.domain.account import Account
    from bot.domain.subscription import Place, Subscription
    from bot.domain.task import Followed, Successor
    from bot.store.memory import Tx

REPLACED: Final = "replaced"  # why an incident ends whose task another one took over


def succeeded(
    judged: Iterable[Judged],
    rest: Iterable[Followed],
    account: Account,
    listed: Mapping[TaskRef, Snapshot],
) -> list[Judged]:
    """
    Note for each task that is down which other one seems to have taken over.

    Args:
        judged: what this list was judged to say.
        rest: tasks that it was not judged for: those that are over.
        listed: the region's whole list.
    """
    up = Living((ref, seen) for ref, seen in listed.items() if account.shows(ref.task_id))
    noted = [replace(one, verdict=_noted(one.now_known, one.verdict, up)) for one in judged]
    for task in rest:
        verdict = Verdict(known=task.known)
        new = _noted(task, verdict, up)
        if new != verdict:
            noted.append(Judged(task=task, verdict=new, due_at=task.due_at))
    return noted


async def move_on(tx: Tx, account: Account, judged: Iterable[Judged], stale: Collection[int], now: datetime) -> None:
    """
    Move by themselves those who mean a relay by more than its id: by a short name, or as one of all.

    Args:
        stale: the tasks of which nothing was written: the next sweep tells them.
    """
    for one in judged:
        new = one.verdict.known.successor
        if new is not None and new.is_sure and one.task.known.successor != new and one.task.id not in stale:
            await _move(tx, account, one.now_known, new, now)


async def let_go(
    tx: Tx,
    old: Followed,
    leaving: Sequence[Subscription],
    accounts: Mapping[AccountName, Account],
    now: datetime,
) -> list[Subscription]:
    """
    End a place's subscriptions of a task that was replaced. Its incident ends with the last channel that followed it.

    Returns:
        Those that ended now; somebody else may have ended them meanwhile.
    """
    wanting = [each for each in await tx.subscriptions.of_task(old.ref) if each.wish.covers(old.ref, _name(old))]
    if {each.id for each in wanting} <= {each.id for each in leaving}:
        closed = await tx.incidents.close_task(old.id, now, REPLACED)
        if closed is not None:
            await respond.close(tx, [closed], REPLACED, accounts=accounts, now=now)
    ended = [each for each in leaving if await tx.subscriptions.remove(each.id, now=now) is not None]
    for place in sorted({each.place for each in ended}):
        await respond.leave(tx, place, accounts=accounts, now=now)
    return ended


async def rename(tx: Tx, team: str, old: Followed, new: Followed) -> list[str]:
    """Let a team's names of the old task mean the new one; returns them."""
    names = await tx.names.of_task(team, old.id)
    for name in names:
        await tx.names.put(team, name, new.id)
    return names


def singles(subscriptions: Iterable[Subscription], old: Followed, place: Place) -> list[Subscription]:
    """Return a place's subscriptions of this very task."""
    return [each for each in subscriptions if each.place == place and not each.is_all and each.wish.covers(old.ref)]


def _noted(task: Followed, verdict: Verdict, up: Living) -> Verdict:
    successor = likeliest(task, up.like(task).items())
    if successor == verdict.known.successor:
        return verdict
    return replace(verdict, known=replace(verdict.known, successor=successor))


async def _move(tx: Tx, account: Account, old: Followed, new: Successor, now: datetime) -> None:
    wanting = [each for each in await tx.subscriptions.of_task(old.ref) if each.wish.covers(old.ref, _name(old))]
    names: dict[str, list[str]] = {}
    for team in {each.place.team for each in wanting}:
        if await tx.names.of_task(team, old.id):
            known = Known(until=old.known.until)
            task = await tx.tasks.follow(new.ref, provider=account.provider, known=known, due_at=now)
            await tx.sweeps.ensure(new.ref.account, new.ref.region, due_at=now)
            names[team] = await rename(tx, team, old, task)
    for place in sorted({each.place for each in wanting}):
        leaving = singles(wanting, old, place)
        called = names.get(place.team, [])
        is_broad = any(each.is_all and each.place == place and each.wish.covers(new.ref, new.name) for each in wanting)
        if called:
            for each in leaving:
                wish = replace(each.wish, task=new.ref.task_id, region=new.ref.region)
                await tx.subscriptions.put(place, wish, by=each.created_by, now=now)
            await let_go(tx, old, leaving, {account.name: account}, now)
            key, values = "succeeded_by_name", {"names": several(called)}
        elif is_broad:
            key, values = "succeeded_by_all", {}
        else:
            continue
        told = line(
            place,
            key,
            user="",
            cause=f"line:succeeded:{old.id}:{new.ref.task_id}",
            before=followed_called(old),
            name=task_called(new.name, new.ref.task_id),
            id=short_id(new.ref.task_id),
            **values,
        )
        await tx.outbox.put(told, now=now)


def _name(task: Followed) -> str:
    return "" if task.known.last is None else task.known.last.name
