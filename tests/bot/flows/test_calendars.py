"""
Calendars elsewhere: fetched when they are due, by one process, and never wiped by what cannot be read.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.calendar import FETCH_AGAIN, FETCH_EVERY, Booking, Calendar, Unread
from bot.flows.calendars import Calendars
from bot.sandbox.clock import Clock
from bot.store.memory import Memory
from bot.wiring.database import nobody

if TYPE_CHECKING:
    from datetime import datetime

    from bot.store.database import Database

SECOND = timedelta(seconds=1)


@dataclass
class Rota:
    """A calendar program; `says` is what it says next, an error's code or who is on call."""

    clock: Clock
    memory: Memory
    says: list[str] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)

    async def fetch(self, now: datetime) -> tuple[Booking, ...]:
        self.asked.append(now)
        await asyncio.sleep(0)
        said = self.says.pop(0) if self.says else "U0ANN00001"
        if not said.startswith("U"):
            raise Unread(said)
        return (Booking(user=said, begins_at=now, ends_at=now + timedelta(hours=8)),)

    @property
    def beat(self) -> Calendars:
        return Calendars(memory=self.memory, fetch={"relays": self.fetch}, now=self.clock)

    async def kept(self) -> Calendar:
        async with self.memory.reading() as tx:
            return (await tx.calendars.get(["relays"]))["relays"]


@pytest.fixture
def rota(database: Database) -> Rota:
    return Rota(clock=Clock(), memory=Memory(database, wake=nobody))


async def test_it_is_fetched_at_once_and_every_quarter_of_an_hour(rota: Rota):
    begun_at = rota.clock()
    for _ in range(2):
        await rota.beat.beat()
    rota.clock.move(FETCH_EVERY - SECOND)
    await rota.beat.beat()
    rota.clock.move(SECOND)
    await rota.beat.beat()

    assert rota.asked == [begun_at, begun_at + FETCH_EVERY]
    kept = await rota.kept()
    assert (kept.fetched_at, kept.code) == (rota.clock(), "")
    assert [booking.user for booking in kept.bookings] == ["U0ANN00001"]


@pytest.mark.parametrize("code", ["empty", "no_calendar", "HTTP 404", "unreadable", "connection_refused"])
async def test_what_cannot_be_read_or_is_empty_never_wipes_the_last_good_copy(rota: Rota, code: str):
    rota.says = ["U0BOB00001", code]
    await rota.beat.beat()
    read_at = rota.clock()
    rota.clock.move(FETCH_EVERY)
    await rota.beat.beat()

    kept = await rota.kept()
    assert [booking.user for booking in kept.bookings] == ["U0BOB00001"]
    assert (kept.fetched_at, kept.tried_at, kept.code) == (read_at, rota.clock(), code)
    assert kept.age(rota.clock()) == FETCH_EVERY


async def test_after_a_failure_it_is_tried_again_soon(rota: Rota):
    rota.says = ["HTTP 503", "HTTP 503", "U0ANN00001"]
    for _ in range(4):
        await rota.beat.beat()
        rota.clock.move(FETCH_AGAIN)

    assert len(rota.asked) == 3
    assert (await rota.kept()).code == ""


async def test_of_several_processes_one_fetches(rota: Rota):
    await asyncio.gather(*(rota.beat.beat() for _ in range(4)))
    rota.clock.move(FETCH_EVERY)
    await asyncio.gather(*(rota.beat.beat() for _ in range(4)))

    assert len(rota.asked) == 2


async def test_a_clock_that_was_set_back_puts_nothing_off(rota: Rota):
    await rota.beat.beat()
    rota.clock.set(rota.clock() - timedelta(days=1))
    await rota.beat.beat()

    assert len(rota.asked) == 2
