"""
The loop of the stories does not wait, whatever became of what was under way: else a story seems to hang.
"""

from __future__ import annotations

import asyncio
import gc
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from tests.stories.impatient import Impatient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncEngine

MINUTE_S = 60.0


async def a_minute_takes() -> float:
    """Return how many seconds of ours it takes the loop to sleep for a minute."""
    began_s = time.monotonic()
    await asyncio.sleep(MINUTE_S)
    return time.monotonic() - began_s


async def read(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))


async def test_it_does_not_wait_while_nobody_has_anything_to_do() -> None:
    assert isinstance(asyncio.get_running_loop(), Impatient)
    assert await a_minute_takes() < MINUTE_S / 2


async def test_a_database_that_cannot_be_opened_keeps_it_no_longer(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'no folder' / 'relaybot.db'}")

    with pytest.raises(OperationalError) as _held:
        await read(engine)

    assert await a_minute_takes() < MINUTE_S / 2


@pytest.fixture
def no_garbage_is_collected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_garbage_is_collected")
async def test_a_read_that_is_given_up_at_any_moment_keeps_it_no_longer(tmp_path: Path) -> None:
    given_up = []
    for turns in range(60):
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'relaybot.db'}")
        reading = asyncio.create_task(read(engine))
        for _ in range(turns):
            await asyncio.sleep(0)
        reading.cancel()
        given_up += await asyncio.gather(reading, return_exceptions=True)
        await engine.dispose()

    assert any(isinstance(each, asyncio.CancelledError) for each in given_up)
    assert await a_minute_takes() < MINUTE_S / 2
