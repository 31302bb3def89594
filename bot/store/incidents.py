"""
Incidents: a task, a group of tasks or a blind account in a bad state, from its first bad change to its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, select, update

from adapters.contract import AccountName, Region
from bot.store.tables import IncidentRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

REALLY_GONE: Final = "really_gone"  # why a blind account's incident ends: a person said that its list is right


class Scope(StrEnum):
    """What is in a bad state."""

    TASK = "task"  # at most one open one for each task
    ACCOUNT = "account"  # cannot be seen; at most one open one for each account's region
    GROUP = "group"  # many tasks of one account's region at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident; open while `closed_at` is None."""

    id: int
    scope: Scope
    account: AccountName
    region: Region
    task: int | None  # the store's id
    part_of: int | None  # the group incident that it belongs to
    change: int | None  # that opened it
    why: str
    opened_at: datetime
    closed_at: datetime | None = None
    closed_why: str = ""
    reopened_at: datetime | None = None  # the last time
    reopenings: int = 0


class Incidents:
    """The incidents of one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def open(
        self,
        *,
        scope: Scope = Scope.TASK,
        account: AccountName,
        region: Region,
        opened_at: datetime,
        why: str,
        task: int | None = None,
        change: int | None = None,
        part_of: int | None = None,
    ) -> int | None:
        """
        Open an incident; returns its id, None when the task or the blind account has an open one already.

        Args:
            task: the store's id, for `Scope.TASK` and only there.
            part_of: the group incident that it belongs to.
        """
        if (task is None) == (scope is Scope.TASK):
            raise ValueError("an incident of a task, and no other one, names the task")
        opened = await self._connection.execute(
            upsert(self._connection, IncidentRow)
            .values(
                scope=scope.value,
                account=account,
                region=region,
                task=task,
                part_of=part_of,
                change=change,
                why=why,
                opened_at=opened_at,
                closed_why="",
                reopenings=0,
            )
            .on_conflict_do_nothing()
            .returning(IncidentRow.id)
        )
        number: int | None = opened.scalar_one_or_none()
        return number

    async def really_gone(self, account: AccountName, region: Region) -> datetime | None:
        """Say when a person last said that what a region's list lacked was really gone."""
        is_it = (IncidentRow.account == account) & (IncidentRow.region == region)
        return await self._connection.scalar(
            select(func.max(IncidentRow.closed_at)).where(
                is_it, IncidentRow.scope == Scope.ACCOUNT.value, IncidentRow.closed_why == REALLY_GONE
            )
        )

    async def get(self, incident: int) -> Incident | None:
        """Find an incident by its id."""
        return next(iter(await self._all(IncidentRow.id == incident)), None)

    async def of_task(self, task: int) -> Incident | None:
        """Find the open incident of a task."""
        return next(iter(await self._all((IncidentRow.task == task) & IncidentRow.closed_at.is_(None))), None)

    async def of_account(self, account: AccountName, region: Region, scope: Scope | None = None) -> list[Incident]:
        """Find the open incidents of an account's region, of one scope or of all; oldest first."""
        is_open = (IncidentRow.account == account) & (IncidentRow.region == region) & IncidentRow.closed_at.is_(None)
        return await self._all(is_open if scope is None else is_open & (IncidentRow.scope == scope.value))

    async def of_group(self, group: int) -> list[Incident]:
        """Find the tasks' incidents that belong to a group incident, open or closed."""
        return await self._all(IncidentRow.part_of == group)

    async def latest(self, task: int) -> Incident | None:
        """Find the newest incident of a task, open or closed."""
        rows = await self._connection.execute(
            select(IncidentRow).where(IncidentRow.task == task).order_by(IncidentRow.id.desc()).limit(1)
        )
        row = rows.one_or_none()
        return None if row is None else _incident(row)

    async def since(self, at: datetime, *, task: int) -> list[Incident]:
        """Find the incidents of a task that were opened from an instant on, and the open one."""
        is_recent = (IncidentRow.opened_at >= at) | IncidentRow.closed_at.is_(None)
        return await self._all((IncidentRow.task == task) & is_recent)

    async def join(self, incident: int, group: int) -> bool:
        """Make a task's open incident a part of a group; False when it is closed or belongs to one already."""
        return await self._write(
            (IncidentRow.id == incident) & IncidentRow.closed_at.is_(None) & IncidentRow.part_of.is_(None),
            part_of=group,
        )

    async def join_since(self, since: datetime, group: int, *, account: AccountName, region: Region) -> list[int]:
        """Make the tasks' incidents that began since then and belong to no group a part of one; returns their ids."""
        began = func.coalesce(IncidentRow.reopened_at, IncidentRow.opened_at)
        is_open = (IncidentRow.account == account) & (IncidentRow.region == region) & IncidentRow.closed_at.is_(None)
        is_alone = (IncidentRow.scope == Scope.TASK.value) & IncidentRow.part_of.is_(None)
        joined = await self._connection.scalars(
            update(IncidentRow).where(is_open, is_alone, began >= since).values(part_of=group).returning(IncidentRow.id)
        )
        return sorted(joined)

    async def close(self, incident: int, at: datetime, why: str) -> bool:
        """End an incident; False when it has ended already."""
        is_open = (IncidentRow.id == incident) & IncidentRow.closed_at.is_(None)
        return await self._write(is_open, closed_at=at, closed_why=why)

    async def close_task(self, task: int, at: datetime, why: str) -> int | None:
        """End the open incident of a task; returns its id, None when there is none."""
        incident = await self.of_task(task)
        return incident.id if incident is not None and await self.close(incident.id, at, why) else None

    async def reopen(self, incident: int, at: datetime, *, part_of: int | None = None) -> bool:
        """
        Open a closed incident again; False when it is open, or when a newer one of the same thing is.

        Args:
            part_of: the group incident that it belongs to from now on; the one of before may be over.
        """
        found = await self.get(incident)
        if found is None or found.closed_at is None or await self._rival(found) is not None:
            return False
        return await self._write(
            (IncidentRow.id == incident) & IncidentRow.closed_at.is_not(None),
            closed_at=None,
            closed_why="",
            reopened_at=at,
            part_of=part_of,
            reopenings=IncidentRow.reopenings + 1,
        )

    async def trim(self, before: datetime) -> None:
        """Forget what ended earlier."""
        await self._connection.execute(delete(IncidentRow).where(IncidentRow.closed_at < before))

    async def _rival(self, closed: Incident) -> Incident | None:
        if closed.task is not None:
            return await self.of_task(closed.task)
        if closed.scope is Scope.GROUP:
            return None
        return next(iter(await self.of_account(closed.account, closed.region, closed.scope)), None)

    async def _write(self, which: ColumnElement[bool], **values: Any) -> bool:
        return (await self._connection.execute(update(IncidentRow).where(which).values(**values))).rowcount == 1

    async def _all(self, which: ColumnElement[bool]) -> list[Incident]:
        rows = await self._connection.execute(select(IncidentRow).where(which).order_by(IncidentRow.id))
        return [_incident(row) for row in rows]


def _incident(row: Any) -> Incident:
    return Incident(
        id=row.id,
        scope=Scope(row.scope),
        account=AccountName(row.account),
        region=Region(row.region),
        task=row.task,
        part_of=row.part_of,
        change=row.change,
        why=row.why,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        closed_why=row.closed_why,
        reopened_at=row.reopened_at,
        reopenings=row.reopenings,
    )
