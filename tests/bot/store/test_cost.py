"""What a beat costs grows with what is due, not with what is stored: each of its statements walks an index."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from adapters.contract import AccountName, TaskId
from bot.domain.drill import opening, plan
from bot.domain.notice import Kind
from bot.domain.response import Due
from bot.domain.subscription import Place
from bot.store.cards import of_task
from bot.store.database import Database
from bot.store.memory import Memory
from tests.bot.store.given import (
    ALIYUN,
    BEIJING,
    LEASE,
    NOW,
    PLACE,
    SHANGHAI,
    after,
    known,
    news,
    notice,
    ref,
    response,
    rota,
    single,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from bot.store.memory import Tx


ALLOWED = {
    "SCAN ripe",  # what was chosen to be claimed
    "SCAN over",
}


class Plans:
    """The plan of every statement that SQLite ran."""

    def __init__(self, database: Database) -> None:
        self.steps: list[str] = []
        event.listen(database._engine.sync_engine, "before_cursor_execute", self._explain)

    def _explain(self, _connection: Any, cursor: Any, statement: str, given: Any, _context: Any, many: bool) -> None:  # noqa: FBT001
        if re.match(r"SELECT|UPDATE|DELETE|INSERT|WITH", statement):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", given[0] if many else given)
            self.steps += [row[3] for row in cursor.fetchall()]

    def scans(self) -> list[str]:
        """Tell the steps that walk a whole table."""
        return [step for step in self.steps if step.startswith("SCAN") and step not in ALLOWED]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database.open(f"sqlite:///{tmp_path / 'relaybot.db'}")
    await database.upgrade()
    yield database
    await database.close()


async def claim_sweeps(tx: Tx) -> None:
    for sweep in await tx.sweeps.claim(NOW, lease=LEASE, limit=10):
        await tx.tasks.of_region(sweep.account, sweep.region)
        await tx.sweeps.done(sweep, due_at=after(5), total=1, failing_since=None, misses=0)


async def claim_tasks(tx: Tx) -> None:
    for task in await tx.tasks.due(NOW, lease=LEASE, limit=10):
        await tx.tasks.save(task, known(), due_at=after(5))


async def tell(tx: Tx) -> None:
    task = await tx.tasks.get(ref())
    assert task is not None
    change = await tx.changes.add(task.id, news())
    await tx.changes.of_task(task.id, NOW)
    await tx.incidents.open(account=ALIYUN, region=SHANGHAI, task=task.id, opened_at=NOW, why="stopped", change=change)
    await tx.incidents.latest(task.id)
    await tx.incidents.close_task(task.id, NOW, "recovered")
    await tx.blind.begin(ALIYUN, SHANGHAI, None, NOW)
    await tx.blind.end(ALIYUN, SHANGHAI, None, NOW)
    await tx.subscriptions.of_task(ref())
    await tx.mutes.of_place(PLACE, NOW)
    await tx.channels.settings(PLACE)
    await tx.cards.of_tasks([task.id])
    await tx.tasks.alike(ALIYUN, ["hash", "another"])
    await tx.outbox.coming([of_task(task.id)])
    await tx.changes.of_tasks([task.id], NOW)
    await tx.outbox.put(notice("card", Kind.CARD, task=task.id), now=NOW)
    await tx.outbox.put(notice("reply", Kind.REPLY, task=task.id), now=NOW)


async def deliver(tx: Tx) -> None:
    await tx.outbox.put(notice("line"), now=NOW)
    claim = await tx.outbox.claim_place(PLACE, now=NOW, lease=LEASE)
    assert claim is not None
    row = await tx.outbox.next(claim, now=NOW)
    assert row is not None
    await tx.outbox.settle(row, claim, ts="1", now=NOW)
    await tx.outbox.release(claim)


async def gather(tx: Tx) -> None:
    await tx.outbox.put(notice("reply", Kind.REPLY, task=1), now=NOW)
    await tx.bursts.recent(PLACE, since=NOW - LEASE)
    await tx.bursts.newest(PLACE, since=NOW)  # they all were settled at that moment
    claim = await tx.outbox.claim_place(PLACE, now=NOW, lease=LEASE)
    assert claim is not None
    await tx.bursts.gather(await tx.bursts.recent(PLACE, since=NOW), claim, now=NOW)
    await tx.outbox.release(claim)


async def look_around(tx: Tx) -> None:
    await tx.tasks.has_due(ALIYUN, SHANGHAI)
    await tx.channels.paused(PLACE)
    await tx.subscriptions.all_of(ALIYUN, SHANGHAI)
    await tx.incidents.of_account(ALIYUN, BEIJING)


async def tidy(tx: Tx) -> None:
    await tx.outbox.due_places(NOW)
    await tx.mutes.due(NOW)


async def escalate(tx: Tx) -> None:
    number = await tx.responses.open(response(1, due=Due.CALL, due_at=NOW))
    assert number is not None
    (due,) = await tx.responses.due(NOW)
    await tx.responses.save(replace(due, step=0, due_at=after(300)))
    await tx.outbox.put(notice("page", Kind.PAGE, response=number), now=NOW)
    assert await tx.outbox.withdraw(number, now=NOW) == 1
    await tx.responses.open_of_place(PLACE)
    await tx.responses.of_incident(1)


async def hand_over(tx: Tx) -> None:
    await tx.rotas.save(PLACE, rota("U1"), due_at=NOW, by="U1", now=NOW, version=0)
    (due,) = await tx.rotas.due(NOW)
    await tx.calendars.get(["ops"])
    await tx.rotas.put_off(due, after(300))


async def rehearse(tx: Tx) -> None:
    await tx.drills.begin(plan(PLACE, "U1", whom=None, has_rota=False, pagers=("ops",), now=NOW))
    (drill,) = await tx.drills.under_way()
    for each in opening(drill, now=NOW):
        await tx.outbox.put(each, now=NOW)
    await tx.drills.sent(drill)
    await tx.drills.withdraw(drill, now=NOW, begun=True)
    await tx.drills.end(drill)


async def hint(tx: Tx) -> None:
    for task in await tx.tasks.of_id(ALIYUN, TaskId("t-1")):
        await tx.tasks.hasten(task.id, at=NOW)


STEPS = (claim_tasks, tell, deliver, gather, look_around, tidy, escalate, hand_over, rehearse, hint)


@pytest.mark.parametrize("step", [claim_sweeps, *STEPS])
async def test_no_step_of_a_beat_walks_a_whole_table(database: Database, step: Callable[[Tx], Awaitable[None]]):
    async def wake(_wakes: object) -> None: ...

    memory = Memory(database, wake=wake)
    async with memory.transaction() as tx:
        await tx.subscriptions.put(PLACE, single(), by="U1", now=NOW)
        await tx.tasks.follow(ref(), provider="aliyun", known=known(), due_at=NOW)
        await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=NOW)
        await tx.mutes.put(PLACE, account=ALIYUN, task=None, owner="U1", begins_at=NOW, ends_at=NOW, now=NOW)

    plans = Plans(database)
    async with memory.transaction() as tx:
        await step(tx)

    assert len(plans.steps) > 1
    assert plans.scans() == []


async def test_a_beat_costs_the_same_whatever_is_stored(database: Database):
    """Counted in instructions of SQLite's virtual machine: they grow with each row that is looked at."""
    costs = {}

    async def wake(_wakes: object) -> None: ...

    memory = Memory(database, wake=wake)
    async with memory.transaction() as tx:
        await tx.subscriptions.put(PLACE, single(), by="U1", now=NOW)
        await tx.tasks.follow(ref(), provider="aliyun", known=known(), due_at=NOW)
    for stored in (20, 150):
        await store_more(memory, stored)
        for step in STEPS:
            costs[step.__name__, stored] = await instructions(memory, database, step)

    for step in STEPS:
        few, many = costs[step.__name__, 20], costs[step.__name__, 150]
        assert few > 10, step.__name__
        assert many == pytest.approx(few, rel=0.05), f"{step.__name__}: {few} with 20 rows, {many} with 170"


async def store_more(memory: Memory, rows: int) -> None:
    """Let others follow so many tasks, with a history each, none of it due."""
    async with memory.transaction() as tx:
        for number in range(rows):
            task, place = f"x-{rows}-{number}", Place(team="T9", channel=f"C{number}")
            await tx.subscriptions.put(place, single(task), by="U9", now=NOW)
            followed = await tx.tasks.follow(ref(task), provider="aliyun", known=known(task), due_at=after(9_999))
            await tx.sweeps.ensure(AccountName(task), SHANGHAI, due_at=after(9_999))
            await tx.changes.add(followed.id, news())
            incident = await tx.incidents.open(
                account=ALIYUN, region=SHANGHAI, task=followed.id, opened_at=NOW, why="stopped"
            )
            assert incident is not None
            at = {"due": Due.CALL, "due_at": after(9_999)} if number % 2 else {"closed_at": NOW}
            await tx.responses.open(response(incident + 1, place=place, **at))
            await tx.rotas.save(place, rota("U9"), due_at=after(9_999), by="U9", now=NOW, version=0)
            await tx.blind.begin(ALIYUN, SHANGHAI, followed.ref.task_id, NOW)
            await tx.cards.put(place, task=followed.id, ts="1")
            await tx.mutes.put(
                place, account=ALIYUN, task=None, owner="U9", begins_at=NOW, ends_at=after(9_999), now=NOW
            )
            await tx.outbox.put(notice(task, place=place), now=NOW)
            claim = await tx.outbox.claim_place(place, now=NOW, lease=LEASE)
            assert claim is not None
            row = await tx.outbox.next(claim, now=NOW)
            assert row is not None
            await tx.outbox.settle(row, claim, ts="1", now=NOW)
            await tx.outbox.release(claim)
        await talk(tx, rows)


async def talk(tx: Tx, rows: int) -> None:
    """Have said so much in the channel that is looked at, long ago."""
    claim = await tx.outbox.claim_place(PLACE, now=NOW, lease=LEASE)
    assert claim is not None
    for number in range(rows):
        await tx.outbox.put(notice(f"old:{rows}:{number}", Kind.REPLY), now=after(-999))
        row = await tx.outbox.next(claim, now=NOW)
        assert row is not None
        await tx.outbox.settle(row, claim, ts="1", now=NOW)
        await tx.cards.put(PLACE, incident=rows + number, ts="1")
    await tx.outbox.release(claim)


async def instructions(memory: Memory, database: Database, step: Callable[[Tx], Awaitable[None]]) -> int:
    """Count what a step takes that is undone afterwards."""
    counted = 0

    def count() -> None:
        nonlocal counted
        counted += 1

    async def undone() -> None:
        async with memory.transaction() as tx:
            await step(tx)
            raise Undone

    async with database._engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        await raw.set_progress_handler(count, 1)
    with pytest.raises(Undone):
        await undone()
    await raw.set_progress_handler(None, 1)
    return counted


class Undone(Exception):
    """Let a transaction be rolled back."""


async def test_trimming_walks_no_whole_table(database: Database):
    async def wake(_wakes: object) -> None: ...

    plans = Plans(database)
    await Memory(database, wake=wake).trim(NOW + timedelta(days=400))

    assert len(plans.steps) > 7
    assert {step.split()[1] for step in plans.scans()} <= {"channels"}  # a row for each channel, once an hour
