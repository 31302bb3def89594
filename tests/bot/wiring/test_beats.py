from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from bot.wiring.beats import beating

if TYPE_CHECKING:
    import pytest


class Frail:
    """Breaks the first times it is run."""

    def __init__(self, *, times: int) -> None:
        self.left = times
        self.stands = asyncio.Event()
        self.was_ended = False

    async def run(self, stop: asyncio.Event) -> None:
        if self.left:
            self.left -= 1
            raise TypeError("nobody thought of that")
        self.stands.set()
        await stop.wait()
        self.was_ended = True


async def test_a_beat_that_breaks_begins_again_and_says_so(caplog: pytest.LogCaptureFixture):
    frail, sound = Frail(times=2), Frail(times=0)

    async with asyncio.timeout(30), beating([frail, sound], rest_s=0):
        await frail.stands.wait()
        await sound.stands.wait()

    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage() for record in told] == ["the beat of Frail broke; it begins again"] * 2
    assert all(record.exc_info is not None for record in told)
    assert frail.was_ended
    assert sound.was_ended


async def test_who_is_asked_to_leave_does_not_wait_for_a_broken_beat():
    frail = Frail(times=1)

    async with asyncio.timeout(30):
        async with beating([frail], rest_s=3600):
            await asyncio.sleep(0)

    assert not frail.stands.is_set()
