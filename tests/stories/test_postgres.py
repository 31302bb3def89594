"""
The main story on PostgreSQL: by one process, and by two that share it, one of which leaves in the middle.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot import clock, wiring
from bot.queue.work import install

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from conftest import Build, House
    from freezegun.api import FrozenDateTimeFactory

    from bot.web.door import Door

TASK = "backup-en"
HASTE = 50.0
SECOND = timedelta(seconds=1)
LONGEST = timedelta(minutes=3)  # of the calendar
LONGER = timedelta(seconds=20)


@pytest.fixture
def url(fresh_postgres: Callable[[bool], str]) -> str:
    made = fresh_postgres(True)
    asyncio.run(install(made))
    return made


@asynccontextmanager
async def first(build: Build, url: str) -> AsyncIterator[House]:
    """One process, before a Slack whose clock runs as fast as the story's."""
    async with build({"DATABASE_URL": url}, haste=HASTE) as house:
        house.slack.api.per_second.most = 1_000
        for window in house.slack.api.per_minute.values():
            window.most = 10_000
        yield house


@asynccontextmanager
async def another(house: House, url: str) -> AsyncIterator[Door]:
    """One more process's worth of bot, on the same database and the same Slack."""
    told = house.stage.environment() | {"PORT": "0", "RELAYBOT_BIND": "127.0.0.1", "DATABASE_URL": url}
    async with wiring.serve(wiring.read_settings(told), haste=HASTE) as door:
        yield door


def told(house: House) -> list[str]:
    """The states that the thread tells, oldest first."""
    return [message.text.split(maxsplit=1)[0] for message in house.slack.heard("#relays") if message.thread_ts]


async def until(house: House, frozen: FrozenDateTimeFactory, states: list[str]) -> None:
    """Let time pass until the thread has told so much, and a while longer: nothing may come twice."""
    began = clock.now()
    while len(told(house)) < len(states) and clock.now() - began < LONGEST:
        await passes(frozen, SECOND)
    await passes(frozen, LONGER)
    assert told(house) == states


async def passes(frozen: FrozenDateTimeFactory, span: timedelta) -> None:
    """Let time pass, a second of the calendar in a thirtieth of ours."""
    for _ in range(span // SECOND):
        frozen.tick(SECOND)
        await asyncio.sleep(0.03)


def says(house: House, word: str, reason: str = "") -> None:
    house.stage.aliyun.story.override(TASK, word, reason, now=clock.now())


async def test_one_process_tells_each_change_once(build: Build, url: str, frozen: FrozenDateTimeFactory) -> None:
    async with first(build, url) as house:
        await house.ask(f"/relay subscribe aliyun {TASK}")
        says(house, "3", "RetryTimesOffline")
        await until(house, frozen, ["STOPPED"])
        says(house, "1")
        await until(house, frozen, ["STOPPED", "RUNNING"])


async def test_two_processes_tell_each_change_once_and_one_may_leave(
    build: Build, url: str, frozen: FrozenDateTimeFactory
) -> None:
    async with first(build, url) as house:
        async with another(house, url):
            await house.ask(f"/relay subscribe aliyun {TASK}")
            says(house, "3", "RetryTimesOffline")
            await until(house, frozen, ["STOPPED"])
            says(house, "1")
        await until(house, frozen, ["STOPPED", "RUNNING"])
