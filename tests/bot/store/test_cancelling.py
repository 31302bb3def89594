"""A task that waits for the database may be cancelled at any moment: the next one finds no lock and no half a row."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.store.audit import Audit
from bot.store.tables import AuditRow
from bot.store.tasks import Next
from tests.bot.store.given import ALIYUN, LEASE, SHANGHAI, after, known, ref

if TYPE_CHECKING:
    from bot.store.database import Database
    from bot.store.memory import Memory

SEED = 20261121
MANY = 300
NAME = "n" * 1_000


async def test_a_cancelled_write_is_there_whole_or_not_at_all_and_holds_nothing(database: Database):
    print(f"seed {SEED}")  # noqa: T201
    chance = random.Random(SEED)  # noqa: S311
    audit = Audit(database)

    async def record(number: int) -> None:
        await audit.record(
            at=datetime(2026, 11, 21, tzinfo=UTC),
            team_id="T1",
            user_id=f"U{number}",
            channel_id="C1",
            verb="status",
            subject="t-42",
            outcome="refused",
            why="guest",
        )

    done = 0
    for number in range(100):
        writing = asyncio.create_task(record(number))
        await asyncio.sleep(chance.uniform(0, 0.004))
        writing.cancel()
        await asyncio.wait({writing})
        done += not writing.cancelled()
    async with asyncio.timeout(4.0):  # less than SQLite waits for somebody else's lock
        await record(1_000)
    async with database.reading() as connection:
        count = await connection.scalar(select(func.count()).select_from(AuditRow))

    assert done + 1 <= count <= 101
    assert done < 100, "nothing was cancelled: the test shows nothing"


async def test_a_transaction_of_many_steps_that_is_cancelled_within_one_holds_nothing(memory: Memory):
    """What it had begun to read or to return is still there, in the traceback, when the next one comes."""
    print(f"seed {SEED}")  # noqa: T201
    chance = random.Random(SEED)  # noqa: S311
    async with memory.transaction() as tx:
        await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=after(0))

    async def claim(round_: int) -> None:
        now = after(round_ * 99)
        async with memory.transaction() as tx:
            for sweep in await tx.sweeps.claim(now, lease=LEASE, limit=9):
                await tx.sweeps.extend(sweep, until=now)
                await tx.sweeps.done(sweep, due_at=now, total=None, failing_since=None, misses=0)

    cancelled: list[asyncio.Task[None]] = []
    for round_ in range(50):
        claiming = [asyncio.create_task(claim(round_)) for _ in range(3)]
        await asyncio.sleep(chance.uniform(0, 0.02))
        for each in claiming:
            each.cancel()
        await asyncio.wait(claiming)
        cancelled += [each for each in claiming if each.cancelled()]
        async with asyncio.timeout(4.0):  # less than SQLite waits for somebody else's lock
            await claim(round_)

    assert len(cancelled) > 9, "hardly anything was cancelled: the test shows nothing"


async def test_many_rows_that_are_cancelled_while_they_leave_keep_nobody_waiting(memory: Memory):
    """They are more than what PostgreSQL's driver sends in one go."""
    print(f"seed {SEED}")  # noqa: T201
    chance = random.Random(SEED)  # noqa: S311
    refs = [ref(f"t-{number:03}") for number in range(MANY)]
    async with memory.transaction() as tx:
        for each in refs:
            await tx.tasks.follow(each, provider="aliyun", known=known(each.task_id, name=NAME), due_at=None)

    async def save() -> None:
        async with memory.transaction() as tx:
            tasks = await tx.tasks.of_region(ALIYUN, SHANGHAI)
            await tx.tasks.save_all([Next(task=task, known=task.known, due_at=None) for task in tasks])

    began = asyncio.get_running_loop().time()
    await save()
    took = asyncio.get_running_loop().time() - began
    cancelled = []
    for _ in range(20):
        saving = asyncio.create_task(save())
        await asyncio.sleep(chance.uniform(0.2, 0.9) * took)
        saving.cancel()
        async with asyncio.timeout(5.0):
            await asyncio.wait({saving})
        cancelled.append(saving.cancelled())
    async with memory.reading() as tx:
        kept = await tx.tasks.of_region(ALIYUN, SHANGHAI)

    assert any(cancelled), "nothing was cancelled: the test shows nothing"
    assert {task.known.last.name for task in kept if task.known.last} == {NAME}
