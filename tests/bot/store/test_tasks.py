from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from secrets import token_hex
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from adapters.contract import AccountName, Plan, Progress, TaskState
from bot.domain.subscription import Wish
from bot.domain.task import Doubt, Known, Movement, Why
from bot.store.tables import TaskRow
from bot.store.tasks import KEPT, Next
from tests.bot.store.given import (
    ALIYUN,
    BEIJING,
    ELSEWHERE,
    LEASE,
    NOW,
    PLACE,
    SHANGHAI,
    after,
    known,
    news,
    ref,
    single,
)

if TYPE_CHECKING:
    from bot.domain.task import Followed
    from bot.store.memory import Memory, Tx


async def follow(tx: Tx, task: str = "t-1", **given: object) -> Followed:
    due_at = given.pop("due_at", None)
    return await tx.tasks.follow(ref(task), provider="aliyun", known=known(task, **given), due_at=due_at)


async def test_everything_that_is_known_comes_back_as_it_went_in(memory: Memory):
    whole = Known(
        state=TaskState.RETRYING,
        since=NOW,
        last=known(name="main-en", plan=Plan(start=NOW, end=after(3600))).last,
        doubt=Doubt(state=TaskState.STOPPED, raw="3", reason="PullFailed", since=after(1), reads=1),
        was_running=True,
        ran_until=NOW,
        until=after(7200),
        expected=True,
        bad_since=NOW,
        bad_why=Why.RETRYING,
        retrying_since=NOW,
        unseen_since=after(2),
        misses=3,
        is_unseen=True,
        movement=Movement(
            progress=Progress(offset=timedelta(seconds=1.5), file=1, files=3), moved_at=NOW, moves=2, interval=LEASE
        ),
        is_stalled=True,
        flips=(NOW, after(1)),
        is_flapping=True,
        told=frozenset({Why.OVER_RUN, Why.STALLED}),
        ended_at=after(3),
    )

    async with memory.transaction() as tx:
        made = await tx.tasks.follow(ref(), provider="aliyun", known=whole, due_at=after(9))
    async with memory.reading() as tx:
        found = await tx.tasks.by_id(made.id)

    assert found == made
    assert (made.ref, made.provider, made.known, made.due_at) == (ref(), "aliyun", whole, after(9))
    assert made.plan == Plan(start=NOW, end=after(3600))


async def test_a_task_that_is_followed_twice_is_one_and_keeps_what_is_known(memory: Memory):
    async with memory.transaction() as tx:
        first = await follow(tx)
    async with memory.transaction() as tx:
        second = await tx.tasks.follow(ref(), provider="aliyun", known=Known(), due_at=after(5))

    assert second == first


async def test_a_task_that_rested_starts_afresh(memory: Memory):
    async with memory.transaction() as tx:
        subscription, _ = await tx.subscriptions.put(PLACE, single(), by="U1", now=NOW)
        first = await follow(tx)
        await tx.subscriptions.remove(subscription.id, now=NOW)
        while_resting = await tx.tasks.get(ref())
        second = await tx.tasks.follow(ref(), provider="aliyun", known=Known(), due_at=after(5))

    assert while_resting == first
    assert second == replace(first, known=Known(), plan=Plan(), due_at=after(5))


async def test_a_task_that_is_only_named_is_followed_by_nobody(memory: Memory):
    async with memory.transaction() as tx:
        noted = await tx.tasks.note(ref(), provider="aliyun", known=known(), now=NOW)
        again = await tx.tasks.note(ref(), provider="aliyun", known=Known(), now=NOW)
        followed = await tx.tasks.of_region(ALIYUN, SHANGHAI)
        await tx.tasks.follow(ref(), provider="aliyun", known=known(), due_at=None)
        then = await tx.tasks.of_region(ALIYUN, SHANGHAI)

    assert noted == again
    assert followed == []
    assert [task.id for task in then] == [noted.id]


async def test_what_was_written_meanwhile_is_never_overwritten(memory: Memory):
    async with memory.transaction() as tx:
        read = await follow(tx)
        other = await follow(tx, "t-2")
        is_saved = await tx.tasks.save(read, replace(read.known, expected=True), due_at=None)
    async with memory.transaction() as tx:
        stale = await tx.tasks.save_all([Next(task=task, known=Known(), due_at=after(1)) for task in (read, other)])
        first, second = await tx.tasks.by_ids([read.id, other.id])

    assert is_saved
    assert stale == {read.id}
    assert first.known.expected
    assert (second.known, second.due_at) == (Known(), after(1))


async def test_of_two_who_read_the_same_one_saves(memory: Memory):
    async with memory.transaction() as tx:
        read = await follow(tx)

    async def save(miss: int) -> bool:
        async with memory.transaction() as tx:
            return await tx.tasks.save(read, Known(misses=miss), due_at=None)

    saved = await asyncio.gather(*(save(miss) for miss in range(5)))

    assert sum(saved) == 1


async def test_what_a_gone_task_was_called_and_planned_stays(memory: Memory):
    plan = Plan(start=NOW, end=after(60))

    async with memory.transaction() as tx:
        task = await follow(tx, name="main-en", plan=plan)
        await tx.tasks.save(task, known(state=TaskState.NOT_FOUND), due_at=None)
        (found,) = await tx.tasks.called("main-en")

    assert found.known.last is not None
    assert found.known.last.name == ""
    assert found.plan == plan


async def test_due_tasks_are_claimed_longest_due_first_and_by_one_only(memory: Memory):
    async with memory.transaction() as tx:
        for number in range(6):
            await follow(tx, f"t-{number}", due_at=after(-number))
        await follow(tx, "later", due_at=after(1))
        await follow(tx, "swept")

    async def claim() -> list[str]:
        async with memory.transaction() as tx:
            return [task.ref.task_id for task in await tx.tasks.due(NOW, lease=LEASE, limit=2)]

    first, *others = await claim(), *await asyncio.gather(claim(), claim(), claim())
    async with memory.transaction() as tx:
        again = await tx.tasks.due(NOW + LEASE, lease=LEASE, limit=99)

    assert sorted(first) == ["t-4", "t-5"]
    assert sorted(task for batch in [first, *others] for task in batch) == [f"t-{number}" for number in range(6)]
    assert len(again) == 7  # the claims are over, and one more is due by then


async def test_a_hint_makes_a_task_due_and_spoils_the_read_that_is_under_way(memory: Memory):
    async with memory.transaction() as tx:
        read = await follow(tx)
        await tx.tasks.hasten(read.id, at=NOW)
    async with memory.transaction() as tx:
        is_saved = await tx.tasks.save(read, Known(), due_at=None)
        (due,) = await tx.tasks.due(NOW, lease=LEASE, limit=9)
        is_saved_then = await tx.tasks.save(due, Known(), due_at=None)

    assert (is_saved, is_saved_then) == (False, True)


async def test_a_hint_about_a_task_that_is_due_earlier_or_rests_changes_nothing(memory: Memory):
    async with memory.transaction() as tx:
        task = await follow(tx, due_at=NOW)
        noted = await tx.tasks.note(ref("t-2"), provider="aliyun", known=known("t-2"), now=NOW)
        for each in (task, noted):
            await tx.tasks.hasten(each.id, at=after(1))
        due = await tx.tasks.due(after(5), lease=LEASE, limit=9)
        is_saved = await tx.tasks.save(task, Known(), due_at=None)

    assert [each.id for each in due] == [task.id]
    assert is_saved


async def test_a_channels_tasks_are_those_that_its_subscriptions_cover(memory: Memory):
    async with memory.transaction() as tx:
        await tx.subscriptions.put(PLACE, single("abcd-1"), by="U1", now=NOW)
        await tx.subscriptions.put(PLACE, Wish(account=ALIYUN, match="main"), by="U1", now=NOW)
        one = await follow(tx, "abcd-1", name="side")
        two = await follow(tx, "abcd-2", name="main-en")
        await follow(tx, "abcd-3", name="side")
        found = [
            await tx.tasks.of_place(PLACE),
            await tx.tasks.of_place(ELSEWHERE),
            await tx.tasks.find(PLACE, "abcd"),
            await tx.tasks.find(PLACE, "cd-2"),
            await tx.tasks.find(PLACE, "ABCD"),  # ids are taken exactly as they are
            await tx.tasks.find(PLACE, "abc"),  # too short to tell anything
            await tx.tasks.find(PLACE, "%%%%"),
        ]

    assert found == [[one, two], [], [one, two], [two], [], [], []]


async def test_a_callback_finds_its_task_in_whatever_region(memory: Memory):
    async with memory.transaction() as tx:
        here = await follow(tx)
        there = await tx.tasks.follow(ref(region=BEIJING), provider="aliyun", known=known(), due_at=None)
        found = await tx.tasks.of_id(ALIYUN, ref().task_id)
        elsewhere = await tx.tasks.of_id(AccountName("tencent"), ref().task_id)

    assert found == [here, there]
    assert elsewhere == []


async def test_tasks_of_an_account_that_push_where_another_does_are_found_by_that_place(memory: Memory):
    def pushing(task: str, where: str) -> Known:
        last = known(task).last
        assert last is not None
        return replace(known(task), last=replace(last, destination_hash=where))

    async with memory.transaction() as tx:
        for task, where in (("a", "h1"), ("b", ""), ("c", "h1"), ("d", ""), ("e", "h2"), ("f", "h3"), ("g", "h3")):
            await tx.tasks.follow(ref(task), provider="aliyun", known=pushing(task, where), due_at=None)
        other = replace(ref("h"), account=AccountName("other"))  # not everybody may know of it
        await tx.tasks.follow(other, provider="aliyun", known=pushing("h", "h2"), due_at=None)

        found = await tx.tasks.alike(ALIYUN, ["h1", "h2", "", "h1"])

    assert {place: [task.ref.task_id for task in tasks] for place, tasks in found.items()} == {"h1": ["a", "c"]}


async def test_a_name_with_a_nul_in_it_stops_nothing(memory: Memory):
    async with memory.transaction() as tx:
        made = await follow(tx, name="a\0b")
        assert await tx.tasks.save(made, known(name="c\0d"), due_at=None)

    async with memory.reading() as tx:
        (found,) = await tx.tasks.called("cd")
    assert found.known.last is not None
    assert found.known.last.name == "c\0d"


@pytest.mark.parametrize(
    "spoilt",
    [
        # Somebody edited it.
        '{"v":1,"since":"https://push.example.com/secret"',
        # A word that this release does not have.
        '{"v":1,"state":"PAUSED"}',
        # A newer release wrote it, and this one was brought back.
        '{"v":2,"state":"RUNNING"}',
    ],
)
async def test_what_cannot_be_read_of_one_task_costs_only_that_task(
    memory: Memory, caplog: pytest.LogCaptureFixture, spoilt: str
):
    task = f"t-{token_hex(4)}"  # it is said once in a process, which all of these tests share
    async with memory.transaction() as tx:
        for each in (task, "t-2"):
            await follow(tx, each, due_at=NOW, state=TaskState.RUNNING)
        spoil = update(TaskRow).where(TaskRow.task_id == task).values(known=spoilt)
        await tx.tasks._connection.execute(spoil)

    async with memory.transaction() as tx:
        due = await tx.tasks.due(NOW, lease=LEASE, limit=10)
        await tx.tasks.of_region(ALIYUN, SHANGHAI)

    assert {task.ref.task_id: task.known.state for task in due} == {task: None, "t-2": TaskState.RUNNING}
    (said,) = [record.getMessage() for record in caplog.records]
    assert task in said
    assert "secret" not in caplog.text


async def test_a_dropped_task_leaves_no_history(memory: Memory):
    async with memory.transaction() as tx:
        task = await follow(tx)
        await tx.changes.add(task.id, news())
        await tx.incidents.open(account=ALIYUN, region=SHANGHAI, task=task.id, opened_at=NOW, why="stopped")
        await tx.names.put("T1", "main", task.id)
        await tx.cards.put(PLACE, task=task.id, ts="1")
        await tx.tasks.drop(task.id)
        left = [
            await tx.tasks.by_id(task.id),
            await tx.changes.of_task(task.id, NOW),
            await tx.incidents.latest(task.id),
            await tx.names.of_team("T1"),
            await tx.cards.of_tasks([task.id]),
        ]
        anew = await follow(tx)

    assert left == [None, [], None, {}, {}]
    assert anew.id > task.id  # an id is never given twice


@pytest.mark.parametrize(
    ("ended_at", "name", "seconds", "is_gone"),
    [
        # It rests for less than 30 days.
        (None, "", 0, False),
        # It rests for longer.
        (None, "", 1, True),
        # Somebody named it, and it may still run.
        (None, "main", 1, False),
        # Somebody named it, but it has ended.
        (NOW, "main", 1, True),
    ],
)
async def test_tasks_that_nobody_follows_go_after_thirty_days(
    memory: Memory,
    ended_at: object,
    name: str,
    seconds: float,
    is_gone: bool,  # noqa: FBT001
):
    async with memory.transaction() as tx:
        followed = await follow(tx, "t-2")
        resting = replace(known(), ended_at=ended_at)
        task = await tx.tasks.note(ref(), provider="aliyun", known=resting, now=NOW)
        if name:
            await tx.names.put("T1", name, task.id)
        await tx.tasks.trim(NOW + KEPT + timedelta(seconds=seconds))
        left = await tx.tasks.by_ids([followed.id, task.id])

    assert [each.id for each in left] == ([followed.id] if is_gone else [followed.id, task.id])
