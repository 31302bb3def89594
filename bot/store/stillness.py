"""
Stillness: for a team that took the app out nothing is read, until it lets the app in again.

What others follow too is read on. Nothing is judged meanwhile, and nothing ends: it is looked away from.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select, update

from adapters.contract import TaskRef
from bot.store.batches import batches
from bot.store.channels import UNINSTALLED_KEPT
from bot.store.rest import covered, uncovered
from bot.store.subscriptions import Subscriptions
from bot.store.tables import SubscriptionRow, SweepRow, TaskRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

PUT_OFF: Final = UNINSTALLED_KEPT + timedelta(days=1)  # by then the team is forgotten, and its sweeps with it


class Stillness:
    """The stillness of teams, in one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._subscriptions = Subscriptions(connection)

    async def begin(self, team: str, *, now: datetime) -> None:
        """Stop reading what only this team follows; a read that is under way comes to nothing."""
        theirs = await self._subscriptions.of_team(team)
        accounts = sorted({each.wish.account for each in theirs})
        tasks = {task.id: task for each in theirs for task in await covered(self._connection, each.wish)}
        others = [
            each
            for account in accounts
            for each in await self._subscriptions.of_account(account)
            if each.place.team != team
        ]
        for batch in batches(uncovered(tasks.values(), others)):
            await self._connection.execute(
                update(TaskRow).where(TaskRow.id.in_(batch)).values(unfollowed_at=now, due_at=None)
            )
        is_followed = (
            select(SubscriptionRow.id)
            .where(SubscriptionRow.account == SweepRow.account, SubscriptionRow.team_id != team)
            .where(or_(SubscriptionRow.region == "", SubscriptionRow.region == SweepRow.region))
            .exists()
        )
        await self._connection.execute(
            update(SweepRow)
            .where(SweepRow.account.in_(accounts), ~is_followed)
            .values(due_at=now + PUT_OFF, fence=SweepRow.fence + 1, claim_until=None)
        )

    async def end(self, team: str, *, now: datetime) -> None:
        """Read it all again, at once, and go on from what was known."""
        theirs = await self._subscriptions.of_team(team)
        accounts = sorted({each.wish.account for each in theirs})
        resting = await self._connection.execute(
            select(TaskRow).where(TaskRow.account.in_(accounts), TaskRow.unfollowed_at.is_not(None))
        )
        wanted = []
        for row in resting:
            ref = TaskRef(account=row.account, region=row.region, task_id=row.task_id)
            if any(each.wish.covers(ref, row.name) for each in theirs):
                wanted.append(row.id)
        for batch in batches(wanted):
            await self._connection.execute(
                update(TaskRow)
                .where(TaskRow.id.in_(batch))
                .values(unfollowed_at=None, due_at=now, version=TaskRow.version + 1)
            )
        await self._connection.execute(
            update(SweepRow).where(SweepRow.account.in_(accounts), SweepRow.due_at > now).values(due_at=now)
        )
