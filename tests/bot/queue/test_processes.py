"""
What a cloud sees of one, two and four processes that all want more than there is. `make bench` has the long form.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from tests.bot.queue.spender import RATE

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Callable

SHARE = 0.5
SECONDS = 5.0


@dataclass
class Seen:
    """Who asked when, by this machine's monotonic clock."""

    arrivals: list[tuple[float, str]] = field(default_factory=list)

    def most_in_a_second(self) -> int:
        times = [at for at, _ in self.arrivals]
        return max(sum(start <= at < start + 1.0 for at in times) for start in times)

    def per_second(self) -> float:
        first, last = self.arrivals[0][0], self.arrivals[-1][0]
        return (len(self.arrivals) - 1) / (last - first)


@asynccontextmanager
async def cloud() -> AsyncIterator[tuple[str, Seen]]:
    seen, loop = Seen(), asyncio.get_running_loop()

    async def count(request: web.Request) -> web.Response:
        seen.arrivals.append((loop.time(), request.match_info["who"]))
        return web.Response()

    app = web.Application()
    app.router.add_get("/{who}", count)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", seen
    finally:
        await runner.cleanup()


@asynccontextmanager
async def spender(url: str, cloud: str, name: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bot.queue.spender", url, cloud, name),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        await process.communicate(b"\n")


@pytest.mark.parametrize("processes", [1, 2, 4])
async def test_a_cloud_never_sees_more_than_it_documents_and_each_process_gets_its_turn(
    fresh_postgres: Callable[[bool], str], processes: int
):
    url = await asyncio.to_thread(fresh_postgres, True)  # in a thread: the fixture runs a loop of its own
    async with cloud() as (address, seen), AsyncExitStack() as opened:
        spenders = [await opened.enter_async_context(spender(url, address, str(number))) for number in range(processes)]
        for each in spenders:
            assert each.stdin is not None
            each.stdin.write(b"go\n")
        await asyncio.sleep(SECONDS)

    assert seen.most_in_a_second() <= RATE
    assert seen.per_second() <= SHARE * RATE * 1.1
    assert seen.per_second() >= SHARE * RATE * 0.7  # of a busy machine; the benchmark asks for 0.95
    assert set(Counter(who for _, who in seen.arrivals)) == {str(number) for number in range(processes)}
