"""
What a mute hid is told when it is over: a difference, once; a state that came back to where it was is silence.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update

from adapters.contract import TaskId, TaskState
from bot.domain.notice import CardBody, Kind, ReplyBody
from bot.flows.mute import begin_mutes
from bot.flows.unmute import end_mutes
from bot.store.tables import NoticeRow
from tests.bot.flows.world import ALI, SHOW, open_world, script

if TYPE_CHECKING:
    from datetime import datetime

    from bot.store.database import Database
    from tests.bot.flows.world import World

HALF_AN_HOUR = timedelta(minutes=30)


async def muted(world: World, task: str | None) -> None:
    """Follow a task that runs, and mute it, or with it all of its account."""
    await world.follow("a")
    await world.passes(40)
    async with world.memory.transaction() as tx:
        await tx.mutes.put(
            SHOW,
            account=ALI,
            task=None if task is None else TaskId(task),
            owner="U1",
            begins_at=world.clock.now,
            ends_at=world.clock.now + HALF_AN_HOUR,
            now=world.clock.now,
        )


async def told(world: World) -> list[TaskState]:
    said = await world.said(Kind.REPLY, Kind.CHANNEL)
    return [body.news.new for body in said if isinstance(body, ReplyBody)]


async def test_what_changed_under_a_mute_is_told_once_when_it_is_over(database: Database) -> None:
    async with open_world(database, script("a")) as world:
        await muted(world, "a")
        world.say("a", "3", "RetryTimesOffline")
        await world.passes(20)
        before = await told(world)
        world.clock.move(HALF_AN_HOUR)
        ended = [await end_mutes(world.memory, world.accounts, now=world.clock.now) for _ in range(2)]
        after = await told(world)

    assert TaskState.STOPPED not in before
    assert ended == [1, 0]
    assert after[len(before) :] == [TaskState.STOPPED]


async def test_a_state_that_came_back_to_where_it_was_is_silence(database: Database) -> None:
    async with open_world(database, script("a")) as world:
        await muted(world, None)
        before = await told(world)
        world.say("a", "2", "PullStreamFailed")
        await world.passes(60)
        world.say("a", "1")
        await world.passes(60)
        world.clock.move(HALF_AN_HOUR)
        await end_mutes(world.memory, world.accounts, now=world.clock.now)
        after = await told(world)
        cards = [body for body in await world.said(Kind.CARD) if isinstance(body, CardBody)]

    assert after == before
    assert not cards[-1].is_muted


async def test_a_mute_that_was_put_on_for_later_marks_the_card_when_it_begins(database: Database) -> None:
    async with open_world(database, script("a"), script("b")) as world:
        await world.follow_many("ab")
        await world.passes(10)
        async with world.memory.transaction() as tx:
            for number, task in enumerate("ab"):
                at = world.clock.now
                known = await tx.tasks.get(world.ref(task))
                assert known is not None
                await tx.cards.put(SHOW, task=known.id, ts=str(number))
                begins = at + HALF_AN_HOUR if task == "a" else at  # one that began at once was marked then
                times = {"begins_at": begins, "ends_at": begins + HALF_AN_HOUR, "now": at}
                await tx.mutes.put(SHOW, account=ALI, task=TaskId(task), owner="U1", **times)

        async def marked(since: datetime | None) -> list[str]:
            before = len(await world.said(Kind.CARD))
            await begin_mutes(world.memory, world.accounts, since=since, now=world.clock.now)
            async with world.database.writing() as connection:  # Slack has them
                await connection.execute(update(NoticeRow).values(state="done", settled_at=world.clock.now))
            said = (await world.said(Kind.CARD))[before:]
            return [body.look.ref.task_id for body in said if isinstance(body, CardBody) and body.is_muted]

        await marked(None)
        early, before = await marked(None), world.clock.now
        world.clock.move(HALF_AN_HOUR)

        assert early == []
        assert await marked(before) == ["a"]
        assert await marked(world.clock.now) == []
        assert await marked(None) == ["a"]  # another process, which may have been down at that moment


async def test_a_mute_of_an_account_that_is_not_configured_any_more_ends_too(database: Database) -> None:
    async with open_world(database, script("a")) as world:
        await muted(world, "a")
        before = await world.said()
        world.clock.move(HALF_AN_HOUR)

        assert await end_mutes(world.memory, {}, now=world.clock.now) == 1
        assert await world.said() == before


async def test_a_mute_in_force_stays(database: Database) -> None:
    async with open_world(database, script("a")) as world:
        await muted(world, "a")

        assert await end_mutes(world.memory, world.accounts, now=world.clock.now) == 0
