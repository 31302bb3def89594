"""What comes too late does not leave: not one byte of it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from bot.queue.punctual import Late, Moment, check, within
from bot.slack.workspace import punctually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIMIT = timedelta(seconds=15)
NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


class Clocks:
    """A calendar and monotonic seconds, which part where machines are suspended or set."""

    def __init__(self) -> None:
        self.at, self.at_s = NOW, 100.0

    def moment(self) -> Moment:
        return Moment.of(lambda: self.at, lambda: self.at_s)


@pytest.mark.parametrize(
    ("calendar_s", "monotonic_s", "is_within"),
    [
        (0, 0, True),
        (15, 15, True),
        # It was stopped, and both went on.
        (3600, 3600, False),
        # The machine was suspended: monotonic seconds stood still.
        (3600, 0.1, False),
        # Somebody set the calendar meanwhile: back, so that it looks early, or anywhere.
        (-20, 20, False),
        (-3600, 1, False),
        (0, 16, False),
    ],
)
def test_both_clocks_have_to_agree_that_little_time_has_passed(
    calendar_s: float, monotonic_s: float, *, is_within: bool
):
    clocks = Clocks()
    moment = clocks.moment()
    clocks.at += timedelta(seconds=calendar_s)
    clocks.at_s += monotonic_s

    assert moment.is_within(LIMIT) is is_within


def test_outside_of_a_limit_nothing_is_late():
    clocks = Clocks()
    with within(LIMIT, clocks.moment()):
        clocks.at += timedelta(hours=1)
        with pytest.raises(Late):
            check()

    check()


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, list[str]]]:
    """A server, and what it has heard."""
    heard: list[str] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(await request.text())
        return web.Response()

    app = web.Application()
    app.router.add_post("/", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/", heard
    finally:
        await runner.cleanup()


async def test_a_request_that_is_late_on_its_connection_leaves_nothing_and_the_next_one_does():
    """The process stops after the connection was made, and before the first byte."""
    clocks, stops = Clocks(), True
    stopping = aiohttp.TraceConfig()

    async def stop(*_: object) -> None:
        clocks.at_s += 20 if stops else 0

    for made in (stopping.on_connection_create_end, stopping.on_connection_reuseconn):
        made.append(stop)
    async with (
        listening() as (url, heard),
        aiohttp.ClientSession(trace_configs=[stopping, punctually()]) as session,
    ):
        with pytest.raises(Late), within(LIMIT, clocks.moment()):
            await session.post(url, data="late")
        await asyncio.sleep(0.05)
        stops = False
        with within(LIMIT, clocks.moment()):
            async with session.post(url, data="in time") as reply:
                status = reply.status

    assert (heard, status) == (["in time"], 200)
