"""
Find: ask every place that could hold a task, and sort what they said.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from adapters.contract import Snapshot, TaskId, TaskRef, TaskState
from adapters.errors import ProviderError
from bot.domain import message
from bot.domain.outlook import judge_look
from bot.domain.turn import Urgency

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from adapters.contract import AccountName
    from bot.domain.account import Account
    from bot.domain.looks import Looks
    from bot.domain.place import Places
    from bot.flows.look import Looker, Seen


async def find(
    task: str,
    places: Places,
    *,
    accounts: Mapping[AccountName, Account],
    looker: Looker,
    looks: Looks,
    now: datetime,
    admit: Callable[[], None] | None = None,
) -> message.Answer:
    """
    Ask every place by id, and where nobody knows it, those that list their tasks for one of exactly that name.

    Raises:
        TooOften: `admit` said no; nothing was asked.
    """
    seen: dict[TaskRef, Seen] = await looker.look(places.by_id, urgency=Urgency.PERSON, admit=admit)
    if not any(_is_there(found) for found in seen.values()):
        named = await asyncio.gather(
            *(
                looker.find(account, region, task, urgency=Urgency.PERSON, admit=admit)
                for account, region in places.by_name
            )
        )
        for (account, region), found in zip(places.by_name, named, strict=True):
            place = TaskRef(account=account, region=region, task_id=TaskId(task))
            seen |= _named(found, place, seen, accounts[account], now)
    seen |= {ref: unheard_of(ref, now) for ref in places.hidden}
    return compose(task, seen, accounts=accounts, looks=looks, now=now)


def compose(
    task: str, seen: Mapping[TaskRef, Seen], *, accounts: Mapping[AccountName, Account], looks: Looks, now: datetime
) -> message.Answer:
    """Sort what every place said into found, absent and trouble."""
    found: list[message.Look] = []
    absent: list[message.Look] = []
    troubles: list[message.Trouble] = []
    for ref, said in sorted(seen.items(), key=lambda item: item[0]):
        account = accounts[ref.account]
        if isinstance(said, ProviderError):
            troubles.append(message.Trouble(ref=ref, provider=account.provider, title=account.title, error=said))
            continue
        look = _judged(ref, said, account, since=looks.note(ref, said), now=now)
        (found if _is_there(said) else absent).append(look)
    return message.Answer(task=task, looks=tuple(found), absent=tuple(absent), troubles=tuple(troubles))


def unheard_of(ref: TaskRef, now: datetime) -> Snapshot:
    """Say NOT_FOUND of our own accord: no cloud was asked, or its list has no such name."""
    return Snapshot(task_id=ref.task_id, state=TaskState.NOT_FOUND, taken_at=now, raw="")


def _judged(
    ref: TaskRef, snapshot: Snapshot, account: Account, *, since: datetime | None, now: datetime
) -> message.Look:
    asked_at = max(now, snapshot.taken_at)
    return message.Look(
        ref=replace(ref, task_id=snapshot.task_id),
        provider=account.provider,
        title=account.title,
        snapshot=snapshot,
        outlook=judge_look(snapshot, asked_at),
        asked_at=asked_at,
        since=since,
    )


def _named(
    found: Mapping[TaskRef, Snapshot] | ProviderError,
    place: TaskRef,
    seen: Mapping[TaskRef, Seen],
    account: Account,
    now: datetime,
) -> Mapping[TaskRef, Seen]:
    """Add what a search by name brought to what the search by id did; a place says one thing in the end."""
    if isinstance(found, ProviderError):
        return {} if isinstance(seen.get(place), ProviderError) else {place: found}
    allowed = {ref: snapshot for ref, snapshot in found.items() if account.shows(ref.task_id)}
    if allowed or place in seen:
        return allowed
    return {place: unheard_of(place, now)}


def _is_there(seen: Seen) -> bool:
    return isinstance(seen, Snapshot) and seen.state is not TaskState.NOT_FOUND
