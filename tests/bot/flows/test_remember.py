"""
Many tasks at once, as channels hear of them that want little, or that are muted.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.contract import TaskState
from bot.domain.notice import CardBody, GroupBody, Kind
from bot.flows.unmute import end_mutes
from tests.bot.flows.world import ALI, OPS, SHOW, open_world, script

if TYPE_CHECKING:
    from bot.domain.subscription import Place
    from bot.store.database import Database
    from tests.bot.flows.world import World

HOUR = timedelta(hours=1)
NAMES = [f"t-{number}" for number in range(8)]
TASKS = [script(name, start=-HOUR, end=9 * HOUR) for name in NAMES]


async def groups(world: World, place: Place) -> list[GroupBody]:
    return [body for body in await world.said(Kind.GROUP, place=place) if isinstance(body, GroupBody)]


async def die(world: World) -> None:
    for name in NAMES:
        world.say(name, "3", "PullStreamFailed")
    await world.passes(20)


async def mute(world: World, place: Place, lasts: timedelta) -> None:
    now = world.clock.now
    async with world.memory.transaction() as tx:
        await tx.mutes.put(place, account=ALI, task=None, owner="U1", begins_at=now, ends_at=now + lasts, now=now)


async def test_a_channel_that_wants_other_states_only_hears_nothing_of_a_group(database: Database) -> None:
    async with open_world(database, *TASKS) as world:
        await world.follow(None, place=SHOW, only=frozenset({TaskState.RETRYING, TaskState.ENDED}))
        await world.follow(None, place=OPS, only=frozenset({TaskState.STOPPED}))
        await world.passes(10)
        await die(world)
        for name in NAMES:
            world.say(name, "1")
        await world.passes(60)

        assert await groups(world, SHOW) == []
        (told,) = await groups(world, OPS)
        assert (told.total, told.is_over) == (8, True)  # RUNNING is not among its states: what was told ends there


async def test_a_muted_channel_hears_of_a_group_when_the_mute_is_over_and_it_is_still_bad(database: Database) -> None:
    async with open_world(database, *TASKS) as world:
        await world.follow(None, place=SHOW)
        await world.follow(None, place=OPS)
        await world.passes(10)
        await mute(world, SHOW, HOUR)
        await die(world)
        silent = await groups(world, SHOW), await groups(world, OPS)
        world.clock.move(HOUR)
        await end_mutes(world.memory, world.accounts, now=world.clock.now)

        assert [len(each) for each in silent] == [0, 1]
        (told,) = await groups(world, SHOW)
        assert (told.total, told.still_bad) == (8, 8)
        assert await world.said(Kind.CARD, Kind.CHANNEL, Kind.REPLY, place=SHOW) == []


async def test_a_mute_of_an_account_ends_without_a_card_for_each_of_its_tasks(database: Database) -> None:
    async with open_world(database, *TASKS) as world:
        await world.follow(None, place=SHOW)
        await world.follow("t-3", place=SHOW)
        await world.passes(10)
        await mute(world, SHOW, HOUR)
        world.clock.move(HOUR)
        await end_mutes(world.memory, world.accounts, now=world.clock.now)

        cards = [body for body in await world.said(Kind.CARD, place=SHOW) if isinstance(body, CardBody)]
        assert {card.look.ref.task_id for card in cards} == {"t-3"}
