"""
Blind spans: when we could not see an account's region, or one task of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_, select, update

from adapters.contract import AccountName, Region, TaskId
from bot.store.tables import BlindSpanRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time without sight; it goes on while `ended_at` is None."""

    id: int
    account: AccountName
    region: Region
    task: TaskId | None  # None: nothing of the region was seen
    began_at: datetime
    ended_at: datetime | None


class Blind:
    """The blind spans of one transaction. At most one of each account, region and task goes on at a time."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def begin(self, account: AccountName, region: Region, task: TaskId | None, at: datetime) -> int | None:
        """Begin a span; returns its id, None when one goes on already."""
        begun = await self._connection.execute(
            upsert(self._connection, BlindSpanRow)
            .values(account=account, region=region, task=task or "", began_at=at)
            .on_conflict_do_nothing()
            .returning(BlindSpanRow.id)
        )
        number: int | None = begun.scalar_one_or_none()
        return number

    async def end(self, account: AccountName, region: Region, task: TaskId | None, at: datetime) -> Span | None:
        """End the span that goes on; None when none does."""
        ended = await self._connection.execute(
            update(BlindSpanRow)
            .where(
                BlindSpanRow.account == account,
                BlindSpanRow.region == region,
                BlindSpanRow.task == (task or ""),
                BlindSpanRow.ended_at.is_(None),
            )
            .values(ended_at=at)
            .returning(BlindSpanRow)
        )
        row = ended.one_or_none()
        return None if row is None else _span(row)

    async def of(self, account: AccountName, region: Region, *, since: datetime | None = None) -> list[Span]:
        """Find the spans that go on, and those that ended from an instant on if one is given; oldest first."""
        goes_on = BlindSpanRow.ended_at.is_(None)
        rows = await self._connection.execute(
            select(BlindSpanRow)
            .where(BlindSpanRow.account == account, BlindSpanRow.region == region)
            .where(goes_on if since is None else or_(goes_on, BlindSpanRow.ended_at >= since))
            .order_by(BlindSpanRow.began_at, BlindSpanRow.id)
        )
        return [_span(row) for row in rows]

    async def trim(self, before: datetime) -> None:
        """Forget what ended earlier."""
        await self._connection.execute(delete(BlindSpanRow).where(BlindSpanRow.ended_at < before))


def _span(row: Any) -> Span:
    return Span(
        id=row.id,
        account=AccountName(row.account),
        region=Region(row.region),
        task=TaskId(row.task) if row.task else None,
        began_at=row.began_at,
        ended_at=row.ended_at,
    )
