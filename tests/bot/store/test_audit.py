from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.store.audit import Audit
from bot.store.tables import AuditRow

if TYPE_CHECKING:
    from bot.store.database import Database

AT = datetime(2026, 11, 21, 16, 30, tzinfo=timezone(timedelta(hours=8)))


async def record(database: Database, at: datetime, verb: str = "status") -> None:
    await Audit(database).record(
        at=at,
        team_id="T1",
        user_id="U1",
        channel_id="C1",
        verb=verb,
        subject="t-42",
        outcome="refused",
        why="guest",
    )


async def test_a_row_comes_back_as_it_went_in_and_in_utc(database: Database):
    await record(database, AT)
    await record(database, AT + timedelta(seconds=1), verb="subscribe")

    async with database.reading() as connection:
        rows = (await connection.execute(select(AuditRow.__table__).order_by(AuditRow.id))).all()

    assert [tuple(row)[1:] for row in rows] == [
        (datetime(2026, 11, 21, 8, 30, tzinfo=UTC), "T1", "U1", "C1", "status", "t-42", "refused", "guest"),
        (datetime(2026, 11, 21, 8, 30, 1, tzinfo=UTC), "T1", "U1", "C1", "subscribe", "t-42", "refused", "guest"),
    ]
    assert rows[0].at.tzinfo is not None


async def test_an_instant_without_a_zone_is_refused(database: Database):
    with pytest.raises(Exception, match="an instant needs its zone"):
        await record(database, AT.replace(tzinfo=None))
