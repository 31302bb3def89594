"""Changes, blind spans and incidents: what happened, and what is still so."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from adapters.contract import AccountName, TaskId, TaskState
from bot.domain.outlook import Tone
from bot.domain.task import News, Why
from bot.store.incidents import Scope
from bot.store.tables import IncidentRow
from tests.bot.store.given import ALIYUN, BEIJING, NOW, SHANGHAI, after, known, news, ref

if TYPE_CHECKING:
    from bot.store.database import Database
    from bot.store.memory import Memory, Tx


async def opened(tx: Tx, task: int = 1, seconds: float = 0, **given: object) -> int:
    number = await tx.incidents.open(
        account=ALIYUN, region=SHANGHAI, task=task, opened_at=after(seconds), why="stopped", **given
    )
    assert number is not None
    return number


async def blinded(tx: Tx, scope: Scope = Scope.ACCOUNT, seconds: float = 0) -> int | None:
    return await tx.incidents.open(scope=scope, account=ALIYUN, region=SHANGHAI, opened_at=after(seconds), why="unseen")


async def test_a_change_comes_back_as_it_was_written_down(memory: Memory):
    whole = News(
        why=Why.RECOVERED,
        at=NOW,
        old=TaskState.RETRYING,
        new=TaskState.RUNNING,
        tone=Tone.GOOD,
        lasted=timedelta(seconds=12.5),
        bad_for=timedelta(hours=2),
        reason="PullFailed",
        is_change=True,
        closes=True,
    )

    async with memory.transaction() as tx:
        number = await tx.changes.add(7, whole)
        (found,) = await tx.changes.of_task(7, NOW)

    assert (found.id, found.task, found.news) == (number, 7, whole)


async def test_changes_are_told_in_the_order_in_which_they_happened(memory: Memory):
    async with memory.transaction() as tx:
        task = await tx.tasks.follow(ref(), provider="aliyun", known=known(), due_at=None)
        for seconds in (3, 1, 2):
            await tx.changes.add(task.id, news(at=after(seconds)))
        await tx.changes.add(task.id + 1, news(at=after(9)))
        of_task = [change.news.at for change in await tx.changes.of_task(task.id, after(2))]
        of_account = [change.news.at for change in await tx.changes.of_account(ALIYUN, NOW)]
        of_another = await tx.changes.of_account(AccountName("tencent"), NOW)

    assert of_task == [after(2), after(3)]
    assert of_account == [after(1), after(2), after(3)]
    assert of_another == []


async def test_a_blind_span_begins_once_and_ends_once(memory: Memory):
    async with memory.transaction() as tx:
        first = await tx.blind.begin(ALIYUN, SHANGHAI, None, NOW)
        again = await tx.blind.begin(ALIYUN, SHANGHAI, None, after(1))
        of_a_task = await tx.blind.begin(ALIYUN, SHANGHAI, TaskId("t-1"), after(2))
        elsewhere = await tx.blind.begin(ALIYUN, BEIJING, None, after(3))
        going_on = await tx.blind.of(ALIYUN, SHANGHAI)
        ended = await tx.blind.end(ALIYUN, SHANGHAI, None, after(9))
        ended_again = await tx.blind.end(ALIYUN, SHANGHAI, None, after(10))
        left = await tx.blind.of(ALIYUN, SHANGHAI)
        since = [span.id for span in await tx.blind.of(ALIYUN, SHANGHAI, since=after(9))]
        next_one = await tx.blind.begin(ALIYUN, SHANGHAI, None, after(20))

    assert first is not None
    assert (again, ended_again) == (None, None)
    assert [span.task for span in going_on] == [None, "t-1"]
    assert ended is not None
    assert (ended.id, ended.began_at, ended.ended_at) == (first, NOW, after(9))
    assert [span.id for span in left] == [of_a_task]
    assert since == [first, of_a_task]
    assert next_one not in {first, None}
    assert elsewhere is not None


async def test_a_task_has_one_open_incident(memory: Memory):
    async with memory.transaction() as tx:
        first = await opened(tx, change=41)
        again = await tx.incidents.open(account=ALIYUN, region=SHANGHAI, task=1, opened_at=after(1), why="retrying")
        other = await opened(tx, 2)
        found = await tx.incidents.of_task(1)

    assert again is None
    assert found is not None
    assert (found.id, found.why, found.change, found.opened_at, found.scope) == (first, "stopped", 41, NOW, Scope.TASK)
    assert other != first


async def test_the_database_itself_refuses_a_second_open_incident(database: Database):
    row = {
        "scope": "task",
        "account": "aliyun",
        "region": "r",
        "task": 1,
        "why": "stopped",
        "opened_at": NOW,
        "closed_why": "",
        "reopenings": 0,
    }

    async with database.writing() as connection:
        await connection.execute(insert(IncidentRow).values({**row, "closed_at": NOW}))
        await connection.execute(insert(IncidentRow).values(row))

    with pytest.raises(IntegrityError):
        async with database.writing() as connection:
            await connection.execute(insert(IncidentRow).values(row))


async def test_of_many_who_open_an_incident_at_once_one_does(memory: Memory):
    async def attempt() -> int | None:
        async with memory.transaction() as tx:
            return await tx.incidents.open(account=ALIYUN, region=SHANGHAI, task=1, opened_at=NOW, why="stopped")

    made = await asyncio.gather(*(attempt() for _ in range(5)))

    assert sum(number is not None for number in made) == 1


async def test_a_blind_account_is_one_incident_and_groups_are_as_many_as_there_are(memory: Memory):
    async with memory.transaction() as tx:
        account = await blinded(tx)
        again = await blinded(tx, seconds=1)
        groups = [await blinded(tx, Scope.GROUP, seconds) for seconds in (2, 3)]
        found = [incident.id for incident in await tx.incidents.of_account(ALIYUN, SHANGHAI)]
        of_groups = [incident.id for incident in await tx.incidents.of_account(ALIYUN, SHANGHAI, Scope.GROUP)]
        elsewhere = await tx.incidents.of_account(ALIYUN, BEIJING)

    assert again is None
    assert found == [account, *groups]
    assert of_groups == groups
    assert elsewhere == []


async def test_an_incident_ends_once_and_is_then_history(memory: Memory):
    async with memory.transaction() as tx:
        first = await opened(tx)
        ended = [await tx.incidents.close(first, after(seconds), "recovered") for seconds in (5, 6)]
        still_open = await tx.incidents.of_task(1)
        second = await opened(tx, seconds=60)
        closed_by_task = [await tx.incidents.close_task(1, after(61), "recovered") for _ in range(2)]
        latest = await tx.incidents.latest(1)
        since = [incident.id for incident in await tx.incidents.since(after(60), task=1)]
        closed = await tx.incidents.get(first)

    assert ended == [True, False]
    assert still_open is None
    assert closed_by_task == [second, None]
    assert latest is not None
    assert latest.id == second
    assert since == [second]
    assert closed is not None
    assert (closed.closed_at, closed.closed_why) == (after(5), "recovered")


async def test_a_closed_incident_opens_again_unless_a_newer_one_is_open(memory: Memory):
    async with memory.transaction() as tx:
        first = await opened(tx)
        while_open = await tx.incidents.reopen(first, after(1))
        await tx.incidents.close(first, after(2), "recovered")
        again = await tx.incidents.reopen(first, after(3))
        found = await tx.incidents.of_task(1)
        await tx.incidents.close(first, after(4), "recovered")
        await opened(tx, seconds=60)
        beside_a_newer = await tx.incidents.reopen(first, after(61))
        group = await blinded(tx, Scope.GROUP)
        account = await blinded(tx)
        for incident in (group, account):
            assert incident is not None
            await tx.incidents.close(incident, after(5), "over")
        of_others = [await tx.incidents.reopen(each, after(6)) for each in (group, account) if each is not None]
        unknown = await tx.incidents.reopen(999, NOW)

    assert (while_open, again, beside_a_newer, unknown) == (False, True, False, False)
    assert of_others == [True, True]
    assert found is not None
    assert (found.id, found.reopened_at, found.reopenings, found.closed_why) == (first, after(3), 1, "")


async def test_a_tasks_incident_joins_one_group(memory: Memory):
    async with memory.transaction() as tx:
        group = await blinded(tx, Scope.GROUP)
        assert group is not None
        inside = await opened(tx, 1, part_of=group)
        joined = await opened(tx, 2)
        ended = await opened(tx, 3)
        await tx.incidents.close(ended, NOW, "recovered")
        answers = [await tx.incidents.join(each, group) for each in (inside, joined, ended)]
        members = [incident.id for incident in await tx.incidents.of_group(group)]

    assert answers == [False, True, False]
    assert members == [inside, joined]


async def test_what_began_not_long_before_a_group_joins_it_at_once(memory: Memory):
    async with memory.transaction() as tx:
        other, group = await blinded(tx, Scope.GROUP), await blinded(tx, Scope.GROUP, 60)
        assert group is not None
        await opened(tx, 1, -1)
        first, second, back = await opened(tx, 2), await opened(tx, 3, 50), await opened(tx, 4, -90)
        await opened(tx, 5, 50, part_of=other)
        await tx.incidents.close(await opened(tx, 6, 50), after(55), "recovered")
        await tx.incidents.close(back, after(-30), "recovered")
        await tx.incidents.reopen(back, after(20))
        joined = await tx.incidents.join_since(NOW, group, account=ALIYUN, region=SHANGHAI)
        elsewhere = await tx.incidents.join_since(NOW, group, account=ALIYUN, region=BEIJING)
        members = [incident.id for incident in await tx.incidents.of_group(group)]

    assert joined == members == [first, second, back]
    assert elsewhere == []


@pytest.mark.parametrize(("scope", "task"), [(Scope.TASK, None), (Scope.ACCOUNT, 1), (Scope.GROUP, 1)])
async def test_only_a_tasks_incident_names_a_task(memory: Memory, scope: Scope, task: int | None):
    with pytest.raises(ValueError, match="names the task"):
        async with memory.transaction() as tx:
            await tx.incidents.open(
                scope=scope, account=ALIYUN, region=SHANGHAI, task=task, opened_at=NOW, why="stopped"
            )


async def test_history_goes_with_its_age_and_what_is_still_so_stays(memory: Memory):
    async with memory.transaction() as tx:
        for seconds in (0, 1):
            await tx.changes.add(1, news(at=after(seconds)))
            await tx.blind.begin(ALIYUN, SHANGHAI, None, after(seconds))
            await tx.blind.end(ALIYUN, SHANGHAI, None, after(seconds))
            await opened(tx)
            await tx.incidents.close_task(1, after(seconds), "recovered")
        await tx.blind.begin(ALIYUN, SHANGHAI, None, NOW)
        await opened(tx)

    async with memory.transaction() as tx:
        await tx.changes.trim(after(1))
        await tx.blind.trim(after(1))
        await tx.incidents.trim(after(1))
        left = [
            len(await tx.changes.of_task(1, NOW)),
            len(await tx.blind.of(ALIYUN, SHANGHAI, since=NOW)),
            len(await tx.incidents.since(NOW, task=1)),
        ]

    assert left == [1, 2, 2]
