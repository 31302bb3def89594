"""
A drill ends once, whoever is killed meanwhile, and leaves nothing but what it said.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from bot.domain.drill import IN_TIME, STOOD_STILL, Drill, OnCall, opening, plan
from bot.domain.notice import DrillBody, Kind, PageBody, Step, from_json
from bot.domain.subscription import Place
from bot.flows.drill import end_drills
from bot.store.memory import Memory
from bot.store.tables import ChangeRow, DrillRow, IncidentRow, NoticeRow, ResponseRow, TaskRow

if TYPE_CHECKING:
    from bot.domain.notice import Wake
    from bot.store.database import Database

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RELAYS = Place(team="T0TEAM", channel="C0RELAYS")


@dataclass
class Rehearsal:
    database: Database
    memory: Memory
    drill: Drill

    async def rows(self, table: Any) -> list[Any]:
        async with self.database.reading() as connection:
            return list(await connection.execute(select(table).order_by(table.id)))

    async def settle(self, *steps: Step, state: str = "done", code: str = "", at: datetime = NOW + 2 * SECOND) -> None:
        """What deliveries write once the other side has it, or never will."""
        causes = [self.drill.cause(step) for step in self.drill.steps if step.step in steps]
        values = {"state": state, "code": code, "settled_at": at, "ts": "1.1"}
        async with self.database.writing() as connection:
            await connection.execute(update(NoticeRow).where(NoticeRow.cause.in_(causes)).values(**values))
        if Step.CARD in steps:
            async with self.memory.transaction() as tx:
                await tx.cards.put_subject(RELAYS, "drill", ts="1.1")

    async def said(self) -> list[DrillBody]:
        """What the end put down: the table, and what stands under it."""
        rows = [row for row in await self.rows(NoticeRow) if row.cause in {"drill:1:table", "drill:1:end"}]
        return [body for row in rows if isinstance(body := from_json(row.body), DrillBody)]


@pytest.fixture
async def rehearsal(database: Database) -> Rehearsal:
    async def nobody(_wakes: frozenset[Wake]) -> None: ...

    memory = Memory(database, wake=nobody)
    whom = OnCall(id="U0BO", people=("U0BO",))
    planned = plan(RELAYS, "U0ANN", whom=whom, has_rota=True, pagers=("night",), now=NOW)
    async with memory.transaction() as tx:
        number = await tx.drills.begin(planned)
        assert number is not None
        drill = replace(planned, id=number)
        for notice in opening(drill, now=NOW):
            await tx.outbox.put(notice, now=NOW)
    return Rehearsal(database, memory, drill)


async def test_a_channel_has_one_drill_at_a_time(rehearsal: Rehearsal):
    async with rehearsal.memory.transaction() as tx:
        again = await tx.drills.begin(replace(rehearsal.drill, by="U0BO"))
        elsewhere = await tx.drills.begin(replace(rehearsal.drill, place=Place(team="T0TEAM", channel="C0OPS")))
        running = await tx.drills.of_place(RELAYS)

    assert again is None
    assert elsewhere is not None
    assert running == rehearsal.drill


async def test_it_ends_as_soon_as_everything_came(rehearsal: Rehearsal):
    await rehearsal.settle(*Step)

    assert await end_drills(rehearsal.memory, now=NOW + 3 * SECOND) == 1
    table, end = await rehearsal.said()
    assert [step.after for step in table.steps] == [SECOND, *[3 * SECOND] * 5]
    assert (table.is_failed, end.is_end) == (False, True)
    assert await rehearsal.rows(DrillRow) == []


async def test_what_is_refused_for_good_is_not_waited_for_and_said(rehearsal: Rehearsal):
    await rehearsal.settle(Step.CARD, Step.THREAD, Step.CHANNEL, Step.PAGER)
    await rehearsal.settle(Step.DIRECT, state="parked", code="user_disabled")

    assert await end_drills(rehearsal.memory, now=NOW + 3 * SECOND) == 1
    table, _ = await rehearsal.said()
    assert [(step.step, step.why) for step in table.steps if step.why] == [(Step.DIRECT, "user_disabled")]


async def test_what_has_not_come_in_time_is_taken_back_and_calls_nobody_any_more(rehearsal: Rehearsal):
    await rehearsal.settle(Step.CARD, Step.THREAD, Step.CHANNEL)
    early = await end_drills(rehearsal.memory, now=NOW + 20 * SECOND)
    late = await end_drills(rehearsal.memory, now=NOW + IN_TIME)
    table, _ = await rehearsal.said()
    pages = [row for row in await rehearsal.rows(NoticeRow) if row.kind in {Kind.DIRECT, Kind.CALL}]

    assert (early, late) == (0, 1)
    assert [(step.step, step.why) for step in table.steps if step.why] == [
        (Step.DIRECT, "waits"),
        (Step.PAGER, "waits"),
    ]
    assert [(row.state, row.code) for row in pages] == [("dropped", "withdrawn")] * 2


@pytest.mark.parametrize(
    ("state", "after", "left"),
    [
        ("parked", IN_TIME, "dropped"),  # or it would be said when its channel is back
        ("unsure", IN_TIME, "dropped"),
        ("sending", IN_TIME, "sending"),  # somebody is at it, or was a moment ago
        ("sending", timedelta(hours=1), "dropped"),  # whoever was is dead
    ],
)
async def test_no_call_of_a_drill_comes_when_that_is_over(
    rehearsal: Rehearsal, state: str, after: timedelta, left: str
):
    await rehearsal.settle(Step.CARD, Step.THREAD, Step.PAGER)
    await rehearsal.settle(Step.CHANNEL, Step.DIRECT, state=state, code="is_archived" if state == "parked" else "")
    async with rehearsal.database.writing() as connection:
        is_open = NoticeRow.state.in_(["unsure", "sending"])
        await connection.execute(update(NoticeRow).where(is_open).values(settled_at=None))
    await end_drills(rehearsal.memory, now=NOW + after)
    async with rehearsal.memory.transaction() as tx:
        await tx.outbox.revive(RELAYS, now=NOW + after)
    calls = [row for row in await rehearsal.rows(NoticeRow) if row.kind in {Kind.PAGE, Kind.DIRECT}]

    assert {row.state for row in calls if row.cause != "drill:1:end"} == {left}


async def test_of_many_who_end_it_at_once_one_does(rehearsal: Rehearsal):
    await rehearsal.settle(*Step)
    now = NOW + 3 * SECOND

    assert sum(await asyncio.gather(*(end_drills(rehearsal.memory, now=now) for _ in range(5)))) == 1
    assert len(await rehearsal.said()) == 2


async def test_one_that_a_newer_release_began_is_left_to_it(rehearsal: Rehearsal):
    await rehearsal.settle(*Step)
    async with rehearsal.database.writing() as connection:
        await connection.execute(update(DrillRow).values(steps='[{"step":"one of the next release"}]'))

    assert await end_drills(rehearsal.memory, now=NOW + 3 * SECOND) == 0
    assert len(await rehearsal.rows(DrillRow)) == 1


async def test_one_that_nobody_was_there_to_end_says_that_it_was_interrupted(rehearsal: Rehearsal):
    """Every process died after the commit: nothing was sent, and an hour later somebody is there again."""
    later = NOW + timedelta(hours=1)
    await end_drills(rehearsal.memory, now=later)
    table, told = await rehearsal.said()

    assert later - rehearsal.drill.ends_at > STOOD_STILL
    assert (table.is_interrupted, told.is_interrupted) == (True, True)
    assert {row.state for row in await rehearsal.rows(NoticeRow) if row.kind == Kind.CALL} == {"dropped"}


async def test_whoever_was_called_outside_is_told_that_it_is_over(rehearsal: Rehearsal):
    await rehearsal.settle(*Step)
    await end_drills(rehearsal.memory, now=NOW + 3 * SECOND)
    calls = [from_json(row.body) for row in await rehearsal.rows(NoticeRow) if row.kind == Kind.CALL]

    assert [body.act for body in calls if isinstance(body, PageBody)] == ["drill", "drill_over"]
    assert len({body.dedup_key for body in calls if isinstance(body, PageBody)}) == 1


@pytest.mark.parametrize("state", ["unsure", "sending"])
async def test_a_pager_that_gave_no_answer_may_ring_and_is_told_that_it_is_over(rehearsal: Rehearsal, state: str):
    await rehearsal.settle(Step.CARD, Step.THREAD, Step.CHANNEL, Step.DIRECT)
    async with rehearsal.database.writing() as connection:
        await connection.execute(update(NoticeRow).where(NoticeRow.kind == Kind.CALL).values(state=state))
    await end_drills(rehearsal.memory, now=NOW + IN_TIME)
    table, _ = await rehearsal.said()
    calls = [(row.state, from_json(row.body)) for row in await rehearsal.rows(NoticeRow) if row.kind == Kind.CALL]

    assert [(step.step, step.why) for step in table.steps if step.why] == [(Step.PAGER, "unsure")]
    assert [(state, body.act) for state, body in calls if isinstance(body, PageBody)] == [
        ("dropped", "drill"),
        ("pending", "drill_over"),
    ]


async def test_nothing_but_what_it_said_is_left(rehearsal: Rehearsal):
    await rehearsal.settle(*Step)
    await end_drills(rehearsal.memory, now=NOW + 3 * SECOND)

    for table in (TaskRow, ChangeRow, IncidentRow, ResponseRow, DrillRow):
        assert await rehearsal.rows(table) == [], table
