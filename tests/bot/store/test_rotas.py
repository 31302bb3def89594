"""Rotas and calendars, on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.calendar import Booking, Calendar
from bot.store.rotas import KeptRota
from tests.bot.store.given import NOW, PLACE, after, rota

if TYPE_CHECKING:
    from bot.store.memory import Memory

ROTA = rota("U1", "U2")
CALENDAR = Calendar(name="ops", bookings=(Booking(user="U1", begins_at=NOW, ends_at=after(60)),), fetched_at=NOW)


async def test_a_rota_is_kept_as_it_was_set(memory: Memory):
    async with memory.transaction() as tx:
        is_set = await tx.rotas.save(PLACE, ROTA, due_at=after(60), by="U1", now=NOW, version=0)
        found = await tx.rotas.get(PLACE)

    assert is_set
    assert found == KeptRota(place=PLACE, rota=ROTA, version=1, changed_by="U1", due_at=after(60))


async def test_a_rota_is_changed_only_on_top_of_what_was_read(memory: Memory):
    async with memory.transaction() as tx:
        await tx.rotas.save(PLACE, ROTA, due_at=None, by="U1", now=NOW, version=0)
        changes = [
            await tx.rotas.save(PLACE, replace(ROTA, levels=()), due_at=None, by=by, now=NOW, version=version)
            for by, version in (("U1", 0), ("U2", 1), ("U3", 1))
        ]
        found = await tx.rotas.get(PLACE)

    assert changes == [False, True, False]
    assert found is not None
    assert (found.changed_by, found.version, found.rota.levels) == ("U2", 2, ())


async def test_the_newest_copy_of_a_calendar_is_kept(memory: Memory):
    newer = replace(CALENDAR, bookings=(), code="HTTP 500", tried_at=after(1))

    async with memory.transaction() as tx:
        await tx.calendars.save(CALENDAR)
        before = await tx.calendars.get(["ops", "other"])
        await tx.calendars.save(newer)
        found = await tx.calendars.get(["ops"])

    assert before == {"ops": CALENDAR}
    assert found == {"ops": newer}
