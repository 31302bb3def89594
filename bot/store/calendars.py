"""
Calendars: the last good copies of those that the configuration names.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, literal, select

from bot.domain.calendar import Calendar, from_json, to_json
from bot.store.tables import CalendarRow, RotaRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

log = logging.getLogger(__name__)


class Calendars:
    """The calendars of one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, names: Collection[str]) -> Mapping[str, Calendar]:
        """Read calendars by their names; one that was never saved is left out, as is one that cannot be read."""
        return await self._all(CalendarRow.name.in_(names))

    async def save(self, calendar: Calendar) -> None:
        """Keep a copy in the place of the one before."""
        begun = upsert(self._connection, CalendarRow).values(name=calendar.name, calendar=to_json(calendar))
        await self._connection.execute(
            begun.on_conflict_do_update(index_elements=[CalendarRow.name], set_={"calendar": begun.excluded.calendar})
        )

    async def claim(self, name: str, *, now: datetime) -> Calendar | None:
        """
        Say that a calendar is being fetched, if it is due; of several processes only one is told what is kept of it.

        Whoever claims it saves what came of it; one that dies meanwhile leaves it to the next time it is due. A copy
        that cannot be read is none: the calendar is fetched as if for the first time.
        """
        begun = Calendar(name=name, bookings=(), fetched_at=None, tried_at=now)
        made = await self._connection.execute(
            upsert(self._connection, CalendarRow)
            .values(name=name, calendar=to_json(begun))
            .on_conflict_do_nothing()
            .returning(CalendarRow.name)
        )
        if made.scalar_one_or_none() is not None:
            return begun
        its = select(CalendarRow).where(CalendarRow.name == name).with_for_update()
        row = (await self._connection.execute(its)).one_or_none()
        if row is None:
            return None
        kept = _read(row)
        if kept is not None and not kept.is_due(now):
            return None
        tried = begun if kept is None else replace(kept, tried_at=now)
        await self.save(tried)
        return tried

    async def leave(self, user: str) -> list[str]:
        """
        Take a person out of every copy; names those that held them.

        A calendar that still names the person brings them back when it is next read.
        """
        left = []
        is_in = CalendarRow.calendar.contains(f'"{user}"', autoescape=True)
        found = await self._all(is_in, for_update=True)
        for name, calendar in found.items():
            bookings = tuple(booking for booking in calendar.bookings if booking.user != user)
            if bookings != calendar.bookings:
                await self.save(replace(calendar, bookings=bookings))
                left.append(name)
        return left

    async def let_go(self) -> None:
        """Forget the copies that no rota names any more; of one that the configuration names there is soon another."""
        is_named = (
            select(literal(1)).where(RotaRow.rota.contains(literal('"') + CalendarRow.name + literal('"'))).exists()
        )
        await self._connection.execute(delete(CalendarRow).where(~is_named))

    async def _all(self, which: ColumnElement[bool], *, for_update: bool = False) -> dict[str, Calendar]:
        found = select(CalendarRow).where(which).order_by(CalendarRow.name)
        rows = await self._connection.execute(found.with_for_update() if for_update else found)
        return {row.name: calendar for row in rows if (calendar := _read(row)) is not None}


def _read(row: Any) -> Calendar | None:
    try:
        return from_json(row.calendar)
    except ValueError:
        _complain(row.name)
        return None


def _complain(name: str) -> None:
    """What it says may hold anything, so that is not written down."""
    log.error("the copy of calendar %s cannot be read: it is fetched anew", name)
