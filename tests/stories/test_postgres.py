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
LONGEST = timedelta(minutes=3)  # of the calendar


@pytest.fixture
def url(fresh_postgres: Callable[[bool], str]) -> str:
    made = fresh_postgres(True)
    asyncio.run(install(made))
    return made


@asynccontextmanager
async def another(house: House, url: str) -> AsyncIterator[Door]:
    """One more process's worth of bot, on the same database and the same Slack."""
    told = house.stage.environment() | {"PORT": "0", "RELAYBOT_BIND": "127.0.0.1", "DATABASE_URL": url}
    async with wiring.serve(wiring.read_settings(told)) as door:
        yield door


def told(house: House) -> list[str]:
    """The states that the thread tells, oldest first."""
    return [message.text.split(maxsplit=1)[0] for message in house.slack.heard("#relays") if message.thread_ts]


async def until(house: House, frozen: FrozenDateTimeFactory, states: list[str]) -> None:
    """Let time pass until the thread has told so much, and a while longer: nothing may come twice."""
    began = clock.now()
    while len(told(house)) < len(states) and clock.now() - began < LONGEST:
        await asyncio.sleep(0.1)
        frozen.tick(timedelta(seconds=1))
    await asyncio.sleep(1)
    assert told(house) == states


def says(house: House, word: str, reason: str = "") -> None:
    house.stage.aliyun.story.override(TASK, word, reason, now=clock.now())


async def test_one_process_tells_each_change_once(build: Build, url: str, frozen: FrozenDateTimeFactory) -> None:
    async with build({"DATABASE_URL": url}) as house:
        await house.ask(f"/relay subscribe aliyun {TASK}")
        says(house, "2", "PullStreamFailed")
        await until(house, frozen, ["RETRYING"])
        says(house, "1")
        await until(house, frozen, ["RETRYING", "RUNNING"])


async def test_two_processes_tell_each_change_once_and_one_may_leave(
    build: Build, url: str, frozen: FrozenDateTimeFactory
) -> None:
    async with build({"DATABASE_URL": url}) as house:
        async with another(house, url):
            await house.ask(f"/relay subscribe aliyun {TASK}")
            says(house, "2", "PullStreamFailed")
            await until(house, frozen, ["RETRYING"])
            says(house, "1")
        await until(house, frozen, ["RETRYING", "RUNNING"])
