"""
What comes of tasks when a subscription ends: a channel lets their cards go, and those that nobody follows rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from adapters.contract import TaskRef
from bot.store.batches import batches
from bot.store.cards import of_subscription, of_task
from bot.store.tables import CardRow, IncidentRow, NoticeRow, TaskRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.subscription import Subscription, Wish

UNFOLLOWED: Final = "unfollowed"  # why an incident ended that nobody hears of any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """As much of a followed task as tells who follows it."""

    id: int
    ref: TaskRef
    name: str


async def covered(connection: AsyncConnection, wish: Wish) -> list[Covered]:
    """
    Find the followed tasks that a wish covers, and lock them.

    Who follows them is to be read after that: whoever begins to follow one of them waits for the lock, or has it.
    """
    reach = [TaskRow.account == wish.account, TaskRow.unfollowed_at.is_(None)]
    if wish.task is not None:
        reach.append(TaskRow.task_id == wish.task)
    rows = await connection.execute(select(TaskRow).where(*reach).order_by(TaskRow.id).with_for_update())
    found = [
        Covered(id=row.id, ref=TaskRef(account=row.account, region=row.region, task_id=row.task_id), name=row.name)
        for row in rows
    ]
    return [task for task in found if wish.covers(task.ref, task.name)]


def uncovered(tasks: Iterable[Covered], kept: Iterable[Subscription]) -> list[int]:
    """Name those of the tasks that none of the subscriptions covers."""
    wishes = [subscription.wish for subscription in kept]
    single = {(wish.task, wish.region) for wish in wishes if wish.task is not None}
    broad = [wish for wish in wishes if wish.task is None]
    return [
        task.id
        for task in tasks
        if not {(task.ref.task_id, task.ref.region), (task.ref.task_id, None)} & single
        and not any(wish.covers(task.ref, task.name) for wish in broad)
    ]


async def leave(connection: AsyncConnection, ended: Subscription, tasks: Sequence[int], now: datetime) -> None:
    """Let a channel's cards of some tasks go, and the board, with what still waits to be said about them."""
    place = ended.place
    waiting = (
        update(NoticeRow)
        .where(NoticeRow.team_id == place.team, NoticeRow.channel_id == place.channel)
        .where(NoticeRow.settled_at.is_(None), NoticeRow.state == "pending")
        .values(state="dropped", settled_at=now)
    )
    begun = (
        update(NoticeRow)
        .where(NoticeRow.team_id == place.team, NoticeRow.channel_id == place.channel, NoticeRow.settled_at.is_(None))
        .values(state="dropped", settled_at=now)
    )
    cards = delete(CardRow).where(CardRow.team_id == place.team, CardRow.channel_id == place.channel)
    for batch in batches(tasks):
        await connection.execute(waiting.where(NoticeRow.task.in_(batch)))
        subjects = [of_task(task) for task in batch]
        # An edit that was begun and is not known to have arrived would be posted as a new card.
        await connection.execute(begun.where(NoticeRow.card.in_(subjects)))
        await connection.execute(cards.where(CardRow.subject.in_(subjects)))
    await connection.execute(waiting.where(NoticeRow.subscription == ended.id))
    await connection.execute(cards.where(CardRow.subject == of_subscription(ended.id)))


async def rest(connection: AsyncConnection, tasks: Sequence[int], now: datetime) -> None:
    """Stop reading tasks that nobody follows any more; their incidents end."""
    for batch in batches(tasks):
        await connection.execute(update(TaskRow).where(TaskRow.id.in_(batch)).values(unfollowed_at=now, due_at=None))
        await connection.execute(
            update(IncidentRow)
            .where(IncidentRow.task.in_(batch), IncidentRow.closed_at.is_(None))
            .values(closed_at=now, closed_why=UNFOLLOWED)
        )
