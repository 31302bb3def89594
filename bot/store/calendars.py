"""
Calendars: the last good copies of those that the configuration names.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import delete, literal, select

from bot.domain.calendar import Calendar, from_json, to_json
from bot.store.tables import CalendarRow, RotaRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection


class Calendars:
    """The calendars of one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, names: Collection[str]) -> Mapping[str, Calendar]:
        """Read calendars by their names; one that was never saved is left out."""
        return await self._all(select(CalendarRow.calendar).where(CalendarRow.name.in_(names)))

    async def save(self, calendar: Calendar) -> None:
        """Keep a copy in the place of the one before."""
        begun = upsert(self._connection, CalendarRow).values(name=calendar.name, calendar=to_json(calendar))
        await self._connection.execute(
            begun.on_conflict_do_update(index_elements=[CalendarRow.name], set_={"calendar": begun.excluded.calendar})
        )

    async def claim(self, name: str, *, now: datetime) -> Calendar | None:
        """
        Say that a calendar is being fetched, if it is due; of several processes only one is told what is kept of it.

        Whoever claims it saves what came of it; one that dies meanwhile leaves it to the next time it is due.
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
        kept = (await self._all(select(CalendarRow.calendar).where(CalendarRow.name == name).with_for_update())).get(
            name
        )
        if kept is None or not kept.is_due(now):
            return None
        tried = replace(kept, tried_at=now)
        await self.save(tried)
        return tried

    async def leave(self, user: str) -> list[str]:
        """
        Take a person out of every copy; names those that held them.

        A calendar that still names the person brings them back when it is next read.
        """
        left = []
        is_in = CalendarRow.calendar.contains(f'"{user}"', autoescape=True)
        found = await self._all(select(CalendarRow.calendar).where(is_in).with_for_update())
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

    async def _all(self, which: Select[str]) -> dict[str, Calendar]:
        found = [from_json(text) for text in await self._connection.scalars(which.order_by(CalendarRow.name))]
        return {calendar.name: calendar for calendar in found}
