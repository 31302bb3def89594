"""
Mutes: silence in one channel for one task, or for all of an account; always somebody's, always with an end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from adapters.contract import AccountName, TaskId
from bot.domain.subscription import Mute, Place
from bot.store.tables import MuteRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from adapters.contract import TaskRef


class Mutes:
    """The mutes of one transaction; one for each thing in each place, lists oldest first."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(
        self,
        place: Place,
        *,
        account: AccountName,
        task: TaskId | None,
        owner: str,
        begins_at: datetime,
        ends_at: datetime,
        until_recovery: bool = False,
        now: datetime,
    ) -> tuple[Mute, Mute | None]:
        """
        Mute something; a mute of the same thing in the same place becomes this one.

        Returns:
            The mute as it is now, and as it was before; None when it is new.
        """
        key = {"team_id": place.team, "channel_id": place.channel, "account": account, "task": task or ""}
        given = {
            "user_id": owner,
            "begins_at": begins_at,
            "ends_at": ends_at,
            "until_recovery": until_recovery,
            "created_at": now,
        }
        before = (await self._connection.execute(select(MuteRow).filter_by(**key).with_for_update())).one_or_none()
        made = await self._connection.execute(
            upsert(self._connection, MuteRow)
            .values({**key, **given})
            .on_conflict_do_update(index_elements=list(key), set_=given)
            .returning(MuteRow)
        )
        return _mute(made.one()), None if before is None else _mute(before)

    async def get(self, mute: int) -> Mute | None:
        """Find a mute by its id."""
        return next(iter(await self._all(MuteRow.id == mute)), None)

    async def of_place(self, place: Place, now: datetime) -> list[Mute]:
        """Find the mutes of a channel that are in force or still to come."""
        return await self._all(
            (MuteRow.team_id == place.team) & (MuteRow.channel_id == place.channel) & (MuteRow.ends_at > now)
        )

    async def of_account(self, account: AccountName, now: datetime) -> list[Mute]:
        """Find the mutes of an account and of its tasks that are in force, in all channels."""
        return await self._all((MuteRow.account == account) & _is_in_force(now))

    async def of_task(self, place: Place, ref: TaskRef, now: datetime) -> list[Mute]:
        """Find the mutes in force that silence a task in a channel: its own, and that of its whole account."""
        return await self._all(
            (MuteRow.team_id == place.team)
            & (MuteRow.channel_id == place.channel)
            & (MuteRow.account == ref.account)
            & MuteRow.task.in_(["", ref.task_id])
            & _is_in_force(now)
        )

    async def begun(self, now: datetime, *, since: datetime | None) -> list[Mute]:
        """Find the mutes in force of single tasks that were put on for later and began since then; None: whenever."""
        was_for_later = (MuteRow.task != "") & (MuteRow.begins_at > MuteRow.created_at) & _is_in_force(now)
        return await self._all(was_for_later if since is None else was_for_later & (MuteRow.begins_at > since))

    async def remove(self, mute: int) -> Mute | None:
        """Lift a mute; returns what it was, None when there is none (any more)."""
        removed = await self._connection.execute(delete(MuteRow).where(MuteRow.id == mute).returning(MuteRow))
        row = removed.one_or_none()
        return None if row is None else _mute(row)

    async def is_due(self, now: datetime) -> bool:
        """Say whether any is over; a look that stands in no writer's way."""
        found = await self._connection.scalar(select(MuteRow.id).where(MuteRow.ends_at <= now).limit(1))
        return found is not None

    async def due(self, now: datetime, *, limit: int = 100) -> list[Mute]:
        """
        Take out the mutes that are over, longest over first.

        Each is given once: whoever gets it tells, in the same transaction, what is different from when it began.
        """
        over = (
            select(MuteRow.id)
            .where(MuteRow.ends_at <= now)
            .order_by(MuteRow.ends_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("over")
        )
        taken = await self._connection.execute(
            delete(MuteRow).where(MuteRow.id.in_(select(over.c.id))).returning(MuteRow)
        )
        return sorted((_mute(row) for row in taken), key=lambda mute: (mute.ends_at, mute.id))

    async def _all(self, which: ColumnElement[bool]) -> list[Mute]:
        rows = await self._connection.execute(select(MuteRow).where(which).order_by(MuteRow.id))
        return [_mute(row) for row in rows]


def _is_in_force(now: datetime) -> ColumnElement[bool]:
    is_in_force: ColumnElement[bool] = (MuteRow.begins_at <= now) & (MuteRow.ends_at > now)
    return is_in_force


def _mute(row: Any) -> Mute:
    return Mute(
        id=row.id,
        place=Place(team=row.team_id, channel=row.channel_id),
        account=AccountName(row.account),
        task=TaskId(row.task) if row.task else None,
        owner=row.user_id,
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        until_recovery=row.until_recovery,
        created_at=row.created_at,
    )
