"""
Claims of machines whose clocks differ: on PostgreSQL they run by the database's own.

On SQLite, which has one process, an instant counts as it is handed in: the other tests of claims show that.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from adapters.contract import AccountName, Region
from bot.domain.notice import Kind, LineBody, Notice
from bot.domain.subscription import Place
from bot.store.claimant import Claimant
from bot.store.database import Database
from bot.store.memory import Memory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bot.domain.notice import Wake

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
PLACE = Place(team="T1", channel="C1")
LEASE = timedelta(seconds=30)
SHORT = timedelta(seconds=0.3)
ALI, SHANGHAI = AccountName("aliyun"), Region("cn-shanghai")

skewed = pytest.mark.parametrize("skew_s", [-90, 0, 90])


@pytest.fixture
async def postgres_database(fresh_postgres: Callable[[bool], str]) -> AsyncIterator[Database]:
    opened = Database.open(await asyncio.to_thread(fresh_postgres, True))
    yield opened
    await opened.close()


async def nobody(_: frozenset[Wake]) -> None: ...


class Machine:
    """A process on a machine whose clock stands so many seconds beside another's."""

    def __init__(self, database: Database, name: str, skew_s: float = 0, *, haste: float = 1.0) -> None:
        self.now = NOW + timedelta(seconds=skew_s)
        claimant = Claimant(name=name, now=lambda: self.now, haste=haste)
        self.memory = Memory(database, wake=nobody, claimant=claimant)

    async def claims(self, lease: timedelta = LEASE) -> bool:
        async with self.memory.transaction() as tx:
            return await tx.outbox.claim_place(PLACE, now=self.now, lease=lease) is not None

    async def sweeps(self, lease: timedelta = LEASE) -> bool:
        async with self.memory.transaction() as tx:
            return len(await tx.sweeps.claim(self.now, lease=lease, limit=10)) == 1

    async def finds(self) -> list[Place]:
        async with self.memory.reading() as tx:
            return await tx.outbox.due_places(self.now)


@skewed
async def test_a_channel_is_nobody_elses_for_as_long_as_its_lease(postgres_database: Database, skew_s: float) -> None:
    ours, theirs = Machine(postgres_database, "ours"), Machine(postgres_database, "theirs", skew_s)

    first = await ours.claims()
    stolen = await theirs.claims()

    assert (first, stolen) == (True, False)


@skewed
async def test_a_channel_is_another_ones_once_its_lease_is_over(postgres_database: Database, skew_s: float) -> None:
    ours, theirs = Machine(postgres_database, "ours"), Machine(postgres_database, "theirs", skew_s)

    await ours.claims(SHORT)
    await asyncio.sleep(SHORT.total_seconds())

    assert await theirs.claims()


@skewed
async def test_what_waits_in_a_claimed_channel_is_due_when_the_claim_is_over(
    postgres_database: Database, skew_s: float
) -> None:
    ours, theirs = Machine(postgres_database, "ours"), Machine(postgres_database, "theirs", skew_s)
    async with ours.memory.transaction() as tx:
        notice = Notice(place=PLACE, kind=Kind.LINE, cause="line:1", body=LineBody(key="oncall_clear", user="U1"))
        await tx.outbox.put(notice, now=NOW)

    await ours.claims(SHORT)
    held = await theirs.finds()
    await asyncio.sleep(SHORT.total_seconds())

    assert (held, await theirs.finds()) == ([], [PLACE])


@pytest.mark.parametrize("skew_s", [0, 90])
async def test_a_sweep_is_nobody_elses_for_as_long_as_its_lease(postgres_database: Database, skew_s: float) -> None:
    """One that is behind does not find it due either."""
    ours, theirs = Machine(postgres_database, "ours"), Machine(postgres_database, "theirs", skew_s)
    async with ours.memory.transaction() as tx:
        await tx.sweeps.ensure(ALI, SHANGHAI, due_at=NOW)

    first, stolen = await ours.sweeps(SHORT), await theirs.sweeps(SHORT)
    await asyncio.sleep(SHORT.total_seconds())

    assert (first, stolen, await theirs.sweeps()) == (True, False, True)


async def test_a_calendar_that_runs_faster_has_leases_that_are_over_sooner(postgres_database: Database) -> None:
    ours, theirs = (Machine(postgres_database, name, haste=100) for name in ("ours", "theirs"))

    first, stolen = await ours.claims(LEASE), await theirs.claims(LEASE)
    await asyncio.sleep(LEASE.total_seconds() / 100)

    assert (first, stolen, await theirs.claims()) == (True, False, True)


async def test_whose_a_claim_is_stands_in_the_table(database: Database) -> None:
    ours, theirs = (Memory(database, wake=nobody, claimant=Claimant(name=name)) for name in ("ours", "theirs"))
    async with ours.transaction() as tx:
        await tx.outbox.claim_place(PLACE, now=NOW, lease=LEASE)
        await tx.sweeps.ensure(ALI, SHANGHAI, due_at=NOW)
        await tx.sweeps.claim(NOW, lease=LEASE, limit=1)
    async with theirs.transaction() as tx:
        await tx.outbox.claim_place(PLACE, now=NOW, lease=LEASE)  # in vain
    async with database.reading() as connection:
        holders = [
            (await connection.execute(text(f"SELECT holder FROM {table}"))).scalar_one()  # noqa: S608 - our own names
            for table in ("channels", "sweeps")
        ]

    assert holders == ["ours", "ours"]
