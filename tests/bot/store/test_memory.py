from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.domain.notice import Wake
from bot.store import replays
from bot.store.channels import ARCHIVED
from bot.store.database import Database
from bot.store.kept import Kept
from bot.store.memory import Memory
from bot.store.tables import AuditRow, Table
from tests.bot.store.given import ELSEWHERE, NOW, PLACE, after, known, notice, ref

KEPT = Kept()

if TYPE_CHECKING:
    from pathlib import Path


async def test_who_is_woken_hears_of_it_after_the_commit_and_once(memory: Memory, woken: list[frozenset[Wake]]):
    async with memory.transaction() as tx:
        for cause, place in (("a", PLACE), ("b", PLACE), ("c", ELSEWHERE)):
            await tx.outbox.put(notice(cause, place=place), now=NOW)
        before = list(woken)

    assert before == []
    assert woken == [frozenset({Wake(what="deliver", key="T1 C1"), Wake(what="deliver", key="T1 C2")})]


async def test_by_then_the_rows_are_there_for_everybody(database: Database):
    seen = []

    async def wake(_wakes: frozenset[Wake]) -> None:
        async with memory.reading() as tx:
            seen.extend(await tx.outbox.due_places(NOW))

    memory = Memory(database, wake=wake)
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("a"), now=NOW)

    assert seen == [PLACE]


async def test_a_transaction_that_fails_wakes_nobody_and_leaves_nothing(memory: Memory, woken: list[frozenset[Wake]]):
    async def fail() -> None:
        async with memory.transaction() as tx:
            await tx.tasks.follow(ref(), provider="aliyun", known=known(), due_at=None)
            await tx.outbox.put(notice("a"), now=NOW)
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        await fail()
    async with memory.reading() as tx:
        left = await tx.tasks.get(ref()), await tx.outbox.due_places(NOW)

    assert woken == []
    assert left == (None, [])


async def test_a_transaction_that_says_nothing_wakes_nobody(memory: Memory, woken: list[frozenset[Wake]]):
    async with memory.transaction() as tx:
        await tx.tasks.follow(ref(), provider="aliyun", known=known(), due_at=None)

    assert woken == []


async def test_each_notice_has_a_key_of_its_own_128_bits_long(memory: Memory):
    async with memory.transaction() as tx:
        for cause in "abcde":
            await tx.outbox.put(notice(cause), now=NOW)
        claim = await tx.outbox.claim_place(PLACE, now=NOW, lease=timedelta(seconds=30))
        assert claim is not None
        keys = set()
        while row := await tx.outbox.next(claim, now=NOW):
            keys.add(row.key)
            await tx.outbox.settle(row, claim, ts="1", now=NOW)

    assert len(keys) == 5
    assert {len(bytes.fromhex(key)) for key in keys} == {16}


async def test_what_was_kept_long_enough_goes(memory: Memory, database: Database):
    entry = {"team_id": "T1", "user_id": "U1", "channel_id": "C1", "verb": "mute", "subject": "t", "outcome": "done"}
    async with memory.transaction() as tx:
        await tx.audit.record(at=NOW, why="old", **entry)
        await tx.audit.record(at=after(1), why="young", **entry)
        await tx.replays.is_new("event", NOW)
        await tx.tasks.note(ref(), provider="aliyun", known=known(), now=NOW)
        await tx.channels.pause(PLACE, ARCHIVED, now=NOW)

    await memory.trim(after(1) + KEPT.audit)
    async with database.reading() as connection:
        left = {
            table.name: len((await connection.execute(select(table))).all()) for table in Table.metadata.sorted_tables
        }
    async with memory.reading() as tx:
        settled = await tx.channels.paused(PLACE)

    assert (KEPT.history, KEPT.audit, KEPT.notices) == (timedelta(days=400), timedelta(days=365), timedelta(days=14))
    assert timedelta(minutes=10) == replays.KEPT
    assert left.pop("fitting")  # what is known of the tables themselves; it goes with them
    assert {name for name, rows in left.items() if rows} <= {"audits"}
    assert settled is None


async def test_the_audit_of_the_last_year_stays(memory: Memory, database: Database):
    entry = {"team_id": "T1", "user_id": "U1", "channel_id": "C1", "verb": "mute", "subject": "t", "outcome": "done"}
    async with memory.transaction() as tx:
        await tx.audit.record(at=NOW, why="old", **entry)
        await tx.audit.record(at=after(1), why="young", **entry)

    await memory.trim(after(1) + KEPT.audit)
    async with database.reading() as connection:
        left = list(await connection.scalars(select(AuditRow.why)))

    assert left == ["young"]


async def test_of_the_copies_that_upgrades_left_the_newest_stays_for_two_weeks(tmp_path: Path):
    database = Database.open(f"sqlite:///{tmp_path / 'relaybot.db'}")
    await database.upgrade()
    memory = Memory(database, wake=lambda _wakes: _nothing())
    for name, at in (("b-was-a", NOW), ("c-was-b", after(60))):
        copy = tmp_path / f"relaybot.db.before-{name}"
        copy.write_text("")
        os.utime(copy, (at.timestamp(), at.timestamp()))
    other = tmp_path / "relaybot.db.before-breakfast"
    other.write_text("")

    def copies() -> list[str]:
        return sorted(copy.name.partition(".before-")[2] for copy in tmp_path.glob("*.before-*"))

    await memory.trim(after(61))
    soon = copies()
    await memory.trim(after(61) + timedelta(days=14))
    late = copies()
    await database.close()

    assert soon == ["breakfast", "c-was-b"]
    assert late == ["breakfast"]


async def _nothing() -> None: ...
