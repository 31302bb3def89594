"""Rotas and calendars, on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.calendar import Booking, Calendar
from bot.domain.subscription import Place
from bot.store.channels import UNINSTALLED
from bot.store.rotas import KeptRota
from tests.bot.store.given import ELSEWHERE, NOW, PLACE, after, rota

if TYPE_CHECKING:
    from bot.store.memory import Memory, Tx

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


async def put(tx: Tx, place: Place, *people: str, due: float | None = None) -> None:
    at = None if due is None else after(due)
    assert await tx.rotas.save(place, rota(*people), due_at=at, by=people[0], now=NOW, version=0)


async def test_a_rota_that_is_cleared_is_gone_and_can_be_set_anew(memory: Memory):
    async with memory.transaction() as tx:
        await put(tx, PLACE, "U1")
        cleared = await tx.rotas.clear(PLACE)
        again = await tx.rotas.clear(PLACE)
        await put(tx, PLACE, "U2")
        found = await tx.rotas.get(PLACE)

    assert cleared is not None
    assert (cleared.rota, again) == (rota("U1"), None)
    assert found is not None
    assert found.rota == rota("U2")


async def test_a_change_of_shift_is_due_once_and_changes_no_version(memory: Memory):
    async with memory.transaction() as tx:
        await put(tx, PLACE, "U1", due=-5)
        await put(tx, ELSEWHERE, "U1", due=-9)
        await put(tx, Place(team="T1", channel="C3"), "U1", due=5)
        await put(tx, Place(team="T1", channel="C4"), "U1")
        first, second = await tx.rotas.due(NOW)
        put_off = [await tx.rotas.put_off(first, after(60)) for _ in range(2)]
        left = await tx.rotas.due(NOW)
        found = await tx.rotas.get(ELSEWHERE)

    assert (first.place, second.place) == (ELSEWHERE, PLACE)
    assert put_off == [True, False]
    assert [kept.place for kept in left] == [PLACE]
    assert found == replace(first, due_at=after(60))


async def test_a_change_of_shift_that_was_read_before_a_rota_was_changed_is_not_put_off(memory: Memory):
    async with memory.transaction() as tx:
        await put(tx, PLACE, "U1", due=-5)
        (read,) = await tx.rotas.due(NOW)
        await tx.rotas.save(PLACE, rota("U2"), due_at=after(-5), by="U2", now=NOW, version=1)

        assert not await tx.rotas.put_off(read, after(60))


async def test_no_shift_changes_for_a_team_that_took_the_app_out(memory: Memory):
    async with memory.transaction() as tx:
        await put(tx, PLACE, "U1", due=-5)
        await tx.channels.pause(Place(team="T1", channel=""), UNINSTALLED, now=NOW)

        assert await tx.rotas.due(NOW) == []


async def test_a_person_is_found_in_turns_covers_and_levels_of_their_team(memory: Memory):
    strangers = Place(team="T2", channel="C1")

    async with memory.transaction() as tx:
        await put(tx, PLACE, "U1", "U2")
        await put(tx, ELSEWHERE, "U3", "U22")
        await put(tx, strangers, "U2")
        found = {user: [kept.place for kept in await tx.rotas.of_user("T1", user)] for user in ("U2", "U3", "U9", "U")}

    assert found == {"U2": [PLACE], "U3": [ELSEWHERE], "U9": [PLACE, ELSEWHERE], "U": []}


async def test_whoever_leaves_is_in_no_rota_and_their_shifts_are_looked_at_at_once(memory: Memory):
    async with memory.transaction() as tx:
        await put(tx, PLACE, "U1", "U2", due=600)
        await put(tx, ELSEWHERE, "U3", due=600)
        before = await tx.rotas.get(PLACE)
        left = await tx.rotas.leave("T1", "U1", now=NOW)
        still = await tx.rotas.of_user("T1", "U1")
        due = await tx.rotas.due(NOW)

    assert left == [before]
    assert still == []
    assert [(kept.place, kept.version) for kept in due] == [(PLACE, 2)]


async def test_the_newest_copy_of_a_calendar_is_kept(memory: Memory):
    newer = replace(CALENDAR, bookings=(), code="HTTP 500", tried_at=after(1))

    async with memory.transaction() as tx:
        await tx.calendars.save(CALENDAR)
        before = await tx.calendars.get(["ops", "other"])
        await tx.calendars.save(newer)
        found = await tx.calendars.get(["ops"])

    assert before == {"ops": CALENDAR}
    assert found == {"ops": newer}


async def test_whoever_leaves_is_in_no_copy_of_a_calendar(memory: Memory):
    other = Booking(user="U11", begins_at=NOW, ends_at=after(60))

    async with memory.transaction() as tx:
        await tx.calendars.save(replace(CALENDAR, bookings=(*CALENDAR.bookings, other)))
        await tx.calendars.save(replace(CALENDAR, name="theirs", bookings=(other,)))
        left = await tx.calendars.leave("U1")
        found = await tx.calendars.get(["ops", "theirs"])

    assert left == ["ops"]
    assert [calendar.bookings for calendar in found.values()] == [(other,), (other,)]
