"""Responses, on both databases: one for each incident and place, and each version saved once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.domain.response import Due
from bot.domain.subscription import Place
from bot.store.channels import UNINSTALLED
from bot.store.kept import Kept
from bot.store.tables import ResponseRow
from tests.bot.store.given import ALIYUN, ELSEWHERE, NOW, PLACE, SHANGHAI, after, known, ref, response

if TYPE_CHECKING:
    from bot.domain.response import Response
    from bot.store.database import Database
    from bot.store.memory import Memory


async def kept(memory: Memory, new: Response) -> Response:
    async with memory.transaction() as tx:
        number = await tx.responses.open(new)
        assert number is not None
        found = await tx.responses.get(number)
    assert found is not None
    return found


async def test_a_response_is_kept_with_everything_that_is_known_of_it(memory: Memory):
    whole = response(
        step=1,
        attempt=2,
        due_at=after(60),
        due=Due.REMIND,
        leader=4,
        acked_by="U1",
        acked_at=after(1),
        ack_until=after(60),
        snoozed_by="U2",
        assigned_to="U3",
        worsened=3,
        called=("U1", "S1"),
        calls=(0, 1),
        known_by=5,
        closed_at=after(2),
        closed_why="recovered",
    )

    found = await kept(memory, whole)

    assert found == replace(whole, id=found.id)


async def test_of_two_who_save_the_same_version_one_is_refused(memory: Memory):
    read = await kept(memory, response())

    async with memory.transaction() as tx:
        first = await tx.responses.save(replace(read, acked_by="U1"))
        second = await tx.responses.save(replace(read, acked_by="U2"))
        now = await tx.responses.get(read.id)

    assert (first, second) == (True, False)
    assert now == replace(read, acked_by="U1", version=1)


async def test_what_was_begun_about_one_incident_goes_on_about_another(memory: Memory):
    read = await kept(memory, response(step=1, called=("U1",)))

    async with memory.transaction() as tx:
        answers = [await tx.responses.move(read, 8), await tx.responses.move(read, 9)]
        now = await tx.responses.get(read.id)

    assert answers == [True, False]  # the second one had read what is not so any more
    assert now == replace(read, incident=8, known_by=7, version=1)


async def test_a_place_has_one_response_to_an_incident(memory: Memory):
    first = await kept(memory, response())

    async with memory.transaction() as tx:
        again = await tx.responses.open(response())
        elsewhere = await tx.responses.open(response(place=ELSEWHERE))
        found = await tx.responses.of_incident(7)

    assert again is None
    assert [each.id for each in found] == [first.id, elsewhere]


async def test_of_many_who_save_at_once_one_does(memory: Memory):
    """What fires a timer once, whatever process it is that finds it due."""
    read = await kept(memory, response(due=Due.CALL, due_at=NOW))

    async def fire(number: int) -> bool:
        async with memory.transaction() as tx:
            return await tx.responses.save(replace(read, step=number, due_at=after(300)))

    saved = await asyncio.gather(*(fire(number) for number in range(5)))
    async with memory.reading() as tx:
        now = await tx.responses.get(read.id)

    assert sorted(saved) == [False, False, False, False, True]
    assert now == replace(read, step=saved.index(True), due_at=after(300), version=1)


async def test_of_many_who_open_at_once_one_does(memory: Memory):
    async def attempt() -> int | None:
        async with memory.transaction() as tx:
            return await tx.responses.open(response())

    made = await asyncio.gather(*(attempt() for _ in range(5)))
    async with memory.reading() as tx:
        (found,) = await tx.responses.of_incident(7)

    assert [number for number in made if number is not None] == [found.id]


async def test_what_is_due_is_found_longest_due_first(memory: Memory):
    dues = {1: after(-5), 2: after(-9), 3: after(1), 4: None, 5: NOW}

    async with memory.transaction() as tx:
        for incident, at in dues.items():
            await tx.responses.open(response(incident, due=at and Due.CALL, due_at=at))
        every = await tx.responses.due(NOW)
        first = await tx.responses.due(NOW, limit=1)

    assert [each.incident for each in every] == [2, 1, 5]
    assert [each.incident for each in first] == [2]


async def test_nobody_is_called_for_a_team_that_took_the_app_out_until_it_is_back(memory: Memory):
    team = Place(team="T1", channel="")

    async with memory.transaction() as tx:
        await tx.responses.open(response(due=Due.CALL, due_at=NOW))
        await tx.channels.pause(team, UNINSTALLED, now=NOW)
        gone = await tx.responses.due(after(1))
        await tx.channels.resume(team)
        back = await tx.responses.due(after(1))

    assert (len(gone), len(back)) == (0, 1)


async def test_what_a_channel_is_at_is_what_is_open_there(memory: Memory):
    async with memory.transaction() as tx:
        for place in (PLACE, ELSEWHERE):
            await tx.responses.open(response(7, place=place))
        await tx.responses.open(response(8, closed_at=NOW, closed_why="recovered"))
        await tx.responses.open(response(9, acked_by="U1", ack_until=after(60)))
        here = await tx.responses.open_of_place(PLACE)
        every = await tx.responses.of_incidents([7, 8, 7])
        one = await tx.responses.of_place(PLACE, incident=8)

    assert [each.incident for each in here] == [7, 9]
    assert [(each.incident, each.place) for each in every] == [(7, PLACE), (7, ELSEWHERE), (8, PLACE)]
    assert one is not None
    assert one.closed_why == "recovered"


async def test_whoever_read_it_before_it_closed_saves_nothing_on_top(memory: Memory):
    """A late ack never undoes a recovery."""
    read = await kept(memory, response())

    async with memory.transaction() as tx:
        is_closed = await tx.responses.save(replace(read, closed_at=after(5), closed_why="recovered"))
        is_acked = await tx.responses.save(replace(read, acked_by="U1"))
        now = await tx.responses.get(read.id)

    assert (is_closed, is_acked) == (True, False)
    assert now is not None
    assert (now.acked_by, now.closed_why) == ("", "recovered")


async def counted(database: Database) -> int | None:
    async with database.reading() as connection:
        return await connection.scalar(select(func.count()).select_from(ResponseRow))


async def test_a_response_is_remembered_for_as_long_as_its_incident(memory: Memory, database: Database):
    async with memory.transaction() as tx:
        incidents = []
        for task in ("old", "new", "open"):
            followed = await tx.tasks.follow(ref(task), provider="aliyun", known=known(task), due_at=None)
            incident = await tx.incidents.open(
                account=ALIYUN, region=SHANGHAI, task=followed.id, opened_at=NOW, why="stopped"
            )
            assert incident is not None
            incidents.append(incident)
            await tx.responses.open(response(incident))
        old, new, _ = incidents
        for incident, at in ((old, NOW), (new, after(60))):
            await tx.incidents.close(incident, at, "recovered")

    await memory.trim(after(30) + Kept().history)
    async with memory.reading() as tx:
        left = [len(await tx.responses.of_incident(incident)) for incident in incidents]

    assert left == [0, 1, 1]
    assert await counted(database) == 2


async def test_a_task_that_is_forgotten_takes_its_responses_along(memory: Memory, database: Database):
    async with memory.transaction() as tx:
        followed = await tx.tasks.follow(ref(), provider="aliyun", known=known(), due_at=None)
        incident = await tx.incidents.open(
            account=ALIYUN, region=SHANGHAI, task=followed.id, opened_at=NOW, why="stopped"
        )
        assert incident is not None
        await tx.responses.open(response(incident))
        await tx.responses.open(response(incident + 1))
        await tx.tasks.drop_all([followed.id])

    assert await counted(database) == 1
