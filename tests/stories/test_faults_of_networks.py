"""
Whoever cannot be reached is told from whoever is down: names that nobody finds, and doors that take no connection.

A channel follows a task that goes down and runs again. Each time one side is cut off, until somebody ran into it; when
the story is over, `invariants` are held.
"""

from __future__ import annotations

import asyncio
import inspect
import socket
from functools import wraps
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest

from bot.sandbox.faults import Strike
from tests.stories.impatient import Impatient

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from bot.sandbox.door import Door
    from bot.sandbox.stage import Stage
    from tests.stories.following import Follow, Following

NAME: Final = "localhost"
TURN: Final = 140.0  # seconds: twice the longest turn, and some


class Cut(Impatient):
    """A loop whose names can be made unknown; it counts who looked for one in vain, and who was not let in."""

    def __init__(self) -> None:
        super().__init__()
        self.is_nameless = False
        self.hits = 0

    async def getaddrinfo(self, host: Any, port: Any, **hints: Any) -> Any:
        if self.is_nameless and host in {NAME, NAME.encode()}:
            self.hits += 1
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        hints["family"] = socket.AF_INET  # where the sandbox listens
        return await super().getaddrinfo(host, port, **hints)

    async def sock_connect(self, sock: Any, address: Any) -> None:
        try:
            await super().sock_connect(sock, address)
        except ConnectionRefusedError:
            self.hits += 1
            raise


def on_a_line_that_can_be_cut(story: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test on such a loop."""

    @wraps(story)
    def test(**named: Any) -> None:
        with asyncio.Runner(loop_factory=Cut) as runner:
            runner.run(story(**named))

    test.__signature__ = inspect.signature(story)  # type: ignore[attr-defined]  # by which pytest hands in fixtures
    del test.__wrapped__  # type: ignore[attr-defined]  # pytest-asyncio would see a coroutine function behind it
    return test


def by_name(stage: Stage) -> dict[str, str]:
    """Let the bot know every side by name."""
    doors = {"ALIYUN_ENDPOINT": stage.aliyun.door, "TENCENT_ENDPOINT": stage.tencent.door}
    known = {setting: f"http://{NAME}:{urlsplit(door.url).port}" for setting, door in doors.items()}
    return {**known, "SLACK_API_URL": f"http://{NAME}:{urlsplit(stage.slack.door.url).port}/api/"}


async def lose_the_name(loop: Cut, door: Door) -> None:
    loop.is_nameless = True
    await door.shut()  # what is connected need not look
    await door.reopen()


async def refuse(_loop: Cut, door: Door) -> None:
    await door.shut()


@pytest.mark.parametrize("side", ["slack", "aliyun", "tencent"])
@pytest.mark.parametrize("cut", [lose_the_name, refuse], ids=["the name is not found", "connections are refused"])
@on_a_line_that_can_be_cut
async def test_a_side_is_cut_off(
    follow: Follow, side: str, cut: Callable[[Cut, Door], Coroutine[Any, Any, None]]
) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Cut)
    async with follow("tencent" if side == "tencent" else "aliyun", by_name) as one:
        door = one.house.slack.door if side == "slack" else one.cloud.door
        hits = []
        for happens in (one.subscribe, one.breaks, one.runs):
            before = loop.hits
            await one.live(12, step=2)  # a name that was found is remembered for ten seconds
            await cut_off(one, side, lambda: cut(loop, door), happens)
            await one.until(lambda before=before: loop.hits > before, within=TURN)
            hits.append(loop.hits > before)

            loop.is_nameless = False
            await door.reopen()
            await one.right()

        assert hits == [True, True, True]


async def cut_off(
    one: Following,
    side: str,
    cut: Callable[[], Coroutine[Any, Any, None]],
    happens: Callable[[], Coroutine[Any, Any, None]],
) -> None:
    """Cut a side off as something happens; who subscribes needs all of them, so there it is just after that."""
    if happens == one.subscribe and side == "slack":
        cutting: list[asyncio.Task[None]] = []
        door = one.house.slack.door
        door.faults.plan(Strike(lambda: cutting.append(asyncio.create_task(cut()))), on="chat.postMessage")
        await happens()
        await one.until(lambda: cutting)
        await asyncio.gather(*cutting)
    elif happens == one.subscribe:
        await happens()
        await cut()
    else:
        await cut()
        await happens()
