"""Who holds what, and what nobody takes, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.contract import AccountName, Region
from bot.domain.notice import Kind, LineBody, Notice
from bot.domain.subscription import Place
from bot.store.claimant import Claimant
from bot.store.holders import Held
from bot.store.memory import Memory

if TYPE_CHECKING:
    from bot.domain.notice import Wake
    from bot.store.database import Database

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)
RELAYS, OTHER = (Place(team="T1", channel=channel) for channel in ("C1", "C2"))
ALI, SHANGHAI = AccountName("aliyun"), Region("cn-shanghai")


async def nobody(_: frozenset[Wake]) -> None: ...


@pytest.fixture
def memory(database: Database) -> Memory:
    return Memory(database, wake=nobody, claimant=Claimant(name="worker of here, process 7"))


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def line(place: Place = RELAYS) -> Notice:
    return Notice(place=place, kind=Kind.LINE, cause="line:1", body=LineBody(key="oncall_clear", user="U1"))


async def behind(memory: Memory, seconds: float) -> float | None:
    async with memory.reading() as tx:
        found = await tx.holders.behind(after(seconds))
    return None if found is None else found.total_seconds()


async def test_each_claim_that_stands_tells_whose_it_is_and_since_when(memory: Memory) -> None:
    async with memory.transaction() as tx:
        await tx.outbox.claim_place(RELAYS, now=NOW, lease=LEASE)
        released = await tx.outbox.claim_place(OTHER, now=NOW, lease=LEASE)
        assert released is not None
        await tx.outbox.release(released)
        await tx.sweeps.ensure(ALI, SHANGHAI, due_at=after(10))
        await tx.sweeps.claim(after(10), lease=LEASE, limit=1)
    async with memory.reading() as tx:
        both = await tx.holders.held(after(20))
        later = await tx.holders.held(after(31))

    mine = "worker of here, process 7"
    sweep = Held(what="sweep aliyun cn-shanghai", holder=mine, age=timedelta(seconds=20 - 10))
    assert both == [Held(what="channel C1", holder=mine, age=timedelta(seconds=20)), sweep]
    assert [held.what for held in later] == [sweep.what]


async def test_what_is_due_and_nobody_has_taken_is_behind(memory: Memory) -> None:
    async with memory.transaction() as tx:
        await tx.outbox.put(line(), now=NOW)
    waits = await behind(memory, 90)
    async with memory.transaction() as tx:
        await tx.outbox.claim_place(RELAYS, now=after(90), lease=LEASE)
    taken = await behind(memory, 90)

    assert (waits, taken, await behind(memory, 121)) == (90, None, 121)


async def test_what_was_put_off_is_behind_from_then_on(memory: Memory) -> None:
    async with memory.transaction() as tx:
        await tx.outbox.put(line(), now=NOW)
        claim = await tx.outbox.claim_place(RELAYS, now=NOW, lease=LEASE)
        assert claim is not None
        row = await tx.outbox.next(claim, now=NOW)
        assert row is not None
        await tx.outbox.put_off(row, claim, after(60))
        await tx.outbox.release(claim)

    assert (await behind(memory, 59), await behind(memory, 70)) == (None, 10)


async def test_what_waits_for_a_person_to_install_the_bot_again_is_not_behind(memory: Memory) -> None:
    async with memory.transaction() as tx:
        await tx.outbox.put(line(), now=NOW)
        await tx.channels.pause(Place(team="T1", channel=""), "app_uninstalled", now=NOW)

    assert await behind(memory, 90) is None


async def test_a_sweep_that_nobody_does_is_behind(memory: Memory) -> None:
    async with memory.transaction() as tx:
        await tx.sweeps.ensure(ALI, SHANGHAI, due_at=NOW)
    waits = await behind(memory, 45)
    async with memory.transaction() as tx:
        await tx.sweeps.claim(after(45), lease=LEASE, limit=1)

    assert (waits, await behind(memory, 46)) == (45, None)


async def test_what_was_refused_for_good_is_counted(memory: Memory) -> None:
    async with memory.transaction() as tx:
        before = await tx.holders.parked()
        await tx.outbox.put(line(), now=NOW)
        await tx.outbox.park_place(RELAYS, "is_archived", now=NOW)
        after_it = await tx.holders.parked()

    assert (before, after_it) == (0, 1)
