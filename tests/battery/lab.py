"""
The bot as `serve` assembles it, on a stage, under a calendar that runs faster and may be stepped: for the faults that
have to be made inside its process.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot import clock, wiring
from bot.sandbox.stage import open_stage
from tests.battery.fast import Fast
from tests.battery.following import open_wide, prepare, running
from tests.battery.history import Found, History

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime
    from pathlib import Path

    from bot.sandbox.stage import Stage

SPEED: Final = 30.0
PATIENCE_S: Final = 60.0
GRACE_S: Final = 0.5
LOOK_S: Final = 0.02
PLACE: Final = "relays"
TASK: Final = "feed-a"
SAYS: Final = {"STOPPED": ("3", "TriggerByUser"), "RUNNING": ("1", "")}


@dataclass(slots=True, kw_only=True)
class Lab:
    """Everything that stands. `ahead` is how far the bot's own clock has been stepped."""

    stage: Stage
    calendar: Fast
    history: History
    ahead: timedelta = timedelta(0)
    found: Found = field(default_factory=Found)

    def now(self) -> datetime:
        """What the bot takes for now."""
        return self.calendar() + self.ahead

    def moves(self, state: str) -> None:
        """From now on the task is in that state, and the channel is to be told."""
        self.stage.aliyun.story.override(TASK, *SAYS[state], now=self.calendar())
        self.history.add(TASK, state)

    async def until(self, is_true: Callable[[], bool]) -> None:
        """Wait for what a fault does; it must come."""
        end = self.calendar() + PATIENCE_S * timedelta(seconds=SPEED)
        while not is_true():
            if self.calendar() > end:
                raise TimeoutError
            await asyncio.sleep(LOOK_S)

    async def is_right(self) -> bool:
        """Wait until everything is told; say whether it is, once and in order, under a card that is right."""
        with suppress(TimeoutError):
            await self.until(self.history.is_told)
        await asyncio.sleep(GRACE_S)
        self.history.compare(self.found)
        return self.found.is_right


@asynccontextmanager
async def open_lab(folder: Path, database: str = "") -> AsyncIterator[Lab]:
    """Open it with one channel that follows one task, whose card stands; by default with a SQLite file."""
    url = database or f"sqlite:///{folder / 'relaybot.db'}"
    async with open_bare_lab(url) as lab:
        told = lab.stage.environment() | {"PORT": "0", "RELAYBOT_BIND": "127.0.0.1", "DATABASE_URL": url}
        async with wiring.serve(wiring.read_settings(told), now=lab.now, haste=SPEED):
            await lab.until(lab.history.is_shown)
            yield lab


@asynccontextmanager
async def open_bare_lab(url: str) -> AsyncIterator[Lab]:
    """Open it without a bot, for one that comes from elsewhere."""
    calendar = Fast(clock.now, began=clock.now(), speed=SPEED)
    async with open_stage(calendar=calendar, aliyun=map(running, (TASK, "other-b", "other-c"))) as stage:
        open_wide(stage.slack.api)
        await prepare(url, stage, [(PLACE, TASK)], now=calendar())
        yield Lab(stage=stage, calendar=calendar, history=History(stage.slack, [(PLACE, TASK)]))
