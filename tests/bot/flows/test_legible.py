"""
A row that cannot be read, spoilt or left by a newer release, harms only itself: whoever is called elsewhere is called.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from bot.domain import response as judge
from bot.domain.calendar import Booking, Calendar
from bot.domain.notice import Kind, LineBody, Skip
from bot.domain.rota import Rota, Target, TargetKind, Turns
from bot.flows.calendars import Calendars
from bot.flows.escalate import Reach
from bot.flows.handover import Handovers
from bot.store.tables import CalendarRow, NoticeRow, ResponseRow, RotaRow
from tests.bot.flows.night import ANN, BOB, CAT, LEVELS, MINUTE, USUAL, open_night, user
from tests.bot.flows.world import OPS, SHOW, script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from bot.store.database import Database
    from tests.bot.flows.night import Night

NEWER = '{"v":2,"base":{"kind":"phone","id":"secret"},"levels":[{"after":300,"target":{"kind":"phone","id":"secret"}}]}'
FEED = Target(kind=TargetKind.CALENDAR, id="ops")


@pytest.fixture
async def night(database: Database) -> AsyncIterator[Night]:
    """Somebody is on call in two channels, each of which follows a task of its own."""
    async with open_night(database, script("a"), script("b")) as night:
        async with night.world.memory.transaction() as tx:
            for each in await tx.subscriptions.of_place(SHOW):
                if each.wish.task == "b":
                    await tx.subscriptions.remove(each.id, now=night.world.clock.now)
        await night.keep(USUAL, OPS)
        await night.world.follow("b", place=OPS, page=True)
        yield night


async def spoil(database: Database, row: type[Any], which: Any, **values: Any) -> None:
    async with database.writing() as connection:
        assert (await connection.execute(update(row).where(which).values(**values))).rowcount >= 1


async def both_are_down(night: Night) -> None:
    """Let both tasks stop, up to where somebody is to be called."""
    for task in ("a", "b"):
        night.world.say(task, "3", "RetryTimesOffline")
    await night.world.passes(15, step=5)
    assert [len(await night.responses(place)) for place in (SHOW, OPS)] == [1, 1]


async def mentioned(night: Night, place: Any) -> list[tuple[str, ...]]:
    return [body.mentions for body in await night.called(place=place)]


@pytest.mark.parametrize("values", [{"policy": NEWER}, {"policy": "{"}, {"due": "secret"}, {"calls": "0,secret"}])
async def test_a_response_that_cannot_be_read_is_passed_over_and_the_others_fire(
    night: Night, caplog: pytest.LogCaptureFixture, values: dict[str, str]
):
    await both_are_down(night)
    (spoilt,) = await night.responses(SHOW)
    await spoil(night.world.database, ResponseRow, ResponseRow.id == spoilt.id, **values)
    await night.new_escalator().beat()
    told = [line for line in caplog.messages if "cannot be read" in line]
    await night.passes(6 * MINUTE, step=30)

    assert await mentioned(night, OPS) == [(ANN,), (BOB,)]
    assert await mentioned(night, SHOW) == []
    assert told == [f"response {spoilt.id} in {SHOW.channel} cannot be read: nobody is called for it"]
    assert "secret" not in caplog.text


@pytest.mark.parametrize("rota", [NEWER, "{", ""])
async def test_a_rota_that_cannot_be_read_is_a_gap_and_the_next_level_is_called_at_once(
    night: Night, caplog: pytest.LogCaptureFixture, rota: str
):
    await both_are_down(night)
    await spoil(night.world.database, RotaRow, RotaRow.channel_id == SHOW.channel, rota=rota)
    await night.new_escalator().beat()
    (called,) = await night.called(place=SHOW)

    assert called.mentions == (BOB,)
    assert called.skipped == (Skip(step=0, why="gap"),)
    assert await mentioned(night, OPS) == [(ANN,)]
    assert f"the rota of {SHOW.channel} cannot be read: nobody is on call there" in caplog.messages
    assert "secret" not in caplog.text


async def test_a_rota_that_cannot_be_read_is_set_anew(night: Night):
    await spoil(night.world.database, RotaRow, RotaRow.channel_id == SHOW.channel, rota=NEWER)
    await night.keep(Rota(base=user(CAT)))
    await both_are_down(night)
    await night.new_escalator().beat()

    assert await mentioned(night, SHOW) == [(CAT,)]


async def test_a_calendar_that_cannot_be_read_is_a_gap_until_it_is_fetched_anew(
    night: Night, caplog: pytest.LogCaptureFixture
):
    async def fetch(now: datetime) -> tuple[Booking, ...]:
        return (Booking(user=CAT, begins_at=now, ends_at=now + timedelta(hours=8)),)

    now = night.world.clock.now
    async with night.world.memory.transaction() as tx:
        await tx.calendars.save(Calendar(name="ops", bookings=await fetch(now), fetched_at=now, tried_at=now))
    await night.keep(Rota(base=FEED, levels=LEVELS))
    await both_are_down(night)
    await spoil(night.world.database, CalendarRow, CalendarRow.name == "ops", calendar=NEWER)
    await night.new_escalator().beat()
    there = [await mentioned(night, place) for place in (SHOW, OPS)]
    await Calendars(memory=night.world.memory, fetch={"ops": fetch}, now=night.world.clock).beat()
    async with night.world.memory.reading() as tx:
        kept = await tx.calendars.get(["ops"])

    assert there == [[(BOB,)], [(ANN,)]]
    assert [booking.user for booking in kept["ops"].bookings] == [CAT]
    assert "the copy of calendar ops cannot be read: it is fetched anew" in caplog.messages
    assert "secret" not in caplog.text


async def test_a_rota_that_cannot_be_read_hands_nothing_over_and_the_others_do(
    night: Night, caplog: pytest.LogCaptureFixture
):
    async def unfit(_team: str, name: str) -> Any:
        return "deactivated" if name == CAT else None

    async def members(_team: str, _group: str) -> None: ...

    async def put(_group: str, _name: str) -> str:
        return ""

    world = night.world
    turns = Turns(people=(ANN, BOB), every=1, at=time(9), zone="UTC", begins=date(2026, 1, 1))
    async with world.memory.transaction() as tx:
        for place in (SHOW, OPS):
            kept = await tx.rotas.get(place)
            assert kept is not None
            rota, now = Rota(base=turns, levels=LEVELS), world.clock.now
            await tx.rotas.save(place, rota, due_at=now, by="U1", now=now, version=kept.version)
    await spoil(world.database, RotaRow, RotaRow.channel_id == SHOW.channel, rota=NEWER.replace("secret", CAT))
    reach = Reach(unfit=unfit, members=members, pagers=lambda _: ())
    beat = Handovers(memory=world.memory, accounts={}, reach=reach, groups={}, put=put, now=world.clock).beat
    for _ in range(2):  # CAT, who is deactivated, leaves first
        await beat()
    lines = [(place, body) for place in (SHOW, OPS) for body in await world.said(Kind.LINE, place=place)]
    told = [(body.key, place) for place, body in lines if isinstance(body, LineBody)]

    assert told == [("rota_left", OPS), ("handover_first", OPS)]
    assert caplog.messages.count(f"the rota of {SHOW.channel} cannot be read: nobody is on call there") >= 2


async def test_who_has_it_in_hand_is_kept_also_where_what_was_said_before_cannot_be_read(
    night: Night, caplog: pytest.LogCaptureFixture
):
    await both_are_down(night)
    await night.new_escalator().beat()
    await night.are_delivered()
    await spoil(night.world.database, NoticeRow, NoticeRow.channel_id == SHOW.channel, body=NEWER)
    async with night.world.memory.transaction() as tx:
        for row in await night.responses(SHOW):
            incident = await tx.incidents.get(row.incident)
            assert incident is not None
            assert incident.task is not None
            await tx.cards.put(SHOW, task=incident.task, ts="1.1")
    acked = await night.does(partial(judge.acked, by=ANN, now=night.world.clock.now))
    (kept,) = await night.responses(SHOW)

    assert (acked.acked_by, kept.acked_by) == (ANN, ANN)
    assert f"in {SHOW.channel} cannot be read: it is passed over" in caplog.text
    assert "secret" not in caplog.text
