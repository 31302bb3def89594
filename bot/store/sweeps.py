"""
Sweeps: the beat of each account's region. Whoever claims one reads the cloud, then writes under its fence.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, delete, or_, select, tuple_, update

from adapters.contract import AccountName, Region
from bot.store.tables import SweepRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.claimant import Claimant


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One beat that is ours until the lease is over, or somebody else's, who has a higher fence."""

    account: AccountName
    region: Region
    fence: int
    last_total: int | None  # how many tasks the whole list had last time
    failing_since: datetime | None
    misses: int
    done_at: datetime | None = None  # when the last one ended


class Sweeps:
    """
    The sweeps of one transaction.

    Args:
        claimant: who claims them.
    """

    def __init__(self, connection: AsyncConnection, *, claimant: Claimant) -> None:
        self._connection = connection
        self._claimant = claimant

    async def ensure(self, account: AccountName, region: Region, *, due_at: datetime) -> None:
        """Begin to sweep a region, or bring its next sweep forward; one that is under way is not disturbed."""
        begun = upsert(self._connection, SweepRow).values(
            account=account, region=region, due_at=due_at, fence=_first_fence(), misses=0
        )
        await self._connection.execute(
            begun.on_conflict_do_update(
                index_elements=[SweepRow.account, SweepRow.region],
                set_={"due_at": case((SweepRow.due_at < due_at, SweepRow.due_at), else_=begun.excluded.due_at)},
            )
        )

    async def claim(
        self, now: datetime, *, lease: timedelta, limit: int, but: Collection[tuple[AccountName, Region]] = ()
    ) -> list[Sweep]:
        """
        Claim what is due and nobody's, longest due first; after the lease somebody else may claim it.

        Args:
            but: what is not wanted; whoever still does a sweep must not take it from itself.
        """
        where = tuple_(SweepRow.account, SweepRow.region)
        ripe = (
            select(SweepRow.account, SweepRow.region)
            .where(
                SweepRow.due_at <= now, _is_free(self._claimant.at(now)), *([where.not_in(sorted(but))] if but else [])
            )
            .order_by(SweepRow.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("ripe")
        )
        claimed = await self._connection.execute(
            update(SweepRow)
            .where(where.in_(select(ripe.c.account, ripe.c.region)))
            .values(
                claim_until=self._claimant.at(now + lease),
                fence=SweepRow.fence + 1,
                holder=self._claimant.name,
                claimed_at=self._claimant.at(now),
            )
            .returning(SweepRow)
        )
        return sorted((_sweep(row) for row in claimed), key=lambda sweep: (sweep.account, sweep.region))

    async def holds(self, sweep: Sweep, *, until: datetime) -> bool:
        """Say whether a claim is ours and nobody else can have it before then."""
        is_ours = (
            _is(sweep.account, sweep.region)
            & (SweepRow.fence == sweep.fence)
            & (SweepRow.claim_until > self._claimant.at(until))
        )
        return await self._connection.scalar(select(SweepRow.fence).where(is_ours)) is not None

    async def rewind(self, now: datetime) -> None:
        """Let none be due later than now: the clock has stepped back."""
        await self._connection.execute(update(SweepRow).where(SweepRow.due_at > now).values(due_at=now))

    async def extend(self, sweep: Sweep, *, until: datetime) -> bool:
        """Keep a claim for longer; False when somebody else has it."""
        return await self._write(sweep, claim_until=self._claimant.at(until))

    async def give_back(self, sweep: Sweep) -> bool:
        """Give up a claim before its end: somebody else may have the sweep at once. False when they have it already."""
        return await self._write(sweep, claim_until=None)

    async def done(
        self,
        sweep: Sweep,
        *,
        due_at: datetime,
        total: int | None,
        failing_since: datetime | None,
        misses: int,
        now: datetime | None = None,
    ) -> bool:
        """
        End a sweep and say when the next one is due.

        Args:
            now: when it has seen its whole region; None where it has not.

        Returns:
            False when the fence is stale, because somebody else has the sweep: then nothing of it may be written.
        """
        seen: dict[str, Any] = {} if now is None else {"done_at": now}
        return await self._write(
            sweep,
            **seen,
            due_at=due_at,
            claim_until=None,
            last_total=total,
            failing_since=failing_since,
            misses=misses,
        )

    async def get(self, account: AccountName, region: Region) -> Sweep | None:
        """Look at a sweep without claiming it."""
        row = (await self._connection.execute(select(SweepRow).where(_is(account, region)))).one_or_none()
        return None if row is None else _sweep(row)

    async def remove(self, account: AccountName, region: Region) -> None:
        """Stop to sweep a region: nothing is followed there."""
        await self._connection.execute(delete(SweepRow).where(_is(account, region)))

    async def _write(self, sweep: Sweep, **values: Any) -> bool:
        written = await self._connection.execute(
            update(SweepRow).where(_is(sweep.account, sweep.region), SweepRow.fence == sweep.fence).values(**values)
        )
        return written.rowcount == 1


def _first_fence() -> int:
    """Draw one: a row that is made anew must not go through the fences of the one that was removed."""
    return secrets.randbits(30)


def _is(account: AccountName, region: Region) -> ColumnElement[bool]:
    is_it: ColumnElement[bool] = (SweepRow.account == account) & (SweepRow.region == region)
    return is_it


def _is_free(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    return or_(SweepRow.claim_until.is_(None), SweepRow.claim_until <= now)


def _sweep(row: Any) -> Sweep:
    return Sweep(
        account=AccountName(row.account),
        region=Region(row.region),
        fence=row.fence,
        last_total=row.last_total,
        failing_since=row.failing_since,
        misses=row.misses,
        done_at=row.done_at,
    )
