"""
Subscriptions: which channel follows what. Whoever no longer does leaves tasks that nobody follows to rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, or_, select

from adapters.contract import AccountName, Region, TaskId, TaskState
from bot.domain.subscription import Place, Subscription, Wish
from bot.store.batches import batches
from bot.store.rest import covered, leave, rest, uncovered
from bot.store.tables import SubscriptionRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from adapters.contract import TaskRef


class Subscriptions:
    """The subscriptions of one transaction; all lists are in the order in which they were made."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(
        self, place: Place, wish: Wish, *, by: str, now: datetime
    ) -> tuple[Subscription, Subscription | None]:
        """
        Keep a wish. The same thing wished again in the same place changes the options of the one that is there.

        Returns:
            The subscription as it is now, and as it was before; None when it is new.
        """
        before = await self._same(place, wish)
        begun = upsert(self._connection, SubscriptionRow).values(
            **_key(place, wish), **_options(wish), user_id=by, created_at=now
        )
        made = await self._connection.execute(
            begun.on_conflict_do_update(
                index_elements=list(_key(place, wish)),
                set_={name: begun.excluded[name] for name in _options(wish)},
            ).returning(SubscriptionRow)
        )
        return _subscription(made.one()), before

    async def remove(self, subscription: int, *, now: datetime) -> Subscription | None:
        """
        End a subscription, and what of it is still to be said; returns what it was, or None when there is none.

        The channel's cards of tasks that it no longer follows are let go. Tasks that nobody follows any more rest.
        """
        removed = await self._connection.execute(
            delete(SubscriptionRow).where(SubscriptionRow.id == subscription).returning(SubscriptionRow)
        )
        row = removed.one_or_none()
        if row is None:
            return None
        ended = _subscription(row)
        tasks = await covered(self._connection, ended.wish)
        await leave(self._connection, ended, uncovered(tasks, await self.of_place(ended.place)), now)
        await rest(self._connection, uncovered(tasks, await self._rivals(ended.wish)), now)
        return ended

    async def get(self, subscription: int) -> Subscription | None:
        """Find a subscription by its id."""
        return next(iter(await self._all(SubscriptionRow.id == subscription)), None)

    async def of_place(self, place: Place) -> list[Subscription]:
        """Find what a channel follows."""
        return await self._all((SubscriptionRow.team_id == place.team) & (SubscriptionRow.channel_id == place.channel))

    async def of_account(self, account: AccountName) -> list[Subscription]:
        """Find everything that follows an account or a task of it. As long as it gets: for rare questions only."""
        return await self._all(SubscriptionRow.account == account)

    async def all_of(self, account: AccountName, region: Region) -> list[Subscription]:
        """Find those that follow all tasks, or those that match, of an account's region."""
        return await self._all(
            (SubscriptionRow.account == account)
            & (SubscriptionRow.task == "")
            & SubscriptionRow.region.in_(["", region])
        )

    async def of_task(self, ref: TaskRef) -> list[Subscription]:
        """Find those of this very task, and those of all tasks of its account's region; `Wish.match` is not asked."""
        return await self.of_tasks(ref.account, ref.region, [ref.task_id])

    async def of_tasks(self, account: AccountName, region: Region, tasks: Sequence[TaskId]) -> list[Subscription]:
        """Find the same for many tasks of one account's region."""
        found = await self.all_of(account, region)
        for batch in batches(tasks):
            found += await self._all(
                (SubscriptionRow.account == account)
                & SubscriptionRow.task.in_(batch)
                & SubscriptionRow.region.in_(["", region])
            )
        return sorted(found, key=lambda subscription: subscription.id)

    async def count_single(self, place: Place) -> int:
        """Count a channel's subscriptions of single tasks."""
        count = await self._connection.scalar(
            select(func.count())
            .select_from(SubscriptionRow)
            .where(SubscriptionRow.team_id == place.team, SubscriptionRow.channel_id == place.channel)
            .where(SubscriptionRow.task != "")
        )
        return count or 0

    async def of_creator(self, team: str, user: str) -> list[Subscription]:
        """Find what somebody subscribed."""
        return await self._all((SubscriptionRow.team_id == team) & (SubscriptionRow.user_id == user))

    async def of_places(self, team: str, channels: Sequence[str]) -> list[Subscription]:
        """Find what some channels of a team follow."""
        return [
            subscription
            for batch in batches(channels)
            for subscription in await self._all(
                (SubscriptionRow.team_id == team) & SubscriptionRow.channel_id.in_(batch)
            )
        ]

    async def of_team(self, team: str) -> list[Subscription]:
        """Find what all channels of a team follow."""
        return await self._all(SubscriptionRow.team_id == team)

    async def is_followed(self, account: AccountName, region: Region) -> bool:
        """Say whether anybody follows anything there."""
        found = await self._connection.scalar(
            select(SubscriptionRow.id)
            .where(SubscriptionRow.account == account)
            .where(or_(SubscriptionRow.region == "", SubscriptionRow.region == region))
            .limit(1)
        )
        return found is not None

    async def _same(self, place: Place, wish: Wish) -> Subscription | None:
        same = select(SubscriptionRow).filter_by(**_key(place, wish)).with_for_update()
        row = (await self._connection.execute(same)).one_or_none()
        return None if row is None else _subscription(row)

    async def _rivals(self, wish: Wish) -> list[Subscription]:
        """Find those, of whatever channel, that may cover a task that the wish covers."""
        if wish.task is None:
            return await self.of_account(wish.account)
        return await self._all((SubscriptionRow.account == wish.account) & SubscriptionRow.task.in_(["", wish.task]))

    async def _all(self, which: ColumnElement[bool]) -> list[Subscription]:
        rows = await self._connection.execute(select(SubscriptionRow).where(which).order_by(SubscriptionRow.id))
        return [_subscription(row) for row in rows]


def _key(place: Place, wish: Wish) -> dict[str, Any]:
    return {
        "team_id": place.team,
        "channel_id": place.channel,
        "account": wish.account,
        "region": wish.region or "",
        "task": wish.task or "",
        "matching": wish.match,
    }


def _options(wish: Wish) -> dict[str, Any]:
    return {
        "only_states": ",".join(sorted(wish.only)),
        "until_at": wish.until,
        "thread_ts": wish.thread_ts,
        "page": wish.page,
    }


def _subscription(row: Any) -> Subscription:
    return Subscription(
        id=row.id,
        place=Place(team=row.team_id, channel=row.channel_id),
        wish=Wish(
            account=AccountName(row.account),
            task=TaskId(row.task) if row.task else None,
            region=Region(row.region) if row.region else None,
            match=row.matching,
            only=frozenset(TaskState(state) for state in row.only_states.split(",") if state),
            until=row.until_at,
            thread_ts=row.thread_ts,
            page=row.page,
        ),
        created_by=row.user_id,
        created_at=row.created_at,
    )
