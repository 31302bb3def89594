"""What people look at is written down a moment later, for whichever process reads it next."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from adapters.contract import AccountName, Region, TaskId, TaskRef
from bot.domain.task import Known
from bot.flows.heed import Heed
from bot.store.errors import DatabaseUnavailable
from bot.store.memory import Memory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.domain.notice import Wake
    from bot.store.database import Database
    from bot.store.memory import Tx

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


def ref(task: str) -> TaskRef:
    return TaskRef(account=AccountName("trtc"), region=Region("ap-singapore"), task_id=TaskId(task))


async def nobody(_: frozenset[Wake]) -> None: ...


async def remembering(database: Database, *tasks: str) -> Memory:
    memory = Memory(database, wake=nobody)
    async with memory.transaction() as tx:
        for task in tasks:
            await tx.tasks.follow(ref(task), provider="tencent", known=Known(), due_at=None)
    return memory


@asynccontextmanager
async def running(heed: Heed) -> AsyncIterator[None]:
    stop = asyncio.Event()
    beat = asyncio.create_task(heed.run(stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(5):
            await beat


async def is_looked_at(memory: Memory, task: str) -> None:
    while await looked_at(memory, task) is None:  # noqa: ASYNC110 - the database rings for nobody
        await asyncio.sleep(0.01)


async def looked_at(memory: Memory, task: str) -> datetime | None:
    async with memory.reading() as tx:
        followed = await tx.tasks.get(ref(task))
    return followed and followed.looked_at


async def test_a_look_is_remembered_with_the_task_and_of_others_nothing_is(database: Database) -> None:
    memory = await remembering(database, "t-1", "t-2")
    heed = Heed(memory=memory, now=lambda: NOW)

    heed.looked_at(ref("t-1"))
    heed.looked_at(ref("t-1"))
    heed.looked_at(ref("nobody-follows-it"))
    await heed.write()

    assert (await looked_at(memory, "t-1"), await looked_at(memory, "t-2")) == (NOW, None)


async def test_a_look_makes_no_read_that_is_under_way_come_to_nothing(database: Database) -> None:
    memory = await remembering(database, "t-1")
    heed = Heed(memory=memory, now=lambda: NOW)
    async with memory.reading() as tx:
        read = await tx.tasks.get(ref("t-1"))
    assert read is not None

    heed.looked_at(ref("t-1"))
    await heed.write()
    async with memory.transaction() as tx:
        is_saved = await tx.tasks.save(read, Known(), due_at=None)

    assert is_saved
    assert await looked_at(memory, "t-1") == NOW


async def test_it_writes_what_comes_until_it_is_stopped(database: Database) -> None:
    memory = await remembering(database, "t-1", "t-2")
    heed = Heed(memory=memory, now=lambda: NOW, every_s=0.01)

    async with running(heed), asyncio.timeout(10):
        for task in ("t-1", "t-2"):
            heed.looked_at(ref(task))
            await is_looked_at(memory, task)

    assert await looked_at(memory, "t-2") == NOW


class Away(Memory):
    """A memory whose database does not answer the first time."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, wake=nobody)
        self.failed = asyncio.Event()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        if not self.failed.is_set():
            self.failed.set()
            raise DatabaseUnavailable("The database does not answer.", mend="Wait.")
        async with super().transaction() as tx:
            yield tx


async def test_a_database_that_is_away_ends_nothing(database: Database) -> None:
    memory = await remembering(database, "t-1")
    away = Away(database)
    heed = Heed(memory=away, now=lambda: NOW, every_s=0.01)

    async with running(heed), asyncio.timeout(10):
        heed.looked_at(ref("t-1"))
        await away.failed.wait()
        lost = await looked_at(memory, "t-1")
        heed.looked_at(ref("t-1"))
        await is_looked_at(memory, "t-1")

    assert (lost, await looked_at(memory, "t-1")) == (None, NOW)
