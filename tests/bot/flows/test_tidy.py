"""
What a wake was lost for is found, once, and what was kept long enough goes.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.domain.notice import Kind, LineBody, Notice, Wake
from bot.domain.subscription import Place
from bot.flows.tidy import Tidier
from bot.store.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.store.database import Database

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
PLACE = Place(team="T1", channel="C1")


class Engine:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.put: list[Wake] = []
        self.trims = 0
        self.trimmed = asyncio.Event()

    async def put_missing(self, wakes: Iterable[Wake]) -> None:
        self.put += wakes

    async def trim(self) -> None:
        self.trims += 1
        self.trimmed.set()


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


async def deaf(_: frozenset[Wake]) -> None:
    """The process died between its commit and its wake."""


def line(cause: str) -> Notice:
    return Notice(place=PLACE, kind=Kind.LINE, cause=cause, body=LineBody(key="oncall_clear", user="U1"))


def tidier(memory: Memory, engine: Engine, clock: Clock) -> Tidier:
    return Tidier(memory=memory, accounts={}, put_missing=engine.put_missing, trim_engine=engine.trim, now=clock)


async def test_what_nobody_was_woken_for_is_found(database: Database) -> None:
    memory, engine = Memory(database, wake=deaf), Engine()
    async with memory.transaction() as tx:
        await tx.outbox.put(line("line:1"), now=NOW)

    await tidier(memory, engine, Clock()).tidy()

    assert engine.put == [Wake(what="deliver", key="T1 C1")]


async def test_what_was_put_off_is_found_when_it_is_due(database: Database) -> None:
    memory, engine, clock = Memory(database, wake=deaf), Engine(), Clock()
    async with memory.transaction() as tx:
        await tx.outbox.put(line("line:1"), now=NOW)
        claim = await tx.outbox.claim_place(PLACE, now=NOW, lease=timedelta(seconds=30))
        assert claim is not None
        row = await tx.outbox.next(claim, now=NOW)
        assert row is not None
        await tx.outbox.put_off(row, claim, NOW + timedelta(seconds=20))
        await tx.outbox.release(claim)
    tidy = tidier(memory, engine, clock)

    await tidy.tidy()
    early = list(engine.put)
    clock.now = NOW + timedelta(seconds=20)
    await tidy.tidy()

    assert (early, engine.put) == ([], [Wake(what="deliver", key="T1 C1")])


async def test_it_trims_at_its_start_and_then_once_an_hour(database: Database) -> None:
    engine, clock = Engine(), Clock()
    tidy = tidier(Memory(database, wake=deaf), engine, clock)

    await tidy.tidy()
    await tidy.tidy()
    clock.now = NOW + timedelta(hours=1)
    await tidy.tidy()

    assert engine.trims == 2


async def test_it_runs_until_it_is_stopped(database: Database) -> None:
    engine, stop = Engine(), asyncio.Event()
    running = asyncio.create_task(tidier(Memory(database, wake=deaf), engine, Clock()).run(stop))
    await engine.trimmed.wait()

    stop.set()
    async with asyncio.timeout(5):
        await running

    assert engine.trims == 1
