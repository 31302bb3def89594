"""
Vitals: the few numbers by which a machine sees whether the watch goes on and what is said arrives.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.domain.figures import Beat, Calling, Vitals
from bot.domain.healthy import Signs
from bot.store.channels import is_uninstalled
from bot.store.line import State
from bot.store.tables import IncidentRow, NoticeRow, ResponseRow, SweepRow, TaskRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.holders import Holders


class VitalSigns:
    """The vital signs, in one transaction that only reads."""

    def __init__(self, connection: AsyncConnection, *, holders: Holders) -> None:
        self._connection = connection
        self._holders = holders

    async def take(self, now: datetime) -> Vitals:
        """Count what waits, what was given up, what is bad, and how old each region's last whole look is."""
        waiting, first_at = (
            await self._connection.execute(
                select(func.count(), func.min(NoticeRow.created_at)).where(
                    NoticeRow.settled_at.is_(None), ~is_uninstalled(NoticeRow.team_id)
                )
            )
        ).one()
        oldest: datetime | None = first_at  # of no rows there is no least
        incidents = await self._connection.execute(
            select(IncidentRow.scope, func.count()).where(IncidentRow.closed_at.is_(None)).group_by(IncidentRow.scope)
        )
        sweeps = await self._connection.execute(
            select(SweepRow.account, SweepRow.region, SweepRow.done_at, SweepRow.failing_since).order_by(
                SweepRow.account, SweepRow.region
            )
        )
        return Vitals(
            waiting=waiting,
            oldest_s=0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()),
            parked=await self._holders.parked(),
            incidents={row.scope: row[1] for row in incidents},
            beats=tuple(
                Beat(
                    account=row.account,
                    region=row.region,
                    age_s=None if row.done_at is None else max(0.0, (now - row.done_at).total_seconds()),
                    is_failing=row.failing_since is not None,
                )
                for row in sweeps
            ),
            calling=await self.calling(now),
        )

    async def calling(self, now: datetime) -> Calling:
        """Count what is responded to and the pages that are not delivered yet, and say how late the calls are."""
        responses, in_hand = (
            await self._connection.execute(
                select(func.count(), func.count(ResponseRow.ack_until)).where(ResponseRow.closed_at.is_(None))
            )
        ).one()
        pages, first_at = (
            await self._connection.execute(
                select(func.count(), func.min(NoticeRow.created_at)).where(
                    NoticeRow.response.is_not(None),
                    NoticeRow.card == "",  # and no edit of what was delivered
                    NoticeRow.settled_at.is_(None),
                    ~is_uninstalled(NoticeRow.team_id),
                )
            )
        ).one()
        oldest: datetime | None = first_at  # of no rows there is no least
        is_due = (ResponseRow.due_at <= now) & ~is_uninstalled(ResponseRow.team_id)
        due_at = await self._connection.scalar(select(func.min(ResponseRow.due_at)).where(is_due))
        return Calling(
            responses=responses,
            in_hand=in_hand,
            pages=pages,
            oldest=None if oldest is None else max(now - oldest, timedelta()),
            late=None if due_at is None else now - due_at,
        )

    async def signs(self, now: datetime) -> Signs:
        """Look whether the loop goes round: looking, saying, waking."""
        vitals = await self.take(now)
        read_at = await self._connection.scalar(select(func.min(TaskRow.due_at)).where(TaskRow.due_at <= now))
        due_at = func.coalesce(NoticeRow.not_before, NoticeRow.created_at)
        waits = NoticeRow.settled_at.is_(None) & ~is_uninstalled(NoticeRow.team_id)
        unsaid_at = await self._connection.scalar(select(func.min(due_at)).where(waits, due_at <= now))
        is_said = NoticeRow.state == State.DONE.value
        said_at = await self._connection.scalar(select(func.max(NoticeRow.settled_at)).where(is_said))
        return Signs(
            beats=vitals.beats,
            read_late=None if read_at is None else now - read_at,
            call=vitals.calling.oldest,
            unsaid=None if unsaid_at is None else now - unsaid_at,
            said=None if said_at is None else now - said_at,
            timer=vitals.calling.late,
        )
