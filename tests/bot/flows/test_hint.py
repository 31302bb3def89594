from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.contract import Hint, Remark, TaskId, TaskState
from bot.domain.notice import Kind
from bot.flows.hint import Hinted
from bot.flows.watch import WAKE
from tests.bot.flows.world import ALI, DESCRIBE, INGEST, TRTC, ingest, open_world, script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.store.database import Database
    from tests.bot.flows.world import World

FAR = {"start": timedelta(hours=-2), "end": timedelta(hours=6)}


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    """Two tasks that have been quiet for so long that neither is read often."""
    async with open_world(database, script("t-1", **FAR), ingest("trtc-1")) as world:
        await world.follow("t-1")
        await world.follow("trtc-1", account=TRTC)
        await world.passes(180, step=5)
        world.stage.aliyun.ledger.clear()
        world.stage.tencent.ledger.clear()
        yield world


def hinted(world: World) -> Hinted:
    world.wakes.clear()
    return Hinted(memory=world.memory, per_second={ALI: 5.0, TRTC: 10.0})


def event(task: str = "trtc-1", number: int = 1, remark: Remark | None = None) -> Hint:
    return Hint(task_id=TaskId(task), event=f"{task} {number}", remark=remark)


async def test_a_hint_is_a_look_now_and_no_verdict(world: World):
    flow = hinted(world)

    await flow.take(TRTC, event(), world.clock.now)
    await world.watch.beat()

    assert world.asked(INGEST) == 1
    assert world.wakes == [WAKE]
    assert (await world.known("trtc-1", TRTC)).state is TaskState.RUNNING
    assert await world.said(Kind.REPLY, Kind.CHANNEL) == []


async def test_a_hint_about_a_listed_task_is_a_read_of_its_own(world: World):
    flow = hinted(world)
    world.say("t-1", "3", "PullStreamFailed")

    await flow.take(ALI, event("t-1"), world.clock.now)
    await world.watch.beat()

    assert world.asked(DESCRIBE) == 1
    doubt = (await world.known("t-1")).doubt
    assert doubt is not None
    assert doubt.state is TaskState.STOPPED


async def test_an_unknown_task_is_nothing(world: World):
    flow = hinted(world)

    await flow.take(TRTC, event("trtc-9"), world.clock.now)
    await flow.take(ALI, event("trtc-1"), world.clock.now)
    await world.watch.beat()

    assert (world.asked(INGEST), world.wakes) == (0, [])


async def test_the_same_event_twice_is_one_look(world: World):
    flow = hinted(world)
    for _ in range(3):
        await flow.take(TRTC, event(), world.clock.now)
        world.clock.move(timedelta(seconds=3))

    await world.watch.beat()

    assert (world.asked(INGEST), world.wakes) == (1, [WAKE])


async def test_a_burst_about_one_task_is_two_looks_the_second_after_two_seconds(world: World):
    flow = hinted(world)
    for number in range(10):
        await flow.take(TRTC, event(number=number), world.clock.now)
        await world.watch.beat()
    at_once = world.asked(INGEST)

    await world.passes(2)

    assert (at_once, world.asked(INGEST)) == (1, 2)


async def test_what_an_event_says_by_the_way_stays_until_the_start_succeeds(world: World):
    flow = hinted(world)

    await flow.take(TRTC, event(number=1, remark=Remark.START_FAILED), world.clock.now)
    await world.watch.beat()
    failed = (await world.known("trtc-1", TRTC)).remark
    await flow.take(TRTC, event(number=2, remark=Remark.STARTED), world.clock.now)

    assert failed is Remark.START_FAILED
    assert (await world.known("trtc-1", TRTC)).remark is None
